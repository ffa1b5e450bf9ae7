"""Looks, plans, hands over, and waits for the next change that has settled: the thread that `didgen watch` runs on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from didgen.errors import BudgetError, DidgenError, LockedError
from didgen.garbage import without_gc
from didgen.jobs.executor import build_name
from didgen.jobs.ledger import was_paid
from didgen.plan.bill import Bill, bill_of
from didgen.plan.identity import service_id
from didgen.plan.planner import to_render
from didgen.project.workspace import read_settings
from didgen.store.artifacts import Artifacts
from didgen.store.home import prepare
from didgen.store.lock import build_lock
from didgen.walk.planned import Former, Planned, owners_of, plans_of
from didgen.walk.purchase import purse_for
from didgen.walk.services import default_jobs
from didgen.walk.sharing import Sharing, read_through
from didgen.walk.shortcut import Target, Wish, wish
from didgen.walk.writable import check_writable
from didgen.watch.builder import Builder
from didgen.watch.carrying import Order
from didgen.watch.doorbell import Doorbell
from didgen.watch.inputs import Inputs, Projects
from didgen.watch.mounts import read_mountinfo, silent
from didgen.watch.told import Began, Changed, Gone, Mended, Notice, View, Watching, Wrong
from didgen.watch.waiting import Ear, git_lock

if TYPE_CHECKING:
    from didgen.jobs.purse import Offer
    from didgen.project.files import Files
    from didgen.walk.upgrade import OnUpgrade

RESCAN_S = 5.0
"""How often everything is looked at although nothing rang: an event may get lost."""
POLL_S = 0.4
LOCK_S = 0.3
"""How often a lock that another build holds is tried again."""


@dataclass
class Watch:
    """Builds now and after every change, until it is interrupted.

    service: what renders; jobs: scenes at once, 0 lets didgen choose; budget: credits that all builds together may
    spend. view hears of everything; on_upgrade is asked once about what only an upgrade of didgen renders again.
    command: another worker to start, for tests. on_start: called when the service has turned out to be one that can be
    used.
    """

    root: Path
    addresses: Sequence[str]
    service: str
    jobs: int
    budget: int
    view: View
    on_upgrade: OnUpgrade
    command: Sequence[str] | None = None
    on_start: Callable[[], None] = lambda: None
    ear: Ear = field(default_factory=Ear)
    began: float = field(default_factory=time.time)
    _waiting: set[Target] = field(default_factory=set)  # for the lock, or for paid jobs to come home
    _declined: set[str] = field(default_factory=set)
    _troubles: dict[str, str] = field(default_factory=dict)
    _polling: str = ""
    _told: Watching | None = None
    _lock: ExitStack = field(default_factory=ExitStack)
    _locked: bool = False
    _swept: bool = False

    def __post_init__(self) -> None:
        self._projects = Projects(self.root)

    def run(self) -> None:
        """Never returns: KeyboardInterrupt ends it, with everything finished kept. Raises UsageError for a project that
        nobody has and for a service that cannot be used, as without its key; StorageError."""
        wanted, settings = self._wanted(), read_settings(self.root, os.environ)
        jobs = self.jobs or settings.jobs or default_jobs()
        service = service_id(self.service, paid_at_home=settings.paid, credit_s=settings.credit_s)
        prepare(self.root)
        self.ear.git_lock = git_lock(self.root)
        builder = Builder(self.root, jobs, self.view, self.ear.done, self.command)
        doorbell = Doorbell(self.ear.ring, self._broken)
        builder.start(service)
        try:
            self.on_start()
            self._polling = self._why_poll(wanted)
            self._listen(doorbell)
            if service.local:
                builder.warm()
            self._rebuild(wanted.targets, wanted, builder, ())
            while True:
                builder.check()
                self._listen(doorbell)
                self._look(builder, settled=self._await_change())
                self._tell_watching()  # that the system tells of nothing may come out at any time
        finally:
            doorbell.close()
            builder.stop()
            self._lock.close()

    # -- looking ------------------------------------------------------------------------------------------------

    def _look(self, builder: Builder, *, settled: bool) -> None:
        """See what has changed, and build that. settled: whether that was waited for; else it is, when something has:
        it may have been saved this very moment, and be half a file."""
        if builder.idle:
            self._release()
        try:
            wanted = self._wanted()
        except DidgenError as error:
            if settled:
                self._trouble("", error)
            else:
                self._look_when_settled(builder)
            return
        gone, changed = self._projects.gone(wanted), self._foreign_changes(wanted, builder)
        if (gone or changed) and not settled:
            self._look_when_settled(builder)
            return
        self._mended("")
        for target in gone:
            self._forget(target, builder)
        again = builder.again() | self._ready_now(builder)
        dirty = [target for target in wanted.targets if target in changed or target in again]
        if dirty:
            names = {name for named in changed.values() for name in named}
            self._rebuild(dirty, wanted, builder, tuple(sorted(names)))

    def _look_when_settled(self, builder: Builder) -> None:
        self.ear.await_quiet(self._projects)
        self._look(builder, settled=True)

    def _foreign_changes(self, wanted: Wish, builder: Builder) -> dict[Target, list[str]]:
        """As `Projects.changed`, but for a `didgen.lock` that is being written by ourselves: when that is done, it is
        looked at again."""
        at_work = {target for target in wanted.targets if builder.working_on(target)}
        for target, stamp in builder.locks().items():
            self._projects.note_lock(target, stamp)
        changed = self._projects.changed(wanted)
        ours = {target for target in at_work & set(changed) if changed[target] == [self._projects.lock(target)]}
        return {target: names for target, names in changed.items() if target not in ours}

    def _ready_now(self, builder: Builder) -> set[Target]:
        """Those of `_waiting` that need not wait any more."""
        if not self._waiting or (self._locked and not builder.idle) or not self._lock_now(tell=False):
            return set()
        ready, self._waiting = self._waiting, set()
        return ready

    def _wanted(self) -> Wish:
        return wish(self.root, self.addresses, service=self.service, jobs=self.jobs)

    def _forget(self, target: Target, builder: Builder) -> None:
        del self._projects.known[target]
        self._waiting.discard(target)
        builder.drop(target)
        self._troubles.pop(self._projects.name(target), None)
        self.view(Gone(self._projects.name(target)))

    # -- building -----------------------------------------------------------------------------------------------

    def _rebuild(self, dirty: Sequence[Target], wanted: Wish, builder: Builder, changed: tuple[str, ...]) -> None:
        """Plan these projects anew, and have carried out what could be planned."""
        if changed:
            self.view(Changed(changed))
        first, began = not self._projects.known, time.monotonic()
        with without_gc(), Artifacts(self.root) as store:  # what a plan leaves is gone through when all is under way
            if store.notice:
                self.view(Notice(store.notice))
            plans = [planned for target in dirty if (planned := self._plan(target, wanted, store)) is not None]
            self._tell_watching()
            if plans and self._lock_now(tell=True):
                self._sweep(store)
                self._hand_over(plans, wanted, store, builder, ahead=not first, began=began)
            else:
                self._waiting |= {planned.target for planned in plans}

    def _sweep(self, store: Artifacts) -> None:
        """Remove once, before anything is made, what killed builds left behind."""
        if not self._swept:
            self._swept = True
            store.objects.clear()

    def _plan(self, target: Target, wanted: Wish, store: Artifacts) -> Planned | None:
        """One project's plan; None when something is wrong with it, which is told. What it was read from is known in
        either case."""
        read: list[Files] = []
        project = self._projects.of(target)
        try:
            one, former = replace(wanted, targets=(target,)), {target: project.former} if project.former else {}
            (planned,) = plans_of(one, store, self._notice, lambda _, files: read.append(files), former)
        except DidgenError as error:
            self._trouble(self._projects.name(target), error)
            return None
        finally:
            if read:
                project.inputs = Inputs(self.root, read[0].looked_at())
            project.today = wanted.today
        self._mended(self._projects.name(target))
        project.scenes = len(planned.plan.decisions)
        project.former = Former(planned.project, planned.files, planned.outputs)
        return planned

    def _hand_over(
        self,
        plans: Sequence[Planned],
        wanted: Wish,
        store: Artifacts,
        builder: Builder,
        *,
        ahead: bool,
        began: float,
    ) -> None:
        """Agree to each plan's price, and have it carried out. Where money is spent one plan comes after the other.
        began: the planning, in monotonic seconds."""
        for planned in self._without_declined(plans):
            if planned.service.paid and not builder.idle:
                builder.drop(planned.target)  # what was sent is brought home, and then this is planned again
                self._waiting.add(planned.target)
                continue
            one, build = replace(wanted, targets=(planned.target,), budget=self._credits_left(store)), build_name()
            try:
                check_writable(planned)
                sharing = read_through(one, [planned], store, self._notice) if planned.service.paid else Sharing()
                purse = purse_for(one, [planned], store, build, self._notice, self._on_bill, sharing)
            except BudgetError as error:
                how = "watch buys only with --live --budget CREDITS, which is for all of its builds together"
                self.view(Wrong(self._projects.name(planned.target), BudgetError(error.message, hint=how)))
                continue
            except DidgenError as error:
                self._trouble(self._projects.name(planned.target), error)
                continue
            store.state.own(owners_of([planned], one.root))
            self.view(Began(planned, self._price(planned)))
            builder.take(Order(one, planned, purse, sharing, build, ahead, began))

    def _without_declined(self, plans: Sequence[Planned]) -> Iterator[Planned]:
        """Plans without what only an upgrade of didgen would render again, unless somebody wants that; asked once."""
        from didgen.walk.upgrade import upgrade_of

        for planned in plans:
            alone = {one.scene.fingerprint for one in planned.plan.decisions if one.upgrade}
            found = upgrade_of([planned])
            if found is not None and not alone <= self._declined and not self.on_upgrade(found):
                self._declined |= alone
                how = "they stay as they are; didgen build --accept-upgrade renders them, didgen adopt keeps them"
                self.view(Notice(f"{found.words} ({how})"))
            decisions = planned.plan.decisions
            kept = [one for one in decisions if not one.upgrade or one.scene.fingerprint not in self._declined]
            whole = len(kept) == len(decisions)
            yield replace(planned, plan=replace(planned.plan, decisions=tuple(kept)), whole=whole)

    def _credits_left(self, store: Artifacts) -> int:
        """Of the budget; from the ledger, since what was begun may have ended in any way."""
        if not self.budget:
            return 0
        spent = [row.credits for row in store.state.jobs() if row.began >= self.began and was_paid(row)]
        return max(0, self.budget - sum(spent))

    def _on_bill(self, offer: Offer) -> bool:
        """Says what is bought within the budget. Nobody is asked, and without a budget nothing bought."""
        self.view(Notice(f"to buy: {offer.bill.words}; {offer.budget} of {self.budget} are left"))
        return False

    def _price(self, planned: Planned) -> Bill:
        """What the scenes that are to be rendered would cost where the project is released."""
        settings = read_settings(self.root, os.environ)
        release = service_id(planned.project.spec.service, paid_at_home=settings.paid, credit_s=settings.credit_s)
        return bill_of(to_render(planned.plan), release)

    # -- the lock -----------------------------------------------------------------------------------------------

    def _lock_now(self, *, tell: bool) -> bool:
        """Hold the build lock, if nobody else does."""
        if self._locked:
            return True
        try:
            self._lock.enter_context(build_lock(self.root / ".didgen", wait=False))
        except LockedError as error:
            if tell:
                self.view(Notice(f"{error.message}; waiting for it"))
            return False
        self._locked = True
        return True

    def _release(self) -> None:
        """Let others build while nothing is being made."""
        self._lock.close()
        self._locked = False

    # -- waiting ------------------------------------------------------------------------------------------------

    def _await_change(self) -> bool:
        """Return when something has changed and settled (True), when something that was made is done, and when what is
        waited for may be there."""
        while True:
            heard = self.ear.hear(LOCK_S if self._waiting else POLL_S if self._polling else RESCAN_S)
            if heard == "ring":
                self.ear.await_quiet(self._projects)
                return True
            if heard == "done" or self._waiting:
                return False
            if self._differs():
                rang = self.ear.await_quiet(self._projects)
                if not rang and not self._polling:
                    self._polling = "the system did not tell of a change"
                return True

    def _differs(self) -> bool:
        """Whether a file has changed, or a project come or gone, of which nothing may have told."""
        try:
            wanted = self._wanted()
        except DidgenError as error:
            return self._troubles.get("") != str(error)
        return any(self._projects.changed(wanted).values()) or bool(self._projects.gone(wanted))

    # -- listening ----------------------------------------------------------------------------------------------

    def _listen(self, doorbell: Doorbell) -> None:
        if not self._polling:
            doorbell.listen(self._projects.folders())

    def _why_poll(self, wanted: Wish) -> str:
        """Why events cannot be relied on here, "" when they can."""
        if os.environ.get("WATCHFILES_FORCE_POLLING", "") not in ("", "0", "false", "disable", "disabled"):
            return "WATCHFILES_FORCE_POLLING says so"
        kind = silent([*self._projects.folders(), *(str(target.path) for target in wanted.targets)], read_mountinfo())
        return f"{kind} does not tell of changes" if kind else ""

    def _broken(self, why: str) -> None:
        self._polling = why
        self.ear.ring()

    # -- telling ------------------------------------------------------------------------------------------------

    def _tell_watching(self) -> None:
        known = self._projects.known.values()
        told = Watching(len(known), sum(one.scenes for one in known), len(self._projects.names()), self._polling)
        if told != self._told:
            self._told = told
            self.view(told)

    def _trouble(self, project: str, error: DidgenError) -> None:
        if self._troubles.get(project) != str(error):
            self._troubles[project] = str(error)
            self.view(Wrong(project, error))

    def _mended(self, project: str) -> None:
        if self._troubles.pop(project, None) is not None:
            self.view(Mended(project))

    def _notice(self, text: str) -> None:
        self.view(Notice(text))
