"""From a script's text to utterances: what is said in one breath, and how long to rest after it. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from didgen.catalog.languages import unreadable
from didgen.catalog.local_voices import VOICES, language
from didgen.engine.shot import TextScript
from didgen.engine.speech import ssml
from didgen.engine.speech.style import PLAIN, Style
from didgen.engine.speech.written_out import written_out
from didgen.errors import RenderError

MAX_CHARACTERS: Final = 40_000
SENTENCE_PAUSE_S: Final = 0.35
PARAGRAPH_PAUSE_S: Final = 0.65
CLAUSE_PAUSE_S: Final = 0.15
MAX_WORDS: Final = 60
"""Longest stretch spoken without a rest: about 20 s. Longer sentences are parted at a clause."""

_PARAGRAPH = re.compile(r"\n[^\S\n]*\n\s*")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？।॥؟۔])[\"”’')\]」』）》】]*\s+(?=\S)")
_WITHOUT_SPACE = re.compile(r"(?<=[。！？、，；：])(?=[^\s\"”’')\]」』）》】。！？、，；：])")
_INITIALS = re.compile(r"(?:^|[\s(\"“‘'])(?:[A-Za-z]\.)+$")
_TITLES: Final = frozenset(
    "mr mrs ms dr prof st mt ft gen gov sen rep capt lt col sgt rev hon pres vs etc vol fig approx dept".split()
)
_BEFORE_NUMBERS: Final = frozenset("no nos p pp ch sec art jan feb mar apr jun jul aug sep sept oct nov dec".split())
"""What ends a sentence unless a number follows: "Is it? No. It is not." but "No. 5" and "Jan. 5"."""


WITH_ORDINALS: Final = frozenset("de da nb is fi et lv cs sk sl hr bs sr pl hu tr".split())
"""Languages in which a stop behind a small number says "third", not that a sentence ends: am 3. Mai."""

_ORDINAL = re.compile(r"(?<![\w.,:])\d{1,2}\.$")


@dataclass(frozen=True, slots=True)
class Utterance:
    """One stretch of speech: the words as written, the same as spoken, and the rest after them.

    styles: one a written word, or () when all are said plainly. voice: as named in SSML, "" for the script's own.
    asked: a `break` says how long the rest is. Without a word it is that rest alone, before anything is said.
    """

    written: str
    spoken: str
    pause_s: float
    styles: tuple[Style, ...] = ()
    voice: str = ""
    asked: bool = False


def utterances(script: TextScript) -> tuple[Utterance, ...]:
    """Split a script into sentences. Paragraphs are parted by blank lines; a single newline is a space.

    Breaks of SSML are rests, also in front of the first word; nothing but breaks is somebody who keeps silent.
    Raises RenderError: nothing to say, over 40,000 characters, broken SSML, or a text its voice cannot read.
    """
    if len(script.text) > MAX_CHARACTERS:
        raise RenderError(
            "ValidationError",
            f"the script has {len(script.text):,} characters, more than {MAX_CHARACTERS:,}",
            hint="split it into several scenes",
        )
    parts = [ssml.Part((ssml.Run(ssml.unmarked(script.text)),))]
    if script.ssml:
        parts = ssml.parse(script.text, lambda name: _locale(name or script.voice))
    found: list[Utterance] = []
    for part in parts:
        said = _of_part(part, _locale(part.voice or script.voice))
        found += said
        if part.break_s:
            found[-1:] = [_rested(found[-1] if found else Utterance("", "", 0.0, asked=True), part.break_s)]
        elif said and part.break_s is not None:
            found[-1] = replace(said[-1], pause_s=0.0, asked=True)
    if not any(_audible(u) or not u.written for u in found):
        raise RenderError("ValidationError", "the script has nothing to say", hint="write at least one word")
    for name in dict.fromkeys(u.voice for u in found):
        _refuse_foreign(" ".join(u.spoken for u in found if u.voice == name), name or script.voice)
    return tuple(found)


def _rested(before: Utterance, break_s: float) -> Utterance:
    """What stands before a break, with its rest; one more break makes that longer."""
    return replace(before, pause_s=min(break_s + before.asked * before.pause_s, ssml.MAX_REST_S), asked=True)


def clean(text: str) -> str:
    """Composed characters, plain letters for typographic alphabets, no control or invisible characters.

    Chinese and Japanese get a space behind each mark, so that their sentences and clauses can be told like others.
    """
    composed = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _WITHOUT_SPACE.sub(" ", "".join(_plain(c) for c in composed))


def _plain(c: str) -> str:
    if c.isascii():
        return c if c.isprintable() or c in "\n\t" else ""
    if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} and c not in ssml.MARKERS:
        return ""
    if c.isalnum() and unicodedata.name(c, "").startswith(("FULLWIDTH", "MATHEMATICAL")):
        return unicodedata.normalize("NFKC", c)
    return c


def _of_part(part: ssml.Part, locale: str) -> list[Utterance]:
    runs = [
        ssml.Run(written_out(clean("".join(run.text for run in alike)), locale), style)
        for style, alike in groupby(part.runs, lambda run: run.style)
    ]
    styles = iter(_word_styles(runs))
    found: list[Utterance] = []
    for paragraph in _PARAGRAPH.split("".join(run.text for run in runs)):
        sentences = [u for s in _sentences(paragraph, language(locale)) for u in _parted(s, styles)]
        speakable = _joined([u for u in sentences if u.written])
        if speakable:
            speakable[-1] = replace(speakable[-1], pause_s=PARAGRAPH_PAUSE_S)
        found += [replace(u, voice=part.voice, styles=_unless_plain(u.styles)) for u in speakable]
    return found


def _word_styles(runs: Sequence[ssml.Run]) -> list[Style]:
    """The style of each word of the runs put together: that of its first letter."""
    styles: list[Style] = []
    inside = False
    for run in runs:
        for space, word in re.findall(r"(\s*)(\S*)", run.text):
            if word and (space or not inside):
                styles.append(run.style)
            inside = bool(word) or (inside and not space)
    return styles


def _unless_plain(styles: tuple[Style, ...]) -> tuple[Style, ...]:
    return styles if any(style != PLAIN for style in styles) else ()


def _parted(sentence: str, styles: Iterator[Style]) -> list[Utterance]:
    """A sentence in stretches of at most MAX_WORDS; takes the style of each of its words off `styles`."""
    words, parts = sentence.split(), []
    while len(words) > MAX_WORDS:
        clauses = [k for k in range(MAX_WORDS // 2, MAX_WORDS + 1) if words[k - 1][-1] in ",;:—–"]
        cut = clauses[-1] if clauses else MAX_WORDS
        parts.append(words[:cut])
        words = words[cut:]
    parts.append(words)
    pauses = [CLAUSE_PAUSE_S] * (len(parts) - 1) + [SENTENCE_PAUSE_S]
    return [_stretch(part, styles, pause_s) for part, pause_s in zip(parts, pauses, strict=True)]


def _stretch(words: list[str], styles: Iterator[Style], pause_s: float) -> Utterance:
    """Words that are said together; one that stands for several written ones gives each of them its style."""
    each: list[Style] = []
    for word in words:
        style = next(styles)
        count = len(ssml.both_forms(word)[0].split())
        each += [style][:count]
        each += [replace(style, phonemes=None if style.phonemes is None else "")] * (count - 1)
    return Utterance(*ssml.both_forms(" ".join(words)), pause_s, tuple(each))


def _joined(sentences: list[Utterance]) -> list[Utterance]:
    """Sentences of which each can be heard: one of nothing but marks ("…", an emoji) joins the one before, or after."""
    kept: list[Utterance] = []
    for s in sentences:
        if kept and not (_audible(s) and _audible(kept[-1])):
            last = kept[-1]
            both = f"{last.written} {s.written}", f"{last.spoken} {s.spoken}"
            kept[-1] = Utterance(*both, s.pause_s, last.styles + s.styles)
        else:
            kept.append(s)
    return kept


def _audible(utterance: Utterance) -> bool:
    return any(c.isalnum() for c in utterance.spoken)


def _sentences(paragraph: str, spoken_in: str) -> list[str]:
    flat = " ".join(paragraph.split())
    out, start = [], 0
    for gap in _SENTENCE_END.finditer(flat):
        before = flat[: gap.start()]
        following = flat[gap.end() : gap.end() + 2].lstrip(ssml.OPEN)[:1]  # as it is written
        if _ends(before, following) and not (spoken_in in WITH_ORDINALS and _ORDINAL.search(before)):
            out.append(flat[start : gap.end()].strip())
            start = gap.end()
    return [*out, flat[start:].strip()]


def _ends(before: str, following: str) -> bool:
    """Whether a stop is the end of a sentence: not after a title or initials, nor before a small letter."""
    if following.islower():
        return False
    if not before.endswith("."):
        return True
    word = before.rsplit(" ", 1)[-1].strip("(\"“‘'.").lower()
    if word in _BEFORE_NUMBERS and following.isdigit():
        return False
    return word not in _TITLES and not _INITIALS.search(before)


def _locale(name: str) -> str:
    """That of a voice here; another's name begins with it."""
    voice = VOICES.get(name)
    return voice.locale if voice is not None else name


def _refuse_foreign(text: str, name: str) -> None:
    voice = VOICES.get(name)
    why = unreadable(text, voice.locale if voice is not None else "en")
    if why:
        raise RenderError(
            "ValidationError", f"the voice {name} {why}", hint="choose a voice of the text's language: didgen voices"
        )
