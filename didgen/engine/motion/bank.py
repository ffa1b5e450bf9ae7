"""Motion of our own for animations: every driver of the banks, made from its name."""

from __future__ import annotations

import math

import numpy as np

from didgen.engine.motion.character import BANKS, generator
from didgen.engine.motion.choice import Driver
from didgen.engine.motion.curves import ends, weights_of
from didgen.engine.motion.eyes import blinks_of, gaze_of
from didgen.engine.motion.head import wandering_head
from didgen.engine.motion.takes import drawn, take_of
from didgen.engine.motion.track import INDEX, MotionTrack, mirrored
from didgen.engine.shot import BANK_FPS

LIVELINESS = {"nostalgia": 0.8, "fun": 1.0, "dance": 0.8, "subtle": 0.45, "stitch": 0.7}  # of the eyes
_BLINK = weights_of({"eyeBlink": 1.0})
_LIDS = [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]


def bank_frames(driver: Driver, pad_s: float = 0.0, fps: int = BANK_FPS) -> int:
    """T of a driver's own length and a pad."""
    return max(1, math.ceil((take_of(driver.category, driver.name).length_s + pad_s) * fps - 1e-6))


def bank_track(driver: Driver, frames: int, seed: int, fps: int = BANK_FPS) -> MotionTrack:
    """The motion of a bank's driver over `frames` frames of `fps` a second; longer than its own it begins again.

    What it does is the driver's; the seed decides how the head strays about that, the glances and the blinks, so that
    several faces with one driver are not one. It begins and ends in the photo's pose.
    """
    rng = generator(seed, driver.category, driver.name)
    take, character = take_of(driver.category, driver.name), BANKS[driver.category]
    head = wandering_head(rng, character, frames, fps)
    pose, place, gaze, weights = drawn(take, frames, fps)
    still = ends(frames, fps)[:, None]
    pose = head.pose_deg + pose * still
    weights = weights * still
    winking = weights[:, _LIDS].max(1) > 0.05
    blinks = np.where(winking, 0.0, blinks_of(rng, frames, fps, take.blinks_per_min))
    weights += blinks[:, None] * _BLINK
    looks = gaze_of(rng, pose, fps, LIVELINESS[driver.category])
    track = MotionTrack(
        fps=fps,
        pose_deg=pose.astype(np.float32),
        translation_cm=(head.translation_cm + place * still).astype(np.float32),
        weights=np.clip(weights, -1, 1).astype(np.float32),
        gaze_deg=np.clip(looks + gaze * still, -9, 9).astype(np.float32),
        tongue=np.zeros(frames, np.float32),
        breath_cm=(character.breath_cm * head.breath).astype(np.float32),
    )
    return mirrored(track) if driver.flipped else track
