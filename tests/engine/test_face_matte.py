"""The person matte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.face.matte import guided_weights, person_matte
from didgen.engine.photo import load_photo

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"


def test_person_is_in_front():
    """The face is person, the picture's upper corners are not; the matte is as large as the picture and 0..1."""
    rgb = load_photo(ASSETS / "eileen.jpg")
    matte = person_matte(rgb)
    assert rgb.shape[:2] == matte.shape
    assert np.float32 == matte.dtype
    assert matte.min() >= 0
    assert matte.max() <= 1
    (face,) = find_faces(rgb)
    for point in (1, 10, 152, 234, 454):
        x, y = face.landmarks[point, :2].astype(int)
        assert matte[y, x] > 0.9, point
    assert matte[:60, :60].mean() < 0.05
    assert matte[:60, -60:].mean() < 0.05


def test_nobody_is_there():
    """An empty wall has (nearly) no person."""
    assert person_matte(np.full((200, 320, 3), 120, np.uint8)).mean() < 0.2


def test_guided_filter_follows_the_guide():
    """A blurred step is made sharp where the guide has its edge, and values linear in the guide are kept."""
    guide = np.zeros((60, 80, 3), np.float32)
    guide[:, 50:] = (0.9, 0.2, 0.4)
    blurred = np.tile(np.clip((np.arange(80, dtype=np.float32) - 40) / 20, 0, 1), (60, 1))
    a, b = guided_weights(guide, blurred, 9, 1e-4)
    sharp = (a * guide).sum(2) + b
    assert sharp[30, 50] - sharp[30, 49] > 0.4
    assert (0, 1) == pytest.approx((sharp[30, 5], sharp[30, 75]), abs=0.02)
    noise = np.random.default_rng(3).random((60, 80, 3), dtype=np.float32)
    exact = noise @ np.float32([0.5, -0.3, 0.2]) + np.float32(0.1)
    a, b = guided_weights(noise, exact, 9, 1e-6)
    assert np.abs((a * noise).sum(2) + b - exact).max() < 1e-3
