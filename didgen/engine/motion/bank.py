"""Motion of our own for animations: every driver of the banks, made from its name and a seed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.character import generator
from didgen.engine.motion.choice import Driver, find_driver
from didgen.engine.motion.curves import Curve, bump, ends, frame_times, ramp, weights_of
from didgen.engine.motion.eyes import blinks_of, gaze_of
from didgen.engine.motion.head import wandering_head
from didgen.engine.motion.track import MotionTrack, mirrored
from didgen.engine.shot import FPS

ANIMATION_S = 10.0  # as long as the service's
LIVELINESS = {"nostalgia": 0.8, "fun": 1.0, "dance": 0.8, "subtle": 0.45, "stitch": 0.7}  # of the eyes

Weights = NDArray[np.float64]
Extras = tuple[Weights, NDArray[np.float64], NDArray[np.float64]]
"""What a category adds to the common motion: weights (T, 44), pose (T, 3) degrees, translation (T, 3) cm."""


def bank_track(driver: str, frames: int, seed: int) -> MotionTrack:
    """The motion of "bank://nostalgia/driver-03" over `frames` frames of 25 a second.

    The same name and seed give the same track; another number of the bank is another take. It begins and ends in the
    photo's pose. Raises RenderError("DriverNotValidError").
    """
    found = find_driver(driver, "animation", seed)
    rng = generator(seed, found.category, found.name)
    character = found.character
    head = wandering_head(rng, character, frames, FPS)
    blinks = blinks_of(rng, frames, FPS, character.blinks_per_min)
    weights, pose, place = _EXTRAS[found.category](rng, frame_times(frames, FPS), found)
    still = ends(frames, FPS)[:, None]
    pose = head.pose_deg + pose * still
    weights = weights * still + blinks[:, None] * _BLINK
    gaze = gaze_of(rng, pose, FPS, LIVELINESS[found.category])
    track = MotionTrack(
        fps=FPS,
        pose_deg=pose.astype(np.float32),
        translation_cm=(head.translation_cm + place * still).astype(np.float32),
        weights=np.clip(weights, -1, 1).astype(np.float32),
        gaze_deg=gaze.astype(np.float32),
        tongue=np.zeros(frames, np.float32),
        breath_cm=(character.breath_cm * head.breath).astype(np.float32),
    )
    return mirrored(track) if found.flipped else track


_BLINK = weights_of({"eyeBlink": 1.0})
_SMILE = weights_of({"mouthSmile": 1.0, "cheekSquint": 0.6, "eyeSquint": 0.15})


def _nothing(frames: int) -> Extras:
    return np.zeros((frames, len(_BLINK))), np.zeros((frames, 3)), np.zeros((frames, 3))


def _gentle(rng: np.random.Generator, times: Curve, driver: Driver) -> Extras:
    """Subtle and stitch: a trace of a smile that comes and goes."""
    weights, pose, place = _nothing(len(times))
    wave = 0.5 - 0.5 * np.cos(2 * np.pi * times / rng.uniform(5, 8))
    weights += (driver.character.smile * wave)[:, None] * _SMILE
    return weights, pose, place


def _nostalgia(rng: np.random.Generator, times: Curve, driver: Driver) -> Extras:
    """A slow look aside and back, and a smile that grows while the eyes return to the viewer."""
    weights, pose, place = _nothing(len(times))
    length = float(times[-1]) if len(times) else 0.0
    side = rng.choice([-1.0, 1.0])
    turn = bump(times, 0.05 * length, rng.uniform(0.25, 0.35) * length, rng.uniform(0.55, 0.7) * length)
    pose += turn[:, None] * (side * rng.uniform(5, 8), rng.uniform(-2.5, 1.0), side * rng.uniform(0.5, 2.0))
    begin = rng.uniform(0.3, 0.45) * length
    smile = driver.character.smile * rng.uniform(0.8, 1.2) * ramp(times, begin, begin + rng.uniform(1.2, 2.2))
    weights += smile[:, None] * _SMILE
    weights += (0.25 * bump(times, begin - 0.4, begin + 0.5, begin + 1.8))[:, None] * weights_of({"browInnerUp": 1})
    return weights, pose, place


_FACES: tuple[tuple[dict[str, float], tuple[float, float, float]], ...] = (
    ({"browInnerUp": 1.0, "browOuterUp": 1.0, "eyeWide": 0.7, "jawOpen": 0.25, "seal": 0.4}, (0, -4, 0)),
    ({"mouthSmile": 0.8, "cheekSquint": 0.8, "eyeSquint": 0.4}, (0, 0, 7)),
    ({"eyeBlinkLeft": 1.0, "cheekSquintLeft": 0.8, "mouthSmileLeft": 0.6, "browDownLeft": 0.4}, (-4, 1, -5)),
    ({"eyeBlinkRight": 1.0, "cheekSquintRight": 0.8, "mouthSmileRight": 0.6, "browDownRight": 0.4}, (4, 1, 5)),
    ({"mouthPucker": 0.95, "mouthFunnel": 0.2, "browInnerUp": 0.5, "seal": 1.0}, (0, 3, -4)),
    ({"mouthLeft": 0.9, "browOuterUpLeft": 0.9, "browDownRight": 0.6, "seal": 1.0}, (-6, 0, 4)),
    ({"mouthRight": 0.9, "browOuterUpRight": 0.9, "browDownLeft": 0.6, "seal": 1.0}, (6, 0, -4)),
    ({"cheekPuff": 0.9, "mouthPress": 0.4, "eyeWide": 0.5, "seal": 1.0}, (0, 2, 0)),
    ({"mouthFrown": 0.8, "mouthShrugLower": 0.7, "browInnerUp": 0.8, "seal": 1.0}, (0, 4, 3)),
    ({"noseSneer": 0.7, "browDown": 0.8, "eyeSquint": 0.5}, (0, -3, 0)),
)


def _fun(rng: np.random.Generator, times: Curve, driver: Driver) -> Extras:
    """One funny face after the other, in an order of this driver's own, each with its turn of the head."""
    weights, pose, place = _nothing(len(times))
    weights += driver.character.smile * _SMILE
    start_s = rng.uniform(0.5, 0.9)
    order = rng.permutation(len(_FACES))
    for k in np.tile(order, 1 + int(times[-1] if len(times) else 0) // len(_FACES)):
        rise, hold, fall = rng.uniform(0.18, 0.3), rng.uniform(0.4, 0.8), rng.uniform(0.25, 0.4)
        share = ramp(times, start_s, start_s + rise) * (
            1 - ramp(times, start_s + rise + hold, start_s + rise + hold + fall)
        )
        face, turn = _FACES[k]
        weights += share[:, None] * (weights_of(face) - weights)
        pose += share[:, None] * turn
        start_s += rise + hold + fall + rng.uniform(0.1, 0.5)
    return weights, pose, place


def _dance(rng: np.random.Generator, times: Curve, driver: Driver) -> Extras:
    """Heads to a beat of 104 to 124 a minute: sway over two beats, a bob on each, a smile, brows on the bar."""
    weights, pose, place = _nothing(len(times))
    beat = times * rng.uniform(104, 124) / 60
    lead = rng.choice([-1.0, 1.0])
    sway = lead * np.sin(np.pi * beat)
    bob = 0.5 - 0.5 * np.cos(2 * np.pi * beat)
    swing = rng.uniform(0.8, 1.15)
    pose += swing * np.stack([5 * np.sin(np.pi * beat / 2 + rng.uniform(0, 6)), 3 * bob, 7 * sway], 1)
    place += swing * np.stack([0.5 * sway, 0.35 * bob, np.zeros_like(bob)], 1)
    weights += (driver.character.smile * (0.7 + 0.3 * bob))[:, None] * _SMILE
    weights += (0.5 * bob * (np.floor(beat) % 4 == 0))[:, None] * weights_of({"browInnerUp": 1, "browOuterUp": 0.8})
    return weights, pose, place


_EXTRAS: dict[str, Callable[[np.random.Generator, Curve, Driver], Extras]] = {
    "subtle": _gentle,
    "stitch": _gentle,
    "nostalgia": _nostalgia,
    "fun": _fun,
    "dance": _dance,
}
