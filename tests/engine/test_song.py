"""The songs of `classics`: in tune, in time, and sung by the mouth that is seen."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from didgen.catalog.drivers import ANIMATION_BANKS, SINGING
from didgen.engine.face.face import Face
from didgen.engine.motion.compose import compose_animation
from didgen.engine.motion.track import INDEX
from didgen.engine.render import render
from didgen.engine.shot import BANK_FPS, Config, Shot
from didgen.engine.song.band import accompany
from didgen.engine.song.score import CONSONANTS, read_score
from didgen.engine.song.song import song_of
from didgen.engine.song.tunes import TUNES
from didgen.engine.song.voice import RATE_HZ
from didgen.engine.speech.listen import decoded
from didgen.engine.speech.loudness import TARGET_LUFS, integrated_lufs
from didgen.engine.speech.speech import VOWELS
from tests.engine.test_motion_track import smiling
from tests.quality.run import Shelf

SONGS = list(TUNES)
SOUNDS = {symbol for symbol, _, _ in CONSONANTS.values()}
PHOTO = Path(__file__).parents[2] / "didgen" / "cli" / "template"


def hz_of(midi: int) -> float:
    return float(440 * 2 ** ((midi - 69) / 12))


def sung_hz(samples: np.ndarray, near_hz: float) -> float:
    """Mean pitch of a stretch of sound, which may swing: in windows of 50 ms, where the first four partials of about
    `near_hz` have most power together."""
    size, hop, padded = round(0.05 * RATE_HZ), round(0.01 * RATE_HZ), 1 << 16
    hz, tried = np.fft.rfftfreq(padded, 1 / RATE_HZ), near_hz * 2 ** (np.linspace(-150, 150, 301) / 1200)
    found = []
    for start in range(0, len(samples) - size, hop):
        power = np.abs(np.fft.rfft(samples[start : start + size] * np.hanning(size), padded))
        found.append(tried[int(np.argmax(sum(np.interp(k * tried, hz, power) for k in range(1, 5))))])
    return float(np.exp(np.mean(np.log(found))))


def test_every_driver_of_the_bank_has_its_song() -> None:
    """Fifteen, five to ten seconds each."""
    assert {f"driver-{name}" for name in TUNES} == set(ANIMATION_BANKS[SINGING])
    for tune in TUNES.values():
        assert 5 <= read_score(tune).duration_s <= 10


@pytest.mark.parametrize("name", SONGS)
def test_sounds_follow_one_another(name: str) -> None:
    """Phonemes are in order, none is empty or overlaps, every syllable has its vowel on its note."""
    score = read_score(TUNES[name])
    for before, after in pairwise(score.phonemes):
        assert before.end_s <= after.start_s + 1e-9
    assert all(p.end_s - p.start_s > 0.005 for p in score.phonemes)
    vowels = np.array([p.start_s for p in score.phonemes if p.viseme in VOWELS and p.symbol not in SOUNDS])
    for note in score.notes:
        if note.first:
            assert np.abs(vowels - note.start_s).min() < 1e-6


@pytest.mark.parametrize("name", SONGS)
def test_it_is_in_tune(name: str) -> None:
    """Every held note within 15 cents of its pitch, and most of the melody within its chords."""
    song = song_of(f"driver-{name}")
    heard = 0
    for note in song.score.notes:
        vowel = next((p for p in song.score.phonemes if p.start_s <= note.start_s + 0.05 < p.end_s), None)
        end_s = min(note.end_s, vowel.end_s if vowel else note.end_s) - 0.05
        if end_s - note.start_s < 0.3:
            continue
        part = song.voice[round((note.start_s + 0.06) * RATE_HZ) : round(end_s * RATE_HZ)].astype(np.float64)
        cents = 1200 * np.log2(sung_hz(part, hz_of(note.midi)) / hz_of(note.midi))
        assert abs(cents) < 15, (note, cents)
        heard += 1
    assert heard >= 1
    inside = total = 0.0
    for note in song.score.notes:
        chord = next(c for c in song.score.chords if note.start_s + 0.02 < c.end_s)
        total += note.end_s - note.start_s
        inside += (note.end_s - note.start_s) * ((note.midi - chord.root) % 12 in (0, *chord.others))
    assert inside / total > 0.7


@pytest.mark.parametrize("name", SONGS)
def test_the_band_keeps_time(name: str) -> None:
    """Plucks begin on beats or their halves and thirds: the sound's own onsets, not the list they were made from."""
    tune = TUNES[name]
    score = read_score(tune)
    sharp = np.abs(np.diff(accompany(score, tune), 3))  # what begins is rich in treble
    hop = RATE_HZ // 200
    energy = sharp[: len(sharp) // hop * hop].reshape(-1, hop).mean(1)
    rise = np.diff(energy / np.percentile(energy, 99))
    rises = np.flatnonzero((rise[1:-1] > 0.3) & (rise[1:-1] >= rise[:-2]) & (rise[1:-1] >= rise[2:])) + 2
    assert len(rises) > 5
    beats = (rises / 200 - score.first_s) / score.beat_s
    off_s = np.min([np.abs(beats * n - np.round(beats * n)) / n for n in (2, 3)], axis=0) * score.beat_s
    assert np.median(off_s) < 0.015


@pytest.mark.parametrize("name", SONGS)
def test_the_mouth_is_in_time_within_a_picture(name: str) -> None:
    """Lips are shut on every m, p and b, within a picture; on held vowels the mouth is open."""
    score = song_of(f"driver-{name}").score
    track, driver = compose_animation(smiling(0), f"bank://classics/driver-{name}", Config(), 1)
    assert driver == f"bank://classics/driver-{name}/original"
    assert len(track) == int(np.ceil(score.duration_s * BANK_FPS - 1e-6))
    seal, jaw = track.weights[:, INDEX["seal"]], track.weights[:, INDEX["jawOpen"]]
    times = (np.arange(len(track)) + 0.5) / BANK_FPS
    for p in score.phonemes:
        near = np.abs(times - (p.start_s + p.end_s) / 2) <= 1.01 / BANK_FPS
        if p.viseme == "PP":
            assert seal[near].max() > 0.97
            assert jaw[near].min() < 0.05
        if p.symbol in ("a", "o") and p.end_s - p.start_s > 0.35:
            assert jaw[near].max() > 0.25
    assert np.abs(track.pose_deg[[0, -1]]).max() < 0.05
    assert np.abs(np.diff(track.pose_deg, axis=0)).max() < 3
    blinks = track.weights[:, INDEX["eyeBlinkLeft"]] > 0.99
    assert 1 <= int((np.diff(blinks.astype(int)) == 1).sum()) <= 6


def test_a_head_rises_with_the_tune() -> None:
    """The chin is higher on the highest notes than on the lowest."""
    track, _ = compose_animation(smiling(0), "bank://classics/driver-queen-of-the-night", Config(), 1)
    score = song_of("driver-queen-of-the-night").score
    pitch = {note.midi: track.pose_deg[round((note.start_s + note.end_s) / 2 * BANK_FPS), 1] for note in score.notes}
    high = [deg for midi, deg in pitch.items() if midi >= 81]
    low = [deg for midi, deg in pitch.items() if midi <= 76]
    assert np.mean(high) < np.mean(low) - 1


def test_the_sound_is_as_loud_as_speech_and_always_the_same() -> None:
    """-16 LUFS, no sample beyond full scale, twice the same."""
    song = song_of("driver-la-cucaracha")
    first = song.mixed()
    assert integrated_lufs(first, RATE_HZ) == pytest.approx(TARGET_LUFS, abs=1)
    assert np.abs(first).max() < 1
    song_of.cache_clear()
    assert np.array_equal(first, song_of("driver-la-cucaracha").mixed())


@pytest.mark.render
@pytest.mark.parametrize("mute", [False, True])
def test_a_photo_sings(mute: bool, tmp_path: Path) -> None:
    """A real render: with `mute: false` the file holds the song, in step with the pictures; muted it holds none."""
    photo = next(PHOTO.rglob("*.jpg"))
    shot = Shot(photo, None, "bank://classics/driver-rocking-around", Config(mute=mute), seed=1)
    rendered = render(shot, tmp_path / "out.mp4", lambda *_: None, Shelf())
    song = song_of("driver-rocking-around")
    assert rendered.facts["driver_url"] == "bank://classics/driver-rocking-around/original"
    assert rendered.facts["frames"] == int(np.ceil(song.score.duration_s * BANK_FPS - 1e-6))
    assert not rendered.facts["words"]
    assert len(rendered.facts["phonemes"]) == len(song.score.phonemes)
    if mute:
        from didgen.engine.video.probe import probe

        assert not probe(rendered.video).audio_rate
        return
    heard, rate_hz = decoded(rendered.video, 60)
    wanted = np.interp(np.arange(len(heard)) / rate_hz, np.arange(len(song.mixed())) / RATE_HZ, song.mixed())
    size = 1 << 20
    both = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    lag = int(np.argmax(np.concatenate([both[-4000:], both[:4000]]))) - 4000
    assert abs(lag) / rate_hz < 0.002
    assert np.corrcoef(heard, wanted)[0, 1] > 0.98


def test_a_photo_that_smiles_sings_with_less_of_it() -> None:
    """As a talk does."""

    def smile(face: Face) -> float:
        track, _ = compose_animation(face, "bank://classics/driver-amazing", Config(), 1)
        return float(np.median(track.weights[:, INDEX["mouthSmileLeft"]]))

    assert smile(smiling(0.8)) < smile(smiling(0.0)) - 0.15
