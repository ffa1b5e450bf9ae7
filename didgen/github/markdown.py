"""Markdown for GitHub: texts of strangers as they are, and pages that end before GitHub's limits.

In a comment a text could mention people, link to issues, load pictures or leave its cell; here it is only read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from didgen.github.workflow_commands import Finding

SUMMARY_BYTES = 1 << 20
"""Of all that a step adds to its summary; GitHub shows nothing of one that is larger."""
COMMENT_CHARACTERS = 65_536

_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]")
"""What turns a text around or hides in it, beside what we add ourselves."""
_MARKS = re.compile(r"[&<>|`*_~\[\]()\\$!{}\"']")
_LINKS = re.compile(r"(?<=[@#])(?=\S)|(?<=:)(?=//)|(?<=[wW]{3})(?=\.)|(?<=GH)(?=-\d)|(?<=mailto)(?=:)|(?<=xmpp)(?=:)")
_BREAK = "\u2060"  # joins words, and is no letter of a name


def shown(text: str, most: int = 400) -> str:
    """A text on one line that Markdown and GitHub find nothing in; cut to about `most` characters."""
    text = " ".join(_UNSEEN.sub(" ", text).split())
    text = text if len(text) <= most else f"{text[: most // 2]} … {text[-most // 2 :]}"
    text = _MARKS.sub(lambda sign: f"&#{ord(sign[0])};", _LINKS.sub(_BREAK, text))
    return text if text[:1].isalpha() else _BREAK + text  # "# head", "- item" and "1. one" begin no block


def size(text: str) -> int:
    """Bytes, which are never fewer than GitHub's characters."""
    return len(text.encode())


def fitting(parts: Iterable[str], room: int) -> list[str]:
    """As many of the first parts as have room, in bytes; of the others only the first is made."""
    taken: list[str] = []
    for part in parts:
        room -= size(part)
        if room < 0:
            break
        taken.append(part)
    return taken


def listed(head: str, findings: Sequence[Finding], room: int) -> str:
    """A heading and findings below it, as far as there is room, in bytes; "" where there is not enough for any."""
    top = f"\n### {shown(head)}\n\n"
    lines = (f"- **{one.level}** {shown(one.words, 1000)}\n" for one in findings)
    taken = fitting(lines, room - size(top) - 100)
    if not taken:
        return ""
    left = len(findings) - len(taken)
    return "".join([top, *taken, f"- and {left} more, in the log\n" if left else ""])
