"""Thin-plate splines: the smoothest surface through scattered points of the plane (Duchon 1977).

f(p) = affine(p) + Σ wᵢ φ(|p - pᵢ|), φ(r) = r² log r, with Σ wᵢ = 0 and Σ wᵢ pᵢ = 0. Own code, because one solve
serves all shapes of a face and float32 evaluation on grids is what the rig's time goes into.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_CHUNK = 256  # points evaluated at a time: the kernel block stays in the cache


@dataclass(frozen=True, slots=True, eq=False)
class ThinPlate:
    """A fitted spline. centre (2,), unit: coordinates are (p - centre) / unit inside. anchors (n, 2), in those;
    coefficients (n + 3, channels): kernel weights, then constant, x, y."""

    centre: NDArray[np.float64]
    unit: float
    anchors: NDArray[np.float32]
    coefficients: NDArray[np.float32]

    def at(self, points: NDArray[Any]) -> NDArray[np.float32]:
        """(..., 2) points → (..., channels) values."""
        flat = ((points.reshape(-1, 2) - self.centre) / self.unit).astype(np.float32)
        out = np.empty((len(flat), self.coefficients.shape[1]), np.float32)
        for start in range(0, len(flat), _CHUNK):
            part = flat[start : start + _CHUNK]
            out[start : start + _CHUNK] = _design(part, self.anchors) @ self.coefficients
        return out.reshape(*points.shape[:-1], -1)


def fit(anchors: NDArray[Any], values: NDArray[Any], unit: float, smoothing: float = 0.0) -> ThinPlate:
    """The spline through (n, channels) values at (n, 2) anchors; n >= 3, not all on one line, none twice.

    unit: the length that counts as 1 (about the size of the cloud). smoothing λ >= 0: 0 passes through every value;
    the more, the nearer to a plane. Raises `numpy.linalg.LinAlgError` for anchors that determine nothing.
    """
    centre = anchors.mean(0).astype(np.float64)
    points = (anchors - centre) / unit
    n = len(points)
    system = np.zeros((n + 3, n + 3))
    system[:n] = _design(points, points)
    system[n:, :n] = system[:n, n:].T
    system[np.arange(n), np.arange(n)] += smoothing
    known = np.zeros((n + 3, values.shape[1]))
    known[:n] = values
    solved = np.linalg.solve(system, known)
    return ThinPlate(centre, unit, points.astype(np.float32), solved.astype(np.float32))


def _design(points: NDArray[Any], anchors: NDArray[Any]) -> NDArray[Any]:
    """(m, n + 3): kernel of every point and anchor, then 1, x, y."""
    out = np.empty((len(points), len(anchors) + 3), points.dtype)
    square = points[:, :1] - anchors[:, 0]
    square *= square
    down = points[:, 1:] - anchors[:, 1]
    square += np.multiply(down, down, out=down)
    np.maximum(square, 1e-20, out=square)  # r² log r → 0; log 0 does not
    kernel = np.log(square, out=down)
    square *= 0.5
    np.multiply(square, kernel, out=out[:, : len(anchors)])
    out[:, -3] = 1
    out[:, -2:] = points
    return out
