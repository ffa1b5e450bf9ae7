"""What of a request the local engine looks at: the rest changes no pixel and no sample there, so it is no identity."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from didgen.api.wire import RenderConfig, RenderRequest
from didgen.catalog.drivers import SINGING, split_driver

DRIVER_VIDEO_ONLY = ("align_driver", "auto_match")
CROP_ONLY = ("sharpen", "align_expand_factor")
FACE = ("size", "top_left")
FOR_SERVICES = ("webhook", "result_url", "persist")
FACES = 5
"""Faces that move where nobody says how many: the service's default."""
SHORTEST_TRANSITION = 6
"""Frames. The engine's own number (`engine.motion.expressions`); a test holds the two together."""


def drawn(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request as the identity has it, config written out and files as digests, with the default for what is ignored.

    By name, so that a new field counts until it is said here not to.
    """
    script, config = dict(request.get("script") or {}), dict(request["config"])
    if script.get("type") == "audio":
        script["reduce_noise"] = bool(script["reduce_noise"] or config["reduce_noise"])
    if script.get("type") == "audio" or config["result_format"] == "gif":
        script |= {"subtitles": False} if script else {}  # nobody knows the words; it has no room for them
    by_video = isinstance(request.get("driver_url"), dict)
    config |= _defaults(_ignored(config, talk=bool(script), by_video=by_video))
    if not script and not by_video and not _sings(request.get("driver_url")):
        config["mute"] = True  # the other banks are silent
    if not script and config["stitch"] and not request.get("face"):
        config["max_animated_faces"] = config["max_animated_faces"] or FACES
    else:
        config["max_animated_faces"] = None  # one moves
    config["driver_expressions"] = _moods(config["driver_expressions"])
    face = request.get("face")
    return {
        **request,
        **({"script": script} if script else {}),
        "face": {key: face[key] for key in FACE} if face else None,
        "config": config,
    }


def _sings(driver: str | None) -> bool:
    return driver is not None and split_driver(driver)[0] == SINGING


def _ignored(config: Mapping[str, Any], *, talk: bool, by_video: bool) -> set[str]:
    """Keys of `config` that are nothing to this kind of scene."""
    ignored = {"reduce_noise"}  # of noise the script says it
    ignored |= set(CROP_ONLY) if config["stitch"] else set()
    ignored |= set() if by_video else set(DRIVER_VIDEO_ONLY)
    ignored |= {"mute", "overlay"} if talk else {"driver_expressions"}
    return ignored | ({"pad_audio"} if by_video and not talk else set())


def _defaults(keys: set[str]) -> dict[str, Any]:
    return {**unset_config().model_dump(mode="json", include=keys), "reduce_noise": False}


def _moods(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Expressions; None for an empty list, which is none, and no transition shorter than a face can."""
    if not given or not given["expressions"]:
        return None
    return {**given, "transition_frames": max(given["transition_frames"], SHORTEST_TRANSITION)}


@cache
def unset_config() -> RenderConfig:
    """What a request asks for that has no `config`."""
    return RenderConfig()


def unused(request: RenderRequest) -> list[str]:
    """A note on what a request asks of a service and the local engine makes no use of; none when there is nothing."""
    keys = [key for key in FOR_SERVICES if getattr(request, key) is not None]
    return [f"the local engine makes no use of {', '.join(keys)}"] if keys else []
