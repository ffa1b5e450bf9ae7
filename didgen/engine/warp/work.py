"""From a photo and a face to the work picture: which part of the photo it is, and its geometry and canvas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.drawn import Stroke
from didgen.engine.face.face import Face
from didgen.engine.face.matte import person_matte
from didgen.engine.face.mesh import EYES, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.face.pose import F, Placement, place_head
from didgen.engine.face.visible import wears_glasses
from didgen.engine.motion.track import INDEX, LIDS, SHAPES
from didgen.engine.shot import CROP_PX
from didgen.engine.warp.bearing import bearing, pinned_edges
from didgen.engine.warp.canvas import Canvas, Picture, make_canvas
from didgen.engine.warp.eyeball import eye_shows
from didgen.engine.warp.geometry import Floats, Geometry, depth_map
from didgen.engine.warp.grid import NodeGrid
from didgen.engine.warp.lip_lines import find_lip_lines
from didgen.engine.warp.neck import neck_length
from didgen.engine.warp.opacity import opacity_of
from didgen.engine.warp.shapes import shape_basis

_EXPAND = 2.4  # of the face's longer side, per unit of `align_expand_factor`
_STITCH_SIDE = 2.6  # of the face's longer side: how much of the photo a head may set in motion
_DENSE_PX = 900  # up to this side the canvas is twice as dense as the frame; beyond, the photo itself is dense enough
_MATTE_PX = 512
FRAME_GIVES = 0.25  # how much of what brows and folds of lids do is left under a frame of glasses
ROLL_CM = 0.3  # a drawn lower lip goes up that would roll in by 1
_CORNER = np.array([0.5, 0.5, 0.0])  # from a px's corner to its centre


@dataclass(frozen=True, slots=True)
class WorkArea:
    """A rectangle of the photo (left, top, width, height; px edges) and how many work px make a photo px."""

    left: float
    top: float
    width: float
    height: float
    scale: float

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in work px."""
        return round(self.width * self.scale), round(self.height * self.scale)

    @property
    def work_from_photo(self) -> NDArray[np.float64]:
        """(2, 3), between px centres."""
        k = self.scale
        return np.array([[k, 0, k * (0.5 - self.left) - 0.5], [0, k, k * (0.5 - self.top) - 0.5]])

    def points(self, landmarks: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n, 3) landmarks in photo px (counted from px edges) → work px (counted from px centres)."""
        xy = (landmarks[:, :2].astype(np.float64) - (self.left, self.top)) * self.scale - 0.5
        return np.column_stack([xy, landmarks[:, 2] * self.scale])

    def stroke(self, stroke: Stroke) -> Stroke:
        """The same of the line of a drawn mouth."""
        middle = (stroke.middle - (self.left, self.top)) * self.scale - 0.5
        return Stroke(middle.astype(np.float32), stroke.thick_px * self.scale)

    def box(self, face: Face) -> tuple[float, float, float, float]:
        """The face's left, top, right, bottom in work px."""
        left, top, right, bottom = face.box
        x, y, k = self.left, self.top, self.scale
        return (left - x) * k, (top - y) * k, (right - x) * k, (bottom - y) * k

    def room(self, photo_width: int, photo_height: int) -> tuple[float, float, float, float]:
        """How much photo there is beyond its left, top, right, bottom, work px."""
        right, bottom = photo_width - self.left - self.width, photo_height - self.top - self.height
        return self.left * self.scale, self.top * self.scale, right * self.scale, bottom * self.scale


def crop_side(face: Face, expand: float) -> float:
    """The side of the square about the face, px of the photo, before it meets the photo's edges."""
    left, top, right, bottom = face.box
    return max(right - left, bottom - top) * (1 + _EXPAND * expand)


def crop_area(face: Face, width: int, height: int, expand: float, longest_px: int | None = None) -> WorkArea:
    """The square about the face, inside a photo of width x height px, that fills the frame.

    The frame has 512 px a side; with `longest_px` as many as the photo has there, at least 512, at most those.
    """
    left, top, right, bottom = face.box
    side = min(crop_side(face, expand), width, height)
    x = np.clip((left + right - side) / 2, 0, width - side)
    y = np.clip((top + bottom - side) / 2, 0, height - side)
    frame_px = CROP_PX if longest_px is None else min(max(int(side), CROP_PX), longest_px) // 2 * 2
    return WorkArea(float(x), float(y), float(side), float(side), frame_px / side)


def stitch_area(face: Face, width: int, height: int) -> WorkArea:
    """The rectangle in which the head moves, at even px of a photo with even sides; the rest of the photo stays."""
    left, top, right, bottom = face.box
    half = max(right - left, bottom - top) * _STITCH_SIDE / 2
    x0, x1 = (2 * round(np.clip((left + right) / 2 + s * half, 0, width) / 2) for s in (-1, 1))
    y0, y1 = (2 * round(np.clip((top + bottom) / 2 + s * half, 0, height) / 2) for s in (-1, 1))
    return WorkArea(x0, y0, x1 - x0, y1 - y0, 1.0)


def build_geometry(
    photo: Picture,
    face: Face,
    *,
    stitch: bool,
    expand: float,
    longest_px: int | None = None,
    others: Sequence[Face] = (),
    sharpen: bool = False,
) -> tuple[Geometry, Canvas, Floats]:
    """The third is the person's opacity in the work picture, (h, w) 0..1 at a scale of its own.

    photo: (H, W, 3). expand, longest_px: of the crop, see `crop_area`. others: faces that must not move.

    A stitched canvas is never sharpened: the frame would differ from the photo around it.
    """
    height, width = photo.shape[:2]
    area = stitch_area(face, width, height) if stitch else crop_area(face, width, height, expand, longest_px)
    size = area.size
    dense = 2 if max(size) <= _DENSE_PX else 1
    margin = max(size) // (8 if stitch else 6)
    canvas = make_canvas(photo, area.work_from_photo, size, margin=margin, per_px=dense, sharpen=sharpen and not stitch)
    landmarks = area.points(face.landmarks)
    placement = place_head(landmarks)
    mesh_cm = placement.canonical_from_picture(landmarks)
    stroke = face.stroke and area.stroke(face.stroke)
    parted = find_lip_lines(canvas, landmarks.astype(np.float32), placement.s, stroke).parted
    gap_cm = _gap_cm(mesh_cm) if parted else 0.0
    basis = shape_basis(mesh_cm, parted, gap_cm)
    basis[_unseen_lids(canvas, landmarks.astype(np.float32))] = 0
    if wears_glasses(photo, face):
        basis = stiff_frame(basis)
    if stroke is not None:
        basis = stiff_lips(basis, stroke.thick_px / placement.s)
    grid = NodeGrid(0, 0, *size, 8 if max(size) <= 640 else 16)
    edges = pinned_edges(size, area.room(width, height), area.box(face), stitch=stitch)
    opacity = _opacity(canvas, size, landmarks)
    maps = bearing(
        grid,
        landmarks.astype(np.float32),
        _on_nodes(opacity, grid),
        neck_length(canvas, landmarks.astype(np.float32)),
        edges,
        [area.box(f) for f in others],
    )
    geometry = Geometry(
        width=size[0],
        height=size[1],
        work_from_photo=area.work_from_photo,
        landmarks=landmarks.astype(np.float32),
        placement=placement,
        mesh_cm=mesh_cm,
        shapes_px=_in_px(basis, placement),
        mouth_open=parted,
        gap_cm=gap_cm,
        grid=grid,
        depth=depth_map(landmarks, float(np.ptp(landmarks[[234, 454], 0])), grid.nodes()),
        head=maps.head,
        body=maps.body,
        reach=maps.reach,
        stroke=stroke,
    )
    return geometry, canvas, opacity


def _unseen_lids(canvas: Canvas, landmarks: Floats) -> list[int]:
    """The shapes of lids behind dark glasses or hair: what covers them must not be pulled about."""
    unseen = [side for side, eye in EYES.items() if not eye_shows(canvas, landmarks, eye)]
    return [INDEX[name + side] for name in LIDS for side in unseen]


def stiff_frame(basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """(44, 478, 3) displacements of a face behind glasses: what lies under their frame would bend it."""
    out = basis.copy()
    out[[INDEX[name] for name in SHAPES if name.startswith("brow")]] *= FRAME_GIVES
    lids = [INDEX[name + side] for name in LIDS for side in EYES]
    for eye in EYES.values():
        for row, share in ((eye.crease, FRAME_GIVES), (eye.up2, 0.0)):
            out[np.ix_(lids, list(row))] *= share
    return out


def stiff_lips(basis: NDArray[np.float64], line_cm: float) -> NDArray[np.float64]:
    """(44, 478, 3) displacements by which each lip of a drawing moves as its inner edge does: what makes a lip thick or
    thin would fray its line. A lower lip that cannot roll in goes up instead, by less than its line, `line_cm`, is
    thick."""
    out = basis.copy()
    arch = np.sin(np.linspace(0, np.pi, len(LIP_ROWS_LOWER[3])))
    out[INDEX["mouthRollLower"], list(LIP_ROWS_LOWER[3]), 1] = min(ROLL_CM, line_cm) * arch
    for rows in (LIP_ROWS_UPPER, LIP_ROWS_LOWER):
        for row in rows[:3]:
            out[:, list(row)] = out[:, list(rows[3])]
    return out


def _in_px(basis: NDArray[np.float64], placement: Placement) -> Floats:
    """(44, 478, 3) displacements: cm, canonical axes → work px, picture axes."""
    return (placement.s * (basis @ F) @ placement.R0.T).astype(np.float32)


def _gap_cm(mesh_cm: NDArray[np.float64]) -> float:
    """The largest distance between the inner lips."""
    upper, lower = mesh_cm[list(LIP_ROWS_UPPER[3])], mesh_cm[list(LIP_ROWS_LOWER[3])]
    return float(np.maximum(upper - lower, 0)[:, 1].max())


def _opacity(canvas: Canvas, size: tuple[int, int], landmarks: NDArray[np.float64]) -> Floats:
    """(h, w) how much of the work picture of `size` (width, height) is the person, at most 512 px a side."""
    width, height = size
    scale = min(1.0, _MATTE_PX / max(size))
    edge = canvas.margin * canvas.per_px
    inner = canvas.rgb[edge : edge + height * canvas.per_px, edge : edge + width * canvas.per_px]
    matte = person_matte(cv2.resize(inner, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA))
    return opacity_of(matte, ((landmarks + _CORNER) * scale - _CORNER).astype(np.float32))


def _on_nodes(opacity: Floats, grid: NodeGrid) -> Floats:
    """(rows, columns) the opacity about each node; nodes beyond the picture have its edge's value."""
    at = (grid.nodes() + 0.5) * np.float32(opacity.shape[1] / grid.width) - 0.5
    smooth: Floats = cv2.remap(
        cv2.blur(opacity, (5, 5)), at.astype(np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return smooth
