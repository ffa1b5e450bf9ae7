"""The body of somebody who talks: head, gaze, lids, brows and breath, made phrase by phrase.

Every phrase has a seed of its own, from what is said and who says it, and begins and ends near the character's pose of
rest; only in the pause behind it does it make ready for the next one. So an edited sentence moves anew and all others
move as before.
"""

from __future__ import annotations

import numpy as np

from didgen.engine.motion.character import Character, generator
from didgen.engine.motion.choice import Driver
from didgen.engine.motion.curves import Curve, ends, frame_times, ramp, weights_of
from didgen.engine.motion.eyes import (
    AVERT_LIMIT_DEG,
    BACK_S,
    CLOSE_S,
    OPEN_S,
    QUIET_ENDS_S,
    blink_at,
    blinks_of,
    held,
    talking_gaze,
)
from didgen.engine.motion.head import limited, ready_pose, talking_head
from didgen.engine.motion.phrases import Phrase
from didgen.engine.motion.track import MotionTrack, mirrored

QUIET_START_S = 0.3  # no blink as a phrase begins: one may just have ended the phrase before
QUIET_END_S = 0.35  # nor as the voice ends, but for the one that ends it
ENDS, MOST_ENDS = 0.6, 0.75  # share of the blinks that end phrases, and of phrases that are ended so
AFTER_S = 0.08  # behind the voice, when a phrase is ended by a blink
LONG_SILENCE_S = 1.5
BROWS_UP = weights_of({"browInnerUp": 0.45, "browOuterUp": 0.4})
BROWS_KNIT = weights_of({"browDown": 0.55, "eyeSquint": 0.08})
BLINK = weights_of({"eyeBlink": 1.0})
SMILE = weights_of({"mouthSmile": 1.0, "cheekSquint": 0.5, "eyeSquint": 0.12})


def talking_body(driver: Driver, phrases: list[Phrase], frames: int, fps: int, seed: int) -> MotionTrack:
    """All of a talk's motion but the mouth and what is asked for by name; its smile is in the weights.

    The first and last frame are the photo's own pose.
    """
    character = driver.character
    pose, place, gaze = np.zeros((frames, 3)), np.zeros((frames, 3)), np.zeros((frames, 2))
    breath, brow, blinks, warm = (np.zeros(frames) for _ in range(4))
    starts = [ready_pose(generator(seed, driver.category, driver.name, p.key, "start")) for p in phrases]
    for phrase, start, following in zip(phrases, starts, [*starts[1:], np.zeros(6)], strict=True):
        at = slice(phrase.first, phrase.first + phrase.length)

        def stream(use: str, key: str = phrase.key) -> np.random.Generator:
            return generator(seed, driver.category, driver.name, key, use)

        gaze[at] = talking_gaze(stream("gaze"), phrase, character, fps)
        head = talking_head(stream("head"), character, phrase, gaze[at], start, following, fps)
        pose[at], place[at] = head.pose_deg, head.translation_cm
        breath[at], brow[at] = head.breath, head.brow
        blinks[at] = _blinks(stream("blinks"), character, phrase, fps)
        warm[at] = _warmth(phrase, fps)
    still = ends(frames, fps)[:, None]
    pose = limited((pose + np.array(character.rest_deg)) * still)
    gaze = held(gaze * ends(frames, fps, 0.3, 0.3)[:, None], pose, AVERT_LIMIT_DEG)
    weights = blinks[:, None] * BLINK + still * (
        np.maximum(brow, 0)[:, None] * BROWS_UP
        + np.maximum(-brow, 0)[:, None] * BROWS_KNIT
        + (character.smile * warm)[:, None] * SMILE
    )
    track = MotionTrack(
        fps=fps,
        pose_deg=pose.astype(np.float32),
        translation_cm=(place * still).astype(np.float32),
        weights=weights.astype(np.float32),
        gaze_deg=gaze.astype(np.float32),
        tongue=np.zeros(frames, np.float32),
        breath_cm=(character.breath_cm * breath * ends(frames, fps, 0.2, 0.8)).astype(np.float32),
    )
    return mirrored(track) if driver.flipped else track


def _blinks(rng: np.random.Generator, character: Character, phrase: Phrase, fps: int) -> Curve:
    """Blinks of one phrase: many phrases end with one, and the others wait for a rest, where clauses end."""
    times = frame_times(phrase.length, fps)
    length_s = phrase.length / fps
    expected = character.blinks_per_min * length_s / 60
    share = min(MOST_ENDS, ENDS * expected)
    ends_with_one = rng.random() < share
    room_s = (QUIET_START_S, max(length_s - phrase.voice_s, 0.0) + QUIET_END_S)
    if length_s - phrase.voice_s > LONG_SILENCE_S:  # they go on in it
        room_s, share, ends_with_one = (QUIET_START_S, QUIET_ENDS_S), 0.0, False
    free_s = length_s - sum(room_s) - CLOSE_S - OPEN_S
    per_min = 60 * max(expected - share, 0.02) / max(free_s, 1.0)
    closure = blinks_of(rng, phrase.length, fps, per_min, [start_s for start_s, _ in phrase.rests], room_s)
    at_s = min(phrase.voice_s + AFTER_S, length_s - OPEN_S - (QUIET_ENDS_S if phrase.last else 0.03))
    if ends_with_one and at_s > QUIET_START_S + CLOSE_S:
        closure = np.maximum(closure, blink_at(times, at_s))
    return closure


def _warmth(phrase: Phrase, fps: int) -> Curve:
    """(length,) of a smile: 1 as a phrase begins and in its pause, 0.7 while speaking, where lips have other work."""
    times = np.arange(phrase.length) / fps
    end_s = float(times[-1])
    speaking = ramp(times, 0.0, 0.5) * (1 - ramp(times, phrase.voice_s - BACK_S, min(phrase.voice_s + 0.3, end_s)))
    return 1 - 0.3 * speaking
