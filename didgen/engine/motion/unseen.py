"""What of a driver's face can be believed on each picture, and what its motion does meanwhile where it cannot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, LIP_ROWS_LOWER, LIP_ROWS_UPPER, MESH_POINTS, canonical_mesh
from didgen.engine.face.retrack import Tracked
from didgen.engine.motion.curves import ramp, smooth

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_MOUTH_LIKE, _EYES_LIKE = 0.6, 0.5  # correlation with the face's own colours below which something lies over it
_ROUNDS = 3  # of finding those colours: the pictures that agree least with them are left out of the next round
_AROUND_S = 0.1  # before and after it was seen, a hand is on its way
_BRIDGE_S = 0.6  # a shorter gap is crossed from where the face was to where it comes back
_HOLD_S, _FADE_S = 0.2, 0.6  # in a longer one the face stays as it was, then comes to rest


@dataclass(frozen=True, slots=True)
class Seen:
    """(T,) each: whether a face was found at all, and whether its mouth and its eyes lie open to view."""

    face: Bools
    mouth: Bools
    eyes: Bools


def seen_of(tracked: Tracked, fps: float) -> Seen:
    """Skin keeps its colour from picture to picture; where it does not, there is a hand or a cup, and the points that
    the net draws on that would make faces. (The net itself is as sure of a covered face as of any.)"""
    if tracked.shades is None:
        return Seen(tracked.found, tracked.found, tracked.found)
    around = round(_AROUND_S * fps)
    parts = ((_LOWER_FACE, _MOUTH_LIKE), (_UPPER_FACE, _EYES_LIKE))
    mouth, eyes = (_open_to_view(tracked.shades[:, points], tracked.found, least) for points, least in parts)
    return Seen(tracked.found, _less(mouth, around), _less(eyes, around))


def bridged(values: Floats, seen: Bools, fps: float) -> Floats:
    """(T, C) with what was not seen made up: rest (0) is where a face goes that stays unseen."""
    out = values.copy()
    for start, end in _runs(~seen):
        left = values[start - 1] if start else np.zeros(values.shape[1])
        right = values[end] if end < len(values) else np.zeros(values.shape[1])
        times = np.arange(1, end - start + 1) / fps
        length_s = (end - start + 1) / fps
        if length_s <= _BRIDGE_S and start and end < len(values):
            out[start:end] = left + smooth(times / length_s)[:, None] * (right - left)
        else:
            stay, back = 1 - ramp(times, _HOLD_S, _HOLD_S + _FADE_S), ramp(times, length_s - _FADE_S, length_s)
            out[start:end] = stay[:, None] * left + back[:, None] * right
    return out


def _open_to_view(shades: NDArray[np.float32], found: Bools, least: float) -> Bools:
    """(T,) whether the colours (T, N, 3) at a part's points go together as they mostly do."""
    like = found.astype(np.float64)
    for _ in range(_ROUNDS):
        usual = np.median(shades[like >= np.median(like[found])], axis=0)
        like = np.where(found, _likeness(shades, usual), 0.0)
    return found & (like >= least)


def _likeness(shades: NDArray[np.float32], usual: NDArray[np.float32]) -> Floats:
    """(T,) Pearson's r of each picture's colours with the usual ones: brighter or redder light is no other face."""
    own, other = shades - shades.mean(1, keepdims=True), usual - usual.mean(0)
    spread = np.sqrt((own**2).sum((1, 2)) * (other**2).sum())
    return np.asarray((own * other).sum((1, 2)) / np.maximum(spread, 1e-6), np.float64)


def _less(flags: Bools, reach: int) -> Bools:
    """(T,) flags that hold for `reach` pictures to either side as well."""
    out = flags.copy()
    for start, end in _runs(~flags):
        out[max(0, start - reach) : end + reach] = False
    return out


def _runs(flags: Bools) -> list[tuple[int, int]]:
    """First and one past the last of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def _points(low_cm: float, high_cm: float, half_cm: float, without: set[int]) -> NDArray[np.intp]:
    """The mesh's points between two heights, not farther aside than `half_cm`."""
    x, y, _ = canonical_mesh().vertices_cm.T
    inside = (y > low_cm) & (y < high_cm) & (np.abs(x) < half_cm)
    return np.array([k for k in range(MESH_POINTS) if inside[k] and k not in without], np.intp)


_LIPS_INSIDE = {k for rows in (LIP_ROWS_UPPER, LIP_ROWS_LOWER) for row in rows[2:] for k in row}
_LIDS = {k for eye in EYES.values() for k in (*eye.up, *eye.lo, *eye.crease)}
_LOWER_FACE = _points(-10.0, -1.5, 4.0, _LIPS_INSIDE)  # from under the nose down, but for what an open mouth changes
_UPPER_FACE = _points(1.2, 5.0, 5.2, _LIDS)  # about the eyes, but for what a blink changes
