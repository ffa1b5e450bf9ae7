"""Voices that can be named, and the local voice each maps to. Light data: the planner reads it without the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Gender = Literal["female", "male"]


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice of the local engine. `locale` is BCP 47; `extra` names what must be installed ("" = nothing)."""

    id: str
    engine: Literal["hibari", "kokoro"]
    locale: str
    gender: Gender
    licence: str
    extra: str = ""

    def speaks(self, locale: str) -> bool:
        """Whether the voice's language is the locale's (en-GB speaks en-US text)."""
        return self.locale.split("-")[0].lower() == locale.replace("_", "-").split("-")[0].lower()


DEFAULT = "heart"

VOICES: dict[str, Voice] = {
    v.id: v
    for v in (
        Voice("heart", "hibari", "en-US", "female", "Apache-2.0"),
        Voice("af_bella", "kokoro", "en-US", "female", "Apache-2.0", "voices"),
        Voice("am_puck", "kokoro", "en-US", "male", "Apache-2.0", "voices"),
        Voice("am_michael", "kokoro", "en-US", "male", "Apache-2.0", "voices"),
        Voice("bf_emma", "kokoro", "en-GB", "female", "Apache-2.0", "voices"),
        Voice("bm_george", "kokoro", "en-GB", "male", "Apache-2.0", "voices"),
    )
}
