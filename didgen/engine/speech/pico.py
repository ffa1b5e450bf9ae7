"""SVOX Pico: letters in, sound out; it says nothing about when, so that mouth and words are found in its sound."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.local_voices import Voice, language
from didgen.engine.speech.by_ear import follow
from didgen.engine.speech.cues import mouth_cues
from didgen.engine.speech.lipnet import SAMPLE_RATE_HZ as PICO_RATE_HZ
from didgen.engine.speech.lipnet import viseme_probabilities
from didgen.engine.speech.listen import resampled
from didgen.engine.speech.oneshot import ask
from didgen.engine.speech.reading import Reading
from didgen.engine.speech.speech import Phoneme
from didgen.engine.speech.timing import Timed

SYMBOL_OF: Final = {
    "PP": "p", "FF": "f", "TH": "θ", "DD": "d", "kk": "k", "CH": "ʃ", "SS": "s", "nn": "n", "RR": "ɹ", "aa": "a",
    "E": "ɛ", "I": "i", "O": "o", "U": "u",
}  # fmt: skip
"""The sound that stands for a mouth shape: which of its kin was spoken cannot be heard by the net."""

_MARKUP: Final = str.maketrans("<>", "  ")  # Pico takes tags in its text for orders


def speak_letters(voice: Voice, reading: Reading, pace: float, rate_hz: int) -> tuple[NDArray[np.float32], list[Timed]]:
    """(N,) float32 samples at `rate_hz` of a reading's letters, and the mouth shapes heard in them, word by word.

    The same bytes each time: Pico remembers what it said, so every call is a process of its own. Raises RenderError
    when it hangs or crashes.
    """
    order = {
        "text": reading.phonemes.translate(_MARKUP),
        "voice": voice.locale,
        "speed": None if pace == 1.0 else pace,
    }
    _, raw = ask("pico", order)
    samples = np.frombuffer(raw, "<i2").astype(np.float32) / np.float32(32768)
    visemes = viseme_probabilities(samples)
    words = [reading.phonemes[w.start : w.end] for w in reading.words]
    followed = follow(visemes, words, language(voice.locale))
    cues = mouth_cues(followed.visemes, len(samples) / PICO_RATE_HZ)
    return resampled(samples, PICO_RATE_HZ, rate_hz), _dealt(cues, followed.times_s, reading)


def _dealt(cues: tuple[Phoneme, ...], times_s: list[tuple[float, float]], reading: Reading) -> list[Timed]:
    """The cues as symbols of the reading, cut where words begin and end: each belongs to the word it is heard in."""
    cuts = sorted({edge for pair in times_s for edge in pair})
    symbols: list[Timed] = []
    for cue in cues:
        edges = [cue.start_s, *(s for s in cuts if cue.start_s < s < cue.end_s), cue.end_s]
        for start_s, end_s in pairwise(edges):
            word = _word_at((start_s + end_s) / 2, times_s)
            index = -1 if word is None else reading.words[word].start
            symbols.append(Timed(index, SYMBOL_OF.get(cue.viseme, ""), start_s, end_s))
    return symbols


def _word_at(moment_s: float, times_s: list[tuple[float, float]]) -> int | None:
    return next((k for k, (start_s, end_s) in enumerate(times_s) if start_s <= moment_s < end_s), None)
