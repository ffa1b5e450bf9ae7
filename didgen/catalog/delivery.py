"""How a voice is asked to speak: pace, pitch, volume and manner, in the service's words and in SSML's, as numbers.

The local voices follow a manner ("cheerful") as pace and pitch alone: no voice here was trained to act.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from didgen.catalog.nearest import nearest
from didgen.errors import UsageError

RATES = (0.5, 2.0)
PITCHES_ST = (-8.0, 8.0)  # beyond this a voice sounds like somebody else's

_RATE_WORDS = {"x-slow": 0.5, "slow": 0.75, "medium": 1.0, "default": 1.0, "fast": 1.25, "x-fast": 1.5}
_PITCH_WORDS = {"x-low": -4.0, "low": -2.0, "medium": 0.0, "default": 0.0, "high": 2.0, "x-high": 4.0}
_GAIN_WORDS = {"x-soft": -9.0, "soft": -4.5, "medium": 0.0, "default": 0.0, "loud": 3.0, "x-loud": 6.0}
GAINS_DB = (-60.0, 6.0)
_VOICE_HZ = 170.0  # a pitch given in Hz is taken from between a usual man's and a usual woman's voice


@dataclass(frozen=True, slots=True)
class Delivery:
    """rate: 1 is the voice's own pace. pitch_st: semitones above its own pitch."""

    rate: float = 1.0
    pitch_st: float = 0.0


MANNERS: dict[str, Delivery] = {
    "cheerful": Delivery(1.06, 1.5),
    "excited": Delivery(1.12, 2.5),
    "friendly": Delivery(1.02, 0.8),
    "hopeful": Delivery(1.0, 1.0),
    "assistant": Delivery(1.0, 0.3),
    "chat": Delivery(1.04, 0.5),
    "customerservice": Delivery(1.0, 0.5),
    "newscast": Delivery(1.05, -0.5),
    "narration-professional": Delivery(0.97, -0.5),
    "documentary-narration": Delivery(0.94, -0.8),
    "empathetic": Delivery(0.94, -0.5),
    "gentle": Delivery(0.93, 0.3),
    "calm": Delivery(0.92, -0.8),
    "serious": Delivery(0.95, -1.2),
    "sad": Delivery(0.85, -1.8),
    "depressed": Delivery(0.82, -2.2),
    "angry": Delivery(1.1, 0.8),
    "shouting": Delivery(1.02, 3.0),
    "terrified": Delivery(1.15, 2.8),
    "unfriendly": Delivery(0.98, -1.0),
    "whispering": Delivery(0.9, -0.5),
}
"""Microsoft's style names, in lower case, as pace and pitch. The figures were chosen, not measured."""


def delivery_of(config: Mapping[str, Any] | None) -> tuple[Delivery, str]:
    """What a `voice_config` asks of a local voice, held in RATES and PITCHES_ST, and a note on what it leaves out.

    Its style gives the manner; rate and pitch come on top. Raises UsageError for a rate or pitch nobody can read.
    """
    given = {key: value for key, value in (config or {}).items() if value not in (None, "")}
    manner = MANNERS.get(_plain(str(given.get("style", ""))), Delivery())
    notes = [_unknown_style(str(given["style"]))] if "style" in given and manner == Delivery() else []
    others = sorted(key for key in given if key not in ("style", "rate", "pitch"))
    if others:
        notes.append(f"the local voices have no {' or '.join(others)}")
    rate = manner.rate * speaking_rate(given.get("rate"))
    pitch = manner.pitch_st + pitch_semitones(given.get("pitch"))
    return Delivery(_held(rate, RATES), _held(pitch, PITCHES_ST)), "; ".join(filter(None, notes))


def speaking_rate(rate: str | None) -> float:
    """The pace asked for, 1 = the voice's own: "0.9", "slow", "+10%" or "90%" (SSML: of the usual pace), in RATES.

    Raises UsageError for anything else.
    """
    factor = _read(rate, "rate", _RATE_WORDS, _rate_number, 'a number like "0.9", a percentage like "+10%" or a word')
    return _held(factor if rate else 1.0, RATES)


def pitch_semitones(pitch: str | None) -> float:
    """The pitch asked for, semitones from the voice's own: "+2st", "-5%", "+20Hz" or a word, in PITCHES_ST.

    Raises UsageError for anything else.
    """
    shift = _read(pitch, "pitch", _PITCH_WORDS, _pitch_number, 'like "+2st", "-5%" or "+20Hz", or a word')
    return _held(shift, PITCHES_ST)


def gain_db(volume: str | None) -> float:
    """The volume of SSML in decibels from the voice's own: "+6dB", "50" (of 100), "-20%" or a word, in GAINS_DB.

    Raises UsageError for anything else.
    """
    words = {**_GAIN_WORDS, "silent": GAINS_DB[0]}
    return _held(_read(volume, "volume", words, _gain_number, 'like "+6dB", "80" or "-20%", or a word'), GAINS_DB)


def _read(text: str | None, name: str, words: Mapping[str, float], number: Callable[[str], float], right: str) -> float:
    plain = _plain(text or "default")
    if plain in words:
        return words[plain]
    try:
        value = number(plain)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"voice_config.{name} is {text!r}", hint=f"{right}: {', '.join(words)}")
    return value


def _rate_number(text: str) -> float:
    if text.endswith("%"):
        share = float(text[:-1]) / 100
        share = 1 + share if text[0] in "+-" else share
    else:
        share = float(text)
    return share if share > 0 else math.nan


def _pitch_number(text: str) -> float:
    match = re.fullmatch(r"([+-]?)(\d*\.?\d+)(st|%|hz)", text)
    if match is None:
        raise ValueError(text)
    sign, value, unit = -1.0 if match[1] == "-" else 1.0, float(match[2]), match[3]
    if unit == "st":
        return sign * value
    if unit == "%":
        return _semitones(1 + sign * value / 100)
    return _semitones((_VOICE_HZ + sign * value if match[1] else value) / _VOICE_HZ)


def _gain_number(text: str) -> float:
    if text.endswith("db"):
        return float(text[:-2])
    if text.endswith("%"):
        text = str(100 + float(text[:-1])) if text[0] in "+-" else text[:-1]
    value = float(text)
    if value < 0:
        raise ValueError(text)
    return 20 * math.log10(value / 100) if value > 0 else GAINS_DB[0]


def _semitones(ratio: float) -> float:
    return 12 * math.log2(ratio) if ratio > 0 else PITCHES_ST[0]


def _held(value: float, limits: tuple[float, float]) -> float:
    return round(min(max(value, limits[0]), limits[1]), 4)


def _plain(text: str) -> str:
    return text.strip().lower()


def _unknown_style(style: str) -> str:
    near = nearest(_plain(style), list(MANNERS))
    return f"the local voices have no style {style!r}" + (f" ({near})" if near.startswith("did") else "")
