"""What the rest of the face does: the head against its track, the lids, the smile."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import SCORE_INDEX
from didgen.engine.face.pose import place_head, pose_from_rotation
from didgen.quality.clip import Clip, mesh_of
from didgen.quality.eyes import blinks_of
from didgen.quality.lips import CLOSED_CM
from didgen.quality.turning import scaled

SHUT = 0.5  # of the open eye's lowest quarter still seen (see `quality.eyes`): half-shut lids leave 0.68 and more
LEAST_CLOSED = 25  # pictures with a closed mouth, of a drawing: with fewer there is little to learn from
SMILING = 0.6  # of score: a photo that smiles
_SMILES = [SCORE_INDEX["mouthSmileLeft"], SCORE_INDEX["mouthSmileRight"]]


@dataclass(frozen=True, slots=True)
class Turns:
    """One axis of the head. error_deg: mean absolute difference from the track, a constant one taken away. slope: of
    what is seen over what was asked (regression); None when nothing was asked for."""

    error_deg: float
    slope: float | None


@dataclass(frozen=True, slots=True)
class Blinks:
    """wanted: blinks of the track. shut: those with a picture on which both lids are shut. widest: the most that is
    left of an eye on the best picture of any blink, 0..1; None without a blink."""

    wanted: int
    shut: int
    widest: float | None


def turns(clip: Clip, axis: int) -> Turns | None:
    """How well the head follows its track about an axis (0 yaw, 1 pitch, 2 roll); None without a track."""
    if clip.track is None:
        return None
    asked, seen = clip.track.pose_deg[:, axis].astype(np.float64), turned_deg(clip)[:, axis]
    off = seen - asked
    spread = float(np.var(asked))
    slope = float(np.cov(asked, seen)[0, 1] / spread) if spread > 0.01 else None
    return Turns(float(np.abs(off - np.median(off)).mean()), slope)


def turned_deg(clip: Clip) -> NDArray[np.float64]:
    """(T, 3) yaw, pitch, roll seen, from the photo's own pose (from the first picture's where there is no photo): the
    skin's in the net's degrees (`quality.turning`), the net's own where no skin was followed."""
    base = clip.tracked.placements[0].R0 if clip.photo is None else place_head(clip.photo.landmarks).R0
    net = np.array([pose_from_rotation(placement.R0 @ base.T) for placement in clip.tracked.placements])
    return net if clip.flow_deg is None else scaled(clip.flow_deg, net, _seen_well(clip))


def _seen_well(clip: Clip) -> NDArray[np.bool_] | None:
    """(T,) where the net sees the face as it saw the photo: of a drawing whose mouth opens, it sees another head. None
    for faces that it knows, and where a drawn mouth is hardly ever closed."""
    if clip.mouth is None or clip.mouth.outline_cm is None:
        return None
    closed = clip.mouth.gap_cm <= CLOSED_CM
    return closed if closed.sum() >= LEAST_CLOSED else None


def blinks(clip: Clip) -> Blinks | None:
    """Every blink of the track, and whether both lids really close on it; None without a track."""
    if clip.track is None or clip.eyes_left is None:
        return None
    wanted = blinks_of(clip.track)
    widest = [_widest(clip.eyes_left[max(0, first - 1) : last + 2]) for first, last in wanted]
    seen = [share for share in widest if np.isfinite(share)]  # not an eye that is never open nearby
    return Blinks(len(seen), sum(share <= SHUT for share in seen), max(seen) if seen else None)


def _widest(left: NDArray[np.float64]) -> float:
    """What is left of the wider eye on the picture of a blink (n, 2) on which both are shut best."""
    return float(np.maximum(left.max(1).min(), 0))


def smile(clip: Clip) -> float | None:
    """Mean smile while talking over the photo's own; None for a photo that does not smile, or without one."""
    if clip.photo is None:
        return None
    own = float(clip.photo.blendshapes[_SMILES].mean())
    if own < SMILING:
        return None
    inside = clip.talking & (clip.times > 0.5) & (clip.times < clip.times[-1] - 0.5)  # ends are the photo's own
    return float(clip.tracked.scores[inside][:, _SMILES].mean()) / own


def likeness_cm(clip: Clip) -> float | None:
    """How far the parts of the face that do not talk drift from the photo's own: rms, cm; None without the photo.

    The eyes' corners, the nose and the temples of the re-tracked mesh against the photo's: the same head must stay
    the same shape, however it is turned.
    """
    if clip.photo is None:
        return None
    own = mesh_of(clip.photo)
    off = (clip.tracked.meshes_cm - own)[:, _RIGID, :2]
    return float(np.sqrt((off**2).sum(-1).mean()))


_RIGID = [33, 133, 362, 263, 6, 197, 195, 5, 4, 1, 129, 358, 2, 127, 356, 162, 389, 10, 151, 168]
