"""A real portrait through the rig: what a frame must be, measured on its px and by the landmark net."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.face.landmarks import find_landmarks, region_of_landmarks
from didgen.engine.face.mesh import canonical_mesh
from didgen.engine.face.pose import place_head, pose_from_rotation
from didgen.engine.motion.compose import smile_of
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack
from didgen.engine.warp.calibrate import (
    Calibration,
    area_change,
    opening_gain,
    press_gain,
    pucker_gain,
    relax_gain,
    relaxed,
)
from didgen.engine.warp.canvas import make_canvas
from didgen.engine.warp.frame import draw, draw_work
from didgen.engine.warp.response import Response
from didgen.engine.warp.rig import Rig, build_rig, video_sized

PHOTO = Path(__file__).parents[2] / "projects" / "hello" / "assets" / "eileen.jpg"


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return cv2.cvtColor(cv2.imread(str(PHOTO)), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def face(photo) -> Face:
    return find_faces(photo)[0]


@pytest.fixture(scope="module")
def crop(photo, face) -> Rig:
    return build_rig(photo, face)


@pytest.fixture(scope="module")
def stitched(photo, face) -> Rig:
    return build_rig(photo, face, stitch=True)


def _track(pose=(0, 0, 0), translation=(0, 0, 0), **weights: float) -> MotionTrack:
    track = MotionTrack.still(1)
    track.pose_deg[0], track.translation_cm[0] = pose, translation
    for name, weight in weights.items():
        for full in (name, f"{name}Left", f"{name}Right"):
            if full in INDEX:
                track.weights[0, INDEX[full]] = weight
    return track


def _seen(frame: np.ndarray, near: np.ndarray) -> np.ndarray:
    """(478, 3) what the net finds in a frame."""
    return find_landmarks(frame, region_of_landmarks((near + 0.5).astype(np.float32)))[0]


def _turn(rig: Rig, pose) -> tuple[float, float, float]:
    """Yaw, pitch, roll that the net sees between the frame at rest and the one with this pose."""
    track, still = _track(pose), _track()
    near = rig.geometry.moved(track.weights[0], rig.move(track, 0))
    rest, moved = _seen(draw(rig, still, 0), rig.geometry.landmarks), _seen(draw(rig, track, 0), near)
    return pose_from_rotation(place_head(moved).R0 @ place_head(rest).R0.T)


def test_a_crop_at_rest_is_its_source(crop):
    """512 x 512, every second sample of the canvas, bit for bit."""
    edge = crop.canvas.margin * crop.canvas.per_px
    source = crop.canvas.rgb[edge:-edge:2, edge:-edge:2]
    assert (512, 512) == (crop.width, crop.height)
    assert np.array_equal(source, draw(crop, _track(), 0))


def test_a_stitched_frame_at_rest_is_the_photo(photo, stitched):
    """The whole frame, bit for bit."""
    assert np.array_equal(photo, draw(stitched, _track(), 0))


def test_hardly_moving_is_hardly_seen(photo, stitched):
    """No seam shows up with the first hundredth of a degree: mean change under a tenth of a grey level."""
    frame = draw(stitched, _track((0.02, 0.02, 0.02), jawOpen=0.002, eyeBlink=0.002), 0)
    change = np.abs(frame.astype(int) - photo)
    assert 0 < change.mean() < 0.1
    assert change.max() < 24


def test_outside_the_work_picture_a_stitched_frame_is_the_photo(photo, stitched):
    """A large motion changes nothing beyond the rectangle, nor along its edges."""
    frame = draw(stitched, _track((10, 6, 8), (1, 1, -3), jawOpen=1), 0)
    geometry = stitched.geometry
    left, top = (round(-shift) for shift in geometry.work_from_photo[:, 2])
    inside = np.zeros(photo.shape[:2], bool)
    inside[top + 2 : top + geometry.height - 2, left + 2 : left + geometry.width - 2] = True
    changed = (frame != photo).any(-1)
    assert not changed[~inside].any()
    assert changed.mean() > 0.03


def test_a_stitched_work_picture_lies_at_even_px(stitched):
    """It can be laid into 4:2:0 planes, and is what the whole frame shows there."""
    track = _track((6, 2, 3), jawOpen=0.5)
    work, frame = draw_work(stitched, track, 0), draw(stitched, track, 0)
    left, top = stitched.corner
    height, width = work.shape[:2]
    assert (0, 0, 0, 0) == (left % 2, top % 2, width % 2, height % 2)
    assert np.array_equal(work, frame[top : top + height, left : left + width])


@pytest.mark.parametrize(
    ("pose", "axis"), [((7, 0, 0), 0), ((-7, 0, 0), 0), ((0, 6, 0), 1), ((0, -6, 0), 1), ((0, 0, 8), 2)]
)
def test_turns_are_seen_as_asked(crop, pose, axis):
    """The landmark net, asked about the frame, sees the pose that the track asked for."""
    seen = _turn(crop, pose)
    assert seen[axis] == pytest.approx(pose[axis], abs=0.7)


def test_yaw_takes_the_nose_to_the_right(crop):
    """yaw > 0: the nose goes to the picture's right against the middle between the eyes."""
    track = _track((8, 0, 0))
    rest = _seen(draw(crop, _track(), 0), crop.geometry.landmarks)
    moved = _seen(draw(crop, track, 0), crop.geometry.moved(track.weights[0], crop.move(track, 0)))
    shift = moved - rest
    assert shift[1, 0] - shift[[468, 473], 0].mean() > 5


@pytest.mark.parametrize("axis", [0, 1])
def test_nothing_folds_at_the_furthest_turn(crop, axis):
    """Asked for 60 degrees, the drawn flow still keeps the order of points: no Jacobian at or below zero."""
    for sign in (-1, 1):
        pose = [0.0, 0.0, 0.0]
        pose[axis] = sign * 60.0
        area = area_change(crop.field, crop.move(_track(pose), 0))
        assert area.min() > 0


def test_speech_moves_what_it_should(crop):
    """Re-tracked: "aa" drops the chin, "oo" is at most 0.8 as wide as "ee", a calmed smile narrower and lower."""
    cm, at = crop.geometry.px_per_cm, crop.geometry.landmarks

    def seen(**weights: float) -> np.ndarray:
        return _seen(draw(crop, _track(**weights), 0), at) / cm

    def width(points: np.ndarray) -> float:
        return float(np.hypot(*(points[291] - points[61])[:2]))

    rest, aa, calm = seen(), seen(jawOpen=0.6), seen(seal=1, mouthSmile=-0.5)
    oo, ee = seen(seal=0.75, jawOpen=0.16, mouthPucker=0.85, mouthFunnel=0.3), seen(seal=0.65, mouthStretch=0.42)
    assert aa[152, 1] - rest[152, 1] > 0.3
    assert width(oo) <= 0.8 * width(ee)
    assert width(calm) < width(rest) - 0.6
    assert calm[[61, 291], 1].mean() > rest[[61, 291], 1].mean() + 0.25


def test_a_mirrored_photo_with_mirrored_motion_gives_the_mirrored_frame(photo, face):
    """Left and right are treated alike."""
    mirrored_face = replace(face, landmarks=_mirrored(face.landmarks, photo.shape[1]))
    rig = build_rig(photo, face)
    other = replace(build_rig(np.ascontiguousarray(photo[:, ::-1]), mirrored_face), calibration=rig.calibration)
    track = _track((6, 3, -4), (0.4, 0, 0), jawOpen=0.4, mouthSmileLeft=0.5, eyeBlinkRight=0.8, browDownLeft=0.6)
    twin = _track((-6, 3, 4), (-0.4, 0, 0), jawOpen=0.4, mouthSmileRight=0.5, eyeBlinkLeft=0.8, browDownRight=0.6)
    change = np.abs(draw(rig, track, 0).astype(int) - draw(other, twin, 0)[:, ::-1])
    assert change.mean() < 1.5
    assert np.percentile(change, 99) < 25


def _mirrored(landmarks: np.ndarray, width: int) -> np.ndarray:
    """The landmarks of the mirrored photo, each under the number of its twin."""
    points = canonical_mesh().vertices_cm
    twin = [int(np.argmin(((points - p * (-1, 1, 1)) ** 2).sum(1))) for p in points]
    twin += [473, 476, 475, 474, 477, 468, 471, 470, 469, 472]
    out = landmarks[twin].copy()
    out[:, 0] = width - out[:, 0]
    return out


def test_videos_have_even_sides_of_at_most_1920():
    """An odd photo loses a row and a column; a large one is scaled; a small even one stays as it is."""
    odd, scale = video_sized(np.zeros((301, 211, 3), np.uint8))
    assert ((300, 210, 3), 1.0) == (odd.shape, scale)
    large, scale = video_sized(np.zeros((1500, 4000, 3), np.uint8))
    assert ((720, 1920, 3), 0.48) == (large.shape, scale)


@pytest.mark.parametrize("scale", [0.13, 0.4, 1.0, 2.7])
def test_the_canvas_shows_the_photo_where_it_is(scale):
    """A bright spot is found at its place, however much the canvas is smaller or larger than the photo."""
    photo = np.zeros((400, 600, 3), np.uint8)
    cv2.circle(photo, (350, 150), 24, (255, 255, 255), -1)
    matrix = np.array([[scale, 0, -100 * scale], [0, scale, -50 * scale]])
    size = round(500 * scale), round(350 * scale)
    canvas = make_canvas(photo, matrix, size, margin=4, per_px=2, sharpen=False)
    grid = np.stack(np.meshgrid(np.arange(size[0]), np.arange(size[1])), -1).astype(np.float32)
    light = canvas.sampled(grid)[..., 0].astype(float)
    found = (grid * light[..., None]).sum((0, 1)) / light.sum()
    assert found == pytest.approx([250 * scale, 100 * scale], abs=0.15)


def test_weights_are_those_of_the_track(crop):
    """Weights that no measure of this face corrects are drawn as asked; a smile is taken back as a share of its own."""
    weights = np.linspace(0, 1, len(SHAPES), dtype=np.float32)
    corrected = "jawOpen mouthPucker mouthFunnel mouthFrown mouthUpperUp mouthLowerDown mouthSmile"
    corrected = (corrected + " mouthPress").split()
    weights[[k for k, name in enumerate(SHAPES) if name.startswith(tuple(corrected))]] = 0
    assert np.array_equal(weights, crop.calibration.weighed(weights))
    weights[INDEX["mouthSmileLeft"]] = -0.3
    assert -0.3 * crop.calibration.relax == pytest.approx(crop.calibration.weighed(weights)[INDEX["mouthSmileLeft"]])
    assert crop.calibration.relax > 1.2  # she smiles


def test_a_smile_is_neither_doubled_nor_turned_into_a_grimace(crop):
    """On a smiling photo a smile asked for adds little, and one taken back stops a little below a calm mouth."""
    own = crop.calibration.smile
    weights = np.zeros(len(SHAPES), np.float32)
    for asked, low, high in ((1.0, 0.0, 0.2), (-1.0, -own - 0.5, -own)):
        weights[INDEX["mouthSmileRight"]] = asked
        assert low <= crop.calibration.weighed(weights)[INDEX["mouthSmileRight"]] <= high


def test_a_little_of_a_smile_is_kept_while_talking(crop, face):
    """The less of it is seen the less is taken, never less than is asked for and never more than before the look; who
    hardly smiles is not looked at."""
    kept = [relaxed(2.0, seen, 0.9) for seen in (0.0, 0.3, 0.5, 0.9)]
    assert kept == sorted(kept)
    assert 1.2 < kept[0] < 1.6
    assert kept[-1] == 2.0
    assert 1.0 == relaxed(1.1, 0.0, 0.9)
    assert 2.0 == relaxed(2.0, 0.0, 0.3)
    unseen = relax_gain(crop.calibration.smile, smile_of(face))
    assert 0.75 * unseen < crop.calibration.relax < 0.95 * unseen


def test_a_narrow_opening_is_widened_where_the_net_sees_too_little_of_it():
    """The gain falls with the gap seen and never shuts a mouth; closed lips and a wide jaw stay as they are."""
    gains = [opening_gain(gap) for gap in (0.0, 0.3, 0.6, 0.8, 1.5)]
    assert gains == sorted(gains, reverse=True)
    assert 1.0 == min(gains) == gains[-1]
    wide = Calibration((1, 1, 1), (20, 20), opening=1.5)
    weights = np.zeros(len(SHAPES), np.float32)
    drawn = []
    for weights[INDEX["jawOpen"]] in (0.0, 0.2, 1.0):
        drawn.append(wide.weighed(weights)[INDEX["jawOpen"]])
    assert [0.0, 0.28, 1.0] == pytest.approx(drawn)


def test_lips_that_look_apart_are_pressed_when_they_shall_be_shut():
    """The gain grows with the gap seen; in silence it presses a little, in a face that needs none not at all, and an
    open mouth is left alone."""
    gains = [press_gain(gap) for gap in (0.0, 0.05, 0.1, 0.5)]
    assert gains == sorted(gains)
    assert gains[:2] == pytest.approx([1, 1])
    assert gains[-1] < 2
    press = []
    for gain, seal in ((1.5, 1.0), (1.0, 1.0), (1.5, 0.9)):
        weights = np.zeros(len(SHAPES), np.float32)
        weights[INDEX["seal"]] = seal
        press.append(Calibration((1, 1, 1), (20, 20), press=gain).weighed(weights)[INDEX["mouthPress"]])
    assert 0.1 < press[0] < 0.5
    assert [0, 0] == press[1:]


def test_lips_that_do_not_look_round_are_drawn_together_further():
    """The gain grows with the width seen, is one where "oo" is as narrow as wanted, and is bounded both ways."""
    gains = [pucker_gain(width) for width in (0.3, 0.5, 0.62, 0.7, 1.0)]
    assert gains == sorted(gains)
    assert gains[2] == pytest.approx(1.0)
    assert 0.55 < gains[0] < 1 < gains[3] < gains[-1] <= 1.5


def test_rounded_lips_take_the_photos_smile_back(crop):
    """The more a mouth is rounded the less of the photo's smile is left; on a calm face nothing changes."""
    smiles = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
    weights = np.zeros(len(SHAPES), np.float32)
    drawn = []
    for weights[INDEX["mouthPucker"]] in (0.0, 0.5, 1.0):
        drawn.append(crop.calibration.weighed(weights)[smiles].mean())
    assert [0, -crop.calibration.smile / 2, -crop.calibration.smile] == pytest.approx(drawn)
    assert crop.calibration.smile > 0.8
    weights[smiles] = -1  # of a smile that is to go: rounded lips are not drawn down beyond a calm mouth
    assert crop.calibration.weighed(weights)[smiles] == pytest.approx(-crop.calibration.smile)
    weights[INDEX["mouthPucker"]] = 0
    assert (crop.calibration.weighed(weights)[smiles] < -crop.calibration.smile - 0.2).all()
    weights[smiles], weights[INDEX["mouthPucker"]] = 0, 1
    calm = replace(crop.calibration, smile=0.0, pucker=1.0)
    assert np.array_equal(weights, calm.weighed(weights))


def test_who_is_told_to_smile_speaks_smiling():
    """Rounded lips take less of the photo's smile back under a smile that is asked for."""
    smiles = [INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]
    turn = Response.through([-5, 5], [-5, 5], 10)
    calibration = Calibration((turn, turn, turn), smile=1.0)
    weights = np.zeros(len(SHAPES), np.float32)
    weights[INDEX["mouthPucker"]] = 0.5
    calm = calibration.weighed(weights)[smiles].mean()
    weights[smiles] = 0.6
    happy = calibration.weighed(weights)[smiles].mean()
    assert calm == pytest.approx(-0.5)
    assert happy > calm + 0.3
