"""What the body hears in speech: how loud it is, where it pauses, where it is stressed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.curves import Curve, frame_times, smoothed
from didgen.engine.speech.speech import Speech

RANGE_DB = 30.0  # below the loud parts by this much counts as silence
STRESS_APART_S = 0.45
PAUSE_S = 0.18


@dataclass(frozen=True, slots=True)
class Prosody:
    """(T,) curves of one speech; times in seconds.

    level: 0 silent .. 1 as loud as the loud parts. talking: 0..1, smooth, pauses shorter than a breath filled.
    stresses: times of energy peaks, at least STRESS_APART_S apart. pauses: start of every pause, the last one included.
    """

    level: Curve
    talking: Curve
    stresses: tuple[float, ...]
    pauses: tuple[float, ...]


def prosody_of(speech: Speech, frames: int, fps: int) -> Prosody:
    """Measure a speech on the frames of its video; frames after its end are silent."""
    level = _level(speech, frames, fps)
    active = level > 0.3
    return Prosody(
        level=smoothed(level, 0.6),
        talking=smoothed(_filled(active, round(0.25 * fps)).astype(np.float64), 0.12 * fps),
        stresses=_stresses(smoothed(level, 1.5), frame_times(frames, fps)),
        pauses=_pauses(_filled(active, round(PAUSE_S * fps)), fps),
    )


def _level(speech: Speech, frames: int, fps: int) -> Curve:
    hop = speech.sample_rate_hz / fps
    edges = np.minimum(np.round(np.arange(frames + 1) * hop).astype(int), len(speech.samples))
    power = np.concatenate([[0.0], np.cumsum(speech.samples.astype(np.float64) ** 2)])
    mean = (power[edges[1:]] - power[edges[:-1]]) / hop
    db = 10 * np.log10(mean + 1e-9)
    level: Curve = np.clip(1 + (db - np.percentile(db, 95)) / RANGE_DB, 0, 1)
    return level


def _filled(active: NDArray[np.bool_], gap_frames: int) -> NDArray[np.bool_]:
    """Close the gaps of up to `gap_frames` between active frames."""
    out = active.copy()
    on = np.flatnonzero(active)
    for a, b in pairwise(on):
        if b - a - 1 <= gap_frames:
            out[a:b] = True
    return out


def _stresses(level: Curve, times: Curve) -> tuple[float, ...]:
    """Local maxima, the loudest first, none too close to a louder one."""
    inner = level[1:-1]
    peaks = 1 + np.flatnonzero((inner >= level[:-2]) & (inner > level[2:]) & (inner > 0.6))
    chosen: list[float] = []
    for k in peaks[np.argsort(-level[peaks], kind="stable")]:
        if all(abs(times[k] - other) >= STRESS_APART_S for other in chosen):
            chosen.append(float(times[k]))
    return tuple(sorted(chosen))


def _pauses(active: NDArray[np.bool_], fps: int) -> tuple[float, ...]:
    falls = 1 + np.flatnonzero(active[:-1] & ~active[1:])
    return tuple(float(k / fps) for k in falls)
