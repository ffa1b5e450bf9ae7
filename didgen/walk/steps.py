"""The steps of a build, in order; owns nothing.

First the short cut (`shortcut`), which must stay light; so what the long way needs is imported where it is used.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from didgen.errors import BudgetError, NotYetError, Place, UnresolvedJobError
from didgen.project.workspace import read_settings
from didgen.walk.planned import OnNotice, Planned, bill, check, owners_of, plan, plans_of
from didgen.walk.record import record_of, surroundings
from didgen.walk.shortcut import Standing, Wish, nothing_to_do, standing, walk_key, wish
from didgen.walk.summary import SceneResult, Summary, joined

if TYPE_CHECKING:
    from pathlib import Path

    from didgen.api.job import Event
    from didgen.jobs.executor import Outcome
    from didgen.jobs.purse import OnBill, Purse
    from didgen.jobs.turns import Alone
    from didgen.plan.scene import Plan, Scene
    from didgen.project.load import Project
    from didgen.store.artifacts import Artifacts
    from didgen.walk.finish import Joining
    from didgen.walk.planfile import PlanFile
    from didgen.walk.services import Services
    from didgen.walk.upgrade import OnUpgrade

__all__ = ["Planned", "SceneResult", "Summary", "Wish", "bill", "build", "check", "nothing_to_do", "plan", "wish"]

OnEvent = Callable[[str, "Event"], None]


def build(
    wanted: Wish,
    *,
    on_event: OnEvent = lambda address, event: None,  # noqa: ARG005
    on_notice: OnNotice = lambda text: None,  # noqa: ARG005
    on_plan: Callable[[Plan], None] = lambda plan: None,  # noqa: ARG005
    on_bill: OnBill = lambda offer: False,  # noqa: ARG005
    on_upgrade: OnUpgrade = lambda upgrade: False,  # noqa: ARG005
    bound: PlanFile | None = None,
    before: Standing | None = None,
    command: Sequence[str] | None = None,
) -> Summary:
    """Render what changed and put everything in its place.

    on_event hears of every scene, on_notice what a person should know (waiting for another build, a rebuilt state),
    on_plan each project's plan before it is carried out, on_bill of all that is to be bought, once, before anything
    is sent: where no budget is set it decides (`jobs.purse.agree`). on_upgrade decides whether what an upgrade of
    didgen alone would render again is rendered (UpgradeError when not). bound: a plan that has to
    hold still (UsageError when it does not). before: what `standing` said of the wish a moment ago, where somebody has
    asked already. command: another worker to start, for tests.
    Raises ProjectError when `wanted.locked` and something has left the lock.
    Scenes that failed are in the summary (`Summary.error`). Raises BudgetError when nobody agreed to the price, and
    DidgenError for what stops the whole build.
    """
    stands = standing(wanted, before) if bound is None else Standing(wanted, {}, wanted.targets)
    if stands.summary is not None:
        return stands.summary
    from didgen.jobs.executor import build_name
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock
    from didgen.walk.locked import check_locked
    from didgen.walk.purchase import purse_for
    from didgen.walk.sharing import pay_back, read_through
    from didgen.walk.upgrade import check_upgrade
    from didgen.walk.writable import check_writable

    began = time.monotonic()
    with build_lock(prepare(wanted.root), wait=wanted.wait, on_wait=on_notice), Artifacts(wanted.root) as store:
        if store.notice:
            on_notice(store.notice)
        store.objects.clear()
        plans = plans_of(replace(wanted, targets=stands.left), store, on_notice)
        if bound is not None:
            bound.check(wanted, plans)
        if wanted.locked:
            check_locked(wanted, plans)
        sharing = read_through(wanted, plans, store, on_notice)
        pay_back(sharing, store, on_notice)
        check_upgrade(wanted, plans, on_upgrade)
        for one in plans:
            check_writable(one)
        _tell_overruns(plans, on_notice)
        store.state.own(owners_of(plans, wanted.root))
        build_id = build_name()
        purse = purse_for(wanted, plans, store, build_id, on_notice, on_bill, sharing)
        with_events = _Hooks(on_event, on_notice, on_plan)
        turns = sharing.turns(wanted, store, on_notice)
        summaries = _carry_out(wanted, plans, store, build_id, purse, turns, with_events, command)
    built = {planned.target: summary for planned, summary in zip(plans, summaries, strict=True)}
    every = [{**stands.done, **built}[target] for target in wanted.targets]
    return replace(joined(every), seconds=time.monotonic() - began, credits=purse.total)


def _tell_overruns(plans: Sequence[Planned], on_notice: OnNotice) -> None:
    """Say what is likely too long while it can still be left unrendered, and unbought."""
    from didgen.plan.fit import estimated
    from didgen.plan.planner import to_render

    for scene in [scene for planned in plans for scene in to_render(planned.plan)]:
        if (found := estimated(scene)) is not None:
            on_notice(str(found.problem(scene.address)))


@dataclass(frozen=True, slots=True)
class _Hooks:
    event: OnEvent
    notice: OnNotice
    plan: Callable[[Any], None]


def _carry_out(
    wanted: Wish,
    plans: Sequence[Planned],
    store: Artifacts,
    build: str,
    purse: Purse,
    turns: Alone,
    hooks: _Hooks,
    command: Sequence[str] | None,
) -> list[Summary]:
    """Every project in turn, on the same warm workers."""
    import asyncio

    from didgen.walk.services import Services, default_jobs

    jobs = wanted.jobs or read_settings(wanted.root, os.environ).jobs or default_jobs()

    async def run() -> list[Summary]:
        services = Services(store, jobs, command, purse, turns)
        try:
            return [await _one(wanted, planned, store, services, build, hooks) for planned in plans]
        finally:
            await services.aclose()

    return asyncio.run(run())


async def _one(
    wanted: Wish,
    planned: Planned,
    store: Artifacts,
    services: Services,
    build: str,
    hooks: _Hooks,
) -> Summary:
    from didgen.jobs.executor import execute
    from didgen.plan.address import project_folder
    from didgen.store.whole import sweep

    sweep(planned.outputs.path(project_folder(planned.project.name)))
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
        turns=services.turns,
        on_event=hooks.event,
        on_notice=hooks.notice,
    )
    return conclude(wanted, planned, store, outcomes)


def conclude(
    wanted: Wish, planned: Planned, store: Artifacts, outcomes: Sequence[Outcome], joining: Joining | None = None
) -> Summary:
    """After the scenes: the lock, captions, posters and film, then the manifest, then the record of the walk.

    With films left for later it can be called once more, for those. joining: how films are joined.
    """
    from didgen.plan.rights import expired, first_end
    from didgen.walk.again import again_of
    from didgen.walk.finish import finish
    from didgen.walk.release import lock_up

    lock_up(planned.project, planned.service, planned.scenes, outcomes, planned.lock, store, planned.outputs)
    stopped = {scene.address for scene in planned.scenes if expired(scene, wanted.today)}
    standing = (planned.outputs, store, outcomes, planned.manifest)
    finished = finish(planned.project, planned.scenes, *standing, wanted.prune, planned.files, stopped, joining)
    reasons = {decision.scene.address: decision.reasons for decision in planned.plan.decisions}
    summary = Summary(
        tuple(_result(outcome, planned, reasons) for outcome in outcomes),
        finished.films,
        finished.stale,
        finished.pruned,
        unresolved=any(isinstance(outcome.error, UnresolvedJobError) for outcome in outcomes),
        unfinished=any(isinstance(outcome.error, NotYetError) for outcome in outcomes),
        over_budget=any(isinstance(outcome.error, BudgetError) for outcome in outcomes),
        later=finished.later,
    )
    if summary.error is None:
        stamps = planned.files.stamps() | planned.outputs.delivered
        until = first_end(planned.scenes)
        done = planned.whole and not summary.later and not _owes(wanted.root, store, outcomes)
        valid = surroundings() if done else ""  # what was left out is not done: no short cut past it
        kept = again_of(planned, summary)
        record = record_of(summary, stamps, valid, asked_at=planned.asked_at, until=until, again=kept)
        store.state.put_walk(walk_key(wanted, planned.target), record)
    return summary


def _owes(root: Path, store: Artifacts, outcomes: Sequence[Outcome]) -> bool:
    """Whether a scene is still to be put into the shared store: the next build goes on with that."""
    from didgen.store.owed import Owed

    pushes = read_settings(root, os.environ).store_push
    return pushes and not Owed(store).fingerprints().isdisjoint(one.scene.fingerprint for one in outcomes)


def _result(outcome: Outcome, planned: Planned, reasons: Mapping[str, tuple[str, ...]]) -> SceneResult:
    from didgen.plan.fit import overrun, words_of
    from didgen.plan.translations import words_of_stale

    scene = outcome.scene
    return SceneResult(
        scene.address,
        outcome.action,
        planned.outputs.name(scene.output),
        outcome.seconds,
        outcome.artifact.duration_s if outcome.artifact else 0.0,
        reasons[scene.address],
        (*scene.notes, *outcome.warnings),
        str(outcome.error) if outcome.error else "",
        words_of(overrun(scene.limit, outcome.artifact.duration_s, exact=True)) if outcome.artifact else "",
        words_of_stale(scene),
        _written(planned.project, scene) if outcome.error else None,
    )


def _written(project: Project, scene: Scene) -> Place:
    """Where a scene is written: the line of its `id`."""
    numbers = {spec.id: number for number, spec in zip(project.numbers, project.spec.scenes, strict=True)}
    name = scene.address.partition("[")[0].partition("/")[2]
    return project.document.place("scenes", numbers[name], "id")
