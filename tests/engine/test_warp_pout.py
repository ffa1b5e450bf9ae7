"""didgen.engine.warp.pout: lips that come forward are lit, and what lies beside them is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.mesh import CHIN, LIP_ROWS_LOWER, MOUTH_CORNERS
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.photo import load_photo
from didgen.engine.warp.rig import Rig, build_rig

ASSETS = Path(__file__).parents[2] / "projects/hello/assets"


@pytest.fixture(scope="module")
def rig() -> Rig:
    photo = load_photo(ASSETS / "woman-2.jpg")
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    return build_rig(photo, face)


def lit(rig: Rig, pucker: float) -> NDArray[np.uint8]:
    """A grey frame in which nothing moves, with the light of lips so far forward."""
    frame = np.full((rig.height, rig.width, 3), 100, np.uint8)
    weights = np.zeros(len(SHAPES), np.float32)
    weights[INDEX["mouthPucker"]] = pucker
    grid = rig.geometry.grid
    assert rig.pout is not None
    rig.pout.paint(frame, weights, grid.reading(np.zeros((grid.rows, grid.columns, 2), np.float32)))
    return frame


def at(frame: NDArray[np.uint8], place: NDArray[np.floating]) -> float:
    x, y = np.rint(place[:2]).astype(int)
    return float(frame[y, x].mean())


def test_lips_at_rest_are_left(rig: Rig) -> None:
    """Not a bit is changed."""
    assert (lit(rig, 0.0) == 100).all()


def test_lips_stand_out_from_what_lies_beside_them(rig: Rig) -> None:
    """The lower lip gains light, the skin under it and beside the corners loses some, twice as much at twice the
    pout; the chin keeps its own."""
    marks, cm = rig.geometry.landmarks, rig.geometry.px_per_cm
    lip = (marks[LIP_ROWS_LOWER[1][5]] + marks[LIP_ROWS_LOWER[2][5]]) / 2
    under = marks[LIP_ROWS_LOWER[0][5]] + np.array([0, 0.35 * cm, 0])
    beside = [corner + 0.2 * (corner - marks[13]) for corner in marks[list(MOUTH_CORNERS)]]
    half, whole = (lit(rig, amount) for amount in (0.5, 1.0))
    assert at(whole, lip) > 106
    assert at(whole, under) < 92
    assert max(at(whole, place) for place in beside) < 94
    assert 100 - at(half, under) == pytest.approx((100 - at(whole, under)) / 2, abs=1.5)
    assert at(whole, marks[CHIN]) == 100


def test_a_dark_mouth_stays_dark(rig: Rig) -> None:
    """The light is a share of what is there: black stays black."""
    frame = np.zeros((rig.height, rig.width, 3), np.uint8)
    weights = np.zeros(len(SHAPES), np.float32)
    weights[INDEX["mouthPucker"]] = 1.0
    grid = rig.geometry.grid
    assert rig.pout is not None
    rig.pout.paint(frame, weights, grid.reading(np.zeros((grid.rows, grid.columns, 2), np.float32)))
    assert not frame.any()
