"""The mouth of a drawn face: a line on flat colour.

The landmark net knows lips. On line art it sets them beside the line, by as much as a centimetre, and its corners apart
from the line's ends; a mouth opened there breaks the line. But a drawing has what no photo has: one colour over most of
the lower face, to the unit. What is of another colour there and lies like a mouth is the mouth, and its dark line can
be followed from end to end. Of 23 photos, prints and paintings at most .24 of the lower face is of one colour; of
drawings .68 and more.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import (
    CHIN,
    FACE_OVAL,
    LIP_ROWS_LOWER,
    LIP_ROWS_UPPER,
    MESH_POINTS,
    MOUTH_CORNERS,
    NOSE_TIP,
    canonical_mesh,
)
from didgen.engine.face.pose import place_head

Floats = NDArray[np.float64]
Picture = NDArray[np.uint8]
_Mask = NDArray[np.bool_]

PX_PER_CM = 30.0
_HALF_CM, _ABOVE_CM, _BELOW_CM = 4.6, 2.6, 4.4  # of the level crop about the mouth
_FLAT, _FLAT_SHARE = 5, 0.5  # levels from the commonest colour, and how much of the lower face must be that near to it
_UNLIKE = 32  # levels of any channel: of another colour; JPEG rings by half of that beside a line
_NARROWEST_CM, _THICKEST_CM = 1.4, 0.65  # of a mouth's line: a nose is narrower, an open mouth or a moustache thicker
_ASIDE_CM, _AWAY_CM = 1.2, 1.8  # how far its middle may lie from where the net sees the mouth
_SMOOTH_CM = 0.06  # sigma along the line: px are steps
_CLEAR_CM = 0.3  # beside the line, at least, that is still lip: it moves with the line, so that this is not stretched
_FOLLOW_CM = 0.9  # how far around the lips the mesh goes along with them
_KNOTS = 41


@dataclass(frozen=True, slots=True)
class Stroke:
    """The line of a drawn mouth. middle: (n, 2) picture px, counted as landmarks are, from the picture's left to its
    right as the head stands; thick_px: across the line."""

    middle: NDArray[np.float32]
    thick_px: float

    def scaled(self, scale: float) -> Stroke:
        """The same in a picture `scale` times as large."""
        return Stroke((self.middle * scale).astype(np.float32), self.thick_px * scale)


@dataclass(frozen=True, slots=True)
class _Mouth:
    """Crop px. x: (n,) columns from end to end; middle, upper, lower: (n,) rows of the line's middle and of the outer
    edges of what is drawn there, lips or the line itself."""

    x: Floats
    middle: Floats
    upper: Floats
    lower: Floats
    thick: float


def drawn_mouth(rgb: Picture, landmarks: NDArray[np.float32]) -> tuple[Stroke | None, NDArray[np.float32]]:
    """The line of a closed mouth drawn on flat colour and the (478, 3) landmarks with the lips set on it; None and the
    landmarks as they are for everything else: photos, open mouths, drawings without a mouth.

    rgb: (H, W, 3); landmarks: picture px.
    """
    level = _level(landmarks)
    crop = _crop(rgb, level)
    points = _apply(level, landmarks[:, :2].astype(np.float64) - 0.5)
    skin = _flat_colour(crop, points)
    mouth = None if skin is None else _mouth(crop, skin, points)
    if mouth is None:
        return None, landmarks
    back = cv2.invertAffineTransform(level)
    knots = np.linspace(mouth.x[0], mouth.x[-1], _KNOTS)
    middle = _apply(back, np.column_stack([knots, np.interp(knots, mouth.x, mouth.middle)])) + 0.5
    scale = float(np.sqrt(abs(np.linalg.det(back[:, :2]))))
    moved = landmarks.copy()
    moved[:, :2] = _apply(back, _with_lips(points, mouth)) + 0.5
    return Stroke(middle.astype(np.float32), mouth.thick * scale), moved


def flat_colour(rgb: Picture, landmarks: NDArray[np.float32]) -> NDArray[np.float64] | None:
    """(3,) RGB of a lower face that is of one colour, as only drawings are; None for any other."""
    level = _level(landmarks)
    return _flat_colour(_crop(rgb, level), _apply(level, landmarks[:, :2].astype(np.float64) - 0.5))


def _level(landmarks: NDArray[np.floating]) -> Floats:
    """(2, 3) picture px → px of a crop about the mouth in which the head stands upright."""
    head = place_head(landmarks)
    origin, right = head.picture_from_canonical(np.array([[0.0, 0, 0], [1, 0, 0]]))[:, :2]
    along = (right - origin) / np.hypot(*(right - origin)) * PX_PER_CM / head.s
    turn = np.array([[along[0], along[1]], [-along[1], along[0]]])
    middle = landmarks[list(MOUTH_CORNERS), :2].astype(np.float64).mean(0) - 0.5
    return np.column_stack([turn, np.array([_HALF_CM, _ABOVE_CM]) * PX_PER_CM - turn @ middle])


def _crop(rgb: Picture, level: Floats) -> Picture:
    size = round(2 * _HALF_CM * PX_PER_CM), round((_ABOVE_CM + _BELOW_CM) * PX_PER_CM)
    shrunk = float(np.sqrt(abs(np.linalg.det(level[:, :2]))))
    soft = cv2.GaussianBlur(rgb, (0, 0), 0.4 / shrunk) if shrunk < 0.6 else rgb
    return np.asarray(cv2.warpAffine(soft, level, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def _apply(affine: NDArray[np.floating], points: Floats) -> Floats:
    return np.asarray(points @ affine[:, :2].T + affine[:, 2], np.float64)


def _flat_colour(crop: Picture, points: Floats) -> NDArray[np.float64] | None:
    """points: (478, 2) landmarks in the crop."""
    face = np.zeros(crop.shape[:2], np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(points[list(FACE_OVAL)].round().astype(np.int32)), 1)
    colours = crop[face > 0].astype(np.int32)
    if not len(colours):
        return None
    bins = (colours >> 3) @ (1024, 32, 1)
    commonest = np.median(colours[bins == np.bincount(bins).argmax()], axis=0)
    near = np.abs(colours - commonest).max(1) <= _FLAT
    return commonest if near.mean() >= _FLAT_SHARE else None


def _mouth(crop: Picture, skin: NDArray[np.float64], points: Floats) -> _Mouth | None:
    """The blob of another colour that lies where a mouth does, if a dark line runs through it."""
    unlike = np.abs(crop.astype(np.float64) - skin).max(2) > _UNLIKE
    _, labels, stats, _ = cv2.connectedComponentsWithStats(unlike.astype(np.uint8), connectivity=8)
    expected = points[list(MOUTH_CORNERS)].mean(0)
    height, width = unlike.shape
    found: list[tuple[float, int]] = []
    for k in range(1, len(stats)):
        left, top, wide, tall = (int(n) for n in stats[k, :4])
        inside = left > 0 and top > 0 and left + wide < width and top + tall < height  # else the face's outline
        middle = np.array([left + wide / 2, top + tall / 2])
        off = np.abs(middle - expected) / PX_PER_CM
        like_a_mouth = wide >= _NARROWEST_CM * PX_PER_CM and tall < wide
        if inside and like_a_mouth and off[0] < _ASIDE_CM and off[1] < _AWAY_CM:
            found.append((float(np.hypot(*off)), k))
    for _, k in sorted(found):
        line = _line(crop, labels == k, skin)
        if line is not None:
            return line
    return None


def _line(crop: Picture, blob: _Mask, skin: NDArray[np.float64]) -> _Mouth | None:
    """The dark line through a blob from end to end: the blob itself, or the darker part of lips that are filled."""
    light = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    dark = float(np.percentile(light[blob], 5))
    skin_light = float(skin @ (0.299, 0.587, 0.114))
    otsu, _ = cv2.threshold(light[blob][None], 0, 255, cv2.THRESH_OTSU)
    for limit in ((dark + skin_light) / 2, otsu):
        line = _traced(blob & (light <= limit), blob)
        if line is not None:
            return line
    return None


def _traced(line: _Mask, blob: _Mask) -> _Mouth | None:
    columns = np.flatnonzero(line.any(0))
    if len(columns) < _NARROWEST_CM * PX_PER_CM or len(columns) < 0.95 * (columns[-1] - columns[0] + 1):
        return None
    rows = np.arange(len(line))[:, None]
    x = np.arange(columns[0], columns[-1] + 1)
    middle = np.interp(x, columns, (line * rows).sum(0)[columns] / line.sum(0)[columns])
    middle = _smooth(middle)
    thick = line.sum() / float(np.hypot(1, np.gradient(middle)).sum())
    across = line.sum(0)[columns] / np.interp(columns, x, np.hypot(1, np.gradient(middle)))
    if np.percentile(across, 95) > _THICKEST_CM * PX_PER_CM or across.max() > 2.5 * max(thick, 2.0):
        return None
    upper = np.interp(x, columns, blob.argmax(0)[columns]) - 0.5
    lower = np.interp(x, columns, len(blob) - blob[::-1].argmax(0)[columns]) - 0.5
    cap = min(thick / 2, 0.2 * len(x))
    inside = (x >= x[0] + cap) & (x <= x[-1] - cap)
    return _Mouth(
        x[inside].astype(np.float64), middle[inside], _smooth(upper)[inside], _smooth(lower)[inside], float(thick)
    )


def _smooth(values: Floats) -> Floats:
    return np.asarray(cv2.GaussianBlur(values[None], (0, 0), _SMOOTH_CM * PX_PER_CM)[0], np.float64)


def _with_lips(points: Floats, mouth: _Mouth) -> Floats:
    """(478, 2) crop px: the lips' inner rows on the line, the outer ones on the edges of what is drawn and clear of the
    line (see `engine.warp.work.stiff_lips`), and the skin about them carried along."""
    out = points.copy()
    first, last = mouth.x[0], mouth.x[-1]
    reach = mouth.thick / 2 + _CLEAR_CM * PX_PER_CM
    upper, lower = np.minimum(mouth.upper, mouth.middle - reach), np.maximum(mouth.lower, mouth.middle + reach)
    for rows, edge in ((LIP_ROWS_UPPER, upper), (LIP_ROWS_LOWER, lower)):
        for k, row in enumerate(rows):
            across = canonical_mesh().vertices_cm[list(row), 0]
            wider = reach * (1 - k / 3)
            x = first - wider + (across - across[0]) / np.ptp(across) * (last - first + 2 * wider)
            inner = np.interp(x, mouth.x, mouth.middle)
            full = (1 - k / 3) * (np.arange(len(row)) % (len(row) - 1) > 0)  # at the corners both lips have one row
            out[list(row)] = np.column_stack([x, inner + (np.interp(x, mouth.x, edge) - inner) * full])
    lips = sorted({v for row in (*LIP_ROWS_UPPER, *LIP_ROWS_LOWER) for v in row})
    pose = np.flatnonzero(canonical_mesh().weights)  # by these the head is placed: they stay
    others = np.setdiff1d(np.arange(MESH_POINTS), [*lips, *pose, NOSE_TIP, CHIN])
    off = points[others, None] - points[lips]
    near = np.exp(-((off / (_FOLLOW_CM * PX_PER_CM)) ** 2).sum(2))
    share = near.max(1) / np.maximum(near.sum(1), 1e-9)
    out[others] += share[:, None] * (near @ (out[lips] - points[lips]))
    return out
