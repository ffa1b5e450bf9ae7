"""didgen.engine.warp.mouth: a mouth that opens, closes, rounds and goes with its head."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from didgen.engine.photo import load_photo
from tests.engine.mouths import ASSETS, Head, weighted


def test_a_still_mouth_is_left_to_the_bit(smiling: Head, closed: Head) -> None:
    """Where lips do not move against each other nothing is drawn, turned head or not, smile or not."""
    for head in (smiling, closed):
        for weights, pose in ((weighted(), (0, 0, 0)), (weighted(browInnerUp=0.7), (6, 2, 3))):
            frame = head.warped(weights, head.move(pose))
            before = frame.copy()
            head.mouth.paint(frame, weights, head.move(pose), 0.5)
            assert np.array_equal(before, frame)


def test_sealed_lips_show_no_teeth(smiling: Head) -> None:
    """p, b, m on a photo that shows teeth: the net sees lips that touch, and no bright px is left between them."""
    rest, sealed = smiling.drawn(), smiling.drawn(seal=1.0, mouthPress=0.35, jawOpen=0.02)
    assert smiling.gap_cm(rest) > 0.6
    assert smiling.gap_cm(sealed) < 0.2
    pale = [smiling.pale(frame, down_cm=0.35) for frame in (rest, sealed)]
    assert pale[0] > 0.2
    assert pale[1] < 0.1 * pale[0]


def test_an_open_jaw_opens_the_mouth(closed: Head, smiling: Head) -> None:
    """The net sees the gap of a vowel grow with the jaw, on a closed photo and on a smile."""
    for head in (closed, smiling):
        gaps = [
            head.gap_cm(head.drawn(jawOpen=jaw, mouthLowerDownLeft=0.2, mouthLowerDownRight=0.2))
            for jaw in (0, 0.35, 0.8)
        ]
        assert gaps[0] + 0.2 < gaps[1] < gaps[2] - 0.2


def test_a_narrow_gap_is_a_dark_seam(closed: Head) -> None:
    """Teeth stay away until there is room for them: no pale px in a gap under two millimetres, some in a wide one."""
    narrow = closed.drawn(jawOpen=0.08)
    wide = closed.drawn(jawOpen=0.6, mouthUpperUpLeft=0.3, mouthUpperUpRight=0.3)
    assert np.abs(narrow.astype(int) - closed.drawn()).max() > 40  # it did open
    assert closed.pale(narrow, down_cm=0.6) == 0
    assert closed.pale(wide, down_cm=0.6) > 0.25


def test_rounded_lips_show_a_dark_hole(closed: Head) -> None:
    """No teeth are bared in oo: what is seen between the lips is darker than any tooth in ee."""
    bared = ("mouthUpperUpLeft", "mouthUpperUpRight", "mouthLowerDownLeft", "mouthLowerDownRight")
    ee = {"jawOpen": 0.22} | dict.fromkeys(bared, 0.3)
    brightest = []
    for named in (ee, {"jawOpen": 0.22, "mouthPucker": 1.0, "mouthFunnel": 0.25}):
        x, top, low = closed.inner_lips(**named)
        inside = closed.drawn(**named)[top + 2 : low - 1, x - 3 : x + 4].astype(float).mean(-1)
        brightest.append(inside.max())
    teeth, hole = brightest
    assert hole < 0.65 * teeth


def test_the_mouth_follows_the_head(closed: Head) -> None:
    """Turned right, the opening is further right on the picture, and so is all that was drawn."""
    middles = []
    for yaw in (-8.0, 8.0):
        move = closed.move((yaw, 0, 0))
        with_mouth = closed.drawn(move, jawOpen=0.8)
        changed = np.abs(with_mouth.astype(int) - closed.warped(weighted(jawOpen=0.8), move)).sum(2) > 60
        middles.append(np.nonzero(changed)[1].mean())
    assert middles[1] > middles[0] + 6


def test_a_mirrored_photo_gives_a_mirrored_mouth(smiling: Head) -> None:
    """Nothing in the layers knows left from right: the mirrored portrait, opened as far, is the mirrored picture."""
    mirrored = Head(np.ascontiguousarray(load_photo(ASSETS / "eileen.jpg")[:, ::-1]))
    assert mirrored.mouth.lines.parted
    gaps = [head.gap_cm(head.drawn(jawOpen=0.6)) for head in (smiling, mirrored)]
    assert gaps[1] == pytest.approx(gaps[0], abs=0.2)
    pictures = [head.drawn(jawOpen=0.6) for head in (smiling, mirrored)]
    boxes = []
    for head, picture in zip((smiling, mirrored), pictures, strict=True):
        x, y = head.geometry.landmarks[13, :2].astype(int)
        boxes.append(picture[y - 15 : y + 50, x - 50 : x + 51].astype(float))
    assert np.abs(boxes[0] - boxes[1][:, ::-1]).mean() < 0.5 * np.abs(boxes[0] - boxes[1]).mean() + 4


def test_a_mouth_has_the_size_of_its_face(closed: Head) -> None:
    """The same photo at half the size gives the same mouth, whatever the px of its crop: teeth, tongue and lips are
    measured in the face's own centimetres."""
    rgb = load_photo(ASSETS / "woman.jpg")
    small = Head(cv2.resize(rgb, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
    wide = {"jawOpen": 0.75, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    gaps = [head.gap_cm(head.drawn(**wide)) for head in (closed, small)]
    assert gaps[1] == pytest.approx(gaps[0], rel=0.12)
    inside = [
        cv2.resize(head.drawn(**wide)[y - 10 : y + 60, x - 40 : x + 41], None, fx=0.25, fy=0.25).astype(float)
        for head in (closed, small)
        for x, y in [head.geometry.landmarks[13, :2].astype(int)]
    ]
    assert np.abs(inside[0] - inside[1]).mean() < 12


def test_a_mouth_half_outside_the_frame_is_cut_off_there(smiling: Head) -> None:
    """A head moved so far that its mouth leaves the frame draws what is left of it."""
    move = smiling.geometry.head_move((0, 0, 0), (0, 11.0, 0), 0.0)
    frame = smiling.drawn(move, jawOpen=0.8)
    assert (512, 512, 3) == frame.shape


@pytest.mark.parametrize("named", [{"mouthPucker": 0.8}, {"jawOpen": 0.25}, {"jawOpen": 0.9}])
def test_skin_further_from_the_lips_is_left_as_the_face_below_has_it(monkeypatch, smiling, named):
    """Above and below the band about the lips not a px is drawn, and drawn whole the picture would look the same."""
    move = smiling.move((4, 2, 0))
    weights = weighted(**named)
    face = smiling.warped(weights, move)
    band = face.copy()
    smiling.mouth.paint(band, weights, move, 0.0)
    monkeypatch.setattr("didgen.engine.warp.mouth.AROUND_CM", (99.0, 99.0))
    whole = face.copy()
    smiling.mouth.paint(whole, weights, move, 0.0)
    changed = np.flatnonzero((band != face).any((1, 2)))
    assert changed[0] > np.flatnonzero((whole != face).any((1, 2)))[0] + 8
    change = np.abs(band.astype(int) - whole)
    assert change.max() < 16
    assert (change > 4).mean() < 1e-3
