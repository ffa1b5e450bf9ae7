"""A found face, and how one photo is read: the values every part of the engine shares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.drawn import Stroke


@dataclass(frozen=True, slots=True)
class Face:
    """One face of one picture.

    landmarks: (478, 3) float32 in picture px (x right, y down, z in px, smaller = nearer), the face mesh with irises.
    presence: 0..1 from the landmark net. blendshapes: (52,) float32 scores in the net's order.
    pose_deg: yaw, pitch, roll with the signs of `MotionTrack.pose_deg`.
    stroke: the line of a drawn mouth, on which the landmarks' lips lie then; None for all that is no drawing.
    """

    landmarks: NDArray[np.float32]
    presence: float
    blendshapes: NDArray[np.float32]
    pose_deg: tuple[float, float, float]
    stroke: Stroke | None = None

    @property
    def box(self) -> tuple[float, float, float, float]:
        """left, top, right, bottom of the 468 mesh points, picture px."""
        low, high = self.landmarks[:468, :2].min(0), self.landmarks[:468, :2].max(0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    @property
    def eye_distance_px(self) -> float:
        """Between the iris centres (points 468 and 473)."""
        return float(np.hypot(*(self.landmarks[468, :2] - self.landmarks[473, :2])))
