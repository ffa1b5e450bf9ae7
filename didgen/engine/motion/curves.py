"""Curves over frames that every part of the motion is made of. Times are seconds, arrays are (T,)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.track import INDEX, SHAPES

Curve = NDArray[np.float64]

LOW_HZ = 0.1  # slowest wandering: a head that drifts for longer leaves the photo's pose
KNEE_HZ = 0.3  # below it the spectrum is flat, above it falls as f^-1.7
COMPONENTS = 24


def frame_times(frames: int, fps: int) -> Curve:
    """The middle of every frame's time on screen."""
    return (np.arange(frames) + 0.5) / fps


def smooth(x: Curve) -> Curve:
    """Smoothstep of x clipped to 0..1."""
    x = np.clip(x, 0.0, 1.0)
    return x * x * (3 - 2 * x)


def ramp(times: Curve, start_s: float, end_s: float) -> Curve:
    """0 before `start_s`, 1 after `end_s`, smooth between."""
    return smooth((times - start_s) / max(end_s - start_s, 1e-6))


def bump(times: Curve, start_s: float, peak_s: float, end_s: float) -> Curve:
    """Up from 0 to 1 at `peak_s` and down again."""
    return ramp(times, start_s, peak_s) * (1 - ramp(times, peak_s, end_s))


def ends(frames: int, fps: int, start_s: float = 0.6, end_s: float = 0.7) -> Curve:
    """1 in the middle, 0 on the first and last frame: clips begin and end in the photo's pose, so they can be joined.

    A clip too short for both ramps gives each a third of its length.
    """
    times = np.arange(frames) / fps
    length = max(frames - 1, 1) / fps
    start_s, end_s = min(start_s, length / 3), min(end_s, length / 3)
    return ramp(times, 0.0, start_s) * (1 - ramp(times, length - end_s, length))


def wander(rng: np.random.Generator, times: Curve, high_hz: float) -> Curve:
    """Band-limited noise of unit variance between LOW_HZ and `high_hz`, at any times.

    A sum of sines, not filtered samples: it can be read along a clock that slows down in pauses, and a longer clip
    begins like a shorter one.
    """
    edges = np.geomspace(LOW_HZ, high_hz, COMPONENTS + 1)
    hz = edges[:-1] + (edges[1:] - edges[:-1]) * rng.random(COMPONENTS)
    phase = rng.random(COMPONENTS) * 2 * np.pi
    density = (1 + (hz / KNEE_HZ) ** 2) ** -0.85
    amplitude = density * np.sqrt(edges[1:] - edges[:-1])
    amplitude *= np.sqrt(2) / np.linalg.norm(amplitude)
    return np.sin(2 * np.pi * np.outer(times, hz) + phase) @ amplitude


def smoothed(values: NDArray[np.float64], sigma_frames: float) -> NDArray[np.float64]:
    """Gaussian smoothing along axis 0, the ends held. For a length-0 input, the input."""
    if not len(values) or sigma_frames <= 0:
        return values
    reach = max(1, round(3 * sigma_frames))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma_frames) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(values, [(reach, reach)] + [(0, 0)] * (values.ndim - 1), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(kernel), axis=0)
    return windows @ kernel


def weights_of(named: Mapping[str, float]) -> NDArray[np.float64]:
    """(44,) weights from names; one without Left/Right goes to both sides. Raises KeyError for an unknown name."""
    row = np.zeros(len(SHAPES))
    for name, value in named.items():
        for k in [INDEX[name]] if name in INDEX else [INDEX[name + "Left"], INDEX[name + "Right"]]:
            row[k] = value
    return row
