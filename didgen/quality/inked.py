"""How far a drawn mouth opens and draws together, told from the pixels: on flat colour it is one blob of other colours.

The landmark net sees no mouth in line art, and beside a line on flat colour there is no pattern to follow. But what
lies there in any other colour than the face's is the mouth itself, line, teeth and all: its height, less that of the
line in the photo, is how far it is open, and its ends are its corners. Nothing here knows what was intended.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.drawn import flat_colour
from didgen.engine.face.face import Face
from didgen.engine.face.retrack import Tracked
from didgen.quality.mouthing import PX_PER_CM, Level, Mouth

Curve = NDArray[np.float64]
Picture = NDArray[np.uint8]
_Mask = NDArray[np.bool_]

_UNLIKE = 45  # levels of any channel: of another colour, coded and decoded
_MIDDLE = 0.06  # of the mouth's width, to both sides of its middle: where its height is read
_COLUMNS = np.array([0.15, 0.32, 0.5, 0.68, 0.85])  # of its width: where its outline is read
_NEAR_CM = 0.3  # how far a mouth may go from picture to picture
_LOST = 0.1  # of the pictures: with more of them nothing is said


@dataclass(frozen=True, slots=True)
class _Outline:
    """One mouth, cm. tall: at its middle; wide: from end to end; edges: (10,) its upper and lower edge at five columns,
    in the crop; ends: how much higher they lie than its middle."""

    tall: float
    wide: float
    edges: Curve
    ends: float


def drawn(pictures: Iterable[Picture], tracked: Tracked, photo: tuple[Picture, Face]) -> Mouth | None:
    """The mouth in T pictures (H, W, 3) RGB that were tracked. photo: what was animated, and its face.

    None where the photo's mouth is not drawn, or is not found in a tenth of the pictures.
    """
    rgb, face = photo
    colour = flat_colour(rgb, face.landmarks)
    if face.stroke is None or colour is None:
        return None
    level = Level(tracked)
    at = level.placed(face.landmarks, face.stroke.middle)
    blob = _nearest(_unlike(level.colours(rgb, face.landmarks), colour), _painted(at))
    if blob is None:
        return None
    closed = _outline(blob)
    seen: list[_Outline | None] = []
    for number, picture in enumerate(pictures):
        found = _nearest(_unlike(level.colours(picture, tracked.landmarks[number]), colour), blob)
        blob = blob if found is None else found
        seen.append(None if found is None else _outline(found))
    return _told(seen, closed)


def _told(seen: list[_Outline | None], closed: _Outline) -> Mouth | None:
    known = [k for k, outline in enumerate(seen) if outline is not None]
    if len(known) < (1 - _LOST) * len(seen):
        return None
    rows = np.array([[o.tall, o.wide, o.ends, *o.edges] for o in seen if o is not None])
    rows = np.stack([np.interp(np.arange(len(seen)), known, column) for column in rows.T], 1)
    return Mouth(np.maximum(rows[:, 0] - closed.tall, 0.0), rows[:, 1], rows[:, 2:])


def _unlike(crop: Picture, colour: Curve) -> _Mask:
    """What is not of the face's colour; between red lips and a dark line a thread of brown may be that by chance."""
    other = np.abs(crop.astype(np.float64) - colour).max(2) > _UNLIKE
    return np.asarray(cv2.morphologyEx(other.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))) > 0


def _painted(points: Curve) -> _Mask:
    """The line of the photo's mouth through (n, 2) crop px."""
    mask = np.zeros(Level.size()[::-1], np.uint8)
    cv2.polylines(mask, [points.round().astype(np.int32)], isClosed=False, color=1, thickness=3)
    return mask > 0


def _nearest(unlike: _Mask, last: _Mask) -> _Mask | None:
    """The largest blob about where the mouth last was; None when there is none, or it has run into the outline of the
    face."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(unlike.astype(np.uint8), connectivity=8)
    x, y, w, h = cv2.boundingRect(last.astype(np.uint8))
    near = round(_NEAR_CM * PX_PER_CM)
    about = labels[max(y - near, 0) : y + h + near, max(x - near, 0) : x + w + near]
    shared = np.bincount(about.ravel(), minlength=len(stats))
    shared[0] = 0
    k = int(shared.argmax())
    left, top, wide, tall = (int(n) for n in stats[k, :4])
    height, width = unlike.shape
    if not shared[k] or left == 0 or top == 0 or left + wide == width or top + tall == height:
        return None
    return np.asarray(labels == k)


def _outline(blob: _Mask) -> _Outline:
    columns = np.flatnonzero(blob.any(0))
    first, wide = float(columns[0]), float(columns[-1] - columns[0])
    upper, lower = blob.argmax(0).astype(np.float64), len(blob) - blob[::-1].argmax(0).astype(np.float64)
    near = columns[np.abs(columns - first - wide / 2) <= max(_MIDDLE * wide, 1)]
    at = first + _COLUMNS * wide
    edges = np.concatenate([np.interp(at, columns, edge[columns]) for edge in (upper, lower)])
    middle = (upper + lower) / 2
    ends = middle[near].mean() - middle[columns[[0, 1, -2, -1]]].mean()
    cm = PX_PER_CM
    return _Outline(float(np.mean((lower - upper)[near])) / cm, (wide + 1) / cm, edges / cm, float(ends) / cm)
