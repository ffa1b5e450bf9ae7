"""didgen.engine.warp.seam: the dark line between lips, its frame and curve."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.warp.seam import Line, SlitFrame, darkest_seam, shows_teeth


def test_a_dark_path_is_followed_through_noise() -> None:
    """The seam is the dark line of the strip, not the darkest px of each column."""
    rows, columns = np.mgrid[0:30, 0:80].astype(np.float32)
    truth = 15 + 5 * np.sin(columns[0] / 15)
    noise = np.random.default_rng(7).normal(0, 6, rows.shape).astype(np.float32)
    strip = 150 - 60 * np.exp(-(((rows - truth) / 1.5) ** 2)) + noise
    strip[3, 20:24] = 40  # a mole: darker, but off the path
    found = darkest_seam(strip.astype(np.float32), np.full(80, 15, np.float32))
    assert np.abs(found - truth)[3:-3].max() < 1.6


def test_a_line_passes_through_its_points_and_does_not_overshoot() -> None:
    """Monotone cubics: knots are met, values between stay between, ends go on level."""
    line = Line.through(np.array([[-2, 0], [-1, 0], [0, 3], [1, 3], [2, 1]], np.float32))
    assert line.at(np.array([-1, 0, 1])) == pytest.approx([0, 3, 3], abs=0.02)
    assert line.at(np.linspace(-1, 0, 50)).max() <= 3.0001
    assert (0.0, 1.0) == (float(line.at(np.array([-9.0]))[0]), float(line.at(np.array([9.0]))[0]))


def test_a_slit_frame_runs_left_to_right_and_down() -> None:
    """u grows to the picture's right whichever corner comes first, v grows down; px survive the way there and back."""
    frame = SlitFrame.between(np.array([30, 12], np.float32), np.array([10, 8], np.float32))
    u, v = frame.uv(np.array([30, 30], np.float32))
    assert u > 0
    assert v > 0
    assert frame.xy(u, v) == pytest.approx([30, 30], abs=1e-4)


def test_lip_coloured_pixels_are_no_gap() -> None:
    """What the landmarks call a gap is one only when it does not look like lip and is wide enough."""
    lip = np.full((50, 3), (180, 90, 90), np.uint8)
    teeth = np.full((50, 3), (215, 205, 190), np.uint8)
    assert shows_teeth(teeth, lip, 0.6)
    assert not shows_teeth(lip, lip, 0.6)
    assert not shows_teeth(teeth, lip, 0.2)
