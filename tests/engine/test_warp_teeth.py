"""The teeth: the photo's own as far as it shows them, drawn ones beside and below, and what of them a mouth shows."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.motion.mouth import SHAPES_OF
from didgen.engine.photo import load_photo
from didgen.engine.warp.teeth import Bite, draw_teeth
from didgen.engine.warp.teeth_seen import find_teeth
from tests.engine.mouths import ASSETS, FACES, Head


def test_teeth_of_a_photo_are_told_from_its_lips(smiling: Head) -> None:
    """What is taken for teeth, as shown and carried on under the lips, has nothing of a lip's pink."""
    mouth, cm = smiling.mouth, smiling.geometry.px_per_cm
    lines = mouth.lines
    teeth = find_teeth(smiling.canvas, lines.frame, lines.upper, lines.lower, cm)
    assert teeth is not None
    assert teeth.seen.sum() / 2 > 3.5 * cm
    assert 0.4 * cm < np.median((teeth.edge - teeth.top)[teeth.seen]) < 1.0 * cm
    piece = mouth.interior.upper_teeth
    u, v = np.moveaxis(piece.region.grid(2), -1, 0)
    front = (np.abs(u) < 1.3 * cm) & (v > np.median(teeth.top) - 0.25 * cm) & (piece.rgba[..., 3] > 200)
    red, green = (piece.rgba[..., k].astype(float)[front] for k in (0, 1))
    assert np.percentile(green / red, 5) > 0.8


def test_a_dark_hole_is_no_teeth() -> None:
    """Lips that are apart before a dark mouth: the teeth we draw take their white from eyes and skin, not from it."""
    rgb = load_photo(ASSETS / "eileen.jpg")
    marks = find_faces(rgb)[0].landmarks
    inner = marks[[*LIP_ROWS_UPPER[3], *reversed(LIP_ROWS_LOWER[3])], :2]
    dark = cv2.fillPoly(rgb.copy(), [inner.round().astype(np.int32)], (48, 18, 16))
    head = Head(dark)
    lines, cm = head.mouth.lines, head.geometry.px_per_cm
    assert lines.parted
    assert find_teeth(head.canvas, lines.frame, lines.upper, lines.lower, cm) is None
    assert head.mouth.interior.colours.white.min() > 120


def test_teeth_go_on_where_a_smile_hid_them(smiling: Head) -> None:
    """The lower lip of a smile hides the edges of the teeth at the side; opened, the row is no crescent: it rises by
    less towards the side than that lip does, and is there as light as in the photo."""
    mouth, cm = smiling.mouth, smiling.geometry.px_per_cm
    piece, lower = mouth.interior.upper_teeth, mouth.lines.lower
    u, v = np.moveaxis(piece.region.grid(2), -1, 0)
    edge = np.where(piece.rgba[..., 3] > 128, v, -99).max(0)
    middle, left, right = (float(np.interp(at * cm, u[0], edge)) for at in (0.0, -1.8, 1.8))
    lip = float(lower.at(np.array([0.0]))[0] - lower.at(np.array([-1.8, 1.8]) * cm).mean())
    assert 0.1 * cm < middle - (left + right) / 2 < 0.85 * lip
    brightest = [
        np.percentile(frame[y : y + int(1.3 * cm), x - 20 : x + 20].astype(float).mean(-1), 95)
        for frame in (smiling.drawn(), smiling.drawn(jawOpen=0.5))
        for x, y in [smiling.geometry.landmarks[13, :2].astype(int)]
    ]
    assert brightest[1] > 0.88 * brightest[0]


def test_teeth_stay_white_in_a_smile_that_rounds_no_lips(smiling: Head) -> None:
    """Lips that stand forward shade the teeth; who goes on smiling in oo does not bring them forward, however much is
    asked for."""
    smile, calm = (
        smiling.drawn(jawOpen=0.25, mouthPucker=0.8, mouthSmileLeft=back, mouthSmileRight=back) for back in (0.0, -1.3)
    )
    assert smiling.pale(smile, down_cm=1.0) > 0.5
    assert smiling.pale(calm, down_cm=1.0) < 0.15


def test_teeth_go_behind_a_lip_that_comes_forward(smiling: Head) -> None:
    """On the way from a smile to oo what is seen is tooth or flesh, at no time a grey slab between the two."""
    slabs = []
    for pucker in np.linspace(0.3, 1.0, 15):
        named = {"jawOpen": 0.3, "mouthPucker": pucker, "mouthSmileLeft": -0.9, "mouthSmileRight": -0.9}
        x, top, low = smiling.inner_lips(**named)
        inside = smiling.drawn(**named)[top + 4 : low - 3, x - 8 : x + 9].astype(float)
        grey = (inside[..., 0] < 1.5 * inside[..., 1]) & (inside.mean(-1) < 130)
        slabs.append(float(grey.mean()))
    assert max(slabs) < 0.2


def test_an_oh_shows_the_edge_of_the_upper_teeth(closed: Head) -> None:
    """The round lips of an oh as it is said show a pale strip under the upper one and the dark below it; oo shows no
    strip. With none an oh was taken for a hole."""
    strips = []
    for named in ({"jawOpen": 0.19, "mouthPucker": 0.8, "mouthFunnel": 0.35}, dict(SHAPES_OF["O"])):
        x, top, low = closed.inner_lips(**named)
        inside = closed.drawn(**named)[top + 2 : low - 1, x - 3 : x + 4].astype(float)[..., 1].mean(1)
        middle = inside[len(inside) // 2]
        strips.append(inside[: len(inside) // 2].max() / middle)
    oo, oh = strips
    assert oh > 1.3
    assert oo < 1.1


def test_lower_teeth_are_tips_in_the_shade_of_the_upper_ones(closed: Head, smiling: Head) -> None:
    """In ah nothing above the lower lip is nearly as bright as the upper teeth: two equal rows look like dentures."""
    wide = {"jawOpen": 0.85, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    for head in (closed, smiling):
        frame, cm = head.drawn(**wide).astype(float).mean(-1), head.geometry.px_per_cm
        x, top, low = head.inner_lips(**wide)
        columns = slice(x - 8, x + 9)
        upper = frame[top : top + int(0.7 * cm), columns].mean(1).max()
        assert frame[low - int(0.5 * cm) : low - 2, columns].mean(1).max() < 0.75 * upper


def test_lower_teeth_stand_on_the_lower_lip(closed: Head) -> None:
    """In a wide open mouth the px right above the middle of the lower lip are teeth; above them there is none up to the
    upper row; rounded lips hide them."""
    wide = {"jawOpen": 0.75, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    open_, round_ = (closed.drawn(**wide, mouthPucker=pucker).astype(float) for pucker in (0.0, 1.0))
    x, _, y = closed.inner_lips(**wide)
    cm = closed.geometry.px_per_cm
    ivory = []
    for frame in (open_, round_):
        rows = frame[y - int(0.75 * cm) : y, x - 6 : x + 7]
        pale = (rows[..., 0] > 85) & (rows[..., 1] > 0.72 * rows[..., 0])
        ivory.append([part.mean(1).max() for part in np.split(pale, [int(0.35 * cm)])])
    (above, on_lip), (_, pouting) = ivory
    assert on_lip > 0.8
    assert above == 0
    assert pouting < 0.2


def test_a_row_of_teeth_is_seen_as_the_head_is_turned(closed: Head) -> None:
    """Turned to the left, what is left of the front teeth is short and ends at the arch's horizon, what is right of
    them long; straight ahead both are alike."""
    colours, cm = closed.mouth.interior.colours, 20.0
    reach = []
    for yaw_deg in (-25.0, 0.0, 25.0):
        yaw = np.radians(yaw_deg)
        teeth = draw_teeth(colours, Bite(0.0, 0.0, cm, (np.cos(yaw), 0.0), (-np.sin(yaw), 0.0)), upper=True)
        seen = np.nonzero(teeth.rgba[..., 3].max(0) > 128)[0] / 2 + teeth.region.left
        reach.append((-seen[0] / cm, seen[-1] / cm))
    (far, near), ahead, mirrored = reach
    assert far < 0.75 * near
    assert ahead[0] == pytest.approx(ahead[1], abs=0.06)
    assert mirrored == pytest.approx((near, far), abs=0.06)


def test_front_teeth_are_told_apart_softly(closed: Head) -> None:
    """Neither one pale strip nor a comb: six front teeth, a shade between each two as between those of photos (their
    bands dip by 8 to 14 %), and an edge that is scalloped by less than a millimetre."""
    cm = 20.0
    teeth = draw_teeth(closed.mouth.interior.colours, Bite(0.0, 0.0, cm), upper=True)
    u, v = np.moveaxis(teeth.region.grid(2), -1, 0) / cm
    front = np.abs(u[0]) < 1.3
    light, alpha = teeth.rgba[..., :3].astype(float).mean(-1), teeth.rgba[..., 3]
    band = light[(v[:, 0] > -0.35) & (v[:, 0] < -0.25)][:, front].mean(0)
    even = np.polynomial.Polynomial.fit(u[0, front], band, 6)(u[0, front])
    shade = band / even
    dips = [float(shade[np.abs(u[0, front] - at) < 0.1].min()) for at in (-0.86, 0.0, 0.86)]
    tops = [float(shade[np.abs(u[0, front] - at) < 0.1].max()) for at in (-0.43, 0.43)]
    assert 0.8 * min(tops) < min(dips)
    assert max(dips) < 0.93 * min(tops)
    edge = np.where(alpha > 128, v, -9).max(0)[front]
    scallops = np.ptp(edge - np.polynomial.Polynomial.fit(u[0, front], edge, 2)(u[0, front]))
    assert 0.04 < scallops < 0.1


def test_the_teeth_of_a_drawing_are_one_pale_shape(closed: Head) -> None:
    """No shade tells its teeth apart, and they are nearly as light at the side as in the middle."""
    spread = []
    for head in (closed, Head(load_photo(FACES / "cartoon.jpg"))):
        teeth = draw_teeth(head.mouth.interior.colours, Bite(0.0, 0.0, 20.0), upper=True)
        u, v = np.moveaxis(teeth.region.grid(2), -1, 0) / 20.0
        band = teeth.rgba[..., :3].astype(float).mean(-1)[(v[:, 0] > -0.35) & (v[:, 0] < -0.25)].mean(0)
        band = band[np.abs(u[0]) < 1.6]
        spread.append(1 - band.min() / band.max())
    photographed, drawn = spread
    assert photographed > 0.35
    assert drawn < 0.25


def test_teeth_darken_towards_the_corners_and_under_the_lip(closed: Head) -> None:
    """No even strip: the front teeth are lighter than those at the side, and lighter at their edge than right under the
    lip."""
    teeth = closed.mouth.interior.upper_teeth
    row = teeth.rgba[..., :3].mean(-1)[teeth.rgba[..., 3].argmax(0), np.arange(teeth.rgba.shape[1])]
    opaque = teeth.rgba[..., 3].max(0) > 128
    thirds = [part.mean() for part in np.array_split(row[opaque], 5)]
    assert thirds[2] > 1.15 * max(thirds[0], thirds[4])
    bared = {"jawOpen": 0.6, "mouthUpperUpLeft": 0.5, "mouthUpperUpRight": 0.5}
    frame = closed.drawn(**bared).astype(float).mean(2)
    x, y, _ = closed.inner_lips(**bared)
    column = frame[y : y + 14, x - 6 : x + 7].mean(1)
    bright = int(column.argmax())
    assert bright >= 4
    assert column[2] < 0.85 * column[bright]
