"""A drawn mouth opens as one dark shape with its line all around it, in every style of drawing."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.find import find_faces
from didgen.engine.motion.curves import weights_of
from didgen.engine.motion.mouth import SHAPES_OF
from didgen.engine.motion.track import MotionTrack
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import Rig, build_rig
from tests.quality.drawings import STYLES, Picture, Style, drawing

UNLIKE = 40  # levels of any channel: no skin


@pytest.fixture(scope="module", params=STYLES)
def style(request: pytest.FixtureRequest) -> Style:
    return STYLES[request.param]


@pytest.fixture(scope="module")
def rig(style: Style) -> Rig:
    picture = drawing(style)
    return build_rig(picture, find_faces(picture)[0])


class Seen:
    """The mouth of one frame: the blob that is not of the skin's colour, turned level."""

    def __init__(self, rig: Rig, style: Style, viseme: str) -> None:
        frame = shown(rig, viseme)
        middle = rig.geometry.landmarks[[13, 14], :2].mean(0)
        turn = cv2.getRotationMatrix2D(tuple(map(float, middle)), style.tilt_deg, 1)
        level = cv2.warpAffine(frame, turn, frame.shape[1::-1], None, cv2.INTER_LINEAR, cv2.BORDER_REPLICATE)
        cm = rig.geometry.px_per_cm
        left, right = int(middle[0] - 4 * cm), int(middle[0] + 4 * cm)
        self.rgb = level[int(middle[1] - 1.6 * cm) : int(middle[1] + 3 * cm), left:right].astype(int)
        unlike = (np.abs(self.rgb - style.skin).max(2) > UNLIKE).astype(np.uint8)
        unlike = cv2.morphologyEx(unlike, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))  # of red and dark: brown as skin
        _, labels, stats, _ = cv2.connectedComponentsWithStats(unlike, connectivity=8)
        edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))  # face's outline, ground
        sizes = stats[:, cv2.CC_STAT_AREA].copy()
        sizes[edge] = 0
        self.blob = labels == int(sizes.argmax())
        self.rest = int(sizes.sum() - sizes.max())  # px of other blobs
        columns = np.flatnonzero(self.blob.any(0))
        self.width_cm = len(columns) / cm
        self.middle = int(columns.mean())
        self.ink = np.abs(self.rgb - style.ink).max(2) < 45
        self.cm = cm

    def column(self, share: float) -> NDArray[np.intp]:
        """Rows of the blob at a share -1..1 of its half width from its middle."""
        columns = np.flatnonzero(self.blob.any(0))
        at = self.middle + int(share * len(columns) / 2)
        return np.flatnonzero(self.blob[:, at])

    def tall_cm(self, share: float = 0.0) -> float:
        rows = self.column(share)
        return float(rows[-1] - rows[0] + 1) / self.cm

    def line_px(self, share: float) -> tuple[int, int]:
        """How thick the ink is above and below the opening, at that share of the width."""
        rows = self.column(share)
        at = self.middle + int(share * self.blob.any(0).sum() / 2)
        ink = self.ink[rows[0] : rows[-1] + 1, at]
        half = len(ink) // 2
        return int(ink[:half].sum()), int(ink[half:].sum())


def shown(rig: Rig, viseme: str) -> Picture:
    shape = {name: weight for name, weight in SHAPES_OF.get(viseme, {}).items() if name != "tongue"}
    track = MotionTrack.still(1)
    track.weights[0] = weights_of(shape)
    return draw(rig, track, 0)


def test_at_rest_it_is_the_drawing(rig: Rig) -> None:
    """No line is drawn anew where nothing moves."""
    frame = shown(rig, "")
    margin, dense = rig.canvas.margin * rig.canvas.per_px, rig.canvas.per_px
    assert np.array_equal(frame, rig.canvas.rgb[margin::dense, margin::dense][: rig.height, : rig.width])


def test_it_opens_as_one_shape_with_its_line_around(rig: Rig, style: Style) -> None:
    """In ah the mouth is one blob, the ink above and below it at five places; no piece of the line lies apart."""
    seen = Seen(rig, style, "aa")
    assert seen.tall_cm() > 1.2
    assert seen.rest < 0.03 * seen.blob.sum()
    thick = style.mouth[2] * rig.geometry.work_from_photo[0, 0]
    if style.lips is None:
        for share in (-0.6, -0.3, 0.0, 0.3, 0.6):
            assert min(seen.line_px(share)) >= 0.5 * thick, share
    # Little of the skin's colour is inside: teeth may look like it.
    filled = cv2.morphologyEx(seen.blob.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8)) > 0
    skin = np.abs(seen.rgb - style.skin).max(2) < 12
    inside = cv2.erode(filled.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert (skin & inside).sum() <= 0.05 * inside.sum()


def test_the_line_stays_a_line_when_lips_press(rig: Rig, style: Style) -> None:
    """In p, b and m it is as thick as in the drawing, and in one piece from end to end."""
    drawn, pressed = (Seen(rig, style, viseme) for viseme in ("", "PP"))
    assert pressed.rest == drawn.rest == 0
    for share in (-0.5, 0.0, 0.5):
        assert pressed.tall_cm(share) == pytest.approx(drawn.tall_cm(share), abs=0.16)


def test_shapes_are_told_by_width_and_height(rig: Rig, style: Style) -> None:
    """oo is narrow, ee wide, ah tall, f lower than s."""
    aa, ee, oo, f, s = (Seen(rig, style, viseme) for viseme in ("aa", "I", "U", "FF", "SS"))
    assert oo.width_cm < 0.82 * ee.width_cm
    assert aa.tall_cm() > ee.tall_cm() + 0.5
    assert f.tall_cm() < s.tall_cm() + 0.1
