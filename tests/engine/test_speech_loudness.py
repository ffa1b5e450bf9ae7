"""didgen.engine.speech.loudness: levels against the standard's own test tones."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.speech.loudness import (
    PEAK_DB,
    integrated_lufs,
    k_response,
    levelled,
    limited,
    true_peaks,
    without_rumble,
)


def tone(hz: float, seconds: float, rate: int, amplitude: float = 1.0) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


@pytest.mark.parametrize("rate", [24_000, 44_100, 48_000])
def test_a_full_tone_of_997_hz_reads_minus_three(rate: int) -> None:
    """BS.1770: 0 dBFS at 997 Hz in one channel is -3.01 LUFS, at every sample rate."""
    assert pytest.approx(-3.01, abs=0.03) == integrated_lufs(tone(997, 5, rate), rate)


def test_the_k_filter_equals_the_standard_s_coefficients_at_48_khz() -> None:
    """The response matches BS.1770's two printed biquads over the whole band."""
    f = np.linspace(20, 20_000, 400) / 48_000
    z = np.exp(-2j * np.pi * f)
    shelf = (1.53512485958697 - 2.69169618940638 * z + 1.19839281085285 * z**2) / (
        1 - 1.69065929318241 * z + 0.73248077421585 * z**2
    )
    high = (1 - 2 * z + z**2) / (1 - 1.99004745483398 * z + 0.99007225036621 * z**2)
    assert np.allclose(np.abs(shelf * high), np.abs(k_response(f, 48_000)), rtol=1e-6)


def test_silence_between_words_does_not_count() -> None:
    """The gates keep pauses out: ten seconds of silence change nothing worth hearing."""
    speech = tone(440, 5, 24_000, 0.2)
    with_pause = np.concatenate([speech, np.zeros(240_000, np.float32)])
    assert pytest.approx(integrated_lufs(speech, 24_000), abs=0.3) == integrated_lufs(with_pause, 24_000)


def test_long_sound_is_measured_in_chunks_without_seams() -> None:
    """Thirty seconds (two chunks) read as one."""
    assert pytest.approx(-13.01, abs=0.03) == integrated_lufs(tone(997, 30, 24_000, 10**-0.5), 24_000)


def test_a_gain_is_what_is_asked_for() -> None:
    """6 dB more doubles every sample of a sound that stays under the ceiling."""
    quiet = tone(440, 3, 24_000, 0.2)
    assert np.allclose(quiet * 10**0.3, levelled(quiet, 24_000, 6.0))


def test_a_gain_never_breaks_the_ceiling() -> None:
    """Sharp pulses over a soft tone are held down, the tone between them keeps its gain."""
    x = tone(200, 3, 24_000, 0.1)
    x[::2400] = 0.9
    out = levelled(x, 24_000, 6.0)
    assert true_peaks(out).max() <= 10 ** (PEAK_DB / 20) * 1.01
    assert np.allclose(x[1000:1400] * 10**0.3, out[1000:1400])


def test_silence_stays_silence() -> None:
    """Nothing is amplified out of nothing, and no division by zero happens."""
    assert not levelled(np.zeros(24_000, np.float32), 24_000, 9.0).any()
    assert 0 == len(levelled(np.zeros(0, np.float32), 24_000, 9.0))


def test_a_peak_between_samples_is_seen() -> None:
    """A tone at a quarter of the rate, 45° off, samples at 0.707 but peaks at 1."""
    x = np.sin(2 * np.pi * 0.25 * np.arange(4000) + np.pi / 4).astype(np.float32)
    assert pytest.approx(1.0, abs=0.02) == true_peaks(x)[100:-100].max()
    assert np.abs(x).max() < 0.71


def test_the_limiter_holds_the_ceiling_and_leaves_the_rest() -> None:
    """One loud burst comes under the ceiling; sound 20 ms away keeps its exact samples."""
    x = tone(300, 1, 24_000, 0.3)
    x[12_000:12_100] *= 4
    out = limited(x, 24_000)
    ceiling = 10 ** (PEAK_DB / 20)
    assert true_peaks(out).max() <= ceiling * 1.01
    assert np.array_equal(x[:11_500], out[:11_500])
    assert np.array_equal(x[12_600:], out[12_600:])


def test_rumble_goes_and_speech_stays_in_its_place() -> None:
    """20 Hz falls by 35 dB and more, 120 Hz and up lose nothing worth hearing and move by no sample."""
    low, voice = tone(20, 2, 24_000, 0.3), tone(120, 2, 24_000, 0.3)
    assert np.abs(without_rumble(low, 24_000)[6000:-6000]).max() < 0.3 * 10 ** (-35 / 20)
    assert np.allclose(voice[6000:-6000], without_rumble(voice, 24_000)[6000:-6000], atol=0.003)
    assert len(low) == len(without_rumble(low, 24_000))


def test_sound_under_the_ceiling_is_untouched() -> None:
    """No limiter where none is needed."""
    x = tone(300, 0.5, 24_000, 0.3)
    assert x is limited(x, 24_000)
