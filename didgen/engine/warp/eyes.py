"""The eyes: eyeball, lower lid, upper lid, laid over the warped face."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, Eye
from didgen.engine.motion.track import INDEX, LIDS, SHAPES
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.eyeball import EYEBALL_RADIUS_CM, Eyeball, build_eyeball, iris_of
from didgen.engine.warp.field import FlowField, without
from didgen.engine.warp.geometry import Geometry, HeadMove
from didgen.engine.warp.layer import (
    Region,
    hole,
    over,
    paste,
    rigid,
    shares,
    slit_region,
    split,
    superellipse,
    weaker,
    whole_shift,
)
from didgen.engine.warp.lid_lines import LidLines, find_lid_lines
from didgen.engine.warp.lid_sheet import REACH, Shut
from didgen.engine.warp.lids import LidLayers, build_lids
from didgen.engine.warp.seam import Floats, Picture, Shares, SlitFrame, clamp, floats

STEP_PX = 4
FOLLOW = 0.55  # share of the iris's way up or down that the upper lid goes with it
LASHES_CM = 0.3  # below the lower lid's edge, as far as the lashes of a shut eye hang
UNFOLDS = (0.05, 0.75)  # of its way: between these a falling lid turns into what it is when shut
_KNOTS = 97  # of the table of how far the lid falls along the eye
_SIDE = np.arange(256)
_ABOVE, _BELOW = (np.maximum(sign * (2 * _SIDE - 255), 0).astype(np.uint8) for sign in (1, -1))


@dataclass(frozen=True, slots=True, eq=False)
class EyeSlit:
    """All that one eye is drawn from.

    field: how the skin about the eye moves, the upper lid's edge left out: that slides over it by `fall`, (4, n) px
    per unit of LIDS at n places along u, the first and last REACH half widths from the middle. shapes: their indices.
    arch: (n,) 0..1 how much the lid follows the gaze. middle: (3,) between the eye's corners, work px. grid: (h, w, 2)
    the region's px.
    """

    geometry: Geometry
    frame: SlitFrame
    region: Region
    cover: Shares
    field: FlowField
    layers: LidLayers
    eyeball: Eyeball
    shapes: list[int]
    fall: Floats
    arch: Floats
    middle: Floats
    grid: Floats

    def paint(
        self, frame: Picture, weights: NDArray[np.floating], move: HeadMove, gaze_deg: NDArray[np.floating]
    ) -> None:
        """Draws the eye over an (h, w, 3) frame in place; nothing where neither lids nor gaze move."""
        gaze = self._gaze_px(gaze_deg)
        fallen = self._fallen(weights, gaze)
        change = float(np.abs(fallen).max() + np.abs(gaze).max())
        if change < 0.02:
            return
        skull = rigid(self.geometry, move, self.middle)
        shift = whole_shift(skull, self.frame.origin)
        source = self.field.backward(weights, move, shift)
        shut = self._shut(fallen)
        picture, above, below = self._skin(source, shut)
        box = hole(cv2.add(above, below), 1 + int(_ramp(0, 0.5, shut) * LASHES_CM * self.geometry.px_per_cm))
        if box:
            above, below, skin = above[box], below[box], picture[box]
            lid, covered = self._lid(np.ascontiguousarray(source[box]), fallen, shut)
            ball = self._ball(skull, box, shift, gaze)
            shadow = 0.3 * _ramp(0, 0.3, shut)
            if shadow:
                ball = _under_lid(ball, covered, self.geometry.px_per_cm, shadow)
            picture[box] = over(over(over(ball, skin, below), lid, covered), skin, above)
        fade = min(1.0, change / (0.04 * self.geometry.px_per_cm))
        paste(frame, picture, weaker(self.cover, fade), self.region.left + shift[0], self.region.top + shift[1])

    def _ball(
        self, skull: NDArray[np.float64], box: tuple[slice, slice], shift: tuple[int, int], gaze_px: Floats
    ) -> Picture:
        """The eyeball in a box of the region; it goes with the skull."""
        inverse = cv2.invertAffineTransform(skull)
        inverse[:, 2] += inverse[:, :2] @ np.array(shift)
        return self.eyeball.seen(floats(cv2.transform(np.ascontiguousarray(self.grid[box]), inverse)), gaze_px)

    def _fallen(self, weights: NDArray[np.floating], gaze_px: Floats) -> Floats:
        """(n,) px by which the upper lid's edge stands lower than in the photo; never below the lower lid's."""
        fallen = weights[self.shapes] @ self.fall + FOLLOW * gaze_px[1] * self.arch
        return floats(np.minimum(fallen, self.fall[0]))

    def _shut(self, fallen: Floats) -> float:
        """0..1: how far the lid has fallen where it falls furthest."""
        widest = int(self.fall[0].argmax())
        return clamp(float(fallen[widest]) / float(self.fall[0, widest]), 0, 1)

    def _skin(self, source: Floats, shut: float) -> tuple[Picture, Shares, Shares]:
        """Colours (h, w, 3), and how much lies above the fold and below the lower lid's edge."""
        layers = self.layers
        skin, side = split(layers.skin.blended(layers.shut_skin, _ramp(*UNFOLDS, shut), source))
        return skin, cv2.LUT(side, _ABOVE), cv2.LUT(side, _BELOW)

    def _lid(self, source: Floats, fallen: Floats, shut: float) -> tuple[Picture, Shares]:
        """The upper lid's colours and alpha."""
        frame = self.frame
        (right, down), (x, y) = frame.along.tolist(), frame.origin.tolist()
        to_uv = np.array([[right, down, -right * x - down * y], [-down, right, down * x - right * y]])
        uv = cv2.transform(source, to_uv)
        per_knot = 0.5 * (_KNOTS - 1) / (REACH * frame.half)
        along = np.array([[per_knot, 0, 0.5 * (_KNOTS - 1)], [0, 0, 0]])
        lower = cv2.remap(
            fallen[None], cv2.transform(uv, along), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        uv[..., 1] -= lower
        return split(self.layers.lid.blended(self.layers.shut_lid, _ramp(*UNFOLDS, shut), uv))

    def _gaze_px(self, gaze_deg: NDArray[np.floating]) -> Floats:
        radius = EYEBALL_RADIUS_CM * self.geometry.px_per_cm
        return np.array([radius * sin(radians(angle)) for angle in gaze_deg.tolist()], np.float32)


def _ramp(low: float, high: float, x: float) -> float:
    t = clamp((x - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def _under_lid(ball: Picture, above: Shares, px_per_cm: float, shadow: float) -> Picture:
    """The eyeball in the soft shadow of a lid lower than the photo's, which has its own in it."""
    reach = max(1, int(0.09 * px_per_cm))
    cast = cv2.blur(above, (3, 2 * reach + 1), anchor=(1, 2 * reach))
    left = cv2.cvtColor(cv2.bitwise_not(weaker(cast, shadow)), cv2.COLOR_GRAY2RGB)
    return cv2.multiply(ball, left, scale=1 / 255)  # type: ignore[no-any-return]


def build_eye(geometry: Geometry, canvas: Canvas, eye: Eye) -> EyeSlit:
    """canvas: the source, in the geometry's work px."""
    cm, landmarks = geometry.px_per_cm, geometry.landmarks
    lines = find_lid_lines(canvas, landmarks, eye, cm)
    frame = lines.frame
    region = slit_region(frame, REACH * frame.half, -1.15 * frame.half, 0.95 * frame.half)
    inner = eye.up[1:-1]
    side = "Left" if eye is EYES["Left"] else "Right"
    shapes = [INDEX[name + side] for name in LIDS]
    # brows pull up what a blink pulls down: with fewer rounds, or bolder ones, its inverse leaves bumps on the fold
    field = FlowField.over(geometry, without(inner), region.box, STEP_PX, rounds=8, damping=0.65)
    return EyeSlit(
        geometry=geometry,
        frame=frame,
        region=region,
        cover=shares(superellipse(frame, -0.1 * frame.half, REACH * frame.half, 1.05 * frame.half, region.grid())),
        field=field,
        layers=build_lids(canvas, lines, region.grown(int(0.3 * cm)), cm, _shut(geometry, field, shapes[0])),
        eyeball=build_eyeball(
            canvas, frame, (lines.upper, lines.lower), iris_of(landmarks, eye), region.grown(int(0.2 * cm)), cm
        ),
        shapes=shapes,
        fall=_fall(geometry, lines, eye, shapes),
        arch=_arch(lines),
        middle=floats(np.append(frame.origin, landmarks[[inner[0], inner[-1]], 2].mean())),
        grid=region.grid(),
    )


def _shut(geometry: Geometry, field: FlowField, blink: int) -> Shut:
    """How a full blink moves the skin about the eye."""
    weights = np.zeros(len(SHAPES), np.float32)
    weights[blink] = 1
    flow = field.forward(weights, geometry.head_move(np.zeros(3), (0, 0, 0), 0.0))
    return lambda places: floats(places + field.grid.sample(flow, places))


def _along(frame: SlitFrame) -> Floats:
    return np.linspace(-REACH, REACH, _KNOTS, dtype=np.float32) * np.float32(frame.half)


def _arch(lines: LidLines) -> Floats:
    """(n,) 1 in the middle of the eye, 0 at its corners."""
    share = np.clip(_along(lines.frame) / lines.frame.half, -1, 1)
    return floats(np.cos(0.5 * np.pi * share))


def _fall(geometry: Geometry, lines: LidLines, eye: Eye, shapes: list[int]) -> Floats:
    """(4, n) px: a blink brings the edge onto the lower lid, wherever that is; the others as their shapes say."""
    frame = lines.frame
    u = _along(frame)
    rows = [lines.fall(u, geometry.px_per_cm)]
    knots = frame.uv(geometry.landmarks[list(eye.up)])[:, 0]
    order = np.argsort(knots)
    for shape in shapes[1:]:
        moved = geometry.shapes_px[shape][list(eye.up), :2] @ frame.across
        rows.append(floats(np.interp(u, knots[order], moved[order], left=0.0, right=0.0)))
    return np.stack([cv2.GaussianBlur(row[None], (0, 0), 1.5)[0] for row in rows])
