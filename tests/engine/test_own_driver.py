"""Motion files as drivers: the same motion as the track they were made from, in animations and in talks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.motion.compose import compose_animation, compose_talk
from didgen.engine.motion.own import is_motion_file, load_motion, motion_of_track
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.render import render
from didgen.engine.shot import Config, Shot
from didgen.engine.speech.speech import Phoneme, Speech
from didgen.engine.video.probe import probe
from didgen.errors import RenderError
from didgen.media.motion import motion_bytes
from tests.quality.run import Shelf

PHOTO = Path(__file__).parents[2] / "projects" / "hello" / "assets" / "woman-2.jpg"
RATE, FRAMES = 30, 45


@pytest.fixture(scope="module")
def face() -> Face:
    return find_faces(load_photo(PHOTO))[0]


@pytest.fixture(scope="module")
def acted() -> MotionTrack:
    """Every channel with a rhythm of its own."""
    t, track = np.arange(FRAMES) / RATE, MotionTrack.still(FRAMES, RATE)
    track.pose_deg[:] = np.stack([6 * np.sin(3 * t), -4 * np.sin(4 * t), 2 * np.sin(5 * t)], 1)
    track.translation_cm[:] = np.stack([0.5 * np.sin(t), 0.2 * t, -0.3 * t], 1)
    track.gaze_deg[:] = np.stack([5 * np.sin(6 * t), -2 * np.sin(2 * t)], 1)
    track.weights[:, INDEX["jawOpen"]] = 0.4 * np.sin(3 * t) ** 2
    track.weights[:, INDEX["browInnerUp"]] = 0.5 * np.sin(2 * t) ** 2
    for name in ("eyeBlinkLeft", "eyeBlinkRight"):
        track.weights[20:23, INDEX[name]] = 1
    return track


@pytest.fixture(scope="module")
def anna(acted, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("drivers") / "anna.motion"
    path.write_bytes(motion_bytes(motion_of_track(acted, "anna.mp4")))
    return path


def test_a_track_comes_back_from_its_file(acted, anna):
    """Every channel, to half of the file's last digit; at another rate it lasts as long and moves the same."""
    back = load_motion(anna)
    assert (RATE, FRAMES) == (back.fps, len(back))
    for name, digit in (("pose_deg", 0.005), ("gaze_deg", 0.005), ("translation_cm", 5e-4), ("weights", 5e-4)):
        assert np.abs(getattr(back, name) - getattr(acted, name)).max() < 1.01 * digit, name
    slower = load_motion(anna, 25)
    assert (25, round(FRAMES / RATE * 25)) == (slower.fps, len(slower))
    assert slower.pose_deg[10] == pytest.approx(acted.pose_deg[12], abs=0.01)  # both at 0.4 s


def test_an_animation_moves_as_its_motion_file(acted, anna, face):
    """At the file's own rate and length, scaled by `motion_factor`; the file is known by its content, not its name."""
    track, name = compose_animation(face, anna, Config(motion_factor=0.5), seed=1)
    assert ("anna.motion", RATE, FRAMES) == (name, track.fps, len(track))
    assert track.pose_deg == pytest.approx(acted.pose_deg / 2, abs=0.01)
    blink = INDEX["eyeBlinkLeft"]
    assert track.weights[:, blink] == pytest.approx(acted.weights[:, blink])
    copy = anna.with_name("a1b2c3")
    copy.write_bytes(anna.read_bytes())
    assert is_motion_file(copy)
    assert not is_motion_file(PHOTO)
    assert not is_motion_file(anna.with_name("gone"))


def test_a_talk_takes_head_eyes_and_brows_of_a_motion_file(acted, anna, face):
    """The head, the gaze and the lids are the driver's, the mouth is the speech's, whatever the driver's does."""
    speech = Speech(np.zeros(16_000, np.float32), 16_000, (), (Phoneme("_", "sil", 0.0, 1.0),))
    track, name = compose_talk(speech, face, anna, Config(), seed=1)
    assert ("anna.motion", 25, 25) == (name, track.fps, len(track))
    assert track.pose_deg[10] == pytest.approx(acted.pose_deg[12], abs=0.02)
    assert track.gaze_deg[10] == pytest.approx(acted.gaze_deg[12], abs=0.02)
    assert track.weights[:, INDEX["jawOpen"]].max() < 0.02
    assert track.weights[17:19, INDEX["eyeBlinkLeft"]].max() > 0.9


def test_a_motion_file_has_no_sound(tmp_path):
    """An animation that is not muted is silent, and as long as the file."""
    short = tmp_path / "short.motion"
    short.write_bytes(motion_bytes(motion_of_track(MotionTrack.still(4, RATE), "short.mp4")))
    made = render(Shot(PHOTO, None, short, Config(mute=False)), tmp_path / "a.mp4", lambda *_: None, Shelf())
    facts = probe(made.video)
    assert (4, RATE, 0) == (facts.frames, facts.fps, facts.audio_rate)


def test_a_damaged_motion_file_is_the_drivers_fault(anna, tmp_path):
    """The file's name, what is wrong and what to do."""
    broken = tmp_path / "broken.motion"
    broken.write_bytes(anna.read_bytes()[:-40])
    with pytest.raises(RenderError, match=r"broken\.motion is no motion file, or damaged") as caught:
        load_motion(broken)
    assert "DriverNotValidError" == caught.value.kind
    with pytest.raises(RenderError, match="cannot be read"):
        load_motion(tmp_path / "gone.motion")
