"""The rig: everything about one face of one photo that its frames need, computed once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.mesh import SCORE_INDEX
from didgen.engine.motion.track import MotionTrack
from didgen.engine.warp.calibrate import Calibration, calibrate
from didgen.engine.warp.canvas import Canvas, Picture
from didgen.engine.warp.creases import Creases, build_creases
from didgen.engine.warp.cutout import Cutout, build_cutout
from didgen.engine.warp.field import FlowField, main_field
from didgen.engine.warp.geometry import Geometry, HeadMove
from didgen.engine.warp.pout import Pout, build_pout
from didgen.engine.warp.sheen import Sheen, build_sheen
from didgen.engine.warp.slit import Slits, build_slits
from didgen.engine.warp.work import build_geometry

LONGEST_PX = 1920  # of a stitched video's sides


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """geometry, canvas: of the work picture. field: its main flow. slits: mouth and eyes, drawn over it.
    photo: what the work picture is pasted into, (H, W, 3) with even sides, or None for a face crop."""

    geometry: Geometry
    canvas: Canvas
    cutout: Cutout
    field: FlowField
    slits: Slits
    sheen: Sheen | None
    creases: Creases | None
    pout: Pout | None
    calibration: Calibration
    photo: Picture | None

    @property
    def width(self) -> int:
        return self.geometry.width if self.photo is None else self.photo.shape[1]

    @property
    def height(self) -> int:
        return self.geometry.height if self.photo is None else self.photo.shape[0]

    @property
    def corner(self) -> tuple[int, int]:
        """Left and top of the work picture in the frame, px, even."""
        if self.photo is None:
            return 0, 0
        left, top = (round(-shift) for shift in self.geometry.work_from_photo[:, 2])
        return left, top

    def move(self, track: MotionTrack, index: int) -> HeadMove:
        """The head of one frame, calibrated and kept from folding."""
        wanted = track.pose_deg[index]
        drawn, carried = self.calibration.drawn(wanted), self.calibration.carried(wanted)
        return self.geometry.head_move(drawn, track.translation_cm[index], float(track.breath_cm[index]), carried)


def build_rig(
    photo_rgb: Picture,
    face: Face,
    *,
    stitch: bool = False,
    expand: float = 0.3,
    longest_px: int | None = None,
    sharpen: bool = True,
    others: Sequence[Face] = (),
) -> Rig:
    """photo_rgb: (H, W, 3). face: to animate; others: the photo's other faces, which stay still.

    stitch: the whole photo is the frame (at most 1920 px a side, even sides); else a 512 px square about the face, of
    1 + 2.4 · expand times the face's longer side (the service's `align_expand_factor`). longest_px: the frame's side at
    most (`output_resolution`); lets a crop of a large photo be larger than 512 px. sharpen: the crop only.
    """
    photo = photo_rgb
    if stitch:
        photo, scale = video_sized(photo_rgb, longest_px or LONGEST_PX)
        face, others = _scaled(face, scale), [_scaled(other, scale) for other in others]
    geometry, canvas, opacity = build_geometry(
        photo, face, stitch=stitch, expand=expand, longest_px=longest_px, others=others, sharpen=sharpen
    )
    field = main_field(geometry)
    cutout = build_cutout(canvas, geometry.grid, opacity, float(np.ptp(geometry.landmarks[:, 1])))
    slits = build_slits(geometry, canvas, cutout)

    def seen(weights: NDArray[np.floating], move: HeadMove) -> Picture:
        frame = cutout.drawn(field.reading(weights, move))
        slits.mouth.paint(frame, weights, move, 0.0)
        return frame

    smile_score = float(face.blendshapes[[SCORE_INDEX["mouthSmileLeft"], SCORE_INDEX["mouthSmileRight"]]].mean())
    calibration = calibrate(geometry, field, seen, smile_score)
    photographed = geometry.stroke is None  # a drawing has no folds, shadows and highlights but those its painter drew
    sheen = build_sheen(geometry, canvas) if photographed else None
    creases = build_creases(geometry, canvas) if photographed else None
    pout = build_pout(geometry) if photographed else None
    return Rig(geometry, canvas, cutout, field, slits, sheen, creases, pout, calibration, photo if stitch else None)


def video_sized(photo: Picture, longest_px: int = LONGEST_PX) -> tuple[Picture, float]:
    """The photo with even sides of at most `longest_px`, and its scale; an odd last row or column is lost."""
    scale = min(1.0, longest_px / max(photo.shape[:2]))
    if scale < 1:
        height, width = (round(n * scale) for n in photo.shape[:2])
        photo = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA)
    height, width = (n // 2 * 2 for n in photo.shape[:2])
    return np.ascontiguousarray(photo[:height, :width]), scale


def _scaled(face: Face, scale: float) -> Face:
    landmarks: NDArray[np.float32] = face.landmarks * np.float32(scale)
    return replace(face, landmarks=landmarks, stroke=face.stroke and face.stroke.scaled(scale))
