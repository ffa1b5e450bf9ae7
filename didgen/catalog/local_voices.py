"""The voices of the local engine: what each speaks, what it needs installed, and how well it is understood.

Measured with `python -m tests.bench voices` (tests/bench/README.md says how and when): word error rate of a small
speech recogniser, CPU seconds a second of sound. A voice that is misunderstood more often than DRAFT_WER_PERCENT, or
that nobody has measured, is a draft voice: good enough to hear whether a text fits, not to send around.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Gender = Literal["female", "male"]
Engine = Literal["hibari", "kokoro", "pico", "espeak"]

DRAFT_WER_PERCENT: Final = 10.0

CPU_S_PER_S: Final[dict[Engine, float]] = {"hibari": 0.02, "kokoro": 0.3, "pico": 0.03, "espeak": 0.02}
"""CPU seconds a second of sound, one thread, the voice warm."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of the local engine. `locale` is BCP 47; `extras` names what must be installed (() = nothing).

    wer_percent: words of a hundred that a speech recogniser misunderstands; None when nobody measured it.
    """

    id: str
    engine: Engine
    locale: str
    gender: Gender
    licence: str
    extras: tuple[str, ...] = ()
    wer_percent: float | None = None

    @property
    def draft(self) -> bool:
        return self.wer_percent is None or self.wer_percent > DRAFT_WER_PERCENT

    @property
    def cpu_s_per_s(self) -> float:
        return CPU_S_PER_S[self.engine]

    @property
    def models(self) -> tuple[str, ...]:
        """Names in `versions.SPEECH_MODELS` of what decides this voice's sound and its times."""
        if self.engine == "hibari":
            return ("hibari.onnx",)
        if self.engine == "kokoro":
            return ("kokoro-int8.onnx", f"{self.id}.bin", *_READ_WITH.get(language(self.locale), ()))
        if self.engine == "espeak":
            return ("espeak-ng-data",)
        return ("pico-lingware", "viseme-net.npz")

    def speaks(self, locale: str) -> bool:
        """Whether the voice's language is the locale's (en-GB speaks en-US text)."""
        return language(self.locale) == language(locale)


_SAME_LANGUAGE: Final = {"no": "nb", "nn": "nb", "iw": "he", "in": "id", "cmn": "zh", "zh-hk": "yue", "zh-mo": "yue"}


def language(locale: str) -> str:
    """The language of a locale: its first part, lower case ("pt" of "pt_BR"); Cantonese for Hong Kong and Macao."""
    tag = locale.replace("_", "-").lower()
    first = tag.split("-")[0]
    return _SAME_LANGUAGE.get("-".join(tag.split("-")[:2])) or _SAME_LANGUAGE.get(first, first)


_KOKORO_LOCALES: Final = {
    "a": "en-US", "b": "en-GB", "e": "es-ES", "f": "fr-FR", "h": "hi-IN", "i": "it-IT", "j": "ja-JP",
    "p": "pt-BR", "z": "zh-CN",
}  # fmt: skip
_READERS: Final = {**dict.fromkeys(("es", "fr", "hi", "it", "pt"), "espeak"), "ja": "ja"}
_READ_WITH: Final = {
    **dict.fromkeys(("es", "fr", "hi", "it", "pt"), ("espeak-ng-data",)),
    "ja": ("janome-dictionary",),
    "zh": ("pypinyin-dictionary",),
}
"""What the phonemes of Kokoro's languages depend on."""

"""Who finds the phonemes of Kokoro's languages: an extra. Permissive rules for Spanish misread twice as much."""

_KOKORO_WER: Final[dict[str, float | None]] = {
    "af_bella": 0.9, "af_sarah": 0.9, "am_puck": 0.9, "am_michael": 1.8, "am_fenrir": 1.4, "bf_emma": 0.9,
    "bf_isabella": 0.5, "bm_george": 0.5, "bm_fable": 0.9,
    "af_alloy": 0.8, "af_aoede": 0.0, "af_jessica": 0.0, "af_kore": 1.4, "af_nova": 0.0, "af_river": 0.0, "af_sky": 0.0,
    "am_adam": 0.0, "am_echo": 0.0, "am_eric": 0.8, "am_liam": 0.0, "am_onyx": 0.0, "bf_alice": 0.0, "bf_lily": 0.8,
    "bm_daniel": 0.0, "bm_lewis": 0.8,
    "ef_dora": 2.0, "em_alex": 2.0, "ff_siwis": 7.0, "if_sara": 4.3, "im_nicola": 7.5, "pf_dora": 1.0, "pm_alex": 3.1,
    "hf_alpha": None, "hm_omega": None, "jf_alpha": 2.6, "jm_kumo": 2.6, "zf_xiaobei": 2.5, "zf_xiaoxiao": 2.5,
    "zm_yunxi": 2.5, "zm_yunyang": 6.3,
    "af_nicole": 0.5,
}  # fmt: skip
"""Kokoro's own names: the first letter is the language, the second the gender. The last whispers.

Hindi: the recogniser answers in Urdu or not at all, whatever it hears.
"""


def _kokoro(name: str, wer_percent: float | None) -> Voice:
    locale = _KOKORO_LOCALES[name[0]]
    gender: Gender = "female" if name[1] == "f" else "male"
    reader = _READERS.get(language(locale))
    extras = ("voices", reader) if reader else ("voices",)
    return Voice(name, "kokoro", locale, gender, "Apache-2.0", extras, wer_percent)


_PICO_WER: Final = {"de-DE": 5.1, "en-US": 2.7, "en-GB": 2.7, "es-ES": 0.0, "fr-FR": 6.0, "it-IT": 5.4}


def _pico(locale: str, wer_percent: float) -> Voice:
    spoken = language(locale)
    name = locale if spoken == "en" else spoken
    return Voice(f"pico-{name}", "pico", locale, "female", "Apache-2.0", ("pico",), wer_percent)


_ESPEAK: Final = (
    "af-ZA ar-SA az-AZ bg-BG bn-BD bs-BA ca-ES cs-CZ cy-GB da-DK el-GR et-EE eu-ES fa-IR fi-FI ga-IE "
    "gu-IN he-IL hr-HR hu-HU hy-AM id-ID is-IS ka-GE kk-KZ kn-IN ko-KR lt-LT lv-LV mk-MK ml-IN mr-IN "
    "ms-MY mt-MT nb-NO ne-NP nl-NL pa-IN pl-PL pt-PT ro-RO ru-RU si-LK sk-SK sl-SI sq-AL sr-RS sv-SE "
    "sw-KE ta-IN te-IN th-TH tr-TR uk-UA ur-PK uz-UZ vi-VN yue-HK"
).split()
"""Languages without a better voice; espeak-ng has the language's code for a name."""

_ESPEAK_WER: Final = {
    "ar": 97.7, "bg": 83.0, "ca": 58.0, "cs": 81.8, "da": 106.1, "el": 68.5, "fi": 74.4, "he": 102.3, "hr": 83.7,
    "hu": 67.3, "id": 61.7, "ko": 92.1, "nb": 78.0, "nl": 75.0, "pl": 75.6, "pt": 76.3, "ro": 70.7, "ru": 81.0,
    "sk": 79.5, "sv": 78.4, "tr": 102.6, "uk": 72.7, "vi": 65.7,
}  # fmt: skip


def _espeak(locale: str) -> Voice:
    spoken = language(locale)
    return Voice(f"espeak-{spoken}", "espeak", locale, "male", "GPL-3.0", ("espeak",), _ESPEAK_WER.get(spoken))


DEFAULT: Final = "heart"

VOICES: Final[dict[str, Voice]] = {
    v.id: v
    for v in (
        Voice("heart", "hibari", "en-US", "female", "Apache-2.0", (), 0.9),
        *(_kokoro(name, wer) for name, wer in _KOKORO_WER.items()),
        *(_pico(locale, wer) for locale, wer in _PICO_WER.items()),
        *map(_espeak, _ESPEAK),
    )
}
"""In the order in which they are preferred, where nothing else decides."""
