"""The measures of a photo that follows a driver, on heads whose motion is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import EYES, canonical_mesh
from didgen.engine.face.pose import F, rotation_from_pose
from didgen.engine.face.retrack import Tracked, follow
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.motion.unseen import seen_of
from didgen.engine.photo import load_photo
from didgen.engine.video.encode import Encoder
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import build_rig
from didgen.quality.clip import pictures_of
from didgen.quality.driven import Shown, follows, gaze_follows, lips_follow, reenacts, skin_turned_deg, turned_deg
from didgen.quality.figures import Row, missed

PHOTO = Path(__file__).parents[2] / "projects" / "hello" / "assets" / "woman-2.jpg"
SECONDS = 4


def turning(fps: int, size: float = 1.0) -> Shown:
    """The canonical head, turning and opening its lips at a known rate; it never blinks."""
    t = (np.arange(SECONDS * fps) + 0.5) / fps
    mesh = np.zeros((478, 3))
    mesh[:468] = canonical_mesh().vertices_cm
    for eye in EYES.values():
        mesh[list(eye.iris)] = mesh[[eye.up[0], eye.up[-1]]].mean(0)
    poses = size * np.stack([8 * np.sin(2 * t), 3 * np.sin(3 * t), 4 * np.sin(1.5 * t)], 1)
    heads = []
    for k, pose in enumerate(poses):
        moved = mesh.copy()
        moved[14, 1] -= size * 0.5 * np.sin(4 * t[k]) ** 2
        heads.append(20 * (moved @ F) @ rotation_from_pose(pose).T + (256, 256, 0))
    landmarks = np.float32(heads)
    found = np.ones(len(t), np.bool_)
    return Shown(fps, Tracked(landmarks, np.zeros((len(t), 0), np.float32), found), np.zeros((len(t), 2)))


def test_a_picture_that_moves_as_the_driver_is_nearer_than_a_still_one() -> None:
    """Whatever the two rates; half the motion is half as near."""
    same, half = (reenacts(turning(30), turning(25, size)) for size in (1.0, 0.5))
    assert same.own_points < 0.3 * half.own_points
    assert 0.02 < half.own_points < 0.6 * same.own_points_still
    assert same.own_turn_deg < 0.4
    assert 0.4 < half.own_turn_deg / same.own_turn_still_deg < 0.6
    assert reenacts(turning(30), turning(30)).own_turn_deg == pytest.approx(0, abs=0.01)


def test_the_first_pose_is_where_turns_are_measured_from() -> None:
    """Yaw, pitch and roll with the signs of a motion track."""
    shown = turning(25)
    t = (np.arange(SECONDS * 25) + 0.5) / 25
    assert turned_deg(shown.seen)[:, 0] == pytest.approx(8 * np.sin(2 * t) - 8 * np.sin(0.04), abs=0.35)
    assert np.abs(turned_deg(shown.seen)[0]).max() < 1e-9


@pytest.fixture(scope="module")
def blinking(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tracked, MotionTrack]:
    """A video of ours of a second and a half in which one of two blinks is done by half."""
    photo = load_photo(PHOTO)
    rig = build_rig(photo, find_faces(photo)[0])
    track = MotionTrack.still(34)
    for at, depth in ((9, 1.0), (24, 0.35)):
        for name in ("eyeBlinkLeft", "eyeBlinkRight"):
            track.weights[at - 1 : at + 2, INDEX[name]] = depth
    path = tmp_path_factory.mktemp("blinks") / "blinks.mp4"
    with Encoder(path, rig.width, rig.height, None, metadata={}) as encoder:
        for k in range(len(track)):
            encoder.write(draw(rig, track, k))
    return path, follow(pictures_of(path)), track


def test_blinks_are_counted_by_what_is_seen(blinking: tuple[Path, Tracked, MotionTrack]) -> None:
    """Of two blinks of the driver one is seen shut; one that the driver does not make is told, too."""
    path, seen, track = blinking
    lids = np.zeros((len(seen), 2))
    lids[8:11], lids[23:26] = 1, 1
    still = Shown(25, seen, lids)
    figures = follows(still, Shown.of(seen, 25), path, track)
    assert (0.5, 0) == (figures.driven_blinks, figures.driven_blinks_extra)
    lids = lids.copy()
    lids[8:11] = 0
    figures = follows(replace(still, lids=lids), Shown.of(seen, 25), path, track)
    assert (0.0, 1) == (figures.driven_blinks, figures.driven_blinks_extra)
    assert "driven_blinks" in [measure.name for measure in missed(Row("half", figures))]
    assert figures.driven_yaw is None  # a driver that does not turn
    assert figures.driven_yaw_error_deg == pytest.approx(0, abs=0.01)


def test_an_open_mouth_turns_no_head() -> None:
    """As it does for the landmark net. A thing that goes the other way across the face leaves it to that one."""
    photo = load_photo(PHOTO)
    rig = build_rig(photo, find_faces(photo)[0])
    t, track = np.arange(40) / 25, MotionTrack.still(40)
    track.pose_deg[:, :2] = np.stack([6 * np.sin(4 * t), 3 * np.sin(6 * t)], 1)
    track.weights[:, INDEX["jawOpen"]] = 0.35 * (1 - np.cos(11 * t))
    frames = [draw(rig, track, k) for k in range(len(track))]
    seen = follow(frames)
    skin = skin_turned_deg(lambda: iter(frames), seen)
    assert skin is not None
    off, net_off = (
        np.abs(turned - track.pose_deg - np.median(turned - track.pose_deg, axis=0)).mean(0)
        for turned in (skin, turned_deg(seen))
    )
    assert off[1] < 0.4
    assert off[1] < 0.4 * net_off[1]
    assert off[0] < 0.5
    hidden = [frame.copy() for frame in frames]
    noise = np.random.default_rng(1).integers(0, 255, (512, 1024, 3)).astype(np.uint8)
    for k, frame in enumerate(hidden):
        frame[:300] = noise[:300, 10 * k : 10 * k + 512]
    assert skin_turned_deg(lambda: iter(hidden), seen) is None


def test_what_a_hand_hides_is_not_judged() -> None:
    """Lips that the net draws on a hand are no driver's: those that stay shut meanwhile have followed well."""
    driver = turning(25)
    shades = np.tile(np.random.default_rng(1).random((1, 478, 3)), (len(driver.seen), 1, 1)).astype(np.float32)
    covered = slice(30, 70)
    shades[covered] = 0.5
    hidden = replace(driver, seen=replace(driver.seen, shades=shades))
    assert not seen_of(hidden.seen, 25).mouth[covered].any()
    mine = driver.seen.landmarks.copy()
    mine[covered, 14] = mine[covered, 13]
    ours = replace(driver, seen=replace(driver.seen, landmarks=mine))
    judged, blind = lips_follow(driver, ours), lips_follow(hidden, ours)
    assert judged is not None
    assert judged < 0.9
    assert blind == pytest.approx(1, abs=1e-6)


def looking(right_deg: np.ndarray, left_deg: np.ndarray) -> Shown:
    """The canonical head, still; its eyes look so far to the side, each on its own."""
    mesh = np.zeros((478, 3))
    mesh[:468] = canonical_mesh().vertices_cm
    heads = []
    for degrees in zip(right_deg, left_deg, strict=True):
        moved = mesh.copy()
        for eye, angle in zip(EYES.values(), degrees, strict=True):
            moved[list(eye.iris)] = mesh[[eye.up[0], eye.up[-1]]].mean(0)
            moved[list(eye.iris), 0] += 1.2 * np.sin(np.radians(angle))
        heads.append(20 * (moved @ F) + (256, 256, 0))
    count = len(right_deg)
    seen = Tracked(np.float32(heads), np.zeros((count, 0), np.float32), np.ones(count, np.bool_))
    return Shown(25, seen, np.zeros((count, 2)))


def test_gaze_that_nobody_saw_is_not_judged() -> None:
    """Eyes that look about together are followed, or are not; irises that are drawn apart, as a turning head's, say
    nothing of either video."""
    t = np.arange(60) / 25
    about, other = 6 * np.sin(5 * t), 6 * np.sin(9 * t + 1)
    driver, frozen = looking(about, about), looking(0.2 * other, 0.2 * other)
    assert reenacts(driver, driver).own_gaze == pytest.approx(1, abs=0.01)
    assert gaze_follows(driver, looking(0.5 * about, 0.5 * about)) == pytest.approx(1, abs=0.01)
    assert gaze_follows(driver, frozen) < 0.3
    assert gaze_follows(frozen, driver) is None  # nobody looks anywhere
    apart = looking(1.8 * about, 0.2 * about)
    assert gaze_follows(apart, driver) is None
    assert gaze_follows(driver, apart) is None
