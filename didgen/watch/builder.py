"""Carries plans out, on a thread with an event loop of its own and with workers that stay warm.

A new plan of a project takes the place of the one before: what both want goes on, what only the former one wanted is
cancelled, unless it was sent to a service that costs money; that is brought home and kept.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.errors import DidgenError
from didgen.garbage import give_back
from didgen.jobs.executor import Outcome
from didgen.jobs.purse import Purse
from didgen.jobs.snapshots import Snapshots
from didgen.jobs.turns import Alone
from didgen.store.artifacts import Artifacts
from didgen.store.objects import InputChangedError
from didgen.walk.finish import Joining
from didgen.walk.services import Services
from didgen.walk.shortcut import Target
from didgen.watch.carrying import Carrier, Order, Round
from didgen.watch.films import AT_ONCE, Films
from didgen.watch.renderings import Kept, Renderings
from didgen.watch.told import Finished, Idle, Joined, Notice, View, Wrong

if TYPE_CHECKING:
    from didgen.plan.identity import ServiceId
    from didgen.project.stamps import Stamp


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
        self._rounds: dict[Target, Round] = {}
        self._kept = Kept(self._ended)
        self._renderings = Renderings(self._kept, view)
        self._again: set[Target] = set()
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
        self._loop.call_soon_threadsafe(lambda: self._kept.add(asyncio.ensure_future(self._warm())))

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
        return bool(self._taken != self._given or self._rounds or self._renderings.under_way or self._kept)

    def again(self) -> set[Target]:
        """Projects of which a file was edited between planning and rendering; told once."""
        return {self._again.pop() for _ in range(len(self._again))}

    def locks(self) -> dict[Target, Stamp]:
        """Of projects that were finished, the `didgen.lock` that was written then; told once."""
        locks = self._carrier.locks
        return dict(locks.popitem() for _ in range(len(locks)))

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
        with Artifacts(self._root) as self._store:
            self._services = Services(self._store, self._jobs, self._command, Purse(), Alone())
            self._carrier = Carrier(self._root, self._services, self._renderings, self._kept, self._view)
            try:
                self._services.of(self._first)
                self._ready.set()
                await self._quit.wait()
                await self._stop_all()
            finally:
                await self._services.aclose()

    async def _stop_all(self) -> None:
        tasks = [one.task for one in self._rounds.values() if one.task] + list(self._renderings.tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, *self._kept, return_exceptions=True)
        if self._films and self._error is None:
            self._view(Notice("joining films; Ctrl-C leaves that to the next build"))
            await self._films.join()

    async def _warm(self) -> None:
        from didgen.jobs.pool import Pool
        from didgen.plan.identity import service_id

        pool = self._services.of(service_id("local"))
        assert isinstance(pool, Pool)
        await pool.warm()

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
        one = self._carrier.round_of(order)
        self._renderings.expect(one.decisions)
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

    async def _carry_out(self, one: Round) -> None:
        target = one.order.planned.target
        try:
            outcomes = await self._carrier.outcomes(one)
            now = Joining(None if one.order.planned.service.paid else AT_ONCE)
            summary = await self._carrier.conclude(one, outcomes, now)
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

    def _join_films(self) -> None:
        if not self._quit.is_set():
            task = asyncio.ensure_future(self._films.join())
            task.add_done_callback(self._give_up)
            self._kept.add(task)

    async def _join(
        self, one: Round, outcomes: Sequence[Outcome], films: tuple[str, ...], check: Callable[[], None]
    ) -> None:
        """Join films that were left for later, and put them in place with the manifest that says so."""
        try:
            await self._carrier.conclude(one, outcomes, Joining(check=check))
        except DidgenError as error:
            self._view(Wrong(self._name(one.order.planned.target), error))
        else:
            self._view(Joined(one.order.planned, films))

    # -- what nobody wants any more -----------------------------------------------------------------------------

    def _withdraw(self) -> None:
        """Cancel what no plan wants, and forget what has ended."""
        wanted = set().union(*(one.wants for one in self._rounds.values()))
        self._renderings.withdraw(wanted, self._sent)

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
            self._renderings.rest()
            self._store.state.shrink()
            give_back()
            Snapshots(self._store.objects, self._root).clear()
            self._view(Idle())
        self._on_done()

    def _name(self, target: Target) -> str:
        return target.path.relative_to(self._root).as_posix()
