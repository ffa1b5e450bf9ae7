"""Layers of a slit: pieces of the source with an alpha, warped to the frame and laid over one another.

Layers hold straight (not premultiplied) RGBA: their colours go on below the edge, so a soft edge never darkens.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import read
from didgen.engine.warp.geometry import Geometry, HeadMove, smoothstep
from didgen.engine.warp.grid import NodeGrid, Reading
from didgen.engine.warp.seam import Floats, Picture, Shares, SlitFrame, floats


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of work px: left, top, width, height."""

    left: int
    top: int
    width: int
    height: int

    @classmethod
    def around(cls, points: Floats, margin_px: float) -> Region:
        """The smallest whole-pixel rectangle about (n, 2) points with a margin."""
        low = np.floor(points[:, :2].min(0) - margin_px).astype(int)
        size = np.ceil(points[:, :2].max(0) + margin_px).astype(int) - low + 1
        return cls(int(low[0]), int(low[1]), int(size[0]), int(size[1]))

    @property
    def box(self) -> tuple[int, int, int, int]:
        return self.left, self.top, self.width, self.height

    def grown(self, px: int) -> Region:
        return Region(self.left - px, self.top - px, self.width + 2 * px, self.height + 2 * px)

    def grid(self, per_px: int = 1) -> Floats:
        """(h, w, 2) x, y of the samples, `per_px` to a px and side; the first lies on the corner px's centre."""
        x = self.left + np.arange(self.width * per_px) / per_px
        y = self.top + np.arange(self.height * per_px) / per_px
        return np.stack(np.meshgrid(x, y), -1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Layer:
    """A piece of a picture. rgba: (h, w, 4) or (h, w, 3) uint8, `per_px` samples to a px of `region`.

    The region is in work px, or in px of a slit frame; for where the samples lie see `Region.grid`.
    """

    rgba: Picture
    region: Region
    per_px: int

    def sampled(self, places: Floats) -> NDArray[np.uint8]:
        """(h, w, channels): its pixels where `places` (h, w, 2), in the units of its region, says to read."""
        return read(self.rgba, self._samples(places))

    def blended(self, other: Layer, share: float, places: Floats) -> NDArray[np.uint8]:
        """(h, w, channels): as `sampled`, with `share` 0..1 of another layer of the same region and size."""
        if not share:
            return self.sampled(places)
        at = self._samples(places)
        mine, others = (read(layer.rgba, at) for layer in (self, other))
        return cv2.addWeighted(mine, 1 - share, others, share, 0)  # type: ignore[no-any-return]

    def read_by(self, reading: Reading, part: NodeGrid, every: int = 1) -> NDArray[np.uint8]:
        """(h, w, channels): its pixels where the px of a part of a reading's grid read, or the middles of every so many
        px. Places are turned into samples on the nodes, which are sixteen times fewer."""
        return read(self.rgba, part.coarser(every).spread(self._samples(reading.over(part))))

    def _samples(self, places: Floats) -> Floats:
        """Places in the units of the region → in samples; by OpenCV's affine map, NumPy is slow over a last axis of
        two."""
        k = float(self.per_px)
        return floats(cv2.transform(places, np.array([[k, 0, -k * self.region.left], [0, k, -k * self.region.top]])))

    def placed(self, frame_from_work: NDArray[np.float64], shape: tuple[int, int]) -> tuple[Picture, Shares]:
        """Its colours and alpha drawn by an affine map (2, 3) work px → frame px, transparent outside itself."""
        whole = frame_from_work.copy()
        whole[:, 2] += whole[:, :2] @ (self.region.left, self.region.top)
        whole[:, :2] /= self.per_px
        return split(cv2.warpAffine(self.rgba, whole, shape[::-1], flags=cv2.INTER_LINEAR))


def split(rgba: NDArray[np.uint8]) -> tuple[Picture, Shares]:
    """(h, w, 4) → colours (h, w, 3) and alpha (h, w)."""
    return cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), cv2.extractChannel(rgba, 3)


def over(below: Picture, colours: Picture, alpha: Shares, into: Picture | None = None) -> Picture:
    """`colours` laid over `below`, in a picture of its own or `into` one.

    Each is rounded on its own, which is half the time of `cv2.blendLinear` and exact where alpha is 0 or 255.
    """
    share = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    out: Picture = cv2.add(
        cv2.multiply(colours, share, scale=1 / 255),
        cv2.multiply(below, cv2.bitwise_not(share), scale=1 / 255),
        dst=into,
    )
    return out


def weaker(alpha: Shares, strength: float) -> Shares:
    """Alpha times a strength of 0..1."""
    return alpha if strength >= 1 else cv2.convertScaleAbs(alpha, alpha=strength)


def shares(values: Floats) -> Shares:
    """0..1 → 0..255."""
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def with_alpha(rgb: Picture, alpha: Floats) -> Picture:
    """RGB and alpha 0..1 → RGBA uint8."""
    return np.dstack([rgb, shares(alpha)])


def superellipse(frame: SlitFrame, centre_v: float, half_u: float, half_v: float, grid: Floats) -> Floats:
    """1 inside, 0 at the border of a rounded rectangle in the slit's frame, soft over its outer fifth."""
    uv = frame.uv(grid)
    radius = (((uv[..., 0] / half_u) ** 4) + ((uv[..., 1] - centre_v) / half_v) ** 4) ** 0.25
    return smoothstep(0.98, 0.78, radius.astype(np.float32))


def slit_region(frame: SlitFrame, half_u: float, top_v: float, bottom_v: float) -> Region:
    """The upright rectangle about a box in the slit's frame: u within ± half_u, v from top_v to bottom_v."""
    u = np.array([-half_u, half_u, half_u, -half_u], np.float32)
    v = np.array([top_v, top_v, bottom_v, bottom_v], np.float32)
    return Region.around(frame.xy(u, v), 0)


def rigid(geometry: Geometry, move: HeadMove, at: Floats) -> NDArray[np.float64]:
    """(2, 3) affine frame px ← work px of what sits in the skull about a point `at` (x, y, z; work px).

    The piece lies in the plane that faces where the head faces.
    """
    a, b, c = geometry.placement.R0[:, 2].tolist()
    right, down = -a / c, -b / c  # dz/dx, dz/dy of that plane
    x, y, z = at.tolist()
    px, py, pz = geometry.pivot.tolist()
    rows = []
    for own, (mx, my, mz, shift) in zip(((1.0, 0.0, x), (0.0, 1.0, y)), move.matrix.tolist(), strict=True):
        u, v = own[0] + mx + mz * right, own[1] + my + mz * down
        moved = own[2] + mx * (x - px) + my * (y - py) + mz * (z - pz) + shift
        rows.append((u, v, moved - u * x - v * y))
    return np.array(rows)


def whole_shift(affine: NDArray[np.float64], point: Floats) -> tuple[int, int]:
    """By how many whole px an affine map moves a point, x and y."""
    x, y = float(point[0]), float(point[1])
    (a, b, c), (d, e, f) = affine.tolist()
    return round(a * x + b * y + c - x), round(d * x + e * y + f - y)


def paste(frame: Picture, picture: Picture, cover: Shares, left: int, top: int) -> None:
    """`picture` laid over `frame` in place, its corner at left, top; what falls outside the frame is left out."""
    height, width = frame.shape[:2]
    x0, y0 = max(left, 0), max(top, 0)
    x1, y1 = min(left + picture.shape[1], width), min(top + picture.shape[0], height)
    if x0 >= x1 or y0 >= y1:
        return
    own = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    here = frame[y0:y1, x0:x1]
    over(here, picture[own], cover[own], here)


def hole(coverage: Shares, pad: int) -> tuple[slice, slice] | None:
    """Rows and columns of the rectangle in which something shows through (coverage < 253), padded; None if nowhere."""
    x, y, width, height = cv2.boundingRect((coverage < 253).view(np.uint8))
    if not width:
        return None
    rows, columns = coverage.shape
    return slice(max(y - pad, 0), min(y + height + pad, rows)), slice(max(x - pad, 0), min(x + width + pad, columns))
