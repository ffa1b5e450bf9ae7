"""The pitch of a voice at one moment, by autocorrelation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LOWEST_HZ, HIGHEST_HZ = 70.0, 400.0
WINDOW_S = 0.05
VOICED = 0.5  # least autocorrelation of a voiced sound; white noise has some 0.1


def pitch_hz(samples: NDArray[np.float32], rate_hz: int, at_s: float) -> float:
    """Fundamental frequency around `at_s` of (N,) samples in Hz; 0 where there is no voice.

    Normalised by the window's own autocorrelation (Boersma 1993).
    """
    size = round(WINDOW_S * rate_hz)
    start = min(max(0, round(at_s * rate_hz) - size // 2), len(samples) - size)
    if start < 0:
        return 0.0
    window = np.hanning(size)
    ideal = _autocorrelation(window)
    part = samples[start : start + size].astype(np.float64)
    found = _autocorrelation((part - part.mean()) * window)
    if found[0] <= 1e-9:
        return 0.0
    first, last = int(rate_hz / HIGHEST_HZ), min(int(rate_hz / LOWEST_HZ), size // 2)
    likeness = (found / found[0] / (ideal / ideal[0]))[first:last]
    peak = int(np.argmax(likeness - 0.15 * np.linspace(0, 1, len(likeness))))  # rather an octave up than one down
    return rate_hz / (first + peak) if likeness[peak] > VOICED else 0.0


def _autocorrelation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    power = np.abs(np.fft.rfft(values, 2 * len(values))) ** 2
    return np.fft.irfft(power)[: len(values)]
