"""The flow of one frame: weights and head move → where every pixel reads from.

A flow is made forward (where the photo's points go) on the nodes of a grid, inverted there by a damped fixed point, and
upsampled. Two flows over one rectangle may differ: what hangs on the upper lip moves otherwise than what hangs on
the lower one, and each layer of a slit has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import LIP_ROWS_LOWER, LIP_ROWS_UPPER, MESH_POINTS
from didgen.engine.warp.geometry import Geometry, HeadMove
from didgen.engine.warp.grid import PAD, NodeGrid, Reading
from didgen.engine.warp.seam import floats

Floats = NDArray[np.float32]

_LIVE_PX = 0.03  # a shape that moves nothing here further than this is not summed here


@dataclass(frozen=True, slots=True, eq=False)
class FlowField:
    """How one rectangle of the work picture moves.

    basis: (44, rows, columns, 3) float32, displacement of each node per unit weight, work px, z away from the camera.
    rest: (rows, columns, 3) node positions relative to the pivot. head: (rows, columns) 0..1, what turns with the head;
    carry: (rows, columns, 2) the same for x and y. lift: (rows, columns, 2) how far a breath of 1 px takes each node.
    live: shapes that move anything here. rounds, damping: of the inverse.
    """

    grid: NodeGrid
    basis: Floats
    rest: Floats
    head: Floats
    carry: Floats
    lift: Floats
    live: tuple[int, ...]
    rounds: int
    damping: float

    @classmethod
    def over(
        cls,
        geometry: Geometry,
        vertices: NDArray[np.intp],
        region: tuple[int, int, int, int],
        step: int,
        *,
        rounds: int = 6,
        damping: float = 0.75,
    ) -> FlowField:
        """The field that hangs on these mesh vertices (see `Geometry.basis`) over region left, top, width, height.

        Use rounds 8, damping 0.55 where shapes stretch by more than their own size (lids): 0.75 diverges there.
        """
        grid = NodeGrid(*region, step)
        return cls.from_basis(geometry, grid, geometry.basis(vertices, grid.nodes()), rounds, damping)

    @classmethod
    def from_basis(cls, geometry: Geometry, grid: NodeGrid, basis: Floats, rounds: int, damping: float) -> FlowField:
        """The field of a basis that the caller made (see `main_field`)."""
        nodes = grid.nodes()
        largest = np.abs(basis[..., :2]).reshape(len(basis), -1).max(1)
        live = tuple(int(k) for k in np.flatnonzero(largest > _LIVE_PX))
        head, body = (np.clip(geometry.grid.sample(m, nodes), 0, 1) for m in (geometry.head, geometry.body))
        carry, lift = np.dstack([head, head]), np.dstack([0 * body, -body])
        return cls(grid, basis, geometry.rest(nodes), head, carry, lift, live, rounds, damping)

    def forward(self, weights: NDArray[np.floating], move: HeadMove) -> Floats:
        """(rows, columns, 2): how far each node's piece of the photo goes, work px. weights: (44,)."""
        moved = self._displacement(weights)
        flow: Floats = np.ascontiguousarray(moved[..., :2])
        if move.turns:
            turned = cv2.transform(cv2.add(self.rest, moved), move.matrix)
            cv2.add(flow, cv2.multiply(turned, self.carry), dst=flow)
        if move.breath_px:
            cv2.scaleAdd(self.lift, move.breath_px, flow, dst=flow)
        return flow

    def backward(self, weights: NDArray[np.floating], move: HeadMove, shift: tuple[int, int] = (0, 0)) -> Floats:
        """(height, width, 2): where each px of the rectangle, shifted by x, y px, reads the photo, work px.

        weights: (44,). A shift lets a small rectangle follow the head: its flow is then small again.
        """
        return self.grid.dense_map(self.inverse(weights, move, shift))

    def inverse(self, weights: NDArray[np.floating], move: HeadMove, shift: tuple[int, int] = (0, 0)) -> Floats:
        """(rows, columns, 2): what `backward` gives, on the nodes and as a difference from where they are."""
        return self._inverse(self.forward(weights, move), shift)

    def reading(self, weights: NDArray[np.floating], move: HeadMove, shift: tuple[int, int] = (0, 0)) -> Reading:
        """Where the rectangle, shifted by x, y px, reads the photo."""
        return self.grid.reading(self.inverse(weights, move, shift))

    def _displacement(self, weights: NDArray[np.floating]) -> Floats:
        total = np.zeros_like(self.rest)
        each = weights.tolist()
        for k in self.live:
            if each[k]:
                cv2.scaleAdd(self.basis[k], each[k], total, total)
        return total

    def _inverse(self, flow: Floats, shift: tuple[int, int]) -> Floats:
        """b on the nodes, such that the photo's point x + b goes to x + shift: b ← b + α (shift - f(x + b) - b)."""
        still = self.grid.numbers()
        if any(shift):
            flow = floats(cv2.subtract(flow, (*shift, 0, 0)))
        back: Floats = flow * np.float32(-self.damping)  # the first round, from no shift at all
        for _ in range(self.rounds - 1):
            at = cv2.scaleAdd(back, 1 / self.grid.step, still)
            there = cv2.remap(flow, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            back = floats(cv2.addWeighted(back, 1 - self.damping, there, -self.damping, 0))
        return back


@dataclass(frozen=True, slots=True, eq=False)
class TwoFields:
    """Two flows over one rectangle, computed as one: `both` has the nodes of the first over those of the second. Where
    they meet, one looks into the other: the first is good for nothing at its bottom, nor the second at its top."""

    both: FlowField
    grid: NodeGrid

    @classmethod
    def of(cls, first: FlowField, second: FlowField) -> TwoFields:
        grid, live = first.grid, tuple(sorted({*first.live, *second.live}))
        both = FlowField(
            grid=replace(grid, height=(2 * grid.rows - 2 * PAD) * grid.step),
            basis=np.concatenate([first.basis, second.basis], 1),
            rest=np.concatenate([first.rest, second.rest]),
            head=np.concatenate([first.head, second.head]),
            carry=np.concatenate([first.carry, second.carry]),
            lift=np.concatenate([first.lift, second.lift]),
            live=live,
            rounds=first.rounds,
            damping=first.damping,
        )
        return cls(both, grid)

    def readings(
        self, weights: NDArray[np.floating], move: HeadMove, shift: tuple[int, int] = (0, 0)
    ) -> tuple[Reading, Reading]:
        """Where the rectangle, shifted by x, y px, reads the photo by either."""
        back = self.both.inverse(weights, move, shift)
        rows = self.grid.rows
        return self.grid.reading(back[:rows]), self.grid.reading(back[rows:])


def without(vertices: Sequence[int]) -> NDArray[np.intp]:
    """The mesh's vertices but these."""
    return np.setdiff1d(np.arange(MESH_POINTS), np.asarray(vertices))


def upper_vertices() -> NDArray[np.intp]:
    """What the upper lip's layer hangs on (see `_hung`): where the lower lip lies it goes on as its own inner edge."""
    return _hung(LIP_ROWS_LOWER, LIP_ROWS_UPPER[3])


def lower_vertices() -> NDArray[np.intp]:
    """What the lower lip's layer hangs on: where the upper lip lies it goes on as its own inner edge."""
    return _hung(LIP_ROWS_UPPER, LIP_ROWS_LOWER[3])


def _hung(other: Sequence[Sequence[int]], edge: Sequence[int]) -> NDArray[np.intp]:
    """(2, 468): the mesh's vertices, and of each the one as which it moves: itself, but for the other lip's, which do
    as the edge of this lip beside them. The net may set that edge well inside the lip; were there nothing beyond it,
    the strip from there to the seam would hang on the nose and be drawn out as the lips part."""
    hung = np.tile(np.arange(MESH_POINTS), (2, 1))
    for row in other:
        hung[1, list(row[1:-1])] = edge[1:-1]
    return hung


def main_field(geometry: Geometry) -> FlowField:
    """The whole work picture: the upper lip's field above the line between the lips, the lower lip's below."""
    nodes = geometry.grid.nodes()
    below = geometry.below_lips(nodes)[None, ..., None]
    upper = geometry.basis(upper_vertices(), nodes)
    basis = upper + below * (geometry.basis(lower_vertices(), nodes) - upper)
    return FlowField.from_basis(geometry, geometry.grid, basis, rounds=6, damping=0.75)
