"""How much louder each voice is made so that all are equally loud: about -16 LUFS over some sentences.

Measured by `python -m tests.bench voices`, each voice over the sentences of its language, what the limiter takes
included.
"""

from __future__ import annotations

from typing import Final

from didgen.catalog.local_voices import Voice

GAIN_DB: Final[dict[str, float]] = {
    "heart": 10.2, "af_bella": 6.3, "af_sarah": 4.8, "am_puck": 2.8, "am_michael": 7.9, "am_fenrir": 3.5,
    "bf_emma": 4.1, "bf_isabella": 1.9, "bm_george": 5.6, "bm_fable": 6.0, "af_alloy": 5.7, "af_aoede": 2.1,
    "af_jessica": 5.9, "af_kore": 2.8, "af_nova": 10.7, "af_river": 5.4, "af_sky": 7.9, "am_adam": 2.8,
    "am_echo": 6.3, "am_eric": 5.2, "am_liam": 5.6, "am_onyx": 6.5, "bf_alice": 4.6, "bf_lily": 5.3, "bm_daniel": 5.4,
    "bm_lewis": 7.4, "ef_dora": 7.6, "em_alex": 6.9, "ff_siwis": 3.6, "if_sara": -0.8, "im_nicola": 3.6,
    "pf_dora": 7.3, "pm_alex": 6.9, "hf_alpha": 0.4, "hm_omega": 1.1, "jf_alpha": 3.8, "jm_kumo": 4.7,
    "zf_xiaobei": 4.4, "zf_xiaoxiao": 1.1, "zm_yunxi": 5.7, "zm_yunyang": 8.4, "af_nicole": 5.7, "pico-de": 3.4,
    "pico-en-US": 3.4, "pico-en-GB": 3.2, "pico-es": 2.5, "pico-fr": 4.7, "pico-it": 5.2, "espeak-ar": 5.3,
    "espeak-bg": 6.5, "espeak-ca": 5.4, "espeak-cs": 6.4, "espeak-da": 5.3, "espeak-el": 5.7, "espeak-fi": 5.3,
    "espeak-he": 6.8, "espeak-hr": 5.6, "espeak-hu": 5.6, "espeak-id": 5.2, "espeak-ko": 4.9, "espeak-nb": 5.6,
    "espeak-nl": 5.0, "espeak-pl": 6.2, "espeak-pt": 5.4, "espeak-ro": 5.7, "espeak-ru": 6.5, "espeak-sk": 6.0,
    "espeak-sv": 4.8, "espeak-tr": 4.7, "espeak-uk": 4.7, "espeak-vi": 4.7,
}  # fmt: skip

ESPEAK_DB: Final = 5.5
"""Of espeak's languages that were not measured: they share one synthesiser."""


def gain_db(voice: Voice) -> float:
    """The gain of a voice, decibels."""
    return GAIN_DB.get(voice.id, ESPEAK_DB)
