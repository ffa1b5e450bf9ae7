"""What a record keeps so that a script that changes is planned by itself, without its project being read again.

{"file": the project's, "folder": of its outputs, "prints": fingerprints in the order of the record's scenes,
 "pronounce", "scripts": {file: [[number of the scene, its locale, its voice's, its notes]]}}

Kept only where words are all that a script can change: see `again_of`. `refill` uses it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from didgen.api.wire import TalkRequest, TextScript
from didgen.catalog.local_voices import VOICES, Voice
from didgen.plan.address import project_folder
from didgen.plan.scene import Scene
from didgen.plan.translations import has_translations
from didgen.project.files import FileProblem
from didgen.walk.summary import Summary

if TYPE_CHECKING:
    from didgen.project.models import SceneSpec
    from didgen.walk.planned import Planned

SUFFIX = ".txt"
"""Of scripts that are read as they stand, and as nothing else: neither Markdown, nor data, nor part of a project."""

_TAGS = (b"{{", b"{%", b"{#")


def again_of(planned: Planned, summary: Summary) -> dict[str, Any] | None:
    """What to keep of a walk; None where a script may change more than its own scene: where there are templates, which
    read other files, translations, which are held against their source, included files, a service that is paid or asked
    over the net, or something left behind."""
    if not _is_plain(planned) or summary.stale or planned.left or planned.plan.stale:
        return None
    if [scene.address for scene in summary.scenes] != [scene.address for scene in planned.scenes]:
        return None
    return {
        "file": os.path.relpath(planned.project.path, planned.files.root),
        "folder": project_folder(planned.project.name).name,
        "prints": [scene.fingerprint for scene in planned.scenes],
        "pronounce": dict(planned.project.spec.pronounce),
        "scripts": _scripts(planned),
    }


def _is_plain(planned: Planned) -> bool:
    service, project = planned.service, planned.project
    at_home = service.local and service.name == project.spec.service and planned.asked_at is None
    if not at_home or planned.target.parts or has_translations(project):
        return False
    texts = planned.files.texts()
    written = texts.get(planned.files.relative(project.path), b"include")
    return b"include" not in written and not any(tag in text for text in texts.values() for tag in _TAGS)


def _scripts(planned: Planned) -> dict[str, list[tuple[int, str, str, Sequence[str]]]]:
    """By file, the scenes that speak its words and nothing else; only files that are nothing else to anybody."""
    files, folder = planned.files, planned.project.folder
    specs: dict[str, SceneSpec] = {spec.id: spec for spec in planned.project.spec.scenes}
    found: dict[str, list[tuple[int, str, str, Sequence[str]]]] = {}
    barred = {files.relative(given.path) for scene in planned.scenes for given in scene.inputs.values()}
    for number, scene in enumerate(planned.scenes):
        script = specs[scene.address.partition("[")[0].partition("/")[2]].script
        if script is None or script.file is None:
            continue
        try:
            name = files.relative(files.locate(script.file, folder))
        except FileProblem:
            continue
        voice = _voice(scene)
        noted = "{" in scene.written  # there may be a note on its words, which other words do not have
        if voice is None or noted or script.code is not None or not name.endswith(SUFFIX):
            barred.add(name)
        else:
            found.setdefault(name, []).append((number, scene.locale, voice.locale, scene.notes))
    return {name: scenes for name, scenes in found.items() if name not in barred}


def _voice(scene: Scene) -> Voice | None:
    """Who speaks a scene whose words change nothing but what is said and how long that takes; None for any other."""
    script = scene.request.script if isinstance(scene.request, TalkRequest) else None
    if not isinstance(script, TextScript) or script.ssml or scene.respelled or scene.limit is not None:
        return None
    return VOICES.get(script.provider.voice_id or "") if script.provider is not None else None
