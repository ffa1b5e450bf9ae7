"""Turns wanted, drawn and seen."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.warp.response import Response, soft_clamp


def _uneven(degrees: np.ndarray) -> np.ndarray:
    """A face whose far side hides: to the right less is seen of the same turn."""
    return 0.75 * degrees - 0.006 * degrees**2 - 0.0003 * degrees**3


def test_what_is_drawn_is_seen_as_wanted():
    """The inverse of an uneven response, measured at four turns, gives it back to a twentieth of a degree."""
    probes = [-11.0, -5.0, 5.0, 11.0]
    response = Response.through(probes, _uneven(np.array(probes)).tolist(), 15.0)
    for wanted in (-8.0, -3.0, 0.0, 2.5, 5.0):
        assert wanted == pytest.approx(float(_uneven(np.array(response.drawn(wanted)))), abs=0.05)


def test_the_limit_holds_on_both_sides():
    """Whatever is wanted, no more than the limit is drawn, and more wanted is never less drawn."""
    response = Response.through([-9.0, -4.0, 4.0, 9.0], [-7.0, -3.0, 2.0, 4.5], 12.0)
    drawn = np.array([response.drawn(wanted) for wanted in np.linspace(-60, 60, 241)])
    assert np.abs(drawn).max() <= 12.0
    assert np.all(np.diff(drawn) >= 0)
    assert drawn[0] < -11.5
    assert drawn[-1] > 11.5


@pytest.mark.parametrize("seen", [[0.0, 0.0], [5.0, -5.0], [-40.0, 40.0]])
def test_a_net_that_sees_nonsense_is_not_believed(seen):
    """A turn seen as none, as its opposite or as five times itself is drawn within a factor of two all the same."""
    response = Response.through([-8.0, 8.0], seen, 15.0)
    assert 2.7 <= response.drawn(3.0) <= 6.0


def test_the_clamp_is_odd_and_never_beyond():
    """Small turns pass as they are; the largest ends at the limit; the order is kept."""
    asked = np.linspace(-60, 60, 241)
    drawn = np.array([soft_clamp(a, 15.0) for a in asked])
    assert drawn == pytest.approx(-drawn[::-1])
    assert drawn[np.abs(asked) <= 12] == pytest.approx(asked[np.abs(asked) <= 12])
    assert np.all(np.diff(drawn) >= 0)
    assert np.abs(drawn).max() <= 15
