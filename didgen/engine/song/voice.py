"""A singing voice: partials of the sung pitch, weighted by the vowel's formants, and noise for the consonants.

Source and filter (Fant 1960), made additively: the partials of a glottal pulse fall by 12 dB an octave and gain 6 at
the lips; five resonances in cascade shape them. Pure; the same score gives the same samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from didgen.engine.song.score import VOWELS, Note, Score
from didgen.engine.song.tunes import Register
from didgen.engine.speech.speech import Phoneme

RATE_HZ = 24_000
CONTROL_HZ = 400  # pitch, loudness and formants are known so often and joined by lines
VIBRATO_HZ, VIBRATO_CENTS, VIBRATO_FROM_S = 5.6, 38.0, 0.22
GLIDE_S = 0.055  # from one pitch to the next: half before the beat, half after
ATTACK_S, RELEASE_S = 0.05, 0.07
TOP_HZ = 9000.0  # no partials above

Curve = NDArray[np.float64]

# First three formants, Hz: means of men and of women (Peterson and Barney 1952), back and open vowels as they are sung.
_MEN: Mapping[str, tuple[int, int, int]] = {
    "a": (700, 1150, 2500), "e": (480, 1850, 2550), "i": (300, 2200, 2900), "o": (500, 880, 2450),
    "u": (330, 800, 2300), "A": (600, 1200, 2450),
}  # fmt: skip
_WOMEN: Mapping[str, tuple[int, int, int]] = {
    "a": (850, 1250, 2850), "e": (560, 2150, 2950), "i": (360, 2600, 3250), "o": (560, 950, 2750),
    "u": (390, 880, 2650), "A": (740, 1350, 2800),
}  # fmt: skip
_SINGERS = {"men": (2850.0, 3250.0), "women": (3350.0, 4100.0)}
"""Fourth and fifth formant; a man's lie close together, which makes a voice carry (Sundberg 1974)."""
_WIDTHS_HZ = np.array([80.0, 90.0, 120.0, 140.0, 180.0])
_BY_SYMBOL = {symbol: letter for letter, (symbol, _) in VOWELS.items()}


@dataclass(frozen=True, slots=True)
class _Noise:
    """A consonant's noise: between which frequencies, how loud, and the share of its time that it sounds for."""

    low_hz: float
    high_hz: float
    level: float
    share: float = 1.0


_NOISES: Mapping[str, _Noise] = {
    "s": _Noise(4500, 9000, 0.16), "z": _Noise(4500, 9000, 0.09), "ʃ": _Noise(2200, 6500, 0.18),
    "tʃ": _Noise(2200, 6500, 0.2, 0.6), "dʒ": _Noise(2200, 6000, 0.12, 0.6), "f": _Noise(1500, 8000, 0.06),
    "v": _Noise(1500, 7000, 0.03), "θ": _Noise(2500, 8500, 0.05), "h": _Noise(700, 4500, 0.07),
    "t": _Noise(3000, 8500, 0.2, 0.35), "d": _Noise(2500, 7000, 0.1, 0.3), "k": _Noise(1300, 3800, 0.2, 0.35),
    "g": _Noise(1200, 3200, 0.1, 0.3), "p": _Noise(500, 2500, 0.14, 0.3), "b": _Noise(400, 1800, 0.08, 0.25),
}  # fmt: skip
_HELD = {"m": 0.4, "n": 0.4, "l": 0.55, "ɹ": 0.5, "w": 0.5, "j": 0.55, "v": 0.35, "z": 0.3, "b": 0.12, "d": 0.12}
_HELD |= {"g": 0.12, "dʒ": 0.12}
"""How loud the voice goes on through a consonant, 0..1; through the others it is silent."""
_LOCI = {
    "m": (280, 1000, 2300), "n": (280, 1600, 2500), "l": (360, 1200, 2700), "ɹ": (380, 1250, 1700),
    "w": (320, 750, 2300), "j": (300, 2200, 3000),
}  # fmt: skip
"""Formants of the consonants that ring."""


def sing(score: Score, register: Register) -> NDArray[np.float64]:
    """(N,) samples at RATE_HZ, about -1..1, as long as the score."""
    count = round(score.duration_s * RATE_HZ)
    times = np.arange(int(score.duration_s * CONTROL_HZ) + 2) / CONTROL_HZ
    pitch_hz = pitch_of(score.notes, times)
    level = _level(score, times)
    formants = _formants(score.phonemes, times, "women" if register in ("soprano", "alto") else "men", pitch_hz)
    voiced = _voiced(times, pitch_hz, level, formants, count)
    return voiced + _noise(score.phonemes, count, float(np.sqrt(np.mean(voiced**2))) + 1e-9)


def pitch_of(notes: tuple[Note, ...], times: Curve) -> Curve:
    """(n,) Hz: each note's own pitch, joined by short glides, with a vibrato on what is held."""
    midi = np.full(len(times), float(notes[0].midi))
    for before, note in pairwise(notes):
        share = np.clip((times - note.start_s) / GLIDE_S + 0.5, 0, 1)
        if note.fresh:
            share = (times >= (before.end_s + note.start_s) / 2).astype(float)
        midi += (note.midi - before.midi) * share * share * (3 - 2 * share)
    bend = np.zeros(len(times))
    for note in notes:
        since = times - note.start_s
        inside = (since >= 0) & (times < note.end_s)
        grown = np.clip((since - VIBRATO_FROM_S) / 0.25, 0, 1)
        bend += inside * grown * np.sin(2 * np.pi * VIBRATO_HZ * (since - VIBRATO_FROM_S))
    return np.asarray(440 * 2 ** ((midi - 69 + VIBRATO_CENTS / 100 * bend) / 12), np.float64)


def _level(score: Score, times: Curve) -> Curve:
    """(n,) how loud the voice is: swelling on long notes, less through consonants, silent in rests."""
    level = np.zeros(len(times))
    for note in score.notes:
        length_s = max(note.end_s - note.start_s, 1e-3)
        at = (times - note.start_s) / length_s
        body = 0.82 + 0.18 * np.sin(np.pi * np.clip(at, 0, 1)) if length_s > 0.5 else np.full(len(times), 0.9)
        inside = np.clip((times - note.start_s) / ATTACK_S + 1, 0, 1) * np.clip((note.end_s - times) / RELEASE_S, 0, 1)
        level = np.maximum(level, body * inside * (1 + 0.012 * (note.midi - 64)))
    for p in score.phonemes:
        if p.symbol in _BY_SYMBOL:
            continue
        inside = np.clip((times - p.start_s) / 0.015, 0, 1) * np.clip((p.end_s - times) / 0.015, 0, 1)
        held = _HELD.get(p.symbol, 0.0)
        covered = (times >= p.start_s - 0.01) & (times <= p.end_s + 0.01)
        level = np.where(covered, np.minimum(np.maximum(level, held * inside), 1 - (1 - held) * inside), level)
    return level


def _formants(phonemes: tuple[Phoneme, ...], times: Curve, sex: str, pitch_hz: Curve) -> NDArray[np.float64]:
    """(n, 5) Hz, moving on a line through the middles of the sounds; the first is never below the pitch: sopranos open
    their mouths for that (Sundberg 1975)."""
    vowels = _MEN if sex == "men" else _WOMEN
    marks: list[float] = []
    rows: list[tuple[int, int, int]] = []
    for p in phonemes:
        letter = _BY_SYMBOL.get(p.symbol)
        row = _LOCI.get(p.symbol) if letter is None else vowels[letter]
        if row is None:
            continue
        edge = min(0.04, 0.3 * (p.end_s - p.start_s))
        marks += [p.start_s + edge, p.end_s - edge]
        rows += [row, row]
    three = np.stack([np.interp(times, marks, [row[k] for row in rows]) for k in range(3)], 1)
    upper = np.tile(_SINGERS[sex], (len(times), 1))
    out = np.concatenate([three, upper], 1)
    out[:, 0] = np.maximum(out[:, 0], 1.04 * pitch_hz)
    out[:, 1] = np.maximum(out[:, 1], out[:, 0] + 180)
    out[:, 2] = np.maximum(out[:, 2], out[:, 1] + 300)
    return np.asarray(out, np.float64)


def _voiced(
    times: Curve, pitch_hz: Curve, level: Curve, formants: NDArray[np.float64], count: int
) -> NDArray[np.float64]:
    at = np.arange(count) / RATE_HZ
    phase = 2 * np.pi * np.cumsum(np.interp(at, times, pitch_hz)) / RATE_HZ
    out = np.zeros(count)
    for k in range(1, int(TOP_HZ / pitch_hz.min()) + 1):
        hz = k * pitch_hz
        strength = level * resonance(hz, formants) / k * np.clip((TOP_HZ - hz) / 800, 0, 1)
        if strength.max() > 1e-4:
            out += np.interp(at, times, strength) * np.sin(k * phase + 0.7 * k * k)
    return out


def resonance(hz: Curve, formants: NDArray[np.float64]) -> Curve:
    """(n,) gain at `hz` (n,) of five resonances in cascade (n, 5), 1 at 0 Hz."""
    gain = np.ones(len(hz))
    for k, width_hz in enumerate(_WIDTHS_HZ):
        f = formants[:, k]
        gain *= f**2 / np.sqrt((f**2 - hz**2) ** 2 + (width_hz * hz) ** 2)
    return gain


def _noise(phonemes: tuple[Phoneme, ...], count: int, loud: float) -> NDArray[np.float64]:
    """(N,) the consonants' noise, relative to the voice's rms; each has a seed of its own place."""
    out = np.zeros(count)
    for k, p in enumerate(phonemes):
        noise = _NOISES.get(p.symbol)
        if noise is None:
            continue
        length = max(16, round((p.end_s - p.start_s) * noise.share * RATE_HZ))
        first = max(0, round(p.end_s * RATE_HZ) - length)
        spectrum = np.fft.rfft(np.random.Generator(np.random.PCG64(k)).normal(0, 1, length))
        hz = np.fft.rfftfreq(length, 1 / RATE_HZ)
        spectrum *= np.clip((hz - noise.low_hz) / 300 + 1, 0, 1) * np.clip((noise.high_hz - hz) / 600 + 1, 0, 1)
        burst = np.fft.irfft(spectrum, length)
        burst *= np.hanning(length) ** 0.5 * noise.level * 3 * loud / (burst.std() + 1e-9)
        end = min(first + length, count)
        out[first:end] += burst[: end - first]
    return out
