"""How much louder each voice is made so that all are equally loud: about -16 LUFS over some sentences.

Measured by `python -m tests.bench voices`, each voice over the sentences of its language, what the limiter takes
included.
"""

from __future__ import annotations

from typing import Final

GAIN_DB: Final[dict[str, float]] = {
    "heart": 10.2, "af_bella": 6.3, "af_sarah": 4.8, "am_puck": 2.8, "am_michael": 7.9, "am_fenrir": 3.5,
    "bf_emma": 4.1, "bf_isabella": 1.9, "bm_george": 5.6, "bm_fable": 6.0, "af_alloy": 5.7, "af_aoede": 2.1,
    "af_jessica": 5.9, "af_kore": 2.8, "af_nicole": 5.7, "am_echo": 6.3, "pico-de": 3.4, "pico-en-US": 3.4,
    "pico-en-GB": 3.2, "pico-es": 2.5, "pico-fr": 4.7, "pico-it": 5.2,
}  # fmt: skip
