"""How fast is spoken, for estimates only: shipped and versioned, so that a plan says the same everywhere."""

from __future__ import annotations

RATES_VERSION = 1

WORDS_PER_S: dict[str, float] = {
    "heart": 2.8,
    "af_bella": 2.6,
    "af_sarah": 2.6,
    "am_puck": 2.9,
    "am_michael": 2.5,
    "am_fenrir": 2.9,
    "bf_emma": 2.7,
    "bf_isabella": 2.7,
    "bm_george": 2.7,
    "bm_fable": 2.6,
}
"""Measured, pauses included: words a second of each local voice."""

DEFAULT_WORDS_PER_S = 2.6

CHARACTERS_PER_S: dict[str, float] = {"zh": 4.5, "ja": 7.0, "ko": 6.0, "th": 12.0}
"""Languages whose words are not parted by spaces, or hardly: characters a second."""

ANIMATION_S = 10.0
"""Length of a bank driver's motion."""

CREDIT_S = 15.0
"""The service charges one credit for each fifteen seconds begun."""
