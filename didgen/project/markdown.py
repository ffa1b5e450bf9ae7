"""Markdown as it is read aloud: the words, without the marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

Code = Literal["text", "skip", "spell"]
"""What is spoken of code: its text, nothing, or one character after the other."""

_FENCE = re.compile(r"^\s*(```+|~~~+)(.*)$")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(.*)$")
_RULE = re.compile(r"^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|=+)$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_REFERENCE = re.compile(r"^ {0,3}\[([^\]^][^\]]*)\]:\s+\S+.*$")
_NOTE = re.compile(r"^ {0,3}\[\^[^\]]+\]:")
_QUOTE = re.compile(r"^(?:\s{0,3}>\s?)+")

_TARGET = r"(?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])"  # (address) or [reference]
MAX_CHARACTERS = 200_000  # of a Markdown text

_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_HIDES = re.compile(r"<!--|<(script|style)\b[^<>]*>", re.IGNORECASE)
_ENDINGS = ("-->", "</script>", "</style>")
_CELL = re.compile(r"(?<!\\)\|")
# No pattern runs past a bracket of its own kind or 4,000 characters: a text of nothing but marks is read in time, too.
_INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\[\^[^\[\]\s]+\]"), ""),
    (re.compile(r"!\[([^\[\]]*)\]" + _TARGET), r"\1"),
    (re.compile(r"\[([^\[\]]+)\]" + _TARGET), r"\1"),
    (re.compile(r"<(?:https?|mailto):[^>\s]+>"), ""),
    (re.compile(r"</?[A-Za-z][^<>]*>"), ""),
    (re.compile(r"(\*\*\*|\*\*|\*)(?=\S)(.{1,4000}?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)(___|__|_)(?=\S)(.{1,4000}?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"~~(.+?)~~"), r"\1"),
)
_SHELTER = {code: 0xE000 + code for code in range(0x21, 0x7F)}  # private use: no mark is seen in there
_OPEN = {hidden: code for code, hidden in _SHELTER.items()}
_ENDS = (".", "!", "?", ":", ";", "…", ",", "。", "！", "？")


@dataclass(slots=True)
class _Block:
    """Lines that are read as one paragraph. ends: a heading, an item or a row, after which the voice pauses."""

    lines: list[str] = field(default_factory=list)
    ends: bool = False


def spoken_markdown(text: str, code: Code = "text", *, ssml: bool = False) -> str:
    """Prose of a Markdown text: one paragraph a line; headings, items and rows of tables are sentences of their own.

    Front matter, comments, HTML's tags, scripts and styles, rules, link addresses, reference definitions and footnotes
    are not spoken; pictures say their text. ssml: entities such as `&amp;` stay, for the voice to read.
    """
    lines = _without_front_matter(text).splitlines()
    labels = {match[1].lower() for line in lines if (match := _REFERENCE.match(line))}
    spoken = (_inline(block, labels, code, ssml=ssml) for block in _blocks(lines, code))
    return "\n\n".join(part for part in spoken if part)


def _blocks(lines: list[str], code: Code) -> list[_Block]:
    blocks = [_Block()]
    table = note = False
    for (line, is_code), (following, _) in pairwise([*_visible(lines), ("", False)]):
        note = not is_code and (bool(_NOTE.match(line)) or (note and (not line or line.startswith((" ", "\t")))))
        table = bool(line.strip()) and (table or ("|" in line and "|" in following and _is_table_rule(following)))
        if is_code:
            blocks += [_Block([_as_code(line, code)]), _Block()]
        elif note:
            blocks.append(_Block())
        else:
            _take(line, blocks, row=table)
    return blocks


def _visible(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Lines without comments, scripts and styles, and whether they are of a fenced block, whose fences are blank."""
    last = {end: number for number, line in enumerate(lines) for end in _ENDINGS if end in line.lower()}
    fence = hidden = ""
    for number, line in enumerate(lines):
        if fence:
            mark = _FENCE.match(line)
            ends = mark is not None and mark[1].startswith(fence) and not mark[2].strip()
            fence = "" if ends else fence
            yield ("", False) if ends else (line, True)
            continue
        was = hidden
        seen, hidden = _unhidden(line, was)
        if hidden and last.get(hidden, -1) <= number:
            seen, hidden = line, ""  # nothing ends it, so that it hides nothing
        mark = _FENCE.match(seen)
        if mark and "`" not in mark[2]:
            fence = mark[1]
        if not (was and hidden):
            yield ("" if fence else seen), False


def _unhidden(line: str, end: str) -> tuple[str, str]:
    """What of a line is seen, and what ends the comment, script or style it leaves off in. end: the same before it."""
    seen = ""
    while True:
        if end:
            at = line.lower().find(end)
            if at < 0:
                return seen, end
            line, end = line[at + len(end) :], ""
        match = _HIDES.search(line)
        if match is None:
            return seen + line, ""
        seen += line[: match.start()]
        line, end = line[match.end() :], f"</{match[1].lower()}>" if match[1] else "-->"


def _take(line: str, blocks: list[_Block], *, row: bool) -> None:
    """Add one line to the paragraph it continues, or begin another."""
    line = _QUOTE.sub("", line)
    if not line.strip() or _RULE.match(line) or _is_table_rule(line) or _REFERENCE.match(line):
        blocks.append(_Block())
    elif heading := _HEADING.match(line):
        blocks += [_Block([heading[1]], ends=True), _Block()]
    elif item := _ITEM.match(line):
        blocks.append(_Block([item[1]], ends=True))
    elif row or line.lstrip().startswith("|"):
        blocks += [_Block([", ".join(_cells(line))], ends=True), _Block()]
    else:
        blocks[-1].lines.append(line.strip())


def _is_table_rule(line: str) -> bool:
    return _TABLE_RULE.match(line) is not None


def _cells(line: str) -> Iterator[str]:
    """What the cells of a row hold, without the empty ones."""
    return (cell.strip() for cell in _CELL.split(line) if cell.strip())


def _sentence(text: str) -> str:
    """It ends in a full stop, so that the voice pauses after it."""
    text = text.strip()
    return text if not text or text.rstrip("*_`").endswith(_ENDS) else f"{text}."


def _inline(block: _Block, labels: set[str], code: Code, *, ssml: bool) -> str:
    """A paragraph without its marks; code and escaped characters are sheltered from being taken for marks."""
    text = " ".join(block.lines)
    text = _CODE.sub(lambda m: _as_code(m[2], code), text)
    text = _ESCAPE.sub(lambda m: m[1].translate(_SHELTER), text)
    for pattern, plain in _INLINE:
        text = pattern.sub(plain, text)
    text = re.sub(r"!?\[([^\[\]]+)\]", lambda m: m[1] if m[1].lower() in labels else m[0], text)
    if "&" in text and not ssml:
        import html  # its table of names takes longer than most texts

        text = html.unescape(text)
    if code == "skip":
        text = re.sub(r"\s+(?=[,.;:!?])", "", text)
    text = re.sub(r"\s+", " ", text).strip().translate(_OPEN)
    return _sentence(text) if block.ends else text


def _as_code(text: str, code: Code) -> str:
    """What is spoken of code, sheltered."""
    if code == "skip":
        return ""
    words = text.split()
    said = ", ".join(" ".join(word) for word in words) if code == "spell" else text.strip()
    return said.translate(_SHELTER)


def _without_front_matter(text: str) -> str:
    match = re.match(r"\ufeff?---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|$)", text, re.DOTALL)
    return text[match.end() :] if match else text
