"""Speech as the engine passes it on: sound, and what is said when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

VISEMES = ("sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U")
"""The 15 Oculus visemes in the order of the lip-shape net's output."""

VOWELS = frozenset(("aa", "E", "I", "O", "U"))


@dataclass(frozen=True, slots=True)
class Word:
    """A spoken word as written in the script, seconds from the start of the sound."""

    text: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Phoneme:
    """One sound with the mouth shape that goes with it, seconds from the start of the sound."""

    symbol: str
    viseme: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a script, from where it is first heard to where it is last, in seconds of the sound.

    `key` says what is said and is the same wherever the sentence stands: what belongs to a sentence (its motion) is
    derived from it, so that an edit elsewhere leaves it alone. A sentence said twice has the same key twice.
    """

    start_s: float
    end_s: float
    key: str


@dataclass(frozen=True, slots=True)
class Speech:
    """Sound with times. `phonemes` are sorted, do not overlap, and lie inside the sound; silence is viseme "sil".

    samples: (N,) float32 mono in -1..1. visemes: (F, 15) probabilities at 100 frames a second when the mouth comes
    from sound alone (an audio script), else None; `phonemes` then holds the most probable runs with symbol "".
    sentences: in order, not overlapping; none when nobody knows them (an audio script).
    """

    samples: NDArray[np.float32]
    sample_rate_hz: int
    words: tuple[Word, ...]
    phonemes: tuple[Phoneme, ...]
    visemes: NDArray[np.float32] | None = None
    sentences: tuple[Sentence, ...] = ()

    @property
    def duration_s(self) -> float:
        return len(self.samples) / self.sample_rate_hz
