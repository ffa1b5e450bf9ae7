"""What a talk says: its script as it is sent, and how long that is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from didgen.api.wire import AudioScript, Provider, TextScript
from didgen.catalog.languages import wordless
from didgen.errors import DidgenError
from didgen.plan.cast import rate_of
from didgen.plan.context import Context
from didgen.plan.estimate import Length, recording_length, text_length, unseen_recording_length
from didgen.plan.merge import Merged
from didgen.project.models import ScriptSpec
from didgen.project.script import Text


@dataclass(slots=True)
class Spoken:
    """A talk's script as it is sent, what captions show, and how long it is about."""

    script: TextScript | AudioScript
    text: Text
    length: Length


def spoken(context: Context, script: ScriptSpec, merged: Merged) -> Spoken | None:
    """What the scene says, in the voice of its values; None when something is wrong with it, which is told."""
    pad_s = float((merged.values.get("config") or {}).get("pad_audio") or 0.0)
    if script.audio is not None:
        return _recording(context, script, script.audio, pad_s)
    return _text(context, script, merged, pad_s)


def _text(context: Context, script: ScriptSpec, merged: Merged, pad_s: float) -> Spoken | None:
    wrong = len(context.problems)
    provider = _voice(context, merged)
    text, problems = context.texts.take(script, context.instance, context.notes)
    context.problems += problems
    if text is None or len(context.problems) > wrong:
        return None
    flags: dict[str, Any] = {key: on for key in ("ssml", "subtitles") if (on := getattr(script, key)) is not None}
    if provider is not None:
        flags["provider"] = provider
    speaker = (provider.voice_id if provider else None) or ""
    at = ("scenes", context.number, "script")
    if context.service.local and not script.ssml and wordless(text.spoken):
        context.fail("the script has nothing to say", at, "write at least one word")
        return None
    if not script.ssml and (why := context.cast.unreadable(text.spoken, speaker)):
        context.fail(f"the voice {speaker} {why}", at, "choose one of its language")
        return None
    length = text_length(text.spoken, speaker, context.instance.locale, rate=rate_of(provider), pad_s=pad_s)
    return Spoken(TextScript(input=text.spoken, **flags), text, length)


def _recording(context: Context, script: ScriptSpec, written: str, pad_s: float) -> Spoken | None:
    path = ("scenes", context.number, "script", "audio")
    name = context.filled(written, path)
    if name is None:
        return None
    url = context.input("audio_url", name, path)
    flags = script.model_dump(include={"subtitles", "reduce_noise"}, exclude_none=True)
    return Spoken(AudioScript(audio_url=url, **flags), Text("", ""), _recording_length(context, pad_s))


def _recording_length(context: Context, pad_s: float) -> Length:
    given = context.inputs.found.get("audio_url")
    if given is None:
        return unseen_recording_length(pad_s=pad_s)
    length = recording_length(given.path, pad_s=pad_s)
    if length.most_s > length.seconds and not context.service.local:
        context.notes.append("the recording's file does not tell how long it is: guessed from its size")
    return length


def _voice(context: Context, merged: Merged) -> Provider | None:
    if "voice" in merged.values and merged.values["voice"] is None:
        return None
    try:
        provider, note = context.cast.provider(merged.values.get("voice"), context.instance.locale)
    except DidgenError as error:
        at = merged.places.get("voice", ("scenes", context.number, "script"))
        context.fail(error.message, at, error.hint)
        return None
    if note:
        context.notes.append(note)
    return provider
