"""One song: its score, and its sound with the times of everything sung, as speech has them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from didgen.catalog.drivers import SINGING, split_driver
from didgen.engine.song.band import accompany
from didgen.engine.song.score import Score, read_score
from didgen.engine.song.tunes import Tune, tune_of
from didgen.engine.song.voice import RATE_HZ, sing
from didgen.engine.speech.loudness import TARGET_LUFS, integrated_lufs, levelled
from didgen.engine.speech.speech import Speech

BAND_LEVEL = 0.62  # rms of the band, of the voice's
ROOM_S, ROOM_LEVEL = 0.9, 0.16  # of the reverberation


@dataclass(frozen=True, slots=True)
class Song:
    """voice: (N,) float32 at RATE_HZ, the singer alone, as loud as in `mixed`."""

    tune: Tune
    score: Score
    voice: NDArray[np.float32]

    @property
    def speech(self) -> Speech:
        """What is sung, for the mouth: the singer alone, with the times of every sound."""
        return Speech(self.voice, RATE_HZ, self.score.words, self.score.phonemes)

    def mixed(self) -> NDArray[np.float32]:
        """(N,) singer, band and room, at the loudness of speech (TARGET_LUFS)."""
        band = accompany(self.score, self.tune)
        loud = float(np.sqrt(np.mean(self.voice.astype(np.float64) ** 2)))
        both = self.voice + BAND_LEVEL * loud / 0.1 * band
        whole = _in_a_room(both).astype(np.float32)
        return levelled(whole, RATE_HZ, TARGET_LUFS - integrated_lufs(whole, RATE_HZ))


@lru_cache(maxsize=1)  # one render asks for it three times
def song_of(driver: str) -> Song:
    """The song of a driver of `classics` ("driver-amazing"). Raises KeyError for a driver that does not sing."""
    tune = tune_of(driver)
    score = read_score(tune)
    voice = sing(score, tune.register)
    return Song(tune, score, (0.1 * voice / (np.sqrt(np.mean(voice**2)) + 1e-9)).astype(np.float32))


def sung_by(driver: str) -> Song | None:
    """What a driver, by its URL, sings; None for the many that do not."""
    bank, name, _ = split_driver(driver) if driver.startswith("bank://") else ("", "", "")
    return song_of(name) if bank == SINGING else None


def _in_a_room(dry: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same with reverberation: noise that dies away, duller as it does (Moorer 1979)."""
    length = round(ROOM_S * RATE_HZ)
    at = np.arange(length) / RATE_HZ
    tail = np.random.Generator(np.random.PCG64(7)).normal(0, 1, length) * np.exp(-6.9 * at / ROOM_S)
    tail[: round(0.012 * RATE_HZ)] = 0
    tail = np.convolve(tail, np.hanning(9) / np.hanning(9).sum(), mode="same")
    tail *= ROOM_LEVEL / np.sqrt((tail**2).sum())
    size = 1 << (len(dry) + length).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)[: len(dry)]
    return np.asarray(dry + wet * np.sqrt(np.mean(dry**2)) / (np.sqrt(np.mean(wet**2)) + 1e-9) * ROOM_LEVEL, np.float64)
