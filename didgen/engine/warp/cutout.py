"""The person laid over her background, which gives way: what moves, over what is drawn out beside it.

A frame is a(b(x)) · I(b(x)) + (1 - a(b(x))) · I(c(x)): the photo I where the flow reads it, b(x) = x + f(x), as opaque
as the person is there, over the same photo where the background reads it, c(x) = x + k(x) · f(x). k is 1 wherever the
photo shows the person and falls to 0 a little way outside her (`giving.py`). So the strip that a moving head uncovers
is what stood next to it, drawn out, and nothing is made up but right beside a long line (`plate.py`); on its other
side the head goes over what it hides; where the matte is wrong, what it takes along and what it leaves hardly part; and
a little away from her no px changes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import Canvas, Picture, read
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.giving import Way, follows, way_before_lines, without_stray
from didgen.engine.warp.grid import PAD, NodeGrid, Reading
from didgen.engine.warp.layer import over
from didgen.engine.warp.plate import strip_plate
from didgen.engine.warp.seam import Floats, Shares, floats

CLEAR, EDGE, SOLID = 0, 1, 2
_STRIP = 32  # rows of nodes that are drawn in one go, each strip only as wide as what moves in it
_NARROW = 8  # of nodes, where person and background part: that runs along her outline, a few nodes wide
_RUN = re.compile(rb"\x01+(?:\x00{1,7}\x01+)*")  # of a strip's columns of nodes; gaps of up to 7 are drawn along
_SQUARE = np.ones((3, 3), np.uint8)
_STILL_PX = 1 / 16  # what moves by less is not seen to move
_APART_PX = 0.6  # person and background that move apart by less move together


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """rest: (height, width, 3), the work picture. canvas: the photo; opacity: (h, w) of its samples. grid: of the work
    picture, as fine as a reading is. On its nodes (rows, columns): follows, 0..1 (twice, for x and y), k; shown, uint8:
    CLEAR, EDGE or SOLID: nothing, something or all of what a node stands for is the person. way: of a background with
    long lines beside her, what k is more by. behind: like the canvas's samples, what is read but for what is laid over:
    the photo, but beside such lines what is plain (`plate.py`).
    """

    rest: Picture
    canvas: Canvas
    opacity: Shares
    grid: NodeGrid
    follows: Floats
    shown: NDArray[np.uint8]
    behind: Picture
    way: Way | None = None

    def drawn(self, reading: Reading) -> Picture:
        """(height, width, 3) work picture."""
        out = self.rest.copy()
        shown = self._shown(reading.places)
        flow = cv2.subtract(reading.places, self.grid.nodes())
        slower = cv2.multiply(flow, self._follows(flow))
        apart = _beyond(cv2.subtract(flow, slower), _APART_PX) & (shown == EDGE)
        either = floats(cv2.copyTo(flow, cv2.inRange(shown, SOLID, SOLID), slower))
        moves = _beyond(either, _STILL_PX) | apart
        samples = self.canvas.samples(floats(cv2.add(either, self.grid.nodes())))
        for part, here in self._parts(moves, out, _STRIP):
            read(self.behind, part.spread(self._of(part, samples)), here)
            if self.way is not None:
                self._leave(part, either, here)
        self._lay(list(self._parts(apart, out, _NARROW)), reading.places)
        return out

    def _leave(self, part: NodeGrid, flow: Floats, here: Picture) -> None:
        """Where a part of the picture stays in this frame it is the photo, also where the background behind is not."""
        top, left = part.top - self.grid.top, part.left - self.grid.left
        x, y = cv2.split(cv2.absdiff(part.spread(self._of(part, flow)), 0.0))
        still = cv2.compare(cv2.max(x, y), _STILL_PX, cv2.CMP_LT)
        cv2.copyTo(self.rest[top : top + part.height, left : left + part.width], still, here)

    def _follows(self, flow: Floats) -> Floats:
        """k (twice, for x and y)."""
        if self.way is None:
            return self.follows
        by_way = self.way.follows(flow)
        return floats(cv2.add(self.follows, cv2.merge([by_way, by_way])))

    def _lay(self, parts: Sequence[tuple[NodeGrid, Picture]], places: Floats) -> None:
        """The person, read at places, over what gives way in parts of the picture, where that is drawn by now. They are
        small and many: laid side by side they are one picture for OpenCV, a tenth of the calls."""
        starts = [0, *accumulate(part.columns for part, _ in parts)]
        width, step = starts.pop(), self.grid.step
        if not width:
            return
        row = NodeGrid(0, 0, (width - 2 * PAD) * step, _NARROW * step, step)
        nodes = np.zeros((row.rows, width, 2), np.float32)
        under = np.zeros((row.height, row.width, 3), np.uint8)
        for start, (part, here) in zip(starts, parts, strict=True):
            nodes[: part.rows, start : start + part.columns] = self._of(part, places)
            under[: part.height, start * step : start * step + part.width] = here
        at = row.spread(self.canvas.samples(nodes))
        over(under, read(self.canvas.rgb, at), read(self.opacity, at), under)
        for start, (part, here) in zip(starts, parts, strict=True):
            here[:] = under[: part.height, start * step : start * step + part.width]

    def _shown(self, places: Floats) -> NDArray[np.uint8]:
        """What of the person the nodes show that read at places, work px."""
        step, (x, y) = self.grid.step, self.grid.first
        at = cv2.transform(places, np.array([[1 / step, 0, -x / step], [0, 1 / step, -y / step]]))
        out: NDArray[np.uint8] = cv2.remap(self.shown, at, None, cv2.INTER_NEAREST, borderMode=cv2.BORDER_REPLICATE)
        return out

    def _of(self, part: NodeGrid, values: Floats) -> Floats:
        """The values of the nodes of a part of the grid."""
        row, column = (part.top - self.grid.top) // part.step, (part.left - self.grid.left) // part.step
        return values[row : row + part.rows, column : column + part.columns]

    def _parts(self, mask: NDArray[np.bool_], picture: Picture, strip: int) -> Iterator[tuple[NodeGrid, Picture]]:
        """The rectangles about all nodes of a mask, at most `strip` nodes high, as grids of their own, and what of the
        picture they are."""
        grid = self.grid
        grown = cv2.dilate(mask.view(np.uint8), _SQUARE)  # a px lies between its node and the next
        cells = grown[PAD:-PAD, PAD:-PAD]
        for first in range(0, len(cells), strip):
            top, bottom = first * grid.step, min((first + strip) * grid.step, grid.height)
            for run in _RUN.finditer(cells[first : first + strip].max(0).tobytes()):
                left, right = run.start() * grid.step, min(run.end() * grid.step, grid.width)
                part = NodeGrid(grid.left + left, grid.top + top, right - left, bottom - top, grid.step)
                yield part, picture[top:bottom, left:right]

    def within(self, places: Floats) -> Floats:
        """(h, w) 0..1: 1 well inside the person, 0 from her outline on, at (h, w, 2) work px of the photo."""
        opacity = read(self.opacity, self.canvas.samples(places)).astype(np.float32) / 255
        return smoothstep(0.6, 1.0, cv2.blur(opacity, (5, 5)))


def _beyond(flow: Floats, px: float) -> NDArray[np.bool_]:
    """(rows, columns): whether a flow (rows, columns, 2) is longer than that, in x or y."""
    both = np.abs(flow) > np.float32(px)
    return np.asarray(both.view(np.uint16)[..., 0] != 0)  # two bytes at once: NumPy is slow over a last axis of two


def build_cutout(canvas: Canvas, grid: NodeGrid, opacity: Floats, face_height: float) -> Cutout:
    """opacity: (h, w) 0..1 of the person in the work picture, at any scale. face_height: work px."""
    scale, height = opacity.shape[1] / grid.width, face_height * opacity.shape[1] / grid.width
    rest = canvas.at_rest()
    small = cv2.resize(rest, opacity.shape[::-1], interpolation=cv2.INTER_AREA)
    way = way_before_lines(small, opacity, height)
    opacity = opacity if way is None else without_stray(opacity)
    shares = np.rint(opacity * 255).astype(np.uint8)
    fine = replace(grid, step=grid.fine_step)
    at = (fine.nodes() + 0.5) * np.float32(scale) - np.float32(0.5)
    # Half a step to the cell's sides, stretched by what a flow stretches, and half a step of rounding to a node.
    reach = 2 * math.ceil((1.5 * fine.step + 1) * scale) + 1
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))

    def on_nodes(values: NDArray[np.generic], how: int) -> NDArray[np.generic]:
        out: NDArray[np.generic] = cv2.remap(values, at, None, how, borderMode=cv2.BORDER_REPLICATE)
        return out

    share = follows(opacity, height)
    behind = canvas.rgb
    if way is not None:
        behind = _with(canvas, *strip_plate(small, opacity, way, height), scale)
        share *= 1 - way.share
        way = way.on(lambda values: np.asarray(on_nodes(values, cv2.INTER_LINEAR), np.float32), 1 / scale)
    share = np.asarray(on_nodes(share, cv2.INTER_LINEAR), np.float32)
    near, solid = cv2.dilate(np.minimum(shares, 1), around), cv2.erode(shares // 255, around)
    shown = np.asarray(on_nodes(cv2.add(near, solid), cv2.INTER_NEAREST), np.uint8)
    laid = _over(canvas, shares, scale)
    return Cutout(rest, canvas, laid, fine, np.dstack([share, share]), shown, behind, way)


def _with(canvas: Canvas, colours: Picture, taken: Floats, scale: float) -> Picture:
    """(h, w, 3) the canvas's samples with so much, 0..1, of other colours, `scale` px of which make a work px."""
    rgb, share = _over(canvas, colours, scale), floats(_over(canvas, taken, scale))
    out: Picture = cv2.blendLinear(rgb, canvas.rgb, share, 1 - share)
    return out


def _over(canvas: Canvas, values: NDArray[np.generic], scale: float) -> Shares:
    """(h, w[, c]) a picture over the canvas's samples, `scale` px of which make a work px."""
    from_canvas = np.eye(2, 3) * scale / canvas.per_px
    from_canvas[:, 2] = scale * (0.5 - canvas.margin) - 0.5
    to_canvas = cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR
    size = canvas.rgb.shape[1::-1]
    out: Shares = cv2.warpAffine(values, from_canvas, size, flags=to_canvas, borderMode=cv2.BORDER_REPLICATE)
    return out
