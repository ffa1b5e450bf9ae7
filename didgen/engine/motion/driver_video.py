"""A video of a person as a driver: its head, face, lids and eyes become a motion track."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.pose import pose_from_rotation
from didgen.engine.face.retrack import Tracked, follow
from didgen.engine.motion.lids import lid_weights, lids_at, narrowing
from didgen.engine.motion.one_euro import one_euro
from didgen.engine.motion.shape_fit import fit_weights
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack
from didgen.engine.motion.unseen import Seen, bridged, seen_of
from didgen.engine.shot import FPS
from didgen.engine.video.pictures import DriverPictures
from didgen.engine.warp.shapes import shape_basis
from didgen.errors import RenderError

Floats = NDArray[np.float64]

LIMIT_S = 300.0
MIN_FOUND = 0.2  # share of the pictures that must show a face; where none is seen the photo comes to rest
_CALM_SHARE, _MOST_CALM = 0.05, 25  # of the pictures, and how many: those the driver's own neutral is the middle of
_PIVOT_CM = np.array([[0.0, -3.5, -5.5]])  # the top of the neck: moves that are no turns are measured there
_CAMERA_CM = 60.0  # from the head, for size ↔ distance, as the warp has it
_CALM = 0.6  # share of the driver's wandering that is taken over: a crop shows it larger than it was
_MAX_SHIFT_CM = 3.0
_MAX_GAZE_DEG = np.array([20.0, 12.0])  # right, down: an iris half hidden by a lid measures absurd angles
_OPEN_LIPS_CM = 0.25  # lips further apart are open
_JAW_DEG_PER_CM = (1.0, 1.9)  # how far the net takes an opening jaw for a lifted chin: 0.6 to 1.9 on filmed people
_JAW_S = 0.08  # what head and jaw do together within so little is the jaw's doing: a nod takes longer
_LEAST_WEIGHT = 0.02  # less is the net's unrest, and each shape that is not 0 costs a little of every frame
_BROWS = [k for k, name in enumerate(SHAPES) if name.startswith("brow")]
_MOUTH = [k for k, name in enumerate(SHAPES) if not name.startswith(("brow", "eye", "lid", "seal"))]


def track_driver(
    path: Path,
    *,
    limit_s: float = LIMIT_S,
    auto_match: bool = True,
    frame_cm: float | None = None,
    fps: int | None = None,
) -> MotionTrack:
    """The motion of the largest face in a video file, at most `limit_s` of it, at `fps` pictures a second.

    Relative to the driver's own calm face, so that zero is the photo's: what is taken over is how far a face moves away
    from how it rests, never how it looks. Lips are the exception: they are closed where the driver's are (`seal`).
    auto_match: that rest is the middle of its calmest pictures; else the first picture with a face. frame_cm: None
    follows the face, as if each picture were cut to it (`align_driver`): the head moves by as many of its own
    centimetres. A number lays the driver's pictures as they are over ours, whose shorter side is so many centimetres of
    our head: what crosses a tenth of the driver's frame crosses a tenth of ours. fps: None is the video's own rate.
    Raises RenderError: BadRequestError for a file that is no video, DriverNotValidError for one without a face.
    """
    pictures = DriverPictures(path, limit_s)
    try:
        tracked = follow(pictures)
    except RenderError as error:
        if error.kind != "FaceError":
            raise
        raise RenderError("DriverNotValidError", f"{path}: {error.message}", hint=error.hint) from error
    share = float(tracked.found.mean())
    if share < MIN_FOUND:
        hint = "use a driver that shows one face from the front most of the time"
        raise RenderError("DriverNotValidError", f"{path} shows a face in {share:.0%} of its pictures", hint=hint)
    across = None if frame_cm is None else frame_cm / pictures.short_side_px
    rate = fps or pictures.fps
    frames = max(1, round(pictures.duration_s * rate))
    return motion_of(tracked, np.array(pictures.times), rate, frames, auto_match=auto_match, cm_per_px=across)


def motion_of(
    tracked: Tracked,
    times: Floats,
    fps: int = FPS,
    frames: int | None = None,
    *,
    auto_match: bool = True,
    cm_per_px: float | None = None,
) -> MotionTrack:
    """A tracked face as a motion track of so many frames at `fps`. times: (T,) seconds of the pictures, rising.
    cm_per_px: how far a px of the driver's picture moves our head; None: as far as it is on the driver's own."""
    own_fps = (len(times) - 1) / max(times[-1] - times[0], 1e-6) if len(times) > 1 else float(fps)
    frames = frames or max(1, round((times[-1] - times[0] + 1 / own_fps) * fps))
    clock = times[0] + np.arange(frames) / fps

    def at_clock(values: Floats) -> Floats:
        return np.stack([np.interp(clock, times, column) for column in values.T], 1)

    seen = seen_of(tracked, own_fps)
    narrowed = bridged(narrowing(tracked.eye_opening), seen.eyes, own_fps)
    neutral = neutral_of(tracked, seen, narrowed, auto_match=auto_match)
    lips = bridged(tracked.lip_gap_cm[:, None] - neutral.gap_cm, seen.mouth, own_fps)[:, 0]
    pose = bridged(_turns(tracked, neutral), seen.face, own_fps)
    pose[:, 1] += _jaw_lift_deg(pose[:, 1], lips, own_fps)
    place = bridged(_shifts(tracked, neutral, cm_per_px), seen.face, own_fps)
    weights = at_clock(_face_weights(tracked, neutral, seen, own_fps))
    blinks = lids_at(clock, lid_weights(narrowed, own_fps), times)
    weights[:, INDEX["eyeBlinkRight"]], weights[:, INDEX["eyeBlinkLeft"]] = blinks.T
    weights[weights < _LEAST_WEIGHT] = 0
    still = MotionTrack.still(frames, fps)
    return MotionTrack(
        fps=fps,
        pose_deg=_float32(at_clock(one_euro(pose, own_fps, min_cutoff_hz=1.5, beta=0.15))),
        translation_cm=_float32(at_clock(one_euro(place, own_fps, min_cutoff_hz=1.0, beta=0.6))),
        weights=_float32(weights),
        gaze_deg=_float32(at_clock(_gaze(tracked, seen, narrowed, own_fps))),
        tongue=still.tongue,
        breath_cm=still.breath_cm,
    )


@dataclass(frozen=True, slots=True)
class Neutral:
    """How a driver looks at rest. mesh_cm: (478, 3). turned: (3, 3) rotation. gap_cm: between the lips. neck_px: (2,)
    where the top of the neck stands. px_per_cm: how large the head is."""

    mesh_cm: Floats
    turned: Floats
    gap_cm: float
    neck_px: Floats
    px_per_cm: float


def neutral_of(tracked: Tracked, seen: Seen, narrowed: Floats, *, auto_match: bool = True) -> Neutral:
    """The middle of the pictures most like a calm portrait (lips closed, head where it mostly is, eyes open, nothing
    before the face): of one picture alone, the net's unrest would be in all others. Not auto_match: the first one."""
    chosen = _calmest(tracked, seen, narrowed) if auto_match else np.array([int(np.argmax(tracked.found))])
    placements = [tracked.placements[k] for k in chosen]
    u, _, vt = np.linalg.svd(np.mean([placement.R0 for placement in placements], axis=0))
    necks = [placement.picture_from_canonical(_PIVOT_CM)[0, :2] for placement in placements]
    return Neutral(
        mesh_cm=np.median(tracked.meshes_cm[chosen], axis=0),
        turned=u @ vt,  # the rotation nearest to their mean
        gap_cm=float(np.median(tracked.lip_gap_cm[chosen])),
        neck_px=np.median(necks, axis=0),
        px_per_cm=float(np.median([placement.s for placement in placements])),
    )


def _calmest(tracked: Tracked, seen: Seen, narrowed: Floats) -> NDArray[np.intp]:
    off = np.linalg.norm(tracked.pose_deg - np.median(tracked.pose_deg[tracked.found], axis=0), axis=1)
    hidden = np.where(seen.face, 0, 100) + np.where(seen.mouth, 0, 10) + np.where(seen.eyes, 0, 10)
    cost = tracked.lip_gap_cm / 0.5 + off / 10 + narrowed.mean(1) + hidden
    count = int(np.clip(round(_CALM_SHARE * len(tracked)), 1, _MOST_CALM))
    return np.argsort(cost, kind="stable")[:count]


def _face_weights(tracked: Tracked, neutral: Neutral, seen: Seen, fps: float) -> Floats:
    """(T, 44) all but the lids. The driver's lips at rest are taken for the photo's: seal closes those as far."""
    gap = neutral.gap_cm
    basis = shape_basis(neutral.mesh_cm, gap > _OPEN_LIPS_CM, gap)
    raw = fit_weights(tracked.meshes_cm - neutral.mesh_cm, basis)
    raw[:, _BROWS] = bridged(raw[:, _BROWS], seen.eyes, fps)
    raw[:, _MOUTH] = bridged(raw[:, _MOUTH], seen.mouth, fps)
    weights = one_euro(raw, fps, min_cutoff_hz=4.0, beta=5.0)
    weights[:, INDEX["seal"]] = np.clip(1 - gap / (2 * _OPEN_LIPS_CM), 0, 1)
    return weights


def _turns(tracked: Tracked, neutral: Neutral) -> Floats:
    """(T, 3) yaw, pitch, roll from the neutral pose on: of R_t · R_refᵀ."""
    return np.array([pose_from_rotation(placement.R0 @ neutral.turned.T) for placement in tracked.placements])


def _jaw_lift_deg(pitch_deg: Floats, lips_cm: Floats, fps: float) -> Floats:
    """(T,) by how much an open jaw has each picture's chin look lifted. As far as it is on this face: the slope of the
    pitch's quick steps over those of the gap (least squares), within what was seen on people."""
    apart = min(max(1, round(_JAW_S * fps)), len(lips_cm) - 1)
    lifted, opened = (values[apart:] - values[: len(values) - apart] for values in (-pitch_deg, lips_cm))
    slope = float(lifted @ opened) / max(float(opened @ opened), 1e-9)
    return np.asarray(np.clip(slope, *_JAW_DEG_PER_CM) * lips_cm)


def _shifts(tracked: Tracked, neutral: Neutral, cm_per_px: float | None) -> Floats:
    """(T, 3) cm: the neck across the picture, and nearer or further by the head's size."""
    necks = np.array([placement.picture_from_canonical(_PIVOT_CM)[0] for placement in tracked.placements])
    sizes = np.array([placement.s for placement in tracked.placements])
    across = (necks[:, :2] - neutral.neck_px) * (_CALM / neutral.px_per_cm if cm_per_px is None else cm_per_px)
    away = _CALM * _CAMERA_CM * (neutral.px_per_cm / sizes - 1)
    return np.asarray(np.clip(np.column_stack([across, away]), -_MAX_SHIFT_CM, _MAX_SHIFT_CM))


def _gaze(tracked: Tracked, seen: Seen, narrowed: Floats, fps: float) -> Floats:
    """(T, 2) degrees from where the driver mostly looks; held over while a blink or a hand hides the eyes."""
    shown = (narrowed.max(1) < 0.5) & seen.eyes
    if not shown.any():
        return np.zeros((len(tracked), 2))
    gaze = np.clip(tracked.gaze_deg - np.median(tracked.gaze_deg[shown], axis=0), -_MAX_GAZE_DEG, _MAX_GAZE_DEG)
    return one_euro(bridged(gaze, shown, fps), fps, min_cutoff_hz=2.0, beta=0.05)


def _float32(values: Floats) -> NDArray[np.float32]:
    return values.astype(np.float32)
