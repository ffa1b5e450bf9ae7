"""Voices that can be named, and the local voice each maps to. Light data: the planner reads it without the engine."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from didgen.catalog.extras import missing_extras
from didgen.catalog.local_voices import VOICES, Gender, Voice, language
from didgen.catalog.nearest import nearest
from didgen.catalog.providers import PAST_PROVIDERS, PROVIDERS, TO_MICROSOFT, describe, is_microsoft, microsoft_like
from didgen.errors import UsageError


def installed() -> frozenset[str]:
    """Ids of the voices that can speak here: those whose extras are installed. Imports none of them."""
    missing = missing_extras()
    return frozenset(v.id for v in VOICES.values() if missing.isdisjoint(v.extras))


def resolve_voice(
    voice: str | Mapping[str, Any] | None, locale: str = "en", available: Collection[str] | None = None
) -> tuple[Voice, str]:
    """The local voice for a voice as written, and a note when it stands in for another ("" when it does not).

    voice: a local id, a Microsoft voice id, or the service's form {provider or type, voice_id, …}; None is the default
    voice of the locale. available: ids that can speak (see `installed`). Raises UsageError for a name nobody has, a
    voice that does not speak the locale, and a voice whose extra is not installed.
    """
    ready = installed() if available is None else available
    provider, voice_id = named(voice)
    if provider == "didgen":
        found = _local(voice_id, locale, ready)
        note = f"{found.id} is a draft voice" if found.draft else ""
    else:
        found, note = _stand_in(provider, voice_id, locale, ready)
    if not found.speaks(locale):
        raise UsageError(f"the voice {voice_id!r} does not speak {locale}", hint=_speakers(locale))
    if found.id not in ready:
        raise UsageError(f"the voice {found.id!r} is not installed", hint=_way_out(found, locale, ready))
    return found, note


def _way_out(voice: Voice, locale: str, ready: Collection[str]) -> str:
    others = [v.id for v in VOICES.values() if v.id in ready and v.speaks(locale)]
    return how_to_install(voice) + (f"; here are: {', '.join(others[:5])}" if others else "")


def how_to_install(voice: Voice) -> str:
    """The command that brings a voice."""
    return f"pip install 'didgen[{','.join(voice.extras)}]'"


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

    None stays None for English: the service then chooses an English voice. For other languages Microsoft's first voice
    of the locale is named. Raises UsageError for a name nobody has, and for a voice whose name tells that it does not
    speak the locale.
    """
    if voice is None:
        name = microsoft_like(locale, "female") if language(locale) != "en" else ""
        return ({"type": "microsoft", "voice_id": name}, f"{name} speaks, as no voice is named") if name else (None, "")
    provider, voice_id = named(voice)
    form = {"voice_id": voice} if isinstance(voice, str) else voice
    rest = {k: v for k, v in form.items() if k not in ("provider", "type")}
    if provider == "microsoft" and not voice_id:
        rest["voice_id"] = microsoft_like(locale, "female")
    if provider != "didgen":
        _check_provider(provider)
        _check_language(provider, voice_id, locale)
        return {**rest, "type": provider}, ""
    if not voice_id:
        return {**rest, "type": "microsoft", "voice_id": microsoft_like(locale, "female")}, ""
    found = VOICES.get(voice_id)
    if found is None:
        raise UsageError(f"there is no voice {voice_id!r}", hint=_voice_hint(voice_id))
    if not found.speaks(locale):
        raise UsageError(f"the voice {voice_id!r} does not speak {locale}")
    name = TO_MICROSOFT.get(voice_id) or _like(found)
    return {**rest, "type": "microsoft", "voice_id": name}, f"{voice_id} is spoken by {name} there"


def _local(voice_id: str, locale: str, ready: Collection[str]) -> Voice:
    if not voice_id:
        return _best(None, "", locale, ready)
    if voice_id not in VOICES:
        raise UsageError(f"there is no voice {voice_id!r}", hint=_voice_hint(voice_id))
    return VOICES[voice_id]


def _voice_hint(name: str) -> str:
    """What may be meant by a name that no voice has; for a language who speaks it."""
    if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z]{2,4})?", name):
        if any(voice.speaks(name) for voice in VOICES.values()):
            return _speakers(name)
        if len(name) == 2:
            return f"{_speakers(name)}; didgen voices lists them"
    close = nearest(name, list(VOICES))
    return close if close.startswith("did you") else "didgen voices lists them"


def _check_provider(provider: str) -> None:
    if provider not in (*PROVIDERS, *PAST_PROVIDERS):
        raise UsageError(f"there is no provider {provider!r}", hint=nearest(provider, ("didgen", *PROVIDERS)))


def _stand_in(provider: str, voice_id: str, locale: str, ready: Collection[str]) -> tuple[Voice, str]:
    """The local voice that speaks for a service's, and what to say about it."""
    _check_provider(provider)
    spoken, gender = describe(provider, voice_id)
    found = next((VOICES[local_id] for local_id, name in TO_MICROSOFT.items() if name == voice_id), None)
    if found is None:
        _check_language(provider, voice_id, locale)
        found = _best(gender, spoken, locale, ready)
    remarks = [f"a {found.gender} voice"] * (gender is not None and found.gender != gender)
    remarks += ["a draft voice"] * found.draft
    note = f"{voice_id or provider} is spoken by {found.id} here"
    return found, note + (f", {' and '.join(remarks)}" if remarks else "")


def _check_language(provider: str, voice_id: str, locale: str) -> None:
    spoken, _ = describe(provider, voice_id)
    if spoken and not language(spoken) == language(locale) and "Multilingual" not in voice_id:
        raise UsageError(f"the voice {voice_id!r} does not speak {locale}", hint=f"its language is {spoken}")


def _best(gender: Gender | None, region: str, locale: str, ready: Collection[str]) -> Voice:
    """The nearest voice of a language: one that is understood, of the gender, installed, of the region, in this order.

    Installed is asked only among equals, so that a woman does not speak for a man because his voice is missing: that
    one is then named in an error, with the command that brings it.
    """
    candidates = [v for v in VOICES.values() if v.speaks(locale)]
    if not candidates:
        raise UsageError(f"no local voice speaks {locale}", hint=_speakers(locale))
    wanted = (region or locale).replace("_", "-").lower()
    return max(
        candidates,
        key=lambda v: (not v.draft, gender in (None, v.gender), v.id in ready, v.locale.lower() == wanted),
    )


def _like(voice: Voice) -> str:
    """The Microsoft name of the best known voice of the same language and gender."""
    return microsoft_like(voice.locale, voice.gender) or microsoft_like("en-US", voice.gender)


def _speakers(locale: str) -> str:
    who = [v.id for v in VOICES.values() if v.speaks(locale)]
    if who:
        return f"{locale} is spoken by {', '.join(who)}"
    return "the local voices speak " + ", ".join(sorted({language(v.locale) for v in VOICES.values()}))


_VOICE_TAG = re.compile(r"<voice\b[^>]*?\bname\s*=\s*(\"[^\"]*\"|'[^']*')")


def voice_named(name: str) -> Voice:
    """The local voice for a name as a `voice` tag of SSML gives it: a local id, or one of the service's.

    Raises UsageError as `resolve_voice` does.
    """
    if name in VOICES:
        return VOICES[name]
    spoken = language_of_name(*named(name)) or "en"
    with suppress(UsageError):
        return resolve_voice(name, spoken)[0]
    return resolve_voice(name, spoken, VOICES)[0]


def language_of_name(provider: str, voice_id: str) -> str:
    """The locale that a voice's name tells, "" when it tells none: "de-DE" of "de-DE-KatjaNeural"."""
    if provider == "didgen" and voice_id in VOICES:
        return VOICES[voice_id].locale
    locale = re.match(r"[a-z]{2,3}-[A-Z]{2}(?=-)", voice_id)
    return describe(provider, voice_id)[0] or (locale.group() if locale else "")


def voices_of_ssml(markup: str) -> tuple[str, ...]:
    """Ids of the local voices that an SSML text's `voice` tags stand for; names nobody has are left out."""
    found = []
    for name in _VOICE_TAG.findall(markup):
        with suppress(UsageError):
            found.append(voice_named(name[1:-1]).id)
    return tuple(dict.fromkeys(found))
