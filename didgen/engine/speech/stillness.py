"""How much of a sentence Kokoro's vocoder makes sound of: not the middle of the silence behind it, which is cut off.

Kokoro gives half a second of silence or more behind a sentence, as dear as speech. It cannot just be left out: the
vocoder normalises by the mean and variance of all of a sentence, silence included. So frames left out are counted with
quiet ones that are kept, before the sentence, behind it and at the end: each with those that are about as loud.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.timing import GATE_DB

Floats = NDArray[np.float32]

FRAMES_PER_S: Final = 80
QUIET: Final = GATE_DB / 10 * np.log(10)  # below the loud part by this much counts as silence
BEHIND: Final = 8  # frames kept behind the last loud one: a tenth of a second, which is more than any kernel reaches
LAST: Final = 12  # frames kept at the end
SEAM: Final = (3, 4)  # of both, frames beside what was left out: they are next to what they were not, and count once
EDGE: Final = 2  # of the last, frames that kernels find nothing behind
ALIKE: Final = 5  # kept frames that one left out is counted with


@dataclass(frozen=True, slots=True)
class Kept:
    """Frames left to right but for those from `start` to `end`. weights: (kept,) for how many each of them counts."""

    weights: Floats
    start: int
    end: int

    @property
    def count(self) -> int:
        """All frames, with those left out."""
        return len(self.weights) + self.end - self.start

    def of(self, values: Floats, per_frame: int = 1) -> Floats:
        """(T, channels) values of all frames, `per_frame` of each and perhaps some more: those that are kept."""
        if self.start == self.end:
            return np.ascontiguousarray(values)
        return np.concatenate([values[: self.start * per_frame], values[self.end * per_frame :]])

    def put(self, values: Floats, per_frame: int) -> Floats:
        """(T,) values of what is kept, zeros in between."""
        out = np.zeros(self.count * per_frame, np.float32)
        first = self.start * per_frame
        out[:first] = values[:first]
        out[self.end * per_frame :] = values[first:]
        return out


def kept_of(loudness: Floats) -> Kept:
    """loudness: (n,) the model's own idea of each frame of 1/80 s: the natural logarithm of its power."""
    count = len(loudness)
    loud = np.flatnonzero(loudness > np.percentile(loudness, 95) - QUIET)
    first, behind = int(loud[0]), int(loud[-1]) + 1
    start, end = behind + BEHIND, count - LAST
    if start >= end:
        return Kept(np.ones(count, np.float32), count, count)
    weights = np.ones(count, np.float32)
    quiet = np.r_[:first, behind : start - SEAM[0], end + SEAM[1] : count - EDGE]
    for value in loudness[start:end]:
        alike = quiet[np.argsort(np.abs(loudness[quiet] - value), kind="stable")[:ALIKE]]
        weights[alike] += np.float32(1 / len(alike))
    return Kept(np.delete(weights, np.r_[start:end]), start, end)
