"""The head: it wanders while the person talks, nods on stressed syllables and keeps still in pauses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.character import Character
from didgen.engine.motion.curves import Curve, bump, ends, frame_times, wander

POSE_STD_DEG = (2.6, 1.7, 1.3)  # yaw, pitch, roll of a natural talker
PLACE_STD_CM = (0.18, 0.10, 0.25)  # x, y, z
ROLL_PER_YAW = 0.25  # a turning head tilts along
PAUSE_PACE = 0.35  # how fast the head goes on in a pause
NOD_DEG = (0.8, 2.2)
NOD_SKIPPED = 0.35  # share of stressed syllables without one
BREATH_CM = 0.12


@dataclass(frozen=True, slots=True)
class Head:
    """pose_deg, translation_cm: (T, 3) as in MotionTrack. breath_cm: (T,). brow: (T,) 0..1, the brows' beat."""

    pose_deg: NDArray[np.float64]
    translation_cm: NDArray[np.float64]
    breath_cm: Curve
    brow: Curve


def head_of(
    rng: np.random.Generator, character: Character, talking: Curve, stresses: Sequence[float], fps: int
) -> Head:
    """A head's motion over the T frames of `talking` (0..1); a silent clip passes ones and no stresses.

    The first and last frame are the photo's own pose.
    """
    frames = len(talking)
    times = frame_times(frames, fps)
    clock = np.cumsum(PAUSE_PACE + (1 - PAUSE_PACE) * talking) / fps
    calm = ends(frames, fps) * character.amplitude
    pose = np.stack([std * wander(rng, clock, character.high_hz) for std in POSE_STD_DEG], 1)
    pose[:, 2] += ROLL_PER_YAW * pose[:, 0]
    place = np.stack([std * wander(rng, clock, character.high_hz) for std in PLACE_STD_CM], 1)
    nod, brow = _beats(rng, stresses, times)
    pose = pose * calm[:, None]
    pose[:, 1] += character.nods * nod * ends(frames, fps, 0.1, 0.4)
    return Head(pose, place * calm[:, None], _breath(rng, times, fps), character.nods * brow)


def _beats(rng: np.random.Generator, stresses: Sequence[float], times: Curve) -> tuple[Curve, Curve]:
    """Nods in degrees, and brow beats 0..1 on some of them. A nod begins 100 ms before its syllable's peak."""
    nod, brow = np.zeros(len(times)), np.zeros(len(times))
    for peak_s in stresses:
        skipped, size, lifts = rng.random() < NOD_SKIPPED, rng.uniform(*NOD_DEG), rng.random() < 0.4
        if not skipped:
            nod = np.maximum(nod, size * bump(times, peak_s - 0.22, peak_s + 0.04, peak_s + 0.46))
        if lifts:
            brow = np.maximum(brow, rng.uniform(0.4, 1.0) * bump(times, peak_s - 0.16, peak_s, peak_s + 0.45))
    return nod, brow


def _breath(rng: np.random.Generator, times: Curve, fps: int) -> Curve:
    period_s = rng.uniform(3.4, 4.4)
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * times / period_s)
    return BREATH_CM * wave * ends(len(times), fps, 0.2, 0.8)
