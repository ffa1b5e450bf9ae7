"""Which faces a picture holds, which one is animated, and whether it can be."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.detect import detect, iou
from didgen.engine.face.face import Face
from didgen.engine.face.landmarks import (
    blendshape_scores,
    find_landmarks,
    region_of_detection,
    region_of_landmarks,
)
from didgen.engine.face.pose import place_head

_MIN_PRESENCE = 0.5
_SAME_FACE_IOU = 0.5


def find_faces(rgb: NDArray[np.uint8]) -> list[Face]:
    """Every face of an (H, W, 3) RGB picture, largest first; none is an empty list."""
    faces: list[Face] = []
    for detection in detect(rgb):
        landmarks, presence = find_landmarks(rgb, region_of_detection(detection))
        if presence >= _MIN_PRESENCE:
            landmarks, presence = find_landmarks(rgb, region_of_landmarks(landmarks))  # its own region is tighter
        if presence >= _MIN_PRESENCE:
            faces.append(describe(landmarks, presence))
    return _distinct(sorted(faces, key=_area, reverse=True))


def describe(landmarks: NDArray[np.float32], presence: float) -> Face:
    """A Face from its points: blendshapes and pose are computed."""
    return Face(landmarks, presence, blendshape_scores(landmarks), place_head(landmarks).pose_deg)


def _area(face: Face) -> float:
    left, top, right, bottom = face.box
    return (right - left) * (bottom - top)


def _distinct(faces: list[Face]) -> list[Face]:
    """Two detections may slide onto one face: the first (largest) stays."""
    kept: list[Face] = []
    for face in faces:
        boxes = np.array([other.box for other in kept]).reshape(-1, 4)
        if not np.any(iou(np.array(face.box), boxes) > _SAME_FACE_IOU):
            kept.append(face)
    return kept
