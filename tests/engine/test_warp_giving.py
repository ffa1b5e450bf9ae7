"""What the background does about a long line beside the head: a drawn head before a plain wall with a cord."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from didgen.engine.warp.canvas import make_canvas
from didgen.engine.warp.cutout import Cutout, build_cutout
from didgen.engine.warp.giving import way_before_lines
from didgen.engine.warp.grid import NodeGrid

FACE = 280.0  # px, its height
WALL, CORD, HAIR = (60, 70, 130), (240, 180, 50), (40, 30, 25)
GRID = NodeGrid(0, 0, 512, 512, 8)
LEFT = 150  # px, the head's side


def _scene(gap: int, rows: slice = slice(512)) -> tuple[np.ndarray, np.ndarray]:
    """(512, 512, 3) a head, 6 px wide a cord `gap` px to its left; and (512, 512) 0..1, the head's opacity."""
    opacity = cv2.ellipse(np.zeros((512, 512), np.float32), (LEFT + 130, 260), (130, 170), 0, 0, 360, 1.0, -1)
    opacity = cv2.GaussianBlur(opacity, (0, 0), 1.0)
    wall = np.full((512, 512, 3), WALL, np.float32)
    wall[rows, LEFT - gap - 6 : LEFT - gap] = CORD
    return np.rint(wall + opacity[..., None] * (np.float32(HAIR) - wall)).astype(np.uint8), opacity


def _cutout(gap: int) -> Cutout:
    picture, opacity = _scene(gap)
    canvas = make_canvas(picture, np.eye(2, 3), (512, 512), margin=8, per_px=2, sharpen=False)
    return build_cutout(canvas, GRID, opacity, FACE)


def _moved(cutout: Cutout, x: float, y: float) -> np.ndarray:
    """(512, 512, 3): the head moved by x, y px."""
    shift = np.broadcast_to(np.float32([-x, -y]), (GRID.rows, GRID.columns, 2)).copy()
    return cutout.drawn(GRID.reading(shift)).astype(int)


@pytest.mark.parametrize("gap", [8, 14])
@pytest.mark.parametrize(("x", "y"), [(4, 0), (18, 0), (12, 8), (12, -8)])
def test_a_line_stays_where_it_is_when_the_head_goes_away(gap, x, y):
    """The cord is the photo's, and the uncovered strip is plain wall, even where it was narrower than the move."""
    cutout = _cutout(gap)
    frame = _moved(cutout, x, y)
    rows = slice(160, 360)
    assert np.abs(frame - cutout.rest.astype(int))[rows, : LEFT - gap].max() <= 24
    strip = frame[rows, LEFT - gap + 2 : LEFT + x - 2]
    assert np.abs(strip[:, : x // 2 + 2] - WALL).max() < 40


@pytest.mark.parametrize("gap", [8, 14])
def test_a_line_is_not_pushed_aside_by_the_head_that_comes_near(gap):
    """Up to the head all is as in the photo."""
    cutout = _cutout(gap)
    change = np.abs(_moved(cutout, -6, 0) - cutout.rest.astype(int))
    assert change[60:460, : LEFT - 8].max() <= 8


@pytest.mark.parametrize("gap", [8, 14])
def test_a_dark_fringe_of_the_head_is_not_drawn_out_beside_a_line(gap):
    """Photos are darker right about a hat, and grainy: uncovered is plain wall, where it was 18 px of streaks."""
    picture, opacity = _scene(gap)
    dark = cv2.dilate((opacity > 0.02).astype(np.uint8), np.ones((3, 3)))
    rows, columns = np.nonzero((dark > 0) & (opacity < 0.02))
    picture[rows, columns] = np.random.default_rng(1).integers(0, 60, (len(rows), 1))
    canvas = make_canvas(picture, np.eye(2, 3), (512, 512), margin=8, per_px=2, sharpen=False)
    cutout = build_cutout(canvas, GRID, opacity, FACE)
    strip = _moved(cutout, 18, 0)[220:300, LEFT - gap + 3 : LEFT + 14]
    assert np.abs(strip - WALL).mean() < 8
    assert strip.std(0).max() < 8
    # Where the head stays while it moves next to that, all of it is the photo.
    shift = np.zeros((GRID.rows, GRID.columns, 2), np.float32)
    shift[: GRID.rows // 2, :, 0] = -18
    still = cutout.drawn(GRID.reading(shift))[272:400]
    assert np.array_equal(still, cutout.rest[272:400])


def test_a_line_is_covered_by_the_head_that_comes_over_it():
    """Beside her it is as in the photo, behind her it is hidden."""
    cutout = _cutout(8)
    change = np.abs(_moved(cutout, -20, 0) - cutout.rest.astype(int))
    assert change[:, : LEFT - 24].max() <= 8
    assert change[60:90, : LEFT - 8].max() <= 8
    assert np.abs(_moved(cutout, -20, 0)[250:270, LEFT - 14 : LEFT - 8] - HAIR).max() < 12


@pytest.mark.parametrize(("gap", "rows"), [(80, slice(512)), (-3, slice(512)), (12, slice(230, 290))])
def test_other_lines_end_no_way(gap, rows):
    """One that is far, one that touches her (what stands next to her is the cord itself), one that is short."""
    assert way_before_lines(*_scene(gap, rows), FACE) is None


def test_a_line_that_leads_to_her_ends_no_way():
    """One that comes from the side, to go on behind her, slides along itself."""
    picture, opacity = _scene(80)
    picture[240:246, : LEFT - 6] = CORD
    assert way_before_lines(picture, opacity, FACE) is None


def test_traces_of_the_person_on_a_line_stay_with_it():
    """A net that takes a bit of the cord for her with little certainty takes nothing of it along."""
    picture, opacity = _scene(12)
    opacity[200:260, LEFT - 17 : LEFT - 13] = 0.2
    canvas = make_canvas(picture, np.eye(2, 3), (512, 512), margin=8, per_px=2, sharpen=False)
    cutout = build_cutout(canvas, GRID, opacity, FACE)
    change = np.abs(_moved(cutout, 14, 0) - cutout.rest.astype(int))
    assert change[:, : LEFT - 12].max() <= 24


def test_a_pattern_ends_no_way():
    """Leaves or curls beside her hang together over a long way, but run in all directions."""
    picture, opacity = _scene(80)
    noise = cv2.GaussianBlur(np.random.default_rng(1).normal(size=(512, 512)).astype(np.float32), (0, 0), 3.0)
    picture[(noise > 0) & (opacity == 0)] = CORD
    assert way_before_lines(picture, opacity, FACE) is None
