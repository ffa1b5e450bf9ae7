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
from didgen.engine.warp.geometry import rings_out, smoothstep, upright
from didgen.engine.warp.grid import NodeGrid

Floats = NDArray[np.float32]

_ROOM_PX = 40.0  # at 512: photo beyond an edge that a motion may bring in; with less, that edge is pinned
_PINNED_RAMP = 0.27  # of the picture, inwards of such an edge: much shorter, and hair is dented against it
_CLOSE = 0.2  # of the picture: a face nearer to such an edge than this loosens it
_STITCH_RAMP = 0.2  # inwards of an edge of the stitched rectangle that is not the photo's own


@dataclass(frozen=True, slots=True)
class Pin:
    """How one edge is held. ramp_px: the picture is free again this far inwards, 0 = free everywhere. hold: 0..1, how
    much of a motion is taken away at the edge itself."""

    ramp_px: float
    hold: float


Edges = tuple[Pin, Pin, Pin, Pin]
"""Left, top, right, bottom."""


@dataclass(frozen=True, slots=True, eq=False)
class Bearing:
    """head: what turns with the head. body: what a breath lifts. reach: how far shapes may displace."""

    head: Floats
    body: Floats
    reach: Floats


def bearing(
    grid: NodeGrid,
    landmarks: Floats,
    opacity: Floats,
    neck: float,
    edges: Edges,
    others: Iterable[tuple[float, float, float, float]],
) -> Bearing:
    """landmarks: (478, 3) work px. opacity: (rows, columns) of the grid, 1 = the person. neck: face heights from the
    chin to the collar. others: boxes (left, top, right, bottom; work px) of faces that must not move with this one."""
    nodes = grid.nodes()
    pinned = edge_ramp(grid, nodes, edges) * away_from(nodes, others)
    return Bearing(
        head=head_weight(grid, landmarks, opacity, neck, nodes) * pinned,
        body=body_weight(grid, landmarks, opacity, nodes) * pinned,
        reach=smoothstep(2.1, 1.45, rings_out(landmarks, nodes)) * pinned,
    )


def head_weight(grid: NodeGrid, landmarks: Floats, opacity: Floats, neck: float, nodes: Floats) -> Floats:
    """1 on the head and its hair, falling off over most of a face height around it, and to 0 at the collar.

    Beside the neck it ends higher up: there are the shoulders, and hair that lies on them.
    """
    height, width = _size(landmarks)
    across, down = np.moveaxis(upright(landmarks, nodes), -1, 0)
    chin = float(upright(landmarks, landmarks[CHIN, :2])[1])
    head = (opacity > 0.5) & (down < chin) & (np.abs(across) < 1.05 * width)
    head |= rings_out(landmarks, nodes) < 1.06
    gap = cv2.distanceTransform((~head).astype(np.uint8), cv2.DIST_L2, 5) * grid.step
    weight = smoothstep(0.7 * height, 0.0, gap)
    rings = rings_out(landmarks, nodes)
    body = shoulders(opacity, rings, across / width, down / height)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * round(0.1 * height / grid.step) + 1,) * 2)
    weight *= 1 - cv2.dilate(body, around) * smoothstep(1.05, 1.2, rings)
    higher = smoothstep(0.4, 0.9, np.abs(across) / width)
    above = (chin - down) / height - 0.35 * higher
    weight *= smoothstep(0.08 * higher - neck, 0.05, above)
    blurred: Floats = cv2.GaussianBlur(weight, (0, 0), 0.045 * height / grid.step)
    return blurred


def shoulders(opacity: Floats, rings: Floats, across: Floats, down: Floats) -> Floats:
    """(rows, columns) 0 or 1: what of the person is not joined to the head but by the neck, though it may stand as high
    as the chin: shoulders, a collar, a hood. across, down: from the middle of the face, in face widths and heights."""
    rest = (opacity > 0.4) & (rings > 1.15) & ((np.abs(across) > 0.36) | (down < 0))
    count, labels = cv2.connectedComponents(rest.astype(np.uint8), connectivity=4)
    out = np.zeros(rest.shape, np.float32)
    for label in range(1, count):
        part = labels == label
        if down[part].min() > 0.02 and down[part].max() > 0.6:  # hair beside the jaw ends above the chin
            out[part] = 1
    return out


def body_weight(grid: NodeGrid, landmarks: Floats, opacity: Floats, nodes: Floats) -> Floats:
    """1 on shoulders and chest, 0 on the head."""
    height, _ = _size(landmarks)
    down = upright(landmarks, nodes)[..., 1]
    chin = float(upright(landmarks, landmarks[CHIN, :2])[1])
    weight = opacity * smoothstep(chin + 0.05 * height, chin + 0.5 * height, down)
    blurred: Floats = cv2.GaussianBlur(weight, (0, 0), 0.08 * height / grid.step)
    return blurred


def edge_ramp(grid: NodeGrid, nodes: Floats, edges: Edges) -> Floats:
    """What the edges leave of a motion: 1 inside, 1 - hold on and beyond every pinned edge of the grid's rectangle."""
    x, y = nodes[..., 0] - grid.left, nodes[..., 1] - grid.top
    clear = 2.0 * grid.step  # so that no interpolation between nodes reaches over a held edge
    ramp = np.ones(x.shape, np.float32)
    for inset, pin in zip((x, y, grid.width - 1 - x, grid.height - 1 - y), edges, strict=True):
        if pin.ramp_px:
            ramp *= 1 - pin.hold * smoothstep(pin.ramp_px + clear, clear, inset)
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


def pinned_edges(
    size: tuple[int, int],
    room: tuple[float, float, float, float],
    face: tuple[float, float, float, float],
    *,
    stitch: bool,
) -> Edges:
    """What to pin. size: width, height of the work picture; room: photo beyond left, top, right, bottom; face: left,
    top, right, bottom of the face. Work px.

    An edge of the photo has nothing beyond it, so the picture is held there; but not where the face comes close to it:
    a face half held is distorted, which is worse than a mirrored strip of hair.
    """
    gaps = face[0], face[1], size[0] - face[2], size[1] - face[3]
    return tuple(_pin(s, r, g, max(size), stitch) for s, r, g in zip(size * 2, room, gaps, strict=True))  # type: ignore[return-value]


def _pin(length: int, beyond: float, gap: float, longest: int, stitch: bool) -> Pin:
    if beyond < _ROOM_PX * longest / 512:
        own = not stitch or beyond < 1
        return Pin(_PINNED_RAMP * length, float(np.clip(gap / (_CLOSE * length), 0, 1)) if own else 1.0)
    return Pin(_STITCH_RAMP * length, 1.0) if stitch else Pin(0.0, 0.0)


def _size(landmarks: Floats) -> tuple[float, float]:
    """Height (forehead to chin) and width (cheek to cheek) of the face, work px."""
    height = np.hypot(*(landmarks[CHIN] - landmarks[FOREHEAD])[:2])
    width = np.hypot(*(landmarks[CHEEKS[1]] - landmarks[CHEEKS[0]])[:2])
    return float(height), float(width)
