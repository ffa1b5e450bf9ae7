"""A driver video becomes the motion that was in it."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import EYES, LIP_GAP, canonical_mesh
from didgen.engine.face.pose import F, rotation_from_pose
from didgen.engine.face.retrack import Tracked, follow
from didgen.engine.motion.driver_video import motion_of, track_driver
from didgen.engine.motion.lids import lid_weights, lids_at, narrowing
from didgen.engine.motion.one_euro import one_euro
from didgen.engine.motion.shape_fit import FITTED, fit_weights
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack
from didgen.engine.motion.unseen import bridged, seen_of
from didgen.engine.photo import load_photo
from didgen.engine.render import render
from didgen.engine.shot import Config, Shot
from didgen.engine.speech.listen import decoded
from didgen.engine.video.encode import Encoder
from didgen.engine.video.pictures import DriverPictures
from didgen.engine.video.probe import probe
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from didgen.engine.warp.shapes import shape_basis
from didgen.errors import RenderError
from tests.quality.run import Shelf

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"
FRAMES = 60
WINKS = 13  # the frame from which each eye closes alone; before it both blink


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.corrcoef(a, b)[0, 1])


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return load_photo(ASSETS / "woman-2.jpg")


@pytest.fixture(scope="module")
def acted() -> MotionTrack:
    """Each channel with a rhythm of its own, so that none can pass for another."""
    t = np.arange(FRAMES) / 25
    track = MotionTrack.still(FRAMES)
    track.pose_deg[:] = np.stack([7 * np.sin(3 * t), 4 * np.sin(4.2 * t), 5 * np.sin(5.5 * t)], 1)
    track.weights[:, INDEX["jawOpen"]] = np.clip(0.5 * np.sin(8 * t), 0, 1)
    track.weights[:, INDEX["browInnerUp"]] = np.clip(np.sin(2.2 * t + 4), 0, 1)
    for name, own in (("eyeBlinkLeft", 0.8), ("eyeBlinkRight", 1.8)):
        track.weights[:, INDEX[name]] = np.clip(1.7 - 12 * np.minimum(np.abs(t - own), np.abs(t - 0.28)), 0, 1)
    return track


@pytest.fixture(scope="module")
def driver(photo, acted, tmp_path_factory) -> Path:
    """A video file in which our own warp acts the track."""
    path = tmp_path_factory.mktemp("driver") / "driver.mp4"
    rig = build_rig(photo, find_faces(photo)[0])
    with Encoder(path, rig.width, rig.height, None, metadata={}) as encoder:
        for k in range(FRAMES):
            encoder.write(draw(rig, acted, k))
    return path


@pytest.fixture(scope="module")
def tracked(driver) -> MotionTrack:
    return track_driver(driver)


@pytest.fixture(scope="module")
def whole(driver) -> Tracked:
    return follow(DriverPictures(driver, 9.0))


def test_track_is_as_long_as_the_video(tracked):
    """As many frames at 25 fps as the video lasts; fits every channel's shape."""
    assert (FRAMES, 25) == (len(tracked), tracked.fps)
    assert (FRAMES, 44) == tracked.weights.shape
    assert (FRAMES, 2) == tracked.gaze_deg.shape
    assert 0 <= tracked.weights.min()
    assert tracked.weights.max() <= 1


@pytest.mark.parametrize(("axis", "name"), [(0, "yaw"), (1, "pitch"), (2, "roll")])
def test_head_is_followed(acted, tracked, axis, name):
    """Each angle of the driver comes back with its sign and size."""
    want, got = acted.pose_deg[:, axis], tracked.pose_deg[:, axis]
    assert correlation(want, got) > 0.95, name
    assert np.polyfit(want, got, 1)[0] == pytest.approx(1, abs=0.25), name


def test_each_eye_blinks_for_itself(acted, tracked):
    """The left blink is the left one's, the right the right one's, on the same frames."""
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        want, got = (track.weights[WINKS:, INDEX[name]] for track in (acted, tracked))
        assert correlation(want, got) > 0.85, name
        shut = np.flatnonzero(got > got.max() / 2)
        assert np.flatnonzero(want > 0.5).mean() == pytest.approx(shut.mean(), abs=1)
        assert got.max() > 0.95  # the net sees a wink less shut than a blink


def test_blink_shuts_both_eyes(acted, tracked):
    """A blink of both eyes comes back shut, on the same frames."""
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        want, got = (track.weights[:WINKS, INDEX[name]] for track in (acted, tracked))
        assert correlation(want, got) > 0.9, name
        assert got[want == 1].min() > 0.85, name


def test_mouth_and_brows_follow(acted, tracked):
    """The jaw opens and the brows rise when the driver's do, at least as one another's foil."""
    jaw, brow = (tracked.weights[:, INDEX[name]] for name in ("jawOpen", "browInnerUp"))
    want_jaw, want_brow = (acted.weights[:, INDEX[name]] for name in ("jawOpen", "browInnerUp"))
    assert correlation(want_jaw, jaw) > 0.85
    assert correlation(want_brow, brow) > 0.7
    assert abs(correlation(want_jaw, brow)) < 0.5
    assert jaw.max() > 0.25


def test_limit_cuts_the_track(driver):
    """Only the first `limit_s` seconds are tracked."""
    assert 25 == pytest.approx(len(track_driver(driver, limit_s=1.0)), abs=1)


def test_any_frame_rate_becomes_25(photo):
    """Pictures at 12.5 a second keep their duration and their motion."""
    turns = 8 * np.sin(np.linspace(0, 6, 30))
    height, width = photo.shape[:2]
    centre = (width / 2, height / 2)
    matrices = [cv2.getRotationMatrix2D(centre, -a, 1.0) for a in turns]
    frames = [cv2.warpAffine(photo, m, (width, height), borderMode=cv2.BORDER_REPLICATE) for m in matrices]
    track = motion_of(follow(frames), np.arange(30) / 12.5)
    assert 60 == len(track)
    want = np.interp(np.arange(60) / 25, np.arange(30) / 12.5, turns)
    assert correlation(want, track.pose_deg[:, 2]) > 0.99
    assert np.ptp(track.pose_deg[:, 2]) == pytest.approx(16, abs=2.5)


def test_zero_is_the_calm_picture(photo):
    """A driver that never moves gives a track of (nearly) nothing but the closed lips."""
    track = motion_of(follow([photo] * 6), np.arange(6) / 25)
    assert np.abs(track.pose_deg).max() < 0.3
    assert np.abs(track.translation_cm).max() < 0.05
    others = np.delete(track.weights, INDEX["seal"], axis=1)
    assert others.max() < 0.15
    assert track.weights[:, INDEX["seal"]].min() > 0.5


def test_closed_eyes_are_measured_against_the_persons_own():
    """Narrow eyes that are open do not blink, wide ones that are half closed do by a third."""
    opening = np.tile([0.12, 0.4], (20, 1))
    opening[5] = (0.02, 0.2)
    narrowed = narrowing(opening)
    assert [1.0, pytest.approx(0.5 / 0.75)] == narrowed[5].tolist()
    assert 0 == lid_weights(narrowed, 25.0)[0].max()
    half = np.tile([0.4, 0.2], (60, 1))
    half[20:] = (0.2, 0.2)
    assert lid_weights(narrowing(half), 25.0)[40].tolist() == pytest.approx([(0.5 / 0.75 - 0.2) / 0.8, 0])


def test_shapes_explain_themselves(photo):
    """Meshes moved by known weights give back the movement within a tenth, and the gap between the lips exactly."""
    mesh = follow([photo]).meshes_cm[0]
    basis = shape_basis(mesh, False, 0.0)
    weights = np.zeros((4, len(SHAPES)))
    weights[1, INDEX["jawOpen"]] = 0.5
    weights[2, [INDEX["mouthSmileLeft"], INDEX["browDownRight"]]] = 0.8, 0.6
    weights[3, INDEX["mouthPucker"]] = 0.7
    moved = np.tensordot(weights, basis, 1)
    found = fit_weights(moved, basis)
    assert np.abs(found[0]).max() < 1e-6
    assert found[1, INDEX["jawOpen"]] == pytest.approx(0.5, abs=0.1)
    assert found[2, INDEX["mouthSmileLeft"]] > 2 * found[2, INDEX["mouthSmileRight"]] + 0.3
    assert found[2, INDEX["browDownRight"]] > found[2, INDEX["browDownLeft"]] + 0.3
    assert found[3, INDEX["mouthPucker"]] == pytest.approx(0.7, abs=0.25)
    again = np.tensordot(found, basis, 1)
    gaps = [np.maximum(m[:, 13, 1] - m[:, 14, 1], 0) for m in (moved, again)]  # lips pressed together have no gap
    assert gaps[0] == pytest.approx(gaps[1], abs=0.005)
    assert 0 == np.delete(found, FITTED, axis=1).max()


def test_filter_keeps_time():
    """A resting noisy channel gets calmer, a step stays where it is, and nothing lags: not a frame."""
    rng = np.random.default_rng(5)
    noise = rng.normal(0, 0.1, (200, 2))
    smooth = one_euro(noise, 25, min_cutoff_hz=1.0, beta=0.1)
    assert smooth.std() < 0.6 * noise.std()
    wave = np.sin(np.arange(200) / 8)[:, None]
    out = one_euro(wave, 25, min_cutoff_hz=1.0, beta=2.0)[:, 0]
    lags = [correlation(wave[20:-20, 0], np.roll(out, lag)[20:-20]) for lag in range(-3, 4)]
    assert 3 == int(np.argmax(lags))
    assert np.array_equal(np.ones((5, 3)), one_euro(np.ones((5, 3)), 25, min_cutoff_hz=1, beta=0))


@pytest.mark.parametrize("quarters_clockwise", [0, 1, 2, 3])
def test_phone_video_is_turned_upright(tmp_path, quarters_clockwise):
    """A phone stores what its sensor saw and notes in the track header how to turn it: pictures come out upright."""
    upright = np.zeros((240, 320, 3), np.uint8)
    upright[:120, :160], upright[:120, 160:], upright[120:, :160] = (220, 30, 30), (30, 200, 30), (30, 30, 220)
    stored = np.ascontiguousarray(np.rot90(upright, quarters_clockwise))  # NumPy turns counter-clockwise
    path = tmp_path / "phone.mp4"
    with Encoder(path, stored.shape[1], stored.shape[0], None, metadata={}) as encoder:
        for _ in range(3):
            encoder.write(stored)
    a, b = [(1, 0), (0, 1), (-1, 0), (0, -1)][quarters_clockwise]  # ISO 14496-12 tkhd: x' = ax - by, y' = bx + ay
    matrix = struct.pack(">9i", a << 16, b << 16, 0, -b << 16, a << 16, 0, 0, 0, 1 << 30)
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    assert struct.pack(">9i", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30) == content[at : at + 36]
    content[at : at + 36] = matrix
    path.write_bytes(content)
    pictures = list(DriverPictures(path, 9.0))
    assert (240, 320, 3) == pictures[0].shape
    assert np.abs(pictures[0].astype(int) - upright)[60::120, 80::160].max() < 25


@pytest.mark.parametrize(("size", "shrunk"), [((1080, 1920), (540, 960)), ((1440, 2720), (480, 906))])
def test_large_videos_are_shrunk(tmp_path, size, shrunk):
    """Frames over 1280 px are halved or thirded; nothing moves and no colour changes much; times stay."""
    path, (height, width) = tmp_path / "large.mp4", size
    colours = np.zeros((height, width, 3), np.uint8)
    colours[: height // 2, : width // 2], colours[height // 2 :, width // 2 :] = (200, 60, 60), (60, 90, 180)
    colours[: height // 2, width // 2 :] = 255
    with Encoder(path, width, height, None, metadata={}) as encoder:
        for _ in range(3):
            encoder.write(colours.copy())
    pictures = DriverPictures(path, 9.0)
    seen = list(pictures)
    assert [(*shrunk, 3)] * 3 == [picture.shape for picture in seen]
    assert [0, 0.04, 0.08] == pytest.approx(pictures.times)
    small = cv2.resize(colours, shrunk[::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(seen[1].astype(int) - small).mean() < 8
    assert np.abs(seen[1][:, :, 1].astype(int) - small[:, :, 1]).max(initial=0, where=_inside(shrunk)) < 30


def _inside(shape: tuple[int, int]) -> np.ndarray:
    """Away from the edges between the colours."""
    flags = np.ones(shape, bool)
    flags[shape[0] // 2 - 6 : shape[0] // 2 + 6], flags[:, shape[1] // 2 - 6 : shape[1] // 2 + 6] = False, False
    return flags


def test_video_without_a_face_is_refused(tmp_path):
    """A driver that shows nobody is said to be none; so is one that is no video, and one that is not there."""
    path = tmp_path / "wall.mp4"
    with Encoder(path, 320, 240, None, metadata={}) as encoder:
        for k in range(5):
            encoder.write(np.full((240, 320, 3), 40 * k, np.uint8))
    with pytest.raises(RenderError, match="no face was found in 5 pictures") as caught:
        track_driver(path)
    assert "DriverNotValidError" == caught.value.kind
    path.write_text("no video")
    with pytest.raises(RenderError, match="no video that can be read") as caught:
        track_driver(path)
    assert "BadRequestError" == caught.value.kind
    with pytest.raises(RenderError, match=r"gone\.mp4"):
        track_driver(tmp_path / "gone.mp4")


def test_video_with_a_face_now_and_then_is_refused(photo, tmp_path):
    """A face in one of six pictures is too little to follow, with the figure."""
    path = tmp_path / "seldom.mp4"
    face = cv2.resize(photo, (320, 320))
    with Encoder(path, 320, 320, None, metadata={}) as encoder:
        for k in range(6):
            encoder.write(face if k < 1 else np.full_like(face, 100))
    with pytest.raises(RenderError, match="a face in 17% of its pictures"):
        track_driver(path)


@pytest.mark.parametrize(("rate", "stored"), [(24, 24), (60, 30)])
def test_a_track_has_the_rate_and_the_length_of_its_video(photo, tmp_path, rate, stored):
    """24 pictures a second stay 24, 60 stay 60 of which every other one is looked at; both last as long as they did."""
    path = tmp_path / "driver.mp4"
    small = cv2.resize(photo, (256, 256))
    with Encoder(path, 256, 256, None, metadata={}, fps=rate) as encoder:
        for _ in range(rate // 2):
            encoder.write(small)
    pictures = DriverPictures(path, 9.0)
    assert stored // 2 == sum(1 for _ in pictures)
    track = track_driver(path)
    assert (rate, rate // 2) == (track.fps, len(track))
    assert (25, 12) == ((again := track_driver(path, fps=25)).fps, len(again))


def test_an_animation_keeps_the_rate_the_length_and_the_sound_of_its_driver(photo, tmp_path):
    """30 pictures a second of a driver are 30 of the result, with its sound unless it is muted."""
    path, rate = tmp_path / "driver.mp4", 30
    tone = np.sin(2 * np.pi * 440 * np.arange(24_000) / 48_000).astype(np.float32) / 2
    with Encoder(path, 256, 256, (tone, 48_000), metadata={}, fps=rate) as encoder:
        for _ in range(rate // 2):
            encoder.write(cv2.resize(photo, (256, 256)))
    source, memo = ASSETS / "woman-2.jpg", Shelf()
    for config in (Config(), Config(mute=False)):
        made = render(Shot(source, None, path, config), tmp_path / "made.mp4", lambda *_: None, memo)
        facts = probe(made.video)
        assert (15, 0.5, 30.0) == (facts.frames, made.facts["duration_s"], facts.fps)
        assert (0 if config.mute else 48_000) == facts.audio_rate
    heard, kept = (decoded(one, 9.0)[0] for one in (path, made.video))
    assert np.abs(heard).std() == pytest.approx(np.abs(kept).std(), rel=0.1)


def test_a_hand_over_the_mouth_makes_no_faces(driver, whole, acted):
    """While something lies over the mouth that comes to rest, and head and lids go on; before and after it follows."""
    frames, points = list(DriverPictures(driver, 9.0)), whole.landmarks
    for k in range(18, 44):
        cv2.ellipse(frames[k], np.int32(points[k, 14, :2]).tolist(), (75, 48), 0, 0, 360, (196, 140, 116), -1)
        cv2.line(frames[k], *(np.int32(points[k, n, :2]).tolist() for n in (207, 427)), (120, 70, 60), 5)
    tracked = follow(frames)
    seen = seen_of(tracked, 25.0)
    assert not seen.mouth[17:45].any()
    assert seen.mouth[:14].all()
    assert seen.mouth[48:].all()
    assert seen.eyes.all()
    track = motion_of(tracked, np.arange(FRAMES) / 25)
    mouth = [k for k, name in enumerate(SHAPES) if name.startswith(("jaw", "mouth", "cheek"))]
    jaw = INDEX["jawOpen"]
    assert acted.weights[20:30, jaw].max() > 0.4  # there was something to be missed
    free = motion_of(whole, np.arange(FRAMES) / 25)
    assert free.weights[20:30, jaw].max() > 0.25
    assert track.weights[20:30, jaw].max() < 0.1
    assert track.weights[30:35, mouth].max() < 0.1
    jumps, usual = (np.abs(np.diff(one.weights[:, mouth], axis=0)).max() for one in (track, free))
    assert jumps < usual + 0.05
    assert correlation(track.weights[:14, INDEX["jawOpen"]], free.weights[:14, INDEX["jawOpen"]]) > 0.95
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        assert correlation(acted.weights[:, INDEX[name]], track.weights[:, INDEX[name]]) > 0.8, name
    assert correlation(acted.pose_deg[:, 0], track.pose_deg[:, 0]) > 0.9


def test_a_face_that_is_gone_leaves_the_photo_at_rest(driver, whole):
    """Pictures without a face end nothing: the head stays, comes to rest, and is back where it is when it is seen."""
    frames = list(DriverPictures(driver, 9.0))
    free = motion_of(whole, np.arange(FRAMES) / 25)
    wall = np.full_like(frames[0], 90)
    gone = [wall if 8 <= k < 52 else rgb for k, rgb in enumerate(frames)]
    track = motion_of(follow(gone), np.arange(FRAMES) / 25)
    assert np.abs(track.pose_deg[28:33]).max() < 0.6
    assert np.abs(np.diff(track.pose_deg, axis=0)).max() < 2.2
    assert track.pose_deg[-1] - track.pose_deg[3] == pytest.approx(free.pose_deg[-1] - free.pose_deg[3], abs=1.2)


def test_what_is_not_seen_is_bridged():
    """A short gap leads from one side to the other; a long one holds, rests and comes back; ends come to rest."""
    values = np.concatenate([np.full((20, 1), 3.0), np.full((80, 1), 99.0), np.full((20, 1), 5.0)])
    seen = values[:, 0] != 99
    out = bridged(values, seen, 25.0)[:, 0]
    assert [3, 5] == [out[19], out[-1]]
    assert 3 == pytest.approx(out[23])
    assert 0 == pytest.approx(out[60])
    assert np.abs(np.diff(out)).max() < 0.6
    short = np.delete(values, np.s_[28:100], axis=0)
    out = bridged(short, short[:, 0] != 99, 25.0)[:, 0]
    assert np.all(np.diff(out[19:29]) > 0)
    assert 0 == pytest.approx(bridged(values[:100], seen[:100], 25.0)[-1, 0])


def test_every_blink_shuts():
    """A short dip of both eyes by half is a blink, one of one eye a wink; a squint that lasts is none."""
    narrowed = np.zeros((90, 2))
    narrowed[10:15] = np.array([0.2, 0.5, 0.6, 0.4, 0.15])[:, None] * (1.0, 0.8)
    narrowed[30:55] = 0.5
    narrowed[65:69, 0] = 0.3, 0.7, 0.6, 0.15
    narrowed[65:69, 1] = 0.15
    narrowed[75:83] = np.array([0.3, 0.6, 0.3, 0.2, 0.3, 0.6, 0.3, 0.1])[:, None]
    out = lid_weights(narrowed, 25.0)
    assert [1, 1] == out[12].tolist()
    assert 0 < out[10, 0] < 0.2
    assert [0.375] * 2 == pytest.approx(out[40].tolist())
    assert [1, 0] == out[66].tolist()
    assert 0 == out[16:30].max()
    assert [1, 1] == out[[76, 80], 0].tolist()
    assert out[78, 0] < 0.3


def test_gaze_comes_over(whole: Tracked) -> None:
    """Irises turned about an eyeball of 12 mm by known angles, in a head that stands still: sign and size, right and
    down each for itself. (Our own drawn clips are no judge: the net sees a third to a half of a gaze drawn in them.)"""
    t = np.arange(4 * 25) / 25
    looks = np.stack([9 * np.sign(np.sin(2.1 * t)), 5 * np.sin(1.3 * t)], 1)
    place, mesh = whole.placements[0], whole.meshes_cm[0]
    pictures = []
    for right, down in np.radians(looks):
        moved = mesh.copy()
        for eye in EYES.values():
            middle = moved[[eye.up[0], eye.up[-1]]].mean(0)
            moved[list(eye.iris), :2] += middle[:2] - moved[eye.iris[0], :2] + 1.2 * np.sin([right, -down])
        pictures.append(place.picture_from_canonical(moved))
    seen = Tracked(np.float32(pictures), np.zeros((len(t), 0), np.float32), np.ones(len(t), np.bool_))
    track = motion_of(seen, t)
    for axis, name in enumerate(("right", "down")):
        got, want = track.gaze_deg[:, axis], looks[:, axis]
        assert correlation(want, got) > 0.95, name
        assert np.polyfit(want, got, 1)[0] == pytest.approx(1, abs=0.1), name


@pytest.mark.parametrize(("theirs", "ours"), [(24000 / 1001, 24), (30, 25), (25, 30), (12.5, 25)])
def test_a_blink_of_one_picture_shuts_at_any_rate(theirs: float, ours: int) -> None:
    """Wherever it falls between two of our frames, on the frame nearest to it and on no other; the other eye stays."""
    times = np.arange(200) / theirs
    clock = np.arange(round(200 / theirs * ours)) / ours
    for at in range(20, 180):
        lids = np.zeros((200, 2))
        lids[at, 0] = 1
        lids[at - 1 : at + 2 : 2, 0] = 0.2
        found = lids_at(clock, lids, times)
        shut = np.flatnonzero(found[:, 0] > 0.99)
        assert 1 == len(shut)
        assert abs(clock[shut[0]] - times[at]) <= 0.5 / ours + 1e-9
        assert not found[:, 1].any()


def test_a_quick_blink_of_a_film_is_followed(whole: Tracked) -> None:
    """A dip of one picture, deep enough for a blink only on that picture, of a driver of 23.976 pictures a second."""
    at, times = 40, 8 + np.arange(FRAMES) * 1001 / 24000
    lids = np.array(whole.landmarks)
    shut = replace(whole, landmarks=lids)
    shut.__dict__["eye_opening"] = np.full((FRAMES, 2), 0.3)
    shut.__dict__["eye_opening"][at] = 0.18
    times[0] = 0
    track = motion_of(shut, times, 24, 8 * 24 + FRAMES)
    blinks = track.weights[:, [INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]].min(1)
    assert 1 == (blinks > 0.95).sum()


@pytest.mark.parametrize(("lifted_deg", "left_deg"), [(1.0, 0.0), (1.7, 0.0), (4.0, 2.1)])
def test_a_chin_that_an_open_jaw_seems_to_lift_is_no_nod(lifted_deg: float, left_deg: float) -> None:
    """As far as it is so on this face, within what was seen on people; slow nods stay what they are."""
    t = np.arange(150) / 25
    nod, gap = 4 * np.sin(2 * t), 0.6 * (1 - np.cos(7 * t))
    mesh = np.zeros((478, 3))
    mesh[:468] = canonical_mesh().vertices_cm
    for eye in EYES.values():
        mesh[list(eye.iris)] = mesh[[eye.up[0], eye.up[-1]]].mean(0)
    heads = []
    for pitch, opened in zip(nod - lifted_deg * gap, gap, strict=True):
        moved = mesh.copy()
        moved[LIP_GAP[1], 1] -= opened
        heads.append(20 * (moved @ F) @ rotation_from_pose((0, pitch, 0)).T + (256, 256, 0))
    seen = Tracked(np.float32(heads), np.zeros((len(t), 0), np.float32), np.ones(len(t), np.bool_))
    off = motion_of(seen, t, auto_match=False).pose_deg[:, 1] - (nod - left_deg * gap)
    assert np.abs(off - np.median(off)).mean() < 0.35
