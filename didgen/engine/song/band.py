"""What plays along: a bass, plucked chords, and a drum where the song wants one. Pure: a score has one sound."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from didgen.engine.song.score import Chord, Score
from didgen.engine.song.tunes import Band, Tune
from didgen.engine.song.voice import RATE_HZ

Samples = NDArray[np.float64]
BASS, MIDDLE = 36, 55  # midi: the lowest bass note, the lowest note of a chord
PATTERNS: dict[Band, tuple[tuple[float, str], ...]] = {
    "waltz": ((0, "bass"), (1, "chord"), (2, "chord")),
    "ballad": ((0, "bass"), (0, "low"), (0.5, "mid"), (1, "high"), (1.5, "mid"), (2, "high"), (2.5, "mid")),
    "march": ((0, "bass"), (1, "chord"), (2, "fifth"), (3, "chord")),
    "swing": ((0, "bass"), (1, "chord"), (1.67, "high"), (2, "fifth"), (3, "chord"), (3.67, "high")),
    "rock": ((0, "bass"), (0.5, "bass"), (1, "chord"), (1.5, "bass"), (2, "fifth"), (2.5, "bass"), (3, "chord")),
    "latin": ((0, "bass"), (0.5, "chord"), (1.5, "chord"), (2, "fifth"), (2.5, "chord")),
}
"""Who plays on which beat of a bar; a bar that is shorter leaves out what lies behind it."""
_DRUMS: dict[Band, tuple[tuple[float, str], ...]] = {
    "rock": ((0, "kick"), (1, "snare"), (2, "kick"), (3, "snare"), *((k / 2, "hat") for k in range(8))),
    "swing": ((0, "hat"), (1, "snare"), (1.67, "hat"), (2, "hat"), (3, "snare"), (3.67, "hat")),
    "latin": ((0, "kick"), (0.5, "hat"), (1, "hat"), (1.5, "snare"), (2, "kick"), (2.5, "hat")),
    "march": ((0, "kick"), (1, "hat"), (2, "kick"), (3, "hat")),
}


def accompany(score: Score, tune: Tune) -> Samples:
    """(N,) samples at RATE_HZ, as long as the score; rms about 0.1."""
    out = np.zeros(round(score.duration_s * RATE_HZ) + RATE_HZ)
    for at_s, who in _played(score, tune, PATTERNS[tune.band]):
        chord = next((c for c in score.chords if at_s < c.end_s - 1e-6), score.chords[-1])
        for midi, loud in _voices(who, chord):
            _add(out, at_s, loud * pluck(midi))
    end_s = score.notes[-1].start_s
    for at_s, who in _played(score, tune, _DRUMS.get(tune.band, ())):
        if at_s < end_s - 1e-6:
            _add(out, at_s, _DRUM[who])
    out = out[: round(score.duration_s * RATE_HZ)]
    fade = np.clip((len(out) - np.arange(len(out))) / (0.35 * RATE_HZ), 0, 1)
    return np.asarray(0.1 * out * fade / (np.sqrt(np.mean(out**2)) + 1e-9), np.float64)


def _played(score: Score, tune: Tune, pattern: tuple[tuple[float, str], ...]) -> Iterator[tuple[float, str]]:
    """Times of a bar's pattern over the whole song; the last note gets one chord that rings out. Bars are counted from
    the first full one: a melody that begins before it does so on the last beats of the bar of the intro."""
    last_s = score.notes[-1].start_s
    upbeat = tune.upbeat * score.beat_s
    bar_s = tune.bar * score.beat_s
    start_s = score.first_s + upbeat
    start_s -= bar_s * np.ceil(start_s / bar_s - 1e-9)
    while start_s < last_s - 1e-6:
        for beat, who in pattern:
            at_s = start_s + beat * score.beat_s
            if beat < tune.bar and 0 <= at_s < last_s - 1e-6:
                yield float(at_s), who
        start_s += bar_s
    if any(who in {"chord", "low"} for _, who in pattern):
        yield last_s, "bass"
        yield last_s, "chord"


def _voices(who: str, chord: Chord) -> list[tuple[int, float]]:
    """(midi, loudness) of what somebody plays of a chord."""
    root = BASS + (chord.root - BASS) % 12
    upper = sorted(MIDDLE + (chord.root + step - MIDDLE) % 12 for step in (0, *chord.others))
    match who:
        case "bass":
            return [(root, 1.0)]
        case "fifth":
            return [(root + 7 if root + 7 < BASS + 14 else root - 5, 0.9)]
        case "low":
            return [(upper[0], 0.55)]
        case "mid":
            return [(upper[1], 0.5)]
        case "high":
            return [(upper[-1], 0.5)]
        case _:
            return [(midi, 0.4) for midi in upper]


def pluck(midi: int, seconds: float = 1.6) -> Samples:
    """A plucked string: partials that die away the sooner the higher they are."""
    hz = 440 * 2 ** ((midi - 69) / 12)
    at = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    out = np.zeros(len(at))
    for k in range(1, 11):
        if k * hz > 8000:
            break
        out += np.sin(2 * np.pi * k * hz * at) * np.sin(k * np.pi * 0.21) / k * np.exp(-at * (2.2 + 0.9 * k))
    return out * np.clip(at / 0.004, 0, 1) * np.clip((seconds - at) / 0.1, 0, 1)


def _add(out: Samples, at_s: float, sound: Samples) -> None:
    first = round(at_s * RATE_HZ)
    end = min(first + len(sound), len(out))
    out[first:end] += sound[: end - first]


def _drum(seconds: float, low_hz: float, high_hz: float, loud: float, fall: float) -> Samples:
    length = round(seconds * RATE_HZ)
    at = np.arange(length) / RATE_HZ
    spectrum = np.fft.rfft(np.random.Generator(np.random.PCG64(int(low_hz))).normal(0, 1, length))
    hz = np.fft.rfftfreq(length, 1 / RATE_HZ)
    noise = np.fft.irfft(np.where((hz > low_hz) & (hz < high_hz), spectrum, 0), length)
    return np.asarray(loud * noise / (noise.std() + 1e-9) * np.exp(-at * fall), np.float64)


def _kick() -> Samples:
    at = np.arange(round(0.22 * RATE_HZ)) / RATE_HZ
    hit = np.sin(2 * np.pi * (48 * at + 60 / 28 * (1 - np.exp(-28 * at))))
    return np.asarray(0.9 * hit * np.exp(-at * 16), np.float64)


_DRUM = {"kick": _kick(), "snare": _drum(0.16, 900, 6500, 0.14, 26.0), "hat": _drum(0.06, 6000, 11500, 0.06, 60.0)}
