"""The files that a request names: where they stand in it, and the same request with them as local files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from didgen.api.wire import AnimationRequest, Logo, RenderConfig, RenderRequest, TalkRequest

SETTING = "setting:"
"""What stands before the file of the account's logo in a request that got it from there."""

Use = Literal["picture", "logo", "sound", "video", "overlay", "recording"]
"""recording: an upload that may become a sound, a driver or an overlay."""


@dataclass(frozen=True, slots=True)
class Named:
    """A file that a request names. field: of the request; what: as refusals call it; use: what it has to be."""

    field: str
    what: str
    use: Use
    url: str


def named_in(request: RenderRequest) -> Iterator[Named]:
    """Every file that a request names; drivers of the bank are none."""
    yield Named("source_url", "source url", "picture", request.source_url)
    if request.driver_url is not None and not request.driver_url.startswith("bank://"):
        yield Named("driver_url", "driver url", "video", request.driver_url)
    if isinstance(request, TalkRequest) and request.script.type == "audio":
        yield Named("audio_url", "audio url", "sound", request.script.audio_url)
    if request.config is not None and isinstance(request.config.logo, Logo):
        yield Named("logo", "logo url", "logo", request.config.logo.url)
    if isinstance(request, AnimationRequest) and request.config is not None and request.config.overlay:
        yield Named("overlay", "overlay url", "overlay", request.config.overlay)


def with_logo(request: RenderRequest, logo: Mapping[str, Any] | None) -> tuple[RenderRequest, str]:
    """The request with the account's logo where it names none and does not say it wants none, and the logo's file; the
    request itself and "" where nothing is added. logo: `{"file", "position"}`."""
    config = request.config or RenderConfig()
    if logo is None or config.logo is not None:
        return request, ""
    url = f"{SETTING}{logo['file']}"
    changed = config.model_copy(update={"logo": Logo(url=url, position=tuple(logo["position"]))})
    return request.model_copy(update={"config": changed}), logo["file"]


def localised(request: RenderRequest, inputs: Mapping[str, str], uploads: Path) -> RenderRequest:
    """The request as the renderer takes it: `file:` URLs of what lies in uploads. inputs: field → name there."""
    urls = {field: (uploads / name).absolute().as_uri() for field, name in inputs.items()}
    changes: dict[str, Any] = {name: urls[name] for name in ("source_url", "driver_url") if name in urls}
    if "audio_url" in urls and isinstance(request, TalkRequest):
        changes["script"] = request.script.model_copy(update={"audio_url": urls["audio_url"]})
    config = request.config
    if config is not None and "logo" in urls and isinstance(config.logo, Logo):
        config = config.model_copy(update={"logo": config.logo.model_copy(update={"url": urls["logo"]})})
    if config is not None and "overlay" in urls:
        config = config.model_copy(update={"overlay": urls["overlay"]})
    if config is not request.config:
        changes["config"] = config
    return request.model_copy(update=changes)
