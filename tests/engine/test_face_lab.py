"""didgen.engine.face.lab: colours as OpenCV gives them, without its tables."""

from __future__ import annotations

import cv2
import numpy as np

from didgen.engine.face.lab import lab


def test_colours_are_those_of_opencv() -> None:
    """Every 17th level of each channel, dark ones too; OpenCV's own table is good to a third of a unit."""
    levels = np.arange(0, 256, 17, np.uint8)
    rgb = np.stack(np.meshgrid(levels, levels, levels), -1).reshape(1, -1, 3)
    theirs = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    assert np.abs(lab(rgb) - theirs).max() < 0.5


def test_greys_have_no_tint() -> None:
    """From black to white a and b stay at zero, and L* runs from 0 to 100."""
    greys = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, 1)
    lightness, a, b = lab(greys).T
    assert max(np.abs(a).max(), np.abs(b).max()) < 0.02
    assert np.all(np.diff(lightness) > 0)
    assert np.allclose(lightness[[0, -1]], (0, 100), atol=0.02)
