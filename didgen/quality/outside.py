"""Raw frames, before any encoder: what no flow reaches must be the photo, bit for bit."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from didgen.engine.face.mesh import FACE_OVAL
from didgen.engine.motion.track import MotionTrack
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import Rig

_STILL_PX = 1e-3  # of flow: a px that reads itself
_FACE_MARGIN = 1.25  # the oval of the face, this much larger: what is painted over the flow lies inside it


def changed_outside(rig: Rig, track: MotionTrack, indices: Iterable[int]) -> int:
    """How many px of stitched frames differ from the photo although nothing may change them there, the worst frame's.

    May not change: all beyond the work picture, and within it what the frame's own flow leaves in place outside the
    face. Raises ValueError for a rig of a face crop: there the whole frame is made anew.
    """
    if rig.photo is None:
        raise ValueError("not stitched: the rig has no photo to compare with")
    return max((_changed(rig, track, index) for index in indices), default=0)


def _changed(rig: Rig, track: MotionTrack, index: int) -> int:
    assert rig.photo is not None
    width, height = rig.geometry.width, rig.geometry.height
    left, top = (round(-shift) for shift in rig.geometry.work_from_photo[:, 2])
    places = rig.field.backward(rig.calibration.weighed(track.weights[index]), rig.move(track, index))
    own = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
    still = np.abs(places - own).max(2) < _STILL_PX
    oval = rig.geometry.landmarks[list(FACE_OVAL), :2]
    middle = oval.mean(0)
    face = np.zeros((height, width), np.uint8)
    cv2.fillConvexPoly(face, cv2.convexHull(middle + _FACE_MARGIN * (oval - middle)).astype(np.int32), 1)
    keep = np.ones(rig.photo.shape[:2], np.bool_)
    keep[top : top + height, left : left + width] = still & (face == 0)
    differs = np.any(draw(rig, track, index) != rig.photo, axis=2)
    return int(np.count_nonzero(differs & keep))
