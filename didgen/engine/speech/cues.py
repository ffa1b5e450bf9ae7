"""From probabilities at 100 Hz to mouth shapes with start and end. Pure."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.speech import VISEMES, Phoneme

SMOOTH: Final = np.array([0.25, 0.5, 0.25], np.float32)  # 30 ms
SHORTEST: Final = 3  # frames; a shorter shape is a stumble of the net
CLOSED: Final = 4  # frames that lips stay shut at least
CLOSURE_PEAK: Final = 0.3  # of PP's probability: lips that nearly close must close
FRAME_S: Final = 0.01

_PP: Final = VISEMES.index("PP")

Labels = NDArray[np.intp]


def mouth_cues(probabilities: NDArray[np.float32], duration_s: float) -> tuple[Phoneme, ...]:
    """The most probable shapes of (F, 15) probabilities as phonemes with symbol "", tiling 0 to `duration_s`.

    Smoothed over 30 ms, nothing shorter than 30 ms, and every peak of the closed lips (p, b, m) kept for 40 ms at
    least, for an open mouth on a "b" is what a viewer sees first.
    """
    if not len(probabilities):
        return (Phoneme("", "sil", 0.0, duration_s),) if duration_s > 0 else ()
    smooth = np.stack([np.convolve(np.pad(c, 1, mode="edge"), SMOOTH, "valid") for c in probabilities.T], axis=1)
    labels = _without_stumbles(smooth.argmax(axis=1), smooth)
    for peak in closures(smooth[:, _PP]):
        first = max(0, peak - CLOSED // 2)
        labels[first : first + CLOSED] = _PP
    return _runs(labels, duration_s)


def closures(closed: NDArray[np.float32]) -> Labels:
    """Frames where the probability of closed lips has a local peak of at least CLOSURE_PEAK."""
    before = np.concatenate([[0.0], closed[:-1]])
    after = np.concatenate([closed[1:], [0.0]])
    return np.flatnonzero((closed >= CLOSURE_PEAK) & (closed > before) & (closed >= after))


def _without_stumbles(labels: Labels, probabilities: NDArray[np.float32]) -> Labels:
    """Give runs shorter than SHORTEST to the more probable of their neighbours."""
    out = labels.copy()
    for start, end in _bounds(labels):
        if end - start < SHORTEST:
            sides = [int(out[k]) for k in (start - 1, end) if 0 <= k < len(out)]
            if sides:
                out[start:end] = max(sides, key=lambda v: float(probabilities[start:end, v].sum()))
    return out


def _bounds(labels: Labels) -> list[tuple[int, int]]:
    cuts = [0, *(np.flatnonzero(np.diff(labels)) + 1).tolist(), len(labels)]
    return [(a, b) for a, b in pairwise(cuts) if b > a]


def _runs(labels: Labels, duration_s: float) -> tuple[Phoneme, ...]:
    bounds = _bounds(labels)
    ends = [min(end * FRAME_S, duration_s) for _, end in bounds]
    ends[-1] = duration_s
    starts = [0.0, *ends[:-1]]
    return tuple(
        Phoneme("", VISEMES[labels[first]], start, end)
        for (first, _), start, end in zip(bounds, starts, ends, strict=True)
        if end > start
    )
