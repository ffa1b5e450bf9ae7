"""One scene after the other made whole. What scenes that differ in their words alone have in common is made once: ten
thousand of them cost little more than their words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from didgen.api.wire import AnimationRequest, AudioScript, RenderRequest, TalkRequest
from didgen.plan.context import Context
from didgen.plan.drawn import unset_config
from didgen.plan.estimate import Length, animation_length
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import Identities
from didgen.plan.inputs import driver_s
from didgen.plan.merge import OWN, Merged, merge
from didgen.plan.request import check_kind, check_suffix, check_terms, members
from didgen.plan.rights import Rights, needs
from didgen.plan.scene import Grant, Input, Limit, Need, Scene
from didgen.plan.spoken import Spoken, spoken
from didgen.project.explain import field_name
from didgen.project.template import has_tags

TEMPLATED = ("source", "driver", "voice")
"""Keys of a scene that may hold templates, beside its script."""


@dataclass(slots=True)
class _Frame:
    """What scenes have in common that say nothing of their own but who they are and what is said. alike: by which they
    are known, None for a scene that has it for itself. request, rights: of the first talk among them."""

    merged: Merged
    common: Mapping[str, Any]
    inputs: Mapping[str, Input]
    notes: tuple[str, ...]
    input_notes: tuple[str, ...]
    alike: tuple[str, str] | None = None
    request: TalkRequest | None = None
    rights: tuple[tuple[Grant, ...], tuple[Need, ...]] | None = None


class Frames:
    """Makes the scenes of one project."""

    def __init__(self, rights: Rights, identities: Identities) -> None:
        self._granted = rights
        self._identities = identities
        self._known: dict[tuple[str, str], _Frame] = {}  # by kind and locale

    def scene(self, context: Context) -> Scene | None:
        """The scene, or None when there are problems."""
        frame = self._framed(context)
        check_suffix(context, frame.merged)
        script = context.spec.script
        said = spoken(context, script, frame.merged) if script is not None else None
        if context.problems:
            return None
        request = _request(frame, said)
        check_terms(context, request, frame.merged)
        return None if context.problems else self._made(context, request, said, frame)

    def _framed(self, context: Context) -> _Frame:
        """The scene's values, and the members of its request that do not depend on what is said."""
        locale = context.instance.locale
        plain, key = context.spec.model_fields_set <= OWN, (context.spec.kind, locale)
        frame = self._known.get(key) if plain else None
        if frame is not None:
            context.inputs.found.update(frame.inputs)
            context.inputs.notes += frame.input_notes
            context.notes += frame.notes
            return frame
        written = merge(context.project, context.spec, context.number, locale)
        merged = _filled(context, written)
        check_kind(context, merged)
        common = members(context, merged)
        found = dict(context.inputs.found)
        frame = _Frame(merged, common, found, tuple(context.notes), tuple(context.inputs.notes))
        if plain and not context.problems and not has_tags(str([written.values.get(key) for key in TEMPLATED])):
            self._known[key] = frame
            frame.alike = key
        return frame

    def _made(self, context: Context, request: RenderRequest, said: Spoken | None, frame: _Frame) -> Scene:
        recorded = said is not None and isinstance(said.script, AudioScript)
        alike = None if recorded else frame.alike
        identity, fingerprint = self._identities.of(request, context.inputs.found, alike)
        if said is not None and context.service.local and said.script.subtitles and said.text.respelled:
            identity["respelled"] = dict(said.text.respelled)  # the words of the track inside of the video
            fingerprint = fingerprint_of(identity)
        config = request.config or unset_config()
        length = said.length if said else _animation_length(context, request.driver_url, config.pad_audio)
        grants, unproven = (self._rights if alike is None else self._rights_alike)(context, request, frame)
        instance = context.instance
        return Scene(
            address=instance.address,
            kind=context.spec.kind,
            request=request,
            inputs=context.inputs.found,
            identity=identity,
            fingerprint=fingerprint,
            output=instance.folder / f"{instance.stem}.{config.result_format}",
            spoken=said.text.spoken if said else "",
            locale=instance.locale,
            seconds=length.seconds,
            most_s=length.most_s,
            notes=(*context.notes, *context.inputs.notes),
            written=said.text.written if said else "",
            respelled=said.text.respelled if said else {},
            pronounce=context.project.spec.pronounce,
            combination=instance.combination,
            film=instance.film,
            limit=_limit(context, frame.merged),
            grants=grants,
            unproven=unproven,
        )

    def _rights(
        self, context: Context, request: RenderRequest, frame: _Frame
    ) -> tuple[tuple[Grant, ...], tuple[Need, ...]]:
        audio_at = ("scenes", context.number, "script", "audio")
        return self._granted.of(needs(request, context.inputs, frame.merged, audio_at))

    def _rights_alike(
        self, context: Context, request: RenderRequest, frame: _Frame
    ) -> tuple[tuple[Grant, ...], tuple[Need, ...]]:
        """The same for all scenes of a frame: words need nobody's leave."""
        if frame.rights is None:
            frame.rights = self._rights(context, request, frame)
        return frame.rights


def _filled(context: Context, merged: Merged) -> Merged:
    """The same with its templates filled in; None for a value whose template is wrong."""
    filled = {key: context.filled(merged.values[key], merged.places[key]) for key in TEMPLATED if key in merged.values}
    return Merged({**merged.values, **filled}, merged.places)


def _request(frame: _Frame, said: Spoken | None) -> RenderRequest:
    """The request; all but its script was checked already where the frame has had one."""
    if said is None:
        return AnimationRequest(**frame.common)
    if frame.request is None:
        frame.request = TalkRequest(script=said.script, **frame.common)
        return frame.request
    return frame.request.model_copy(update={"script": said.script})


def _limit(context: Context, merged: Merged) -> Limit | None:
    seconds, path = merged.values.get("max_seconds"), merged.places.get("max_seconds", ())
    return None if seconds is None else Limit(seconds, context.project.document.place(*path), field_name(path))


def _animation_length(context: Context, driver: str | None, pad_s: float | None) -> Length:
    given = context.inputs.found.get("driver_url")
    known_s = driver_s(given.path, given.digest) if given is not None else None
    return animation_length(driver, known_s, local=context.service.local, pad_s=pad_s or 0.0)
