"""The eyes' layers, on portraits of projects/hello."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import EYES, LEFT_EYE, RIGHT_EYE, Eye
from didgen.engine.face.retrack import retrack
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.photo import load_photo
from didgen.engine.warp.eyeball import GLINT_SHARE, eye_shows
from didgen.engine.warp.eyes import EyeSlit, build_eye
from didgen.engine.warp.field import main_field
from didgen.engine.warp.rig import build_rig
from didgen.engine.warp.seam import Line, floats
from didgen.engine.warp.work import build_geometry

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"
AHEAD = np.zeros(2, np.float32)
FACES = Path(__file__).parents[1] / "quality" / "faces"
Picture = NDArray[np.uint8]


class Eyes:
    """One portrait's eyes over its warped picture, without the rest of the rig."""

    def __init__(self, rgb: Picture) -> None:
        self.geometry, self.canvas, _ = build_geometry(rgb, find_faces(rgb)[0], stitch=False, expand=0.3)
        self.field = main_field(self.geometry)
        self.slits: dict[str, EyeSlit] = {
            side: build_eye(self.geometry, self.canvas, eye) for side, eye in EYES.items()
        }

    def drawn(
        self, gaze: NDArray[np.float32] = AHEAD, pose_deg: tuple[float, float, float] = (0, 0, 0), **named: float
    ) -> Picture:
        weights = np.zeros(len(SHAPES), np.float32)
        for name, value in named.items():
            weights[INDEX[name]] = value
        move = self.geometry.head_move(pose_deg, (0, 0, 0), 0.0)
        frame = self.canvas.sampled(self.field.backward(weights, move))
        for slit in self.slits.values():
            slit.paint(frame, weights, move, gaze)
        return frame

    def opening(self, frame: Picture, eye: Eye) -> NDArray[np.float32]:
        """The px between the lids of the photo, RGB."""
        lids = np.concatenate(
            [self.geometry.landmarks[list(eye.up), :2], self.geometry.landmarks[list(eye.lo), :2][::-1]]
        )
        mask = np.zeros(frame.shape[:2], np.uint8)
        cv2.fillPoly(mask, [np.rint(lids).astype(np.int32)], 1)
        return frame[mask > 0].astype(np.float32)

    def iris_middle(self, frame: Picture, eye: Eye) -> NDArray[np.float64]:
        """The centre of what is dark between the lids, x and y."""
        x, y, radius = (float(n) for n in self.slits["Right" if eye is RIGHT_EYE else "Left"].eyeball.iris)
        box = np.s_[int(y - radius) : int(y + radius) + 1, int(x - 2.2 * radius) : int(x + 2.2 * radius) + 1]
        light = cv2.cvtColor(frame[box], cv2.COLOR_RGB2GRAY).astype(np.float64)
        dark = np.clip(np.percentile(light, 45) - light, 0, None)
        rows, columns = np.mgrid[box]
        middle: NDArray[np.float64] = np.array([(dark * columns).sum(), (dark * rows).sum()]) / dark.sum()
        return middle


@cache
def portrait_of(name: str) -> Eyes:
    return Eyes(load_photo(ASSETS / f"{name}.jpg"))


@pytest.fixture(scope="module")
def portrait() -> Eyes:
    return portrait_of("eileen")


def test_still_eyes_are_left_to_the_bit(portrait: Eyes) -> None:
    """Where neither lids nor gaze move nothing is drawn, whatever the mouth and the head do."""
    weights = np.zeros(len(SHAPES), np.float32)
    weights[INDEX["jawOpen"]] = 0.5
    move = portrait.geometry.head_move((5, 2, 1), (0, 0, 0), 0.0)
    frame = portrait.canvas.sampled(portrait.field.backward(weights, move))
    assert np.array_equal(frame, portrait.drawn(pose_deg=(5, 2, 1), jawOpen=0.5))


@pytest.mark.parametrize("eye", [RIGHT_EYE, LEFT_EYE])
def test_a_blink_covers_the_iris_with_skin(portrait: Eyes, eye: Eye) -> None:
    """Shut lids leave neither white nor iris, only skin and the line of the lashes."""
    awake, shut = portrait.drawn(), portrait.drawn(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    skin = np.median(portrait.canvas.sampled(portrait.geometry.landmarks[None, [50, 280], :2])[0], 0)
    before, after = portrait.opening(awake, eye), portrait.opening(shut, eye)
    dark = [np.mean(px.mean(1) < 0.45 * skin.mean()) for px in (before, after)]
    assert dark[0] > 0.2
    assert dark[1] < 0.5 * dark[0]
    saturation = [np.median((px.max(1) - px.min(1)) / px.max(1)) for px in (after, skin[None])]
    assert saturation[0] == pytest.approx(saturation[1], abs=0.12)


def test_half_a_blink_is_half_way(portrait: Eyes) -> None:
    """The lid's edge comes down steadily: the darker part of the opening shrinks from step to step."""
    shares = []
    for blink in (0.0, 0.35, 0.7, 1.0):
        px = portrait.opening(portrait.drawn(eyeBlinkLeft=blink, eyeBlinkRight=blink), RIGHT_EYE)
        shares.append(float(np.mean(px.mean(1) < 110)))
    assert shares == sorted(shares, reverse=True)
    assert shares[1] > 1.2 * shares[3]


def test_one_eye_winks_alone(portrait: Eyes) -> None:
    """A weight of the subject's left moves the eye on the picture's right, and that one only."""
    still, wink = portrait.drawn().astype(int), portrait.drawn(eyeBlinkLeft=1.0).astype(int)
    middle = int(portrait.geometry.landmarks[1, 0])
    assert np.abs(still - wink)[:, middle + 15 :].max() > 60
    assert np.abs(still - wink)[:, : middle - 15].max() <= 3


def test_gaze_moves_the_iris_the_way_it_says(portrait: Eyes) -> None:
    """x to the picture's right, y down, about a fifth of a millimetre a degree; the lids stay."""
    for eye in (RIGHT_EYE, LEFT_EYE):
        ahead = portrait.iris_middle(portrait.drawn(), eye)
        right = portrait.iris_middle(portrait.drawn(gaze=np.array([10, 0], np.float32)), eye)
        left = portrait.iris_middle(portrait.drawn(gaze=np.array([-10, 0], np.float32)), eye)
        assert right[0] - ahead[0] > 1.0
        assert ahead[0] - left[0] > 1.0
        asked = 1.2 * portrait.geometry.px_per_cm * np.sin(np.radians(10)) * 2
        assert 0.4 * asked < right[0] - left[0] < 1.3 * asked


def test_the_eyeball_goes_on_under_the_lids(portrait: Eyes) -> None:
    """Where the photo has lids, the painted eyeball has eye: nearer to its white and iris than to skin."""
    slit = portrait.slits["Right"]
    x, y, radius = slit.eyeball.iris
    above = np.array([[[x, y - 0.9 * radius]]], np.float32)  # under the upper lid in the photo
    painted = slit.eyeball.ball.sampled(above)[0, 0].astype(float)
    seen = portrait.canvas.sampled(np.array([[[x, y + 0.5 * radius]]], np.float32))[0, 0].astype(float)
    skin = portrait.canvas.sampled(np.array([[[x, y - 2.2 * radius]]], np.float32))[0, 0].astype(float)
    assert np.abs(painted - seen).mean() < 0.6 * np.abs(painted - skin).mean()


def test_layers_have_soft_alphas_within_range(portrait: Eyes) -> None:
    """Skin and lid cover all but the opening; the patch fades out before its border."""
    for slit in portrait.slits.values():
        grid = slit.layers.skin.region.grid(portrait.canvas.per_px)
        uv = slit.frame.uv(grid)
        side = slit.layers.skin.rgba[..., 3] / 255
        lid = slit.layers.lid.sampled(uv)[..., 3] / 255
        covered = np.maximum(np.abs(2 * side - 1), lid)
        assert covered[np.abs(uv[..., 0]) > 1.05 * slit.frame.half].min() > 0.9
        assert covered.min() < 0.01
        assert np.concatenate([slit.cover[[0, -1]].ravel(), slit.cover[:, [0, -1]].ravel()]).max() <= 5


@pytest.mark.parametrize("name", ["man", "woman-2", "woman"])
@pytest.mark.parametrize("pose_deg", [(0, 0, 0), (6, -4, 5)])
def test_a_blink_leaves_no_white_on_a_turned_head(name: str, pose_deg: tuple[float, float, float]) -> None:
    """Turned eyes reach below the net's line of the lower lid; their lids fall to where the eye ends all the same: the
    net sees them shut, wherever the head has gone."""
    eyes = portrait_of(name)
    shut = eyes.drawn(pose_deg=pose_deg, eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    opening = retrack([eyes.drawn(pose_deg=pose_deg), shut]).eye_opening
    assert (opening[1] < 0.12).all()
    assert (opening[1] < 0.5 * opening[0]).all()


@pytest.mark.parametrize(
    ("name", "shown"), [("sunglasses", set()), ("fringe", {"Left"}), ("glasses", {"Left", "Right"})]
)
def test_no_lid_is_drawn_over_what_hides_an_eye(name: str, shown: set[str]) -> None:
    """Dark glasses and hair stay as they are in a blink; clear glasses hide nothing."""
    rgb = load_photo(FACES / f"{name}.jpg")
    rig = build_rig(rgb, find_faces(rgb)[0])
    assert {side for side, eye in EYES.items() if eye_shows(rig.canvas, rig.geometry.landmarks, eye)} == shown
    still = rig.geometry.shapes_px[[INDEX[f"eyeBlink{side}"] for side in EYES if side not in shown]]
    assert not still.any()
    assert len(rig.slits.eyes) == len(shown)


def test_a_frame_of_glasses_keeps_its_shape() -> None:
    """What brows and folds of lids do would bend it; the lids themselves shut as far as any."""
    glasses, bare = Eyes(load_photo(FACES / "glasses.jpg")).geometry, portrait_of("eileen").geometry
    for side, eye in EYES.items():
        for name, row in ((f"browOuterUp{side}", eye.brow), ("browInnerUp", eye.brow), (f"eyeBlink{side}", eye.crease)):
            moved = [np.abs(g.shapes_px[INDEX[name], list(row)]).max() / g.placement.s for g in (glasses, bare)]  # cm
            assert moved[0] < 0.4 * moved[1]
        shut = glasses.shapes_px[INDEX[f"eyeBlink{side}"]]
        gap = glasses.landmarks[list(eye.lo), 1] - glasses.landmarks[list(eye.up), 1]
        assert np.abs(shut[list(eye.up), 1]).max() > 0.8 * gap.max()


def test_a_falling_lid_slides_out_of_its_fold(portrait: Eyes) -> None:
    """The brow and the skin above the fold stay where they are: nothing is drawn down over the eye."""
    for eye in EYES.values():
        brow = portrait.geometry.landmarks[None, [*eye.brow[:5]], :2]
        for blink in (0.5, 1.0):
            still, frame = (portrait.drawn(eyeBlinkLeft=b, eyeBlinkRight=b) for b in (0.0, blink))
            at = [cv2.remap(f, brow.astype(np.float32), None, cv2.INTER_LINEAR).astype(float) for f in (still, frame)]
            assert np.abs(at[0] - at[1]).max() < 8
        shapes = portrait.geometry.shapes_px[[INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]]
        assert np.abs(shapes[:, list(eye.up2)]).max() < 0.15 * np.abs(shapes[:, list(eye.up)]).max()


def test_a_shut_lid_keeps_a_line_of_its_fold_and_soft_lashes(portrait: Eyes) -> None:
    """Above the lashes a shut lid is no even patch: where its fold was there is a line, darker than what is above and
    below it; and its lashes are no line of one px."""
    shut = cv2.cvtColor(portrait.drawn(eyeBlinkLeft=1.0, eyeBlinkRight=1.0), cv2.COLOR_RGB2GRAY).astype(np.float64)
    for slit in portrait.slits.values():
        x, y = slit.frame.origin.astype(int)
        lashes = y + 2 + int(shut[y + 2 : y + 14, x].argmin())
        column = shut[lashes - 22 : lashes + 6, x - 2 : x + 3].mean(1)
        fold = 6 + int(column[6:14].argmin())
        assert column[fold] < 0.96 * min(column[:fold].max(), column[fold : fold + 5].max())
        steepest = np.abs(np.diff(shut[lashes - 4 : lashes + 5, x])).max()
        assert steepest < 0.55 * (column.max() - shut[lashes, x])


@pytest.mark.parametrize("side", EYES)
def test_the_line_of_a_shut_eye_is_as_dark_as_that_of_the_open_one(portrait: Eyes, side: str) -> None:
    """Outside of the middle, where no iris is beside it: at its darkest, and all of it added up."""
    shut = portrait.drawn(eyeBlinkLeft=1.0, eyeBlinkRight=1.0)
    frame, eye = portrait.slits[side].frame, EYES[side]
    marks, cm = portrait.geometry.landmarks, portrait.geometry.px_per_cm
    outward = np.sign(frame.uv(marks[eye.up[0]])[0])
    light = np.median(portrait.canvas.sampled(marks[None, list(eye.under[2:7]), :2]).mean(-1))
    dark = []
    for picture, row, reach in ((portrait.drawn(), eye.up, (-0.25, 0.05)), (shut, eye.lo, (-0.2, 0.3))):
        across = np.arange(*reach, 0.01, dtype=np.float32) * cm
        u = 0.6 * outward * frame.half + 0 * across
        column = cv2.remap(
            picture, frame.xy(u, Line.through(frame.uv(marks[list(row)])).at(u) + across)[None], None, cv2.INTER_LINEAR
        )[0].mean(-1)
        dark.append(np.clip(1 - column / light, 0, 1))
    assert dark[1].max() > 0.85 * dark[0].max()
    assert 0.8 * dark[0].sum() < dark[1].sum() < 1.4 * dark[0].sum()


@pytest.mark.parametrize("brows", [0.0, 0.6])
def test_skin_above_a_shut_lid_is_no_greyer_than_the_face(portrait: Eyes, brows: float) -> None:
    """What is darker there than below the eye is as red, with raised brows as well: in grey it looked smeared."""
    up = dict.fromkeys(("browInnerUp", "browOuterUpLeft", "browOuterUpRight"), brows)
    shut = portrait.drawn(eyeBlinkLeft=1.0, eyeBlinkRight=1.0, **up).astype(np.float32)
    for side, slit in portrait.slits.items():
        frame, eye = slit.frame, EYES[side]
        u, v = np.meshgrid(np.linspace(-0.4, 0.4, 21) * frame.half, np.linspace(-0.85, -0.3, 21) * frame.half)
        above = cv2.remap(shut, frame.xy(floats(u), floats(v)), None, cv2.INTER_LINEAR)
        below = cv2.remap(shut, portrait.geometry.landmarks[None, list(eye.under[2:7]), :2], None, cv2.INTER_LINEAR)
        colour = [float(np.median((px.max(-1) - px.min(-1)) / px.max(-1))) for px in (above, below)]
        assert colour[0] > 0.9 * colour[1]


@pytest.mark.parametrize("name", ["eileen", "laughing"])
def test_raised_brows_leave_the_fold_of_a_shut_lid_where_it_goes(name: str) -> None:
    """The flow's inverse is settled where brows pull up what lids pull down: it left bumps of 3 px on the fold."""
    eyes = portrait_of(name) if name == "eileen" else shut_face(name)[0]
    weights = np.zeros(len(SHAPES), np.float32)
    for shape in ("eyeBlinkLeft", "eyeBlinkRight"):
        weights[INDEX[shape]] = 1
    for shape in ("browInnerUp", "browOuterUpLeft", "browOuterUpRight"):
        weights[INDEX[shape]] = 0.6
    move = eyes.geometry.head_move((0, 0, 0), (0, 0, 0), 0.0)
    for slit in eyes.slits.values():
        settled = replace(slit.field, rounds=80, damping=0.4).inverse(weights, move)
        off = np.hypot(*np.moveaxis(slit.field.inverse(weights, move) - settled, -1, 0))
        assert np.percentile(off, 95) < 0.15


@cache
def shut_face(name: str) -> tuple[Eyes, Picture]:
    """The eyes of a face of the gallery, and its picture with both shut, in grey."""
    eyes = Eyes(load_photo(FACES / f"{name}.jpg"))
    return eyes, cv2.cvtColor(eyes.drawn(eyeBlinkLeft=1.0, eyeBlinkRight=1.0), cv2.COLOR_RGB2GRAY)


@pytest.mark.parametrize("side", EYES)
def test_lashes_of_a_shut_eye_are_a_dark_line_that_is_thicker_outward(side: str) -> None:
    """Added up across it there is a fifth more dark outside of the eye's middle than inside, and a px of it."""
    eyes, shut = shut_face("dark-beard")
    frame, eye = eyes.slits[side].frame, EYES[side]
    outward = np.sign(frame.uv(eyes.geometry.landmarks[eye.up[0]])[0])
    lower = Line.through(frame.uv(eyes.geometry.landmarks[list(eye.lo)]))
    across = np.linspace(-10, 8, 73, dtype=np.float32)  # px about the lower lid's edge
    dark = []
    for share in (-0.4, 0.4):
        u = share * outward * frame.half + 0 * across
        column = cv2.remap(shut, frame.xy(u, lower.at(u) + across)[None], None, cv2.INTER_LINEAR)[0].astype(float)
        dark.append(np.clip(1 - column / np.median(column), 0, None).sum() * (across[1] - across[0]))
    assert dark[1] > 1.2 * dark[0]
    assert dark[1] > 1


@pytest.mark.parametrize("side", EYES)
def test_a_dark_face_shuts_its_eyes_with_a_line_and_a_lid_that_bulges(side: str) -> None:
    """The line is as clear on dark skin as on pale one, and the lid lighter in its middle than at its fold."""
    eyes, shut = shut_face("dark-beard")
    frame, cm = eyes.slits[side].frame, eyes.geometry.px_per_cm
    lower = Line.through(frame.uv(eyes.geometry.landmarks[list(EYES[side].lo)]))
    up = np.arange(-0.2, 1.0, 0.02, dtype=np.float32)  # cm above the lower lid's edge
    column = cv2.remap(shut, frame.xy(0 * up, lower.at(0 * up) - up * cm)[None], None, cv2.INTER_LINEAR)[0] / 255
    lid = column[(up > 0.25) & (up < 0.5)].mean()
    assert column.min() < 0.4 * lid
    assert lid > 1.1 * column[(up > 0.65) & (up < 0.9)].min()


@pytest.mark.parametrize("side", EYES)
def test_no_bright_specks_are_left_along_the_line_of_the_lashes(side: str) -> None:
    """Neither the wet rim of the lower lid, which shines on a dark face, nor white at the eye's ends."""
    eyes, shut = shut_face("dark-beard")
    light = np.repeat(shut[..., None], 3, -1)
    speck = np.repeat(cv2.morphologyEx(shut, cv2.MORPH_TOPHAT, np.ones((5, 5), np.uint8))[..., None], 3, -1)
    assert eyes.opening(speck, EYES[side]).max() < 0.24 * np.median(eyes.opening(light, EYES[side]))


def test_the_upper_lid_follows_the_gaze_down(portrait: Eyes) -> None:
    """Eyes that look down are less open than eyes that look up."""
    down, up = (portrait.drawn(gaze=np.array([0, y], np.float32)) for y in (8, -8))
    opening = retrack([down, up]).eye_opening
    assert (opening[0] < opening[1] - 0.01).all()


def test_the_glint_moves_less_than_the_iris(portrait: Eyes) -> None:
    """A window's mirror image on the cornea lags behind the iris: the photo's own glint is a layer of its own."""
    for slit in portrait.slits.values():
        glint = slit.eyeball.glint
        assert glint.rgba.max() > 40
        grid = glint.region.grid(1)
        gaze = np.array([3, 0], np.float32)
        centres = [_middle(glint.sampled(grid - GLINT_SHARE * g)) for g in (0 * gaze, gaze)]
        assert 0.5 < centres[1][0] - centres[0][0] < 2.0


def _middle(rgb: Picture) -> NDArray[np.float64]:
    light = rgb.sum(-1).astype(np.float64)
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]]
    middle: NDArray[np.float64] = np.array([(light * columns).sum(), (light * rows).sum()]) / light.sum()
    return middle


def test_mirrored_photo_and_wink_give_a_mirrored_blink(portrait: Eyes) -> None:
    """Left and right are treated alike: the mirrored portrait's other eye shuts as far."""
    mirrored = Eyes(np.ascontiguousarray(load_photo(ASSETS / "eileen.jpg")[:, ::-1]))
    one = portrait.opening(portrait.drawn(eyeBlinkRight=1.0), RIGHT_EYE).mean(0)
    other = mirrored.opening(mirrored.drawn(eyeBlinkLeft=1.0), LEFT_EYE).mean(0)
    assert one == pytest.approx(other, abs=12)
