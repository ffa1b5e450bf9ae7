"""The steps of a build, in order; owns nothing.

First the short cut (`didgen.shortcut`), which must stay light; so what the long way needs is imported where it is used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.errors import BudgetError, NotYetError, Problem, ProjectError, UnresolvedJobError
from didgen.project.files import FileProblem, Files, Stamp
from didgen.project.workspace import named_projects, read_settings
from didgen.remote_inputs import RemoteInputs
from didgen.shortcut import (
    LINKS_FRESH_S,
    SceneResult,
    Summary,
    Target,
    Wish,
    joined,
    nothing_to_do,
    surroundings,
    walk_key,
    wish,
)

if TYPE_CHECKING:
    from didgen.api.job import Event, Service
    from didgen.jobs.executor import Outcome, Rendering
    from didgen.jobs.gate import Gate
    from didgen.jobs.lockfile import Lock
    from didgen.jobs.outputs import Outputs
    from didgen.jobs.purse import OnBill, Purse
    from didgen.jobs.search import Search
    from didgen.plan.bill import Bill
    from didgen.plan.identity import ServiceId
    from didgen.plan.scene import Known, Plan, Scene
    from didgen.project.load import Project
    from didgen.store.artifacts import Artifacts
    from didgen.store.derived import Derived

__all__ = ["Planned", "SceneResult", "Summary", "Wish", "bill", "build", "check", "nothing_to_do", "plan", "wish"]

OnEvent = Callable[[str, "Event"], None]
OnNotice = Callable[[str], None]


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
    lock: Lock  # empty for what is no release through a paid service
    asked_at: float | None = None  # Unix time of the oldest answer about an input by URL
    manifest: Mapping[str, Any] = field(default_factory=dict)
    to_buy: Sequence[Scene] | None = None  # of what is to be rendered, once a paid account was asked what it has


# -- planning -----------------------------------------------------------------------------------------------------


def _unheard(text: str) -> None:
    """Nobody listens."""


def check(wanted: Wish, on_notice: OnNotice = _unheard) -> list[tuple[Project, list[Scene]]]:
    """Read and resolve every target, write nothing but the copies of inputs by URL.

    on_notice hears of such inputs whose servers are out of reach. Raises ProjectError with the problems of all
    projects at once.
    """
    resolved = _resolved(wanted, {}, on_notice)
    return [(one.project, one.scenes) for one in resolved]


def plan(wanted: Wish, on_notice: OnNotice = _unheard) -> list[Planned]:
    """What a build would do, and why. Neither locks nor renders nor sends; asks the network for inputs by URL only.

    Raises ProjectError, StorageError.
    """
    from didgen.store.artifacts import Artifacts

    with Artifacts(wanted.root) as store:
        if store.notice:
            on_notice(store.notice)
        return _plans(wanted, store, on_notice)


def bill(plans: Sequence[Planned]) -> Bill:
    """What a build of these plans would buy; before the accounts were asked what they have, as far as can be seen."""
    from didgen.plan.address import film_addresses
    from didgen.plan.bill import bill_of, total
    from didgen.plan.planner import to_render

    bills = []
    for one in plans:
        scenes = to_render(one.plan) if one.to_buy is None else one.to_buy
        bills.append(bill_of(scenes, one.service, film_addresses(one.project, one.scenes)))
    return total(bills)


def _plans(wanted: Wish, store: Artifacts, on_notice: OnNotice) -> list[Planned]:
    stamps = {target: _former_stamps(store, wanted, target) for target in wanted.targets}
    return [_planned(wanted, store, one, stamps[one.target]) for one in _resolved(wanted, stamps, on_notice)]


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


def _resolved(wanted: Wish, stamps: Mapping[Target, Mapping[str, Stamp]], on_notice: OnNotice) -> list[_Resolved]:
    from didgen.project.load import load_project, name_problems

    loaded: list[tuple[Target, Project, Files]] = []
    problems: list[Problem] = []
    for target in wanted.targets:
        files = Files(wanted.root, stamps.get(target))
        _note_settings(wanted.root, files)
        try:
            loaded.append((target, load_project(target.path, files), files))
        except ProjectError as error:
            problems += error.problems
    problems += name_problems(wanted.root, [project for _, project, _ in loaded], named_projects(wanted.root))
    resolved = []
    for target, project, files in loaded:
        try:
            resolved.append(_resolve_one(wanted, target, project, files, on_notice))
        except ProjectError as error:
            problems += error.problems
    if problems:
        raise ProjectError(problems)
    return resolved


def _resolve_one(wanted: Wish, target: Target, project: Project, files: Files, on_notice: OnNotice) -> _Resolved:
    from didgen.plan.identity import service_id
    from didgen.plan.resolve import resolve
    from didgen.release import lock_of

    settings = read_settings(wanted.root, os.environ)
    name = wanted.service or settings.service or project.spec.service
    service = service_id(name, paid_at_home=settings.paid, credit_s=settings.credit_s)
    with RemoteInputs(wanted.root, on_notice, 0.0 if wanted.force else LINKS_FRESH_S) as remote:
        scenes = resolve(project, files, service, remote=remote)
    return _Resolved(target, project, files, service, scenes, remote.asked_at, lock_of(project, service, files))


def _note_settings(root: Path, files: Files) -> None:
    """Let the walk depend on the workspace's settings, also on there being none."""
    with suppress(FileProblem):
        files.digest(root / "didgen.yaml")


def _planned(wanted: Wish, store: Artifacts, one: _Resolved, stamps: Mapping[str, Stamp]) -> Planned:
    from didgen.jobs.manifest import addresses, read_manifest
    from didgen.jobs.outputs import Outputs
    from didgen.plan.address import choose
    from didgen.plan.planner import make_plan
    from didgen.release import standing

    project, parts = one.project, one.target.parts
    outputs = Outputs(wanted.root, one.service.name != project.spec.service, stamps)
    manifest = read_manifest(outputs.folder / one.scenes[0].output.parent)
    chosen = choose(one.scenes, [f"{project.name}/{part}" for part in parts])
    released = standing(one.lock, one.service, chosen, outputs)
    decided = make_plan(
        project.name,
        chosen,
        lambda fingerprint: _known(store, fingerprint) or released(fingerprint),
        lambda address: store.state.last_identity(outputs.key(address)),
        lambda scene, known: outputs.holds(scene.output, known.object_digest),
        present=lambda scene: outputs.path(scene.output).exists(),
        force=wanted.force,
        known_addresses=() if parts else addresses(manifest),
    )
    given = (one.files, one.target, one.lock, one.asked_at)
    return Planned(project, one.scenes, decided, one.service, outputs, *given, manifest)


def _known(store: Artifacts, fingerprint: str) -> Known | None:
    from didgen.plan.scene import Known

    found = store.find(fingerprint)
    if found is None:
        return None
    return Known(fingerprint, found.object_digest, found.sidecar_digest, found.duration_s)


def _former_stamps(store: Artifacts, wanted: Wish, target: Target) -> dict[str, Stamp]:
    record = store.state.walk(walk_key(wanted, target)) or {"stamps": {}}
    return {name: Stamp(*stamp) for name, stamp in record["stamps"].items()}


# -- building -----------------------------------------------------------------------------------------------------


def build(
    wanted: Wish,
    *,
    on_event: OnEvent = lambda address, event: None,  # noqa: ARG005
    on_notice: OnNotice = lambda text: None,  # noqa: ARG005
    on_plan: Callable[[Plan], None] = lambda plan: None,  # noqa: ARG005
    on_bill: OnBill = lambda offer: False,  # noqa: ARG005
    command: Sequence[str] | None = None,
) -> Summary:
    """Render what changed and put everything in its place.

    on_event hears of every scene, on_notice what a person should know (waiting for another build, a rebuilt state),
    on_plan each project's plan before it is carried out, on_bill of all that is to be bought, once, before anything
    is sent: where no budget is set it decides (`jobs.purse.agree`). command: another worker to start, for tests. Scenes
    that failed are in the summary (`Summary.error`). Raises BudgetError when nobody agreed to the price, and
    DidgenError for what stops the whole build.
    """
    done = nothing_to_do(wanted)
    if done is not None:
        return done
    from didgen.jobs.executor import build_name
    from didgen.jobs.purse import check_priced
    from didgen.release import take_in
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock

    began = time.monotonic()
    with build_lock(prepare(wanted.root), wait=wanted.wait, on_wait=on_notice), Artifacts(wanted.root) as store:
        if store.notice:
            on_notice(store.notice)
        store.objects.clear()
        plans = _plans(wanted, store, on_notice)
        build_id = build_name()
        for planned in plans:
            take_in(planned.plan, planned.lock, planned.service, store, planned.outputs)
        check_priced(bill(plans))
        balances = _look_up(wanted, plans, store, build_id, on_notice)
        purse = _agreed(wanted, plans, balances, on_bill)
        with_events = _Hooks(on_event, on_notice, on_plan)
        summaries = _carry_out(wanted, plans, store, build_id, purse, with_events, command)
    return replace(joined(summaries), seconds=time.monotonic() - began, credits=purse.total)


@dataclass(frozen=True, slots=True)
class _Hooks:
    event: OnEvent
    notice: OnNotice
    plan: Callable[[Any], None]


def _look_up(
    wanted: Wish, plans: Sequence[Planned], store: Artifacts, build: str, on_notice: OnNotice
) -> dict[str, float]:
    """Ask each paid account what it has already of what is to be rendered; the rest is `Planned.to_buy`.

    The credits left at each host where something has to be bought, of those that tell. In an event loop of its own:
    somebody may be asked for money between this and the building.
    """
    from didgen.plan.planner import to_render

    balances: dict[str, float] = {}
    for service in dict.fromkeys(planned.service for planned in plans if planned.service.paid):
        mine = [planned for planned in plans if planned.service == service]
        scenes = {scene.fingerprint: scene for planned in mine for scene in to_render(planned.plan)}
        locked = [planned.lock for planned in mine]
        left: set[str] = set()
        if scenes:
            left, balance = _not_there(wanted, service, list(scenes.values()), store, locked, build, on_notice)
            balances |= {service.host: balance} if balance is not None else {}
        for planned in mine:
            planned.to_buy = [scene for scene in to_render(planned.plan) if scene.fingerprint in left]
    return balances


def _not_there(
    wanted: Wish,
    service: ServiceId,
    scenes: Sequence[Scene],
    store: Artifacts,
    locks: Sequence[Lock],
    build: str,
    on_notice: OnNotice,
) -> tuple[set[str], float | None]:
    """Fingerprints of the scenes that a paid account has no video of; where there are any, its credits, if it tells."""
    import asyncio

    from didgen.jobs.reconcile import bought_as, reconcile
    from didgen.jobs.search import searching

    async def run() -> tuple[list[Scene], float | None]:
        async with searching(service) as search:
            left = await reconcile(
                scenes,
                service.name,
                store.state,
                search,
                build=build,
                anew=wanted.force,
                bought_as=bought_as(store, service.name, [scene.fingerprint for scene in scenes], locks),
                known={job for lock in locks for job in lock.jobs},
                on_notice=on_notice,
            )
            return left, await search.balance() if left else None

    scenes_left, balance = asyncio.run(run())
    return {scene.fingerprint for scene in scenes_left}, balance


def _agreed(wanted: Wish, plans: Sequence[Planned], balances: Mapping[str, float], on_bill: OnBill) -> Purse:
    """The purse for all that these plans buy. Raises BudgetError when nobody agrees to that."""
    from didgen.jobs.purse import Offer, agree

    budget = wanted.budget if wanted.budget is not None else read_settings(wanted.root, os.environ).budget
    return agree(Offer(bill(plans), budget, balances), on_bill)


def _carry_out(
    wanted: Wish,
    plans: Sequence[Planned],
    store: Artifacts,
    build: str,
    purse: Purse,
    hooks: _Hooks,
    command: Sequence[str] | None,
) -> list[Summary]:
    """Every project in turn, on the same warm workers."""
    import asyncio

    jobs = wanted.jobs or read_settings(wanted.root, os.environ).jobs or default_jobs()

    async def run() -> list[Summary]:
        services = _Services(store, jobs, command, purse)
        try:
            return [await _one(wanted, planned, store, services, build, hooks) for planned in plans]
        finally:
            await services.aclose()

    return asyncio.run(run())


def default_jobs() -> int:
    """Half the cores: a scene keeps one busy drawing and one encoding."""
    return max(1, len(os.sched_getaffinity(0)) // 2)


async def _one(
    wanted: Wish,
    planned: Planned,
    store: Artifacts,
    services: _Services,
    build: str,
    hooks: _Hooks,
) -> Summary:
    from didgen.jobs.executor import execute
    from didgen.store.whole import sweep

    sweep(planned.outputs.path(planned.scenes[0].output.parent))
    hooks.plan(planned.plan)
    service = services.of(planned.service)
    name = planned.service.name
    outcomes = await execute(
        planned.plan,
        service,
        name,
        store,
        planned.outputs,
        services.gate(name, service),
        search=services.search(planned.service) if service.paid else None,
        purse=services.purse,
        credit_s=planned.service.credit_s,
        rendering=services.rendering,
        build=build,
        on_event=hooks.event,
    )
    return _finish(wanted, planned, store, outcomes)


@dataclass(slots=True)
class _Services:
    """The services of one build, each opened when first needed, and what its projects share."""

    store: Artifacts
    jobs: int
    command: Sequence[str] | None
    purse: Purse
    rendering: Rendering = field(default_factory=dict)
    opened: dict[str, Service] = field(default_factory=dict)
    gates: dict[str, Gate] = field(default_factory=dict)
    searches: dict[str, Search] = field(default_factory=dict)
    derived: Derived | None = None

    def of(self, service: ServiceId) -> Service:
        """The service that renders."""
        if service.name not in self.opened:
            self.opened[service.name] = self._pool() if service.local else self._client(service)
        return self.opened[service.name]

    def gate(self, name: str, service: Service) -> Gate:
        """The way in to it, one for all projects: what the service refuses one of them it refuses the others."""
        from didgen.jobs.gate import gate_for

        return self.gates.setdefault(name, gate_for(paid=service.paid, jobs=self.jobs))

    def search(self, service: ServiceId) -> Search:
        """The eyes on the account at a paid service."""
        from didgen.api.client import Client
        from didgen.jobs.search import Search

        client = self.of(service)
        assert isinstance(client, Client)
        return self.searches.setdefault(service.name, Search(client.transport))

    def _pool(self) -> Service:
        from didgen.jobs.pool import Pool

        log = self.store.home / "worker.log"
        log.unlink(missing_ok=True)
        return Pool(self.jobs, self._memo(), self.command, log=log, folder=self.store.objects.temporary)

    def _client(self, service: ServiceId) -> Service:
        from didgen.api.client import Client
        from didgen.api.key import keys_for

        keys = keys_for(service.host.partition("/")[0])
        return Client(service.base_url, keys, paid=service.paid, memo=self._memo())

    def _memo(self) -> Derived:
        from didgen.store.derived import Derived

        if self.derived is None:
            self.derived = Derived(self.store.home)
        return self.derived

    async def aclose(self) -> None:
        """Stop workers, close connections and files."""
        for service in self.opened.values():
            await service.aclose()
        if self.derived is not None:
            self.derived.close()


def _finish(wanted: Wish, planned: Planned, store: Artifacts, outcomes: Sequence[Outcome]) -> Summary:
    """After the scenes: the lock, captions, posters and film, then the manifest, then the record of the walk."""
    from didgen.finish import finish
    from didgen.release import lock_up

    lock_up(planned.project, planned.service, planned.scenes, outcomes, planned.lock, store, planned.outputs)
    finished = finish(planned.project, planned.scenes, planned.outputs, store, outcomes, planned.manifest, wanted.prune)
    reasons = {decision.scene.address: decision.reasons for decision in planned.plan.decisions}
    summary = Summary(
        tuple(_result(outcome, planned.outputs, reasons) for outcome in outcomes),
        finished.films,
        finished.stale,
        finished.pruned,
        unresolved=any(isinstance(outcome.error, UnresolvedJobError) for outcome in outcomes),
        unfinished=any(isinstance(outcome.error, NotYetError) for outcome in outcomes),
        over_budget=any(isinstance(outcome.error, BudgetError) for outcome in outcomes),
    )
    if summary.error is None:
        store.state.put_walk(walk_key(wanted, planned.target), _record(planned, summary))
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
        "surroundings": surroundings(),
        "stamps": {name: [s.size, s.mtime_ns, s.inode, s.digest] for name, s in stamps.items()},
        "scenes": [asdict(scene) for scene in summary.scenes],
        "films": summary.films,
        "stale": summary.stale,
        "asked_at": planned.asked_at,
    }
