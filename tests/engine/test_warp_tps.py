"""Thin-plate splines: what defines them, on random anchors."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.warp.tps import fit


def _anchors(seed: int) -> np.ndarray:
    """60 points, no two nearer than a quarter of their spacing: float32 cannot tell nearer ones apart."""
    x, y = np.meshgrid(np.arange(10) * 50.0 - 200, np.arange(6) * 80.0 - 150)
    return np.stack([x.ravel(), y.ravel()], 1) + np.random.default_rng(seed).uniform(-18, 18, (60, 2))


@pytest.mark.parametrize("seed", range(4))
def test_passes_through_its_anchors(seed):
    """Without smoothing the spline has each value at its anchor."""
    anchors = _anchors(seed)
    values = np.random.default_rng(seed + 100).normal(size=(60, 3))
    assert fit(anchors, values, unit=200.0).at(anchors) == pytest.approx(values, abs=2e-3)


@pytest.mark.parametrize("smoothing", [0.0, 0.5])
def test_a_plane_is_a_plane_everywhere(smoothing):
    """Values of an affine function come back far outside the anchors too, smoothed or not."""
    plane = np.array([[0.5, -2.0], [0.03, 0.01]])
    anchors, far = _anchors(1), np.array([[900.0, -700.0], [-500.0, 40.0]])
    spline = fit(anchors, anchors @ plane + (3, 4), 200.0, smoothing)
    assert spline.at(far) == pytest.approx(far @ plane + (3, 4), rel=1e-3)


def test_bends_less_than_any_ripple():
    """Between anchors on a circle at one height and one anchor in the middle, nothing overshoots the two."""
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    anchors = np.concatenate([np.stack([np.cos(angle), np.sin(angle)], 1), [[0.0, 0.0]]])
    spline = fit(anchors, np.r_[np.zeros(24), 1.0][:, None], 1.0)
    along = np.stack([np.linspace(0, 0.95, 40), np.zeros(40)], 1)
    heights = spline.at(along)[:, 0]
    assert heights.max() <= 1 + 1e-4
    assert np.all(np.diff(heights) < 0)


def test_more_smoothing_is_nearer_to_a_plane():
    """The distance from a plane falls as λ rises."""
    anchors = _anchors(2)
    values = np.random.default_rng(3).normal(size=(60, 1))
    ones = np.column_stack([anchors, np.ones(60)])

    def roughness(smoothing: float) -> float:
        fitted = fit(anchors, values, 200.0, smoothing).at(anchors)
        return float(np.abs(fitted - ones @ np.linalg.lstsq(ones, fitted, rcond=None)[0]).mean())

    levels = [roughness(s) for s in (0.0, 0.1, 10.0, 1e4)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] < 0.01


def test_keeps_the_shape_of_its_points():
    """A grid (rows, columns, 2) gives (rows, columns, channels)."""
    anchors = _anchors(5)
    assert (7, 9, 2) == fit(anchors, np.zeros((60, 2)), 1.0).at(np.zeros((7, 9, 2))).shape
