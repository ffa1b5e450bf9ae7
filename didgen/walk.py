"""The steps of a build, in order; owns nothing.

First the short cut: a finished build leaves stamps of every file it read and wrote, and while all of them hold there
is nothing to do. That path must stay light (no YAML, pydantic, templates, asyncio or numpy; tested), so everything
else is imported where it is used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen import __version__
from didgen.digest import canonical_json, sha256_bytes
from didgen.errors import BudgetError, DidgenError, Problem, ProjectError, ScenesFailedError, UnresolvedJobError
from didgen.project.files import FileProblem, Files, Stamp, unchanged
from didgen.project.workspace import find_projects, read_settings
from didgen.store.artifacts import read_walk

if TYPE_CHECKING:
    from didgen.api.job import Event, Service
    from didgen.jobs.executor import Outcome
    from didgen.jobs.outputs import Outputs
    from didgen.plan.identity import ServiceId
    from didgen.plan.scene import Known, Plan, Scene
    from didgen.project.load import Project
    from didgen.store.artifacts import Artifacts

OnEvent = Callable[[str, "Event"], None]
OnNotice = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """What a person names: a project file, and parts of it. parts: scene ids; () is all of it."""

    path: Path
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a walk. service "" is each project's own; jobs 0 lets didgen choose."""

    root: Path
    targets: tuple[Target, ...]
    service: str = ""
    jobs: int = 0
    force: bool = False
    pay: bool = False
    prune: bool = False
    wait: bool = True


@dataclass(frozen=True, slots=True)
class SceneResult:
    """What became of one scene. file: relative to the root. seconds: wall time; duration_s: of the video."""

    address: str
    action: str  # rendered, restored, reused, failed
    file: str
    seconds: float = 0.0
    duration_s: float = 0.0
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did. films: files relative to the root; stale: outputs nothing makes any more; pruned: removed."""

    scenes: tuple[SceneResult, ...] = ()
    films: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    seconds: float = 0.0
    unresolved: bool = False

    def count(self, action: str) -> int:
        """How many scenes were rendered, restored, reused or failed."""
        return sum(scene.action == action for scene in self.scenes)

    @property
    def error(self) -> DidgenError | None:
        """What the build has to end with: None when every scene is there."""
        failed = self.count("failed")
        if not failed:
            return None
        message = f"{failed} of {len(self.scenes)} scenes failed; the rest is done and kept"
        return UnresolvedJobError(message) if self.unresolved else ScenesFailedError(message)


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
    manifest: Mapping[str, Any] = field(default_factory=dict)


def wish(
    root: Path,
    addresses: Sequence[str] = (),
    *,
    service: str | None = None,
    jobs: int | None = None,
    force: bool = False,
    pay: bool = False,
    prune: bool = False,
    wait: bool = True,
) -> Wish:
    """Words of a command line as a wish: PROJECT, PROJECT/SCENE or the path of a project file.

    Raises UsageError for a project nobody has, BudgetError for a paid service without consent.
    """
    chosen = service or os.environ.get("DIDGEN_SERVICE") or ""
    if chosen == "d-id" and not pay:
        raise BudgetError("d-id is paid for by the minute; nothing was sent", hint="add --yes-i-pay to allow it")
    return Wish(root, tuple(_targets(root, addresses)), chosen, jobs or 0, force, pay, prune, wait)


def _targets(root: Path, addresses: Sequence[str]) -> Iterable[Target]:
    if not addresses:
        return [Target(path) for path in find_projects(root)]
    parts: dict[Path, list[str]] = {}
    for address in addresses:
        is_file = address.endswith((".yaml", ".yml"))
        name, _, part = (address, "", "") if is_file else address.strip("/").partition("/")
        (path,) = find_projects(root, [name])
        parts.setdefault(path, []).append(part)
    return [Target(path, () if "" in named else tuple(sorted(set(named)))) for path, named in parts.items()]


# -- the short cut ------------------------------------------------------------------------------------------------


def nothing_to_do(wanted: Wish) -> Summary | None:
    """The summary of the last build, everything reused, when no file it read or wrote has changed; else None."""
    if wanted.force or wanted.prune:
        return None
    began = time.monotonic()
    found = [_untouched(wanted, target) for target in wanted.targets]
    if not all(found):
        return None
    merged = _joined([summary for summary in found if summary])
    return replace(merged, seconds=time.monotonic() - began)


def _untouched(wanted: Wish, target: Target) -> Summary | None:
    record = read_walk(wanted.root, _walk_key(wanted, target))
    if record is None or record["surroundings"] != _surroundings():
        return None
    if not unchanged(wanted.root, {name: Stamp(*stamp) for name, stamp in record["stamps"].items()}):
        return None
    scenes = tuple(SceneResult(**{**scene, "action": "reused", "seconds": 0.0}) for scene in record["scenes"])
    return Summary(scenes, tuple(record["films"]), tuple(record["stale"]))


def _walk_key(wanted: Wish, target: Target) -> str:
    return canonical_json([os.path.relpath(target.path, wanted.root), target.parts, wanted.service]).decode()


def _surroundings() -> str:
    """What a plan depends on besides files: the program, its engine, its voices."""
    from didgen.catalog import versions, voices

    parts = [__version__, versions.ENGINE, versions.IDENTITY_FORMAT, versions.MODELS, sorted(voices.installed())]
    return sha256_bytes(canonical_json(parts))


# -- planning -----------------------------------------------------------------------------------------------------


def make_plans(wanted: Wish, store: Artifacts) -> list[Planned]:
    """Read, resolve and decide every target. Raises ProjectError with the problems of all projects at once."""
    from didgen.project.load import check_names, load_project

    loaded: list[tuple[Target, Project, Files]] = []
    problems: list[Problem] = []
    for target in wanted.targets:
        files = Files(wanted.root, _former_stamps(store, wanted, target))
        _note_settings(wanted.root, files)
        try:
            loaded.append((target, load_project(target.path, files), files))
        except ProjectError as error:
            problems += error.problems
    check_names([project for _, project, _ in loaded])
    plans = []
    for target, project, files in loaded:
        try:
            plans.append(_plan_one(wanted, store, target, project, files))
        except ProjectError as error:
            problems += error.problems
    if problems:
        raise ProjectError(problems)
    return plans


def _note_settings(root: Path, files: Files) -> None:
    """Let the walk depend on the workspace's settings, also on there being none."""
    with suppress(FileProblem):
        files.digest(root / "didgen.yaml")


def _plan_one(wanted: Wish, store: Artifacts, target: Target, project: Project, files: Files) -> Planned:
    from didgen.jobs.manifest import addresses, read_manifest
    from didgen.jobs.outputs import Outputs
    from didgen.plan.address import choose
    from didgen.plan.identity import service_id
    from didgen.plan.planner import make_plan
    from didgen.plan.resolve import resolve

    name = wanted.service or read_settings(wanted.root, os.environ).service or project.spec.service
    service = service_id(name)
    scenes = resolve(project, files, service)
    chosen = choose(scenes, [f"{project.name}/{part}" for part in target.parts])
    outputs = Outputs(wanted.root, name != project.spec.service, _former_stamps(store, wanted, target))
    manifest = read_manifest(outputs.folder / scenes[0].output.parent)
    identities = store.state.last_identities()
    plan = make_plan(
        project.name,
        chosen,
        lambda fingerprint: _known(store, fingerprint),
        lambda address: identities.get(outputs.key(address)),
        lambda scene, known: outputs.holds(scene.output, known.object_digest),
        force=wanted.force,
        known_addresses=() if target.parts else addresses(manifest),
    )
    return Planned(project, scenes, plan, service, outputs, files, target, manifest)


def _known(store: Artifacts, fingerprint: str) -> Known | None:
    from didgen.plan.scene import Known

    found = store.find(fingerprint)
    if found is None:
        return None
    return Known(fingerprint, found.object_digest, found.sidecar_digest, found.duration_s)


def _former_stamps(store: Artifacts, wanted: Wish, target: Target) -> dict[str, Stamp]:
    record = store.state.walk(_walk_key(wanted, target)) or {"stamps": {}}
    return {name: Stamp(*stamp) for name, stamp in record["stamps"].items()}


# -- building -----------------------------------------------------------------------------------------------------


def build(
    wanted: Wish,
    *,
    on_event: OnEvent = lambda address, event: None,  # noqa: ARG005
    on_notice: OnNotice = lambda text: None,  # noqa: ARG005
    on_plan: Callable[[Plan], None] = lambda plan: None,  # noqa: ARG005
    command: Sequence[str] | None = None,
) -> Summary:
    """Render what changed and put everything in its place.

    on_event hears of every scene, on_notice what a person should know (waiting for another build, a rebuilt state),
    on_plan each project's plan before it is carried out. command: another worker to start, for tests. Scenes that
    failed are in the summary (`Summary.error`). Raises DidgenError for what stops the whole build.
    """
    done = nothing_to_do(wanted)
    if done is not None:
        return done
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock

    began = time.monotonic()
    with build_lock(prepare(wanted.root), wait=wanted.wait, on_wait=on_notice), Artifacts(wanted.root) as store:
        if store.notice:
            on_notice(store.notice)
        store.objects.clear()
        plans = make_plans(wanted, store)
        for planned in plans:
            _check_consent(planned, wanted)
        with_events = _Hooks(on_event, on_notice, on_plan)
        summaries = _carry_out(wanted, plans, store, with_events, command)
    return replace(_joined(summaries), seconds=time.monotonic() - began)


@dataclass(frozen=True, slots=True)
class _Hooks:
    event: OnEvent
    notice: OnNotice
    plan: Callable[[Any], None]


def is_paid(service: ServiceId) -> bool:
    """Whether renders of a service cost money: all but our own engine, also when that is served on this machine."""
    host = service.host.split("/")[0]
    return not service.local and host.rsplit(":", 1)[0] not in ("127.0.0.1", "localhost", "[::1]")


def _check_consent(planned: Planned, wanted: Wish) -> None:
    from didgen.plan.planner import to_render

    count = len(to_render(planned.plan))
    if count and is_paid(planned.service) and not wanted.pay:
        raise BudgetError(
            f"{planned.project.name}: {count} scenes would be bought from {planned.service.host}; nothing was sent",
            hint="add --yes-i-pay to allow it, or --service local for a free draft",
        )


def _carry_out(
    wanted: Wish, plans: Sequence[Planned], store: Artifacts, hooks: _Hooks, command: Sequence[str] | None
) -> list[Summary]:
    """Every project in turn, on the same warm workers."""
    import asyncio

    jobs = wanted.jobs or read_settings(wanted.root, os.environ).jobs or default_jobs()

    async def run() -> list[Summary]:
        services: dict[str, Service] = {}
        try:
            return [await _one(wanted, planned, store, services, jobs, hooks, command) for planned in plans]
        finally:
            for service in services.values():
                await service.aclose()

    return asyncio.run(run())


def default_jobs() -> int:
    """Half the cores: a scene keeps one busy drawing and one encoding."""
    return max(1, len(os.sched_getaffinity(0)) // 2)


async def _one(
    wanted: Wish,
    planned: Planned,
    store: Artifacts,
    services: dict[str, Service],
    jobs: int,
    hooks: _Hooks,
    command: Sequence[str] | None,
) -> Summary:
    from didgen.jobs.executor import execute

    hooks.plan(planned.plan)
    name = planned.service.name
    if name not in services:
        services[name] = _open_service(planned.service, store, jobs, command)
    outcomes = await execute(
        planned.plan, services[name], name, store, planned.outputs, jobs=jobs, on_event=hooks.event
    )
    return _finish(wanted, planned, store, outcomes)


def _open_service(service: ServiceId, store: Artifacts, jobs: int, command: Sequence[str] | None) -> Service:
    if service.local:
        from didgen.jobs.pool import Pool
        from didgen.store.derived import Derived

        log = store.home / "worker.log"
        return Pool(jobs, Derived(store.home), command, log=log, folder=store.objects.temporary)
    from didgen.api.client import Client

    base = "https://api.d-id.com" if service.is_d_id else service.name
    return Client(base, os.environ.get("D_ID_API_KEY", ""))


def _finish(wanted: Wish, planned: Planned, store: Artifacts, outcomes: Sequence[Outcome]) -> Summary:
    """After the scenes: captions, posters and film, then the manifest, then the record of the walk."""
    from didgen.finish import finish

    finished = finish(planned.project, planned.scenes, planned.outputs, store, outcomes, planned.manifest, wanted.prune)
    reasons = {decision.scene.address: decision.reasons for decision in planned.plan.decisions}
    summary = Summary(
        tuple(_result(outcome, planned.outputs, reasons) for outcome in outcomes),
        finished.films,
        finished.stale,
        finished.pruned,
        unresolved=any(isinstance(outcome.error, UnresolvedJobError) for outcome in outcomes),
    )
    if not summary.count("failed"):
        store.state.put_walk(_walk_key(wanted, planned.target), _record(planned, summary))
    return summary


def _result(outcome: Outcome, outputs: Outputs, reasons: Mapping[str, tuple[str, ...]]) -> SceneResult:
    scene = outcome.scene
    return SceneResult(
        scene.address,
        outcome.action,
        outputs.name(scene.output),
        outcome.seconds,
        outcome.artifact.duration_s if outcome.artifact else 0.0,
        reasons[scene.address],
        (*scene.notes, *outcome.warnings),
        str(outcome.error) if outcome.error else "",
    )


def _record(planned: Planned, summary: Summary) -> dict[str, Any]:
    """What the short cut of the next build looks at."""
    stamps = planned.files.seen() | planned.outputs.delivered
    return {
        "surroundings": _surroundings(),
        "stamps": {name: [s.size, s.mtime_ns, s.inode, s.digest] for name, s in stamps.items()},
        "scenes": [asdict(scene) for scene in summary.scenes],
        "films": summary.films,
        "stale": summary.stale,
    }


def _joined(summaries: Sequence[Summary]) -> Summary:
    return Summary(
        tuple(scene for s in summaries for scene in s.scenes),
        tuple(film for s in summaries for film in s.films),
        tuple(name for s in summaries for name in s.stale),
        tuple(name for s in summaries for name in s.pruned),
        unresolved=any(s.unresolved for s in summaries),
    )
