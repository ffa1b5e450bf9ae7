"""Every measure sees what it is there for: made-up tracks and pictures with one thing wrong each."""

from __future__ import annotations

from dataclasses import astuple, replace

import cv2
import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.mesh import EYES, LIP_GAP, SCORE_INDEX, canonical_mesh
from didgen.engine.face.pose import F, rotation_from_pose
from didgen.engine.face.retrack import Tracked
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.speech.speech import VISEMES, Phoneme, Word
from didgen.quality import groups, head, lips
from didgen.quality.clip import Clip, track_of
from didgen.quality.figures import MEASURES, Row, missed
from didgen.quality.flicker import Flicker
from didgen.quality.measure import measure
from didgen.quality.strips import moments

FPS, SOUND_S, SOUNDS = 25, 0.16, ("PP", "aa", "FF", "U", "I", "SS")
GAPS_CM = {"PP": 0.0, "aa": 1.4, "FF": 0.2, "U": 0.4, "I": 0.6, "SS": 0.3}
WIDTHS_CM = {"PP": 5.0, "aa": 5.0, "FF": 5.0, "U": 3.4, "I": 5.4, "SS": 5.1}
SYMBOLS = {"PP": "m", "aa": "a", "FF": "f", "U": "u", "I": "i", "SS": "s"}
S = 14.0  # px per cm


def made(gap_late_s: float = 0.0, sounds: int = 72) -> Clip:
    """A talk of six sounds over and over in four sentences, whose lips do exactly what is said, or do it late."""
    frames = round(sounds * SOUND_S * FPS)
    times = (np.arange(frames) + 0.5) / FPS
    spoken = [SOUNDS[k % len(SOUNDS)] for k in range(sounds)]
    phonemes = [Phoneme(SYMBOLS[v], v, k * SOUND_S, (k + 1) * SOUND_S) for k, v in enumerate(spoken)]
    middles = [(p.start_s + p.end_s) / 2 for p in phonemes]
    edges = [m + side * 0.03 for m in middles for side in (-1, 1)]  # a shape is held for 60 ms
    gap = np.interp(times - gap_late_s, edges, np.repeat([GAPS_CM[v] for v in spoken], 2))
    width = np.interp(times, middles, [WIDTHS_CM[v] for v in spoken])
    heard = np.zeros((round(sounds * SOUND_S * 100), len(VISEMES)), np.float32)
    clock = (np.arange(len(heard)) + 0.5) / 100
    for k, v in enumerate(spoken):
        heard[:, VISEMES.index(v)] += np.clip(1 - np.abs(clock - middles[k]) / SOUND_S, 0, 1)
    yaw = 5 * np.sin(times)
    shut = np.zeros(frames)
    shut[20::60] = 1.0
    track = MotionTrack.still(frames, FPS)
    track.pose_deg[:, 0] = yaw
    for side in ("Left", "Right"):
        track.weights[:, INDEX[f"eyeBlink{side}"]] = shut
    track.weights[:, INDEX["jawOpen"]] = np.interp(times, middles, [GAPS_CM[v] for v in spoken]) / 2
    words = [Word("end.", (k + 17) * SOUND_S, (k + 18) * SOUND_S) for k in range(0, sounds, 18)]
    tracked = followed(gap, width, yaw, np.stack([shut, shut], 1))
    return Clip(FPS, tracked, track, tuple(phonemes), tuple(words), heard, None, None, 1 - np.stack([shut, shut], 1))


def followed(gap: np.ndarray, width: np.ndarray, yaw: np.ndarray, shut: np.ndarray) -> Tracked:
    """What re-tracking would give: the canonical head with these lips (cm), turned (degrees), lids shut by 0..1."""
    points = []
    for k in range(len(gap)):
        mesh = np.zeros((478, 3))
        mesh[:468] = canonical_mesh().vertices_cm
        upper, lower = LIP_GAP
        mesh[lower] = mesh[upper] - (0, gap[k], 0)
        mesh[[61, 291], 0] = -width[k] / 2, width[k] / 2
        for closed, eye in zip(shut[k], EYES.values(), strict=True):
            up, lo = list(eye.up[1:-1]), list(eye.lo[1:-1])
            mesh[up, 1] += closed * 0.95 * (mesh[lo, 1] - mesh[up, 1])
            mesh[list(eye.iris)] = mesh[[eye.up[0], eye.up[-1]]].mean(0)
        points.append(S * mesh @ F @ rotation_from_pose((yaw[k], 0, 0)).T + (300, 260, 0))
    landmarks = np.stack(points).astype(np.float32)
    return Tracked(landmarks, np.zeros((len(gap), 52), np.float32), np.ones(len(gap), np.bool_))


@pytest.fixture(scope="module")
def good() -> Clip:
    return made()


def changed(clip: Clip, change) -> Clip:
    """The clip with other landmarks: change gets a copy of them."""
    landmarks = clip.tracked.landmarks.copy()
    change(landmarks)
    return replace(clip, tracked=Tracked(landmarks, clip.tracked.scores, clip.tracked.found))


# -- lips ---------------------------------------------------------------------------------------------------------


def test_lips_that_do_what_is_said_have_every_closure_in_time(good: Clip) -> None:
    """All twelve are found, centred on their sounds within 12 ms."""
    found = lips.closures(good)
    assert (12, 12) == (found.wanted, found.found)
    assert abs(np.mean(found.offsets_s)) < 0.012


@pytest.mark.parametrize("late_s", [-0.08, 0.05, 0.08])
def test_late_lips_are_seen_by_closures_and_by_lag(late_s: float, good: Clip) -> None:
    """Lips that are late (or early) by less than two pictures: both the offset and the lag say so within 12 ms."""
    clip = made(gap_late_s=late_s)
    shift = np.mean(lips.closures(clip).offsets_s) - np.mean(lips.closures(good).offsets_s)
    assert shift == pytest.approx(late_s, abs=0.012)
    moved = lips.sound_lag_s(clip) - lips.sound_lag_s(good)
    assert moved == pytest.approx(late_s, abs=0.012)
    assert lips.gap_correlation(clip) < lips.gap_correlation(good) - 0.03


@pytest.mark.parametrize("late_s", [-0.12, 0.08])
def test_sound_that_was_moved_is_heard(late_s: float, good: Clip) -> None:
    """The sound of the file decides, not its sidecar: sound 80 ms late is lips 80 ms early."""
    clip = replace(good, heard=np.roll(good.heard, round(100 * late_s), axis=0))
    assert lips.sound_lag_s(clip) - lips.sound_lag_s(good) == pytest.approx(-late_s, abs=0.006)


def test_lips_that_do_not_close_are_missed(good: Clip) -> None:
    """A mouth that keeps 3 mm open closes on nothing; one that stands still neither, however closed it is."""

    def apart(landmarks):
        landmarks[:, LIP_GAP[1], 1] += 0.3 * S

    def frozen(landmarks):
        landmarks[:] = landmarks[2]

    assert 0 == lips.closures(changed(good, apart)).found
    still = changed(good, frozen)
    assert (12, 0) == (lips.closures(still).wanted, lips.closures(still).found)
    assert lips.gap_correlation(still) is None
    assert lips.sound_lag_s(still) is None


def test_closed_lips_may_measure_what_the_photos_own_do(good: Clip) -> None:
    """2 mm is closed for a face whose closed lips measure 2 mm in the photo, and open for any other."""

    def apart(landmarks):
        landmarks[:, LIP_GAP[1], 1] += 0.2 * S

    clip = changed(good, apart)
    closed = int(np.argmin(clip.tracked.lip_gap_cm))
    assert 0 == lips.closures(clip).found
    assert 12 == lips.closures(replace(clip, photo=face_of(clip, closed))).found
    wide_open = int(np.argmax(clip.tracked.lip_gap_cm))
    assert 0 == lips.closures(replace(clip, photo=face_of(clip, wide_open))).found


def test_drawn_lips_that_measure_far_apart_are_closed_if_their_pixels_say_so(good: Clip) -> None:
    """The landmark net sees 4 mm between smooth lips: taken for an opening, they would never close."""

    def further(landmarks):
        landmarks[:, LIP_GAP[1], 1] += 0.4 * S

    clip = changed(good, further)
    photo = face_of(clip, int(np.argmin(clip.tracked.lip_gap_cm)))
    assert 0 == lips.closures(replace(clip, photo=photo)).found
    assert 12 == lips.closures(replace(clip, photo=photo, parted=False)).found
    assert 0 == lips.closures(replace(clip, photo=photo, parted=True)).found


def test_unrelated_sound_has_no_lag(good: Clip) -> None:
    """Lips that follow something else are not called punctual."""
    rng = np.random.default_rng(1)
    clip = replace(good, heard=np.zeros((0, 15), np.float32))
    assert lips.sound_lag_s(clip) is None
    ramp = np.linspace(0, 1, len(good.heard)) + 0.01 * rng.random(len(good.heard))
    assert lips.best_lag_s(ramp, 100, np.linspace(0, 1, len(good.tracked)) ** 3, good.times) is None


def test_width_of_oo_against_ee(good: Clip) -> None:
    """Means over the sounds: 3.9 against 5.1 cm, when 3.4 and 5.4 are reached at their middles; without oo, nothing."""
    assert lips.round_over_wide(good) == pytest.approx(3.9 / 5.15, abs=0.02)
    silent = replace(good, phonemes=tuple(p for p in good.phonemes if p.viseme != "U"))
    assert lips.round_over_wide(silent) is None


# -- groups -------------------------------------------------------------------------------------------------------


def test_groups_are_told_apart_by_lips_that_differ(good: Clip) -> None:
    """Near 1 for lips that do what is said, near chance for sounds that were dealt out anew."""
    assert groups.told_apart(good) > 0.8
    rng = np.random.default_rng(4)
    order = rng.permutation(len(good.phonemes))
    dealt = [
        replace(p, symbol=good.phonemes[k].symbol, viseme=good.phonemes[k].viseme)
        for p, k in zip(good.phonemes, order, strict=True)
    ]
    assert groups.told_apart(replace(good, phonemes=tuple(dealt))) < 0.4


def test_one_sentence_cannot_judge_itself(good: Clip) -> None:
    """Nothing is said where nothing was held back to be judged."""
    assert groups.told_apart(replace(good, words=())) is None


# -- head ---------------------------------------------------------------------------------------------------------


def test_turns_are_measured_against_the_track(good: Clip) -> None:
    """A head that follows has no error; one that turns half as far has a slope of a half; a constant does not count."""
    followed_well = head.turns(good, 0)
    assert followed_well.error_deg < 0.02
    assert followed_well.slope == pytest.approx(1, abs=0.01)
    more = replace(good.track, pose_deg=good.track.pose_deg * 2 + 3)
    half = head.turns(replace(good, track=more), 0)
    assert half.slope == pytest.approx(0.5, abs=0.01)
    assert half.error_deg == pytest.approx(np.abs(5 * np.sin(good.times)).mean(), abs=0.5)


def test_lids_that_stay_open_are_no_blink(good: Clip) -> None:
    """Every blink is found; an eye that does not close, or closes at another time than the other, is none."""
    count = head.blinks(good).wanted
    assert count >= 4
    assert count == head.blinks(good).shut
    left_open = replace(good, eyes_left=1 - np.stack([_shut(good), 0.25 * _shut(good)], 1))
    assert (count, 0, 0.75) == astuple(head.blinks(left_open))
    after = replace(good, eyes_left=1 - np.stack([_shut(good), np.roll(_shut(good), 1)], 1))
    assert 0 == head.blinks(after).shut
    unseen = replace(good, eyes_left=np.full((len(good.tracked), 2), np.nan))
    assert (0, 0, None) == astuple(head.blinks(unseen))


def _shut(clip: Clip) -> np.ndarray:
    return clip.track.weights[:, INDEX["eyeBlinkLeft"]]


# -- flicker ------------------------------------------------------------------------------------------------------


def flicker_of(pictures: list[np.ndarray]) -> float | None:
    flicker = Flicker()
    for rgb in pictures:
        flicker.add(rgb)
    return flicker.level


def test_a_tint_that_jumps_is_flicker_and_a_fade_is_none() -> None:
    """Grey that jumps by 2 to and fro has second differences of 4; a fade by 2 a picture has none."""
    wall = np.random.default_rng(0).integers(90, 110, (160, 160, 3)).astype(np.uint8)
    wall = cv2.GaussianBlur(wall, (0, 0), 3)
    assert 0 == flicker_of([wall] * 6)
    assert 4 == pytest.approx(flicker_of([wall + np.uint8(2 * (k % 2)) for k in range(6)]), abs=0.1)
    assert 0 == pytest.approx(flicker_of([wall + np.uint8(2 * k) for k in range(6)]), abs=0.05)
    assert flicker_of([wall] * 2) is None


# -- the photo's own ----------------------------------------------------------------------------------------------


def face_of(clip: Clip, number: int, smiling: float = 0.0) -> Face:
    """One picture of a clip as the photo that was animated."""
    scores = np.zeros(52, np.float32)
    scores[[SCORE_INDEX["mouthSmileLeft"], SCORE_INDEX["mouthSmileRight"]]] = smiling
    return Face(clip.tracked.landmarks[number], 1.0, scores, (0.0, 0.0, 0.0))


def test_a_face_that_keeps_its_shape_drifts_by_nothing_however_it_turns(good: Clip) -> None:
    """Turning and talking are no drift; a nose pulled 4 mm aside is, and by how much says the rms."""
    clip = replace(good, photo=face_of(good, 3))
    assert head.likeness_cm(good) is None
    assert head.likeness_cm(clip) < 0.01

    def pulled(landmarks):
        landmarks[:, [1, 4, 5, 195, 197], 0] += 0.4 * S

    assert 0.1 < head.likeness_cm(changed(clip, pulled)) < 0.4


def test_turns_are_counted_from_the_photos_own_pose(good: Clip) -> None:
    """A photo that looks aside: the head of the clip is measured from there."""
    aside = int(np.argmax(good.track.pose_deg[:, 0]))
    seen = head.turned_deg(replace(good, photo=face_of(good, aside)))[:, 0]
    assert good.track.pose_deg[:, 0] - good.track.pose_deg[aside, 0] == pytest.approx(seen, abs=0.05)


def test_what_is_left_of_a_smile(good: Clip) -> None:
    """A quarter of the photo's smile while talking is 0.25; a calm photo has no smile to lose."""
    tracked = Tracked(good.tracked.landmarks, np.full_like(good.tracked.scores, 0.2), good.tracked.found)
    clip = replace(good, tracked=tracked, photo=face_of(good, 0, smiling=0.8))
    assert head.smile(clip) == pytest.approx(0.25, abs=1e-3)
    assert head.smile(replace(clip, photo=face_of(good, 0, smiling=0.4))) is None
    assert head.smile(good) is None


def test_a_track_comes_back_from_its_sidecar(good: Clip) -> None:
    """Channels to four digits, weights that were left out as zeros, a shape of another engine passed over."""
    record = good.track.to_json()
    record["weights"]["wiggleEars"] = [1.0] * len(good.track)
    back = track_of(record)
    assert np.allclose(good.track.weights, back.weights, atol=1e-4)
    assert np.allclose(good.track.pose_deg, back.pose_deg, atol=1e-4)


def test_all_figures_of_a_good_clip_and_none_that_it_cannot_have(good: Clip) -> None:
    """Every target is met; without photo, background and raw frames their figures are missing, not zero."""
    figures = measure(good)
    assert [] == [m.name for m in missed(Row("good", figures)) if m.name != "lag_ms"]
    assert {"smile_neutral", "smile_serious", "likeness_cm", "identity", "flicker", "changed_outside"} == {
        m.name for m in MEASURES if getattr(figures, m.name) is None and not m.name.startswith(("driven", "own"))
    }


def test_a_video_of_which_nothing_is_known_is_measured_as_far_as_it_goes(good: Clip) -> None:
    """No track, no phonemes: sound and lips still have their lag."""
    figures = measure(replace(good, track=None, phonemes=(), words=()))
    assert {"lag_ms", "tracked"} == set(figures.to_json())


def test_the_strip_has_a_moment_of_every_kind(good: Clip) -> None:
    """A picture of each group lies within such a sound; the blink is shut; the ends are the ends."""
    chosen = moments(good)
    assert ["start", "closed m", "lip-teeth f", "round u", "wide i", "open a", "teeth s"] == list(chosen)[:7]
    for name, number in list(chosen.items())[1:7]:
        at = good.times[number]
        assert name.split()[1] in {p.symbol for p in good.phonemes if p.start_s <= at <= p.end_s}
    assert 1 == _shut(good)[chosen["blink"]]
    assert (0, len(good.tracked) - 1) == (chosen["start"], chosen["end"])
