"""didgen.catalog.delivery: pace, pitch, loudness and manner, as services write them."""

from __future__ import annotations

import pytest

from didgen.catalog.delivery import Delivery, delivery_of, gain_db, pitch_semitones, speaking_rate
from didgen.errors import UsageError


@pytest.mark.parametrize(
    ("rate", "pace"),
    [
        (None, 1.0),
        ("0.9", 0.9),
        ("+10%", 1.1),
        ("-25%", 0.75),
        ("slow", 0.75),
        ("medium", 1.0),
        ("9", 2.0),
        ("0.1", 0.5),
    ],
)
def test_speaking_rates(rate: str | None, pace: float) -> None:
    """Numbers, percentages and words, held between half and double."""
    assert pytest.approx(pace) == speaking_rate(rate)


@pytest.mark.parametrize("rate", ["quick", "%", "1,5", "--1", "nan", "0", "-100%"])
def test_rates_that_are_none(rate: str) -> None:
    """Anything else is an error that shows what is right."""
    with pytest.raises(UsageError, match="or a word: x-slow, slow"):
        speaking_rate(rate)


@pytest.mark.parametrize(
    ("pitch", "semitones"),
    [(None, 0.0), ("+2st", 2.0), ("-1.5st", -1.5), ("high", 2.0), ("+100%", 8.0), ("-5%", -0.888), ("+10Hz", 0.9895)],
)
def test_pitches(pitch: str | None, semitones: float) -> None:
    """Semitones, percentages, hertz and words, held where a voice stays itself."""
    assert pytest.approx(semitones, abs=1e-3) == pitch_semitones(pitch)


@pytest.mark.parametrize(
    ("volume", "decibels"),
    [(None, 0.0), ("+6dB", 6.0), ("loud", 3.0), ("50", -6.0206), ("-20%", -1.9382), ("0", -60.0)],
)
def test_volumes(volume: str | None, decibels: float) -> None:
    """Decibels, hundredths and words."""
    assert pytest.approx(decibels, abs=1e-3) == gain_db(volume)


def test_a_manner_is_pace_and_pitch() -> None:
    """A style the table has, with rate and pitch on top; one it has not is named with the nearest."""
    assert (Delivery(0.954, 2.5), "") == delivery_of({"style": "Cheerful", "rate": "0.9", "pitch": "+1st"})
    delivery, note = delivery_of({"style": "cheerfull", "use_speaker_boost": True})
    assert Delivery() == delivery
    assert "no style 'cheerfull' (did you mean 'cheerful'?); the local voices have no use_speaker_boost" in note
