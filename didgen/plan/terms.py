"""What D-ID takes, beyond what the models check: limits that are refused at their place, and what a writer should know.

From its documentation of 2023 and of today. What only the older one knows is sent all the same, and said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from didgen.api.wire import (
    AudioScript,
    Provider,
    RenderConfig,
    RenderRequest,
    Request,
    TalkRequest,
    TextScript,
    kind_of,
)
from didgen.catalog.drivers import SINGING, split_driver
from didgen.catalog.nearest import nearest
from didgen.catalog.providers import AMAZON_AT_D_ID, NEED_A_VOICE
from didgen.project.script import words_of
from didgen.secret import bare_url

SPOKEN_CHARS = 10_000
"""Of a text without its SSML tags; with them 40,000."""

_CONFIG = {
    "talk": frozenset(("stitch", "result_format", "fluent", "pad_audio", "logo", "driver_expressions")),
    "animation": frozenset(("stitch", "result_format", "logo", "mute", "max_animated_faces", "overlay")),
}
_FIELDS = {
    "talk": frozenset(("source_url", "script", "config", "user_data", "name", "webhook", "result_url")),
    "animation": frozenset(("source_url", "driver_url", "config", "face", "user_data", "webhook", "result_url")),
}
_WRITTEN = {"source_url": "source", "driver_url": "driver"}
_FORMATS = ("mp4", "mov")

_PICTURE = {
    "talk": re.compile(r"(https|s3)://.*\.(jpg|jpeg|png)", re.I),
    "animation": re.compile(r"(https|s3)://.*\.(jpg|jpeg|tiff|png|bmp)", re.I),
}
_SOUND = re.compile(r"(https|s3)://\S+\.(m4a|flac|mp3|mp4|wav)([?#][\w./=&#%-]+)?\Z", re.I)
_OVERLAY = re.compile(r"(https|s3)://.*\.(mp4|mov|mpeg)", re.I)
_ELEVENLABS = {
    "rate": (0.7, 1.2),
    "style": (0.0, 1.0),
    "stability": (0.0, 1.0),
    "similarity_boost": (0.0, 1.0),
}


_SPEAKS = frozenset(("style", "rate", "pitch"))
_VOICE: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "microsoft": (frozenset(("voice_id", "voice_config", "language")), _SPEAKS),
    "azure-openai": (frozenset(("voice_id", "voice_config", "language")), _SPEAKS),
    "elevenlabs": (
        frozenset(("voice_id", "voice_config", "language", "model_id")),
        frozenset((*_ELEVENLABS, "use_speaker_boost", "apply_language_text_normalization")),
    ),
    "amazon": (frozenset(("voice_id", "language")), frozenset()),
    "google": (frozenset(("voice_id",)), frozenset()),
}
"""What each provider's voice has, and its `voice_config`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What the service would refuse. keys: where it is written, below the scene."""

    keys: tuple[str, ...]
    message: str
    hint: str = ""


def faults(request: RenderRequest) -> list[Fault]:
    """What D-ID would refuse in a request whose local inputs are `file:` URLs."""
    kind = kind_of(request)
    found = [*_links(request, kind)]
    if isinstance(request, TalkRequest) and isinstance(request.script, TextScript):
        found += _text(request.script)
        found += _voice(request.script.provider)
    if request.user_data is not None and len(request.user_data.splitlines()) > 1:
        found.append(Fault(("user_data",), "has more than one line, and D-ID takes one"))
    return found


def notes(request: RenderRequest) -> list[str]:
    """What a writer should know of a request that is sent to D-ID."""
    return [note for note in (_outdated(request), *_remarks(request)) if note]


def _links(request: RenderRequest, kind: str) -> Iterator[Fault]:
    more = ", .tiff or .bmp" if kind == "animation" else ""
    yield from _link(("source",), request.source_url, _PICTURE[kind], f"a .jpg, .png{more}")
    config = request.config
    if config is not None and config.overlay is not None and not _OVERLAY.fullmatch(bare_url(config.overlay)):
        yield Fault(("config", "overlay"), "must be an https link to an .mp4, .mov or .mpeg video")
    if isinstance(request, TalkRequest) and isinstance(request.script, AudioScript):
        shape = "an .m4a, .flac, .mp3, .mp4 or .wav, in its query no + : ~ * , ;"
        yield from _link(("script", "audio"), request.script.audio_url, _SOUND, shape)


def _link(keys: tuple[str, ...], url: str, form: re.Pattern[str], shape: str) -> Iterator[Fault]:
    """Links that are passed on as they are; files are uploaded and get a link of the service."""
    if not url.startswith("file:") and not form.match(url):
        yield Fault(keys, f"D-ID does not take {bare_url(url)}", f"a link to {shape}")


def _text(script: TextScript) -> Iterator[Fault]:
    spoken = words_of(script.input) if script.ssml else script.input
    if len(spoken) > SPOKEN_CHARS:
        tags = ", SSML tags not counted" if script.ssml else ""
        yield Fault(
            ("script",),
            f"has {len(spoken):,} characters{tags}, and D-ID speaks at most {SPOKEN_CHARS:,}",
            "make two scenes of it",
        )


def _voice(provider: Provider | None) -> Iterator[Fault]:
    if provider is None:
        return
    if provider.type in NEED_A_VOICE and not provider.voice_id:
        yield Fault(
            ("voice",), f"names no voice_id, and {provider.type} needs one", "see `didgen voices --service d-id`"
        )
    config = provider.voice_config.model_dump(exclude_none=True) if provider.voice_config is not None else {}
    if provider.type == "elevenlabs":
        yield from _elevenlabs(config)


def _elevenlabs(config: Mapping[str, Any]) -> Iterator[Fault]:
    for key, (low, high) in _ELEVENLABS.items():
        if key in config and config[key] != "" and not low <= _number(config[key]) <= high:
            yield Fault(("voice", "voice_config", key), f"elevenlabs takes a number from {low:g} to {high:g}")


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return float("nan")


def _outdated(request: RenderRequest) -> str:
    """Keys that are sent though the documentation of today does not have them for this kind."""
    kind = kind_of(request)
    config = request.config or RenderConfig()
    written = [_WRITTEN.get(k, k) for k in sorted(_set(request) - _FIELDS[kind])]
    written += [f"config.{k}" for k in sorted(_set(config) - _CONFIG[kind])]
    if config.result_format not in _FORMATS:
        written.append(f"config.result_format: {config.result_format}")
    if kind == "talk" and isinstance(config.logo, bool):
        written.append(f"config.logo: {str(config.logo).lower()}")
    script = request.script if isinstance(request, TalkRequest) else None
    if isinstance(script, AudioScript) and script.reduce_noise:
        written.append("script.reduce_noise")
    provider = script.provider if isinstance(script, TextScript) else None
    if provider is not None:
        written += _outdated_voice(provider)
    return f"D-ID does not document {', '.join(written)} for {kind}s any more; sent all the same" if written else ""


def _outdated_voice(provider: Provider) -> list[str]:
    if provider.type not in _VOICE:
        return [f"the provider {provider.type}"]
    keys, config_keys = _VOICE[provider.type]
    config = _set(provider.voice_config) if provider.voice_config is not None else set()
    written = [f"voice.{key}" for key in sorted(_set(provider) - keys - {"type"})]
    if "voice_config" in keys:
        written += [f"voice.voice_config.{key}" for key in sorted(config - config_keys)]
    return written


def _set(model: Request) -> set[str]:
    return {key for key in model.model_fields_set if getattr(model, key) is not None}


def _remarks(request: RenderRequest) -> Iterator[str]:
    config = request.config or RenderConfig()
    if config.stitch:
        yield "stitch needs an account whose plan allows it; D-ID answers 403 where it does not"
    driver = request.driver_url or ""
    bank = split_driver(driver)[0] if driver.startswith("bank://") else ""
    if bank == SINGING and config.mute is not False:
        yield f"{bank} sings only with `config: {{mute: false}}`"
    if config.max_animated_faces is not None and not config.stitch:
        yield "max_animated_faces counts with stitch only"
    script = request.script if isinstance(request, TalkRequest) else None
    provider = script.provider if isinstance(script, TextScript) else None
    if provider is not None and provider.type == "amazon" and provider.voice_id not in AMAZON_AT_D_ID:
        near = nearest(provider.voice_id or "", sorted(AMAZON_AT_D_ID))
        hint = f" ({near})" if near.startswith("did") else ""
        yield f"amazon's {provider.voice_id} is not among the voices that D-ID documents{hint}"
