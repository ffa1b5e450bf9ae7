"""From a rough place to 478 points: the region of interest, the landmark net and the blendshape net."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, cos, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.detect import Detection
from didgen.engine.face.mesh import MESH_POINTS, POINTS, SCORE_POINTS
from didgen.engine.face.nets import net, sigmoid

_SIDE = 256  # px of the landmark net's square input
_MARGIN = 1.5  # region over the face's longer side: what the net was trained on
_FRECKLE = 4  # px of that square: smaller spots are no colour of a place
_SHRINK_FROM = 430  # px of region from which plain bilinear sampling would alias


@dataclass(frozen=True, slots=True)
class Region:
    """A square of the picture, turned: centre and side in picture px, angle in radians (clockwise as seen)."""

    x: float
    y: float
    side: float
    angle: float

    def roi_from_picture(self, side_px: int = _SIDE) -> NDArray[np.float64]:
        """(2, 3) affine: picture px → px of the upright square of `side_px`. Pixel centres stand at integers."""
        scale = side_px / self.side
        c, s = cos(self.angle) * scale, sin(self.angle) * scale
        half = side_px / 2 - 0.5
        x, y = self.x - 0.5, self.y - 0.5  # from px edges, where boxes are measured, to px centres
        return np.array([[c, s, half - c * x - s * y], [-s, c, half + s * x - c * y]])


def region_of_detection(detection: Detection) -> Region:
    """The square about a detected face, turned so that its eyes are level."""
    (left, top, right, bottom), (right_eye, left_eye) = detection.box, detection.keypoints[:2]
    angle = np.arctan2(left_eye[1] - right_eye[1], left_eye[0] - right_eye[0])
    side = max(right - left, bottom - top) * _MARGIN
    return Region(float(left + right) / 2, float(top + bottom) / 2, float(side), float(angle))


def region_of_landmarks(landmarks: NDArray[np.float32]) -> Region:
    """The square about (478, 3) known points, turned so that the outer eye corners (33, 263) are level."""
    points = landmarks[:MESH_POINTS, :2].astype(np.float64)
    across = points[263] - points[33]
    angle = np.arctan2(across[1], across[0])
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])  # picture → upright
    upright = points @ turn.T
    low, high = upright.min(0), upright.max(0)
    x, y = turn.T @ ((low + high) / 2)
    return Region(float(x), float(y), float((high - low).max() * _MARGIN), float(angle))


def find_landmarks(rgb: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float32], float]:
    """(478, 3) points in picture px (z in px, smaller = nearer) and how sure the net is, 0..1, that a face is there."""
    landmarks, presence, _ = read_landmarks(rgb, region)
    return landmarks, presence


def read_landmarks(rgb: NDArray[np.uint8], region: Region) -> tuple[NDArray[np.float32], float, NDArray[np.float32]]:
    """The same, and (478, 3) RGB 0..1: the softened colour of the picture at each point."""
    patch = cut(rgb, region)
    outputs = net("face_landmarks")(patch[None])
    points = outputs[0].reshape(POINTS, 3).astype(np.float64)
    matrix = cv2.invertAffineTransform(region.roi_from_picture())
    # The net counts from px edges, as the box of the region does: half a px of the square moves to centres and back.
    xy = (points[:, :2] - 0.5) @ matrix[:, :2].T + matrix[:, 2] + 0.5
    z = points[:, 2:] * (region.side / _SIDE)
    presence = float(sigmoid(outputs[1].reshape(-1)[0]))
    return np.hstack([xy, z]).astype(np.float32), presence, _shades(patch, points[:, :2])


def _shades(patch: NDArray[np.float32], points: NDArray[np.float64]) -> NDArray[np.float32]:
    """(N, 3) the colours of a square at (N, 2) points, counted from px edges, each the mean of about a freckle."""
    soft = cv2.resize(patch, (_SIDE // _FRECKLE, _SIDE // _FRECKLE), interpolation=cv2.INTER_AREA)
    at = (points / _FRECKLE - 0.5).astype(np.float32)[:, None]
    found = cv2.remap(soft, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(found[:, 0], np.float32)


def cut(rgb: NDArray[np.uint8], region: Region) -> NDArray[np.float32]:
    """(256, 256, 3) of 0..1: the region made upright, of a picture that is shrunk for a large one."""
    times = ceil(region.side / _SHRINK_FROM)
    if times > 1:
        rgb, region = _shrunk(rgb, region, times)
    patch = cv2.warpAffine(
        rgb, region.roi_from_picture(), (_SIDE, _SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    scaled: NDArray[np.float32] = patch.astype(np.float32) / 255
    return scaled


def _shrunk(rgb: NDArray[np.uint8], region: Region, times: int) -> tuple[NDArray[np.uint8], Region]:
    """What of a picture a region reaches, `times` smaller (each px the mean of a square), and the region in it.
    Sampling the region denser and averaging that looks the same and costs four times as much."""
    height, width = rgb.shape[:2]
    reach = region.side * 0.5**0.5 + 2 * times
    left, top = (int(np.clip(c - reach, 0, max(n - times, 0))) for c, n in ((region.x, width), (region.y, height)))
    across = max(1, (min(width, ceil(region.x + reach)) - left) // times)
    down = max(1, (min(height, ceil(region.y + reach)) - top) // times)
    box = rgb[top : top + down * times, left : left + across * times]
    small = np.asarray(cv2.resize(box, (across, down), interpolation=cv2.INTER_AREA), np.uint8)
    place = (region.x - left) / times, (region.y - top) / times
    return small, Region(*place, region.side / times, region.angle)


def blendshape_scores(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """(52,) scores 0..1 in the order of `mesh.SCORES` from (478, 3) points in px (the net normalises them itself)."""
    return net("face_blendshapes")(landmarks[SCORE_POINTS, :2][None])[0].reshape(-1)
