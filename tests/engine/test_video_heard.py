"""didgen.engine.video.heard: a sound in pieces is the sound, and costs no copy of the whole."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from didgen.engine.video.heard import SOUND_HZ, Heard


def wavering(seconds: float, rate_hz: int) -> np.ndarray:
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    return np.asarray(0.7 * np.sin(2 * np.pi * 300 * t) * np.cos(2 * np.pi * 0.7 * t), np.float32)


@pytest.mark.parametrize("rate_hz", [16_000, 24_000, 44_100, SOUND_HZ])
def test_pieces_are_the_whole(rate_hz: int) -> None:
    """Taken picture by picture, in uneven pieces or at once: the same samples, in time, and silence behind them."""
    sound = wavering(2.3, rate_hz)
    whole = Heard(sound, rate_hz).take(3 * SOUND_HZ)
    for sizes in ([1920] * 75, [1, 50_000, 7, 60_000, 0, 33_992]):
        heard = Heard(sound, rate_hz)
        assert np.array_equal(whole, np.concatenate([heard.take(size) for size in sizes]))
    assert np.abs(whole[: round(2.29 * SOUND_HZ)] - wavering(2.29, SOUND_HZ)).max() < 0.02
    assert not whole[round(2.3 * SOUND_HZ) + 1 :].any()


def test_what_is_too_loud_is_clipped() -> None:
    """Nothing leaves -1..1, where the coder would fold it over."""
    assert np.abs(Heard(3 * wavering(0.5, 24_000), 24_000).take(SOUND_HZ)).max() <= 1


def test_a_long_sound_costs_no_more_than_a_short_one() -> None:
    """Ten minutes picture by picture need less than a MiB beside the samples themselves."""
    sound = np.zeros(600 * 24_000, np.float32)
    tracemalloc.start()
    heard = Heard(sound, 24_000)
    for _ in range(600):
        heard.take(SOUND_HZ)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
