"""The mouth's layers, on the portraits of projects/hello: a parted smile, a closed one, and a drawn strip."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.find import find_faces
from didgen.engine.face.landmarks import find_landmarks, region_of_landmarks
from didgen.engine.face.mesh import LIP_GAP, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.photo import load_photo
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.field import main_field
from didgen.engine.warp.geometry import Geometry, HeadMove
from didgen.engine.warp.lips import blur_px, find_lip_lines
from didgen.engine.warp.mouth import Mouth, build_mouth
from didgen.engine.warp.seam import Line, SlitFrame, darkest_seam, shows_teeth, widest_gap
from didgen.engine.warp.teeth import Bite, draw_teeth
from didgen.engine.warp.teeth_seen import find_teeth
from didgen.engine.warp.work import build_geometry

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"
FACES = Path(__file__).parents[1] / "quality" / "faces"
SIDES = ("Left", "Right")
Picture = NDArray[np.uint8]


class Head:
    """One portrait's mouth over its warped picture, without the rest of the rig."""

    def __init__(self, rgb: Picture) -> None:
        self.geometry, self.canvas, _ = build_geometry(rgb, find_faces(rgb)[0], stitch=False, expand=0.3)
        self.field = main_field(self.geometry)
        self.mouth: Mouth = build_mouth(self.geometry, self.canvas)

    def move(self, pose_deg: tuple[float, float, float] = (0, 0, 0)) -> HeadMove:
        return self.geometry.head_move(pose_deg, (0, 0, 0), 0.0)

    def warped(self, weights: NDArray[np.float32], move: HeadMove) -> Picture:
        return self.canvas.sampled(self.field.backward(weights, move))

    def drawn(self, move: HeadMove | None = None, tongue: float = 0.0, **named: float) -> Picture:
        weights = np.zeros(len(SHAPES), np.float32)
        for name, value in named.items():
            weights[INDEX[name]] = value
        move = move or self.move()
        frame = self.warped(weights, move)
        self.mouth.paint(frame, weights, move, tongue)
        return frame

    def gap_cm(self, frame: Picture) -> float:
        """Between the inner lips of a drawn frame, as the landmark net sees them."""
        landmarks, _ = find_landmarks(frame, region_of_landmarks(self.geometry.landmarks))
        upper, lower = landmarks[list(LIP_GAP), :2]
        return float(np.hypot(*(lower - upper))) / self.geometry.px_per_cm

    def pale(self, frame: Picture, down_cm: float) -> float:
        """The share of tooth-coloured px (bright, ivory: nearly as green as red, where lips are pink) under the middle
        of the upper lip."""
        x, y = self.geometry.landmarks[13, :2].astype(int)
        box = frame[y - 2 : y + int(down_cm * self.geometry.px_per_cm), x - 20 : x + 20]
        red, green, blue = np.moveaxis(box.astype(float), -1, 0)
        return float(np.mean((red > 85) & (green > 0.8 * red) & (green > blue + 4)))


@pytest.fixture(scope="module")
def smiling() -> Head:
    return Head(load_photo(ASSETS / "eileen.jpg"))


@pytest.fixture(scope="module")
def closed() -> Head:
    return Head(load_photo(ASSETS / "woman.jpg"))


def test_a_dark_path_is_followed_through_noise() -> None:
    """The seam is the dark line of the strip, not the darkest px of each column."""
    rows, columns = np.mgrid[0:30, 0:80].astype(np.float32)
    truth = 15 + 5 * np.sin(columns[0] / 15)
    noise = np.random.default_rng(7).normal(0, 6, rows.shape).astype(np.float32)
    strip = 150 - 60 * np.exp(-(((rows - truth) / 1.5) ** 2)) + noise
    strip[3, 20:24] = 40  # a mole: darker, but off the path
    found = darkest_seam(strip.astype(np.float32), np.full(80, 15, np.float32))
    assert np.abs(found - truth)[3:-3].max() < 1.6


def test_a_line_passes_through_its_points_and_does_not_overshoot() -> None:
    """Monotone cubics: knots are met, values between stay between, ends go on level."""
    line = Line.through(np.array([[-2, 0], [-1, 0], [0, 3], [1, 3], [2, 1]], np.float32))
    assert line.at(np.array([-1, 0, 1])) == pytest.approx([0, 3, 3], abs=0.02)
    assert line.at(np.linspace(-1, 0, 50)).max() <= 3.0001
    assert (0.0, 1.0) == (float(line.at(np.array([-9.0]))[0]), float(line.at(np.array([9.0]))[0]))


def test_a_slit_frame_runs_left_to_right_and_down() -> None:
    """u grows to the picture's right whichever corner comes first, v grows down; px survive the way there and back."""
    frame = SlitFrame.between(np.array([30, 12], np.float32), np.array([10, 8], np.float32))
    u, v = frame.uv(np.array([30, 30], np.float32))
    assert u > 0
    assert v > 0
    assert frame.xy(u, v) == pytest.approx([30, 30], abs=1e-4)


def test_lip_coloured_pixels_are_no_gap() -> None:
    """What the landmarks call a gap is one only when it does not look like lip and is wide enough."""
    lip = np.full((50, 3), (180, 90, 90), np.uint8)
    teeth = np.full((50, 3), (215, 205, 190), np.uint8)
    assert shows_teeth(teeth, lip, 0.6)
    assert not shows_teeth(lip, lip, 0.6)
    assert not shows_teeth(teeth, lip, 0.2)


def test_portraits_are_read_as_they_are(smiling: Head, closed: Head) -> None:
    """The smile that shows teeth has two lines, the closed mouth one."""
    assert smiling.mouth.lines.parted
    lines = find_lip_lines(closed.canvas, closed.geometry.landmarks, closed.geometry.px_per_cm)
    assert not lines.parted
    assert widest_gap(lines.upper, lines.lower) < 0.1  # px


def test_the_lower_lip_comes_off_in_a_bow(closed: Head) -> None:
    """Its edge lies on the seam or above it, and has none of the seam's dips: it hangs nowhere below an even bow."""
    for head in (closed, Head(load_photo(ASSETS / "woman-2.jpg"))):
        lines, cm = head.mouth.lines, head.geometry.px_per_cm
        u = np.linspace(-0.7, 0.7, 29) * lines.frame.half
        raised = lines.upper.at(u) - lines.lower.at(u)
        assert raised.min() > -0.1
        assert raised.max() < 0.32 * cm
        even = np.polynomial.Polynomial.fit(u, lines.lower.at(u), 2)(u)
        assert (lines.lower.at(u) - even).max() < 0.06 * cm


def test_a_seam_is_as_smooth_as_a_lip() -> None:
    """In grain and brush strokes, too: what followed their px would open as a ragged edge."""
    for name in ("painting", "glasses", "dark-beard"):
        lines = Head(load_photo(FACES / f"{name}.jpg")).mouth.lines
        assert not lines.parted
        v = lines.upper.at(np.linspace(-1, 1, 33) * lines.frame.half)
        bends = np.diff(v, 2)
        bends = bends[np.abs(bends) > 0.005]
        assert np.count_nonzero(np.diff(np.sign(bends))) <= 4


def test_lips_turn_inwards(closed: Head) -> None:
    """Each lip darkens without a step towards its edge; none ends as if cut with a knife."""
    mouth, cm = closed.mouth, closed.geometry.px_per_cm
    u = np.linspace(-0.5, 0.5, 41) * mouth.lines.frame.half
    for lip, line, away, start in (
        (mouth.upper_lip, mouth.lines.upper, -1, 0.0),
        (mouth.lower_lip, mouth.lines.lower, 1, -0.07),
    ):
        inwards = (np.linspace(0, 0.3, 13) + away * start)[:, None] * away * cm
        rgb = lip.sampled(mouth.lines.frame.xy(u[None] + 0 * inwards, line.at(u) + inwards))
        light = rgb[..., :3].astype(float).mean((1, 2))
        assert light[0] < 0.8 * light.max()
        assert np.diff(light).max() < 0.15 * light.max()


def test_the_shadow_of_closed_corners_stays_with_the_upper_lip() -> None:
    """A lower lip that leaves has no black spot at its corners: drawn out by the opening it would hang there."""
    head = Head(load_photo(ASSETS / "man.jpg"))
    mouth, cm = head.mouth, head.geometry.px_per_cm
    assert not mouth.lines.parted
    grid = mouth.lower_lip.region.grid(head.canvas.per_px)
    uv = mouth.lines.frame.uv(grid)
    u, v = np.abs(uv[..., 0]) / mouth.lines.frame.half, uv[..., 1] - mouth.lines.lower.at(uv[..., 0])
    corners = (u > 0.85) & (u < 1.15) & (v > 0) & (v < 0.3 * cm)
    lip, photo = (
        rgb.astype(float).mean(-1)[corners] for rgb in (mouth.lower_lip.rgba[..., :3], head.canvas.sampled(grid))
    )
    assert np.percentile(photo, 3) < 0.5 * np.median(photo)
    assert np.percentile(lip, 3) > 0.6 * np.median(photo)


def test_the_shadow_of_a_corner_ends_without_a_smudge() -> None:
    """Painted over from some px on, the dark beside them stayed as a spot on the lower lip that opening drew out."""
    head = Head(load_photo(FACES / "painting.jpg"))
    lines, cm = head.mouth.lines, head.geometry.px_per_cm
    u, v = np.linspace(0.1, 0.7, 31) * lines.frame.half, np.linspace(0, 0.25, 9)[:, None] * cm
    rgb = head.mouth.lower_lip.sampled(lines.frame.xy(u[None] + 0 * v, lines.lower.at(u) + v))[..., :3]
    light = cv2.GaussianBlur(rgb.astype(float).mean((0, 2))[None], (0, 0), 1.5)[0]
    assert light.min() > 0.73 * min(light[0], light[-1])


def test_spittle_does_not_stay_at_the_corner(closed: Head) -> None:
    """A white dot at a corner is gone from both lips once they are drawn."""
    corner = closed.geometry.landmarks[308, :2]
    dotted = Head(_dotted(load_photo(ASSETS / "woman.jpg"), closed.geometry, corner, 0.06, 0.06))
    spot = np.float32(corner + np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1]), -1))
    seen = dotted.canvas.sampled(spot).astype(int).mean() - closed.canvas.sampled(spot).mean()
    assert seen > 50
    for name in ("upper_lip", "lower_lip"):
        plain, drawn = (getattr(head.mouth, name).sampled(spot)[..., :3].mean() for head in (closed, dotted))
        assert drawn - plain < 0.4 * seen


def test_a_gloss_is_no_scar_on_an_upper_lip_that_smiled(smiling: Head) -> None:
    """A light stripe down to the edge is taken off the lip that grows higher; the lower lip shines on."""
    cm, marks = smiling.geometry.px_per_cm, smiling.geometry.landmarks[:, :2]
    for name, at, kept in (
        ("upper_lip", marks[13] - (0, 0.12 * cm), False),
        ("lower_lip", (marks[14] + marks[17]) / 2, True),
    ):
        dotted = Head(_dotted(load_photo(ASSETS / "eileen.jpg"), smiling.geometry, np.asarray(at), 0.12, 0.08))
        spot = np.float32(at)[None, None]
        light = [getattr(head.mouth, name).sampled(spot)[..., :3].astype(float).mean() for head in (smiling, dotted)]
        assert (light[1] - light[0] > 30) == kept


def _dotted(rgb: Picture, geometry: Geometry, at: NDArray[np.float32], across_cm: float, down_cm: float) -> Picture:
    """The photo with a white ellipse about a place in work px."""
    matrix = geometry.work_from_photo[:, :2].astype(np.float64)
    centre = np.linalg.solve(matrix, at - geometry.work_from_photo[:, 2])
    scale = geometry.px_per_cm / float(np.sqrt(np.linalg.det(matrix)))
    axes = max(1, round(across_cm * scale)), max(1, round(down_cm * scale))
    out: Picture = rgb.copy()
    cv2.ellipse(out, np.rint(centre).astype(int).tolist(), axes, 0, 0, 360, (255, 255, 255), -1, cv2.LINE_AA)
    return out


def test_lips_cover_the_ground_together_beyond_the_corners(smiling: Head, closed: Head) -> None:
    """Alphas lie within 0..1; no interior shows outside the corners of the mouth, none at all between closed lips."""
    for head in (smiling, closed):
        upper, lower = (layer.rgba[..., 3] / 255 for layer in (head.mouth.upper_lip, head.mouth.lower_lip))
        coverage = 1 - (1 - upper) * (1 - lower)
        grid = head.mouth.upper_lip.region.grid(head.canvas.per_px)
        u = np.abs(head.mouth.lines.frame.uv(grid)[..., 0])
        outside = u > 1.02 * head.mouth.lines.frame.half
        assert coverage[outside if head is smiling else u >= 0].min() > 0.97
        assert head.mouth.cover.max() == 255
        rim = np.concatenate([head.mouth.cover[[0, -1]].ravel(), head.mouth.cover[:, [0, -1]].ravel()])
        assert rim.max() <= 5


def test_a_still_mouth_is_left_to_the_bit(smiling: Head, closed: Head) -> None:
    """Where lips do not move against each other nothing is drawn, turned head or not, smile or not."""
    for head in (smiling, closed):
        for weights, pose in ((np.zeros(len(SHAPES), np.float32), (0, 0, 0)), (_only("browInnerUp", 0.7), (6, 2, 3))):
            frame = head.warped(weights, head.move(pose))
            before = frame.copy()
            head.mouth.paint(frame, weights, head.move(pose), 0.5)
            assert np.array_equal(before, frame)


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
        weights = sum(value * _only(name, 1.0) for name, value in named.items())
        (x, top), (_, low) = smiling.geometry.moved(weights, smiling.move())[[13, 14], :2].round().astype(int)
        inside = smiling.drawn(**named)[top + 4 : low - 3, x - 8 : x + 9].astype(float)
        grey = (inside[..., 0] < 1.5 * inside[..., 1]) & (inside.mean(-1) < 130)
        slabs.append(float(grey.mean()))
    assert max(slabs) < 0.2


def test_rounded_lips_show_a_dark_hole(closed: Head) -> None:
    """No teeth are bared in oo: what is seen between the lips is darker than any tooth in ee."""
    ee = {"jawOpen": 0.22, **{f"mouth{shape}{side}": 0.3 for shape in ("UpperUp", "LowerDown") for side in SIDES}}
    brightest = []
    for named in (ee, {"jawOpen": 0.22, "mouthPucker": 1.0, "mouthFunnel": 0.25}):
        weights = sum(value * _only(name, 1.0) for name, value in named.items())
        (x, top), (_, low) = closed.geometry.moved(weights, closed.move())[[13, 14], :2].round().astype(int)
        inside = closed.drawn(**named)[top + 2 : low - 1, x - 3 : x + 4].astype(float).mean(-1)
        brightest.append(inside.max())
    teeth, hole = brightest
    assert hole < 0.65 * teeth


def test_an_oh_shows_the_edge_of_the_upper_teeth(closed: Head) -> None:
    """Round lips that open wide show a pale strip under the upper one and the dark below it; oo shows no strip."""
    strips = []
    for named in ({"jawOpen": 0.19, "mouthPucker": 0.8}, {"jawOpen": 0.5, "mouthPucker": 0.85}):
        named["mouthFunnel"] = 0.35
        weights = sum(value * _only(name, 1.0) for name, value in named.items())
        (x, top), (_, low) = closed.geometry.moved(weights, closed.move())[[13, 14], :2].round().astype(int)
        inside = closed.drawn(**named)[top + 2 : low - 1, x - 3 : x + 4].astype(float)[..., 1].mean(1)
        middle = inside[len(inside) // 2]
        strips.append(inside[: len(inside) // 2].max() / middle)
    oo, oh = strips
    assert oh > 1.3
    assert oo < 1.1


def test_the_cavity_is_neither_black_nor_flat(closed: Head) -> None:
    """Between upper teeth and tongue the mouth is dark and warm, with a gradient and nothing at black."""
    frame = closed.drawn(jawOpen=1.0, mouthLowerDownLeft=0.3, mouthLowerDownRight=0.3)
    x, y = closed.geometry.landmarks[13, :2].astype(int)
    inside = frame[y + 8 : y + 26, x - 15 : x + 15].astype(float).reshape(-1, 3)
    assert inside.mean(1).min() > 12
    assert inside[:, 0].mean() > 1.3 * inside[:, 2].mean()
    assert inside.mean(1).std() > 5


def test_lower_teeth_are_tips_in_the_shade_of_the_upper_ones(closed: Head, smiling: Head) -> None:
    """In ah nothing above the lower lip is nearly as bright as the upper teeth: two equal rows look like dentures."""
    wide = {"jawOpen": 0.85, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    weights = sum(value * _only(name, 1.0) for name, value in wide.items())
    for head in (closed, smiling):
        frame, cm = head.drawn(**wide).astype(float).mean(-1), head.geometry.px_per_cm
        (x, top), (_, low) = head.geometry.moved(weights, head.move())[[13, 14], :2].round().astype(int)
        columns = slice(x - 8, x + 9)
        upper = frame[top : top + int(0.7 * cm), columns].mean(1).max()
        assert frame[low - int(0.5 * cm) : low - 2, columns].mean(1).max() < 0.75 * upper


def test_a_wide_mouth_is_lit_within(closed: Head) -> None:
    """In ah no px between the lips is nearly black, and the tongue lies in the light low in the mouth: redder than
    grey, and twice as bright as the dark behind the teeth."""
    wide = {"jawOpen": 0.85, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    weights = sum(value * _only(name, 1.0) for name, value in wide.items())
    frame, cm = closed.drawn(**wide).astype(float), closed.geometry.px_per_cm
    (x, top), (_, low) = closed.geometry.moved(weights, closed.move())[[13, 14], :2].round().astype(int)
    inside = frame[top + int(0.55 * cm) : low - int(0.35 * cm), x - 12 : x + 13].mean(1)
    light = inside.mean(1)
    assert light.min() > 28
    assert light[-1] > 2 * light.min()
    assert inside[-1, 0] > 1.6 * inside[-1, 1]


def test_lower_teeth_stand_on_the_lower_lip(closed: Head) -> None:
    """In a wide open mouth the px right above the middle of the lower lip are teeth; above them there is none up to the
    upper row; rounded lips hide them."""
    wide = {"jawOpen": 0.75, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    open_, round_ = (closed.drawn(**wide, mouthPucker=pucker).astype(float) for pucker in (0.0, 1.0))
    weights = sum(value * _only(name, 1.0) for name, value in wide.items())
    x, y = closed.geometry.moved(weights, closed.move())[14, :2].round().astype(int)
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


def test_the_tongue_rises(closed: Head) -> None:
    """The tongue channel changes the lower part of an open mouth towards flesh."""
    low, high = (closed.drawn(jawOpen=0.8, tongue=tongue).astype(float) for tongue in (0.0, 1.0))
    x, y = closed.geometry.landmarks[13, :2].astype(int)
    part = np.s_[y + 6 : y + 40, x - 15 : x + 15]
    assert (high - low)[part][..., 0].mean() > 2
    assert np.abs(high - low)[: y - 20].max() == 0


def test_the_tongue_of_th_comes_between_the_teeth(closed: Head) -> None:
    """It lies on the edge of the upper teeth, redder than they are; that of n or l stays behind them."""
    th = {"jawOpen": 0.3, "mouthLowerDownLeft": 0.18, "mouthLowerDownRight": 0.18}
    weights = sum(value * _only(name, 1.0) for name, value in th.items())
    (x, top), (_, low) = closed.geometry.moved(weights, closed.move())[[13, 14], :2].round().astype(int)
    middle = (top + low) // 2
    redness = []
    for tongue in (0.0, 0.7, 1.0):
        rgb = closed.drawn(tongue=tongue, **th)[middle - 1 : middle + 3, x - 8 : x + 9].astype(float).mean((0, 1))
        redness.append(rgb[0] / rgb[1])
    calm, behind, between = redness
    assert behind == pytest.approx(calm, abs=0.25)
    assert between > 1.3 * calm


def test_the_mouth_follows_the_head(closed: Head) -> None:
    """Turned right, the opening is further right on the picture, and so is all that was drawn."""
    middles = []
    for yaw in (-8.0, 8.0):
        move = closed.move((yaw, 0, 0))
        with_mouth = closed.drawn(move, jawOpen=0.8)
        weights = _only("jawOpen", 0.8)
        changed = np.abs(with_mouth.astype(int) - closed.warped(weights, move)).sum(2) > 60
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


def test_tongue_and_teeth_stay_between_the_lips(closed: Head, smiling: Head) -> None:
    """However wide the mouth, what the lips cover whole is drawn from the photo alone: the tongue changes nothing
    there."""
    wide = {"jawOpen": 1.0, "mouthLowerDownLeft": 0.5, "mouthLowerDownRight": 0.5}
    for head in (closed, smiling):
        changed = np.abs(head.drawn(**wide).astype(int) - head.drawn(tongue=1.0, **wide)).sum(2) > 0
        weights = sum(value * _only(name, 1.0) for name, value in wide.items())
        inner = head.geometry.moved(weights, head.move())[[*LIP_ROWS_UPPER[3], *LIP_ROWS_LOWER[3]], :2]
        rows, columns = np.nonzero(changed)
        margin = 0.35 * head.geometry.px_per_cm
        assert len(rows) > 50
        assert inner[:, 1].min() - margin < rows.min()
        assert rows.max() < inner[:, 1].max() + margin
        assert inner[:, 0].min() - margin < columns.min()
        assert columns.max() < inner[:, 0].max() + margin


def test_blur_is_measured_on_the_photo_and_given_to_the_mouth() -> None:
    """A sharp photo has none; one blurred by hand has about as much as was done to it, and its lips' edges are soft."""
    sharp = load_photo(ASSETS / "woman.jpg")
    for sigma in (0.0, 3.0):
        head = Head(cv2.GaussianBlur(sharp, (0, 0), sigma) if sigma else sharp)
        scale = float(np.sqrt(np.linalg.det(head.geometry.work_from_photo[:, :2])))
        found = blur_px(head.canvas, head.geometry.landmarks)
        assert found == pytest.approx(sigma * scale, rel=0.35)
        alpha = head.mouth.upper_lip.rgba[..., 3].astype(int)
        steepest = np.abs(np.diff(alpha[:, alpha.shape[1] // 2])).max()
        assert (steepest > 100) == (sigma == 0)


def test_a_soft_photo_has_no_hard_seam() -> None:
    """Its blur washes out what is as narrow as the dark between lips that hardly part."""
    sharp = load_photo(ASSETS / "woman.jpg")
    heads = [Head(sharp), Head(cv2.GaussianBlur(sharp, (0, 0), 5.0))]
    colours = [head.mouth.interior.colours for head in heads]
    assert np.array_equal(colours[0].shut, colours[0].seam)
    assert colours[1].shut.sum() > colours[1].seam.sum() + 20


def test_a_grey_photo_has_a_grey_mouth(closed: Head) -> None:
    """In a photo without colours what is drawn between the lips has none either, nor have their edges."""
    photo = cv2.cvtColor(cv2.cvtColor(load_photo(ASSETS / "woman.jpg"), cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    grey = Head(photo)
    for lip in (grey.mouth.upper_lip, grey.mouth.lower_lip):
        assert np.ptp(lip.rgba[..., :3].astype(int), axis=2).max() <= 2
    tinted = [
        np.ptp(head.drawn(jawOpen=0.8)[y : y + 30, x - 15 : x + 16].astype(int), axis=2).mean()
        for head in (closed, grey)
        for x, y in [head.geometry.landmarks[13, :2].astype(int)]
    ]
    assert tinted[0] > 15
    assert tinted[1] < 2


def test_a_toned_print_has_a_mouth_in_its_tone() -> None:
    """Between the lips of a sepia photo every colour is the tone's, as it is on the skin; else flesh is red."""
    rgb = load_photo(ASSETS / "woman.jpg").astype(np.float32)
    sepia = np.clip((rgb @ (0.299, 0.587, 0.114))[..., None] * (1.06, 1.0, 0.84), 0, 255).astype(np.uint8)
    redder = []
    for head in (Head(load_photo(ASSETS / "woman.jpg")), Head(sepia)):
        x, y = head.geometry.landmarks[13, :2].astype(int)
        inside = head.drawn(jawOpen=0.8)[y : y + 30, x - 15 : x + 16].reshape(-1, 3).astype(float).mean(0)
        redder.append(inside[0] / inside[1])
    assert redder[0] > 1.25
    assert redder[1] == pytest.approx(1.06, abs=0.04)


def test_a_mouth_half_outside_the_frame_is_cut_off_there(smiling: Head) -> None:
    """A head moved so far that its mouth leaves the frame draws what is left of it."""
    move = smiling.geometry.head_move((0, 0, 0), (0, 11.0, 0), 0.0)
    frame = smiling.drawn(move, jawOpen=0.8)
    assert (512, 512, 3) == frame.shape


def test_teeth_take_the_colour_of_the_light(closed: Head) -> None:
    """Under a warm or a violet lamp drawn teeth are most of the way as coloured as the skin."""
    rgb = load_photo(ASSETS / "woman.jpg").astype(np.float32)
    plain = closed.mouth.interior.colours.white
    for lamp in ((0.9, 0.7, 0.52), (0.8, 0.64, 0.96)):
        lit = Head(np.clip(rgb * lamp, 0, 255).astype(np.uint8)).mouth.interior.colours.white
        seen = np.log(lit / lit[:, 1:2]) - np.log(plain / plain[:, 1:2])
        asked = np.log(np.array(lamp) / lamp[1])
        assert (seen[:, [0, 2]] / asked[[0, 2]]).min() > 0.65


def test_light_that_differs_from_side_to_side_does_so_on_the_teeth() -> None:
    """Orange light from the left, violet from the right: so are the teeth."""
    left, right = Head(load_photo(ASSETS / "woman-2.jpg")).mouth.interior.colours.white
    assert left[0] / left[2] > 1.3
    assert right[0] / right[2] < 1.15


def test_dark_glasses_do_not_tell_the_light() -> None:
    """Behind them there is no white of an eye: teeth are lighter than the skin, and less brown than it by far."""
    head = Head(load_photo(FACES / "sunglasses.jpg"))
    skin = np.median(head.canvas.sampled(head.geometry.landmarks[None, [50, 205, 280, 425], :2])[0].astype(float), 0)
    for white in head.mouth.interior.colours.white:
        assert white.mean() > 1.4 * skin.mean()
        assert white[0] / white[1] < 1 + 0.35 * (skin[0] / skin[1] - 1)


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
    colours = build_mouth(*_drawn()).interior.colours
    spread = []
    for own in (closed.mouth.interior.colours, colours):
        teeth = draw_teeth(own, Bite(0.0, 0.0, 20.0), upper=True)
        u, v = np.moveaxis(teeth.region.grid(2), -1, 0) / 20.0
        band = teeth.rgba[..., :3].astype(float).mean(-1)[(v[:, 0] > -0.35) & (v[:, 0] < -0.25)].mean(0)
        band = band[np.abs(u[0]) < 1.6]
        spread.append(1 - band.min() / band.max())
    photographed, drawn = spread
    assert photographed > 0.35
    assert drawn < 0.25


def _drawn() -> tuple[Geometry, Canvas]:
    rgb = load_photo(FACES / "cartoon.jpg")
    return build_geometry(rgb, find_faces(rgb)[0], stitch=False, expand=0.3)[:2]


def test_teeth_darken_towards_the_corners_and_under_the_lip(closed: Head) -> None:
    """No even strip: the front teeth are lighter than those at the side, and lighter at their edge than right under the
    lip."""
    teeth = closed.mouth.interior.upper_teeth
    row = teeth.rgba[..., :3].mean(-1)[teeth.rgba[..., 3].argmax(0), np.arange(teeth.rgba.shape[1])]
    opaque = teeth.rgba[..., 3].max(0) > 128
    thirds = [part.mean() for part in np.array_split(row[opaque], 5)]
    assert thirds[2] > 1.15 * max(thirds[0], thirds[4])
    frame = closed.drawn(jawOpen=0.6, mouthUpperUpLeft=0.5, mouthUpperUpRight=0.5).astype(float).mean(2)
    x, y = closed.geometry.moved(
        sum((_only(f"mouthUpperUp{side}", 0.5) for side in ("Left", "Right")), _only("jawOpen", 0.6)), closed.move()
    )[13, :2].astype(int)
    column = frame[y : y + 14, x - 6 : x + 7].mean(1)
    bright = int(column.argmax())
    assert bright >= 4
    assert column[2] < 0.85 * column[bright]


def _only(name: str, value: float) -> NDArray[np.float32]:
    weights = np.zeros(len(SHAPES), np.float32)
    weights[INDEX[name]] = value
    return weights


@pytest.mark.parametrize("named", [{"mouthPucker": 0.8}, {"jawOpen": 0.25}, {"jawOpen": 0.9}])
def test_skin_further_from_the_lips_is_left_as_the_face_below_has_it(monkeypatch, smiling, named):
    """Above and below the band about the lips not a px is drawn, and drawn whole the picture would look the same."""
    move = smiling.move((4, 2, 0))
    weights = np.zeros(len(SHAPES), np.float32)
    for name, value in named.items():
        weights[INDEX[name]] = value
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
