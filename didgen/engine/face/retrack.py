"""A face followed through pictures: for driver videos, and to measure what our own videos really show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.find import seen_faces
from didgen.engine.face.landmarks import blendshape_scores, read_landmarks, region_of_landmarks
from didgen.engine.face.mesh import EYES, LIP_GAP, MOUTH_CORNERS
from didgen.engine.face.pose import Placement, place_head
from didgen.errors import RenderError

_MIN_PRESENCE = 0.5
_EYE_RADIUS_CM = 1.2  # of the eyeball: iris offset → angle


@dataclass(frozen=True)  # no slots: its measures are computed once, when first asked for
class Tracked:
    """T pictures of one face.

    landmarks: (T, 478, 3) float32 picture px. scores: (T, 52) blendshapes in the order of `mesh.SCORES`; (T, 0) where
    nobody asked for them (`follow`).
    found: (T,) bool; where it is False the nearest earlier face (at the very beginning: the first one) stands in.
    shades: (T, 478, 3) RGB 0..1, the colour at each landmark; None where it was not kept.
    """

    landmarks: NDArray[np.float32]
    scores: NDArray[np.float32]
    found: NDArray[np.bool_]
    shades: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.landmarks)

    @cached_property
    def placements(self) -> tuple[Placement, ...]:
        """Where the head stands in each picture."""
        return tuple(place_head(points) for points in self.landmarks)

    @cached_property
    def pose_deg(self) -> NDArray[np.float64]:
        """(T, 3) yaw, pitch, roll."""
        return np.array([placement.pose_deg for placement in self.placements])

    @cached_property
    def meshes_cm(self) -> NDArray[np.float64]:
        """(T, 478, 3) the face's own mesh in canonical cm, head straight: x right, y up, z towards the camera."""
        pairs = zip(self.placements, self.landmarks, strict=True)
        return np.stack([placement.canonical_from_picture(points) for placement, points in pairs])

    @cached_property
    def lip_gap_cm(self) -> NDArray[np.float64]:
        """(T,) between the inner lips at the middle; 0 when closed."""
        upper, lower = (self.meshes_cm[:, k, 1] for k in LIP_GAP)
        return np.maximum(upper - lower, 0.0)

    @cached_property
    def mouth_width_cm(self) -> NDArray[np.float64]:
        """(T,) between the corners."""
        right, left = (self.meshes_cm[:, k, :2] for k in MOUTH_CORNERS)
        return np.asarray(np.linalg.norm(left - right, axis=1))

    @cached_property
    def eye_opening(self) -> NDArray[np.float64]:
        """(T, 2) of the subject's right and left eye: mean height of the opening over its width; about 0.05 closed."""
        return np.stack([_opening(self.meshes_cm, eye.up, eye.lo) for eye in EYES.values()], 1)

    @cached_property
    def iris_cm(self) -> NDArray[np.float64]:
        """(T, 2, 2) of the subject's right and left eye: x right, y up from between the eye's corners to its iris."""
        offsets = [
            self.meshes_cm[:, eye.iris[0], :2] - self.meshes_cm[:, [eye.up[0], eye.up[-1]], :2].mean(1)
            for eye in EYES.values()
        ]
        return np.stack(offsets, 1)

    @cached_property
    def gaze_deg(self) -> NDArray[np.float64]:
        """(T, 2) x right, y down on the picture, of the eyes in the head: the mean iris offset from between the eye
        corners. Its zero differs from person to person: use differences."""
        right_down = self.iris_cm.mean(1) * (1, -1)
        return np.asarray(np.degrees(np.arcsin(np.clip(right_down / _EYE_RADIUS_CM, -1, 1))))


def retrack(frames: Iterable[NDArray[np.uint8]], near: NDArray[np.float32] | None = None) -> Tracked:
    """Follow the largest face of the first picture that has one through (H, W, 3) RGB pictures of one size.

    near: (478, 3) landmarks of the face to follow, as it is about to stand in the first picture: of several, that one.
    Each picture's region comes from the one before (one net a picture, about 6 ms); a lost face is searched again.
    Raises RenderError("FaceError") when no picture has a face.
    """
    tracked = follow(frames, near)
    return replace(tracked, scores=np.stack([blendshape_scores(points) for points in tracked.landmarks]))


def follow(frames: Iterable[NDArray[np.uint8]], near: NDArray[np.float32] | None = None) -> Tracked:
    """The same without the scores, which cost another net a picture."""
    rows: list[tuple[NDArray[np.float32], NDArray[np.float32], bool]] = []
    last: _Look | None = None
    held = False  # whether `last` is of the picture just before
    for rgb in frames:
        look = _look(rgb, near if last is None else last[0], held or last is None)
        held = look is not None
        last = last if look is None else look
        rows.append((*(last or _NOBODY), held))
    if last is None:
        raise RenderError("FaceError", f"no face was found in {len(rows)} pictures", hint="show one face, well lit")
    first = next(row for row in rows if row[2])
    known = [row if len(row[0]) else first for row in rows]
    found = np.array([row[2] for row in rows])
    landmarks, shades = np.stack([row[0] for row in known]), np.stack([row[1] for row in known])
    return Tracked(landmarks, np.zeros((len(rows), 0), np.float32), found, shades)


_Look = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Landmarks and the colours there."""

_NOBODY: _Look = (np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32))


def _look(rgb: NDArray[np.uint8], last: NDArray[np.float32] | None, near: bool) -> _Look | None:
    """The face at its last place, if it may still be `near`, or anywhere; None when there is none."""
    if last is not None and near:
        points, presence, shades = read_landmarks(rgb, region_of_landmarks(last))
        if presence >= _MIN_PRESENCE:
            return points, shades
    faces = seen_faces(rgb)
    if not faces:
        return None
    points = (faces[0] if last is None else min(faces, key=lambda face: _apart(face.landmarks, last))).landmarks
    return points, read_landmarks(rgb, region_of_landmarks(points))[2]


def _apart(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How far two faces differ in place and size: a face that comes back is the one that left, not a larger one."""
    boxes = [np.stack([points[:, :2].min(0), points[:, :2].max(0)]) for points in (one, other)]
    return float(np.abs(boxes[0] - boxes[1]).sum())


def _opening(meshes_cm: NDArray[np.float64], up: tuple[int, ...], lo: tuple[int, ...]) -> NDArray[np.float64]:
    upper, lower = meshes_cm[:, list(up[1:-1]), 1], meshes_cm[:, list(lo[1:-1]), 1]
    width = np.linalg.norm(meshes_cm[:, up[0], :2] - meshes_cm[:, up[-1], :2], axis=1)
    return np.asarray((upper - lower).mean(1) / width)
