"""A photo that follows a driver video: how much of the driver's head, lips, lids and eyes is seen on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.pose import pose_from_rotation, rotation_from_pose
from didgen.engine.face.retrack import Tracked
from didgen.engine.motion.lids import lid_weights, lids_at, narrowing
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.motion.unseen import seen_of
from didgen.quality.clip import Curve, pictures_of
from didgen.quality.eyes import blinks_of, eyes_left
from didgen.quality.figures import Figures
from didgen.quality.head import SHUT
from didgen.quality.lips import correlation
from didgen.quality.turning import flow_deg, scaled

_NEAR = 2  # pictures: a blink this far from where it was is still that blink
_MOVED_DEG, _MOVED_CM, _LOOKED_DEG = 0.5, 0.05, 2.0  # spread: what moves less says nothing of how it is followed
_ENOUGH = 10  # pictures
_CLOSING = 0.1  # of closure: eyes that are open are less shut
_STRAY_CM = 0.05  # spread of one iris against the other: eyes look about together; further apart the net sees none
_AGREED = 0.95  # Pearson's r of the yaw with the net's: skin that was followed; a hand before a face takes it along


@dataclass(frozen=True, slots=True)
class Shown:
    """What the T pictures of a video show. fps: of the video. seen: its face. lids: (T, 2) closure 0..1 of the
    subject's right and left eye, as acted where that is known. skin_deg: (T, 3) yaw, pitch, roll from the first picture
    on, as its skin tells (`skin_turned_deg`); None leaves it to the landmarks."""

    fps: float
    seen: Tracked
    lids: Curve
    skin_deg: Curve | None = None

    @classmethod
    def of(cls, seen: Tracked, fps: float, lids: Curve | None = None, skin_deg: Curve | None = None) -> Shown:
        """lids: None has them told from the pictures."""
        return cls(fps, seen, lid_weights(narrowing(seen.eye_opening), fps) if lids is None else lids, skin_deg)

    @property
    def turned_deg(self) -> Curve:
        """(T, 3) yaw, pitch, roll of each picture from the pose of the first one on."""
        return turned_deg(self.seen) if self.skin_deg is None else self.skin_deg

    @property
    def times(self) -> Curve:
        """(T,) the middle of each picture's time, seconds."""
        return np.asarray((np.arange(len(self.seen)) + 0.5) / self.fps, np.float64)


def follows(driver: Shown, ours: Shown, video: Path, motion: MotionTrack) -> Figures:
    """How a finished video of ours follows its driver, at `motion_factor` 1. None for what the driver does not move.

    motion: what the engine made of the driver, to tell the blinks that nobody made. Lips and gaze are judged on the
    pictures on which the driver's mouth and eyes lie open to view: what the net draws on a hand is no driver.
    """
    times = ours.times
    wanted, turned = _at(times, driver, driver.turned_deg), ours.turned_deg
    off = np.abs(turned - wanted - np.median(turned - wanted, axis=0)).mean(0)
    lids = lids_at(times, driver.lids, driver.times)
    blinks, extra = _blinks(lids, ours.seen, video, motion)
    return Figures(
        driven_yaw=_agreed(wanted[:, 0], turned[:, 0], _MOVED_DEG),
        driven_yaw_error_deg=float(off[0]),
        driven_pitch=_agreed(wanted[:, 1], turned[:, 1], _MOVED_DEG),
        driven_pitch_error_deg=float(off[1]),
        driven_roll=_agreed(wanted[:, 2], turned[:, 2], _MOVED_DEG),
        driven_roll_error_deg=float(off[2]),
        driven_gap=lips_follow(driver, ours),
        driven_gaze=gaze_follows(driver, ours),
        driven_blinks=blinks,
        driven_blinks_extra=extra,
        tracked=float(ours.seen.found.mean()),
    )


def gaze_follows(driver: Shown, ours: Shown) -> float | None:
    """Pearson's r of how far both look to the side wherever the driver's eyes lie open to view; None where they look
    nowhere, or where nobody can say: under make-up and on a head that turns the net draws two irises apart by more than
    eyes move that look about."""
    times = ours.times
    lids = lids_at(times, driver.lids, driver.times)
    open_ = (lids.max(1) < _CLOSING) & _in_view(times, driver, seen_of(driver.seen, driver.fps).eyes)
    if open_.sum() <= _ENOUGH:
        return None
    gaze = []
    for one in (driver, ours):
        right, left = _at(times, one, one.seen.iris_cm[..., 0])[open_].T
        if np.std(right - left) > _STRAY_CM:
            return None
        gaze.append(_at(times, one, one.seen.gaze_deg)[open_, 0])
    return _agreed(gaze[0], gaze[1], _LOOKED_DEG)


def lips_follow(driver: Shown, ours: Shown) -> float | None:
    """Pearson's r of the two lip gaps wherever the driver's mouth lies open to view; None where it hardly moves."""
    times = ours.times
    mouth = _in_view(times, driver, seen_of(driver.seen, driver.fps).mouth)
    gap = _at(times, driver, driver.seen.lip_gap_cm[:, None])[:, 0]
    return _agreed(gap[mouth], ours.seen.lip_gap_cm[mouth], _MOVED_CM) if mouth.sum() > _ENOUGH else None


def reenacts(driver: Shown, ours: Shown) -> Figures:
    """How near the driver's first picture comes to the driver's others when the driver moves it, and how near it would
    be if it were left as it is; and whether it looks where the driver does."""
    times = ours.times
    nearest = np.clip(np.rint(times * driver.fps - 0.5).astype(int), 0, len(driver.seen) - 1)
    truth = replace(driver.seen, landmarks=driver.seen.landmarks[nearest])
    still = replace(truth, landmarks=np.repeat(driver.seen.landmarks[:1], len(truth), 0))
    if driver.skin_deg is None or ours.skin_deg is None:  # the net's word for both, or the skin's
        acted, turned = turned_deg(truth), turned_deg(ours.seen)
    else:
        acted, turned = driver.skin_deg[nearest], ours.skin_deg
    return Figures(
        own_points=_points_off(ours.seen, truth),
        own_points_still=_points_off(still, truth),
        own_turn_deg=_turn_off_deg(turned, acted),
        own_turn_still_deg=_turn_off_deg(np.zeros_like(acted), acted),
        own_gaze=gaze_follows(driver, ours),
    )


def turned_deg(seen: Tracked) -> Curve:
    """(T, 3) yaw, pitch, roll of each picture from the pose of the first one on."""
    base = seen.placements[0].R0
    return np.array([pose_from_rotation(placement.R0 @ base.T) for placement in seen.placements])


def skin_turned_deg(pictures: Callable[[], Iterable[NDArray[np.uint8]]], seen: Tracked, rest: int = 0) -> Curve | None:
    """(T, 3) the same, told from the skin (`quality.turning`): an open mouth or a shut lid turns a head for the net, by
    a degree and more, and on one face more than on another. None where its yaw is another one: a hand was before it.

    pictures: gives the T that were tracked, (H, W, 3) RGB. rest: the one that all are compared with, best one of a calm
    face, turned to neither side.
    """
    calm = next(islice(pictures(), rest, None))
    both = replace(seen, landmarks=np.concatenate([seen.landmarks[rest : rest + 1], seen.landmarks]))
    net, flow = turned_deg(both), flow_deg(chain([calm], pictures()), both)
    if flow is None or (correlation(net[:, 0], flow[:, 0]) or 0.0) < _AGREED:
        return None
    rotations = rotation_from_pose(scaled(flow, net))[1:]
    return np.array([pose_from_rotation(rotation @ rotations[0].T) for rotation in rotations])


def _at(times: Curve, one: Shown, values: Curve) -> Curve:
    """(T, C) of a video at other moments, seconds."""
    return np.stack([np.interp(times, one.times, column) for column in values.T], 1)


def _in_view(times: Curve, one: Shown, seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(T,) whether what was seen (or not) on a video's pictures is seen at other moments: on both pictures about it."""
    return np.asarray(_at(times, one, seen[:, None].astype(np.float64))[:, 0] == 1, np.bool_)


def _agreed(wanted: Curve, seen: Curve, least: float) -> float | None:
    return correlation(wanted, seen) if np.std(wanted) >= least else None


def _points_off(seen: Tracked, truth: Tracked) -> float:
    """Mean distance of the landmarks of two tracked clips, picture by picture, in distances of the eyes' outer corners;
    each as it stands in its picture, the first ones laid over each other."""
    a, b = (np.stack([_framed(points, one.landmarks[0]) for points in one.landmarks]) for one in (seen, truth))
    return float(np.linalg.norm(a - b, axis=2).mean())


def _framed(points: NDArray[np.float32], first: NDArray[np.float32]) -> Curve:
    """(468, 2) in distances of the first picture's eyes, from their middle, its eyes level."""
    right, left = first[33, :2].astype(np.float64), first[263, :2].astype(np.float64)
    axis = left - right
    size = float(np.hypot(*axis))
    turn = np.array([[axis[0], axis[1]], [-axis[1], axis[0]]]) / size
    return np.asarray((points[:468, :2] - (right + left) / 2) @ turn.T / size)


def _turn_off_deg(turned: Curve, truth: Curve) -> float:
    """Mean difference of two heads' poses (T, 3), all three angles together, a constant one taken away."""
    off = turned - truth
    return float(np.linalg.norm(off - np.median(off, axis=0), axis=1).mean())


def _blinks(lids: Curve, seen: Tracked, video: Path, motion: MotionTrack) -> tuple[float | None, float]:
    """Share of the driver's blinks on which both our lids shut, as the pixels tell; and how many the engine adds."""
    meant = MotionTrack.still(len(seen))
    for name, column in (("eyeBlinkRight", 0), ("eyeBlinkLeft", 1)):
        meant.weights[:, INDEX[name]] = lids[:, column]
    asked, made = blinks_of(meant), blinks_of(motion)
    left = eyes_left(pictures_of(video), seen, meant)
    widest = [_widest(left[max(0, a - _NEAR) : b + 1 + _NEAR]) for a, b in asked]
    judged = [share for share in widest if np.isfinite(share)]
    extra = [1 for a, b in made if not any(a <= d + _NEAR and c - _NEAR <= b for c, d in asked)]
    return (sum(share <= SHUT for share in judged) / len(judged) if judged else None), float(len(extra))


def _widest(left: Curve) -> float:
    """What is left of the wider eye on the picture (n, 2) on which both are shut best; NaN where none was looked at."""
    wider = left.max(1)
    wider = wider[np.isfinite(wider)]
    return float(wider.min()) if len(wider) else float("nan")
