"""A coarse grid of nodes over a rectangle of the work picture: where flows are computed before they are upsampled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

PAD = 2  # nodes beyond each side: cubic upsampling and the inverse look past the border


@dataclass(frozen=True, slots=True)
class NodeGrid:
    """Nodes every `step` px (a power of two) over the rectangle left, top, width, height (work px, px centres at
    integers). Node i of a row stands in the middle of its `step` px, which is where `cv2.resize` thinks it stands."""

    left: int
    top: int
    width: int
    height: int
    step: int

    @property
    def columns(self) -> int:
        return -(-self.width // self.step) + 2 * PAD

    @property
    def rows(self) -> int:
        return -(-self.height // self.step) + 2 * PAD

    @property
    def first(self) -> tuple[float, float]:
        """x, y of node (0, 0)."""
        shift = 0.5 * (self.step - 1) - PAD * self.step
        return self.left + shift, self.top + shift

    @property
    def fine_step(self) -> int:
        """Of the grid that this one is refined to."""
        return min(self.step, 4)

    def nodes(self) -> NDArray[np.float32]:
        """(rows, columns, 2) x, y, work px. Shared: not to be written to."""
        return _nodes(self)

    def numbers(self) -> NDArray[np.float32]:
        """(rows, columns, 2) column and row of each node. Shared: not to be written to."""
        return _numbers(self.rows, self.columns)

    def sample(self, values: NDArray[np.float32], points: NDArray[Any]) -> NDArray[np.float32]:
        """Values (rows, columns[, c]) of the nodes, read at (h, w, 2) work px by cubics; the border's beyond it."""
        at = ((points - self.first) / self.step).astype(np.float32)
        return _floats(cv2.remap(values, at, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))

    def dense_map(self, shift: NDArray[np.float32]) -> NDArray[np.float32]:
        """(height, width, 2): x, y of every px plus the shift there, from the nodes' (rows, columns, 2) shifts."""
        finer, places = self.refined(shift)
        return finer.spread(places)

    def refined(self, shift: NDArray[np.float32]) -> tuple[NodeGrid, NDArray[np.float32]]:
        """The same rectangle with nodes every four px at most, and x, y of those plus the shift there.

        Shifts are upsampled by cubics up to the last four-fold step, which is linear (`spread`): half the time, no
        difference to see. Positions are added before that step: it carries them exactly, and sixteen times fewer are
        added.
        """
        times = self.step // self.fine_step
        if times == 1:
            return self, _floats(cv2.add(shift, self.nodes()))
        finer = NodeGrid(self.left, self.top, self.width, self.height, self.fine_step)
        shift = _resized(shift, times, cv2.INTER_CUBIC)
        edge = PAD * (times - 1)
        shift = shift[edge : edge + finer.rows, edge : edge + finer.columns]
        return finer, _floats(cv2.add(shift, finer.nodes()))

    def reading(self, shift: NDArray[np.float32]) -> Reading:
        """What reads where the nodes' (rows, columns, 2) shifts say."""
        return Reading(self, shift, *self.refined(shift))

    def band(self, first: int, last: int) -> NodeGrid:
        """The same over its rows `first` to `last` of px, which lie on the sides of cells; the last one may be its own
        bottom."""
        return NodeGrid(self.left, self.top + first, self.width, last - first, self.step)

    def coarser(self, times: int) -> NodeGrid:
        """The same nodes over px that are so many times as wide and high."""
        left, top = self.left // times, self.top // times
        return NodeGrid(left, top, self.width // times, self.height // times, self.step // times)

    def spread(self, values: NDArray[np.float32]) -> NDArray[np.float32]:
        """(height, width, c) at every px, linear between the nodes' (rows, columns, c)."""
        spare = PAD - 1  # one node beyond the sides is read
        dense = _resized(values[spare : self.rows - spare, spare : self.columns - spare], self.step, cv2.INTER_LINEAR)
        cut = (PAD - spare) * self.step
        return dense[cut : cut + self.height, cut : cut + self.width]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Where a frame reads the photo. back: (rows, columns, 2) on the nodes of `grid`, from each to where it reads;
    places: the same on the nodes of `fine`, at most four px apart, as x, y. Work px."""

    grid: NodeGrid
    back: NDArray[np.float32]
    fine: NodeGrid
    places: NDArray[np.float32]

    def over(self, part: NodeGrid) -> NDArray[np.float32]:
        """The places of the nodes of a part of `fine`, whose sides lie on its cells."""
        row, column = (part.top - self.fine.top) // part.step, (part.left - self.fine.left) // part.step
        return self.places[row : row + part.rows, column : column + part.columns]


@lru_cache(64)
def _nodes(grid: NodeGrid) -> NDArray[np.float32]:
    x, y = grid.first
    columns, rows = np.arange(grid.columns), np.arange(grid.rows)
    out = np.stack(np.meshgrid(x + grid.step * columns, y + grid.step * rows), -1).astype(np.float32)
    out.flags.writeable = False
    return out


@lru_cache(32)
def _numbers(rows: int, columns: int) -> NDArray[np.float32]:
    out = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), -1).astype(np.float32)
    out.flags.writeable = False
    return out


def _resized(values: NDArray[np.float32], times: int, how: int) -> NDArray[np.float32]:
    if times == 1:
        return values
    return _floats(cv2.resize(values, None, fx=times, fy=times, interpolation=how))


def _floats(values: Any) -> NDArray[np.float32]:
    out: NDArray[np.float32] = values
    return out
