"""How fast is spoken, for estimates only: shipped and versioned, so that a plan says the same everywhere."""

from __future__ import annotations

WORDS_PER_S: dict[str, float] = {
    "heart": 2.8, "af_bella": 2.6, "af_sarah": 2.6, "am_puck": 2.9, "am_michael": 2.5, "am_fenrir": 2.9,
    "bf_emma": 2.7, "bf_isabella": 2.7, "bm_george": 2.7, "bm_fable": 2.6, "af_alloy": 2.6, "af_aoede": 2.9,
    "af_jessica": 3.0, "af_kore": 2.8, "af_nova": 2.8, "af_river": 3.0, "af_sky": 2.7, "am_adam": 2.9, "am_echo": 2.6,
    "am_eric": 3.0, "am_liam": 3.0, "am_onyx": 2.8, "bf_alice": 2.7, "bf_lily": 2.7, "bm_daniel": 2.8,
    "bm_lewis": 2.5, "ef_dora": 2.6, "em_alex": 2.5, "ff_siwis": 2.6, "if_sara": 2.4, "im_nicola": 2.3,
    "pf_dora": 2.6, "pm_alex": 2.5, "hf_alpha": 2.1, "hm_omega": 2.0, "af_nicole": 1.9, "pico-de": 2.2,
    "pico-en-US": 2.6, "pico-en-GB": 2.7, "pico-es": 2.2, "pico-fr": 2.9, "pico-it": 1.8,
}  # fmt: skip
"""Measured, pauses included: words a second of each local voice."""

DEFAULT_WORDS_PER_S = 2.6

CHARACTERS_PER_S: dict[str, float] = {"zh": 4.5, "ja": 7.0, "ko": 6.0, "th": 12.0}
"""Languages whose words are not parted by spaces, or hardly: characters a second."""

SLOWER = 1.4
"""A text takes hardly ever longer than this many times what its voice's rate says; at a service voices are not ours."""

LETTERS_PER_S = 15.0
"""Of a text in long words, which takes longer than its count of words tells."""

DIGIT_S = 0.45
"""A digit of a number, read out: "1,234" is one word to a count of words and six to a voice."""

PAUSE_S = 1.25
"""The longest pause of SSML that is asked for without a time."""

ANIMATION_S = 10.0
"""Length of a bank driver's motion."""

LONGEST_ANIMATION_S = 15.0
LONGEST_SONG_S = 60.0
LONGEST_DRIVER_S = 300.0
"""Upper bounds of animations: a bank driver's, a singing one's, and what the service makes of somebody's own video."""

LONGEST_RECORDING_S = 600.0
"""What the service takes at most."""

CREDIT_S = 15.0
"""D-ID charges one credit for each fifteen seconds begun, of every job by itself."""
