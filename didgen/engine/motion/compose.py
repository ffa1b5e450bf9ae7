"""One motion track from all that moves a face: speech, driver, expressions, blinks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.drivers import SINGING
from didgen.engine.face.face import Face
from didgen.engine.face.pose import place_head
from didgen.engine.motion.bank import bank_frames, bank_track
from didgen.engine.motion.character import generator
from didgen.engine.motion.choice import Driver, Occasion, find_driver
from didgen.engine.motion.curves import Curve, ends, ramp, smooth, smoothed
from didgen.engine.motion.expressions import Mood, mood_of
from didgen.engine.motion.mouth import Mouth, mouth_of
from didgen.engine.motion.own import is_motion_file, load_motion
from didgen.engine.motion.phrases import phrases_of
from didgen.engine.motion.prosody import Prosody, drive_of, prosody_of
from didgen.engine.motion.singer import singing_body
from didgen.engine.motion.talker import talking_body
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack
from didgen.engine.shot import BANK_FPS, FPS, Config
from didgen.engine.song.song import song_of
from didgen.engine.speech.speech import Speech
from didgen.engine.warp.work import crop_side

SMILE_SCORES = (44, 45)  # mouthSmileLeft, mouthSmileRight among a face's 52 blendshape scores
SMILING = ("mouthSmileLeft", "mouthSmileRight", "cheekSquintLeft", "cheekSquintRight")
UNSMILE = 0.55  # share of the photo's smile that talking takes away
TURNING = 0.35  # of a driver video: how far from its ends it may turn back
TURN_FRAMES = 3  # sigma of a turn
LOOP_FRAMES = 12  # how long a fluent clip takes to come back to its first frame
LIDS_AND_BROWS = [k for k, name in enumerate(SHAPES) if name.startswith(("eye", "brow", "lid"))]


def talk_frames(speech: Speech, pad_s: float, fps: int = FPS) -> int:
    """T of a talk: the picture lasts at least as long as the sound and its pad."""
    return max(1, math.ceil((speech.duration_s + pad_s) * fps - 1e-6))


@dataclass(frozen=True, slots=True)
class Picture:
    """What a face moves in: width and height in px of the photo, 0 for a square cut around the face; other faces."""

    width: int = 0
    height: int = 0
    neighbours: int = 0


CROP = Picture()


def compose_talk(
    speech: Speech,
    face: Face,
    driver: str | Path | None,
    config: Config,
    seed: int,
    picture: Picture = CROP,
) -> tuple[MotionTrack, str]:
    """The motion of a talk, T = ceil((speech + pad) · 25) frames, and the driver it came from, as reported.

    `picture` is where the face moves; with face and speech it chooses a driver that is left open.

    A driver video gives the head, eyes and brows, to and fro between ever other places when it is shorter than the
    speech; the mouth is the speech's. `config.motion_factor` scales everything but the mouth. Raises RenderError for a
    driver that is none.
    """
    frames = talk_frames(speech, config.pad_audio_s)
    prosody = prosody_of(speech, frames, FPS)
    mouth = mouth_of(speech, prosody.level, FPS)
    mood = mood_of(config.expressions, config.transition_frames, frames)
    if isinstance(driver, Path):
        body, name = lengthened(_own_driver(driver, face, config, picture), frames, seed), driver.name
    else:
        found = find_driver(driver, "talk", seed, _occasion(face, picture, speech, prosody))
        body, name = talking_body(found, phrases_of(speech, frames, FPS), frames, FPS, seed), found.url
        mood = _smiling(mood, body, smile_of(face))
    body = scaled(body, config.motion_factor)
    weights = _talking_face(body.weights.astype(np.float64), mouth, mood, prosody, smile_of(face), config, body.fps)
    track = replace(body, weights=weights.astype(np.float32), tongue=mouth.tongue.astype(np.float32))
    return (fluent(track) if config.fluent else track), name


def _occasion(face: Face, picture: Picture, speech: Speech, prosody: Prosody) -> Occasion:
    room = 1.0
    if picture.width:
        left, top, right, bottom = face.box
        room = float(min(left, top, picture.width - right) / max(bottom - top, 1e-6))
    drive = drive_of(speech, prosody.level)
    return Occasion(face.pose_deg[0], room, picture.neighbours, drive, face.eye_distance_px)


def compose_animation(
    face: Face,
    driver: str | Path | None,
    config: Config,
    seed: int,
    frames: int | None = None,
    picture: Picture = CROP,
) -> tuple[MotionTrack, str]:
    """The motion of an animation and the driver it came from: as long as a bank's take, a song or a
    driver video, and at the frame rate of banks or of that video."""
    gif = config.result_format == "gif"  # it has a rate of its own
    if isinstance(driver, Path):
        track, name = _own_driver(driver, face, config, picture, FPS if gif else None), driver.name
        track = lengthened(track, frames, seed) if frames else track
    else:
        fps = FPS if gif else BANK_FPS
        found = find_driver(driver, "animation", seed, Occasion(face.pose_deg[0], neighbours=picture.neighbours))
        if found.category == SINGING:
            return _sung(found, face, config, seed, fps), found.url
        track = bank_track(found, frames or bank_frames(found, config.pad_audio_s, fps), seed, fps)
        name = found.url
    track = _smiling_less(track, config.normalization_factor * smile_of(face))
    track = scaled(track, config.motion_factor, weights=config.motion_factor)
    return (fluent(track) if config.fluent else track), name


def _sung(driver: Driver, face: Face, config: Config, seed: int, fps: int) -> MotionTrack:
    """A singer: the song's mouth, and a body that follows the tune. As long as the song and its pad."""
    song = song_of(driver.name)
    frames = talk_frames(song.speech, config.pad_audio_s, fps)
    body = singing_body(driver, song.tune, song.score, frames, fps, seed)
    prosody = prosody_of(song.speech, frames, fps)
    mood = _smiling(mood_of((), 0, frames), body, smile_of(face))
    body = scaled(body, config.motion_factor)
    mouth = mouth_of(song.speech, prosody.level, fps)
    weights = _talking_face(body.weights.astype(np.float64), mouth, mood, prosody, smile_of(face), config, body.fps)
    track = replace(body, weights=weights.astype(np.float32), tongue=mouth.tongue.astype(np.float32))
    return fluent(track) if config.fluent else track


def _smiling_less(track: MotionTrack, smile: float) -> MotionTrack:
    """A driver's smile on a photo that smiles already: the rest of the way only. What turns a smile down stays."""
    weights = track.weights.copy()
    for name in SMILING:
        own = weights[:, INDEX[name]]
        weights[:, INDEX[name]] = np.where(own > 0, own * (1 - 0.75 * smile), own)
    return replace(track, weights=weights)


def _smiling(mood: Mood, body: MotionTrack, smile: float) -> Mood:
    """The mood with the driver's own smile: less of it where the photo smiles already or somebody is to be serious."""
    room = (1 - smile) * np.clip((1.7 - mood.unsmile) / 0.7, 0, 1)
    weights = mood.weights.copy()
    for name in SMILING:
        weights[:, INDEX[name]] += room * body.weights[:, INDEX[name]]
    return replace(mood, weights=weights)


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


def in_company(track: MotionTrack, seed: int, number: int) -> MotionTrack:
    """The track of the `number`th face (from 1) of a group, which moves with the first one's driver: a little later, a
    little more or less, and never its shadow. What is sung or danced keeps its time."""
    rng = generator(seed, "company", str(number))
    lag_s, size = float(rng.uniform(0.04, 0.14)), float(rng.uniform(0.82, 1.12))
    frames = len(track)
    begun = ends(frames, track.fps, 0.8, 0.8)  # from rest to rest
    index = np.clip(np.arange(frames) - lag_s * track.fps * begun, 0, frames - 1)
    lower = np.floor(index).astype(int)
    share = (index - lower).astype(np.float32)

    def later(values: NDArray[np.float32]) -> NDArray[np.float32]:
        part = share.reshape(-1, *[1] * (values.ndim - 1))
        mixed: NDArray[np.float32] = values[lower] * (1 - part) + values[np.minimum(lower + 1, frames - 1)] * part
        return mixed

    head = replace(track, pose_deg=size * later(track.pose_deg), translation_cm=size * later(track.translation_cm))
    return replace(head, gaze_deg=later(track.gaze_deg), breath_cm=later(track.breath_cm))


def fluent(track: MotionTrack) -> MotionTrack:
    """The same track whose last frames go back to the first one, so that it can be repeated without a jump."""
    back_frames = max(1, min(LOOP_FRAMES, len(track) // 2))
    share = smooth(1 - (len(track) - 1 - np.arange(len(track))) / back_frames)

    def back(values: NDArray[np.float32]) -> NDArray[np.float32]:
        mix = share.reshape(-1, *[1] * (values.ndim - 1)).astype(np.float32)
        return values + mix * (values[:1] - values)

    return _mapped(track, back)


def _talking_face(
    body: NDArray[np.float64], mouth: Mouth, mood: Mood, prosody: Prosody, smile: float, config: Config, fps: int
) -> NDArray[np.float64]:
    """(T, 44): the body's lids and brows, the mood, and the mouth, whose closures nothing may open."""
    weights = mouth.weights.copy()
    weights[:, LIDS_AND_BROWS] += body[:, LIDS_AND_BROWS]
    moods = mood.weights.copy()
    for name in ("jawOpen", "seal", "mouthFunnel", "mouthLowerDownLeft", "mouthLowerDownRight"):
        moods[:, INDEX[name]] *= 1 - mouth.closed
    weights += moods
    gone = UNSMILE * config.normalization_factor * smile * mood.unsmile * _talk_share(prosody, fps)
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        weights[:, INDEX[name]] -= gone
    closing = weights[:, INDEX["eyeBlinkLeft"]]
    for name in ("eyeWideLeft", "eyeWideRight", "eyeSquintLeft", "eyeSquintRight"):
        weights[:, INDEX[name]] *= 1 - closing  # a closed lid is closed whatever the mood
    return np.clip(weights, -1, 1)


def _talk_share(prosody: Prosody, fps: int) -> Curve:
    """How far the photo's smile is talked away: soon after the start, back at the very end."""
    frames = len(prosody.talking)
    times = np.arange(frames) / fps
    return ends(frames, fps, 0.35, 0.5) * (0.6 + 0.4 * np.maximum(prosody.talking, ramp(times, 0, 0.5) * 0.5))


def _own_driver(path: Path, face: Face, config: Config, picture: Picture, fps: int | None = FPS) -> MotionTrack:
    if is_motion_file(path):
        return load_motion(path, fps)
    from didgen.engine.motion.driver_video import track_driver

    frame_cm = None if config.align_driver else _frame_cm(face, picture, config.align_expand_factor)
    return track_driver(path, auto_match=config.auto_match, frame_cm=frame_cm, fps=fps)


def _frame_cm(face: Face, picture: Picture, expand: float) -> float:
    """The shorter side of our frame in centimetres of this head."""
    side_px = min(picture.width, picture.height) if picture.width else crop_side(face, expand)
    return side_px / place_head(face.landmarks.astype(np.float64)).s


def lengthened(track: MotionTrack, frames: int, seed: int) -> MotionTrack:
    """Once as it is, then back and forth until `frames` are full, turning somewhere else each time, never in a jerk."""
    last = len(track) - 1
    if frames <= last + 1 or last == 0:
        index = np.minimum(np.arange(frames), last)
        return _mapped(track, lambda values: values[index])
    rng = generator(seed, "driver video")
    when, where = [0, last], [0, last]
    while when[-1] < frames:
        inset = int(rng.integers(0, int(TURNING * last) + 1))
        where.append(inset if len(where) % 2 == 0 else last - inset)
        when.append(when[-1] + max(1, abs(where[-1] - where[-2])))
    path = np.interp(np.arange(frames), when, where)
    rounded = smoothed(path, TURN_FRAMES)
    begun = max(0, last - 3 * TURN_FRAMES)
    rounded[:begun] = path[:begun]  # the beginning is no turn
    index = np.clip(np.rint(rounded), 0, last).astype(int)
    return _mapped(track, lambda values: values[index])


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
