"""The walk up to the plan: each project read, resolved and decided. Nothing is rendered and nothing sent.

Light to import: what it needs is imported where it is used.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from didgen.errors import Problem, ProjectError
from didgen.garbage import without_gc
from didgen.project.files import FileProblem, Files
from didgen.project.stamps import Stamp
from didgen.project.workspace import name_in, named_projects, read_settings
from didgen.walk.record import stamps_in
from didgen.walk.remote_inputs import RemoteInputs
from didgen.walk.shortcut import Target, Wish, walk_key
from didgen.walk.untouched import LINKS_FRESH_S

if TYPE_CHECKING:
    from didgen.jobs.lockfile import Lock
    from didgen.jobs.outputs import Outputs
    from didgen.plan.bill import Bill
    from didgen.plan.fit import Overrun
    from didgen.plan.identity import ServiceId
    from didgen.plan.scene import Known, Plan, Scene
    from didgen.project.load import Project
    from didgen.store.artifacts import Artifacts
    from didgen.store.rows import Artifact

OnNotice = Callable[[str], None]
OnFiles = Callable[[Target, Files], None]
"""Hears of the files of a target before they are read: what was looked at is known also when it cannot be planned."""


@dataclass(slots=True)
class Planned:
    """One project, read, resolved and decided."""

    project: Project
    scenes: list[Scene]
    plan: Plan
    service: ServiceId
    outputs: Outputs
    files: Files
    target: Target
    lock: Lock  # empty for a draft, and where there is none
    asked_at: float | None = None  # Unix time of the oldest answer about an input by URL
    manifest: Mapping[str, Any] = field(default_factory=dict)
    sent: Mapping[str, str] = field(default_factory=dict)  # fingerprint → state of its job at a paid service, if known
    left: tuple[str, ...] = ()  # output files that nothing makes any more, relative to the root
    to_buy: Sequence[Scene] | None = None  # of what is to be rendered, once a paid account was asked what it has
    whole: bool = True  # False: what an upgrade alone would render again was taken out of the plan


@dataclass(frozen=True, slots=True)
class Former:
    """What the plan before left, in the same process: the project, the files that it looked at, and the outputs, to
    which the build that it was for has added what it delivered."""

    project: Project
    files: Files
    outputs: Outputs

    @property
    def stamps(self) -> dict[str, Stamp]:
        """What all these files looked like."""
        return self.files.stamps() | self.outputs.delivered


def _unheard(*_: object) -> None:
    """Nobody listens."""


def check(wanted: Wish, on_notice: OnNotice = _unheard) -> list[tuple[Project, list[Scene]]]:
    """Read and resolve every target, write nothing but the copies of inputs by URL.

    on_notice hears of such inputs whose servers are out of reach. Raises ProjectError with the problems of all
    projects at once.
    """
    resolved = _resolved(wanted, {}, lambda _: named_projects(wanted.root), on_notice)
    return [(one.project, one.scenes) for one in resolved]


def overruns(root: Path, project: Project, scenes: Sequence[Scene]) -> list[tuple[str, Overrun]]:
    """Addresses of scenes longer than they may be: by their true length where the manifest has just this video, else
    by the estimate."""
    from didgen.jobs.manifest import read_manifest
    from didgen.jobs.outputs import RELEASE
    from didgen.plan.address import project_folder
    from didgen.plan.fit import judged

    limited = [scene for scene in scenes if scene.limit is not None]
    made = read_manifest(root / RELEASE / project_folder(project.name)) if limited else {}
    lengths = {entry["fingerprint"]: entry["duration_s"] for entry in made.get("scenes", ())}
    found = [(scene.address, judged(scene, lengths.get(scene.fingerprint, 0.0))) for scene in limited]
    return [(address, over) for address, over in found if over is not None]


def plan(wanted: Wish, on_notice: OnNotice = _unheard) -> list[Planned]:
    """What a build would do, and why. Neither locks nor renders nor sends; asks the network for inputs by URL only.

    Raises ProjectError, StorageError.
    """
    from didgen.store.reading import opened_to_read

    with opened_to_read(wanted.root, on_notice) as store:
        return plans_of(wanted, store, on_notice)


def bill(plans: Sequence[Planned]) -> Bill:
    """What a build of these plans would buy; before the accounts were asked what they have, as far as can be seen."""
    from didgen.plan.address import films_of
    from didgen.plan.bill import bill_of, total
    from didgen.plan.planner import to_render

    bills = []
    for one in plans:
        seen = [scene for scene in to_render(one.plan) if scene.fingerprint not in one.sent]
        scenes = seen if one.to_buy is None else one.to_buy
        films = films_of(one.project, one.scenes) if one.service.paid else ()
        order = [address for film in films for address in (*film.scenes, "")]
        bills.append(bill_of(scenes, one.service, order))
    return total(bills)


def plans_of(
    wanted: Wish,
    store: Artifacts,
    on_notice: OnNotice,
    on_files: OnFiles = _unheard,
    former: Mapping[Target, Former] = MappingProxyType({}),
) -> list[Planned]:
    """The plans of all targets, in order, with the store open. former: what is known already of some; of the others it
    is what the records of their walks say. Raises ProjectError.

    No other project is read: whose folders of outputs are is known from former builds.
    """
    stamps = {
        target: former[target].stamps if target in former else _former_stamps(store, wanted, target)
        for target in wanted.targets
    }
    others = partial(_owners, wanted.root, store)
    with without_gc():
        resolved = _resolved(wanted, stamps, others, on_notice, on_files, former)
        return [_planned(wanted, store, one, stamps[one.target]) for one in resolved]


def _owners(root: Path, store: Artifacts, projects: Sequence[Project]) -> list[tuple[str, Path]]:
    """Names and files of the projects that folders of outputs of these projects belong to."""
    from didgen.plan.address import project_folder

    owners = store.state.owners()
    files = [root / owners[folder] for one in projects if (folder := project_folder(one.name).name) in owners]
    return [(name_in(path), path) for path in dict.fromkeys(files) if path.is_file()]


def owners_of(plans: Sequence[Planned], root: Path) -> dict[str, str]:
    """Folder of outputs → the project file whose it is, of these plans."""
    from didgen.plan.address import project_folder

    files = {one.project.name: os.path.relpath(one.project.path, root) for one in plans}
    return {project_folder(name).name: file for name, file in files.items()}


@dataclass(frozen=True, slots=True)
class _Resolved:
    """One project, read and resolved."""

    target: Target
    project: Project
    files: Files
    service: ServiceId
    scenes: list[Scene]
    asked_at: float | None
    lock: Lock


def _resolved(
    wanted: Wish,
    stamps: Mapping[Target, Mapping[str, Stamp]],
    named: Callable[[Sequence[Project]], Iterable[tuple[str, Path]]],
    on_notice: OnNotice,
    on_files: OnFiles = _unheard,
    former: Mapping[Target, Former] = MappingProxyType({}),
) -> list[_Resolved]:
    """named: (name, file) of other projects that nobody else may be called as, given those that are wanted."""
    from didgen.catalog.voices import installed
    from didgen.project.load import load_project, name_problems

    loaded: list[tuple[Target, Project, Files]] = []
    problems: list[Problem] = []
    for target in wanted.targets:
        before = former.get(target)
        files = Files(wanted.root, stamps.get(target), before.files.stamped_texts() if before else None)
        on_files(target, files)
        _note_settings(wanted.root, files)
        try:
            project = load_project(target.path, files, before.project if before else None)
            loaded.append((target, project, files))
        except ProjectError as error:
            problems += error.problems
    projects = [project for _, project, _ in loaded]
    problems += name_problems(wanted.root, projects, named(projects))
    resolved, voices = [], installed()
    for target, project, files in loaded:
        try:
            resolved.append(_resolve_one(wanted, target, project, files, on_notice, voices))
        except ProjectError as error:
            problems += error.problems
    if problems:
        raise ProjectError(problems)
    return resolved


def _resolve_one(
    wanted: Wish, target: Target, project: Project, files: Files, on_notice: OnNotice, voices: frozenset[str]
) -> _Resolved:
    from didgen.plan.identity import service_id
    from didgen.plan.resolve import resolve
    from didgen.plan.translations import has_translations, told
    from didgen.walk.localelock import read_accepted
    from didgen.walk.release import lock_of

    settings = read_settings(wanted.root, os.environ)
    name = wanted.service or settings.service or project.spec.service
    service = service_id(name, paid_at_home=settings.paid, credit_s=settings.credit_s)
    with RemoteInputs(wanted.root, on_notice, 0.0 if wanted.force else LINKS_FRESH_S) as remote:
        scenes = resolve(project, files, service, remote=remote, output=settings.output, available=voices)
    if has_translations(project):
        scenes = told(project, scenes, read_accepted(project.folder, files))
    return _Resolved(target, project, files, service, scenes, remote.asked_at, lock_of(project, service, files))


def _note_settings(root: Path, files: Files) -> None:
    """Let the walk depend on the workspace's settings, also on there being none."""
    with suppress(FileProblem):
        files.digest(root / "didgen.yaml")


def _planned(wanted: Wish, store: Artifacts, one: _Resolved, stamps: Mapping[str, Stamp]) -> Planned:
    from didgen.jobs.manifest import read_manifest, videos
    from didgen.jobs.outputs import Outputs
    from didgen.plan.address import project_folder

    draft, folder = one.service.name != one.project.spec.service, project_folder(one.project.name)
    manifest = read_manifest(Outputs(wanted.root, draft).path(folder))
    former = {address: f"{folder.as_posix()}/{name}" for address, name in videos(manifest).items()}
    outputs = Outputs(wanted.root, draft, stamps, former=former)
    decided, sent = _decided(wanted, store, one, outputs, manifest)
    given = (one.files, one.target, one.lock, one.asked_at)
    left = () if one.target.parts else _left_behind(one, outputs, folder, manifest)
    return Planned(one.project, one.scenes, decided, one.service, outputs, *given, manifest, sent, left)


def decide_again(wanted: Wish, store: Artifacts, planned: Planned) -> None:
    """Decide anew on the same scenes: more of them are in the store by now."""
    planned.plan, planned.sent = _decided(wanted, store, planned, planned.outputs, planned.manifest)


def _decided(
    wanted: Wish, store: Artifacts, one: _Resolved | Planned, outputs: Outputs, manifest: Mapping[str, Any]
) -> tuple[Plan, dict[str, str]]:
    """What is to be done about each scene, and the states of jobs that some were sent as."""
    from didgen.jobs.manifest import addresses
    from didgen.plan.address import choose
    from didgen.plan.planner import make_plan
    from didgen.plan.rights import expired
    from didgen.walk.release import standing

    project, parts = one.project, one.target.parts
    chosen = choose(one.scenes, [project.name + part for part in parts])
    released = standing(one.lock, one.service, chosen, outputs)
    stored = store.find_all([scene.fingerprint for scene in chosen])
    keys = [outputs.key(scene.address) for scene in chosen if stored[scene.fingerprint] is None]
    former = store.state.last_identities(keys)
    decided = make_plan(
        project.name,
        chosen,
        lambda fingerprint: _known(stored, store, fingerprint) or released(fingerprint),
        lambda address: _last(former, store, outputs.key(address)),
        lambda scene, known: outputs.holds(scene.output, known.object_digest),
        present=lambda scene: outputs.path(scene.output).exists(),
        moved=lambda scene: outputs.moved_from(scene.address, scene.output),
        force=wanted.force,
        stopped=lambda scene: str(expired(scene, wanted.today) or ""),
        known_addresses=() if parts else addresses(manifest),
    )
    return decided, _sent(store, one, decided, anew=wanted.force)


def _left_behind(one: _Resolved, outputs: Outputs, folder: Path, manifest: Mapping[str, Any]) -> tuple[str, ...]:
    """Output files that nothing makes any more, as far as they are there; relative to the root."""
    from didgen.jobs.manifest import left_behind
    from didgen.plan.address import films_of

    if not manifest:
        return ()
    above = f"{folder.as_posix()}/"  # all of a project's outputs lie there
    made = [scene.output for scene in one.scenes] + [film.output for film in films_of(one.project, one.scenes)]
    left = left_behind(manifest, [output.as_posix().removeprefix(above) for output in made])
    return tuple(outputs.name(folder / name) for name in left if outputs.path(folder / name).exists())


def _sent(store: Artifacts, one: _Resolved | Planned, decided: Plan, *, anew: bool) -> dict[str, str]:
    """States of the jobs that scenes to be rendered were sent as, as far as this workspace knows them: those that need
    not be bought. What became of them is known once the account is asked. anew: those that have ended do not count."""
    from didgen.plan.planner import to_render

    wanted = {scene.fingerprint for scene in to_render(decided)} if one.service.paid else set()
    if not wanted:
        return {}
    from didgen.jobs.reconcile import bought_as

    former = {} if anew else dict.fromkeys(bought_as(store, one.service.name, wanted, [one.lock]), "done")
    rows = [row for row in store.state.open_jobs(one.service.name) if row.fingerprint in wanted]
    rows.sort(key=lambda row: row.state == "submitted")  # that one is taken up, whatever others there are
    return former | {row.fingerprint: row.state for row in rows}


def _known(stored: Mapping[str, Artifact | None], store: Artifacts, fingerprint: str) -> Known | None:
    """What the store has for a fingerprint. stored: what it has for those that were asked for together."""
    from didgen.plan.scene import Known

    found = stored[fingerprint] if fingerprint in stored else store.find(fingerprint)
    if found is None:
        return None
    return Known(fingerprint, found.object_digest, found.sidecar_digest, found.duration_s)


def _last(former: Mapping[str, Mapping[str, Any] | None], store: Artifacts, key: str) -> Mapping[str, Any] | None:
    """What an address was last made from. former: the same of those that were asked for together."""
    return former[key] if key in former else store.state.last_identity(key)


def _former_stamps(store: Artifacts, wanted: Wish, target: Target) -> dict[str, Stamp]:
    return stamps_in(store.state.walk(walk_key(wanted, target)) or {})
