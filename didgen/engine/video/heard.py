"""A sound at the file's rate, taken piece by piece beside the pictures: its copies do not grow with the film."""

from __future__ import annotations

import math
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

SOUND_HZ = 48_000
AT_ONCE_S = 1.0  # of the source


class Heard:
    """(N,) mono samples at `rate_hz`, heard at SOUND_HZ and clipped to -1..1; behind their end there is silence.

    Taken in pieces of whatever length it is the same as taken at once.
    """

    def __init__(self, samples: NDArray[np.float32], rate_hz: int) -> None:
        self._samples, self._rate_hz = samples, rate_hz
        self._read = 0  # of `samples`
        self._left = math.ceil(len(samples) * SOUND_HZ / rate_hz)  # may still come: a resampler ends with a few more
        self._ready = np.zeros(0, np.float32)
        self._resampler = av.AudioResampler(format="fltp", layout="mono", rate=SOUND_HZ)
        self.taken = 0

    def take(self, count: int) -> NDArray[np.float32]:
        """The next `count` samples."""
        while len(self._ready) < count and self._read < len(self._samples):
            self._ready = np.concatenate([self._ready, *self._more()])
        out = np.zeros(count, np.float32)
        out[: len(self._ready)] = self._ready[:count]
        self._ready = self._ready[count:]
        self.taken += count
        return out

    def _more(self) -> list[NDArray[np.float32]]:
        """The next second of the source at SOUND_HZ, and what the resampler still held when that was the last."""
        piece = self._samples[self._read : self._read + round(AT_ONCE_S * self._rate_hz)]
        frames = [sound_frame(piece, self._rate_hz, self._read)]
        self._read += len(piece)
        if self._rate_hz != SOUND_HZ:
            ends = [None] if self._read >= len(self._samples) else []
            frames = [out for frame in (*frames, *ends) for out in self._resampler.resample(frame)]
        pieces = []
        for frame in frames:
            pieces.append(np.clip(frame.to_ndarray()[0][: self._left], -1, 1))
            self._left -= len(pieces[-1])
        return pieces


def sound_frame(samples: NDArray[np.float32], rate_hz: int, first: int) -> av.AudioFrame:
    """Mono samples from number `first` on, as FFmpeg takes them."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples, np.float32)[None], format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, first, Fraction(1, rate_hz)
    return frame
