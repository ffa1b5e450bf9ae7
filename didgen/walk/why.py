"""From a name to what it was made from and would be made from now: the plan's side, and the store's."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.digest import sha256_file
from didgen.errors import ProjectError, UsageError
from didgen.jobs.outputs import DRAFTS, RELEASE
from didgen.project.workspace import named_projects, read_settings
from didgen.store.reading import opened_to_read
from didgen.walk.planned import OnNotice, Planned, plan
from didgen.walk.shortcut import wish

if TYPE_CHECKING:
    from didgen.plan.origins import Origin
    from didgen.plan.scene import Decision, Scene
    from didgen.store.artifacts import Artifacts
    from didgen.store.rows import Artifact

PREFIX = re.compile(r"[0-9a-f]{6,64}")


@dataclass(frozen=True, slots=True)
class Present:
    """A scene as it is written now. action, reasons: of the plan. origins: its identity, part by part. written: its
    text as somebody wrote it; respelled: phrase as it is spoken → the word there."""

    address: str
    kind: str
    output: str
    service: str
    action: str
    reasons: tuple[str, ...]
    fingerprint: str
    origins: tuple[Origin, ...]
    written: str = ""
    respelled: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Stored:
    """A finished output in the store, and what it was made from. video: its digest. rendered_by: the renderer in the
    form of an identity's `service`, an older engine for what was adopted. job: what it was bought as."""

    address: str
    fingerprint: str
    video: str
    duration_s: float
    identity: Mapping[str, Any]
    rendered_by: Mapping[str, Any]
    job: Mapping[str, Any]
    of: tuple[str, ...] = ()  # addresses of the videos that a film or poster was made from


@dataclass(frozen=True, slots=True)
class Why:
    """What is known of one thing. differences: what the stored one was made from, against what is written now; None
    where one of the two is missing. note: what a person should know beside that."""

    present: Present | None
    stored: Stored | None
    differences: tuple[str, ...] | None = None
    note: str = ""


def why(root: Path, name: str, service: str | None, on_notice: OnNotice) -> list[Why]:
    """What is known of an address, an output file, or an artifact by the first digits of its fingerprint.

    Raises UsageError when nothing is, and what `plan` raises for an address.
    """
    path = _output_path(root, name)
    if path is not None:
        return [_of_file(root, path, service, on_notice)]
    if PREFIX.fullmatch(name):
        return _of_fingerprint(root, name, service, on_notice)
    plans = plan(wish(root, [name], service=service), on_notice)
    with opened_to_read(root) as store:
        found = []
        for one in plans:
            parts = _parts_of(one, one.plan.decisions)
            found += [_of_decision(one, d, store, parts=parts) for d in one.plan.decisions]
        return found


def _output_path(root: Path, name: str) -> str | None:
    """A file of ours that a name stands for, relative to the root, existing or not; None when it is none."""
    for base in dict.fromkeys((Path.cwd(), root)):
        below = os.path.relpath(os.path.normpath(base / name), os.path.realpath(root)).replace(os.sep, "/")
        if below.startswith((f"{RELEASE.as_posix()}/", f"{DRAFTS.as_posix()}/")):
            return below
    return None


def _of_file(root: Path, path: str, service: str | None, on_notice: OnNotice) -> Why:
    draft = path.startswith(DRAFTS.as_posix())
    plans, problem = _plans(root, path, service or ("local" if draft else None), on_notice)
    mine = [(one, d) for one in plans for d in one.plan.decisions if _same_stem(one.outputs.name(d.scene.output), path)]
    with opened_to_read(root) as store:
        stored = _made(store, root / path)
        if mine:
            (planned, decision), *_ = mine
            return _of_decision(planned, decision, store, stored, _file_note(root, path, stored))
        if stored is None:
            what = "is not a file that didgen made" if (root / path).exists() else "does not exist"
            raise UsageError(f"{path} {what}, and no scene makes it", hint=problem or "didgen plan lists the scenes")
        return Why(None, stored, None, problem or _unplanned(stored))


def _same_stem(output: str, path: str) -> bool:
    """Whether a path is a scene's video, or a poster or captions that lie beside it."""
    return path in (output, *(os.path.splitext(output)[0] + suffix for suffix in (".vtt", ".srt", ".jpg")))


def _plans(root: Path, path: str, service: str | None, on_notice: OnNotice) -> tuple[list[Planned], str]:
    """Plans of the projects whose outputs lie where a file lies, and what is wrong when they cannot be made."""
    from didgen.plan.address import slug

    folder = path.removeprefix(f"{DRAFTS.as_posix()}/").removeprefix(f"{RELEASE.as_posix()}/").split("/")[0]
    names = [name for name, _ in named_projects(root) if slug(name) == folder]
    try:
        return (plan(wish(root, names, service=service), on_notice) if names else []), ""
    except ProjectError as error:
        return [], f"what is written now cannot be planned: {str(error).splitlines()[0]}"


def _file_note(root: Path, path: str, stored: Stored | None) -> str:
    if path.endswith((".vtt", ".srt")):
        return f"{path} holds the captions of this video"
    if not (root / path).exists():
        return f"{path} does not exist"
    return "" if stored is not None else f"{path} is not what was delivered: nothing stored has these bytes"


def _unplanned(stored: Stored) -> str:
    return "" if "#" in stored.address else "no scene makes this any more"


def _made(store: Artifacts, path: Path) -> Stored | None:
    """The stored output with the bytes of a file."""
    try:
        digest = sha256_file(path)
    except OSError:
        return None
    return next((_stored(store, one) for one in store.state.artifacts().values() if one.object_digest == digest), None)


def _of_fingerprint(root: Path, prefix: str, service: str | None, on_notice: OnNotice) -> list[Why]:
    decided: dict[str, tuple[Planned, Decision]] = {}
    problem = ""
    try:
        plans = plan(wish(root, service=service), on_notice)
        decided = {d.scene.address: (one, d) for one in plans for d in one.plan.decisions}
    except (ProjectError, UsageError) as error:
        problem = f"what is written now cannot be planned: {str(error).splitlines()[0]}"
    with opened_to_read(root) as store:
        found = []
        for fingerprint, artifact in store.state.artifacts().items():
            if fingerprint.startswith(prefix):
                stored = _stored(store, artifact)
                now = decided.pop(stored.address, None)
                note = problem or _unplanned(stored)
                found.append(_of_decision(*now, store, stored) if now else Why(None, stored, None, note))
        unmade = [now for now in decided.values() if now[1].scene.fingerprint.startswith(prefix)]
        found += [_of_decision(*now, store) for now in unmade]
    if not found:
        raise UsageError(f"no finished output and no scene has a fingerprint that begins with {prefix}", hint=problem)
    return found


def _of_decision(
    planned: Planned,
    decision: Decision,
    store: Artifacts,
    stored: Stored | None = None,
    note: str = "",
    parts: Mapping[str, tuple[Origin, ...]] | None = None,
) -> Why:
    from didgen.plan.fingerprint import fingerprint_of

    scene = decision.scene
    if stored is None:
        last = store.state.last_identity(planned.outputs.key(scene.address))
        kept = store.find(fingerprint_of(last)) if last is not None else None
        stored = _stored(store, kept) if kept is not None else None
    made_from = (parts or _parts_of(planned, [decision]))[scene.address]
    output = planned.outputs.name(scene.output)
    head = (scene.address, scene.kind, output, planned.service.name, decision.action, decision.reasons)
    present = Present(*head, scene.fingerprint, made_from, scene.written, dict(scene.respelled))
    if stored is None:
        return Why(present, None, None, note or "nothing is stored that was made for it")
    if "step" in stored.identity:  # a poster beside the video
        return Why(present, stored, None, note)
    return Why(present, stored, _differences(stored.identity, scene), note)


def _parts_of(planned: Planned, decisions: Sequence[Decision]) -> dict[str, tuple[Origin, ...]]:
    from didgen.plan.origins import origins

    scenes = [decision.scene for decision in decisions]
    return origins(planned.project, scenes, planned.files, _service_from(planned))


def _differences(then: Mapping[str, Any], now: Scene) -> tuple[str, ...]:
    from didgen.plan.reasons import changes

    return changes(then, now.identity, now.spelling)


def _service_from(planned: Planned) -> str:
    """Who chose the service of a plan."""
    project, settings = planned.project, read_settings(planned.outputs.root, {})
    if planned.service.name != (settings.service or project.spec.service):
        return "--service or DIDGEN_SERVICE"
    if settings.service:
        return "didgen.yaml"
    return str(project.document.place("service")) if "service" in project.document.data else "default"


def _stored(store: Artifacts, artifact: Artifact) -> Stored:
    sidecar = store.sidecar(artifact.fingerprint)
    identity = sidecar.get("identity", {})
    address = str(sidecar.get("address", "")).removeprefix("draft:")
    made_by = sidecar.get("facts", {}).get("rendered_by", identity.get("service", {}))
    head = (artifact.fingerprint, artifact.object_digest, artifact.duration_s, identity)
    return Stored(address, *head, made_by, sidecar.get("job", {}), of=tuple(_parts(store, identity)))


def _parts(store: Artifacts, identity: Mapping[str, Any]) -> Iterator[str]:
    """Addresses of the videos that a film, poster or captions were made from."""
    if "step" not in identity:
        return
    of = identity.get("of", ())
    by_object = {one.object_digest: one.fingerprint for one in store.state.artifacts().values()}
    for part in [of] if isinstance(of, str) else of:
        digest = part if isinstance(part, str) else part[0]  # captions are made of a video and a spelling
        with suppress(KeyError):
            yield str(store.sidecar(by_object[digest])["address"]).removeprefix("draft:")
