"""A drawn mouth read by its pixels: openings that were drawn by known amounts must come back as those, whatever the net
believes. Nothing of the engine draws here, and the landmarks stay those of the closed mouth, as of a net that sees
nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import LIP_GAP
from didgen.engine.face.pose import place_head
from didgen.engine.face.retrack import Tracked
from didgen.engine.photo import load_photo
from didgen.quality.inked import drawn
from didgen.quality.lips import CLOSED_CM, correlation
from didgen.quality.mouthing import Mouth
from tests.quality.drawings import STYLES, Picture, Style, drawing
from tests.quality.gallery import gallery
from tests.quality.test_mouthing import GAPS_CM

Curve = NDArray[np.float64]


@dataclass(frozen=True)
class Cartoon:
    style: Style
    photo: Picture
    face: Face

    def parted(self, gap_cm: float) -> Picture:
        return drawing(self.style, gap_px=gap_cm * place_head(self.face.landmarks).s)

    def seen(self, pictures: list[Picture], landmarks: NDArray[np.float32] | None = None) -> Mouth:
        points = np.repeat(self.face.landmarks[None], len(pictures), 0) if landmarks is None else landmarks
        tracked = Tracked(points, np.zeros((len(pictures), 52), np.float32), np.ones(len(pictures), np.bool_))
        mouth = drawn(pictures, tracked, (self.photo, self.face))
        assert mouth is not None
        return mouth

    def gaps(self, gaps_cm: Curve) -> Curve:
        return self.seen([self.parted(gap) for gap in gaps_cm]).gap_cm


@pytest.fixture(scope="module", params=["thin line", "filled lips", "bold", "tilted"])
def cartoon(request: pytest.FixtureRequest) -> Cartoon:
    photo = drawing(STYLES[request.param])
    return Cartoon(STYLES[request.param], photo, find_faces(photo)[0])


@pytest.fixture(scope="module")
def good(cartoon: Cartoon) -> Curve:
    return cartoon.gaps(GAPS_CM)


def test_a_drawn_gap_is_read_in_centimetres(good: Curve) -> None:
    """Known openings come back in their order and size; closed is closed."""
    assert correlation(GAPS_CM, good) > 0.98
    assert np.polyfit(GAPS_CM, good, 1)[0] == pytest.approx(1, abs=0.15)
    assert good[GAPS_CM == 0].max() < 0.1


def test_a_frozen_drawing_has_no_gap(cartoon: Cartoon) -> None:
    """Nothing moves: nothing to correlate, though the net may see what it likes."""
    still = [cartoon.photo] * len(GAPS_CM)
    assert correlation(GAPS_CM, cartoon.seen(still).gap_cm) is None
    landmarks = np.repeat(cartoon.face.landmarks[None], len(GAPS_CM), 0)
    landmarks[:, LIP_GAP[1], 1] += np.random.default_rng(1).uniform(0, 10, len(GAPS_CM)).astype(np.float32)
    assert cartoon.seen(still, landmarks).gap_cm.max() < 0.1


def test_a_late_drawing_is_late(cartoon: Cartoon) -> None:
    """Two pictures late are seen two pictures late, and agree with what was meant no more."""
    late = cartoon.gaps(np.roll(GAPS_CM, 2))
    assert correlation(GAPS_CM, late) < 0.6
    assert correlation(np.roll(GAPS_CM, 2), late) > 0.98


def test_a_drawn_mouth_that_never_closes_is_open_all_the_time(cartoon: Cartoon) -> None:
    """Four millimetres more at every picture, the first one too: the photo's line says what closed is."""
    open_ = cartoon.gaps(0.4 + GAPS_CM)
    assert open_.min() > CLOSED_CM + 0.05
    assert correlation(GAPS_CM, open_) > 0.95


def test_a_drawn_mouth_that_opens_half_as_far_measures_half(cartoon: Cartoon, good: Curve) -> None:
    """Half the amplitude is half the gap."""
    assert cartoon.gaps(GAPS_CM / 2).max() / good.max() == pytest.approx(0.5, abs=0.1)


def test_the_ends_of_the_line_are_its_corners(cartoon: Cartoon) -> None:
    """A mouth drawn together by known shares, and one that keeps its width."""
    shares = np.array([0, 0, 0.1, 0.2, 0.3, 0.2, 0.1, 0, 0.15, 0.3, 0])
    width = cartoon.seen([drawing(cartoon.style, narrower=share) for share in shares]).width_cm
    assert correlation(1 - shares, width) > 0.98
    assert width[4] / width[0] == pytest.approx(0.7, abs=0.06)
    assert np.ptp(cartoon.seen([cartoon.photo] * 6).width_cm) < 0.02


def test_a_hole_that_opens_below_the_line_is_no_opening(cartoon: Cartoon) -> None:
    """The old fault: the line stays whole on one lip, and another shape opens away from it."""
    pictures = []
    for gap in GAPS_CM:
        picture, down = cartoon.photo.copy(), round(34 + 10 * gap)
        x, y = cartoon.style.turned(cartoon.style.line()).mean(0).astype(int)
        picture[y + 34 : y + down, x - 15 : x + 15] = cartoon.style.ink
        pictures.append(picture)
    gaps = cartoon.seen(pictures).gap_cm
    assert gaps.max() < 0.1


def test_what_is_no_drawing_is_left_to_others() -> None:
    """A beard has no flat colour, and a mouth that is lost in most pictures is not guessed."""
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == "beard"))
    face = find_faces(photo)[0]
    tracked = Tracked(face.landmarks[None], np.zeros((1, 52), np.float32), np.ones(1, np.bool_))
    assert drawn([photo], tracked, (photo, face)) is None
    flat = drawing(STYLES["bold"])
    face = find_faces(flat)[0]
    tracked = Tracked(np.repeat(face.landmarks[None], 4, 0), np.zeros((4, 52), np.float32), np.ones(4, np.bool_))
    blank = np.full_like(flat, 250)
    assert drawn([flat, blank, blank, flat], tracked, (flat, face)) is None
