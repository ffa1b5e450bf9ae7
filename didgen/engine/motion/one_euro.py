"""The one-euro filter: still when a signal rests, quick when it moves (Casiez, Roussel and Vogel, CHI 2012)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_SPEED_CUTOFF_HZ = 1.0  # of the filter on the speed, as the paper sets it


def one_euro(values: Floats, fps: float, *, min_cutoff_hz: float, beta: float) -> Floats:
    """(T, ...) smoothed along time, each channel for itself; as long as it was.

    min_cutoff_hz: how much a resting signal is smoothed. beta: Hz of cut-off gained per unit and second of speed.
    We have the whole clip: the filter runs forwards and backwards and the two are averaged, so nothing lags behind.
    """
    forwards = _one_way(values, fps, min_cutoff_hz, beta)
    backwards = _one_way(values[::-1], fps, min_cutoff_hz, beta)[::-1]
    return (forwards + backwards) / 2


def _one_way(values: Floats, fps: float, min_cutoff_hz: float, beta: float) -> Floats:
    out = values.astype(np.float64)
    speed = np.zeros_like(out[:1].sum(0))
    share = _share(_SPEED_CUTOFF_HZ, fps)
    for t in range(1, len(out)):
        speed = speed + share * ((values[t] - values[t - 1]) * fps - speed)
        out[t] = out[t - 1] + _share(min_cutoff_hz + beta * np.abs(speed), fps) * (values[t] - out[t - 1])
    return out


def _share(cutoff_hz: Floats | float, fps: float) -> Floats | float:
    """How much of a new value an exponential filter of this cut-off takes: 1 / (1 + fps / (2π f))."""
    return 1.0 / (1.0 + fps / (2 * np.pi * np.maximum(cutoff_hz, 1e-9)))
