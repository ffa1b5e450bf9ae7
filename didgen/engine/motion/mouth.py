"""Speech to mouth: phonemes or the lip-shape net's probabilities become weights of the mouth's shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.curves import Curve, frame_times, smooth, smoothed, weights_of
from didgen.engine.motion.track import INDEX
from didgen.engine.speech.speech import VISEMES, Phoneme, Speech

SHAPES_OF: Mapping[str, Mapping[str, float]] = {
    "sil": {"seal": 1.0},
    "PP": {"seal": 1.0, "mouthPress": 0.5, "mouthRollLower": 0.22, "mouthRollUpper": 0.15},
    "FF": {"seal": 0.97, "jawOpen": 0.09, "mouthRollLower": 0.7, "mouthUpperUp": 0.62},
    "TH": {"seal": 0.92, "jawOpen": 0.18, "mouthLowerDown": 0.18, "mouthUpperUp": 0.1, "tongue": 1.0},
    "DD": {"seal": 0.92, "jawOpen": 0.15, "mouthLowerDown": 0.14, "mouthUpperUp": 0.1, "tongue": 0.7},
    "kk": {"seal": 0.92, "jawOpen": 0.21, "mouthLowerDown": 0.15},
    "CH": {"seal": 0.92, "jawOpen": 0.09, "mouthFunnel": 0.6, "mouthPucker": 0.12, "mouthUpperUp": 0.3},
    "SS": {"seal": 0.92, "jawOpen": 0.065, "mouthFunnel": 0.12, "mouthLowerDown": 0.38, "mouthUpperUp": 0.22},
    "nn": {"seal": 0.92, "jawOpen": 0.14, "mouthLowerDown": 0.14, "mouthUpperUp": 0.1, "tongue": 0.6},
    "RR": {"seal": 0.92, "jawOpen": 0.16, "mouthFunnel": 0.35, "mouthPucker": 0.2},
    "aa": {"seal": 0.92, "jawOpen": 0.76, "mouthLowerDown": 0.34, "mouthUpperUp": 0.3},
    "E": {"seal": 0.9, "jawOpen": 0.52, "mouthStretch": 0.35, "mouthUpperUp": 0.3, "mouthLowerDown": 0.38},
    "I": {
        "seal": 0.88,
        "jawOpen": 0.28,
        "mouthStretch": 0.65,
        "mouthSmile": 0.1,
        "cheekSquint": 0.15,
        "mouthUpperUp": 0.36,
        "mouthLowerDown": 0.46,
    },
    "O": {"seal": 0.92, "jawOpen": 0.46, "mouthFunnel": 0.42, "mouthPucker": 0.68},
    "U": {"seal": 0.97, "jawOpen": 0.19, "mouthPucker": 0.8, "mouthFunnel": 0.4, "mouthSmile": -0.3},
}
"""Weights of each viseme's own shape, before its neighbours pull at it. `tongue` is a channel of its own."""

STRENGTH = {
    "sil": 0.9,
    "PP": 1.4,
    "FF": 1.8,
    "CH": 1.3,
    "SS": 1.1,
    "RR": 0.9,
    "TH": 0.8,
    "DD": 0.5,
    "nn": 0.5,
    "kk": 0.45,
}
"""How much a viseme insists on its shape; vowels 1.1. The tongue's sounds let the lips do what they like."""

ROUNDING = {"PP": 0.25, "FF": 0.3, "SS": 0.4, "RR": 0.6, "U": 1.5, "O": 1.3}
ROUNDING |= dict.fromkeys(("TH", "DD", "nn", "kk"), 0.15)
"""The same of how round or wide the mouth is: that is the vowel's alone, from the m of "move" to its v."""

REDUCED = frozenset("əɐᵊᵻɪ")  # unstressed vowels: the jaw hardly opens for them
BACK = frozenset("ɑɒ")  # the a of "Bob" is no wide one: a part of it is an o
OVAL = 0.12  # that part
FLANK_S = 0.06  # how far a sound's influence begins before its steady part
FULL_S = 0.075  # a shorter sound does not reach its shape
LATE_S = 0.006  # lips that are not to touch anything come this much after their sound: early ones look dubbed
SLUGGISH_FRAMES = 0.55  # sigma of all shapes: lips that reach each sound's shape to the full seem to chatter
JAW_PER_S = 8.5  # weight: about 14 cm/s at the lips; a jaw thrown open for a single picture looks like a snap
EARLY_FRAMES = 0.8  # sigma: how much longer than their sound lips are round, or wide
STILL_ROUND = 0.6  # of the pucker: lips that touch may be round
CLOSING_S = 0.045  # the lips' way to a closure and back


@dataclass(frozen=True, slots=True)
class Mouth:
    """weights: (T, 44). tongue: (T,). closed: (T,), 1 where the lips must touch (p, b, m)."""

    weights: NDArray[np.float64]
    tongue: Curve
    closed: Curve


def mouth_of(speech: Speech, level: Curve, fps: int) -> Mouth:
    """The mouth of one speech. `level` (T,) is its loudness 0..1 (see `prosody`); it opens the jaw up to 15 % more."""
    frames = len(level)
    times = frame_times(frames, fps)
    if speech.visemes is None:
        mix, jaw = _from_phonemes(_with_rests(speech.phonemes, frames / fps), times - LATE_S, fps)
    else:
        mix, jaw = _from_probabilities(speech.visemes, frames, fps), np.ones(frames)
    rows = mix @ _TABLE
    rows[:, _ROUND] = _shares(smoothed(mix * (_ROUNDING / _STRENGTH), EARLY_FRAMES)) @ _TABLE[:, _ROUND]
    rows = smoothed(rows, SLUGGISH_FRAMES)
    rows[:, INDEX["jawOpen"]] *= jaw * (0.75 + 0.4 * level)
    teeth = _touch(speech.phonemes, times, "FF")
    lips = _touch(speech.phonemes, times, "PP")
    for touch, viseme in ((0.85 * teeth, "FF"), (lips, "PP")):
        rows += touch[:, None] * _YIELDING * (_TABLE[VISEMES.index(viseme)] - rows)
    rows[:, INDEX["jawOpen"]] = _no_faster(rows[:, INDEX["jawOpen"]], JAW_PER_S / fps)
    return Mouth(rows[:, :-1], rows[:, -1], lips)


def _no_faster(opening: Curve, step: float) -> Curve:
    """(T,) the largest curve nowhere above `opening` that changes by at most `step` a frame: closures stay closed."""
    out = opening.copy()
    for k in range(1, len(out)):
        out[k] = min(out[k], out[k - 1] + step)
    for k in range(len(out) - 2, -1, -1):
        out[k] = min(out[k], out[k + 1] + step)
    return out


def _table() -> NDArray[np.float64]:
    rows = []
    for viseme in VISEMES:
        shape = dict(SHAPES_OF[viseme])
        tongue = shape.pop("tongue", 0.0)
        rows.append([*weights_of(shape), tongue])
    return np.array(rows)


_TABLE = _table()  # (15, 45): the shapes, then the tongue
_STRENGTH = np.array([STRENGTH.get(v, 1.1) for v in VISEMES])
_ROUNDING = np.array([ROUNDING.get(v, STRENGTH.get(v, 1.1)) for v in VISEMES])
_ROUND = np.flatnonzero(weights_of(dict.fromkeys(("mouthPucker", "mouthFunnel", "mouthSmile", "mouthStretch"), 1.0)))
_O = VISEMES.index("O")
_YIELDING = np.ones(_TABLE.shape[1])
_YIELDING[INDEX["mouthPucker"]] = 1 - STILL_ROUND


def _shares(mix: NDArray[np.float64]) -> NDArray[np.float64]:
    """(T, 15) to sum to 1."""
    shares: NDArray[np.float64] = mix / np.maximum(mix.sum(1, keepdims=True), 1e-9)
    return shares


def _with_rests(phonemes: Sequence[Phoneme], until_s: float) -> list[Phoneme]:
    """The same sounds with every gap, and the time after the last one, filled with silence."""
    out: list[Phoneme] = []
    end_s = 0.0
    for p in phonemes:
        if p.start_s - end_s > 0.01:
            out.append(Phoneme("", "sil", end_s, p.start_s))
        out.append(p)
        end_s = p.end_s
    if until_s - end_s > 0.01:
        out.append(Phoneme("", "sil", end_s, until_s))
    return out


def _from_phonemes(phonemes: Sequence[Phoneme], times: Curve, fps: int) -> tuple[NDArray[np.float64], Curve]:
    """Dominance blending (after Cohen and Massaro 1993): (T, 15) shares that sum to 1, and a factor on the jaw.

    Every sound is flat over its steady part and falls off as a Gaussian, so that a long pause does not hold the
    mouth shut beyond its edges.
    """
    mix = np.zeros((len(times), len(VISEMES)))
    mix[:, 0] = 1e-3
    jaw = np.full(len(times), 1e-3)
    for p in phonemes:
        k = VISEMES.index(p.viseme)
        length = p.end_s - p.start_s
        sigma = max(0.38 * min(length, 2 * FLANK_S), 0.03)
        flat = max(length / 2 - FLANK_S, 0.0)
        middle = (p.start_s + p.end_s) / 2
        low, high = (max(0, round((middle + side * (flat + 4 * sigma)) * fps)) for side in (-1, 1))
        far = np.maximum(np.abs(times[low:high] - middle) - flat, 0.0) / sigma
        share = _STRENGTH[k] * min(1.0, max(0.5, length / FULL_S)) * np.exp(-0.5 * far * far)
        oval = OVAL if p.symbol[:1] in BACK else 0.0
        mix[low:high, k] += (1 - oval) * share
        mix[low:high, _O] += oval * share
        jaw[low:high] += share * (0.6 if p.symbol[:1] in REDUCED else 1.0)
    total = mix.sum(1)
    return mix / total[:, None], jaw / total


def _from_probabilities(visemes: NDArray[np.float32], frames: int, fps: int) -> NDArray[np.float64]:
    """(F, 15) at 100 Hz to (T, 15) shares: the mean over each picture, weighted by strength, a little smoothed."""
    per = 100 // fps
    padded = np.zeros((frames * per, len(VISEMES)))
    padded[:, 0] = 1.0
    heard = min(len(visemes), len(padded))
    padded[:heard] = visemes[:heard]
    return _shares(padded.reshape(frames, per, -1).mean(1) * _STRENGTH)


def _touch(phonemes: Sequence[Phoneme], times: Curve, viseme: str) -> Curve:
    """(T,) 0..1: 1 over the core of every such sound, and on its nearest frame however short it is."""
    touch = np.zeros(len(times))
    for p in phonemes:
        if p.viseme != viseme or not len(times):
            continue
        middle = (p.start_s + p.end_s) / 2
        core = max(0.3 * (p.end_s - p.start_s), 0.02)
        low, high = np.searchsorted(times, [middle - core - CLOSING_S, middle + core + CLOSING_S])
        outside = np.abs(times[low:high] - middle) - core
        touch[low:high] = np.maximum(touch[low:high], smooth(1 - outside / CLOSING_S))
        touch[np.argmin(np.abs(times - middle))] = 1.0
    return touch
