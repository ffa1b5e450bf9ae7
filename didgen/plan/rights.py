"""Who allowed the faces and voices of a scene, and until when. No part of a render's identity: they stop, or not."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from didgen.api.wire import AudioScript, RenderRequest, TalkRequest, TextScript
from didgen.catalog.providers import is_own
from didgen.catalog.voices import named
from didgen.errors import Problem
from didgen.plan.inputs import Inputs
from didgen.plan.merge import Merged
from didgen.plan.scene import Grant, Need, Scene
from didgen.project.explain import field_name
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.secret import bare_url

Keys = tuple[str | int, ...]


def needs(request: RenderRequest, inputs: Inputs, merged: Merged, audio_at: Keys) -> list[Need]:
    """What a scene shows and lets speak. Demanded of photos, recordings and voices that are somebody's own; known of
    driver videos and logos as well."""
    script = request.script if isinstance(request, TalkRequest) else None
    sent = {"source_url": request.source_url, "driver_url": request.driver_url}
    sent["audio_url"] = script.audio_url if isinstance(script, AudioScript) else None
    demanded = {"source_url": merged.places.get("source"), "audio_url": audio_at}
    found = []
    for field in dict.fromkeys((*sent, *inputs.found)):
        given, url = inputs.found.get(field), sent.get(field)
        if given is not None and not given.url:
            found.append(Need(given.path, demanded.get(field)))
        elif (link := given.url if given is not None else url) and not link.startswith("bank://"):
            found.append(Need(bare_url(link), demanded.get(field)))
    voice: Any = merged.values.get("voice")
    if voice and isinstance(script, TextScript):
        provider, voice_id = named(voice)
        found.append(Need(voice_id, merged.places["voice"] if is_own(provider, voice_id) else None))
    return found


class Rights:
    """The `rights` of one project, by the file, link or voice that they are about."""

    def __init__(self, project: Project, files: Files) -> None:
        self._known: dict[Path | str, list[Grant]] = {}
        for name, written in project.spec.rights.items():
            path: Keys = ("rights", name, "until") if written.until else ("rights", name)
            grant = Grant(name, written.who, written.until or "", project.document.place(*path), field_name(path))
            self._known.setdefault(bare_url(name) if "://" in name else name, []).append(grant)
            with suppress(FileProblem):  # a link; a voice is taken for a file that nobody names
                self._known.setdefault(files.locate(name, project.folder_of("rights", name)), []).append(grant)

    def of(self, wanted: Sequence[Need]) -> tuple[tuple[Grant, ...], tuple[Need, ...]]:
        """The rights that a scene stands on, and what is demanded and nobody wrote down."""
        grants = dict.fromkeys(grant for need in wanted for grant in self._known.get(need.about, ()))
        return tuple(grants), tuple(need for need in wanted if need.at is not None and need.about not in self._known)


def expired(scene: Scene, today: str) -> Problem | None:
    """Why a scene may not be made any more, where its rights are written. today: YYYY-MM-DD; the last day counts."""
    for grant in scene.grants:
        if grant.until and grant.until < today:
            message = f"the rights of {grant.name}, given by {grant.who}, ended on {grant.until}"
            return Problem(message, grant.place, grant.field, "renew them, or use another")
    return None


def first_end(scenes: Iterable[Scene]) -> str:
    """The first day at whose end rights of these scenes end, "" when none do."""
    return min((grant.until for scene in scenes for grant in scene.grants if grant.until), default="")


def strict_problems(project: Project, scenes: Sequence[Scene], today: str) -> list[Problem]:
    """What `check --strict` says of the rights of a project: missing ones, those that ended, those of nothing."""
    problems = [_missing(project, need) for scene in scenes for need in scene.unproven]
    problems += [problem for scene in scenes if (problem := expired(scene, today)) is not None]
    used = {grant.name for scene in scenes for grant in scene.grants}
    problems += [
        project.problem("no scene uses a file, link or voice of this name", "rights", name, hint="rename or remove it")
        for name in project.spec.rights
        if name not in used
    ]
    return list(dict.fromkeys(problems))


def _missing(project: Project, need: Need) -> Problem:
    name = need.about
    if isinstance(name, Path):
        name = Path(os.path.relpath(name, os.path.realpath(project.folder))).as_posix()
    hint = f'write `rights: {{"{name}": {{who: …}}}}` in the project'
    return project.problem(f"nothing says who gave the rights of {name}", *(need.at or ()), hint=hint)
