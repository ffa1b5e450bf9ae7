"""What decides a render: the whole resolved request, inputs as digests, and who renders it.

By exclusion: every field of the wire models counts unless it is named in NOT_IDENTITY or, for the local engine, in
`drawn`, so that a new one cannot be forgotten. A field that is not set is left out, so that a new optional one changes
nothing for those who do not use it.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from didgen.api.wire import AudioScript, RenderRequest, TalkRequest, TextScript, kind_of
from didgen.catalog import versions
from didgen.catalog.local_voices import DEFAULT, VOICES
from didgen.catalog.services import (
    D_ID,
    D_ID_HOST,
    LOCAL,
    credit_seconds,
    is_paid,
    is_service,
    service_hint,
    service_name,
    unknown_service,
)
from didgen.catalog.voices import voices_of_ssml
from didgen.digest import canonical_json, sha256_bytes
from didgen.errors import UsageError
from didgen.plan.drawn import drawn, unset_config
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.scene import Input
from didgen.secret import sealed_url

NOT_IDENTITY = ("user_data", "name", "webhook", "result_url", "persist")
"""Fields of a request that do not change a pixel or a sample."""

INPUT_FIELDS = {
    "source_url": ("source_url",),
    "driver_url": ("driver_url",),
    "audio_url": ("script", "audio_url"),
    "logo_url": ("config", "logo", "url"),
    "overlay_url": ("config", "overlay"),
}
"""Where the request carries each input of a scene."""


@dataclass(frozen=True, slots=True)
class ServiceId:
    """Who renders, as far as planning must know. name: local, d-id or a base URL. host: "" for the local engine.

    paid: whether its renders cost money (`catalog.services.is_paid`). credit_s: how many seconds of video a credit buys
    there, None where nobody knows (`catalog.services.credit_seconds`).
    """

    name: str
    host: str = ""
    paid: bool = False
    credit_s: float | None = None

    @property
    def local(self) -> bool:
        return not self.host

    @property
    def is_d_id(self) -> bool:
        return self.host == D_ID_HOST

    @property
    def base_url(self) -> str:
        """Where the API of a service begins; "" for the local engine."""
        return f"https://{D_ID_HOST}" if self.is_d_id else self.name if self.host else ""


def service_id(name: str, *, paid_at_home: bool = False, credit_s: float | None = None) -> ServiceId:
    """The service of a name as written in `service:` or --service. Raises UsageError for a name nobody has.

    paid_at_home: the setting `paid`, that servers on this machine cost money as well. credit_s: the setting of that
    name, about services that are not D-ID; 0 says that they are free.
    """
    if not is_service(name):
        raise UsageError(unknown_service(name), hint=service_hint(name))
    name = service_name(name)
    if name == LOCAL:
        return ServiceId(LOCAL)
    if name == D_ID:
        return ServiceId(D_ID, D_ID_HOST, paid=True, credit_s=credit_seconds(D_ID))
    parts = urlsplit(name)
    host = (parts.netloc + parts.path.rstrip("/")).lower()
    paid = is_paid(name, at_home=paid_at_home) and credit_s != 0
    return ServiceId(name, host, paid, credit_seconds(name, credit_s) if paid else None)


def identity_of(request: RenderRequest, inputs: Mapping[str, Input], service: ServiceId) -> dict[str, Any]:
    """The identity of one render: plain JSON, in parts that `reasons` can explain."""
    wire = request.model_dump(mode="json", exclude=set(NOT_IDENTITY))
    wire["config"] = _full_config(request)
    for name, given in inputs.items():
        _put(wire, INPUT_FIELDS[name], {"sha256": given.digest, "prepared": given.prepared or None})
    wire = _sealed(wire)
    if service.local:
        wire = drawn(wire)
    return {
        "format": versions.IDENTITY_FORMAT,
        "kind": kind_of(request),
        "service": _renderer(request, service),
        "request": _without_none(wire),
    }


class Identities:
    """Identities and fingerprints of one project's renders. What scenes have in common but their words is made once:
    of ten thousand scenes that differ in nothing else each costs a digest of its own words."""

    def __init__(self, service: ServiceId) -> None:
        self._service = service
        self._frames: dict[tuple[Any, ...], _Frame] = {}

    def of(
        self, request: RenderRequest, inputs: Mapping[str, Input], alike: Hashable = None
    ) -> tuple[dict[str, Any], str]:
        """As `identity_of` and `fingerprint_of` make them.

        alike: the same for requests that differ in nothing but their script, if the caller knows; None looks.
        """
        script = request.script if isinstance(request, TalkRequest) else None
        if not isinstance(script, TextScript) or script.ssml:  # tags may name voices, and so models
            identity = identity_of(request, inputs, self._service)
            return identity, fingerprint_of(identity)
        key: tuple[Any, ...] = (alike, script.subtitles)
        if alike is None:
            rest = request.model_dump_json(exclude=_ALL_BUT_WORDS)
            key = (rest, *((name, one.digest, one.prepared) for name, one in inputs.items()))
        frame = self._frames.get(key)
        if frame is None:
            hollow = request.model_copy(update={"script": script.model_copy(update={"input": _HOLE})})
            frame = self._frames[key] = _Frame(identity_of(hollow, inputs, self._service))
        return frame.filled(script.input)


_ALL_BUT_WORDS: Any = {**dict.fromkeys(NOT_IDENTITY, True), "script": {"input": True}}
_HOLE = "\ue000 the words \ue000"


class _Frame:
    """An identity without its words."""

    def __init__(self, hollow: dict[str, Any]) -> None:
        self._hollow = hollow
        before, *after = canonical_json(hollow).split(canonical_json(_HOLE))
        self._parts = (before, after[0]) if len(after) == 1 else None  # somebody's voice is called as the hole is

    def filled(self, words: str) -> tuple[dict[str, Any], str]:
        """The identity with these words, and its fingerprint."""
        request = self._hollow["request"]
        identity = {**self._hollow, "request": {**request, "script": {**request["script"], "input": words}}}
        if self._parts is None:
            return identity, fingerprint_of(identity)
        before, after = self._parts
        return identity, sha256_bytes(before + canonical_json(words) + after)


def _full_config(request: RenderRequest) -> dict[str, Any]:
    """The config with the defaults written out that differ by kind."""
    talk = isinstance(request, TalkRequest)
    config = (request.config or unset_config()).model_dump(mode="json")
    if config["motion_factor"] is None:
        config["motion_factor"] = 1.0 if talk else 0.75
    if config["mute"] is None and not talk:
        config["mute"] = True
    if config["logo"] is True:
        config["logo"] = None  # what the service does unasked
    if config["reduce_noise"] is None:
        config["reduce_noise"] = False
    return config


def _renderer(request: RenderRequest, service: ServiceId) -> dict[str, Any]:
    if not service.local:
        return {"host": service.host}
    speech = {name: versions.SPEECH_MODELS[name] for name in _speech_models(request)}
    return {"engine": versions.ENGINE, "models": versions.MODELS | speech}


def _speech_models(request: RenderRequest) -> set[str]:
    """The speech models that this render uses: those of its voice, or the net that reads lips from sound."""
    script = request.script if isinstance(request, TalkRequest) else None
    if isinstance(script, AudioScript):
        return {"viseme-net.npz", "silero-vad.onnx"}
    if not isinstance(script, TextScript):
        return set()
    name = script.provider.voice_id if script.provider else None
    tagged = voices_of_ssml(script.input) if script.ssml else ()
    return {model for voice in (name, *tagged) for model in VOICES.get(voice or "", VOICES[DEFAULT]).models}


def _put(wire: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    for step in path[:-1]:
        wire = wire[step]
    wire[path[-1]] = value


def _sealed(value: Any) -> Any:
    """The same without what signs the links in it, since it is kept; what is spoken counts as it stands."""
    if isinstance(value, dict):
        return {k: v if k == "input" else _sealed(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_sealed(v) for v in value]
    return sealed_url(value) if isinstance(value, str) and "://" in value else value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    if isinstance(value, list):
        return [_without_none(v) for v in value]
    return value
