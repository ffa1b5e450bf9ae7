"""Head, eyes, expressions, banks, and the track made of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.motion.character import generator
from didgen.engine.motion.compose import compose_animation, compose_talk, lengthened
from didgen.engine.motion.expressions import mood_of
from didgen.engine.motion.eyes import blinks_of, gaze_of
from didgen.engine.motion.takes import take_of
from didgen.engine.motion.track import INDEX, SHAPES, MotionTrack, eyes_at_rest, mouth_at_rest
from didgen.engine.shot import BANK_FPS, Config, Expression
from didgen.engine.speech.speech import Phoneme, Speech
from didgen.errors import RenderError

RATE = 24_000
CHANNELS = ("pose_deg", "translation_cm", "weights", "gaze_deg", "tongue", "breath_cm")


def smiling(score: float) -> Face:
    scores = np.zeros(52, np.float32)
    scores[[44, 45]] = score
    return Face(np.zeros((478, 3), np.float32), 1.0, scores, (0.0, 0.0, 0.0))


def talk_speech(seconds: float = 6.0) -> Speech:
    """Syllables of 0.25 s ("pa pa pa …") whose loudness rises and falls, with a pause in the middle."""
    times = np.arange(int(seconds * RATE)) / RATE
    loud = np.abs(np.sin(np.pi * times / 0.5)) * (np.abs(times - seconds / 2) > 0.4)
    phonemes = []
    for start in np.arange(0.0, seconds - 0.25, 0.25):
        if abs(start + 0.125 - seconds / 2) > 0.4:
            phonemes += [Phoneme("p", "PP", start, start + 0.07), Phoneme("ɑ", "aa", start + 0.07, start + 0.25)]
    return Speech((0.3 * loud * np.sin(900 * times)).astype(np.float32), RATE, (), tuple(phonemes))


def talk(config: Config = Config(), seed: int = 1, driver: str | None = "bank://natural") -> MotionTrack:  # noqa: B008
    return compose_talk(talk_speech(), smiling(0.0), driver, config, seed)[0]


def assert_equal(a: MotionTrack, b: MotionTrack) -> None:
    for name in CHANNELS:
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


@pytest.mark.parametrize(("seconds", "pad_s", "frames"), [(2.0, 0.0, 50), (2.001, 0.0, 51), (2.0, 1.5, 88)])
def test_talk_is_as_long_as_its_sound(seconds: float, pad_s: float, frames: int) -> None:
    """T = ceil((speech + pad) · 25): the picture never ends before the sound."""
    track, _ = compose_talk(talk_speech(seconds), smiling(0), None, Config(pad_audio_s=pad_s), 1)
    assert frames == len(track)
    assert all(frames == len(getattr(track, name)) for name in CHANNELS)


def test_same_seed_same_motion() -> None:
    """A track depends on nothing but its arguments; another seed moves another way."""
    assert_equal(talk(seed=7), talk(seed=7))
    assert not np.array_equal(talk(seed=7).pose_deg, talk(seed=8).pose_deg)


def test_talk_starts_and_ends_in_the_pose_of_the_photo() -> None:
    """So that clips can be joined: the head is within half a degree on the first and last frame, but not between."""
    pose = np.abs(talk().pose_deg)
    assert pose[[0, -1]].max() < 0.5
    assert pose.max() > 2


def test_fluent_talk_ends_where_it_began() -> None:
    """With `fluent` the last frame equals the first in every channel."""
    track = talk(Config(fluent=True))
    for name in CHANNELS:
        assert np.array_equal(getattr(track, name)[0], getattr(track, name)[-1]), name


def test_motion_factor_scales_the_head_and_not_the_mouth() -> None:
    """motion_factor 0.5: half the head motion, the same lips, complete blinks."""
    one, half = talk(), talk(Config(motion_factor=0.5))
    assert np.allclose(one.pose_deg * 0.5, half.pose_deg, atol=1e-5)
    for name in ("jawOpen", "seal", "eyeBlinkLeft"):
        assert np.array_equal(one.weights[:, INDEX[name]], half.weights[:, INDEX[name]]), name


def test_drivers_differ_in_liveliness() -> None:
    """Over ten seeds a lively head moves more than a natural one, and that more than a subtle one."""

    def motion(category: str) -> float:
        return float(np.mean([talk(seed=s, driver=f"bank://{category}").pose_deg.std() for s in range(10)]))

    assert motion("subtle") < 0.7 * motion("natural") < 0.7 * motion("lively")


def test_blinks_are_complete_and_human() -> None:
    """Five minutes: 18 to 24 blinks a minute, each closed on a frame, at least 0.6 s apart, none at the ends."""
    closure = blinks_of(generator(3, "b"), 7500, 25, 21)
    closed = np.flatnonzero((closure[1:-1] > 0.999) & (closure[:-2] < 0.999)) + 1
    assert 18 <= len(closed) / 5 <= 24
    assert min(b - a for a, b in pairwise(closed)) >= 15
    assert closure[:5].max() == closure[-5:].max() == 0
    peaks = np.flatnonzero((closure[1:-1] > closure[:-2]) & (closure[1:-1] >= closure[2:])) + 1
    assert closure[peaks].min() > 0.999


def test_blinks_prefer_pauses() -> None:
    """With a pause every two seconds, far more blinks fall within 0.2 s of one than chance would have it."""
    pauses = tuple(np.arange(2.0, 200.0, 2.0))
    closure = blinks_of(generator(3, "b"), 5000, 25, 21, pauses)
    at = np.flatnonzero(closure > 0.999) / 25
    near = np.mean([min(abs(t - p) for p in pauses) < 0.2 for t in at])
    assert near > 0.4


def test_eyes_hold_the_camera_while_the_head_turns() -> None:
    """A head turned 6° to the picture's right looks back to the left by 70 % of it, within the eye's reach."""
    pose = np.zeros((3000, 3))
    pose[:, 0] = 6
    gaze = gaze_of(generator(1, "g"), pose, 25, 1.0)
    assert np.mean(gaze[:, 0]) == pytest.approx(-4.2, abs=0.5)
    assert np.abs(gaze + 0.7 * pose[:, :2]).max() <= 5.001
    assert np.abs(gaze).max() <= 8


def test_eyes_look_about_as_in_a_conversation() -> None:
    """Two minutes: one to three saccades a second, no fixation longer than 2 s, most of them near the camera; a calmer
    talker's reach less far, and a clip begins and ends with the photo's own gaze."""
    gaze = gaze_of(generator(2, "g"), np.zeros((3000, 3)), 25, 1.0)
    jumps = np.flatnonzero(np.hypot(*np.diff(gaze, axis=0).T) > 0.6)
    assert 1.0 < len(jumps) / 120 < 3.0
    assert np.diff(jumps).max() < 4 * 25  # two fixations may lie side by side
    assert np.mean(np.hypot(*gaze.T) < 3) > 0.8
    assert np.hypot(*gaze.T).max() > 3.5
    calm = gaze_of(generator(2, "g"), np.zeros((3000, 3)), 25, 0.45)
    assert calm == pytest.approx(0.45 * gaze)
    assert not gaze[[0, -1]].any()


def test_expressions_hold_and_blend() -> None:
    """Neutral until frame 10, blended over 20 frames into a full surprise, which holds until happy takes over."""
    mood = mood_of((Expression("surprise", 10, 1.0), Expression("happy", 60, 0.5)), 20, 120)
    brow, smile = (mood.weights[:, INDEX[n]] for n in ("browInnerUp", "mouthSmileLeft"))
    assert brow[:11].max() == 0
    assert 0.4 < brow[20] < 0.55
    assert brow[30:61].min() > 0.94
    assert brow[80:].max() < 0.01
    assert smile[80:] == pytest.approx(0.3, abs=0.01)


def test_expression_cannot_open_a_closed_mouth() -> None:
    """Surprise drops the jaw a little, happy lets a smile's teeth show, yet p, b and m stay shut."""
    track = talk(Config(expressions=(Expression("surprise"),)))
    happy = talk(Config(expressions=(Expression("happy"),)))
    press = talk().weights[:, INDEX["mouthPress"]]
    jaw, seal = track.weights[:, INDEX["jawOpen"]], happy.weights[:, INDEX["seal"]]
    shut = press > 0.99 * press.max()
    assert seal[shut].min() > 0.99
    assert seal[~shut].min() < 0.75
    assert shut.sum() > 15
    assert jaw[shut].max() < 0.01
    assert track.weights[:, INDEX["browInnerUp"]].min() > 0.9


def test_photo_smile_is_partly_talked_away() -> None:
    """A smile of 0.8 loses up to 0.56, more when serious, nothing when normalization_factor is 0."""

    def smile(config: Config) -> float:
        track, _ = compose_talk(talk_speech(), smiling(0.8), "bank://natural", config, 1)
        return float(np.median(track.weights[:, INDEX["mouthSmileLeft"]]))

    assert -0.57 < smile(Config()) < -0.35
    assert smile(Config(expressions=(Expression("serious"),))) < 1.3 * smile(Config())
    assert smile(Config(normalization_factor=0.0)) == 0


@pytest.mark.parametrize("driver", ["bank://fun/driver-02", "bank://lively/driver-02"])
def test_flipped_driver_is_the_mirror_image(driver: str) -> None:
    """driver-02/flipped turns right where driver-02 turns left, winks with the other eye, and is reported so."""

    def made(name: str) -> tuple[MotionTrack, str]:
        if "fun" in name:
            return compose_animation(smiling(0), name, Config(), 1)
        return compose_talk(talk_speech(), smiling(0), name, Config(), 1)

    (plain, _), (flipped, url) = made(driver), made(driver + "/flipped")
    assert url == driver + "/flipped"
    assert np.array_equal(-plain.pose_deg[:, 0], flipped.pose_deg[:, 0])
    assert np.array_equal(plain.pose_deg[:, 1], flipped.pose_deg[:, 1])
    assert np.array_equal(-plain.gaze_deg[:, 0], flipped.gaze_deg[:, 0])
    for left, right in (("eyeBlinkLeft", "eyeBlinkRight"), ("mouthLeft", "mouthRight")):
        assert np.array_equal(plain.weights[:, INDEX[left]], flipped.weights[:, INDEX[right]])


def test_chosen_driver_is_reported() -> None:
    """An open request gets a driver by seed; the answer names it as the service does, and it can be asked for again."""
    track, name = compose_talk(talk_speech(), smiling(0), None, Config(), 4)
    assert name.startswith("bank://")
    assert name.endswith("/original")
    again, same = compose_talk(talk_speech(), smiling(0), name, Config(), 4)
    assert name == same
    assert_equal(track, again)


@pytest.mark.parametrize(
    ("driver", "message"),
    [
        ("bank://lovely", "no bank lovely"),
        ("bank://natural/driver-77", "no driver-77"),
        ("bank://natural/flipped", "no flipped"),
        ("bank://natural/driver-7/upside", "not upside"),
        ("bank://classics", "no bank classics for a talk"),
    ],
)
def test_unknown_driver_is_one_clear_error(driver: str, message: str) -> None:
    """A bank or a number that is not there."""
    with pytest.raises(RenderError, match=message) as caught:
        talk(driver=driver)
    assert caught.value.kind == "DriverNotValidError"


def test_smiling_photo_is_not_smiled_twice() -> None:
    """Nostalgia's smile on a photo that beams already is a fourth of the one on a sober photo."""
    sober, beaming = (compose_animation(smiling(s), "bank://nostalgia/driver-03", Config(), 1)[0] for s in (0, 1))
    assert 0.25 * sober.weights[:, INDEX["mouthSmileLeft"]] == pytest.approx(
        beaming.weights[:, INDEX["mouthSmileLeft"]]
    )


def test_animation_lasts_as_long_as_its_take() -> None:
    """And as the pad behind it, unless asked otherwise."""
    track, name = compose_animation(smiling(0), "bank://nostalgia/driver-03", Config(), 1)
    assert (BANK_FPS, 20) == (track.fps, BANK_FPS)
    assert len(track) == round(take_of("nostalgia", "driver-03").length_s * 20)
    gif = compose_animation(smiling(0), "bank://nostalgia/driver-03", Config(result_format="gif"), 1)[0]
    assert (25, round(take_of("nostalgia", "driver-03").length_s * 25)) == (gif.fps, len(gif))
    assert len(compose_animation(smiling(0), name, Config(pad_audio_s=2), 1)[0]) == len(track) + 2 * BANK_FPS
    assert name == "bank://nostalgia/driver-03/original"
    assert len(compose_animation(smiling(0), None, Config(), 1, frames=50)[0]) == 50


@pytest.mark.parametrize(
    ("rest", "starts", "stilled", "kept"),
    [
        (eyes_at_rest, ("eye", "lid", "brow"), "gaze_deg", "tongue"),
        (mouth_at_rest, ("jaw", "seal", "mouth", "cheek", "nose"), "tongue", "gaze_deg"),
    ],
)
def test_what_is_at_rest_is_the_photos_and_all_else_the_tracks(rest, starts, stilled, kept):
    """Eyes with brows, or the mouth with jaw and cheeks, stay still; the rest moves on; the track itself stays."""
    track, _ = compose_talk(talk_speech(), smiling(0.0), "bank://lively", Config(), seed=3)
    quiet, chosen = rest(track), np.array([name.startswith(starts) for name in SHAPES])
    assert np.any(track.weights[:, chosen])
    assert not np.any(quiet.weights[:, chosen])
    assert not np.any(getattr(quiet, stilled))
    assert np.array_equal(track.weights[:, ~chosen], quiet.weights[:, ~chosen])
    for channel in ("pose_deg", "translation_cm", "breath_cm", kept):
        assert np.array_equal(getattr(track, channel), getattr(quiet, channel))


def test_a_short_driver_video_goes_back_and_forth_without_a_pattern() -> None:
    """Six seconds of motion for a minute: first as they are, no jerk at the turns, which come at ever other times."""
    track = talk(driver="bank://lively/driver-02")
    ramp = replace(track, pose_deg=np.linspace([0, 0, 0], [1, 1, 1], len(track)).astype(np.float32))
    long = lengthened(ramp, 60 * 25, 4)
    place = long.pose_deg[:, 0] * (len(track) - 1)
    assert all(len(getattr(long, name)) == 60 * 25 for name in CHANNELS)
    assert np.array_equal(ramp.pose_deg[:-12], long.pose_deg[: len(track) - 12])
    steps = np.rint(np.diff(place))
    assert np.abs(steps).max() <= 2
    turns = np.flatnonzero(np.diff(np.sign(steps[np.flatnonzero(steps)])))
    gaps = np.diff(turns)
    assert len(turns) >= 8
    assert gaps.std() > 8
    assert_equal(lengthened(track, 40, 4), lengthened(track, 40, 5))
    assert_equal(lengthened(track, len(track), 4), track)
