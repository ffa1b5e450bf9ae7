"""From the wire to the engine: a request of the service becomes a `Shot`, and a `Shot` crosses a pipe as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

from didgen.digest import canonical_json, sha256_bytes, sha256_file
from didgen.engine import shot as engine
from didgen.errors import DidgenError, RenderError
from didgen.secret import bare_url

if TYPE_CHECKING:
    from didgen.api import wire
    from didgen.catalog.delivery import Delivery

_CHARACTERS_PER_S = 12.0  # slow speech: the watchdog's guess may be long, never short
_BYTES_PER_S = 4000.0  # of a thinly coded recording, for the same reason
_LONGEST_AUDIO_S = 600.0  # what is accepted
_LONGEST_DRIVER_S = 300.0  # of a driver of one's own, as much as is followed
_LONGEST_TAKE_S = 60.0  # of a bank: songs are the longest


def to_shot(request: wire.RenderRequest) -> tuple[engine.Shot, tuple[str, ...]]:
    """What the engine is asked for by `request`, and notes on what it does otherwise than the service.

    The seed is the pictured person's, by the photo's digest: equal requests render equal bytes wherever the files lie,
    and an edited script or config leaves the motion of what it does not touch. Raises RenderError in the
    service's kinds for what only the service can do.
    """
    config = request.config
    source = _local_file(request.source_url, "source_url", "BadRequestError", "invalid source url")
    script, notes = _script(request)
    shot = engine.Shot(
        source=source,
        script=script,
        driver=_driver(request.driver_url),
        config=_config(config, talk=script is not None),
        face=_face(request.face),
        seed=_seed(request),
    )
    return shot, notes


def length_guess_s(shot: engine.Shot) -> float:
    """About how long the video will be at most, in seconds: for the watchdog, before anything is known."""
    if isinstance(shot.script, engine.TextScript):
        return len(shot.script.text) / _CHARACTERS_PER_S / shot.script.rate + shot.config.pad_audio_s
    if isinstance(shot.script, engine.AudioScript):
        return min(shot.script.path.stat().st_size / _BYTES_PER_S, _LONGEST_AUDIO_S) + shot.config.pad_audio_s
    return _LONGEST_DRIVER_S if isinstance(shot.driver, Path) else _LONGEST_TAKE_S


def file_path(url: str) -> Path | None:
    """The path a `file:` URL names; None for any other URL."""
    parts = urlsplit(url)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return Path(unquote(parts.path))


def _local_file(url: str, field: str, kind: str, message: str) -> Path:
    path = file_path(url)
    if path is None:
        raise RenderError(
            kind, f"{message}: {bare_url(url)}", hint=f"the local engine renders files; {field} names none"
        )
    if not path.is_file():
        raise RenderError(kind, f"{message}: {path.name} does not exist")
    return path


def _script(request: wire.RenderRequest) -> tuple[engine.TextScript | engine.AudioScript | None, tuple[str, ...]]:
    script = getattr(request, "script", None)
    if script is None:
        return None, ()
    if script.type == "audio":
        path = _local_file(script.audio_url, "script.audio_url", "BadRequestError", "invalid audio url")
        in_config = request.config is not None and request.config.reduce_noise
        return engine.AudioScript(path, script.reduce_noise or bool(in_config)), ()
    voice, note = _voice(script.provider)
    if not script.ssml:
        _check_readable(script.input, voice)
    delivery, left_out = _delivery(script.provider)
    text = engine.TextScript(script.input, voice, delivery.rate, script.ssml, delivery.pitch_st)
    return text, tuple(filter(None, (note, left_out)))


def _voice(provider: wire.Provider | None) -> tuple[str, str]:
    """The local voice for a provider, and a note when it stands in for another one."""
    from didgen.catalog import local_voices, voices

    if provider is None or not provider.voice_id:
        return local_voices.DEFAULT, ""
    if provider.type == "didgen" and provider.voice_id in local_voices.VOICES:
        return provider.voice_id, ""
    given: str | dict[str, Any] = provider.voice_id
    if provider.type != "didgen":
        given = {"provider": provider.type, "voice_id": provider.voice_id}
    try:
        voice, note = voices.resolve_voice(given, _locale(provider), voices.installed())
    except DidgenError as error:
        raise RenderError("TextToSpeechProviderError", error.message, hint=error.hint) from error
    return voice.id, note


def _check_readable(text: str, voice: str) -> None:
    """Raises RenderError for a text that its voice cannot read. SSML may name several, and the engine will see."""
    from didgen.catalog.languages import unreadable, wordless
    from didgen.catalog.local_voices import VOICES

    if wordless(text):
        raise RenderError("ValidationError", "the script has nothing to say", hint="write at least one word")
    if why := unreadable(text, VOICES[voice].locale):
        raise RenderError("ValidationError", f"the voice {voice} {why}", hint="choose one of its language")


def _locale(provider: wire.Provider) -> str:
    """The locale that is asked for, or that the voice's name tells; English where neither does."""
    from didgen.catalog.voices import language_of_name

    asked = provider.language or ""
    if re.fullmatch(r"[A-Za-z]{2,3}([-_].+)?", asked):
        return asked
    return language_of_name(provider.type, provider.voice_id or "") or "en"


def _delivery(provider: wire.Provider | None) -> tuple[Delivery, str]:
    """Pace and pitch that `voice_config` asks for, and a note on what it asks in vain."""
    from didgen.catalog.delivery import delivery_of

    config = provider.voice_config if provider is not None else None
    try:
        return delivery_of(config.model_dump(exclude_none=True) if config is not None else None)
    except DidgenError as error:
        raise RenderError("ValidationError", error.message, hint=error.hint) from error


def _driver(url: str | None) -> str | Path | None:
    if url is None or url.startswith("bank:"):
        return url
    return _local_file(url, "driver_url", "DriverError", "invalid driver")


def _config(config: wire.RenderConfig | None, *, talk: bool) -> engine.Config:
    from didgen.api.wire import RenderConfig

    given = config or RenderConfig()
    faces = given.driver_expressions
    entries = faces.expressions if faces else ()
    motion = given.motion_factor
    return engine.Config(
        stitch=given.stitch,
        fluent=given.fluent,
        pad_audio_s=given.pad_audio,
        align_driver=given.align_driver,
        auto_match=given.auto_match,
        align_expand_factor=given.align_expand_factor,
        motion_factor=motion if motion is not None else (1.0 if talk else 0.75),
        normalization_factor=given.normalization_factor,
        sharpen=given.sharpen,
        output_resolution=given.output_resolution,
        max_animated_faces=given.max_animated_faces or engine.Config().max_animated_faces,
        mute=given.mute is not False,
        result_format=given.result_format,
        logo=_logo(given.logo),
        overlay=None if talk else _overlay(given.overlay),
        expressions=tuple(engine.Expression(e.expression, e.start_frame, e.intensity) for e in entries),
        transition_frames=faces.transition_frames if faces else 0,
    )


def _logo(logo: wire.Logo | bool | None) -> engine.Logo | Literal["ai"] | None:
    """Somebody's own picture; the visible mark where nothing is said, as the service has it; none for false."""
    if isinstance(logo, bool) or logo is None:
        return None if logo is False else "ai"
    path = _local_file(logo.url, "config.logo.url", "LogoError", "invalid logo")
    return engine.Logo(path, *logo.position)


def _overlay(url: str | None) -> Path | None:
    return _local_file(url, "config.overlay", "VideoEnhanceError", "invalid overlay") if url else None


def _face(face: wire.FaceSquare | None) -> engine.FaceSquare | None:
    return engine.FaceSquare(face.top_left[0], face.top_left[1], face.size) if face is not None else None


def _seed(request: wire.RenderRequest) -> int:
    """63 bits of who is pictured. What is said and which driver moves are joined to it where motion is made."""
    path = file_path(request.source_url)
    face = request.face.model_dump(mode="json", include={"size", "top_left"}) if request.face is not None else None
    return int(sha256_bytes(canonical_json([sha256_file(path) if path else request.source_url, face]))[:16], 16) >> 1


def shot_to_json(shot: engine.Shot) -> dict[str, Any]:
    """A shot as plain JSON values; paths carry their own key, so that none is taken for a bank's name."""
    fields = asdict(shot)
    fields["source"] = str(shot.source)
    if isinstance(shot.script, engine.AudioScript):
        fields["script"] = {"path": str(shot.script.path), "reduce_noise": shot.script.reduce_noise}
    if isinstance(shot.driver, Path):
        fields["driver"] = {"path": str(shot.driver)}
    if isinstance(shot.config.logo, engine.Logo):
        fields["config"]["logo"] = {**fields["config"]["logo"], "path": str(shot.config.logo.path)}
    if shot.config.overlay is not None:
        fields["config"]["overlay"] = str(shot.config.overlay)
    return fields


def shot_from_json(fields: Mapping[str, Any]) -> engine.Shot:
    """The shot that `shot_to_json` wrote down."""
    config = dict(fields["config"])
    config["expressions"] = tuple(engine.Expression(**entry) for entry in config["expressions"])
    driver, face, logo = fields["driver"], fields["face"], config["logo"]
    if isinstance(logo, dict):
        config["logo"] = engine.Logo(**{**logo, "path": Path(logo["path"])})
    if config["overlay"] is not None:
        config["overlay"] = Path(config["overlay"])
    return engine.Shot(
        source=Path(fields["source"]),
        script=_script_from_json(fields["script"]),
        driver=Path(driver["path"]) if isinstance(driver, dict) else driver,
        config=engine.Config(**config),
        face=engine.FaceSquare(**face) if face is not None else None,
        seed=fields["seed"],
    )


def _script_from_json(fields: Mapping[str, Any] | None) -> engine.TextScript | engine.AudioScript | None:
    if fields is None:
        return None
    if "path" in fields:
        return engine.AudioScript(Path(fields["path"]), fields["reduce_noise"])
    return engine.TextScript(**fields)
