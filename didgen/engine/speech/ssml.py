"""The SSML the local voices follow: `break`, `p`, `s` and `sub`. Other tags are dropped, their text is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from didgen.errors import RenderError

MAX_BREAK_S: Final = 10.0
_STRENGTH_S: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
_TIME = re.compile(r"\+?(\d*\.?\d+)(ms|s)")

# `sub` travels through sentence splitting inside the text: OPEN written BAR spoken CLOSE, its spaces as GLUE.
_OPEN, _BAR, _CLOSE, _GLUE = "\ue000", "\ue001", "\ue002", "\ue003"
MARKERS: Final = frozenset((_OPEN, _BAR, _CLOSE, _GLUE))
_SUB = re.compile(f"{_OPEN}([^{_BAR}]*){_BAR}([^{_CLOSE}]*){_CLOSE}")


@dataclass(frozen=True, slots=True)
class Part:
    """Text up to a `break`, and how long that one lasts, seconds; None where the text ends without one."""

    text: str
    break_s: float | None = None


def parse(markup: str) -> list[Part]:
    """Parts of an SSML document or fragment, in order. Raises RenderError when the markup is malformed."""
    reader = _Reader()
    try:
        ElementTree.XMLParser(target=reader).feed(_document(markup))  # noqa: S314 - the reader refuses a doctype
    except ElementTree.ParseError as e:
        raise _malformed(str(e)) from None
    if reader.depth:
        raise _malformed("it ends inside a tag")
    return reader.finish()


def unmarked(text: str) -> str:
    """The text without the private characters that this module uses as its marks."""
    return "".join(c for c in text if c not in MARKERS)


def both_forms(text: str) -> tuple[str, str]:
    """A sentence as written and as spoken: the same but for its substitutions."""
    written = _SUB.sub(lambda m: m[1], text).replace(_GLUE, " ")
    spoken = _SUB.sub(lambda m: m[2], text).replace(_GLUE, " ")
    return written, spoken


def _document(markup: str) -> str:
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", unmarked(markup))
    if not re.match(r"\s*(<!--.*?-->\s*)*<(speak|!)", body, re.DOTALL):
        body = f"<speak>{body}</speak>"
    # Prefixes such as mstts: or amazon: may stand undeclared; only local names are read.
    body = re.sub(r"(</?)[\w.-]+:(?=\w)", r"\1", body)
    return re.sub(r"\sxmlns(?::\w+)?=(\"[^\"]*\"|'[^']*')|(?<=\s)[\w.-]+:(?=[\w.-]+=)", " ", body)


def _malformed(what: str) -> RenderError:
    return RenderError(
        "ValidationError", f"the SSML is malformed: {what}", hint="close every tag; write & as &amp; and < as &lt;"
    )


class _Reader:
    """Takes the parser's events; a `break` ends a part, the text inside a `sub` is held back until it ends."""

    def __init__(self) -> None:
        self.depth = 0
        self._text: list[str] = []
        self._parts: list[Part] = []
        self._sub: tuple[int, int, str] | None = None  # the open one: depth, where its text begins, alias

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if tag == "break":
            self._break(_break_s(attributes))
            self._sub = None
        elif tag == "sub" and attributes.get("alias") and not self._sub:
            self._sub = (self.depth, len(self._text), attributes["alias"])
        elif tag in {"p", "s"}:
            self._text.append("\n\n")

    def _break(self, seconds: float) -> None:
        text = "".join(self._text)
        self._text = []
        if self._parts and not text.strip():  # two breaks in a row are one long one
            last = self._parts.pop()
            text, seconds = last.text, (last.break_s or 0.0) + seconds
        self._parts.append(Part(text, min(seconds, MAX_BREAK_S)))

    def end(self, tag: str) -> None:
        if self._sub and self._sub[0] == self.depth:
            _, begin, alias = self._sub
            self._sub = None
            self._text[begin:] = [_marked("".join(self._text[begin:]), alias)]
        elif tag in {"p", "s"}:
            self._text.append("\n\n")
        self.depth -= 1

    def data(self, text: str) -> None:
        self._text.append(text)

    def doctype(self, *_: str | None) -> None:
        raise _malformed("a document type declaration is not allowed")

    def close(self) -> None:
        """Nothing to close; the parser asks for it."""

    def finish(self) -> list[Part]:
        return [*self._parts, Part("".join(self._text))]


def _marked(written: str, spoken: str) -> str:
    glued = (_GLUE.join(s.split()) for s in (written, spoken))
    return f"{_OPEN}{_BAR.join(glued)}{_CLOSE}"


def _break_s(attributes: dict[str, str]) -> float:
    time = attributes.get("time")
    if time is None:
        return _STRENGTH_S.get(attributes.get("strength", "medium"), _STRENGTH_S["medium"])
    match = _TIME.fullmatch(time.strip())
    if not match:
        raise _malformed(f'break time "{time}" is not like "500ms" or "1.5s"')
    return float(match[1]) * (0.001 if match[2] == "ms" else 1.0)
