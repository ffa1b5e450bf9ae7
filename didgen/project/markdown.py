"""Markdown as it is read aloud: the words, without the marks."""

from __future__ import annotations

import re

_FENCE = re.compile(r"^ {0,3}(```+|~~~+).*$")
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_ITEM = re.compile(r"^\s*(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?(.*)$")
_RULE = re.compile(r"^ {0,3}(?:(?:\*\s*){3,}|(?:-\s*){3,}|(?:_\s*){3,}|=+)$")
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s+\S+.*$")
_QUOTE = re.compile(r"^(?:\s{0,3}>\s?)+")

_TARGET = r"(?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])"  # (address) or [reference]
_CODE = re.compile(r"(`+)(.+?)(?<!`)\1(?!`)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_INLINE: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!\[([^\]]*)\]" + _TARGET), r"\1"),
    (re.compile(r"\[([^\]]+)\]" + _TARGET), r"\1"),
    (re.compile(r"<(?:https?|mailto):[^>\s]+>"), ""),
    (re.compile(r"</?[A-Za-z][^<>]*>"), ""),
    (re.compile(r"(\*\*\*|\*\*|\*)(?=\S)(.+?)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<!\w)(___|__|_)(?=\S)(.+?)(?<=\S)\1(?!\w)"), r"\2"),
    (re.compile(r"~~(.+?)~~"), r"\1"),
)
_SHELTER = {code: 0xE000 + code for code in range(0x21, 0x7F)}  # private use: no mark is seen in there
_OPEN = {hidden: code for code, hidden in _SHELTER.items()}
_ENDS = (".", "!", "?", ":", ";", "…", ",", "。", "！", "？")


def spoken_markdown(text: str) -> str:
    """Prose of a Markdown text: one paragraph a line, headings and list items as sentences of their own.

    Front matter, comments, rules, link addresses and reference definitions are not spoken; code is, as its text.
    """
    blocks: list[list[str]] = [[]]
    fenced = False
    for line in _COMMENT.sub("", _without_front_matter(text)).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
            blocks.append([])
        elif fenced:
            blocks.append([line.strip().translate(_SHELTER)])
        else:
            _take(line, blocks)
    spoken = (_inline(" ".join(block)) for block in blocks if block)
    return "\n\n".join(part for part in spoken if part)


def _take(line: str, blocks: list[list[str]]) -> None:
    """Add one line to the paragraph it continues, or begin another."""
    line = _QUOTE.sub("", line)
    if not line.strip() or _RULE.match(line) or _TABLE_RULE.match(line) or _REFERENCE.match(line):
        blocks.append([])
    elif heading := _HEADING.match(line):
        blocks.extend(([_sentence(heading[1])], []))
    elif item := _ITEM.match(line):
        blocks.append([_sentence(item[1])])
    elif line.lstrip().startswith("|"):
        blocks.append([_sentence(", ".join(cell.strip() for cell in line.strip().strip("|").split("|")))])
    else:
        blocks[-1].append(line.strip())


def _sentence(text: str) -> str:
    """A heading or list item ends in a full stop, so that the voice pauses after it."""
    text = text.strip()
    return text if not text or text.rstrip("*_`").endswith(_ENDS) else f"{text}."


def _inline(text: str) -> str:
    """A paragraph without its marks; code and escaped characters are sheltered from being taken for marks."""
    text = _CODE.sub(lambda m: m[2].strip().translate(_SHELTER), text)
    text = _ESCAPE.sub(lambda m: m[1].translate(_SHELTER), text)
    for pattern, plain in _INLINE:
        text = pattern.sub(plain, text)
    return re.sub(r"\s+", " ", text).strip().translate(_OPEN)


def _without_front_matter(text: str) -> str:
    match = re.match(r"\ufeff?---[ \t]*\n.*?\n(?:---|\.\.\.)[ \t]*(?:\n|$)", text, re.DOTALL)
    return text[match.end() :] if match else text
