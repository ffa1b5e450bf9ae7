"""A video of a person as a driver: its head, face, lids and eyes become a motion track."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.pose import pose_from_rotation
from didgen.engine.face.retrack import Tracked, retrack
from didgen.engine.motion.one_euro import one_euro
from didgen.engine.motion.shape_fit import fit_weights
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.shot import FPS
from didgen.engine.video.probe import FORMATS
from didgen.engine.warp.shapes import shape_basis
from didgen.errors import RenderError

Floats = NDArray[np.float64]

LIMIT_S = 300.0
_SIDE_PX = 1280  # larger frames are shrunk: the nets see 256 px of a face
_MAX_FPS = 31.0  # of 50 and 60 fps videos every second picture is enough
_MIN_FOUND = 0.5  # share of the pictures that must show a face
_PIVOT_CM = np.array([[0.0, -3.5, -5.5]])  # the top of the neck: moves that are no turns are measured there
_CAMERA_CM = 60.0  # from the head: size ↔ distance, as the warp has it
_CALM = 0.6  # share of the driver's wandering that is taken over: a crop shows it larger than it was
_MAX_SHIFT_CM = 3.0
_MAX_GAZE_DEG = np.array([20.0, 12.0])  # right, down: an iris half hidden by a lid measures absurd angles
_OPEN_LIPS_CM = 0.25  # lips further apart are open


def track_driver(
    path: Path, *, limit_s: float = LIMIT_S, auto_match: bool = True, frame_cm: float | None = None
) -> MotionTrack:
    """The motion of the largest face in a video file, at 25 fps, at most `limit_s` of it.

    Relative to one picture of the video, so that zero is the photo's pose; lips are the exception: they are closed
    where the driver's are (`seal`). auto_match: that picture is the most like a calm portrait; else the first with a
    face. frame_cm: None follows the face, as if each picture were cut to it (`align_driver`): the head moves by as many
    of its own centimetres. A number lays the driver's pictures as they are over ours, whose shorter side is so many
    centimetres of our head: what crosses a tenth of the driver's frame crosses a tenth of ours.
    Raises RenderError: BadRequestError for a file that is no video, DriverNotValidError for one without a face.
    """
    pictures = DriverPictures(path, limit_s)
    try:
        tracked = retrack(pictures)
    except RenderError as error:
        if error.kind != "FaceError":
            raise
        raise RenderError("DriverNotValidError", f"{path}: {error.message}", hint=error.hint) from error
    share = float(tracked.found.mean())
    if share < _MIN_FOUND:
        hint = "use a driver that shows one face from the front all the time"
        raise RenderError("DriverNotValidError", f"{path} shows a face in {share:.0%} of its pictures", hint=hint)
    across = None if frame_cm is None else frame_cm / pictures.short_side_px
    return motion_of(tracked, np.array(pictures.times), auto_match=auto_match, cm_per_px=across)


def motion_of(
    tracked: Tracked, times: Floats, *, auto_match: bool = True, cm_per_px: float | None = None
) -> MotionTrack:
    """A tracked face as a motion track at 25 fps. times: (T,) seconds of the pictures, rising. cm_per_px: how far a
    px of the driver's picture moves our head; None: as far as it is on the driver's own."""
    fps = (len(times) - 1) / max(times[-1] - times[0], 1e-6) if len(times) > 1 else float(FPS)
    blinks = blink_weights(tracked.eye_opening)
    reference = reference_frame(tracked, blinks) if auto_match else int(np.argmax(tracked.found))
    frames = max(1, round((times[-1] - times[0] + 1 / fps) * FPS))
    clock = times[0] + np.arange(frames) / FPS

    def at_25(values: Floats) -> NDArray[np.float32]:
        flat = values.reshape(len(values), -1)
        columns = [np.interp(clock, times, column) for column in flat.T]
        return np.stack(columns, 1).reshape(frames, *values.shape[1:]).astype(np.float32)

    weights = one_euro(_face_weights(tracked, reference), fps, min_cutoff_hz=2.5, beta=2.0)
    weights[:, INDEX["eyeBlinkRight"]], weights[:, INDEX["eyeBlinkLeft"]] = blinks.T  # quick by nature: unfiltered
    still = MotionTrack.still(frames, FPS)
    return MotionTrack(
        fps=FPS,
        pose_deg=at_25(one_euro(_turns(tracked, reference), fps, min_cutoff_hz=1.5, beta=0.15)),
        translation_cm=at_25(one_euro(_shifts(tracked, reference, cm_per_px), fps, min_cutoff_hz=1.0, beta=0.6)),
        weights=at_25(weights),
        gaze_deg=at_25(_gaze(tracked, blinks, fps)),
        tongue=still.tongue,
        breath_cm=still.breath_cm,
    )


def reference_frame(tracked: Tracked, blinks: Floats) -> int:
    """The picture most like a calm portrait: lips closed, head where it mostly is, eyes open."""
    off = np.linalg.norm(tracked.pose_deg - np.median(tracked.pose_deg, axis=0), axis=1)
    cost = tracked.lip_gap_cm / 0.5 + off / 10 + blinks.mean(1) + np.where(tracked.found, 0, 100)
    return int(np.argmin(cost))


def blink_weights(opening: Floats) -> Floats:
    """(T, 2) 0 open .. 1 closed from eye openings (T, 2), each against what is wide for that eye (85th percentile)."""
    wide = np.maximum(np.percentile(opening, 85, axis=0), 1e-3)
    return np.asarray(np.clip(1 - (opening / wide - 0.25) / 0.6, 0, 1))


def _face_weights(tracked: Tracked, reference: int) -> Floats:
    """(T, 44) all but the lids. The reference's lips are taken for the photo's: seal closes those as far."""
    rest = tracked.meshes_cm[reference]
    gap = float(tracked.lip_gap_cm[reference])
    weights = fit_weights(tracked.meshes_cm - rest, shape_basis(rest, gap > _OPEN_LIPS_CM, gap))
    weights[:, INDEX["seal"]] = np.clip(1 - gap / (2 * _OPEN_LIPS_CM), 0, 1)
    return weights


def _turns(tracked: Tracked, reference: int) -> Floats:
    """(T, 3) yaw, pitch, roll from the reference's pose on: of R_t · R_refᵀ."""
    base = tracked.placements[reference].R0
    return np.array([pose_from_rotation(placement.R0 @ base.T) for placement in tracked.placements])


def _shifts(tracked: Tracked, reference: int, cm_per_px: float | None) -> Floats:
    """(T, 3) cm: the neck across the picture, and nearer or further by the head's size."""
    necks = np.array([placement.picture_from_canonical(_PIVOT_CM)[0] for placement in tracked.placements])
    sizes = np.array([placement.s for placement in tracked.placements])
    across = (necks - necks[reference])[:, :2] * (_CALM / sizes[reference] if cm_per_px is None else cm_per_px)
    away = _CALM * _CAMERA_CM * (sizes[reference] / sizes - 1)
    return np.asarray(np.clip(np.column_stack([across, away]), -_MAX_SHIFT_CM, _MAX_SHIFT_CM))


def _gaze(tracked: Tracked, blinks: Floats, fps: float) -> Floats:
    """(T, 2) degrees from where the driver mostly looks; held over while a blink hides the eyes."""
    seen = np.flatnonzero((blinks.max(1) < 0.5) & tracked.found)
    if not len(seen):
        return np.zeros((len(tracked), 2))
    gaze = tracked.gaze_deg - np.median(tracked.gaze_deg[seen], axis=0)
    held = np.stack([np.interp(np.arange(len(gaze)), seen, gaze[seen, axis]) for axis in range(2)], 1)
    return one_euro(np.clip(held, -_MAX_GAZE_DEG, _MAX_GAZE_DEG), fps, min_cutoff_hz=2.0, beta=0.05)


class DriverPictures:
    """The pictures of a video file one by one, upright RGB; `times` grows along, seconds from the first."""

    def __init__(self, path: Path, limit_s: float) -> None:
        self._path, self._limit_s = path, limit_s
        self.times: list[float] = []
        self.short_side_px = 1  # of the pictures as they are given out; known from the first one on

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        try:
            # An open file, not a name, and no playlists: nothing in it can make the reader open another one.
            with self._path.open("rb") as f, av.open(f, "r", options={"format_whitelist": FORMATS}) as container:
                if not container.streams.video:
                    raise RenderError("BadRequestError", f"{self._path} has no picture", hint="give a video file")
                yield from self._decoded(container)
        except (OSError, av.FFmpegError) as error:
            hint = "give an MP4, MOV or WebM file of a face"
            raise RenderError(
                "BadRequestError", f"{self._path} is no video that can be read: {error}", hint=hint
            ) from error

    def _decoded(self, container: Any) -> Iterator[NDArray[np.uint8]]:
        start: float | None = None
        for number, frame in enumerate(container.decode(video=0)):
            time = float(frame.time) if frame.time is not None else number / FPS
            start = time if start is None else start
            if time - start > self._limit_s:
                return
            if self.times and time - start - self.times[-1] < 0.98 / _MAX_FPS:
                continue
            self.times.append(time - start)
            rgb = _rgb(frame)
            self.short_side_px = min(rgb.shape[:2])
            yield rgb


def _rgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Upright: phones store a turned picture and a note of how far (degrees counter-clockwise)."""
    scale = min(1.0, _SIDE_PX / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(pixels, round(frame.rotation / 90) % 4))
