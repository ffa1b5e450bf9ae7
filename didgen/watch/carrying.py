"""Carries one plan out beside others: its scenes, then captions, posters, film and manifest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from didgen.api.job import Event
from didgen.jobs.executor import Outcome, Work
from didgen.jobs.lockfile import NAME as LOCK
from didgen.jobs.making import Maker
from didgen.plan.scene import Decision
from didgen.store.artifacts import Artifacts
from didgen.store.objects import InputChangedError
from didgen.walk.finish import Joining
from didgen.walk.planned import Planned
from didgen.walk.services import Services
from didgen.walk.sharing import Sharing
from didgen.walk.shortcut import Target, Wish
from didgen.walk.steps import conclude
from didgen.walk.summary import Summary
from didgen.watch.renderings import Kept, Renderings
from didgen.watch.told import Heard, Notice, View

if TYPE_CHECKING:
    from didgen.jobs.gate import Gate
    from didgen.jobs.purse import Purse
    from didgen.project.stamps import Stamp


@dataclass(frozen=True, slots=True)
class Order:
    """One project's plan, to be carried out. sharing: the store shared with other machines, for what is bought; drafts
    are made here. build: its name in the state; ahead: it was edited just now; began: the planning, in monotonic
    seconds."""

    wanted: Wish
    planned: Planned
    purse: Purse
    sharing: Sharing
    build: str
    ahead: bool
    began: float


@dataclass(eq=False)
class Round:
    """A plan while it is carried out."""

    order: Order
    decisions: Sequence[Decision]
    task: asyncio.Task[None] | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def wants(self) -> set[str]:
        """Fingerprints of what it renders."""
        return {one.scene.fingerprint for one in self.decisions if one.action in ("render", "restore")}


class Carrier:
    """What all rounds share while they are carried out. Belongs to one event loop.

    locks: of projects that were finished, the `didgen.lock` that was written then.
    """

    def __init__(self, root: Path, services: Services, renderings: Renderings, kept: Kept, view: View) -> None:
        self._root, self._services, self._renderings, self._kept, self._view = root, services, renderings, kept, view
        self._store = services.store
        self.locks: dict[Target, Stamp] = {}
        self._delivered: dict[str, tuple[str, float]] = {}
        self._concluding = asyncio.Lock()

    def round_of(self, order: Order) -> Round:
        """The round of an order, after what was done since it was planned."""
        self._delivered = {key: found for key, found in self._delivered.items() if found[1] >= order.began}
        return Round(order, [self._as_it_is_now(decision, order.planned) for decision in order.planned.plan.decisions])

    def _as_it_is_now(self, decision: Decision, planned: Planned) -> Decision:
        """A decision, taken while the plan before was still carried out, after what that one has done meanwhile."""
        scene = decision.scene
        if decision.action == "render" and not planned.service.paid and self._store.find(scene.fingerprint):
            return replace(decision, action="restore")
        delivered = self._delivered.get(planned.outputs.key(scene.address))
        if decision.action == "reuse" and delivered is not None and delivered[0] != scene.fingerprint:
            return replace(decision, action="restore")
        return decision

    async def outcomes(self, one: Round) -> tuple[Outcome, ...]:
        """As `jobs.executor.execute`, but that renderings outlive the round."""
        order, planned = one.order, one.order.planned
        service = self._services.of(planned.service)
        gate = self._gate(planned)
        turns = order.sharing.turns(order.wanted, self._store, self._notice)
        maker = Maker(
            service,
            planned.service.name,
            self._store,
            planned.outputs,
            gate,
            self._on_event,
            self._services.search(planned.service) if service.paid else None,
            order.purse,
            planned.service.credit_s,
            order.build,
            order.ahead,
            turns,
            self._notice,
        )
        if not self._renderings.under_way:
            maker.forget_local_jobs()
        work = Work(maker, self._renderings.tasks)
        tasks = [asyncio.ensure_future(self._scene(work, planned, decision)) for decision in one.decisions]
        try:
            return tuple(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await turns.close()

    async def _scene(self, work: Work, planned: Planned, decision: Decision) -> Outcome:
        outcome = await work.carry_out(decision)
        if outcome.artifact is not None:
            key = planned.outputs.key(decision.scene.address)
            self._delivered[key] = decision.scene.fingerprint, time.monotonic()
        return outcome

    def _gate(self, planned: Planned) -> Gate:
        """The way in to a service; a new one when it was shut, for a watch asks again at the next change."""
        name, service = planned.service.name, self._services.of(planned.service)
        if self._services.gate(name, service).shut and not self._renderings.under_way:
            del self._services.gates[name]
        return self._services.gate(name, service)

    async def conclude(self, one: Round, outcomes: Sequence[Outcome], joining: Joining) -> Summary:
        """Captions, posters, film, manifest; on a thread with a store of its own, so that other scenes go on, and to
        its end whatever happens meanwhile."""
        order = one.order

        def work() -> Summary:
            with Artifacts(self._root) as store:
                summary = conclude(order.wanted, order.planned, store, outcomes, joining)
            return replace(summary, seconds=time.monotonic() - one.began, credits=order.purse.total)

        async def whole() -> Summary:
            async with self._concluding:
                return await asyncio.to_thread(work)

        task = asyncio.ensure_future(whole())
        self._kept.add(task)
        summary = await asyncio.shield(task)
        self._note_lock(order.planned)
        return summary

    def _note_lock(self, planned: Planned) -> None:
        name = planned.files.relative(planned.project.folder / LOCK)
        if name in planned.outputs.delivered:
            self.locks[planned.target] = planned.outputs.delivered[name]

    def _on_event(self, address: str, event: Event) -> None:
        if event.kind != InputChangedError.__name__:  # it is planned again
            self._view(Heard(address, event))

    def _notice(self, text: str) -> None:
        self._view(Notice(text))
