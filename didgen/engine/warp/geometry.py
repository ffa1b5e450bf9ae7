"""A face in its work picture: where it is, how it stands, what moves with it and how far away each px lies.

The work picture is the rectangle of the photo that is animated: the square face crop scaled to 512 px, or, stitched,
a rectangle at the photo's own resolution. Work px: x right, y down, px centres at integers, z away from the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from didgen.engine.face.drawn import Stroke
from didgen.engine.face.mesh import CHIN, FACE_OVAL, FOREHEAD, LIP_ROWS_LOWER, LIP_ROWS_UPPER, MESH_POINTS
from didgen.engine.face.pose import Placement, rotation_from_pose
from didgen.engine.warp import tps
from didgen.engine.warp.grid import NodeGrid

Floats = NDArray[np.float32]

_SMOOTHING = 2e-4  # of the dense fields, in face widths: evens out the mesh's noise, keeps lips and lids
_RINGS = (1.5, 2.0, 3.0)  # the face oval scaled: there and beyond nothing is displaced
_CAMERA_CM = 60.0  # from the head, for the size of a head that comes nearer
_STILL = np.eye(2, 3)
_PIVOT_CM = (0.0, -3.5, -5.5)  # where a head turns: the top of the neck, canonical axes


@dataclass(frozen=True, slots=True, eq=False)
class HeadMove:
    """One frame's head: a point P px from the pivot moves by matrix · (P, 1), breathing lifts the body.

    matrix: (2, 4) float32. breath_px >= 0.
    """

    matrix: Floats
    breath_px: float

    @property
    def turns(self) -> bool:
        return bool(self.matrix.any())


@dataclass(frozen=True, eq=False)
class Geometry:
    """width, height: of the work picture. work_from_photo: (2, 3) affine between px centres, no rotation.
    landmarks: (478, 3) work px. placement: the canonical head in work px. mesh_cm: (478, 3) the person's own mesh,
    canonical axes (x right, y up, z towards the camera). shapes_px: (44, 478, 3) displacement of each vertex per unit
    weight, work px. mouth_open: whether the photo's lips are apart; gap_cm: by how much, 0 when closed.
    stroke: the line of a drawn mouth, work px; None in photos.
    grid: over the work picture; on its nodes (rows, columns): depth (z, work px), head (0..1, what turns with the
    head), body (0..1, what breath lifts), reach (0..1, how far shapes may be displaced; 0 where the picture is pinned).
    pivot: (3,) work px.
    """

    width: int
    height: int
    work_from_photo: NDArray[np.float64]
    landmarks: Floats
    placement: Placement
    mesh_cm: NDArray[np.float64]
    shapes_px: Floats
    mouth_open: bool
    gap_cm: float
    grid: NodeGrid
    depth: Floats
    head: Floats
    body: Floats
    reach: Floats
    stroke: Stroke | None = None

    @property
    def px_per_cm(self) -> float:
        return self.placement.s

    @cached_property
    def pivot(self) -> NDArray[np.float64]:
        pivot: NDArray[np.float64] = self.placement.picture_from_canonical(np.array([_PIVOT_CM]))[0]
        return pivot

    @property
    def face_width(self) -> float:
        """Work px between the outermost points of the cheeks."""
        return float(np.hypot(*(self.landmarks[454, :2] - self.landmarks[234, :2])))

    @cached_property
    def middle(self) -> NDArray[np.float64]:
        """(3,) middle of the face oval, where hair and outline lie, work px."""
        middle: NDArray[np.float64] = self.landmarks[list(FACE_OVAL)].astype(np.float64).mean(0)
        return middle

    def head_move(
        self, pose_deg: ArrayLike, translation_cm: ArrayLike, breath_cm: float, carry_deg: ArrayLike | None = None
    ) -> HeadMove:
        """pose_deg: yaw, pitch, roll; translation_cm: x right, y down, z away: both as in `MotionTrack`.

        carry_deg: the pose by which the head as a whole goes round the neck, where its relief must be turned further
        than that to look so (see `calibrate`): the larger turn must not throw the head further aside.
        """
        shift = np.asarray(translation_cm, np.float64)
        scale = _CAMERA_CM / (_CAMERA_CM + shift[2])
        turn, carried = rotation_from_pose(np.array([pose_deg, pose_deg if carry_deg is None else carry_deg]))
        aside = scale * (carried - turn) @ (self.middle - self.pivot) / self.px_per_cm + shift
        matrix = np.empty((2, 4), np.float32)
        matrix[:, :3] = scale * turn[:2] - _STILL
        matrix[:, 3] = aside[:2] * self.px_per_cm
        return HeadMove(matrix, float(breath_cm) * self.px_per_cm)

    def basis(self, vertices: NDArray[np.intp], points: NDArray[Any]) -> Floats:
        """(44, ..., 3) displacement at (rows, columns, 2) work px that follows from these mesh vertices' shapes.

        vertices: (n,), or (2, n) where they lie and as which ones they move.
        """
        key = vertices.tobytes()
        if key not in self._splines:
            self._splines[key] = self._spline(vertices)
        dense = self._splines[key].at(points)
        dense *= self.grid.sample(self.reach, points)[..., None]
        shaped = dense.reshape(*points.shape[:-1], len(self.shapes_px), 3)
        return np.ascontiguousarray(np.moveaxis(shaped, -2, 0))

    @cached_property
    def _splines(self) -> dict[bytes, tps.ThinPlate]:
        """Those made so far, by their vertices: face and lips hang on the same ones."""
        return {}

    def _spline(self, vertices: NDArray[np.intp]) -> tps.ThinPlate:
        """Of all shapes of these vertices, 44 times x, y, z."""
        rings = oval_rings(self.landmarks, _RINGS)
        places, movers = np.atleast_2d(vertices)[[0, -1]]
        anchors = np.concatenate([self.landmarks[places, :2], rings]).astype(np.float64)
        moved = self.shapes_px[:, movers].transpose(1, 0, 2).reshape(len(movers), -1)
        values = np.concatenate([moved, np.zeros((len(rings), moved.shape[1]))])
        return tps.fit(anchors, values, self.face_width, _SMOOTHING)

    def rest(self, points: NDArray[Any]) -> Floats:
        """(rows, columns, 3): points of the photo with their depth, relative to the pivot."""
        depth = self.grid.sample(self.depth, points)
        return np.dstack([points[..., :2], depth]).astype(np.float32) - self.pivot.astype(np.float32)

    def moved(self, weights: NDArray[np.floating], move: HeadMove) -> Floats:
        """(478, 3): where the landmarks go, as if all of the face turned with the head; x, y in work px, z unturned."""
        points = self.landmarks + np.tensordot(weights.astype(np.float32), self.shapes_px, 1)
        rest = points - self.pivot.astype(np.float32)
        points[:, :2] += rest @ move.matrix[:, :3].T + move.matrix[:, 3]
        return points

    def below_lips(self, points: NDArray[Any]) -> Floats:
        """(rows, columns): 0 above the line between the lips, 1 below, soft over .15 cm; level beyond the corners."""
        line = (self.landmarks[list(LIP_ROWS_UPPER[3])] + self.landmarks[list(LIP_ROWS_LOWER[3])])[:, :2] / 2
        along = line[-1] - line[0]
        along = along / np.hypot(*along)
        across = np.array([-along[1], along[0]])
        u, v = (points - line[0]) @ along, (points - line[0]) @ across
        level = np.interp(u, (line - line[0]) @ along, (line - line[0]) @ across)
        return smoothstep(-1, 1, (v - level) / (0.15 * self.px_per_cm))


def oval_rings(landmarks: NDArray[np.floating], times: tuple[float, ...]) -> NDArray[np.float64]:
    """(36 · n, 2): the face oval scaled about its middle."""
    oval = landmarks[list(FACE_OVAL), :2].astype(np.float64)
    middle = (oval.min(0) + oval.max(0)) / 2
    return np.concatenate([middle + t * (oval - middle) for t in times])


def depth_map(landmarks: NDArray[np.floating], unit: float, points: NDArray[Any]) -> Floats:
    """(rows, columns) z at the points, work px: the face's own relief, level outside it.

    What lies behind the outer corners of the eyes is pressed together (tanh): the true depth of the ears would fold the
    near cheek over itself when a face is turned, since no hidden cheek is there to show.
    """
    z = landmarks[:MESH_POINTS, 2].astype(np.float64)
    ledge, reach = z[[33, 263]].mean(), 0.5 * unit
    z = np.where(z > ledge, ledge + reach * np.tanh((z - ledge) / reach), z)
    rings = oval_rings(landmarks, (1.2, 2.0, 3.0))
    anchors = np.concatenate([landmarks[:MESH_POINTS, :2].astype(np.float64), rings])
    values = np.concatenate([z, np.full(len(rings), z[list(FACE_OVAL)].mean())])
    relief = tps.fit(anchors, values[:, None], unit, smoothing=0.003).at(points)[..., 0]
    smooth: Floats = cv2.GaussianBlur(relief, (0, 0), 0.03 * unit / float(points[0, 1, 0] - points[0, 0, 0]))
    return smooth


def upright(landmarks: NDArray[np.floating], points: NDArray[Any]) -> NDArray[np.float64]:
    """(..., 2) points in the face's own frame: across (picture's right) and down, from the middle of the oval."""
    down = (landmarks[CHIN] - landmarks[FOREHEAD])[:2].astype(np.float64)
    down /= np.hypot(*down)
    oval = landmarks[list(FACE_OVAL), :2]
    offset = points - (oval.min(0) + oval.max(0)) / 2
    return np.stack([offset @ np.array([down[1], -down[0]]), offset @ down], -1)


def rings_out(landmarks: NDArray[np.floating], points: NDArray[Any]) -> Floats:
    """(...) of (..., 2) points: distance from the middle of the face oval, 1 on the oval itself in every direction."""
    oval = oval_rings(landmarks, (1.0,))
    middle = (oval.min(0) + oval.max(0)) / 2
    angle = np.arctan2(*(oval - middle).T[::-1])
    order = np.argsort(angle)
    radius = np.hypot(*(oval - middle).T)
    offset = points - middle
    around = np.interp(np.arctan2(offset[..., 1], offset[..., 0]), angle[order], radius[order], period=2 * np.pi)
    out: Floats = (np.hypot(offset[..., 0], offset[..., 1]) / around).astype(np.float32)
    return out


def smoothstep(low: float | NDArray[Any], high: float, x: NDArray[Any]) -> Floats:
    """0 at `low`, 1 at `high` (which may be the smaller), smooth between, level beyond. low may be an array like x."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)
