"""The folds a smile leaves in a photo: they fade as the smile is taken back, as the lips alone would look like a mask.

A fold is what is darker or lighter than the skin about it, wider than a pore and narrower than a cheek. The difference
is taken off the photo once and laid over the warped frame, as much of it as the smile has gone.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.motion.track import INDEX
from didgen.engine.warp.calibrate import smile_weight
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.colours import GREY
from didgen.engine.warp.geometry import Geometry, smoothstep
from didgen.engine.warp.grid import NodeGrid, Reading
from didgen.engine.warp.layer import Layer, Region
from didgen.engine.warp.seam import Floats, Picture

FOLDS = (
    (98, 203, 206, 216, 212, 202, 204),  # the subject's right: beside the nose, past the corner of the mouth, down
    (327, 423, 426, 436, 432, 422, 424),
)
NOSTRILS = (98, 97, 2, 326, 327, 294, 278, 344, 440, 275, 4, 45, 220, 115, 48, 64)
REACH_CM = (0.55, 1.25)  # from the line of a fold: inside all of it is taken, outside nothing
BROAD, BROADER = (0.9, 1.4), 1.6  # from these weights of a smile on folds lie further out, this many times
CHEEK_OUT_CM, LIKE_SKIN = (
    0.9,
    40,
)  # so far beyond the mesh's outline skin is looked for, and by how many levels it tells
PORE_CM, CHEEK_CM = 0.05, 0.62  # sigmas between which a fold lies
FILLED, FLATTENED = 0.85, 0.5  # of what is darker, of what is lighter than the skin about it; of other tint is FILLED
LEAST_SMILE = 0.25  # weight of the photo's own; below it there are no folds to speak of
MIDDLE = 128  # of a difference as a byte

_SMILES = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]


@dataclass(frozen=True, slots=True, eq=False)
class Creases:
    """difference: RGB about MIDDLE, what to add to the photo so that its folds are gone. grid: nodes of the frame's
    flow over its region. smile: weight of the photo's own smile."""

    difference: Layer
    grid: NodeGrid
    smile: float

    def paint(self, frame: Picture, weights: NDArray[np.floating], reading: Reading) -> None:
        """Takes the folds out of an (h, w, 3) work frame in place, as far as the smile is gone; a photo whose smile
        stays, or grows, is left to the bit."""
        left, right = weights[_SMILES].tolist()
        back = min(max(-0.5 * (left + right) / self.smile, 0.0), 1.0)
        if back < 0.02:
            return
        gone = back * (2 - back)  # a fold is the last of a smile to come, and the first to go
        region = self.difference.region
        moved = self.difference.read_by(reading, self.grid, every=2)  # soft as it is, a quarter of its px will do
        under = frame[region.top : region.top + region.height, region.left : region.left + region.width]
        whole = cv2.resize(moved, (region.width, region.height))
        cv2.addWeighted(under, 1.0, whole, gone, -MIDDLE * gone, dst=under)


def build_creases(geometry: Geometry, canvas: Canvas) -> Creases | None:
    """The folds of a photo that smiles; None for one that does not. canvas: the source, in the geometry's work px."""
    smile = smile_weight(geometry.mesh_cm)
    if smile < LEAST_SMILE:
        return None
    cm = geometry.px_per_cm
    points = np.concatenate([geometry.landmarks[list(line), :2] for line in FOLDS])
    low, high = (reach * (1 + (BROADER - 1) * float(smoothstep(*BROAD, np.array(smile)))) for reach in REACH_CM)
    region = on_cells(Region.around(points, high * cm), geometry)
    rgb = canvas.sampled(region.grid()).astype(np.float32)
    skin = _skin_mask(geometry, region, rgb)
    difference = _difference(rgb, skin, cm) * (_near(geometry, region, low, high) * skin)[..., None]
    painted = np.clip(np.rint(difference + MIDDLE), 0, 255).astype(np.uint8)
    return Creases(Layer(painted, region, 1), NodeGrid(*region.box, geometry.grid.fine_step), smile)


def on_cells(region: Region, geometry: Geometry) -> Region:
    """The region inside the work picture, its sides on those of the main grid's cells."""
    step = geometry.grid.step
    left, top = (max(n, 0) // step * step for n in (region.left, region.top))
    right = min(-(-(region.left + region.width) // step) * step, geometry.width)
    bottom = min(-(-(region.top + region.height) // step) * step, geometry.height)
    return Region(left, top, right - left, bottom - top)


def _difference(rgb: Floats, skin: Floats, cm: float) -> Floats:
    """(h, w, 3) what would make the folds as light as the skin about them, and of its tint: a fold that faces another
    lamp would stay as a coloured scratch. Pores stay. skin: (h, w) 0..1."""
    middle = cv2.GaussianBlur(rgb, (0, 0), max(PORE_CM * cm, 0.5))
    weight = cv2.GaussianBlur(skin, (0, 0), CHEEK_CM * cm)[..., None]
    wide = cv2.GaussianBlur(rgb * skin[..., None], (0, 0), CHEEK_CM * cm) / np.maximum(weight, 1e-3)
    missing = wide - middle
    light = (missing @ GREY)[..., None]
    kept = FILLED * (missing - light) + np.where(light > 0, FILLED, FLATTENED) * light
    return np.asarray(kept * np.clip(4 * weight - 0.4, 0, 1), np.float32)


def _skin_mask(geometry: Geometry, region: Region, rgb: Floats) -> Floats:
    """(h, w) 1 on skin, 0 on lips, nostrils and beyond the face, soft at the edges. The cheek that a smile pushes from
    under the mesh is skin where it has the colour of what is next to it there."""
    oval = np.zeros((region.height, region.width), np.float32)
    cv2.fillPoly(oval, [polygon(geometry, FACE_OVAL, region)], 1.0, cv2.LINE_AA)
    cm = geometry.px_per_cm
    mean = [cv2.GaussianBlur(values, (0, 0), CHEEK_OUT_CM * cm) for values in (rgb * oval[..., None], oval)]
    unlike = np.abs(cv2.GaussianBlur(rgb, (0, 0), 0.1 * cm) - mean[0] / np.maximum(mean[1], 1e-3)[..., None]).max(-1)
    out = cv2.distanceTransform((oval < 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    mask = np.maximum(oval, ((out < CHEEK_OUT_CM * cm) & (unlike < LIKE_SKIN)).astype(np.float32))
    lips = (*LIP_ROWS_UPPER[0], *LIP_ROWS_LOWER[0][-2:0:-1])
    for hole in (lips, NOSTRILS):
        cv2.fillPoly(mask, [polygon(geometry, hole, region)], 0.0, cv2.LINE_AA)
    mask = cv2.erode(mask, np.ones((3, 3), np.uint8), iterations=max(1, round(0.12 * cm)))
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 0.1 * cm), np.float32)


def _near(geometry: Geometry, region: Region, low: float, high: float) -> Floats:
    """(h, w) 1 up to `low` cm from the lines of the folds, 0 from `high` cm on."""
    lines = np.ones((region.height, region.width), np.uint8)
    for line in FOLDS:
        cv2.polylines(lines, [polygon(geometry, line, region)], isClosed=False, color=0)
    distance = cv2.distanceTransform(lines, cv2.DIST_L2, 5) / geometry.px_per_cm
    share = np.clip((high - distance) / (high - low), 0, 1)
    edge = np.minimum.reduce(to_edges(region)) / (0.3 * geometry.px_per_cm)
    return np.asarray(share * share * (3 - 2 * share) * np.clip(edge, 0, 1), np.float32)


def to_edges(region: Region) -> list[Floats]:
    """How far each px is from the four sides of its region."""
    y, x = np.mgrid[0 : region.height, 0 : region.width].astype(np.float32)
    return [x, y, region.width - 1 - x, region.height - 1 - y]


def polygon(geometry: Geometry, points: tuple[int, ...], region: Region) -> NDArray[np.int32]:
    return np.asarray(np.rint(geometry.landmarks[list(points), :2] - (region.left, region.top)), np.int32)
