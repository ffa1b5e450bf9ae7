"""Layers of a slit: pieces of the source with an alpha, warped to the frame and laid over one another.

Layers hold straight (not premultiplied) RGBA: their colours go on below the edge, so a soft edge never darkens.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.seam import Floats, Line, Picture, SlitFrame


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

    def grid(self, per_px: int = 1) -> Floats:
        """(h, w, 2) x, y of the sample centres, `per_px` samples to a work px and side."""
        x = self.left - 0.5 + (np.arange(self.width * per_px) + 0.5) / per_px
        y = self.top - 0.5 + (np.arange(self.height * per_px) + 0.5) / per_px
        return np.stack(np.meshgrid(x, y), -1).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Layer:
    """A piece of the source. rgba: (h, w, 4) uint8, `per_px` samples to a work px; its first px starts at `region`."""

    rgba: Picture
    region: Region
    per_px: int

    def warped(self, backward: Floats) -> tuple[Picture, Floats]:
        """Its colours (h, w, 3) and alpha (h, w) 0..1 where `backward` (h, w, 2, work px) says to read."""
        shift = 0.5 * (self.per_px - 1)  # the centre of sample 0 lies this far right of the px's left-most sample
        x = (backward[..., 0] - self.region.left) * self.per_px + shift
        y = (backward[..., 1] - self.region.top) * self.per_px + shift
        return split(cv2.remap(self.rgba, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))

    def placed(self, frame_from_work: NDArray[np.float64], shape: tuple[int, int]) -> tuple[Picture, Floats]:
        """Its colours and alpha drawn by an affine map (2, 3) work px → frame px, transparent outside itself."""
        own = np.array([[1 / self.per_px, 0.0], [0.0, 1 / self.per_px]])
        corner = np.array([self.region.left, self.region.top]) + 0.5 / self.per_px - 0.5
        whole = np.c_[frame_from_work[:, :2] @ own, frame_from_work[:, :2] @ corner + frame_from_work[:, 2]]
        return split(cv2.warpAffine(self.rgba, whole, shape[::-1], flags=cv2.INTER_LINEAR))


def split(rgba: NDArray[np.uint8]) -> tuple[Picture, Floats]:
    """(h, w, 4) uint8 → colours (h, w, 3) uint8 and alpha (h, w) float32 0..1."""
    alpha = cv2.extractChannel(rgba, 3).astype(np.float32)
    alpha *= 1 / 255
    return cv2.cvtColor(rgba, cv2.COLOR_RGBA2RGB), alpha


def over(below: Picture, colours: Picture, alpha: Floats) -> Picture:
    """`colours` laid over `below`, alpha 0..1."""
    out: Picture = cv2.blendLinear(colours, below, alpha, 1 - alpha)  # type: ignore[call-overload]
    return out


def with_alpha(rgb: Picture, alpha: Floats) -> Picture:
    """RGB and alpha 0..1 → RGBA uint8."""
    return np.dstack([rgb, np.rint(np.clip(alpha, 0, 1) * 255).astype(np.uint8)])


def smoothstep(low: float, high: float, x: NDArray[np.float32]) -> Floats:
    """0 below `low`, 1 above `high` (or the other way round when low > high), smooth between."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(np.float32)


def side_masks(
    frame: SlitFrame, upper: Line, lower: Line, grid: Floats, *, feather_px: float, overlap_px: float
) -> tuple[Floats, Floats]:
    """Alpha of what lies above the upper line and of what lies below the lower one, 0..1, on an (h, w, 2) grid.

    The lower part reaches `overlap_px` over its line, and further beyond the corners, where nothing may open: there
    the two always cover the ground together.
    """
    uv = frame.uv(grid)
    u, v = uv[..., 0], uv[..., 1]
    beyond = np.maximum(np.abs(u) - frame.half, 0)
    above = np.clip((upper.at(u) - v) / (feather_px + 0.5 * beyond) + 0.5, 0, 1)
    below = np.clip((v - lower.at(u) + overlap_px + 3 * beyond) / feather_px + 0.5, 0, 1)
    return above.astype(np.float32), below.astype(np.float32)


def superellipse(frame: SlitFrame, centre_v: float, half_u: float, half_v: float, grid: Floats) -> Floats:
    """1 inside, 0 at the border of a rounded rectangle in the slit's frame, soft over its outer fifth."""
    uv = frame.uv(grid)
    radius = (((uv[..., 0] / half_u) ** 4) + ((uv[..., 1] - centre_v) / half_v) ** 4) ** 0.25
    return smoothstep(0.98, 0.78, radius.astype(np.float32))
