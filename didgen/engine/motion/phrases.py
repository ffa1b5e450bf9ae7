"""Speech as a body takes it: phrase by phrase, each measured on its own, from its beginning.

A phrase is a sentence where the script's are known, else what stands between two long pauses. All in it is relative to
its first frame and made of its own sound, so that an edit elsewhere in the script leaves it exactly as it was.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from didgen.digest import sha256_bytes
from didgen.engine.motion.curves import Curve, frame_times, smoothed
from didgen.engine.motion.pitch import pitch_hz
from didgen.engine.motion.prosody import CLOSING_QUOTES, LOUD, filled, level_of
from didgen.engine.speech.speech import VOWELS, Phoneme, Sentence, Speech, Word

LONG_PAUSE_S = 0.4  # parts phrases where no sentences are known
REST_S = 0.16  # a gap in the voice this long is felt as a rest inside a phrase
STRESS_APART_S = 0.42
STRESSED = 0.38  # share of the most prominent syllable's prominence
GLIDES = frozenset("wj")  # sounds with a vowel's lips that make no syllable
REDUCED = frozenset("əɐᵊᵻɚ")
LIST_COMMAS = 2  # so many commas before a word that joins make a list
JOINS = frozenset("and or und oder et ou e o y".split())


@dataclass(frozen=True, slots=True)
class Stress:
    """A prominent syllable: when its vowel is strongest, and how prominent it is in its phrase, 0..1."""

    at_s: float
    weight: float


@dataclass(frozen=True, slots=True)
class Phrase:
    """`length` frames from frame `first` of the film to the next phrase; times in seconds from `first`.

    key: says what is said, and which time it is said ("…/2"). voice_s: where the voice ends; what follows is the pause.
    talking: (length,) 0..1, smooth, 0 in rests. rests: (start, end) of gaps in the voice. items: where the entries of
    a list begin. asks: it is a question. last: nothing is said after it.
    """

    key: str
    first: int
    length: int
    voice_s: float
    talking: Curve
    stresses: tuple[Stress, ...]
    rests: tuple[tuple[float, float], ...]
    items: tuple[float, ...]
    asks: bool
    last: bool


def phrases_of(speech: Speech, frames: int, fps: int) -> list[Phrase]:
    """The phrases of a speech on the frames of its film, in order and without gaps from the first one's start."""
    sentences = [s for s in speech.sentences or _between_pauses(speech, fps) if round(s.start_s * fps) < frames]
    firsts = [round(s.start_s * fps) for s in sentences]
    heard: Counter[str] = Counter()
    out = []
    for sentence, (first, end) in zip(sentences, pairwise([*firsts, frames]), strict=True):
        heard[sentence.key] += 1
        if end > first:
            key = f"{sentence.key}/{heard[sentence.key]}"
            out.append(_phrase(speech, sentence, key, first, end - first, fps, last=end == frames))
    return out


def _between_pauses(speech: Speech, fps: int) -> list[Sentence]:
    """Stretches of voice parted by long pauses; the key is that of their sound. In silence an empty one: whoever says
    nothing waits, and is not frozen."""
    frames = max(1, int(speech.duration_s * fps))
    active = filled(level_of(speech.samples, speech.sample_rate_hz, frames, fps) > LOUD, round(LONG_PAUSE_S * fps))
    out = []
    for start, end in list(_runs(active)) or [(0, 0)]:
        rate = speech.sample_rate_hz
        sound = speech.samples[round(start / fps * rate) : round(end / fps * rate)]
        key = sha256_bytes(np.rint(sound * 2048).astype("<i2").tobytes())[:16]
        out.append(Sentence(start / fps, end / fps, key))
    return out


def _runs(active: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], active, [False]])))
    return ((int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True))


def _phrase(speech: Speech, sentence: Sentence, key: str, first: int, length: int, fps: int, *, last: bool) -> Phrase:
    start_s, voice_s = sentence.start_s, round(min(sentence.end_s - sentence.start_s, length / fps), 3)
    samples = speech.samples[round(start_s * speech.sample_rate_hz) : round(sentence.end_s * speech.sample_rate_hz)]
    level = np.zeros(length)
    voiced = min(length, math.ceil(voice_s * fps))
    level[:voiced] = level_of(samples, speech.sample_rate_hz, voiced, fps)
    active = filled(level > LOUD, round(REST_S * fps) - 1)
    rests = [(a / fps, b / fps) for a, b in _runs(~active) if a > 0 and b / fps < voice_s]
    words = [_moved(w, start_s) for w in speech.words if start_s - 0.09 <= w.start_s < sentence.end_s]
    vowels = [p for p in speech.phonemes if p.viseme in VOWELS and p.symbol not in GLIDES]
    syllables = [_moved_sound(p, start_s) for p in vowels if start_s - 0.09 <= p.start_s < sentence.end_s]
    heights = _heights([pitch_hz(samples, speech.sample_rate_hz, (p.start_s + p.end_s) / 2) for p in syllables])
    return Phrase(
        key=key,
        first=first,
        length=length,
        voice_s=voice_s,
        talking=smoothed(active.astype(np.float64), 0.1 * fps),
        stresses=_stresses(smoothed(level, 0.8), syllables, heights, fps),
        rests=tuple(rests),
        items=_items(words),
        asks=bool(words) and words[-1].text.rstrip(CLOSING_QUOTES).endswith("?"),
        last=last,
    )


def _moved(word: Word, by_s: float) -> Word:
    """Times to the millisecond, so that a place later in the film does not change their last bits."""
    return Word(word.text, round(word.start_s - by_s, 3), round(word.end_s - by_s, 3))


def _moved_sound(p: Phoneme, by_s: float) -> Phoneme:
    return Phoneme(p.symbol, p.viseme, round(p.start_s - by_s, 3), round(p.end_s - by_s, 3))


def _heights(pitches_hz: Sequence[float]) -> list[float]:
    """Semitones over the middle pitch of the phrase; 0 for what has none."""
    voiced = [p for p in pitches_hz if p > 0]
    middle = float(np.median(voiced)) if voiced else 1.0
    return [12 * math.log2(p / middle) if p > 0 else 0.0 for p in pitches_hz]


def _stresses(level: Curve, vowels: Sequence[Phoneme], heights: Sequence[float], fps: int) -> tuple[Stress, ...]:
    """Syllables that stand out: loud, long and high vowels; where no vowels are known, peaks of loudness."""
    if len(level) < 3:
        return ()
    times = frame_times(len(level), fps)
    if vowels:
        found = [_prominence(level, times, v, high) for v, high in zip(vowels, heights, strict=True)]
    else:
        peaks = 1 + np.flatnonzero((level[1:-1] >= level[:-2]) & (level[1:-1] > level[2:]))
        found = [(round(float(times[k]), 3), float(level[k])) for k in peaks]
    top = max((p for _, p in found), default=0.0)
    chosen: list[Stress] = []
    for at_s, prominence in sorted(found, key=lambda f: (-f[1], f[0])):
        weight = (prominence / max(top, 1e-9) - STRESSED) / (1 - STRESSED)
        if weight > 0 and all(abs(at_s - other.at_s) >= STRESS_APART_S for other in chosen):
            chosen.append(Stress(at_s, round(weight, 3)))
    return tuple(sorted(chosen, key=lambda s: s.at_s))


def _prominence(level: Curve, times: Curve, vowel: Phoneme, height: float) -> tuple[float, float]:
    """When a vowel is loudest, and how much it stands out: its loudness (0..1) squared, more the longer (up to 0.16 s)
    and the higher (in semitones over the phrase) it is, less for those that are never stressed."""
    length = vowel.end_s - vowel.start_s
    inside = np.linspace(vowel.start_s, vowel.end_s, 5)
    loud = np.interp(inside, times, level)
    at_s = round(float(inside[int(loud.argmax())]), 3)
    full = 0.5 if vowel.symbol[:1] in REDUCED else 1.0
    high = 1 + 0.1 * min(max(height, -4.0), 6.0)
    return at_s, full * high * float(loud.max()) ** 2 * (0.55 + 0.45 * min(length / 0.16, 1.0))


def _items(words: Sequence[Word]) -> tuple[float, ...]:
    """Where the entries of "red, green, and blue" begin; nothing for a sentence that is no list."""
    commas = [k for k, w in enumerate(words) if w.text.endswith((",", ";"))]
    joins = [k for k, w in enumerate(words) if w.text.lower() in JOINS]
    if len(commas) < LIST_COMMAS or not any(k > commas[LIST_COMMAS - 1] for k in joins):
        return ()
    return tuple(words[k + 1].start_s for k in commas if k + 1 < len(words))
