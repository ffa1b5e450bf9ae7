"""How far the background beside a person goes along with her, so that nothing tears where she moves.

Next to her it goes all the way, and a little way outside not at all. That way is `_WAY`, but it ends before a long line
beside her (a cord, a pole, the side of a door): drawn out with the rest it would bend about her. So the line stays, and
goes behind her or has the plain strip between drawn out. Such a strip may be narrower than she moves: there the way
begins where her outline is in this frame, not where it is in the photo, or the strip would fold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import Picture
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.seam import Floats, floats

_WAY = 0.11  # of a face height: so far about the person the background is drawn out or pressed together
_HOLLOW = 0.14  # of a face height: narrower hollows of her outline, as by an ear, wave nothing about beside them
_EVEN = 0.035  # of a face height, sigma: how smooth the outline is that the background follows
TRACE = 0.1  # of opacity: less is no outline
_ABOUT_PX = 9  # across: about a px of a stray trace there are hints of it
_SHORTEST = 0.007  # of a face height: a way has to be some way, even with a line right beside her
_ALONG = 0.13  # of a face height: so far about a line the way ends before it
_OUTLINE_PX = 3  # nearer to her than that an edge is her own
_RIM_PX = 2.5  # about the person: what is drawn out furthest
_SIDE_PX = 3  # from the middle of an edge its colours are those of its sides
_THICK = 0.06  # of a face height: a cord's other side is at most so far
_ALIKE, _SOME = 0.35, 0.05  # of what a line's sides differ by; of the rim
_CONTRAST = 15.0  # of 255 a px, over the three colours: a weaker line is not missed
_STRAIGHT = 0.7  # of an edge's energy: in one direction
_SUM = np.ones((1, 2), np.float32)  # of x and y, for OpenCV
_LONG = 0.3  # of a face height: shorter edges are a pattern's, or lead to her and may slide along themselves


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """Of a background with lines near, on nodes (rows, columns): share, 0..1, how much of what follows goes by it;
    outside, work px from her outline in the photo, inside it < 0; end, work px: where the way ends. outwards: unit
    vectors (rows, columns, 2). line: 1 on the lines and between the sides of a cord, else 0."""

    share: Floats
    outside: Floats
    end: Floats
    outwards: Floats
    line: Floats

    def on(self, nodes: Callable[[Floats], Floats], px: float) -> Way:
        """The same read on nodes, of a picture whose px is so many of this one's."""
        outside, end = nodes(self.outside) * px, nodes(self.end) * px
        return Way(nodes(self.share), outside, end, nodes(self.outwards), nodes(self.line))

    def follows(self, flow: Floats) -> Floats:
        """(rows, columns) 0..1, of how it reads her, (rows, columns, 2): 1 from where her outline has gone to."""
        away = cv2.max(cv2.transform(cv2.multiply(flow, self.outwards), _SUM), 0)
        left = cv2.divide(cv2.subtract(self.end, self.outside), cv2.add(self.end, away))
        return floats(cv2.multiply(cv2.min(cv2.max(left, 0), 1), self.share))


def follows(opacity: Floats, face_height: float) -> Floats:
    """(h, w) 0..1 of the opacity's: 1 on the person and in hollows of her outline, 0 from `_WAY` on.
    face_height: px of the same."""
    person = (opacity > TRACE).astype(np.uint8)
    if not person.any():
        return np.zeros_like(opacity)
    px = _distance(1 - _closed(person, _HOLLOW * face_height))
    return smoothstep(_WAY * face_height, 0.0, cv2.GaussianBlur(px, (0, 0), _EVEN * face_height))


def way_before_lines(rest: Picture, opacity: Floats, face_height: float) -> Way | None:
    """On the px of the opacity (h, w) 0..1; None without a line. rest: (h, w, 3), the same picture. face_height: px."""
    person = (opacity > TRACE).astype(np.uint8) - stray(opacity)
    if person.all() or not person.any():
        return None
    body = _closed(person, _HOLLOW * face_height)
    even, outwards = _outside(body, face_height)
    lines = _lines(rest, _distance(1 - person), even, outwards, face_height)
    if not lines.any():
        return None
    # Hollows with a line are none: the line would move with her.
    margin = 2 * round(_SHORTEST * face_height) + 1
    beside = cv2.dilate(lines, np.ones((margin, margin)))
    outside, outwards = _outside(np.maximum(person, body & (1 - beside)), face_height)
    longest = np.float32(_WAY * face_height)
    spread = 2 * round(_ALONG * face_height) + 1
    # The least of the lines about, then evened out over half as far: on no line it is more than the line's own.
    end = np.where(lines > 0, np.clip(outside - 1, _SHORTEST * face_height, longest), longest)
    end = cv2.blur(cv2.erode(end, np.ones((spread, spread))), (spread // 2 | 1, spread // 2 | 1))
    thick = np.ones((2 * round(_THICK * face_height / 2) + 1,) * 2)
    line = cv2.erode(cv2.morphologyEx(lines, cv2.MORPH_CLOSE, thick), np.ones((3, 3)))  # an edge is found too wide
    return Way(smoothstep(1.0, 0.75, end / longest), outside, floats(end), outwards, floats(line))


def _outside(mask: NDArray[np.uint8], face_height: float) -> tuple[Floats, Floats]:
    """(h, w) px outside a mask, inside it < 0, evened out but nowhere on its outline more than 0; and (h, w, 2), unit
    vectors that lead away from it."""
    px = cv2.subtract(_distance(1 - mask), _distance(mask))
    even = cv2.GaussianBlur(px, (0, 0), _EVEN * face_height)
    slope = np.dstack([cv2.Sobel(even, cv2.CV_32F, 1, 0), cv2.Sobel(even, cv2.CV_32F, 0, 1)])
    return np.minimum(px, even), slope / np.maximum(np.linalg.norm(slope, axis=-1, keepdims=True), 1e-6)


def _lines(rest: Picture, away: Floats, outside: Floats, outwards: Floats, face_height: float) -> NDArray[np.uint8]:
    """(h, w) 0 or 1: long, strong edges of the background that run beside the person and do not touch her. away: px
    from her."""
    soft = cv2.GaussianBlur(rest, (0, 0), 1.0).astype(np.float32)
    x, y = (cv2.Sobel(soft, cv2.CV_32F, *by) / 8 for by in ((1, 0), (0, 1)))
    behind = (away > _OUTLINE_PX)[..., None]
    x, y = x * behind, y * behind
    xx, xy, yy = (cv2.GaussianBlur((a * b).sum(-1), (0, 0), 0.01 * face_height) for a, b in ((x, x), (x, y), (y, y)))
    energy = np.maximum(xx + yy, 1e-3)
    edges = ((x * x + y * y).sum(-1) > _CONTRAST**2) & (outside < _ALONG * face_height)
    edges &= np.hypot(xx - yy, 2 * xy) > _STRAIGHT * energy
    count, pieces, stats, _ = cv2.connectedComponentsWithStats(edges.astype(np.uint8))
    long = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) > _LONG * face_height
    out = np.zeros(edges.shape, np.uint8)
    for piece in range(1, count):
        line = (pieces == piece).astype(np.uint8) if long[piece] else None
        if line is not None and not _touches(soft, line, outwards, away, face_height):
            out |= line
    return out


def _touches(soft: Floats, line: NDArray[np.uint8], outwards: Floats, away: Floats, face_height: float) -> bool:
    """Whether right beside the person, near a line, lie the colours of both its sides: then it is the side of a cord
    that touches her, which would be drawn out. soft: (h, w, 3), the picture. away: px from her."""
    rows, columns = np.nonzero(line)
    aside = _SIDE_PX * outwards[rows, columns]
    at = np.stack([columns, rows], -1).astype(np.float32)[None]
    inner, outer = (cv2.remap(soft, at + by, None, cv2.INTER_LINEAR).mean((0, 1)) for by in (-aside, aside))
    rim = soft[(away > 0) & (away < _RIM_PX) & (_distance(1 - line) < _THICK * face_height)]
    close = _ALIKE * np.linalg.norm(outer - inner)
    return all((np.linalg.norm(rim - side, axis=1) < close).sum() > _SOME * len(rim) for side in (inner, outer))


def stray(opacity: Floats) -> NDArray[np.uint8]:
    """(h, w) 0 or 1: traces of the person apart from her, as a net that is not sure leaves them on a cord."""
    _, pieces = cv2.connectedComponents((opacity > TRACE).astype(np.uint8))
    out = np.ones(pieces.max() + 1, np.uint8)
    out[pieces[opacity > 0.5]] = 0
    out[0] = 0
    return np.asarray(out[pieces])


def without_stray(opacity: Floats) -> Floats:
    """(h, w) 0..1: the opacity without such traces and the hint of them that is about each."""
    apart = stray(opacity)
    about = cv2.dilate(apart, np.ones((_ABOUT_PX, _ABOUT_PX))) * (opacity <= TRACE)
    return floats(opacity * (1 - np.maximum(apart, about)))


def _closed(mask: NDArray[np.uint8], radius_px: float) -> NDArray[np.uint8]:
    """(h, w) 0 or 1: a mask closed by a disc, by distances: that takes as long for any radius."""
    edge = int(radius_px) + 2
    wide = cv2.copyMakeBorder(mask, edge, edge, edge, edge, cv2.BORDER_REPLICATE)
    grown = (_distance(1 - wide) <= radius_px).astype(np.uint8)
    closed = (_distance(grown) > radius_px).astype(np.uint8)
    return np.maximum(mask, closed[edge:-edge, edge:-edge])


def _distance(mask: NDArray[np.uint8]) -> Floats:
    """(h, w) px from where a mask is not 0 to the nearest 0."""
    return floats(cv2.distanceTransform(mask, cv2.DIST_L2, 5))
