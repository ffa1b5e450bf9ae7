"""Lengths before anything is rendered."""

from __future__ import annotations

import wave
from pathlib import Path

import pytest

from didgen.catalog.local_voices import VOICES, language
from didgen.catalog.rates import CHARACTERS_PER_S, WORDS_PER_S
from didgen.plan.estimate import Length, animation_length, recording_length, text_length, unseen_recording_length


def both(length: Length) -> tuple[float, float]:
    return length.seconds, length.most_s


def text_seconds(spoken: str, voice: str, locale: str, **how: float) -> float:
    return text_length(spoken, voice, locale, **how).seconds


def recording_seconds(path: Path, **how: float) -> float:
    return recording_length(path, **how).seconds


def test_words_take_time() -> None:
    """28 words of heart, who speaks 2.8 a second, take ten seconds; half the pace twice that; silence is added."""
    words = "word " * 28
    assert 10.0 == text_seconds(words, "heart", "en")
    assert 20.0 == text_seconds(words, "heart", "en", rate=0.5)
    assert 13.0 == text_seconds(words, "heart", "en", pad_s=3)


def test_every_local_voice_has_a_rate() -> None:
    """Estimates know the pace of each voice that is no draft and whose language has words; and of no other."""
    assert set(WORDS_PER_S) <= set(VOICES)
    unknown = [v for v in VOICES.values() if v.id not in WORDS_PER_S and not v.draft]
    assert {language(v.locale) for v in unknown} <= set(CHARACTERS_PER_S)
    assert all(1.5 < pace < 4 for pace in WORDS_PER_S.values())


def test_the_voice_and_the_language_count() -> None:
    """A slower voice takes longer; languages without spaces are counted by characters."""
    assert text_seconds("word " * 28, "am_michael", "en") > text_seconds("word " * 28, "am_puck", "en")
    assert 10.0 == text_seconds("世" * 45, "", "zh-CN")


def test_pauses_of_ssml_count_and_tags_do_not() -> None:
    """A break is as long as it says."""
    assert 6.5 == text_seconds('<break time="5000ms"/><break time="1.5s"/>', "heart", "en") - 0.0
    assert text_seconds("one two three", "heart", "en") == text_seconds("one <b>two</b> three", "heart", "en")


def test_a_wav_is_known_exactly(tmp_path: Path) -> None:
    """Stereo, 24 kHz, four seconds."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((2, 2, 24_000, 0, "NONE", ""))
        sound.writeframes(bytes(4 * 24_000 * 4))
    assert pytest.approx(4.0, abs=0.01) == recording_seconds(tmp_path / "a.wav")


def test_a_flac_is_known_exactly() -> None:
    """The recording of our own example: its header says how long it is."""
    path = Path(__file__).resolve().parents[2] / "projects" / "hello" / "audio" / "memo.flac"
    av = pytest.importorskip("av")
    with av.open(str(path)) as container:
        assert pytest.approx(container.duration / 1e6, abs=0.01) == recording_seconds(path)


def test_other_recordings_are_guessed(tmp_path: Path) -> None:
    """From the size, as an MP3 of 128 kbit/s; never less than a second."""
    (tmp_path / "a.mp3").write_bytes(b"ID3" + bytes(159_997))
    (tmp_path / "b.mp3").write_bytes(b"ID3")
    assert 12.0 == recording_seconds(tmp_path / "a.mp3", pad_s=2)
    assert 1.0 == recording_seconds(tmp_path / "b.mp3")


def test_what_a_text_hardly_ever_exceeds() -> None:
    """Speech may be two fifths slower, numbers are read digit by digit; silence asked for is as long as it says."""
    assert 14.0 == text_length("word " * 28, "heart", "en").most_s
    assert 25.0 == text_length("word " * 28 + '<break time="6s"/>', "heart", "en", pad_s=5).most_s
    assert 1.25 == pytest.approx(text_length("a <break/> " * 20, "heart", "en").most_s / 20 - 1.4 / 2.8, abs=0.01)
    long = text_length("extraordinarily " * 20, "heart", "en")
    assert long.most_s > 20 > 1.4 * long.seconds
    number = text_length("1,234,567.89 " * 10, "heart", "en")
    assert 1.4 * 0.45 * 90 < number.most_s
    slow = text_length('<prosody rate="x-slow">' + "word " * 28 + "</prosody>", "heart", "en")
    assert slow.most_s > 2 * slow.seconds


def test_a_known_length_is_no_range(tmp_path: Path) -> None:
    """A WAV's bound is its length; a guess from the size goes up to 8 kbit/s, and no further than ten minutes."""
    with wave.open(str(tmp_path / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(bytes(2 * 16_000 * 20))
    assert (22.0, 22.0) == both(recording_length(tmp_path / "a.wav", pad_s=2))
    (tmp_path / "a.ogg").write_bytes(b"OggS" + bytes(159_996))
    assert (12.0, 162.0) == both(recording_length(tmp_path / "a.ogg", pad_s=2))
    (tmp_path / "a.ogg").write_bytes(b"OggS" + bytes(20 << 20))
    assert (600.0, 600.0) == both(recording_length(tmp_path / "a.ogg"))
    assert (602.0, 602.0) == both(unseen_recording_length(pad_s=2))


def test_animations_are_as_long_as_their_drivers() -> None:
    """The bank's motions fit into one quarter minute, songs and somebody's own videos need not."""
    assert [15, 15, 60, 300] == [
        animation_length(driver).most_s
        for driver in (None, "bank://nostalgia", "bank://classics/driver-rigoletto", "https://a.example/moves.mp4")
    ]


def test_the_engine_s_own_animations_have_their_true_length() -> None:
    """Of a driver that is named; of an open choice the mean and the longest. A pad comes behind it."""
    assert (7.4, 7.4) == both(animation_length("bank://nostalgia/driver-02", local=True))
    assert (9.4, 9.4) == both(animation_length("bank://nostalgia/driver-02/flipped", local=True, pad_s=2.0))
    assert (8.53, 9.9) == both(animation_length("bank://nostalgia", local=True))
    assert (9.7, 9.7) == both(animation_length("bank://classics/driver-rigoletto", local=True))
    assert 9.9 == animation_length(None, local=True).most_s
    assert (10.0, 15.0) == both(animation_length("bank://nostalgia/driver-02"))
    assert (3.5, 3.5) == both(animation_length("file:///nod.mp4", 3.5, local=True, pad_s=2.0))
