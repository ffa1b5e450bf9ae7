"""Driver clips of our own: gallery faces that act known tracks, so that what is made of them can be judged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.motion.compose import compose_talk
from didgen.engine.motion.curves import weights_of
from didgen.engine.motion.eyes import blink_at
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.shot import Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from tests.quality.gallery import gallery
from tests.quality.sentences import SEED, SENTENCES, VOICE

SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Part:
    """One clip. actor, moved: gallery faces, who acts in it and whom it is to move. fps: of the clip."""

    name: str
    actor: str
    moved: str
    fps: int
    track: Callable[[int], MotionTrack]


def sweeping(fps: int) -> MotionTrack:
    """Turns wide and slowly, tilts a little, says one open vowel after the other and blinks five times."""
    t, track = _clock(fps), MotionTrack.still(round(SECONDS * fps), fps)
    track.pose_deg[:] = np.stack([8 * np.sin(1.3 * t), 3 * np.sin(2.1 * t + 1), 3 * np.sin(0.9 * t)], 1)
    track.weights[:, INDEX["jawOpen"]] = 0.32 * (1 - np.cos(4.4 * t))
    return _blinking(track, (1.0, 2.3, 3.9, 5.2, 6.8))


def nodding(fps: int) -> MotionTrack:
    """Nods and looks about, chats with small lips, smiles once, blinks quickly and twice in a row."""
    t, track = _clock(fps), MotionTrack.still(round(SECONDS * fps), fps)
    track.pose_deg[:] = np.stack([3 * np.sin(0.8 * t), 4 * np.sin(3.0 * t), 2 * np.sin(1.7 * t)], 1)
    track.translation_cm[:] = np.stack([0.5 * np.sin(0.8 * t), 0.2 * np.sin(1.5 * t), 0.6 * np.sin(1.1 * t)], 1)
    track.gaze_deg[:] = np.stack([7 * np.sign(np.sin(1.9 * t)), 2 * np.sign(np.sin(1.1 * t))], 1)
    track.weights[:, INDEX["jawOpen"]] = np.clip(0.3 * np.sin(9 * t) * np.sin(0.9 * t + 0.2), 0, 1)
    smile = 0.7 * np.exp(-(((t - 5) / 0.8) ** 2))
    track.weights[:] += smile[:, None] * weights_of({"mouthSmile": 1, "cheekSquint": 0.5})
    return _blinking(track, (0.8, 1.25, 3.1, 4.4, 6.0, 7.1))


def grimacing(fps: int) -> MotionTrack:
    """Pulls faces: round lips, brows, a frown, a gaping mouth; tilts far; blinks slowly."""
    t, track = _clock(fps), MotionTrack.still(round(SECONDS * fps), fps)
    track.pose_deg[:] = np.stack([5 * np.sin(1.6 * t), 2 * np.sin(1.2 * t), 7 * np.sin(1.4 * t)], 1)
    for at, face in (
        (1.2, {"browInnerUp": 1, "browOuterUp": 1, "jawOpen": 0.35}),
        (3.0, {"mouthPucker": 0.8, "mouthFunnel": 0.3, "browDown": 0.4}),
        (4.8, {"jawOpen": 0.75, "browInnerUp": 0.6}),
        (6.6, {"mouthFrown": 0.8, "browDown": 0.8, "mouthPress": 0.4}),
    ):
        track.weights[:] += np.exp(-(((t - at) / 0.4) ** 4))[:, None] * weights_of(face)
    return _blinking(track, (0.5, 2.2, 4.0, 5.9, 7.4))


def talking(fps: int) -> MotionTrack:
    """What the engine itself makes of two sentences with a lively driver."""
    photo = load_photo(path_of("woman"))
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    speech = speak(TextScript(" ".join(SENTENCES[:2]), VOICE))
    track, _ = compose_talk(speech, face, "bank://lively/driver-02/original", Config(), SEED)
    assert track.fps == fps
    return track


CLIPS = (
    Part("talking", "woman", "eileen", 25, talking),
    Part("sweeping", "laughing", "dark-beard", 25, sweeping),
    Part("nodding", "woman-2", "woman", 30, nodding),
    Part("grimacing", "older", "woman-2", 24, grimacing),
)


def act(part: Part, folder: Path) -> tuple[Path, np.ndarray]:
    """The clip as a video file in `folder`, and (T, 2) how far its right and left eye are shut."""
    track = part.track(part.fps)
    photo = load_photo(path_of(part.actor))
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    rig = build_rig(photo, face)
    path = folder / f"{part.name}.mp4"
    with Encoder(path, rig.width, rig.height, None, metadata={}, fps=part.fps) as encoder:
        for k in range(len(track)):
            encoder.write(draw(rig, track, k))
    return path, track.weights[:, [INDEX["eyeBlinkRight"], INDEX["eyeBlinkLeft"]]].astype(np.float64)


def path_of(name: str) -> Path:
    """The photo of a gallery face."""
    return next(entry.path for entry in gallery() if entry.id == name)


def _clock(fps: int) -> np.ndarray:
    return np.arange(round(SECONDS * fps)) / fps


def _blinking(track: MotionTrack, at_s: tuple[float, ...]) -> MotionTrack:
    times = np.arange(len(track)) / track.fps
    closed = np.max([blink_at(times, at) for at in at_s], axis=0)
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        track.weights[:, INDEX[name]] = closed
    return track
