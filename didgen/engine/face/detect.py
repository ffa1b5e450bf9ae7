"""Where the faces of a picture are: the full-range BlazeFace net, which finds small and turned heads too.

The short-range net costs a third but misses every second face of a group photo, so it is not used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.nets import net, sigmoid

_SIDE = 192  # px of the net's square input
_CELLS = 48  # anchors per side: stride 4, one each, at the cell centres
_MIN_SCORE = 0.5
_SAME_FACE_IOU = 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """One face, roughly. box: left, top, right, bottom in picture px, may reach outside. keypoints: (6, 2) picture px:
    subject's right eye, left eye, nose tip, mouth, right ear, left ear."""

    score: float
    box: NDArray[np.float64]
    keypoints: NDArray[np.float64]


def detect(rgb: NDArray[np.uint8]) -> list[Detection]:
    """Faces of an (H, W, 3) RGB picture, best first; none is an empty list.

    A picture without any is looked at again with a wide border: so faces that fill it or are cut off are found too,
    and can be refused for what they are.
    """
    return _detect(rgb, 1.0) or _detect(rgb, 0.6)


def _detect(rgb: NDArray[np.uint8], fill: float) -> list[Detection]:
    tensor, scale, left, top = letterbox(rgb, fill)
    boxes, logits = net("face_detection_full_range")(tensor[None])
    scores = sigmoid(logits.reshape(-1))
    kept = np.flatnonzero(scores >= _MIN_SCORE)
    if not len(kept):
        return []
    shapes = decode(boxes.reshape(-1, 16)[kept].astype(np.float64), anchors()[kept])
    merged = weighted_nms(shapes, scores[kept].astype(np.float64))
    points = [(score, (shape.reshape(-1, 2) - (left, top)) / scale) for score, shape in merged]
    return [Detection(score, xy[:2].reshape(4), xy[2:]) for score, xy in points]


def letterbox(rgb: NDArray[np.uint8], fill: float = 1.0) -> tuple[NDArray[np.float32], float, float, float]:
    """The picture fitted into `fill` of the net's square (the rest grey), as -1..1; and scale, left, top of picture →
    square."""
    height, width = rgb.shape[:2]
    scale = _SIDE * fill / max(height, width)
    small = cv2.resize(rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    left, top = (_SIDE - small.shape[1]) // 2, (_SIDE - small.shape[0]) // 2
    square = np.zeros((_SIDE, _SIDE, 3), np.float32)
    square[top : top + small.shape[0], left : left + small.shape[1]] = small / np.float32(127.5) - 1
    return square, scale, float(left), float(top)


@cache
def anchors() -> NDArray[np.float64]:
    """(2304, 2) x, y of the anchor centres in px of the net's square, row by row."""
    centres = (np.arange(_CELLS) + 0.5) * _SIDE / _CELLS
    x, y = np.meshgrid(centres, centres)
    return np.stack([x.ravel(), y.ravel()], 1)


def decode(raw: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.float64]:
    """Net rows (N, 16: box centre x y, width, height, six x y; all but the size relative to the anchor) → (N, 16)
    left, top, right, bottom, six x y in px of the square."""
    points = raw.reshape(-1, 8, 2) + centres[:, None]
    half = raw[:, 2:4] / 2
    out = points.copy()
    out[:, 0], out[:, 1] = points[:, 0] - half, points[:, 0] + half
    return out.reshape(-1, 16)


def weighted_nms(shapes: NDArray[np.float64], scores: NDArray[np.float64]) -> list[tuple[float, NDArray[np.float64]]]:
    """Overlapping candidates become one, averaged by their scores (steadier than keeping the best one alone).

    shapes: (N, 16), the first four left, top, right, bottom. Returns (best score, averaged shape), best first.
    """
    left = np.argsort(-scores, kind="stable")
    merged = []
    while len(left):
        same = iou(shapes[left[0], :4], shapes[left, :4]) > _SAME_FACE_IOU
        same[0] = True
        group = left[same]
        merged.append((float(scores[group[0]]), np.average(shapes[group], axis=0, weights=scores[group])))
        left = left[~same]
    return merged


def iou(box: NDArray[np.float64], boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) overlap 0..1 of one (4,) box with (N, 4) boxes: intersection over union; 0 for empty boxes."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    both = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - shared
    result: NDArray[np.float64] = shared / np.maximum(both, 1e-9)
    return result
