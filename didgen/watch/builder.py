"""Carries plans out, on a thread with an event loop of its own and with workers that stay warm.

A new plan of a project takes the place of the one before: what both want goes on, what only the former one wanted is
cancelled, unless it was sent to a service that costs money; that is brought home and kept.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.api.job import Event
from didgen.errors import DidgenError
from didgen.garbage import give_back
from didgen.jobs.executor import Outcome, Rendering, Work
from didgen.jobs.lockfile import NAME as LOCK
from didgen.jobs.making import Maker
from didgen.jobs.purse import Purse
from didgen.jobs.snapshots import Snapshots
from didgen.jobs.turns import Alone
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
from didgen.watch.films import AT_ONCE, Films
from didgen.watch.told import Finished, Heard, Idle, Joined, Notice, View, Withdrawn, Wrong

if TYPE_CHECKING:
    from didgen.jobs.gate import Gate
    from didgen.plan.identity import ServiceId
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
class _Round:
    """A plan while it is carried out."""

    order: Order
    decisions: Sequence[Decision]
    task: asyncio.Task[None] | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def wants(self) -> set[str]:
        """Fingerprints of what it renders."""
        return {one.scene.fingerprint for one in self.decisions if one.action in ("render", "restore")}


class Builder:
    """Made and told what to do by one thread, works on another.

    on_done: called there when something has come to its end. command: another worker to start, for tests.
    """

    def __init__(
        self, root: Path, jobs: int, view: View, on_done: Callable[[], None], command: Sequence[str] | None = None
    ) -> None:
        self._root, self._jobs, self._view, self._on_done, self._command = root, jobs, view, on_done, command
        self._given = 0
        self._taken = 0
        self._rounds: dict[Target, _Round] = {}
        self._rendering: Rendering = {}
        self._addresses: dict[str, str] = {}
        self._delivered: dict[str, tuple[str, float]] = {}
        self._again: set[Target] = set()
        self._locks: dict[Target, Stamp] = {}
        self._kept: set[asyncio.Future[Any]] = set()
        self._films = Films(lambda: bool(self._rounds) or self._hurry)
        self._hurry = False
        self._told_idle = True
        self._error: BaseException | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="builder", daemon=True)

    # -- for the other thread -----------------------------------------------------------------------------------

    def start(self, service: ServiceId) -> None:
        """Open the store, and the service that most of it is for. Raises StorageError, UsageError for a service that
        cannot be used: it has no address, or its key is not there."""
        self._first = service
        self._thread.start()
        self._ready.wait()
        self.check()

    def warm(self) -> None:
        """Have the workers of this machine load their models."""
        self._loop.call_soon_threadsafe(lambda: self._keep(asyncio.ensure_future(self._warm())))

    def take(self, order: Order) -> None:
        """Carry out a plan in place of the project's former one."""
        self._given += 1
        self._loop.call_soon_threadsafe(self._obey, self._take, order)

    def drop(self, target: Target) -> None:
        """Stop what is made of a project that is no longer there."""
        self._given += 1
        self._loop.call_soon_threadsafe(self._obey, self._drop, target)

    @property
    def idle(self) -> bool:
        """Whether everything that was given has come to its end."""
        return not self._busy and not self._films

    @property
    def _busy(self) -> bool:
        """Whether there is anything to do but to join films that can wait."""
        return bool(self._taken != self._given or self._rounds or self._under_way() or self._kept)

    def again(self) -> set[Target]:
        """Projects of which a file was edited between planning and rendering; told once."""
        return {self._again.pop() for _ in range(len(self._again))}

    def locks(self) -> dict[Target, Stamp]:
        """Of projects that were finished, the `didgen.lock` that was written then; told once."""
        return dict(self._locks.popitem() for _ in range(len(self._locks)))

    def working_on(self, target: Target) -> bool:
        """Whether a plan of it is being carried out."""
        return target in self._rounds

    def check(self) -> None:
        """Raises what ended the thread, if anything did."""
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Stop all that is being made, and let go of workers and connections. Paid jobs go on where they are. Films
        that were left for later are joined, unless who waits is interrupted."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # it is just ending by itself
                self._loop.call_soon_threadsafe(self._quit.set)
            try:
                self._thread.join()
            except KeyboardInterrupt:
                self._hurry = True
                raise

    # -- the thread ---------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            asyncio.run(self._work())
        except BaseException as error:
            self._error = error
        finally:
            self._ready.set()
            self._on_done()

    async def _work(self) -> None:
        self._loop, self._quit = asyncio.get_running_loop(), asyncio.Event()
        self._concluding = asyncio.Lock()
        with Artifacts(self._root) as self._store:
            self._services = Services(self._store, self._jobs, self._command, Purse(), Alone())
            try:
                self._services.of(self._first)
                self._ready.set()
                await self._quit.wait()
                await self._stop_all()
            finally:
                await self._services.aclose()

    async def _stop_all(self) -> None:
        tasks = [one.task for one in self._rounds.values() if one.task] + list(self._rendering.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._kept, return_exceptions=True)
        if self._films and self._error is None:
            self._notice("joining films; Ctrl-C leaves that to the next build")
            await self._films.join()

    async def _warm(self) -> None:
        from didgen.jobs.pool import Pool
        from didgen.plan.identity import service_id

        pool = self._services.of(service_id("local"))
        assert isinstance(pool, Pool)
        await pool.warm()

    def _keep(self, task: asyncio.Future[Any]) -> None:
        """Hold on to a task that nobody need wait for; its error, if it has one, is told by who does."""
        self._kept.add(task)
        task.add_done_callback(self._kept.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        task.add_done_callback(lambda _: self._loop.call_soon(self._ended))

    def _obey(self, step: Callable[[Any], None], what: Order | Target) -> None:
        """Do what the other thread gave; what goes wrong with that ends the watch, for nobody waits for it here."""
        try:
            step(what)
        except Exception as error:
            self._error = error
            self._quit.set()

    def _take(self, order: Order) -> None:
        self._told_idle = False
        target = order.planned.target
        self._films.forget(target)
        self._films.wait()
        former = self._rounds.get(target)
        self._delivered = {key: found for key, found in self._delivered.items() if found[1] >= order.began}
        one = _Round(order, [self._as_it_is_now(decision, order.planned) for decision in order.planned.plan.decisions])
        self._addresses |= {d.scene.fingerprint: d.scene.address for d in one.decisions if d.action == "render"}
        self._rounds[target] = one
        self._taken += 1  # not before: for a moment it would look as if there were nothing to do
        if former is not None and former.task is not None:
            former.task.cancel()
        self._withdraw()
        one.task = asyncio.ensure_future(self._carry_out(one))
        one.task.add_done_callback(self._give_up)

    def _drop(self, target: Target) -> None:
        self._films.forget(target)
        former = self._rounds.pop(target, None)
        self._taken += 1
        if former is not None and former.task is not None:
            former.task.cancel()
        self._withdraw()
        self._tell_done()

    def _as_it_is_now(self, decision: Decision, planned: Planned) -> Decision:
        """A decision, taken while the plan before was still carried out, after what that one has done meanwhile."""
        scene = decision.scene
        if decision.action == "render" and not planned.service.paid and self._store.find(scene.fingerprint):
            return replace(decision, action="restore")
        delivered = self._delivered.get(planned.outputs.key(scene.address))
        if decision.action == "reuse" and delivered is not None and delivered[0] != scene.fingerprint:
            return replace(decision, action="restore")
        return decision

    async def _carry_out(self, one: _Round) -> None:
        target = one.order.planned.target
        try:
            outcomes = await self._outcomes(one)
            now = Joining(None if one.order.planned.service.paid else AT_ONCE)
            summary = await self._conclude(one, outcomes, now)
        except DidgenError as error:
            self._view(Wrong(self._name(target), error))
        else:
            if any(isinstance(outcome.error, InputChangedError) for outcome in outcomes):
                self._again.add(target)
            elif self._rounds.get(target) is one:
                if summary.later:
                    self._films.leave(target, partial(self._join, one, outcomes, summary.later))
                self._view(Finished(one.order.planned, summary))
        finally:
            if self._rounds.get(target) is one:
                del self._rounds[target]
                self._withdraw()
                self._tell_done()

    async def _outcomes(self, one: _Round) -> tuple[Outcome, ...]:
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
        if not self._under_way():
            maker.forget_local_jobs()
        work = Work(maker, self._rendering)
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
        if self._services.gate(name, service).shut and not self._under_way():
            del self._services.gates[name]
        return self._services.gate(name, service)

    def _join_films(self) -> None:
        if not self._quit.is_set():
            task = asyncio.ensure_future(self._films.join())
            task.add_done_callback(self._give_up)
            self._keep(task)

    async def _join(
        self, one: _Round, outcomes: Sequence[Outcome], films: tuple[str, ...], check: Callable[[], None]
    ) -> None:
        """Join films that were left for later, and put them in place with the manifest that says so."""
        try:
            await self._conclude(one, outcomes, Joining(check=check))
        except DidgenError as error:
            self._view(Wrong(self._name(one.order.planned.target), error))
        else:
            self._view(Joined(one.order.planned, films))

    async def _conclude(self, one: _Round, outcomes: Sequence[Outcome], joining: Joining) -> Summary:
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
        self._keep(task)
        summary = await asyncio.shield(task)
        self._note_lock(order.planned)
        return summary

    def _note_lock(self, planned: Planned) -> None:
        name = planned.files.relative(planned.project.folder / LOCK)
        if name in planned.outputs.delivered:
            self._locks[planned.target] = planned.outputs.delivered[name]

    def _on_event(self, address: str, event: Event) -> None:
        if event.kind != InputChangedError.__name__:  # it is planned again
            self._view(Heard(address, event))

    def _notice(self, text: str) -> None:
        self._view(Notice(text))

    # -- what nobody wants any more -----------------------------------------------------------------------------

    def _under_way(self) -> list[str]:
        """Fingerprints of what is being rendered."""
        return [fingerprint for fingerprint, task in list(self._rendering.items()) if not task.done()]

    def _withdraw(self) -> None:
        """Cancel what no plan wants, and forget what has ended."""
        wanted = set().union(*(one.wants for one in self._rounds.values()))
        sent: set[str] | None = None
        for fingerprint, task in list(self._rendering.items()):
            if task.done():
                del self._rendering[fingerprint]
            elif fingerprint not in wanted:
                sent = self._sent() if sent is None else sent
                if fingerprint not in sent:
                    del self._rendering[fingerprint]
                    task.cancel()
                    self._view(Withdrawn(self._addresses.get(fingerprint, "")))
                if task not in self._kept:
                    self._keep(task)

    def _ended(self) -> None:
        """Something that nobody waits for has come to its end."""
        if not self._quit.is_set():
            self._withdraw()
            self._tell_done()

    def _give_up(self, task: asyncio.Future[None]) -> None:
        """A round ended in a way that is not foreseen: that ends the watch."""
        if not task.cancelled() and task.exception() is not None:
            self._error = task.exception()
            self._quit.set()

    def _sent(self) -> set[str]:
        """Fingerprints of what services that cost money have, or may have: that is never given up."""
        paid = [name for name, service in self._services.opened.items() if service.paid]
        return {row.fingerprint for name in paid for row in self._store.state.open_jobs(name)}

    def _tell_done(self) -> None:
        if not self._busy:
            self._films.rest(self._join_films)
        if self.idle and not self._told_idle:
            self._told_idle = True
            self._addresses.clear()
            self._store.state.shrink()
            give_back()
            Snapshots(self._store.objects, self._root).clear()
            self._view(Idle())
        self._on_done()

    def _name(self, target: Target) -> str:
        return target.path.relative_to(self._root).as_posix()
