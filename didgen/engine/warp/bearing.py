"""What moves with what: which parts of a picture turn with the head, rise with a breath, or stay.

All maps live on the nodes of the work picture's grid, 0..1. Where they change slowly, hair, neck and the background
near the head follow it without tearing; where they are 0 the picture stays as it is, to the bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import CHEEKS, CHIN, FOREHEAD
from didgen.engine.warp.geometry import oval_rings, smoothstep, upright
from didgen.engine.warp.grid import NodeGrid

Floats = NDArray[np.float32]

_ROOM_PX = 40.0  # at 512: photo beyond an edge that a motion may bring in; with less, that edge is pinned
_PINNED_RAMP = 0.27  # of the picture, inwards of such an edge: much shorter, and hair is dented against it
_STITCH_RAMP = 0.2  # inwards of an edge of the stitched rectangle that is not the photo's own


@dataclass(frozen=True, slots=True)
class Edges:
    """Distances, in work px, over which the picture is pinned inwards of each edge; 0 leaves an edge free."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True, eq=False)
class Bearing:
    """head: what turns with the head. body: what a breath lifts. reach: how far shapes may displace."""

    head: Floats
    body: Floats
    reach: Floats


def bearing(
    grid: NodeGrid, landmarks: Floats, matte: Floats, edges: Edges, others: Iterable[tuple[float, float, float, float]]
) -> Bearing:
    """landmarks: (478, 3) work px. matte: (rows, columns) of the grid, 1 = person. others: boxes (left, top, right,
    bottom; work px) of faces that must not move with this one."""
    nodes = grid.nodes()
    pinned = edge_ramp(grid, nodes, edges) * away_from(nodes, others)
    return Bearing(
        head=head_weight(grid, landmarks, matte, nodes) * pinned,
        body=body_weight(grid, landmarks, matte, nodes) * pinned,
        reach=smoothstep(2.1, 1.45, _rings_out(landmarks, nodes)) * pinned,
    )


def head_weight(grid: NodeGrid, landmarks: Floats, matte: Floats, nodes: Floats) -> Floats:
    """1 on the head and its hair, falling off over most of a face height around it, faster down the neck."""
    height, width = _size(landmarks)
    across, down = np.moveaxis(upright(landmarks, nodes), -1, 0)
    chin = float(upright(landmarks, landmarks[CHIN, :2])[1])
    head = (matte > 0.5) & (down < chin) & (np.abs(across) < 1.05 * width)
    head |= _rings_out(landmarks, nodes) < 1.06
    gap = cv2.distanceTransform((~head).astype(np.uint8), cv2.DIST_L2, 5) * grid.step
    weight = smoothstep(0.95 * height, 0.0, gap)
    weight *= 1 - smoothstep(chin - 0.05 * height, chin + 0.55 * height, down)
    blurred: Floats = cv2.GaussianBlur(weight, (0, 0), 0.06 * height / grid.step)
    return blurred


def body_weight(grid: NodeGrid, landmarks: Floats, matte: Floats, nodes: Floats) -> Floats:
    """1 on shoulders and chest, 0 on the head."""
    height, _ = _size(landmarks)
    down = upright(landmarks, nodes)[..., 1]
    chin = float(upright(landmarks, landmarks[CHIN, :2])[1])
    weight = matte * smoothstep(chin + 0.1 * height, chin + 0.7 * height, down)
    blurred: Floats = cv2.GaussianBlur(weight, (0, 0), 0.08 * height / grid.step)
    return blurred


def edge_ramp(grid: NodeGrid, nodes: Floats, edges: Edges) -> Floats:
    """0 on and beyond every pinned edge of the grid's rectangle, 1 from the given distance inwards."""
    x, y = nodes[..., 0] - grid.left, nodes[..., 1] - grid.top
    insets = (x, edges.left), (y, edges.top), (grid.width - 1 - x, edges.right), (grid.height - 1 - y, edges.bottom)
    ramp = np.ones(x.shape, np.float32)
    for inset, length in insets:
        if length:
            # one node of clear zero, so that no interpolation between nodes reaches over the edge
            ramp *= smoothstep(2.0 * grid.step, length + 2.0 * grid.step, inset)
    return ramp


def away_from(nodes: Floats, boxes: Iterable[tuple[float, float, float, float]]) -> Floats:
    """0 on other people's faces, 1 a head's width away from them."""
    out = np.ones(nodes.shape[:2], np.float32)
    for left, top, right, bottom in boxes:
        x, y = (
            (nodes[..., 0] - (left + right) / 2) / (right - left),
            (nodes[..., 1] - (top + bottom) / 2) / (bottom - top),
        )
        out *= smoothstep(0.7, 1.3, np.hypot(x, y))
    return out


def pinned_edges(size: tuple[int, int], room: tuple[float, float, float, float], *, stitch: bool) -> Edges:
    """What to pin. size: width, height of the work picture; room: photo beyond left, top, right, bottom. Work px."""
    needed = _ROOM_PX * max(size) / 512
    lengths = []
    for length, beyond in zip((size[0], size[1]) * 2, room, strict=True):
        ramp = _PINNED_RAMP if beyond < needed else _STITCH_RAMP if stitch else 0.0
        lengths.append(ramp * length)
    return Edges(*lengths)


def _size(landmarks: Floats) -> tuple[float, float]:
    """Height (forehead to chin) and width (cheek to cheek) of the face, work px."""
    height = np.hypot(*(landmarks[CHIN] - landmarks[FOREHEAD])[:2])
    width = np.hypot(*(landmarks[CHEEKS[1]] - landmarks[CHEEKS[0]])[:2])
    return float(height), float(width)


def _rings_out(landmarks: Floats, points: Floats) -> Floats:
    """(rows, columns): distance from the middle of the face oval, 1 on the oval itself in every direction."""
    oval = oval_rings(landmarks, (1.0,))
    middle = (oval.min(0) + oval.max(0)) / 2
    angle = np.arctan2(*(oval - middle).T[::-1])
    order = np.argsort(angle)
    radius = np.hypot(*(oval - middle).T)
    offset = points - middle
    around = np.interp(np.arctan2(offset[..., 1], offset[..., 0]), angle[order], radius[order], period=2 * np.pi)
    out: Floats = (np.hypot(offset[..., 0], offset[..., 1]) / around).astype(np.float32)
    return out
