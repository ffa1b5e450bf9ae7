"""The talks' drivers: each its own way of moving, with the speech, and never twice the same."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from didgen.catalog.drivers import MANNERS, TALK_BANKS
from didgen.engine.face.face import Face
from didgen.engine.motion.character import TALKERS
from didgen.engine.motion.choice import Driver, Occasion, find_driver
from didgen.engine.motion.compose import Picture, compose_talk
from didgen.engine.motion.head import LIMIT_DEG
from didgen.engine.motion.phrases import Phrase, phrases_of
from didgen.engine.motion.pitch import pitch_hz
from didgen.engine.motion.prosody import level_of
from didgen.engine.motion.talker import talking_body
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.shot import FPS, Config, TextScript
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import Phoneme, Sentence, Speech, Word

RATE = 8_000
EVERY = [(bank, name) for bank, names in TALK_BANKS.items() for name in names]
STRESSED_EVERY = 4  # syllables


def script(count: int, *, edited: dict[int, str] | None = None) -> list[str]:
    return [(edited or {}).get(k, f"sentence {k}") for k in range(count)]


def spoken(texts: list[str], pause_s: float = 0.36) -> Speech:
    """Sentences of 1.4 to 6 s in syllables of about 0.2 s, every fourth of them long and loud, parted by pauses.

    What a sentence sounds like depends on its text alone. It starts on a frame, as those of a voice do.
    """
    sounds, phonemes, sentences, words = [np.zeros(round(0.12 * RATE))], [], [], []
    for text in texts:
        rng = np.random.default_rng(list(text.encode()))
        start_s = now_s = sum(map(len, sounds)) / RATE
        for k in range(int(rng.integers(7, 28))):
            stressed = k % STRESSED_EVERY == 1
            length_s = rng.uniform(0.24, 0.3) if stressed else rng.uniform(0.14, 0.2)
            samples = round(length_s * RATE)
            t = np.arange(samples) / RATE
            swell = np.sin(np.pi * (t + 0.5 / RATE) / length_s)
            sounds.append((0.5 if stressed else 0.16) * swell * np.sin(2 * np.pi * 180 * t))
            phonemes += [
                Phoneme("d", "DD", now_s, now_s + 0.05),
                Phoneme("ɑ", "aa", now_s + 0.05, now_s + samples / RATE),
            ]
            now_s += samples / RATE
        words.append(Word(text, start_s, now_s))
        sentences.append(Sentence(start_s, now_s, text))
        rest = round(pause_s * RATE)
        sounds.append(np.zeros(rest + -(sum(map(len, sounds)) + rest) % (RATE // FPS)))
    sound = np.concatenate(sounds).astype(np.float32)
    return Speech(sound, RATE, tuple(words), tuple(phonemes), sentences=tuple(sentences))


@lru_cache(maxsize=4)
def two_minutes() -> tuple[Speech, int]:
    speech = spoken(script(36))
    return speech, int(speech.duration_s * FPS)


def body(driver: tuple[str, str], seed: int, speech: Speech, frames: int) -> MotionTrack:
    return talking_body(Driver("talk", *driver), phrases_of(speech, frames, FPS), frames, FPS, seed)


def free_gaze(track: MotionTrack) -> np.ndarray:
    """Where the eyes look, whichever way the head is turned."""
    return track.gaze_deg + 0.7 * track.pose_deg[:, :2]


def manner(track: MotionTrack) -> np.ndarray:
    """What a viewer can see of a way of moving: spreads, rest, nods, brows, eyes, smile."""
    pose, gaze = track.pose_deg, free_gaze(track)
    slow = np.stack([np.convolve(pose[:, k], np.ones(13) / 13, "same") for k in range(3)], 1)
    away = np.hypot(*gaze.T) > 3.2
    lids = track.weights[:, INDEX["eyeBlinkLeft"]]
    brows = track.weights[:, INDEX["browOuterUpLeft"]] - track.weights[:, INDEX["browDownLeft"]]
    return np.array([
        *np.log(pose.std(0)),
        *(pose.mean(0) / 1.5),
        np.log((pose - slow)[:, 1].std()),
        3 * brows.std() ** 0.5,
        *(2 * np.sign(brows.mean()) * np.abs(brows.mean(keepdims=True)) ** 0.5),
        away.mean() * 4,
        float(gaze[away, 0].mean() / 5) if away.any() else 0.0,
        5 * lids.mean(),
        5 * track.weights[:, INDEX["mouthSmileLeft"]].mean(),
        *np.log(track.translation_cm[:, [0, 2]].std(0)),
    ])  # fmt: skip


@lru_cache(maxsize=1)
def takes() -> np.ndarray:
    """(18 drivers, 3 seeds, features), half a minute each of the same speech."""
    speech = spoken(script(8))
    frames = int(speech.duration_s * FPS)
    return np.array([[manner(body(d, seed, speech, frames)) for seed in range(3)] for d in EVERY])


def test_a_viewer_tells_eighteen_drivers_apart() -> None:
    """A take goes to the driver whose other takes it is most like: the right one of 18, and the right category."""
    rows = takes()
    scale = rows.std((0, 1))
    right = same_bank = 0
    for d, (bank, _) in enumerate(EVERY):
        for s in range(3):
            others = np.array([
                np.delete(rows[e], s, 0).mean(0) for e in range(len(EVERY))
            ])  # fmt: skip
            best = int(np.linalg.norm((others - rows[d, s]) / scale, axis=1).argmin())
            right += best == d
            same_bank += EVERY[best][0] == bank
    assert right >= 0.85 * 54, "1 in 18 by chance"
    assert same_bank >= 0.95 * 54


def test_categories_are_ordered_by_liveliness() -> None:
    """Every lively driver moves its head more than every subtle one; natural ones lie between in the mean."""
    size = {bank: [] for bank in TALK_BANKS}
    for (bank, _), rows in zip(EVERY, takes(), strict=True):
        size[bank].append(float(np.exp(rows[:, :3]).mean(0).sum()))
    assert max(size["subtle"]) < 0.6 * min(size["natural"])
    assert max(size["subtle"]) < 0.5 * min(size["lively"])
    assert np.mean(size["natural"]) < 0.8 * np.mean(size["lively"])


@pytest.mark.parametrize(("bank", "name"), EVERY)
def test_a_driver_moves_like_a_person(bank: str, name: str) -> None:
    """Two minutes: within the reach of a face, blinks near its rate, no jumps, back in the photo's pose at the end."""
    speech, frames = two_minutes()
    track = body((bank, name), 5, speech, frames)
    assert (np.abs(track.pose_deg) < LIMIT_DEG).all()
    assert np.abs(track.pose_deg[[0, -1]]).max() < 0.05
    assert np.abs(np.diff(track.pose_deg, axis=0)).max() < 2.2, "degrees between two pictures"
    lids = [t.weights[:, INDEX["eyeBlinkLeft"]] for t in (track, body((bank, name), 6, speech, frames))]
    closed, more = (np.flatnonzero((lid[1:] > 0.999) & (lid[:-1] <= 0.999)) for lid in lids)
    per_min = (len(closed) + len(more)) / 2 / frames * FPS * 60
    assert per_min == pytest.approx(TALKERS[bank][name].blinks_per_min, rel=0.15, abs=4)
    assert min(b - a for a, b in pairwise(closed)) >= 0.4 * FPS
    assert np.abs(track.gaze_deg).max() <= 11.001
    assert np.median(np.hypot(*free_gaze(track).T)) < 1.6, "mostly the listener"


def echo(values: np.ndarray) -> float:
    """The greatest autocorrelation of (T,) values at lags from 2 s to half their length."""
    values = values - values.mean()
    count = len(values)
    power = np.abs(np.fft.rfft(values, 2 * count)) ** 2
    raw = np.fft.irfft(power)[:count] / np.arange(count, 0, -1)
    return float((raw[2 * FPS : count // 2] / raw[0]).max())


@pytest.mark.parametrize("driver", [EVERY[0], EVERY[6], EVERY[8], EVERY[11], EVERY[14], EVERY[17]])
def test_no_loop_in_two_minutes(driver: tuple[str, str]) -> None:
    """Nothing in the head's motion comes again: speeds echo below 0.35, places below 0.5; a loop of 20 s has 1."""
    speech, frames = two_minutes()
    for seed in (1, 2):
        pose = body(driver, seed, speech, frames).pose_deg
        for k in range(3):
            assert echo(np.diff(pose[:, k])) < 0.35
            assert echo(pose[:, k]) < 0.5
        assert echo(np.resize(pose[: 20 * FPS, 0], frames)) > 0.9


def test_nods_meet_the_stressed_syllables() -> None:
    """The chin is lowest within 80 ms of a stressed vowel's peak, over many nods, and higher 0.24 s off."""
    speech, frames = two_minutes()
    phrases = phrases_of(speech, frames, FPS)
    pitch = np.mean([body(("natural", "driver-2"), s, speech, frames).pose_deg[:, 1] for s in range(4)], 0)
    peaks = [p.first / FPS + s.at_s for p in phrases for s in p.stresses if s.at_s < p.voice_s - 1]
    assert len(peaks) > 80
    lags = np.arange(-12, 13)
    around = np.mean([pitch[round(at * FPS) + lags] for at in peaks if 1 < at < frames / FPS - 1], 0)
    lowest = lags[around.argmax()] / FPS
    assert abs(lowest) <= 0.081
    assert around.max() - around[[6, 18]].mean() > 0.5


def test_stresses_are_the_loud_long_vowels() -> None:
    """Of syllables of which every fourth is stressed, those are found and hardly any other."""
    speech, frames = two_minutes()
    loud = np.array([p.start_s for p in speech.phonemes if p.symbol == "ɑ" and p.end_s - p.start_s > 0.18])
    found = np.array([p.first / FPS + s.at_s for p in phrases_of(speech, frames, FPS) for s in p.stresses])
    near = np.abs(found[:, None] - (loud + 0.08)[None]).min(1) < 0.12
    assert near.mean() > 0.95
    assert near.sum() > 0.9 * len(loud)


def test_a_head_is_still_in_pauses() -> None:
    """In a pause of 0.6 s a head turns at less than a tenth of the speed it has while talking, until it makes ready."""
    speech = spoken(script(20), pause_s=0.7)
    frames = int(speech.duration_s * FPS)
    for driver in (("lively", "driver-02"), ("natural", "driver-1")):
        pose = body(driver, 3, speech, frames).pose_deg
        speed = np.abs(np.diff(pose, axis=0)).sum(1)
        phrases = phrases_of(speech, frames, FPS)[:-1]
        still = [speed[a + 6 : a + 9] for p in phrases for a in [p.first + round(p.voice_s * FPS)]]
        voiced = [speed[p.first + 3 : p.first + round(p.voice_s * FPS)] for p in phrases]
        assert np.mean(still) < 0.1 * np.concatenate(voiced).mean()


def test_a_long_silence_is_not_frozen() -> None:
    """Ten seconds of padding: the head goes on, little and slowly, and the eyes blink."""
    speech = spoken(script(2))
    frames = int((speech.duration_s + 10) * FPS)
    track = body(("natural", "driver-1"), 3, speech, frames)
    silence = slice(frames - 8 * FPS, frames - 2 * FPS)
    assert 0.05 < track.pose_deg[silence, 0].std() < 0.6
    assert track.weights[silence, INDEX["eyeBlinkLeft"]].max() > 0.99
    assert np.ptp(track.breath_cm[silence]) > 0.05


def test_somebody_who_keeps_silent_is_alive() -> None:
    """Nothing but a break of twelve seconds: no lips move, the head goes on, little and slowly, the eyes blink."""
    speech = speak(TextScript('<break time="6s"/><break time="6s"/>', "heart", ssml=True))
    assert pytest.approx(12.12) == speech.duration_s
    track, _ = compose_talk(speech, face(), "bank://natural/driver-2", Config(), seed=3)
    assert 0.05 > track.weights[:, INDEX["jawOpen"]].max()
    middle = track.pose_deg[6 * FPS : -2 * FPS]
    assert 0.3 < np.ptp(middle, axis=0).max() < 4
    assert 0.9 < track.weights[:, INDEX["eyeBlinkLeft"]].max()


def test_a_recording_of_silence_is_not_frozen() -> None:
    """No sentence and no voice: the head goes on, little and slowly, the eyes blink."""
    speech = Speech(np.zeros(12 * RATE, np.float32), RATE, (), ())
    track = body(("natural", "driver-2"), 3, speech, 12 * FPS)
    assert 0.3 < np.ptp(track.pose_deg[3 * FPS : -2 * FPS], axis=0).max() < 4
    assert 0.9 < track.weights[:, INDEX["eyeBlinkLeft"]].max()


def test_blinks_wait_for_the_end_of_a_sentence() -> None:
    """A blink falls into the first third of a second of more than half of the pauses: three times chance."""
    speech, frames = two_minutes()
    closed = body(("natural", "driver-1"), 3, speech, frames).weights[:, INDEX["eyeBlinkLeft"]] > 0.999
    phrases = phrases_of(speech, frames, FPS)[:-1]
    ends = [p.first + round(p.voice_s * FPS) for p in phrases]
    assert np.mean([closed[e - 2 : e + 7].any() for e in ends]) > 0.45
    assert np.mean([closed[e - 40 : e - 31].any() for e in ends]) < 0.25


def test_eyes_leave_the_camera_as_a_long_sentence_begins_and_are_back_at_its_end() -> None:
    """A thinker looks away in the first second of most long sentences; in the last 0.3 s nobody does."""
    speech, frames = two_minutes()
    away = np.hypot(*free_gaze(body(("natural", "driver-4"), 3, speech, frames)).T) > 3.2
    phrases = [p for p in phrases_of(speech, frames, FPS)[1:-1] if p.voice_s > 3.2]
    assert np.mean([away[p.first : p.first + FPS].any() for p in phrases]) > 0.5
    ends = [p.first + round(p.voice_s * FPS) for p in phrases]
    assert not any(away[e - 6 : e].any() for e in ends)


@pytest.mark.parametrize("name", ["driver-1", "driver-4"])
def test_no_look_is_shorter_than_a_fixation(name: str) -> None:
    """Between two saccades within a phrase lie at least 0.16 s: eyes that flick look like a fault."""
    speech, frames = two_minutes()
    gaze = free_gaze(body(("natural", name), 3, speech, frames))
    saccades = 1 + np.flatnonzero(np.hypot(*np.diff(gaze, axis=0).T) > 0.6)
    starts = [p.first for p in phrases_of(speech, frames, FPS)]
    inside = [b - a for a, b in pairwise(saccades) if not any(a <= s <= b for s in starts)]
    assert len(inside) > 100
    assert min(inside) >= 4
    assert min(b - a for a, b in pairwise(saccades)) >= 2


def test_an_edited_sentence_leaves_the_motion_of_the_others() -> None:
    """Sentence 3 becomes another, longer one: 1, 2, 4 and 5 move as before, from their own first frame; 3 does not.

    In the pause before it the head makes ready for it, and the film's last second brings the head back.
    """
    before = spoken(script(5))
    after = spoken(script(5, edited={2: "something else"}))
    assert before.sentences[3].start_s != after.sentences[3].start_s
    tracks, phrases = [], []
    for speech in (before, after):
        frames = int(speech.duration_s * FPS)
        tracks.append(body(("lively", "driver-01"), 9, speech, frames))
        phrases.append(phrases_of(speech, frames, FPS))
    for k in range(5):
        a, b = (p[k] for p in phrases)
        length = min(a.length, b.length)
        parts = [
            np.concatenate([getattr(t, name)[p.first : p.first + length].reshape(length, -1) for name in CHANNELS], 1)
            for t, p in zip(tracks, (a, b), strict=True)
        ]
        whole = {1: round(a.voice_s * FPS), 4: length - FPS}.get(k, length)
        assert np.array_equal(parts[0][:whole], parts[1][:whole]) == (k != 2)


CHANNELS = ("pose_deg", "translation_cm", "weights", "gaze_deg", "breath_cm")


def test_an_edited_sentence_of_a_real_voice_leaves_sound_lips_and_motion_of_the_others() -> None:
    """One sentence of four edited: of the others every sample, the head and the eyes are the same, picture by picture.

    The lips are within 0.002, as times of sounds are sums of floats. Head and lips get ready
    for the next sentence: the pause before the edited one may differ.
    """
    texts = [
        f"Measure the board. {edited} Then cut slowly. That is all!" for edited in ("Twice?", "Where is the pencil?")
    ]
    speeches = [speak(TextScript(text, "heart")) for text in texts]
    tracks = [compose_talk(s, face(), "natural/driver-4", Config(), 5)[0] for s in speeches]
    phrases = [phrases_of(s, len(t), FPS) for s, t in zip(speeches, tracks, strict=True)]
    hop = speeches[0].sample_rate_hz // FPS
    for k in (0, 2, 3):
        length = phrases[0][k].length if k else round(phrases[0][k].voice_s * FPS)
        firsts = [p[k].first for p in phrases]
        for name in (*CHANNELS, "tongue"):
            a, b = (getattr(t, name)[f : f + length] for t, f in zip(tracks, firsts, strict=True))
            assert np.abs(a - b).max() < (2e-3 if name in ("weights", "tongue") else 1e-9), name
        a, b = (s.samples[f * hop : (f + length) * hop] for s, f in zip(speeches, firsts, strict=True))
        assert np.array_equal(a, b)
    assert phrases[0][2].first != phrases[1][2].first


def test_a_sentence_said_twice_moves_otherwise() -> None:
    """The second time is another occasion, and stays so wherever it stands."""
    speech = spoken(["again", "other", "again"])
    frames = int(speech.duration_s * FPS)
    one, _, two = phrases_of(speech, frames, FPS)
    track = body(("natural", "driver-1"), 1, speech, frames)
    assert (one.key, two.key) == ("again/1", "again/2")
    a, b = (track.pose_deg[p.first + 20 : p.first + 40] for p in (one, two))
    assert not np.allclose(a, b, atol=0.05)


def test_a_recording_has_phrases_by_its_pauses() -> None:
    """Without sentences a pause of 0.4 s parts phrases; their keys are those of the sound, wherever it stands."""
    speech, shorter = (spoken(texts, pause_s=0.5) for texts in (["a", "b", "c"], ["b", "c"]))
    found, fewer = (
        phrases_of(replace(s, sentences=(), words=()), int(s.duration_s * FPS), FPS) for s in (speech, shorter)
    )
    assert [3, 2] == [len(found), len(fewer)]
    for phrase, sentence in zip(found, speech.sentences, strict=True):
        assert phrase.first / FPS == pytest.approx(sentence.start_s, abs=0.05)
        assert phrase.voice_s == pytest.approx(sentence.end_s - sentence.start_s, abs=0.09)


def test_a_long_speech_is_measured_without_a_copy() -> None:
    """The loudness of ten minutes needs 2 MiB beside their samples, not hundreds; half a minute of hum is loud."""
    samples = np.zeros(600 * 24_000, np.float32)
    samples[: 30 * 24_000] = 0.3
    tracemalloc.start()
    level = level_of(samples, 24_000, 600 * FPS, FPS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**21
    assert [1.0, 0.0] == [level[: 30 * FPS].min(), level[30 * FPS :].max()]


def _asked(text: str) -> Phrase:
    speech = spoken([text])
    return phrases_of(speech, int(speech.duration_s * FPS), FPS)[0]


def test_questions_and_lists_are_heard() -> None:
    """A question mark makes a question; commas before "and" make a list, whose entries begin after them."""
    assert _asked('"Really?"').asks
    assert not _asked("Really.").asks
    words = tuple(
        Word(t, 0.2 + k * 0.4, 0.5 + k * 0.4) for k, t in enumerate("We need nails, a saw, glue, and time.".split())
    )
    speech = Speech(np.full(RATE * 4, 0.1, np.float32), RATE, words, (), sentences=(Sentence(0.1, 3.9, "k"),))
    assert [pytest.approx(w.start_s - 0.1) for w in (words[3], words[5], words[6])] == list(
        phrases_of(speech, 100, FPS)[0].items
    )


def face(yaw_deg: float = 0.0, box: tuple[float, float, float, float] = (0, 0, 0, 0)) -> Face:
    marks = np.zeros((478, 3), np.float32)
    marks[0, :2], marks[1:, :2] = box[:2], box[2:]
    return Face(marks, 1.0, np.zeros(52, np.float32), (yaw_deg, 0.0, 0.0))


def test_chosen_driver_is_reported_and_can_be_asked_for_again() -> None:
    """An open request gets a driver; the answer names it as the service does, and asked for by name it is the same."""
    speech = spoken(script(2))
    track, name = compose_talk(speech, face(), None, Config(), 4)
    assert name.startswith("bank://")
    assert name.endswith(("/original", "/flipped"))
    again, same = compose_talk(speech, face(), name, Config(), 4)
    assert name == same
    assert np.array_equal(track.pose_deg, again.pose_deg)


def test_a_turned_close_or_crowded_photo_gets_a_calm_driver() -> None:
    """A face 18° aside, at the picture's edge or among others is moved little unless a driver is named."""
    speech = spoken(script(1))

    def banks(face: Face, picture: Picture = Picture()) -> set[str]:  # noqa: B008
        return {compose_talk(speech, face, None, Config(), s, picture)[1].split("/")[2] for s in range(16)}

    assert {"subtle"} == banks(face(-18.0))
    assert "natural" in banks(face())
    near = face(0, (300, 20, 700, 620))
    assert {"subtle"} == banks(near, Picture(1000, 800))
    assert "natural" in banks(near)
    assert {"subtle"} == banks(face(0, (300, 300, 400, 400)), Picture(1000, 800, neighbours=3))


def test_a_keen_speech_gets_a_keener_driver() -> None:
    """Of 200 photos, a keen speech gets more lively drivers than an even one, a calm one none."""

    def lively(drive: float) -> float:
        return np.mean([find_driver(None, "talk", s, Occasion(drive=drive)).category == "lively" for s in range(200)])

    assert lively(0.1) == 0
    assert 0.1 < lively(0.5) < 0.4 < lively(0.9)


def test_a_small_face_gets_no_driver_whose_eyes_do_it() -> None:
    """Below 60 px between the eyes, no open choice is a thinker or has restless eyes; one that is named stays."""
    eyes = {"natural/driver-4", "lively/driver-05", "subtle/driver-03"}
    chosen = {
        px: {
            find_driver(f"bank://{bank}", "talk", s, Occasion(eyes_px=px)).url[7:-9]
            for bank in TALK_BANKS
            for s in range(80)
        }
        for px in (40.0, 90.0)
    }
    assert not chosen[40.0] & eyes
    assert chosen[90.0] - chosen[40.0] == eyes
    assert find_driver("bank://natural/driver-4", "talk", 1, Occasion(eyes_px=40.0)).name == "driver-4"


@pytest.mark.parametrize("yaw_deg", [-9.0, 9.0])
def test_an_open_orientation_turns_against_the_photo(yaw_deg: float) -> None:
    """Driver-6 favours the picture's right: on a photo turned right it is mirrored, unless it is asked for as it is."""
    found = find_driver("bank://natural/driver-6", "talk", 1, Occasion(yaw_deg))
    assert found.flipped == (yaw_deg > 0)
    assert not find_driver("bank://natural/driver-6/original", "talk", 1, Occasion(yaw_deg)).flipped
    assert not find_driver("bank://natural/driver-6", "talk", 1).flipped


def test_every_driver_of_the_banks_has_a_character() -> None:
    """18 rows, no two alike, and a line that says how each moves."""
    assert list(MANNERS) == [f"{bank}/{name}" for bank, name in EVERY]
    assert {b: tuple(rows) for b, rows in TALKERS.items()} == TALK_BANKS
    assert len({c for rows in TALKERS.values() for c in rows.values()}) == 18


def hum(hz: float, seconds: float, rate_hz: int) -> np.ndarray:
    """A voice-like sound: ten harmonics, each weaker than the one below."""
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return sum(0.2 / k * np.sin(2 * np.pi * k * hz * t) for k in range(1, 11) if k * hz < rate_hz / 2)


@pytest.mark.parametrize("rate_hz", [8_000, 24_000])
@pytest.mark.parametrize("hz", [85, 130, 220, 350])
def test_pitch_is_that_of_the_voice(hz: float, rate_hz: int) -> None:
    """Men's to children's voices within a quarter of a semitone or two samples; noise and silence have none."""
    sound = hum(hz, 0.3, rate_hz).astype(np.float32)
    assert pitch_hz(sound, rate_hz, 0.15) == pytest.approx(hz, rel=max(0.015, 1.1 * hz / rate_hz))
    noise = np.random.default_rng(1).normal(0, 0.1, 3000).astype(np.float32)
    assert pitch_hz(noise, rate_hz, 0.15) == 0
    assert pitch_hz(np.zeros(3000, np.float32), rate_hz, 0.1) == 0
    assert pitch_hz(sound[:50], rate_hz, 0.0) == 0


def test_a_word_can_be_stressed_by_pitch_alone() -> None:
    """Of six syllables equally loud and long, the one five semitones higher stands out most."""
    heights = [160.0, 160, 160, 214, 160, 160]
    sound = np.concatenate([np.r_[hum(hz, 0.22, RATE), np.zeros(RATE // 20)] for hz in heights]).astype(np.float32)
    vowels = tuple(Phoneme("ɑ", "aa", 0.27 * k, 0.27 * k + 0.22) for k in range(6))
    speech = Speech(sound, RATE, (), vowels, sentences=(Sentence(0.0, 1.6, "k"),))
    most = max(phrases_of(speech, 40, FPS)[0].stresses, key=lambda s: s.weight)
    assert 0.27 * 3 <= most.at_s <= 0.27 * 3 + 0.22
    assert most.weight == 1
