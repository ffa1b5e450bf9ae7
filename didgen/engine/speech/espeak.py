"""espeak-ng: draft voices of languages that have no other, and the phonemes of Kokoro's Spanish, French, …

It is under the GPL, so that it is never part of a default install and always a process of its own, which also gives
the same sound each time: inside a process it remembers what it said.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.local_voices import Voice
from didgen.engine.speech.listen import resampled
from didgen.engine.speech.oneshot import ask
from didgen.engine.speech.reading import Chunk, Reading, shared, vocabulary
from didgen.engine.speech.timing import Timed
from didgen.engine.speech.visemes import JOINTS, LENGTHENERS, PAUSES, shapes

_ONE_SOUND: Final = {
    "a^ɪ": "I", "a^ʊ": "W", "d^z": "ʣ", "d^ʒ": "ʤ", "e^ɪ": "A", "o^ʊ": "O", "ə^ʊ": "Q", "s^s": "S", "t^s": "ʦ",
    "t^ʃ": "ʧ", "ɔ^ɪ": "Y",
}  # fmt: skip
"""Sounds of two letters of IPA that are one symbol for the voices."""

_LANGUAGE: Final = re.compile(r"\([a-z0-9^-]+\)")
"""How espeak tells that it reads a word as another language does, with ties or without: "(en)mˈɑːkɪtɪŋ(fr)"."""

_MARKS: Final = {"।": ".", "॥": ".", "？": "?", "！": "!"}


def speak_letters(voice: Voice, reading: Reading, pace: float, rate_hz: int) -> tuple[NDArray[np.float32], list[Timed]]:
    """(N,) float32 samples at `rate_hz` of a reading's letters, and its sounds with the times espeak gives them.

    Raises RenderError when it hangs or crashes.
    """
    facts, raw = ask(
        "espeak", {"voice": voice.id.removeprefix("espeak-"), "text": _without_pictures(reading.phonemes), "pace": pace}
    )
    samples = np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(32768)
    return resampled(samples, facts["rate_hz"], rate_hz), _symbols(facts, len(samples))


def _symbols(facts: Mapping[str, Any], count: int) -> list[Timed]:
    """Sounds in order; one of several letters gives each that has a shape an equal share of its time."""
    rate_hz = float(facts["rate_hz"])
    words = facts["words"]
    symbols: list[Timed] = []
    sounds = ((at, ipa) for at, ipa in facts["phonemes"] if not _LANGUAGE.fullmatch(ipa))
    events: list[tuple[int, str]] = [*sounds, (count, "")]
    for (first, ipa), (last, _) in pairwise(events):
        index = next((place for begin, place, _ in reversed(words) if 2 * begin <= first + last), -1)
        letters = [c for c in ipa if shapes(c) and c not in JOINTS and c not in LENGTHENERS]
        edges = np.linspace(first, last, max(1, len(letters)) + 1) / rate_hz
        for letter, (start_s, end_s) in zip(letters or [""], pairwise(edges.tolist()), strict=True):
            symbols.append(Timed(index if letter else -1, letter, start_s, end_s))
    return [t for t in symbols if t.end_s > t.start_s]


def chunks(language: str, spoken: str) -> list[Chunk]:
    """The words of a text with their phonemes in the voices' alphabet, read clause by clause: French liaisons count."""
    words = [_without_pictures(word) for word in spoken.split()]
    clauses = _clauses(words)
    texts = [*(" ".join(clause) for clause in clauses), *words]
    found: list[str] = ask("espeak", {"voice": language, "texts": texts, "text": spoken})[0]["phonemes"]
    sounds = [_in_our_alphabet(ipa) for ipa in found]
    alone = iter(sounds[len(clauses) :])
    out: list[Chunk] = []
    for clause, sound in zip(clauses, sounds, strict=False):
        tokens = sound.split()
        forms = [next(alone) for _ in clause]
        runs: list[list[str]] = [[] for _ in clause]
        for token, owner in zip(tokens, _owners(forms, tokens), strict=True):
            runs[owner].append(token)
        out += [Chunk(word, (" ".join(run) + _rest(word)).strip()) for word, run in zip(clause, runs, strict=True)]
    return out


def _owners(forms: list[str], tokens: list[str]) -> list[int]:
    """Which word each token of the clause belongs to: as many as the word has alone, or else the most alike."""
    alone = [k for k, form in enumerate(forms) for _ in form.split()]
    return alone if len(alone) == len(tokens) else shared(forms, tokens)


def _clauses(words: list[str]) -> list[list[str]]:
    clauses: list[list[str]] = [[]]
    for word in words:
        clauses[-1].append(word)
        if _rest(word):
            clauses.append([])
    return [clause for clause in clauses if clause]


def _without_pictures(text: str) -> str:
    """A space for each emoji, which espeak would name in words."""
    return "".join(" " if unicodedata.category(c) in ("So", "Sk") else c for c in text)


def _rest(word: str) -> str:
    """The punctuation behind a word, as the voices write it."""
    marks = ""
    for c in reversed([_MARKS.get(c, c) for c in word]):
        if c not in PAUSES:
            break
        marks = c + marks
    return "".join(c for c in marks if c in vocabulary())


def _in_our_alphabet(ipa: str) -> str:
    ipa = _LANGUAGE.sub("", ipa)
    for letters, symbol in _ONE_SOUND.items():
        ipa = ipa.replace(letters, symbol)
    return " ".join("".join(c for c in ipa if c in vocabulary() and c not in "^-").split())
