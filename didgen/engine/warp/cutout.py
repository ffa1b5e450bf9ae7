"""The person cut out of the work picture: what moves is drawn over what stays.

A frame is M(b(x)) + (1 - a(b(x))) · B(x): the moving colours M and their opacity a, read where the flow b says, over
the still picture B behind the person. M is made as I - (1 - a) · B of the photo I, in the very arithmetic that puts it
together again, so that a head at rest is the photo to the bit, hairs that the matte missed move with the head all the
same, and no colour of the old background is carried along where B has it right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.behind import fill_behind
from didgen.engine.warp.canvas import Canvas, Picture, read
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.grid import PAD, NodeGrid, Reading

Floats = NDArray[np.float32]

_STRIP = 16  # rows of nodes that are drawn in one go, each strip only as wide as what moves in it
_RIM = 0.02  # about the person: stray hairs, painted over behind her and kept in front


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """grid: of the work picture. moving: (h, w, 4) RGB and opacity, colours times opacity, sampled as `Canvas` is;
    behind: (height, width, 3), the still picture. near: (rows, columns) uint8 on the grid's nodes, 1
    where anything that moves may be within the px that a node stands for.
    """

    grid: NodeGrid
    moving: Picture
    behind: Picture
    near: NDArray[np.uint8]
    margin: int
    per_px: int

    def drawn(self, reading: Reading) -> Picture:
        """(height, width, 3) work picture."""
        out = np.empty_like(self.behind)
        bottom = 0
        for part in self.parts(reading.back):
            x, y = part.left - self.grid.left, part.top - self.grid.top
            right, lower = x + part.width, y + part.height
            out[bottom:y] = self.behind[bottom:y]
            out[y:lower, :x] = self.behind[y:lower, :x]
            out[y:lower, right:] = self.behind[y:lower, right:]
            piece = replace(part, step=reading.fine.step)
            at = piece.spread(self._samples(reading.over(piece)))
            lay(read(self.moving, at), self.behind[y:lower, x:right], out[y:lower, x:right])
            bottom = lower
        out[bottom:] = self.behind[bottom:]
        return out

    def _samples(self, places: Floats) -> Floats:
        """Work px → samples of `moving`."""
        return (places + np.float32(self.margin)) * np.float32(self.per_px)

    def parts(self, back: Floats) -> list[NodeGrid]:
        """The rectangles in which something of the person is seen, downwards, as grids of their own."""
        grid = self.grid
        at = cv2.scaleAdd(back, 1 / grid.step, grid.numbers())
        near = cv2.remap(self.near, at, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        cells = near[PAD:-PAD, PAD:-PAD]  # a node stands for the step px about it
        parts = []
        for row in range(0, len(cells), _STRIP):
            columns = np.flatnonzero(cells[row : row + _STRIP].any(0))
            if len(columns):
                left, top = int(columns[0]) * grid.step, row * grid.step
                width = min((int(columns[-1]) + 1) * grid.step, grid.width) - left
                height = min((row + _STRIP) * grid.step, grid.height) - top
                parts.append(NodeGrid(grid.left + left, grid.top + top, width, height, grid.step))
        return parts

    def within(self, places: Floats) -> Floats:
        """(h, w) 0..1: 1 well inside the person, 0 from her outline on, at (h, w, 2) work px of the photo."""
        opacity = cv2.extractChannel(read(self.moving, self._samples(places)), 3).astype(np.float32) / 255
        return smoothstep(0.6, 1.0, cv2.blur(opacity, (5, 5)))


def lay(moving: Picture, behind: Picture, out: Picture) -> None:
    """Premultiplied RGBA (h, w, 4) over RGB (h, w, 3), into `out`."""
    clear = cv2.bitwise_not(cv2.extractChannel(moving, 3))
    cv2.add(cv2.cvtColor(moving, cv2.COLOR_RGBA2RGB), _times(behind, clear), dst=out)


def _times(rgb: Picture, share: NDArray[np.uint8]) -> Picture:
    """RGB times share / 255, rounded."""
    out: Picture = cv2.multiply(rgb, cv2.cvtColor(share, cv2.COLOR_GRAY2RGB), scale=1 / 255)
    return out


def build_cutout(canvas: Canvas, grid: NodeGrid, opacity: Floats, face_height: float) -> Cutout:
    """opacity: (h, w) 0..1 of the person in the work picture, at any scale. face_height: work px."""
    scale = opacity.shape[1] / grid.width
    edge = round(canvas.margin * scale)
    per = scale / canvas.per_px
    small_from_canvas = np.array([[per, 0, scale * (0.5 - canvas.margin) - 0.5], [0, per, 0]])
    small_from_canvas[1, 2] = small_from_canvas[0, 2]
    small_from_canvas[:, 2] += edge
    wide = cv2.copyMakeBorder(opacity, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    hole = _grown(wide > 0, math.ceil(_RIM * face_height * scale))
    still = _still(canvas.rgb, hole, small_from_canvas)
    size = canvas.rgb.shape[1::-1]
    to_canvas = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    shares = np.rint(wide * 255).astype(np.uint8)
    clear = 255 - cv2.warpAffine(shares, small_from_canvas, size, flags=to_canvas, borderMode=cv2.BORDER_REPLICATE)
    first, stop = canvas.margin * canvas.per_px, -canvas.margin * canvas.per_px
    nodes = (grid.nodes() + 0.5) * np.float32(scale) - np.float32(0.5 - edge)
    # Half a step to the cell's sides, stretched by what a flow stretches, and half a step of rounding to a node.
    close = _grown(hole, math.ceil((1.5 * grid.step + 1) * scale)).astype(np.uint8)
    return Cutout(
        grid,
        moving=_taken_off(canvas.rgb, still, clear),
        behind=np.ascontiguousarray(still[first : stop : canvas.per_px, first : stop : canvas.per_px]),
        near=np.asarray(cv2.remap(close, nodes, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE), np.uint8),
        margin=canvas.margin,
        per_px=canvas.per_px,
    )


def _still(rgb: Picture, hole: NDArray[np.bool_], small_from_canvas: NDArray[np.float64]) -> Picture:
    """The canvas with the hole, given at the matte's scale, filled."""
    times = 1 / small_from_canvas[0, 0]
    soft = cv2.blur(rgb, (int(times),) * 2) if times > 2.5 else rgb
    small = cv2.warpAffine(
        soft, small_from_canvas, hole.shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    filled = fill_behind(small, hole)
    to_canvas = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    size = rgb.shape[1::-1]
    within = cv2.warpAffine(
        hole.astype(np.uint8), small_from_canvas, size, flags=cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
    )
    behind = cv2.warpAffine(filled, small_from_canvas, size, flags=to_canvas, borderMode=cv2.BORDER_REPLICATE)
    return cv2.copyTo(behind, within, rgb.copy())  # type: ignore[no-any-return]


def _taken_off(rgb: Picture, still: Picture, clear: NDArray[np.uint8]) -> Picture:
    """(h, w, 4): what must be laid over `still` to see `rgb`, as opaque as 255 - clear, and more where `still` is too
    bright to show through."""
    through = _times(still, clear)
    bright = cv2.inRange(cv2.subtract(through, rgb), (0, 0, 0), (0, 0, 0)) == 0
    most = (255 * rgb[bright].astype(np.int32) // np.maximum(still[bright], 1)).min(-1)
    clear[bright] = np.minimum(clear[bright], np.maximum(most - 1, 0))
    through = _times(still, clear)
    return cv2.merge([*cv2.split(cv2.subtract(rgb, through)), cv2.bitwise_not(clear)])  # type: ignore[no-any-return]


def _grown(mask: NDArray[np.bool_], px: int) -> NDArray[np.bool_]:
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * px + 1, 2 * px + 1))
    return np.asarray(cv2.dilate(mask.astype(np.uint8), kernel), bool)
