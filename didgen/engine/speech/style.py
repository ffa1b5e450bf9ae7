"""How single words are said, otherwise than the voice would by itself. Pure values; `reshape` makes them sound."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Style:
    """rate: factor on the pace. pitch_st: semitones. gain_db: decibels, all on top of the script's own delivery.

    phonemes: how the word is spoken, in the voices' alphabet; None leaves it to them, "" says nothing.
    """

    rate: float = 1.0
    pitch_st: float = 0.0
    gain_db: float = 0.0
    phonemes: str | None = None

    def on_top(self, rate: float = 1.0, pitch_st: float = 0.0, gain_db: float = 0.0) -> Style:
        """This style with more of it: factors multiply, semitones and decibels add."""
        return replace(
            self,
            rate=self.rate * rate,
            pitch_st=self.pitch_st + pitch_st,
            gain_db=self.gain_db + gain_db,
            phonemes=None,
        )


PLAIN: Final = Style()

EMPHASIS: Final[dict[str, Style]] = {
    "strong": Style(0.86, 1.8, 3.0),
    "moderate": Style(0.92, 1.0, 2.0),
    "none": PLAIN,
    "reduced": Style(1.08, -0.5, -3.0),
}
"""Stress is length, pitch and loudness together; the figures were chosen by ear's rules of thumb, not measured."""
