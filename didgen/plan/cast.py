"""Who speaks a text, in the form its renderer understands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from didgen.api.wire import Provider
from didgen.catalog.delivery import Delivery, delivery_of, speaking_rate
from didgen.catalog.languages import unreadable
from didgen.catalog.local_voices import VOICES
from didgen.catalog.voices import named, resolve_voice, service_voice
from didgen.errors import UsageError
from didgen.plan.identity import ServiceId


class Cast:
    """The voices of one project's scenes; each is looked for once, however many scenes it speaks.

    available: local voices that can speak.
    """

    def __init__(self, service: ServiceId, available: Collection[str]) -> None:
        self._service = service
        self._available = available
        self._found: dict[str, tuple[Provider | None, str]] = {}

    def provider(self, written: Mapping[str, Any] | None, locale: str) -> tuple[Provider | None, str]:
        """The provider to send for a voice as written, and a note when it stands in for another.

        The local engine always gets one of its own voices, so that what it is does not depend on the name it was asked
        by. D-ID gets its own providers; None leaves the choice to it. Another server that speaks the API is given what
        was written: most are ours. Raises UsageError as `resolve_voice` does.
        """
        key = f"{locale} {written}"
        if key not in self._found:
            self._found[key] = self._choose(written, locale)
        return self._found[key]

    def unreadable(self, text: str, speaker: str) -> str:
        """Why the local voice `speaker` cannot read a text, "" when it can; other services are not asked."""
        voice = VOICES.get(speaker) if self._service.local else None
        return unreadable(text, voice.locale) if voice is not None else ""

    def _choose(self, written: Mapping[str, Any] | None, locale: str) -> tuple[Provider | None, str]:
        if self._service.local:
            voice, note = resolve_voice(written, locale, self._available)
            delivery, left_out = delivery_of((written or {}).get("voice_config"))
            return _local(voice.id, delivery), "; ".join(filter(None, (note, left_out)))
        if written is not None and not self._service.is_d_id and named(written)[0] == "didgen":
            return Provider(**_form(written, "didgen")), ""
        form, note = service_voice(written, locale)
        return (Provider(**form) if form is not None else None), note


def rate_of(provider: Provider | None) -> float:
    """The pace a provider was asked for, for estimates; 1 where its word is the service's own business."""
    config = provider.voice_config if provider is not None else None
    if config is None:
        return 1.0
    try:
        return speaking_rate(config.rate)
    except UsageError:
        return 1.0


def _local(voice_id: str, delivery: Delivery) -> Provider:
    """What the voice is to do, in numbers: two ways of asking for the same sound must have one fingerprint."""
    config = {}
    if delivery.rate != 1.0:
        config["rate"] = f"{delivery.rate:g}"
    if delivery.pitch_st:
        config["pitch"] = f"{delivery.pitch_st:+g}st"
    form: dict[str, Any] = {"type": "didgen", "voice_id": voice_id}
    return Provider.model_validate({**form, "voice_config": config} if config else form)


def _form(written: Mapping[str, Any], provider: str) -> dict[str, Any]:
    return {"type": provider, **{key: value for key, value in written.items() if key != "provider"}}
