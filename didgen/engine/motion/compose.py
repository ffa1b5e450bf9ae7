"""One motion track from all that moves a face: speech, driver, expressions, blinks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.motion.bank import ANIMATION_S, bank_track
from didgen.engine.motion.character import Driver, find_driver, generator
from didgen.engine.motion.curves import Curve, ends, ramp, smooth, weights_of
from didgen.engine.motion.expressions import Mood, mood_of
from didgen.engine.motion.eyes import blinks_of, gaze_of
from didgen.engine.motion.head import head_of
from didgen.engine.motion.mouth import Mouth, mouth_of
from didgen.engine.motion.prosody import Prosody, prosody_of
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack, mirrored
from didgen.engine.shot import FPS, Config
from didgen.engine.speech.speech import Speech

SMILE_SCORES = (44, 45)  # mouthSmileLeft, mouthSmileRight among a face's 52 blendshape scores
UNSMILE = 0.55  # share of the photo's smile that talking takes away
LOOP_FRAMES = 12  # how long a fluent clip takes to come back to its first frame
BROW_BEAT = weights_of({"browInnerUp": 0.3, "browOuterUp": 0.28})
BLINK = weights_of({"eyeBlink": 1.0})
LIDS_AND_BROWS = [k for k, name in enumerate(SHAPES) if name.startswith(("eye", "brow", "lid"))]


def talk_frames(speech: Speech, pad_s: float) -> int:
    """T of a talk: the picture lasts at least as long as the sound and its pad."""
    return max(1, math.ceil((speech.duration_s + pad_s) * FPS - 1e-6))


def compose_talk(
    speech: Speech, face: Face, driver: str | Path | None, config: Config, seed: int
) -> tuple[MotionTrack, str]:
    """The motion of a talk, T = ceil((speech + pad) · 25) frames, and the driver it came from, as reported.

    A driver video gives the head, eyes and brows, to and fro when it is shorter than the speech; the mouth is the
    speech's. `config.motion_factor` scales everything but the mouth. Raises RenderError for a driver that is none.
    """
    frames = talk_frames(speech, config.pad_audio_s)
    prosody = prosody_of(speech, frames, FPS)
    mouth = mouth_of(speech, prosody.level, FPS)
    mood = mood_of(config.expressions, config.transition_frames, frames)
    if isinstance(driver, Path):
        body, name = _looped(_driver_video(driver), frames), driver.name
    else:
        found = find_driver(driver, "talk", seed, face.pose_deg[0])
        body, name = _talking_body(found, prosody, frames, seed), found.url
    body = scaled(body, config.motion_factor)
    weights = _talking_face(body.weights.astype(np.float64), mouth, mood, prosody, smile_of(face), config)
    track = replace(body, weights=weights.astype(np.float32), tongue=mouth.tongue.astype(np.float32))
    return (fluent(track) if config.fluent else track), name


def compose_animation(
    face: Face, driver: str | Path | None, config: Config, seed: int, frames: int | None = None
) -> tuple[MotionTrack, str]:
    """The motion of an animation and the driver it came from: ten seconds of a bank, or a driver video's length."""
    if isinstance(driver, Path):
        track, name = _driver_video(driver), driver.name
        track = _looped(track, frames) if frames else track
    else:
        found = find_driver(driver, "animation", seed, face.pose_deg[0])
        length = frames or round((ANIMATION_S + config.pad_audio_s) * FPS)
        track, name = _smiling_less(bank_track(found.url, length, seed), smile_of(face)), found.url
    track = scaled(track, config.motion_factor, weights=config.motion_factor)
    return (fluent(track) if config.fluent else track), name


def _smiling_less(track: MotionTrack, smile: float) -> MotionTrack:
    """A bank's smile on a photo that smiles already: the rest of the way only."""
    weights = track.weights.copy()
    for name in ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight"):
        weights[:, INDEX[name]] *= 1 - 0.75 * smile
    return replace(track, weights=weights)


def smile_of(face: Face) -> float:
    """How much the photo smiles, 0..1."""
    return float(np.clip(face.blendshapes[list(SMILE_SCORES)].mean(), 0, 1))


def scaled(track: MotionTrack, factor: float, weights: float = 1.0) -> MotionTrack:
    """Head motion times `factor`; weights times `weights`, blinks excepted: half a blink is no smaller blink."""
    if factor == 1 and weights == 1:
        return track
    faded = track.weights * np.float32(weights)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        faded[:, INDEX[name]] = track.weights[:, INDEX[name]]
    return replace(
        track,
        pose_deg=track.pose_deg * np.float32(factor),
        translation_cm=track.translation_cm * np.float32(factor),
        gaze_deg=track.gaze_deg * np.float32(min(factor, 1.0)),
        breath_cm=track.breath_cm * np.float32(factor),
        weights=np.clip(faded, -1, 1),
    )


def fluent(track: MotionTrack) -> MotionTrack:
    """The same track whose last frames go back to the first one, so that it can be repeated without a jump."""
    back_frames = max(1, min(LOOP_FRAMES, len(track) // 2))
    share = smooth(1 - (len(track) - 1 - np.arange(len(track))) / back_frames)

    def back(values: NDArray[np.float32]) -> NDArray[np.float32]:
        mix = share.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)
        return values + mix * (values[:1] - values)

    return _mapped(track, back)


def _talking_body(driver: Driver, prosody: Prosody, frames: int, seed: int) -> MotionTrack:
    """Head, gaze, blinks and brows of somebody who says this."""
    character = driver.character
    head = head_of(
        generator(seed, driver.category, driver.name, "head"), character, prosody.talking, prosody.stresses, FPS
    )
    rng = generator(seed, driver.category, driver.name, "eyes")
    blinks = blinks_of(rng, frames, FPS, character.blinks_per_min, prosody.pauses)
    gaze = gaze_of(rng, head.pose_deg, FPS, min(character.amplitude, 1.0))
    weights = blinks[:, None] * BLINK + head.brow[:, None] * BROW_BEAT
    track = MotionTrack(
        fps=FPS,
        pose_deg=head.pose_deg.astype(np.float32),
        translation_cm=head.translation_cm.astype(np.float32),
        weights=weights.astype(np.float32),
        gaze_deg=gaze.astype(np.float32),
        tongue=np.zeros(frames, np.float32),
        breath_cm=head.breath_cm.astype(np.float32),
    )
    return mirrored(track) if driver.flipped else track


def _talking_face(
    body: NDArray[np.float64], mouth: Mouth, mood: Mood, prosody: Prosody, smile: float, config: Config
) -> NDArray[np.float64]:
    """(T, 44): the body's lids and brows, the mood, and the mouth, whose closures nothing may open."""
    weights = mouth.weights.copy()
    weights[:, LIDS_AND_BROWS] += body[:, LIDS_AND_BROWS]
    moods = mood.weights.copy()
    for name in ("jawOpen", "seal", "mouthFunnel", "mouthLowerDownLeft", "mouthLowerDownRight"):
        moods[:, INDEX[name]] *= 1 - mouth.closed
    weights += moods
    gone = UNSMILE * config.normalization_factor * smile * mood.unsmile * _talk_share(prosody)
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        weights[:, INDEX[name]] -= gone
    closing = weights[:, INDEX["eyeBlinkLeft"]]
    for name in ("eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight"):
        weights[:, INDEX[name]] *= 1 - closing  # a closed lid is closed whatever the mood
    return np.clip(weights, -1, 1)


def _talk_share(prosody: Prosody) -> Curve:
    """How far the photo's smile is talked away: soon after the start, back at the very end."""
    frames = len(prosody.talking)
    times = np.arange(frames) / FPS
    return ends(frames, FPS, 0.35, 0.5) * (0.6 + 0.4 * np.maximum(prosody.talking, ramp(times, 0, 0.5) * 0.5))


def _driver_video(path: Path) -> MotionTrack:
    from didgen.engine.motion.driver_video import track_driver

    return track_driver(path)


def _looped(track: MotionTrack, frames: int) -> MotionTrack:
    """To and fro until `frames` are full."""
    period = max(2 * len(track) - 2, 1)
    at = np.arange(frames) % period
    at = np.where(at < len(track), at, period - at)
    return _mapped(track, lambda values: values[at])


def _mapped(track: MotionTrack, change: Callable[[NDArray[np.float32]], NDArray[np.float32]]) -> MotionTrack:
    return MotionTrack(
        fps=track.fps,
        pose_deg=change(track.pose_deg),
        translation_cm=change(track.translation_cm),
        weights=change(track.weights),
        gaze_deg=change(track.gaze_deg),
        tongue=change(track.tongue),
        breath_cm=change(track.breath_cm),
    )
