"""Drivers of one's own: motion files, and the tracks that are in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.versions import ENGINE
from didgen.engine.motion.lids import lids_at
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack
from didgen.errors import RenderError
from didgen.media.motion import GAZE, MAX_BYTES, PLACE, POSE, Motion, MotionError, is_motion, per_unit, read_motion

_HEAD_BYTES = 64
_LIDS = [INDEX["eyeBlinkRight"], INDEX["eyeBlinkLeft"]]


def is_motion_file(path: Path) -> bool:
    """Whether a driver is a motion file, told from its first bytes: a copy may have lost its name. False for a file
    that cannot be read; whoever opens it says so."""
    try:
        with path.open("rb") as file:
            return is_motion(file.read(_HEAD_BYTES))
    except OSError:
        return False


def load_motion(path: Path, fps: int | None = None) -> MotionTrack:
    """The track in a motion file, at `fps` frames a second; None: at its own.

    Raises RenderError("DriverNotValidError")."""
    try:
        with path.open("rb") as file:
            motion = read_motion(file.read(MAX_BYTES + 1))
    except MotionError as error:
        raise RenderError("DriverNotValidError", f"{path} {error.message}", hint=error.hint) from error
    except OSError as error:
        raise RenderError("DriverNotValidError", f"{path} cannot be read: {error.strerror}") from error
    return _track_of(motion, fps or motion.fps)


def motion_of_track(track: MotionTrack, made_from: str) -> Motion:
    """What of a track a motion file keeps: all but tongue and breath, which a driver does not show."""
    columns = {
        **dict(zip(POSE, track.pose_deg.T, strict=True)),
        **dict(zip(PLACE, track.translation_cm.T, strict=True)),
        **dict(zip(GAZE, track.gaze_deg.T, strict=True)),
        **dict(zip(SHAPES, track.weights.T, strict=True)),
    }
    numbers = {name: np.rint(values.astype(np.float64) * per_unit(name)) for name, values in columns.items()}
    channels = {name: tuple(int(v) for v in values) for name, values in numbers.items() if values.any()}
    return Motion(track.fps, len(track), channels, made_from, ENGINE)


def _track_of(motion: Motion, fps: int) -> MotionTrack:
    frames = max(1, round(motion.seconds * fps))
    clock, own = np.arange(frames) / fps, np.arange(motion.frames) / motion.fps

    def kept(name: str) -> NDArray[np.float64]:
        return np.array(motion.channels.get(name) or [0] * motion.frames, np.float64) / per_unit(name)

    def column(name: str) -> NDArray[np.float32]:
        return np.interp(clock, own, kept(name)).astype(np.float32)

    track = MotionTrack.still(frames, fps)
    for columns, names in ((track.pose_deg, POSE), (track.translation_cm, PLACE), (track.gaze_deg, GAZE)):
        columns[:] = np.stack([column(name) for name in names], 1)
    for name in SHAPES:
        if name in motion.channels:
            track.weights[:, INDEX[name]] = column(name)
    track.weights[:, _LIDS] = lids_at(clock, np.stack([kept(SHAPES[k]) for k in _LIDS], 1), own)
    return track
