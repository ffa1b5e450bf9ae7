"""The members of a scene's request that do not depend on what is said, and what of them does not fit."""

from __future__ import annotations

from typing import Any

from didgen.api.wire import TAG_CHARS, USER_DATA_CHARS, RenderConfig, RenderRequest
from didgen.catalog.drivers import is_driver_file, resolve_driver
from didgen.errors import DidgenError, Problem
from didgen.plan import terms
from didgen.plan.context import Context, Path
from didgen.plan.drawn import unused
from didgen.plan.merge import ANIMATION_ONLY, TALK_ONLY, Merged, written_at

CARRIED = ("face", "user_data", "webhook", "result_url", "persist", "name")
"""Keys of a scene that the request carries under the same name and as they are written."""


def members(context: Context, merged: Merged) -> dict[str, Any]:
    """What the requests of talks and animations share, by wire field."""
    values = {key: value for key, value in merged.values.items() if key in CARRIED}
    _check_room(context, values.get("user_data") or "", merged)
    _note_own_bucket(context, str(values.get("result_url") or ""))
    if merged.values.get("source"):
        values["source_url"] = context.input("source_url", merged.values["source"], merged.places["source"])
    elif merged.values.get("source") == "":
        context.fail("is empty", merged.places["source"], "name a picture, or leave it out for that of `defaults`")
    elif "source" not in merged.values:
        context.fail("has no source", ("scenes", context.number), "name a picture here or under `defaults`")
    if merged.values.get("driver"):
        values["driver_url"] = _driver(context, merged.values["driver"], merged.places["driver"])
    if "config" in merged.values:
        values["config"] = _config(context, dict(merged.values["config"]))
    return values


def check_kind(context: Context, merged: Merged) -> None:
    """What the scene itself says that does not fit its kind."""
    talk = context.spec.kind == "talk"
    path: Path = ("scenes", context.number)
    if not talk and context.spec.voice is not None:
        context.fail("an animation has no voice", (*path, "voice"), "give the scene a script, or leave this out")
    for key in merged.values.get("config") or {}:
        if key in (ANIMATION_ONLY if talk else TALK_ONLY):
            kind, this = ("animations", "a talk") if talk else ("talks", "an animation")
            context.fail(f"belongs to {kind}, and this is {this}", (*path, "config", key))


def check_suffix(context: Context, merged: Merged) -> None:
    """A file that is called what it is not would be opened by the wrong program."""
    template, made = context.instance.template, (merged.values.get("config") or {}).get("result_format") or "mp4"
    if template is not None and template.suffix not in ("", made):
        message = f"ends in .{template.suffix}, and {context.instance.address} is made as {made}"
        context.problems.append(Problem(message, template.place, template.field, "leave the suffix out"))


def check_terms(context: Context, request: RenderRequest, merged: Merged) -> None:
    """What the renderer does not take, and what it makes no use of."""
    if context.service.local:
        context.notes += unused(request)
    elif context.service.is_d_id:
        context.notes += terms.notes(request)
        for fault in terms.faults(request):
            head, *rest = fault.keys
            at = (*merged.places.get(head, ("scenes", context.number, head)), *rest)
            context.fail(fault.message, at, fault.hint)


def _check_room(context: Context, user_data: str, merged: Merged) -> None:
    """A paid job carries our tag as well, in what the user's own data leave free."""
    room = USER_DATA_CHARS - TAG_CHARS
    if context.service.paid and len(user_data) > room:
        message = f"is {len(user_data)} characters long, and {room} is the limit: the tag a job is known by comes after"
        context.fail(message, merged.places["user_data"], "shorten it")


def _note_own_bucket(context: Context, url: str) -> None:
    """Where the video is written is the user's affair, and to bring it from there we have no keys."""
    if url and not context.service.local:
        unread = "an s3:// link cannot be read" if url.startswith("s3:") else "one that needs them cannot be read"
        context.notes.append(f"result_url: the video is brought from there without your bucket's keys; {unread}")


def _driver(context: Context, written: str, path: Path) -> str:
    if is_driver_file(written):
        return context.input("driver_url", written, path)
    try:
        driver = resolve_driver(written, context.spec.kind)
    except DidgenError as error:
        context.fail(error.message, path, error.hint)
        return "unusable"
    return driver if driver.startswith("bank://") else context.input("driver_url", driver, path)


def _config(context: Context, config: dict[str, Any]) -> RenderConfig:
    if isinstance(config.get("logo"), dict):
        url = context.input("logo_url", config["logo"]["url"], _place(context, "config", "logo", "url"))
        config["logo"] = {**config["logo"], "url": url}
    if context.spec.kind == "animation" and config.get("overlay") is not None:
        config["overlay"] = context.input("overlay_url", config["overlay"], _place(context, "config", "overlay"))
    if context.service.local and config.get("logo") is False:
        context.notes.append("logo: false, so nothing in the picture says that it is AI-generated")
    return RenderConfig(**config)


def _place(context: Context, *keys: str) -> Path:
    return written_at(context.project, context.number, context.instance.locale, *keys)
