"""How a head stands: the canonical mesh laid onto the landmarks, and the angles of that.

Picture axes: x right, y down, z away from the camera. Canonical axes: x right, y up, z towards the camera; F takes
one to the other. Angles have the signs of `MotionTrack.pose_deg`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from didgen.engine.face.mesh import MESH_POINTS, canonical_mesh

F = np.diag([1.0, -1.0, -1.0])
"""Picture axes ← canonical axes (and back: it is its own inverse)."""


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """landmarks ≈ s · R0 · (F · canonical) + t0.

    s: picture px per canonical cm. R0: (3, 3) rotation in picture axes. t0: (3,) picture px, where the canonical
    origin (between the ears, behind the nose root) stands.
    """

    s: float
    R0: NDArray[np.float64]
    t0: NDArray[np.float64]

    @property
    def pose_deg(self) -> tuple[float, float, float]:
        """yaw, pitch, roll."""
        return pose_from_rotation(self.R0)

    def canonical_from_picture(self, landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 3) picture px → (N, 3) canonical cm: X = F · R0ᵀ · (L - t0) / s, the person's own mesh, head straight."""
        return (landmarks.astype(np.float64) - self.t0) @ self.R0 @ F / self.s

    def picture_from_canonical(self, points_cm: NDArray[np.floating]) -> NDArray[np.float64]:
        """(N, 3) canonical cm → (N, 3) picture px."""
        return self.s * (points_cm.astype(np.float64) @ F) @ self.R0.T + self.t0


def place_head(landmarks: NDArray[np.floating]) -> Placement:
    """The placement that brings the canonical mesh closest to (≥ 468, 3) landmarks: weighted Procrustes (Kabsch with
    scale; Umeyama 1991) over the 33 points that expressions move least."""
    mesh = canonical_mesh()
    used = np.flatnonzero(mesh.weights)
    weights = mesh.weights[used] / mesh.weights[used].sum()
    source, target = mesh.vertices_cm[used] @ F, landmarks[:MESH_POINTS][used].astype(np.float64)
    source_mean, target_mean = weights @ source, weights @ target
    source, target = source - source_mean, target - target_mean
    u, d, vt = np.linalg.svd((target * weights[:, None]).T @ source)
    flip = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])  # a rotation, never a mirror
    rotation = (u * flip) @ vt
    scale = float((d * flip).sum() / (weights @ (source**2).sum(1)))
    return Placement(scale, rotation, target_mean - scale * rotation @ source_mean)


def pose_from_rotation(rotation: NDArray[np.float64]) -> tuple[float, float, float]:
    """yaw, pitch, roll in degrees of a (3, 3) rotation in picture axes: the inverse of `rotation_from_pose`."""
    yaw = np.arcsin(np.clip(rotation[2, 0], -1.0, 1.0))
    pitch = np.arctan2(rotation[2, 1], rotation[2, 2])
    roll = np.arctan2(rotation[1, 0], rotation[0, 0])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))


def rotation_from_pose(pose_deg: ArrayLike) -> NDArray[np.float64]:
    """(..., 3) yaw, pitch, roll in degrees → (..., 3, 3) rotations in picture axes: Rz(roll) · Ry(-yaw) · Rx(pitch).

    The nose of a straight head points along -z. yaw > 0 takes it to the picture's right (hence Ry of -yaw),
    pitch > 0 down, roll > 0 turns the picture clockwise.
    """
    angles = np.radians(np.asarray(pose_deg, np.float64)).T  # all axes the other way round, and back at the end
    (cy, cp, cr), (sy, sp, sr) = np.cos(angles), np.sin(angles)
    sy = -sy
    columns = [
        [cr * cy, sr * cy, -sy],
        [cr * sy * sp - sr * cp, sr * sy * sp + cr * cp, cy * sp],
        [cr * sy * cp + sr * sp, sr * sy * cp - cr * sp, cy * cp],
    ]
    return np.array(columns).T
