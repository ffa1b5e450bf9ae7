"""How far a face may be turned, and how far it must be asked to turn to look as far as wanted.

A photo has no hidden cheek: its relief is pressed together (see `geometry.depth_map`), so a turned head looks turned
by less than asked. That is measured once per face with the landmark net itself, and made good by a gain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.landmarks import find_landmarks, region_of_landmarks
from didgen.engine.face.mesh import LIP_GAP, MOUTH_CORNERS, canonical_mesh
from didgen.engine.face.pose import place_head, pose_from_rotation
from didgen.engine.motion.curves import weights_of
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.warp.field import FlowField
from didgen.engine.warp.geometry import Geometry, HeadMove

_LEAST_AREA = 0.30  # of a piece of the head: squeezed further it looks folded
_LEAST_AREA_ROUND = 0.08  # of a piece of neck or of hair beside it: above 0, where it would fold
_FOLD_SHARE = 0.3  # percent of the head that may be squeezed further (noise of the relief at the nose's edge)
_FURTHEST_DEG = 24.0
_SOFT_FROM = 0.7  # of the limit: up to here a turn is what was asked, beyond it bends towards the limit
_PROBES = ((0, 8.0, 1.7), (1, 6.0, 1.6))  # axis of the pose, degrees shown to the net, largest gain
_SMILES = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
_SMILE_CM = 0.62  # how far a smile of weight 1 lifts the corners of the mouth
_RELAXED_AT = (
    0.7  # the negative weight that shall take a whole smile away, at most 2.2 times what the shape itself does
)
_AGAINST_SMILES = weights_of({"mouthPucker": 1.0, "mouthFunnel": 0.4, "mouthFrown": 0.25})
_STILL = np.zeros(len(SHAPES), np.float32)

Render = Callable[[HeadMove], NDArray[np.uint8]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """gain: of yaw, pitch, roll. limit_deg: of yaw and pitch after the gain. relax: of smiles taken back.
    smile: weight of the photo's own smile, 0 for a calm face."""

    gain: tuple[float, float, float]
    limit_deg: tuple[float, float]
    relax: float = 1.0
    smile: float = 0.0

    def drawn(self, pose_deg: NDArray[np.floating]) -> tuple[float, float, float]:
        """Yaw, pitch, roll wanted → to draw."""
        yaw, pitch, roll = (float(g * a) for g, a in zip(self.gain, pose_deg, strict=True))
        return soft_clamp(yaw, self.limit_deg[0]), soft_clamp(pitch, self.limit_deg[1]), roll

    def carried(self, pose_deg: NDArray[np.floating]) -> tuple[float, float, float]:
        """Yaw, pitch, roll wanted → what is drawn of them, before the gain."""
        yaw, pitch, roll = (d / g for d, g in zip(self.drawn(pose_deg), self.gain, strict=True))
        return yaw, pitch, roll

    def weighed(self, weights: NDArray[np.floating]) -> NDArray[np.float32]:
        """(44,) weights wanted → to draw: a negative smile relaxes this photo's own smile, however wide that is, and
        so do lips that are rounded or drawn down: nobody kisses smiling."""
        out = weights.astype(np.float32)
        smiles = np.where(out[_SMILES] < 0, out[_SMILES] * self.relax, out[_SMILES])
        against = min(1.0, float(_AGAINST_SMILES @ out))
        out[_SMILES] = np.minimum(smiles, smiles.clip(0) - self.smile * against) if against > 0 else smiles
        return out


def soft_clamp(value: float, limit: float) -> float:
    """`value` itself up to 70 % of the limit, then ever less more; never beyond the limit. Smooth, odd."""
    knee = _SOFT_FROM * limit
    beyond = abs(value) - knee
    if beyond <= 0:
        return value
    return float(np.copysign(knee + (limit - knee) * np.tanh(beyond / (limit - knee)), value))


def calibrate(geometry: Geometry, field: FlowField, render: Render) -> Calibration:
    """render: the warped work picture of one head move."""
    limits = turn_limit(geometry, field, 0), turn_limit(geometry, field, 1)
    gains = [1.0, 1.0, 1.0]
    for axis, degrees, most in _PROBES:
        probe = min(degrees, 0.8 * limits[axis])
        seen = _seen_deg(geometry, render, axis, probe)
        gains[axis] = float(np.clip(2 * probe / max(seen, 1e-3), 1.0, most))
    lift = smile_lift_cm(geometry.mesh_cm)
    relax = float(np.clip(lift / (_SMILE_CM * _RELAXED_AT), 1.0, 2.2))
    return Calibration((gains[0], gains[1], gains[2]), limits, relax, float(np.clip(lift / _SMILE_CM, 0.0, 1.5)))


def smile_lift_cm(mesh_cm: NDArray[np.floating]) -> float:
    """How much higher this face's corners of the mouth stand than a calm face's."""
    return _corner_lift(mesh_cm) - _corner_lift(canonical_mesh().vertices_cm)


def _corner_lift(mesh_cm: NDArray[np.floating]) -> float:
    """How far the corners of the mouth stand above the middle between the lips, cm."""
    return float(mesh_cm[list(MOUTH_CORNERS), 1].mean() - mesh_cm[list(LIP_GAP), 1].mean())


def turn_limit(geometry: Geometry, field: FlowField, axis: int) -> float:
    """The largest turn about an axis (0 yaw, 1 pitch), degrees, that folds no part of the head either way."""
    inside = field.head > 0.8
    for degrees in np.arange(2.0, _FURTHEST_DEG, 1.0):
        for sign in (-1, 1):
            pose = np.zeros(3)
            pose[axis] = sign * degrees
            area = area_change(field, geometry.head_move(pose, (0, 0, 0), 0.0))
            if np.percentile(area[inside], _FOLD_SHARE) < _LEAST_AREA or area.min() < _LEAST_AREA_ROUND:
                return float(degrees - 1)
    return _FURTHEST_DEG


def area_change(field: FlowField, move: HeadMove) -> NDArray[np.float32]:
    """(rows, columns) Jacobian determinant of the forward flow on the nodes: 1 = as in the photo, <= 0 = folded."""
    flow = field.forward(_STILL, move)
    down, across = (np.asarray(np.gradient(flow, field.grid.step, axis=axis)) for axis in (0, 1))
    area: NDArray[np.float32] = (1 + across[..., 0]) * (1 + down[..., 1]) - across[..., 1] * down[..., 0]
    return area


def _seen_deg(geometry: Geometry, render: Render, axis: int, degrees: float) -> float:
    """What the landmark net sees between a turn by -degrees and one by +degrees, ideally twice that."""
    seen = []
    for sign in (-1, 1):
        pose = np.zeros(3)
        pose[axis] = sign * degrees
        move = geometry.head_move(pose, (0, 0, 0), 0.0)
        around = region_of_landmarks((geometry.moved(_STILL, move) + 0.5).astype(np.float32))
        rotation = place_head(find_landmarks(render(move), around)[0]).R0 @ geometry.placement.R0.T
        seen.append(pose_from_rotation(rotation)[axis])
    return seen[1] - seen[0]
