"""A driver video becomes the motion that was in it."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.face.retrack import retrack
from didgen.engine.motion.driver_video import DriverPictures, blink_weights, motion_of, track_driver
from didgen.engine.motion.one_euro import one_euro
from didgen.engine.motion.shape_fit import FITTED, fit_weights
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from didgen.engine.warp.shapes import shape_basis
from didgen.errors import RenderError

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
        assert correlation(want, got) > 0.8, name  # the net reads a soft lid, as our engine draws it, unevenly
        shut = np.flatnonzero(got > got.max() / 3)
        assert np.flatnonzero(want > 0.5).mean() == pytest.approx(shut.mean(), abs=1)
        assert got.max() > 0.4  # the net sees a wink less shut than a blink


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
    track = motion_of(retrack(frames), np.arange(30) / 12.5)
    assert 60 == len(track)
    want = np.interp(np.arange(60) / 25, np.arange(30) / 12.5, turns)
    assert correlation(want, track.pose_deg[:, 2]) > 0.99
    assert np.ptp(track.pose_deg[:, 2]) == pytest.approx(16, abs=2.5)


def test_zero_is_the_calm_picture(photo):
    """A driver that never moves gives a track of (nearly) nothing but the closed lips."""
    track = motion_of(retrack([photo] * 6), np.arange(6) / 25)
    assert np.abs(track.pose_deg).max() < 0.3
    assert np.abs(track.translation_cm).max() < 0.05
    others = np.delete(track.weights, INDEX["seal"], axis=1)
    assert others.max() < 0.15
    assert track.weights[:, INDEX["seal"]].min() > 0.5


def test_closed_eyes_are_measured_against_the_persons_own():
    """Narrow eyes that are open do not blink, wide ones that are half closed do by a third."""
    opening = np.tile([0.12, 0.4], (20, 1))
    opening[5] = (0.02, 0.2)
    weights = blink_weights(opening)
    assert [1.0, pytest.approx(1 - 0.25 / 0.6)] == weights[5].tolist()
    assert 0 == weights[0].max()


def test_shapes_explain_themselves(photo):
    """Meshes moved by known weights give back the movement within a tenth, and the gap between the lips exactly."""
    mesh = retrack([photo]).meshes_cm[0]
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
    assert gaps[0] == pytest.approx(gaps[1], abs=0.02)
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


def test_large_videos_are_shrunk(tmp_path):
    """Frames over 1280 px are shrunk; the times are those of the pictures."""
    path = tmp_path / "large.mp4"
    with Encoder(path, 1920, 1080, None, metadata={}) as encoder:
        for _ in range(4):
            encoder.write(np.full((1080, 1920, 3), 77, np.uint8))
    pictures = DriverPictures(path, 9.0)
    assert [(720, 1280, 3)] * 4 == [picture.shape for picture in pictures]
    assert [0, 0.04, 0.08, 0.12] == pytest.approx(pictures.times)


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
    """A face in two of six pictures is too little to follow, with the figure."""
    path = tmp_path / "seldom.mp4"
    face = cv2.resize(photo, (320, 320))
    with Encoder(path, 320, 320, None, metadata={}) as encoder:
        for k in range(6):
            encoder.write(face if k < 2 else np.full_like(face, 100))
    with pytest.raises(RenderError, match="a face in 33% of its pictures"):
        track_driver(path)
