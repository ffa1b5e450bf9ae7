"""Blinks and gaze."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.character import Character
from didgen.engine.motion.curves import Curve, ends, frame_times, smooth
from didgen.engine.motion.phrases import Phrase

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
CALMER = 0.7  # looking about while talking, as a share of what it is for somebody who only looks
AVERT_DEG = (8.0, 12.5)  # less is not seen in a picture of this size
AVERT_LIMIT_DEG = 11.0  # in the head; a pupil still looks whole
SHORTEST_FIXATION_S = 0.16
SACCADE_DEG = 0.5  # a larger step is one
SHORTEST_S = 0.3  # look away, and time between two of them
LONG_S = 3.0  # a sentence this long is begun with a look away
HESITATION_S = 0.2  # a rest inside a sentence this long is one
BACK_S = 0.35  # before the end of a phrase eyes are on the camera again
GAZE_HOLD = 0.7  # share of a head turn that the eyes take back, to keep looking at the camera
GAZE_LIMIT_DEG = 8.0


def blinks_of(
    rng: np.random.Generator,
    frames: int,
    fps: int,
    per_min: float,
    pauses: Sequence[float] = (),
    quiet_s: tuple[float, float] = (QUIET_ENDS_S, QUIET_ENDS_S),
) -> Curve:
    """(T,) lid closure 0..1. Blinks fall on pauses where one is near; each is fully closed on at least one frame.

    No blink is under way in the first and last `quiet_s` seconds.
    """
    times = frame_times(frames, fps)
    closure = np.zeros(frames)
    mean_s, shift = 60 / per_min, BLINK_SPREAD**2 / 2
    now_s = float(rng.random()) * mean_s
    last_s = frames / fps - quiet_s[1] - OPEN_S - HOLD_S / 2
    before_s = -SHORTEST_INTERVAL_S
    while now_s < last_s:
        at_s = _pulled(now_s, pauses)
        if quiet_s[0] + CLOSE_S < at_s < last_s and at_s - before_s > 0.6 * SHORTEST_INTERVAL_S:
            closure = np.maximum(closure, blink_at(times, at_s))
            before_s = at_s
        now_s = max(at_s, now_s) + max(float(rng.lognormal(np.log(mean_s) - shift, BLINK_SPREAD)), SHORTEST_INTERVAL_S)
    return closure


def _pulled(at_s: float, pauses: Sequence[float]) -> float:
    near = min(pauses, key=lambda p: abs(p + 0.08 - at_s), default=None)
    return near + 0.08 if near is not None and abs(near + 0.08 - at_s) <= PULL_S else at_s


def blink_at(times: Curve, at_s: float) -> Curve:
    """One blink: lids fall in 90 ms, stay 40, rise in 190 (closing is the faster way).

    The hold is centred on a frame: at 25 fps a 40 ms closure would else fall between two pictures.
    """
    since_s = times - times[np.argmin(np.abs(times - at_s))]
    falling = smooth((since_s + HOLD_S / 2 + CLOSE_S) / CLOSE_S)
    rising = smooth((since_s - HOLD_S / 2) / OPEN_S)
    return falling * (1 - rising)


def gaze_of(
    rng: np.random.Generator, pose_deg: NDArray[np.float64], fps: int, liveliness: float
) -> NDArray[np.float64]:
    """(T, 2) gaze in degrees on the picture: fixations on the listener's eyes and mouth, glances aside, and the head's
    turns taken back.

    liveliness: 0..1, factor on all but the head's turns. Without the latter gaze stays within GLANCE_DEG.
    """
    frames = len(pose_deg)
    first = min(int(rng.uniform(0.3, 0.9) * fps), frames)
    gaze = np.zeros((frames, 2))
    gaze[first:] = _fixations(rng, frames - first, fps, GLANCE_SHARE)
    gaze *= liveliness * ends(frames, fps, 0.3, 0.3)[:, None]
    return held(gaze, pose_deg)


def _fixations(rng: np.random.Generator, frames: int, fps: int, glances: float) -> NDArray[np.float64]:
    """(frames, 2) degrees from the camera: from one of the listener's eyes to the other or to the mouth.

    Saccades take one frame (a saccade of 3 degrees lasts some 30 ms); fixations last 0.2 to 2 s; the share `glances`
    of them goes aside, within GLANCE_DEG.
    """
    gaze = np.zeros((frames, 2))
    k, place = 0, 2
    while k < frames:
        aside = rng.random() < glances
        place = (place + int(rng.integers(1, 3))) % 3
        target = _glance(rng) if aside else np.array(FACE_DEG[place]) + rng.normal(0.0, FACE_SPREAD_DEG, 2)
        seconds = rng.uniform(0.3, 0.8) if aside else np.clip(rng.lognormal(np.log(0.55), 0.5), 0.2, 2.0)
        until = min(k + max(int(fps * seconds), 1), frames)
        drift = np.linspace(0, 1, until - k)[:, None] * rng.normal(0.0, DRIFT_DEG, 2)
        gaze[k:until] = np.clip(target + drift, -np.array(GLANCE_DEG), GLANCE_DEG)
        k = until
    return gaze


def _glance(rng: np.random.Generator) -> NDArray[np.float64]:
    """Aside, to either hand, somewhat more often down than up."""
    x = rng.choice((-1, 1)) * rng.uniform(0.5, 1.0)
    return np.array([x * GLANCE_DEG[0], rng.uniform(-0.7, 1.0) * GLANCE_DEG[1]])


def held(
    gaze_deg: NDArray[np.float64], pose_deg: NDArray[np.float64], limit_deg: float = GAZE_LIMIT_DEG
) -> NDArray[np.float64]:
    """(T, 2) of the eyes in a head that turns: they take most of its turns back, to go on looking where they looked."""
    return np.clip(gaze_deg - GAZE_HOLD * pose_deg[:, :2], -limit_deg, limit_deg)


def talking_gaze(rng: np.random.Generator, phrase: Phrase, character: Character, fps: int) -> NDArray[np.float64]:
    """(length, 2) where somebody looks who says a phrase, degrees from the camera, before the head's turns.

    Mostly on the listener. Eyes leave the listener as a long sentence begins and at hesitations, and are back
    before the phrase ends (Kendon 1967: speakers look away at the beginning and up again at the end of an utterance).
    """
    gaze = CALMER * _fixations(rng, phrase.length, fps, 0.0)
    for start_s, end_s in _averted(rng, phrase, character):
        size = float(rng.uniform(*AVERT_DEG)) * (0.8 + 0.2 * character.averts)
        target = size * np.array(character.look) + rng.normal(0.0, 0.7, 2)
        gaze[round(start_s * fps) : round(end_s * fps)] = target
    return _without_flicks(gaze, round(SHORTEST_FIXATION_S * fps))


def _without_flicks(gaze: NDArray[np.float64], shortest: int) -> NDArray[np.float64]:
    """(T, 2) with fixations of fewer than `shortest` frames spent where the eyes were before."""
    out = gaze.copy()
    jumps = 1 + np.flatnonzero(np.hypot(*np.diff(gaze, axis=0).T) > SACCADE_DEG)
    for a, b in pairwise([0, *jumps.tolist(), len(gaze)]):
        if a > 0 and b - a < shortest:
            out[a:b] = out[a - 1]
    return out


def _averted(rng: np.random.Generator, phrase: Phrase, character: Character) -> list[tuple[float, float]]:
    """(start, end) of looks away, in the phrase's seconds."""
    latest_s = phrase.voice_s - BACK_S
    moments = [(0.0, 1.0)] if phrase.voice_s > LONG_S else []
    moments += [(start_s, 0.8) for start_s, end_s in phrase.rests if end_s - start_s > HESITATION_S]
    now_s = float(rng.uniform(1.5, 4.5))
    while now_s < latest_s:
        moments.append((now_s, 0.6))
        now_s += float(rng.uniform(2.0, 5.5))
    out: list[tuple[float, float]] = []
    for start_s, likely in sorted(moments):
        chance, length_s = rng.random(), float(rng.uniform(0.45, 1.3))
        end_s = min(start_s + length_s, latest_s)
        free = not out or start_s - out[-1][1] > SHORTEST_S
        if free and chance < likely * character.averts and end_s - start_s >= SHORTEST_S:
            out.append((start_s, end_s))
    return out
