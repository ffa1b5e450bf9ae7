"""When each phoneme is heard: the model's durations, set right against its sound. Pure.

The models' own times run late against the sound they make: by 30 to 50 ms against sound onsets and lip closures, which
SHIFT_S takes back (measured by forced alignment, sure to about 15 ms, less than half a picture).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.speech import Phoneme
from didgen.engine.speech.visemes import JOINTS, LENGTHENERS, PAUSES, shapes

SHIFT_S: Final = -0.045
GATE_DB: Final = 42.0  # below the loud part by this much counts as silence
HOP_S: Final = 0.01
LONG_GAP_S: Final = 0.3  # a word gap longer than this is a rest
EARLY_S: Final = 0.08  # a mouth may move this long before it is heard, and after
GRAIN_S: Final = 1e-6  # sums of floats differ by less than this
TAIL_S: Final = 0.06  # shortest silence at the end of a phrase worth a closed mouth


@dataclass(frozen=True, slots=True)
class Sound:
    """Where a take is heard: from `start_s` to `end_s`, and which 10 ms hops in it are loud."""

    start_s: float
    end_s: float
    loud: NDArray[np.bool_]


@dataclass(slots=True)
class Timed:
    """A symbol of the phoneme string and when it sounds; `index` is its place in the string, -1 for a pad."""

    index: int
    symbol: str
    start_s: float
    end_s: float


def heard(samples: NDArray[np.float32], sample_rate_hz: int) -> Sound:
    """Loud parts of (N,) samples: 20 ms windows within 42 dB of the 95th percentile. Nothing is loud in silence."""
    hop = round(HOP_S * sample_rate_hz)
    count = max(1, len(samples) // hop)
    energy = np.add.reduceat(np.square(samples, dtype=np.float64), np.arange(count) * hop)
    window = energy + np.concatenate([energy[1:], energy[-1:]])
    loud = window > np.percentile(window, 95) * 10 ** (-GATE_DB / 10)
    where = np.flatnonzero(loud)
    if not len(where):
        return Sound(0.0, 0.0, loud)
    return Sound(float(where[0] * HOP_S), float((where[-1] + 1) * HOP_S), loud)


def time_symbols(phonemes: str, edges_s: NDArray[np.float64], sound: Sound) -> list[Timed]:
    """Symbols that have a shape or are a rest, in order, without overlap, inside the sound give or take 80 ms.

    phonemes: n symbols; edges_s: (n + 3,) the model's edges. Stress marks and word gaps give their time to both
    neighbours, lengthening marks to the sound before.
    """
    symbols = ["", *phonemes, ""]
    starts = np.maximum(edges_s[:-1] + SHIFT_S, 0.0)
    ends = np.maximum(edges_s[1:] + SHIFT_S, 0.0)
    timed = [Timed(k - 1, s, float(starts[k]), float(ends[k])) for k, s in enumerate(symbols)]
    timed[-1].index = -1
    timed = _shared(timed)
    _gate_tails(timed, sound)
    return _within(timed, max(0.0, sound.start_s - EARLY_S), sound.end_s + EARLY_S)


def _is_rest(t: Timed) -> bool:
    return t.symbol == "" or t.symbol in PAUSES


def _shared(timed: list[Timed]) -> list[Timed]:
    """Give the time of marks to their neighbours; a long word gap becomes a rest."""
    kept: list[Timed] = [timed[0]]
    owed_from: float | None = None  # where the marks since the last kept symbol began
    gap = False
    for t in timed[1:]:
        if t.symbol in LENGTHENERS and owed_from is None:
            kept[-1].end_s = t.end_s
        elif t.symbol in JOINTS or (t.symbol and not shapes(t.symbol)):
            owed_from = t.start_s if owed_from is None else owed_from
            gap = gap or t.symbol == " "
        else:
            if owed_from is not None:
                kept += _settle(kept[-1], t, owed_from, gap)
            owed_from, gap = None, False
            kept.append(t)
    return kept


def _settle(before: Timed, after: Timed, start_s: float, gap: bool) -> list[Timed]:
    end_s = after.start_s
    if gap and end_s - start_s > LONG_GAP_S:
        return [Timed(-1, "", start_s, end_s)]
    middle = (start_s + end_s) / 2
    if _is_rest(before) != _is_rest(after):  # a mark beside a rest belongs to the sound
        middle = start_s if _is_rest(before) else end_s
    before.end_s = after.start_s = middle
    return []


def _gate_tails(timed: list[Timed], sound: Sound) -> None:
    """The last sound before a rest swallows some of its silence: end it where the sound ends."""
    for t, following in pairwise(timed):
        if not _is_rest(t) and _is_rest(following):
            first, last = (int(s / HOP_S) for s in (t.start_s, t.end_s))
            loud = np.flatnonzero(sound.loud[first:last])
            end_s = (first + int(loud[-1]) + 1) * HOP_S if len(loud) else t.end_s
            if t.end_s - end_s >= TAIL_S:
                t.end_s = following.start_s = max(end_s, t.start_s + 2 * HOP_S)


def _within(timed: list[Timed], start_s: float, end_s: float) -> list[Timed]:
    for t in timed:
        t.start_s, t.end_s = (min(max(s, start_s), end_s) for s in (t.start_s, t.end_s))
    return [t for t in timed if t.end_s - t.start_s > GRAIN_S]


def phonemes_of(timed: list[Timed], offset_s: float) -> list[Phoneme]:
    """Phonemes of timed symbols, moved by `offset_s`; diphthongs become two equal shapes, rests are left out."""
    out = []
    for t in timed:
        if _is_rest(t):
            continue
        parts = shapes(t.symbol)
        step = (t.end_s - t.start_s) / len(parts)
        for k, viseme in enumerate(parts):
            start = offset_s + t.start_s + k * step
            out.append(Phoneme(t.symbol, viseme, start, start + step))
    return out


def tiled(phonemes: list[Phoneme], duration_s: float) -> tuple[Phoneme, ...]:
    """The phonemes with every gap filled by silence, so that they cover the sound from 0 to its end."""
    out: list[Phoneme] = []
    now = 0.0
    for p in sorted(phonemes, key=lambda p: p.start_s):
        start = now if p.start_s < now + GRAIN_S else p.start_s
        end = min(p.end_s, duration_s)
        if end <= start + GRAIN_S:
            continue
        if start > now:
            out.append(Phoneme("", "sil", now, start))
        out.append(Phoneme(p.symbol, p.viseme, start, end))
        now = end
    if out and duration_s < now + GRAIN_S:
        out[-1] = replace(out[-1], end_s=duration_s)
    elif duration_s > now:
        out.append(Phoneme("", "sil", now, duration_s))
    return tuple(out)
