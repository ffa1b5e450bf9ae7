"""Where lips and lids part: the two lines of a slit, in a frame that lies along it.

A slit frame has its origin between the two corners, u along the opening (to the picture's right) and v across it
(down), both in work px. A line is v as a function of u.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]
Shares = NDArray[np.uint8]
"""(h, w) 0..255: an alpha, or how much of something there is."""

OPEN_GAP_CM = 0.25  # lips nearer than this are one dark seam, whatever the landmarks say
OPEN_SHARE = 0.35  # of the hole's pixels must not look like lip


def floats(values: Any) -> Floats:
    """float32, said to the type checker too: OpenCV's and half of NumPy's functions leave it open."""
    out: Floats = np.asarray(values, np.float32)
    return out


def clamp(value: float, low: float, high: float) -> float:
    """`np.clip` of one number, in a tenth of its time."""
    return min(max(value, low), high)


def picture8(values: NDArray[Any]) -> Picture:
    """Colours as numbers → uint8."""
    out: Picture = np.clip(values, 0, 255).astype(np.uint8)
    return out


@dataclass(frozen=True, slots=True)
class SlitFrame:
    """A frame along a slit. origin: (2,) work px; along: (2,) unit vector; half: half the opening's width, px."""

    origin: Floats
    along: Floats
    half: float

    @classmethod
    def between(cls, first: Floats, second: Floats) -> SlitFrame:
        """The frame whose u runs from one corner to the other, left to right on the picture."""
        first, second = first[:2], second[:2]
        if first[0] > second[0]:
            first, second = second, first
        span = (second - first).astype(np.float64)
        length = float(np.hypot(*span))
        return cls(((first + second) / 2).astype(np.float32), (span / length).astype(np.float32), length / 2)

    @property
    def across(self) -> Floats:
        return floats([-self.along[1], self.along[0]])

    def uv(self, points: NDArray[Any]) -> Floats:
        """(..., 2) work px → (..., 2) u, v."""
        offset = np.asarray(points, np.float32)[..., :2] - self.origin
        return np.stack([offset @ self.along, offset @ self.across], -1)

    def xy(self, u: NDArray[Any], v: NDArray[Any]) -> Floats:
        """u, v → (..., 2) work px."""
        u, v = np.asarray(u, np.float32), np.asarray(v, np.float32)
        return floats(self.origin + u[..., None] * self.along + v[..., None] * self.across)


@dataclass(frozen=True, slots=True)
class Line:
    """v(u): knots with rising u; between them monotone cubics, beyond them level."""

    u: Floats
    v: Floats

    @classmethod
    def through(cls, uv: Floats) -> Line:
        """A line through (n, 2) points; points that do not move on in u (a corner that folds back) are left out."""
        order = uv[np.argsort(uv[:, 0])]
        keep = np.concatenate([[True], np.diff(order[:, 0]) > 1e-3])
        return cls(order[keep, 0], order[keep, 1])

    def at(self, u: NDArray[Any]) -> Floats:
        """v at u, any shape. Densified once per call: a table look-up beats a cubic per pixel."""
        dense = np.linspace(self.u[0], self.u[-1], 256)
        table = pchip(self.u.astype(np.float64), self.v.astype(np.float64), dense)
        return floats(np.interp(u, dense, table))


def pchip(x: NDArray[np.float64], y: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Monotone cubic interpolation (Fritsch & Carlson, SIAM J. Numer. Anal. 17, 1980), x rising, `at` inside x."""
    step = np.diff(x)
    slope = np.diff(y) / step
    tangent = _tangents(step, slope)
    k = np.clip(np.searchsorted(x, at, side="right") - 1, 0, len(step) - 1)
    t = (at - x[k]) / step[k]
    h10, h11 = t * (1 - t) ** 2, t * t * (t - 1)
    h01 = t * t * (3 - 2 * t)
    out: NDArray[np.float64] = (1 - h01) * y[k] + h01 * y[k + 1] + step[k] * (h10 * tangent[k] + h11 * tangent[k + 1])
    return out


def _tangents(step: NDArray[np.float64], slope: NDArray[np.float64]) -> NDArray[np.float64]:
    """Harmonic means inside, flat where the slope changes sign, one-sided at the ends."""
    tangent = np.empty(len(step) + 1)
    tangent[0], tangent[-1] = slope[0], slope[-1]
    left, right = slope[:-1], slope[1:]
    w1, w2 = 2 * step[1:] + step[:-1], step[1:] + 2 * step[:-1]
    same = left * right > 0
    safe_left, safe_right = np.where(same, left, 1.0), np.where(same, right, 1.0)
    tangent[1:-1] = np.where(same, (w1 + w2) / (w1 / safe_left + w2 / safe_right), 0.0)
    return tangent


def widest_gap(upper: Line, lower: Line) -> float:
    """The largest distance of the two lines, work px; lines that cross count as touching."""
    u = np.linspace(max(upper.u[0], lower.u[0]), min(upper.u[-1], lower.u[-1]), 64)
    return float(np.maximum(lower.at(u) - upper.at(u), 0).max())


def shows_teeth(hole: Picture, lip: Picture, gap_cm: float) -> bool:
    """Whether the lips are really parted. hole, lip: (n, 3) RGB pixels between the inner lines and on the lips.

    The landmark net often sees a gap in closed lips; then what lies in it has the lips' colour.
    """
    if gap_cm <= OPEN_GAP_CM or not len(hole):
        return False
    lip_hsv = np.median(_hsv(lip), 0)
    hole_hsv = _hsv(hole)
    unlike = (hole_hsv[:, 1] < 0.72 * lip_hsv[1]) | (hole_hsv[:, 2] < 0.5 * lip_hsv[2])
    return float(unlike.mean()) > OPEN_SHARE


def _hsv(rgb: Picture) -> Floats:
    out: Floats = cv2.cvtColor(rgb[None], cv2.COLOR_RGB2HSV)[0].astype(np.float32)
    return out


def darkest_seam(luminance: Floats, prior: Floats) -> Floats:
    """The smoothest dark path through a strip, left to right.

    luminance: (rows, columns); prior: (columns,) the row expected. Returns (columns,) rows. Dynamic programming over
    darkness, distance from the prior and change of row; a minimum per column alone jumps between seam and shadow.
    """
    rows = np.arange(len(luminance), dtype=np.float32)[:, None]
    spread = max(float(luminance.std()), 1e-3)
    cost = luminance / spread + ((rows - prior) / (0.35 * len(luminance))) ** 2
    total, came = cost[:, 0].copy(), np.zeros(cost.shape, np.int64)
    for k in range(1, cost.shape[1]):
        total, came[:, k] = _step(total)
        total = total + cost[:, k]
    path = np.empty(cost.shape[1], np.int64)
    path[-1] = int(total.argmin())
    for k in range(cost.shape[1] - 1, 0, -1):
        path[k - 1] = came[path[k], k]
    smooth: Floats = cv2.GaussianBlur(path.astype(np.float32)[None], (0, 0), 3, borderType=cv2.BORDER_REPLICATE)[0]
    return smooth


def _step(total: Floats, turn_cost: float = 0.25) -> tuple[Floats, NDArray[np.int64]]:
    """The cheapest way to each row from the row above, the same, or the one below, and where it came from."""
    up, down = np.r_[np.inf, total[:-1]], np.r_[total[1:], np.inf]
    ways = np.stack([up + turn_cost, total, down + turn_cost])
    best = ways.argmin(0)
    rows = np.arange(len(total))
    return ways[best, rows].astype(np.float32), rows + best - 1
