"""SSML as the local voices follow it: break, prosody, emphasis, say-as, sub, phoneme, voice, p, s, and express-as.

Other tags are dropped, their text is read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final
from xml.etree import ElementTree

from didgen.catalog.delivery import MANNERS, Delivery, gain_db, pitch_semitones, speaking_rate
from didgen.engine.speech.ipa import voiced
from didgen.engine.speech.say_as import said
from didgen.engine.speech.style import EMPHASIS, PLAIN, Style
from didgen.errors import RenderError, UsageError

MAX_BREAK_S: Final = 20.0  # Microsoft's limit of one tag
MAX_REST_S: Final = 60.0
"""Longest rest that breaks in a row add up to: as long as `pad_audio` may be."""
_STRENGTH_S: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.2, "medium": 0.4, "strong": 0.7, "x-strong": 1.2}
_TIME = re.compile(r"\+?(\d*\.?\d+)(ms|s)")

# A word written one way and spoken another travels through sentence splitting inside the text: OPEN written BAR spoken
# CLOSE, its spaces as GLUE, so that it stays one word.
OPEN, _BAR, _CLOSE, _GLUE = "\ue000", "\ue001", "\ue002", "\ue003"
MARKERS: Final = frozenset((OPEN, _BAR, _CLOSE, _GLUE))
MARK: Final = f"{OPEN}[^{_CLOSE}]*{_CLOSE}"  # a pattern
_SUB = re.compile(f"{OPEN}([^{_BAR}]*){_BAR}([^{_CLOSE}]*){_CLOSE}")

Attributes = dict[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text said in one style."""

    text: str
    style: Style = PLAIN


@dataclass(frozen=True, slots=True)
class Part:
    """Text up to a `break` or a change of voice. break_s: how long the break lasts; None where there is none.

    voice: the name a `voice` tag gives, "" for the script's own.
    """

    runs: tuple[Run, ...]
    break_s: float | None = None
    voice: str = ""

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)


def parse(markup: str, locale: Callable[[str], str] = lambda _: "en") -> list[Part]:
    """Parts of an SSML document or fragment, in order. locale: that of a `voice` tag's name, or of "".

    Raises RenderError when the markup is malformed.
    """
    reader = _Reader(locale)
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


@dataclass(slots=True)
class _Held:
    """An open tag whose text is said as a whole: where its runs begin, and how they are written down at its end."""

    depth: int
    begin: int
    spoken: Callable[[str], str]


class _Reader:
    """Takes the parser's events. Styles and voices are stacks, one entry an open tag."""

    def __init__(self, locale: Callable[[str], str]) -> None:
        self._locale = locale
        self._runs: list[Run] = []
        self._parts: list[Part] = []
        self._styles: list[Style] = [PLAIN]
        self._voices: list[str] = [""]
        self._held: _Held | None = None

    @property
    def depth(self) -> int:
        return len(self._styles) - 1

    def start(self, tag: str, attributes: Attributes) -> None:
        style, voice = self._styles[-1], self._voices[-1]
        if tag == "break":
            self._break(_break_s(attributes))
            self._held = None
        elif tag in {"p", "s"}:
            self._runs.append(Run("\n\n"))
        elif tag in _STYLES:
            style = _STYLES[tag](style, attributes)
        elif tag == "voice" and attributes.get("name", voice) != voice:
            self._part(None)
            voice = attributes["name"]
        self._styles.append(style)
        self._voices.append(voice)
        spoken = _spoken_as(tag, attributes, self._locale(voice))
        if spoken is not None and self._held is None:
            self._held = _Held(self.depth, len(self._runs), spoken)

    def _part(self, break_s: float | None) -> None:
        self._parts.append(Part(tuple(self._runs), break_s, self._voices[-1]))
        self._runs, self._held = [], None

    def _break(self, seconds: float) -> None:
        last = self._parts[-1] if self._parts else None
        if last is None or last.break_s is None or "".join(run.text for run in self._runs).strip():
            self._part(min(seconds, MAX_BREAK_S))
        else:  # two breaks in a row are one long one
            self._parts[-1] = replace(last, break_s=min(last.break_s + min(seconds, MAX_BREAK_S), MAX_REST_S))
            self._runs = []

    def end(self, tag: str) -> None:
        if self._held and self._held.depth == self.depth:
            held, self._held = self._held, None
            written = "".join(run.text for run in self._runs[held.begin :])
            self._runs[held.begin :] = [Run(marked(written, held.spoken(written).strip()), self._styles[-1])]
        elif tag in {"p", "s"}:
            self._runs.append(Run("\n\n"))
        if self._voices[-1] != self._voices[-2]:
            self._part(None)
        self._styles.pop()
        self._voices.pop()

    def data(self, text: str) -> None:
        self._runs.append(Run(text, self._styles[-1]))

    def doctype(self, *_: str | None) -> None:
        raise _malformed("a document type declaration is not allowed")

    def close(self) -> None:
        """Nothing to close; the parser asks for it."""

    def finish(self) -> list[Part]:
        return [*self._parts, Part(tuple(self._runs))]


def marked(written: str, spoken: str) -> str:
    """One word of a text that is written one way and spoken another; see `both_forms`. A blank at the end of `spoken`
    parts it from what stands behind the word."""
    glued = (_GLUE.join(s.split()) for s in (written, spoken))
    return f"{OPEN}{_BAR.join(glued)}{_GLUE if spoken.endswith(' ') else ''}{_CLOSE}"


def _spoken_as(tag: str, attributes: Attributes, locale: str) -> Callable[[str], str] | None:
    """How the text of a tag is spoken, when that is decided for the whole of it."""
    if tag == "sub" and attributes.get("alias"):
        return lambda _: attributes["alias"]
    if tag == "say-as" and "interpret-as" in attributes:
        return lambda text: said(text, attributes["interpret-as"], attributes.get("format", ""), locale)
    if tag == "phoneme" and attributes.get("ph"):
        return lambda text: text
    return None


def _prosody(style: Style, attributes: Attributes) -> Style:
    try:
        rate = speaking_rate(attributes.get("rate"))
        return style.on_top(rate, pitch_semitones(attributes.get("pitch")), gain_db(attributes.get("volume")))
    except UsageError as error:
        raise RenderError("ValidationError", f"SSML prosody: {error.message}", hint=error.hint) from error


def _emphasis(style: Style, attributes: Attributes) -> Style:
    level = EMPHASIS.get(attributes.get("level", "moderate"), EMPHASIS["moderate"])
    return style.on_top(level.rate, level.pitch_st, level.gain_db)


def _manner(style: Style, attributes: Attributes) -> Style:
    manner = MANNERS.get(attributes.get("style", "").lower(), Delivery())
    return style.on_top(manner.rate, manner.pitch_st)


def _phoneme(style: Style, attributes: Attributes) -> Style:
    alphabet, given = attributes.get("alphabet", "ipa"), attributes.get("ph", "")
    if alphabet != "ipa":
        raise RenderError(
            "ValidationError", f"SSML phoneme: the alphabet {alphabet!r} is not read here", hint="write it in IPA"
        )
    symbols = voiced(given)
    if given and not symbols:
        raise RenderError(
            "ValidationError", f"SSML phoneme: {given!r} has no sound", hint='write it in IPA, like ph="təˈmeɪtoʊ"'
        )
    return Style(style.rate, style.pitch_st, style.gain_db, symbols or None)


_STYLES: Final[dict[str, Callable[[Style, Attributes], Style]]] = {
    "prosody": _prosody,
    "emphasis": _emphasis,
    "express-as": _manner,
    "phoneme": _phoneme,
}


def _break_s(attributes: Attributes) -> float:
    time = attributes.get("time")
    if time is None:
        return _STRENGTH_S.get(attributes.get("strength", "medium"), _STRENGTH_S["medium"])
    match = _TIME.fullmatch(time.strip())
    if not match:
        raise _malformed(f'break time "{time}" is not like "500ms" or "1.5s"')
    return float(match[1]) * (0.001 if match[2] == "ms" else 1.0)
