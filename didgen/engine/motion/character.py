"""How each driver moves: a row of habits for each of the talks' 18, one for each bank of animations."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

Three = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody's way of moving. Degrees and centimetres as in MotionTrack; left out, a habit is nobody's in particular.

    swing_deg: spread of yaw, pitch and roll while talking. rest_deg: yaw, pitch, roll of the pose that pauses return
    to; a yaw makes a favourite side. high_hz bounds how quickly the head wanders.
    nod_deg: size of a nod on the most stressed syllable; nods: share of stressed syllables that have one; upbeat: share
    of nods that lift the chin instead; late_s: how long after the syllable's peak a nod is lowest.
    brow: how far brows rise on stress, below 0 how far they knit; brows: share of stressed syllables.
    averts: how often eyes leave the camera at hesitations and before long sentences, 0..1; look: where to, x right and
    y down. blinks_per_min: 26 is the mean in conversation, 10 to 33 its range.
    sway_cm: spread of sideways and up-and-down moves; lean_cm: of moves towards the viewer. smile: while talking.
    """

    swing_deg: Three
    rest_deg: Three = (0.0, 0.0, 0.0)
    high_hz: float = 1.6
    nod_deg: float = 2.0
    nods: float = 0.6
    upbeat: float = 0.0
    late_s: float = 0.0
    brow: float = 0.7
    brows: float = 0.55
    averts: float = 0.15
    look: tuple[float, float] = (0.6, 0.4)
    blinks_per_min: float = 22.0
    sway_cm: float = 0.15
    lean_cm: float = 0.2
    smile: float = 0.0
    breath_cm: float = 0.12


# What each row is meant to look like is said in catalog.drivers.MANNERS.
TALKERS: dict[str, dict[str, Character]] = {
    "natural": {
        "driver-1": Character((1.8, 1.2, 0.9), nod_deg=1.6, nods=0.55, blinks_per_min=20),
        "driver-2": Character((1.5, 1.3, 0.8), (0, 1.2, 0), nod_deg=3.2, nods=0.9, brow=0.2, blinks_per_min=24),
        "driver-3": Character((1.7, 1.0, 2.3), (0.5, 0, 3.2), nod_deg=1.4, nods=0.4, smile=0.06),
        "driver-4": Character(
            (2.4, 1.4, 1.0), (-0.8, 0, -0.6), 0.9, 1.2, 0.3, averts=0.75, look=(-0.8, -0.7), blinks_per_min=28
        ),
        "driver-5": Character(
            (1.7, 1.4, 0.9), (0, -1.6, 0), nod_deg=2.0, upbeat=0.8, brow=1.3, brows=0.75, blinks_per_min=18
        ),
        "driver-6": Character(
            (3.3, 0.9, 0.8), (2.2, 0, 0.4), nod_deg=1.2, nods=0.35, brow=0.3, look=(0.9, 0.1), sway_cm=0.25
        ),
        "driver-7": Character(
            (1.8, 1.5, 1.2), (0, 0.4, -0.8), 1.3, 1.8, 0.5, lean_cm=0.6, sway_cm=0.25, smile=0.14, blinks_per_min=14
        ),
        "driver-8": Character(
            (1.5, 1.3, 1.3), (-0.5, 2.2, -1.8), 1.0, 2.2, 0.45, late_s=0.06, brow=-0.9, brows=0.6, blinks_per_min=12
        ),
    },
    "lively": {
        "driver-01": Character((2.8, 2.2, 1.4), (0, 0.8, 0), 2.6, 3.6, 0.95, late_s=-0.03, blinks_per_min=24),
        "driver-02": Character((4.3, 1.5, 1.3), (1.2, 0, 0), 1.8, 2.0, 0.5, brow=0.5, sway_cm=0.4, smile=0.1),
        "driver-03": Character((2.4, 1.6, 3.7), (0, 0, -2.6), 2.0, 2.2, 0.5, brow=0.5, sway_cm=0.3, blinks_per_min=20),
        "driver-04": Character(
            (2.7, 2.2, 1.7), (0, -1.8, 0.8), 2.0, 3.0, 0.8, 0.75, brow=1.2, brows=0.85, smile=0.2, blinks_per_min=18
        ),
        "driver-05": Character(
            (3.2, 1.7, 1.4), (-1.6, 0, 0), 2.3, 1.8, 0.4, averts=0.9, look=(1.0, 0.3), blinks_per_min=33, sway_cm=0.3
        ),
        "driver-06": Character(
            (2.5, 2.2, 1.5), (0, 1.8, 1.4), 1.7, 3.8, 0.6, late_s=0.04, brow=-0.8, brows=0.6, lean_cm=0.9,
            blinks_per_min=15,
        ),
    },
    "subtle": {
        "driver-01": Character(
            (0.7, 0.5, 0.35), (0, 0, 0), 1.0, 0.6, 0.3, brow=0.15, averts=0.05, sway_cm=0.06, lean_cm=0.1,
            blinks_per_min=18,
        ),
        "driver-02": Character(
            (0.75, 0.5, 0.8), (0.3, -0.3, 1.7), 1.1, 0.7, 0.4, brow=0.25, averts=0.08, sway_cm=0.08, lean_cm=0.1,
            smile=0.1, blinks_per_min=22,
        ),
        "driver-03": Character(
            (0.9, 0.5, 0.4), (-0.7, 0, 0), 1.2, 0.6, 0.25, brow=0.55, brows=0.6, averts=0.6, look=(-0.9, 0.2),
            sway_cm=0.06, lean_cm=0.1, blinks_per_min=28,
        ),
        "driver-04": Character(
            (0.6, 0.7, 0.45), (0, 1.1, -0.5), 1.2, 1.5, 0.8, brow=-0.35, brows=0.5, averts=0.05, sway_cm=0.06,
            lean_cm=0.15, blinks_per_min=12,
        ),
    },
}  # fmt: skip

BANKS: dict[str, Character] = {
    "nostalgia": Character((0.8, 0.6, 0.5), high_hz=0.6),
    "fun": Character((1.0, 0.8, 0.6), high_hz=1.6, sway_cm=0.15, lean_cm=0.2),
    "dance": Character((0.8, 0.6, 0.5), high_hz=1.2),
    "subtle": Character((0.4, 0.3, 0.25), high_hz=1.0, sway_cm=0.06, lean_cm=0.08),
    "stitch": Character((0.55, 0.4, 0.3), high_hz=1.0, sway_cm=0.1, lean_cm=0.1),
}
"""How heads of an animation's bank stray about what their takes say (see `motion.takes`)."""


def generator(seed: int, *names: str) -> np.random.Generator:
    """A stream of its own for each use of a seed, so that one more blink does not shift every nod.

    PCG64 gives the same numbers on every machine.
    """
    keys = [zlib.crc32(name.encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *keys])))
