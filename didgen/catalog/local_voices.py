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

CPU_S_PER_S: Final[dict[Engine, float]] = {"hibari": 0.02, "kokoro": 0.6, "pico": 0.03}
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
            return ("kokoro-int8.onnx", f"{self.id}.bin")
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


_KOKORO_LOCALES: Final = {"a": "en-US", "b": "en-GB"}
_KOKORO_EXTRAS: Final[dict[str, tuple[str, ...]]] = {}

_KOKORO_WER: Final[dict[str, float]] = {
    "af_bella": 0.9, "af_sarah": 0.9, "am_puck": 0.9, "am_michael": 1.8, "am_fenrir": 1.4, "bf_emma": 0.9,
    "bf_isabella": 0.5, "bm_george": 0.5, "bm_fable": 0.9,
    "af_alloy": 0.8, "af_aoede": 0.0, "af_jessica": 0.0, "af_kore": 1.4, "af_nicole": 0.5, "am_echo": 0.0,
}  # fmt: skip
"""Kokoro's own names: the first letter is the language, the second the gender."""


def _kokoro(name: str, wer_percent: float) -> Voice:
    locale = _KOKORO_LOCALES[name[0]]
    gender: Gender = "female" if name[1] == "f" else "male"
    extras = ("voices", *_KOKORO_EXTRAS.get(language(locale), ()))
    return Voice(name, "kokoro", locale, gender, "Apache-2.0", extras, wer_percent)


_PICO_WER: Final = {"de-DE": 5.1, "en-US": 2.7, "en-GB": 2.7, "es-ES": 0.0, "fr-FR": 6.0, "it-IT": 5.4}


def _pico(locale: str, wer_percent: float) -> Voice:
    spoken = language(locale)
    name = locale if spoken == "en" else spoken
    return Voice(f"pico-{name}", "pico", locale, "female", "Apache-2.0", ("pico",), wer_percent)


DEFAULT: Final = "heart"

VOICES: Final[dict[str, Voice]] = {
    v.id: v
    for v in (
        Voice("heart", "hibari", "en-US", "female", "Apache-2.0", (), 0.9),
        *(_kokoro(name, wer) for name, wer in _KOKORO_WER.items()),
        *(_pico(locale, wer) for locale, wer in _PICO_WER.items()),
    )
}
"""In the order in which they are preferred, where nothing else decides."""
