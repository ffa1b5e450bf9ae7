"""Pieces of pictures are found again where they are, not where another slope of light is."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.quality.alike import alike

Picture = NDArray[np.uint8]
AT, SIZE = (9, 23), (7, 12)  # row, column; height, width


def _picture(seed: int = 3) -> Picture:
    return np.random.default_rng(seed).integers(60, 190, (40, 60)).astype(np.uint8)


def _piece(picture: Picture) -> Picture:
    return picture[AT[0] : AT[0] + SIZE[0], AT[1] : AT[1] + SIZE[1]]


def _slope(low: int, high: int) -> Picture:
    return np.repeat(np.linspace(low, high, SIZE[0]).round().astype(np.uint8)[:, None], SIZE[1], 1)


def test_a_piece_is_wholly_alike_where_it_was_cut_out() -> None:
    """One row of answers for each row it can stand in, 1 at its own place and nowhere more."""
    fits = alike(_picture(), _piece(_picture()))
    assert fits.shape == (40 - SIZE[0] + 1, 60 - SIZE[1] + 1)
    assert np.unravel_index(int(fits.argmax()), fits.shape) == AT
    assert fits.max() == pytest.approx(1, abs=1e-4)
    assert np.sort(fits.ravel())[-2] < 0.7


def test_a_slope_of_light_is_not_any_other_one() -> None:
    """A steep slope and a gentle one have the same pattern; they are not the same skin."""
    assert alike(_slope(80, 140), _slope(80, 140)).item() == pytest.approx(1, abs=1e-4)
    assert alike(_slope(100, 120), _slope(80, 140)).item() < 0.7
    assert alike(_slope(140, 80), _slope(80, 140)).item() < -0.9


def test_lit_skin_is_itself_and_the_dark_of_a_mouth_is_not() -> None:
    """A tenth more light leaves nearly all of it; the same pattern in the dark is something else."""
    lit = np.rint(_slope(80, 140) * 1.1).astype(np.uint8)
    assert alike(lit, _slope(80, 140)).item() > 0.9
    assert alike(_slope(0, 60), _slope(80, 140)).item() < 0.5


def test_where_nothing_is_to_be_seen_all_is_alike() -> None:
    """Flat on flat is a number, a good one: such a place says nothing against itself."""
    flat = np.full((20, 30), 128, np.uint8)
    assert alike(flat, flat[:7, :12]) == pytest.approx(np.ones((14, 19)), abs=1e-3)
