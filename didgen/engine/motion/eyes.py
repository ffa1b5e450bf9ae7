"""Blinks and gaze."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.curves import Curve, ends, frame_times, smooth

CLOSE_S, HOLD_S, OPEN_S = 0.09, 0.04, 0.19
BLINK_SPREAD = 0.45  # sigma of the log-normal intervals (Bentivoglio et al. 1997: log-normal)
SHORTEST_INTERVAL_S = 0.7
QUIET_ENDS_S = 0.3  # no blink is under way on the first or last frame of a clip
PULL_S = 0.5  # a blink this near to a pause waits for it, or comes early
FACE_DEG = ((-1.7, -0.3), (1.7, -0.3), (0.0, 1.9))  # a listener's eyes and mouth, a good metre behind the camera
FACE_SPREAD_DEG = 0.35
GLANCE_DEG = (5.0, 2.5)  # at most, off the listener, x and y
GLANCE_SHARE = 0.14  # of the fixations
DRIFT_DEG = 0.2  # a fixation is not quite still
GAZE_HOLD = 0.7  # share of a head turn that the eyes take back, to keep looking at the camera
GAZE_LIMIT_DEG = 8.0


def blinks_of(rng: np.random.Generator, frames: int, fps: int, per_min: float, pauses: Sequence[float] = ()) -> Curve:
    """(T,) lid closure 0..1. Blinks fall on pauses where one is near; each is fully closed on at least one frame."""
    times = frame_times(frames, fps)
    closure = np.zeros(frames)
    mean_s, shift = 60 / per_min, BLINK_SPREAD**2 / 2
    now_s = float(rng.uniform(0.25, 0.9)) * mean_s
    last_s = frames / fps - QUIET_ENDS_S - OPEN_S
    while now_s < last_s:
        at_s = _pulled(now_s, pauses)
        if QUIET_ENDS_S + CLOSE_S < at_s < last_s:
            # The hold is centred on a frame: at 25 fps a 40 ms closure would else fall between two pictures.
            closure = np.maximum(closure, _blink(times - times[min(int(at_s * fps), frames - 1)]))
        now_s = max(at_s, now_s) + max(float(rng.lognormal(np.log(mean_s) - shift, BLINK_SPREAD)), SHORTEST_INTERVAL_S)
    return closure


def _pulled(at_s: float, pauses: Sequence[float]) -> float:
    near = min(pauses, key=lambda p: abs(p + 0.08 - at_s), default=None)
    return near + 0.08 if near is not None and abs(near + 0.08 - at_s) <= PULL_S else at_s


def _blink(since_middle_s: Curve) -> Curve:
    """One blink: lids fall in 90 ms, stay 40, rise in 190 (closing is the faster way)."""
    falling = smooth((since_middle_s + HOLD_S / 2 + CLOSE_S) / CLOSE_S)
    rising = smooth((since_middle_s - HOLD_S / 2) / OPEN_S)
    return falling * (1 - rising)


def gaze_of(
    rng: np.random.Generator, pose_deg: NDArray[np.float64], fps: int, liveliness: float
) -> NDArray[np.float64]:
    """(T, 2) gaze in degrees on the picture: fixations on the listener's eyes and mouth, glances aside, and the head's
    turns taken back.

    Saccades take one frame (a saccade of 3 degrees lasts some 30 ms); fixations last 0.2 to 2 s. liveliness: 0..1,
    factor on all but the head's turns. Without the latter gaze stays within GLANCE_DEG.
    """
    frames = len(pose_deg)
    gaze = np.zeros((frames, 2))
    k, place = int(rng.uniform(0.3, 0.9) * fps), 2
    while k < frames:
        aside = rng.random() < GLANCE_SHARE
        place = (place + int(rng.integers(1, 3))) % 3
        target = _glance(rng) if aside else np.array(FACE_DEG[place]) + rng.normal(0.0, FACE_SPREAD_DEG, 2)
        seconds = rng.uniform(0.3, 0.8) if aside else np.clip(rng.lognormal(np.log(0.55), 0.5), 0.2, 2.0)
        until = min(k + max(int(fps * seconds), 1), frames)
        drift = np.linspace(0, 1, until - k)[:, None] * rng.normal(0.0, DRIFT_DEG, 2)
        gaze[k:until] = np.clip(target + drift, -np.array(GLANCE_DEG), GLANCE_DEG)
        k = until
    gaze *= liveliness * ends(frames, fps, 0.3, 0.3)[:, None]
    return np.clip(gaze - GAZE_HOLD * pose_deg[:, :2], -GAZE_LIMIT_DEG, GAZE_LIMIT_DEG)


def _glance(rng: np.random.Generator) -> NDArray[np.float64]:
    """Aside, to either hand, somewhat more often down than up."""
    x = rng.choice((-1, 1)) * rng.uniform(0.5, 1.0)
    return np.array([x * GLANCE_DEG[0], rng.uniform(-0.7, 1.0) * GLANCE_DEG[1]])
