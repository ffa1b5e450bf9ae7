"""Doing what a plan says: submit, watch, fetch, store, deliver; a few scenes at a time, each equal render once.

Order of writing for a scene: intent → submit → id → fetched → object → sidecar → state (job and artifact in one
transaction) → output. Storing is done in one go without a pause for other tasks, so Ctrl-C never cuts it in two.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from didgen.api.job import Event, Service
from didgen.api.wire import RenderRequest
from didgen.errors import (
    BudgetError,
    DidgenError,
    InterruptedBuildError,
    NotYetError,
    RenderError,
    TakenError,
    UnreachableError,
    UnresolvedJobError,
)
from didgen.jobs.gate import Gate, HeldError, Place
from didgen.jobs.outputs import Outputs
from didgen.jobs.purse import Purse
from didgen.jobs.reconcile import reconcile
from didgen.jobs.sending import Sending
from didgen.jobs.snapshots import Snapshots
from didgen.jobs.stopping import stoppable
from didgen.jobs.tag import Tag, key_of, tagged
from didgen.jobs.turns import Alone
from didgen.plan.bill import credits_for
from didgen.plan.scene import Decision, Plan, Scene
from didgen.store.artifacts import Artifacts
from didgen.store.objects import DamagedObjectError, InputChangedError
from didgen.store.state import Artifact, JobRow

if TYPE_CHECKING:
    from didgen.jobs.search import Search

Action = Literal["rendered", "fetched", "reused", "restored", "failed", "planned"]
OnEvent = Callable[[str, Event], None]
Rendering = dict[str, "asyncio.Task[tuple[Artifact, tuple[str, ...]]]"]


def build_name() -> str:
    """A new name for a build; such names sort by the time they began at."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(2)}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one decision. seconds: wall time, 0 where nothing was done. error: set when it failed.

    fetched: it was bought before this build, which brought its video. planned: nothing was done about it, because a
    refusal that another scene met concerns all.
    """

    scene: Scene
    action: Action
    artifact: Artifact | None = None
    seconds: float = 0.0
    error: DidgenError | None = None
    warnings: tuple[str, ...] = ()


async def execute(
    plan: Plan,
    service: Service,
    service_name: str,
    store: Artifacts,
    outputs: Outputs,
    gate: Gate,
    *,
    search: Search | None = None,
    purse: Purse | None = None,
    credit_s: float | None = None,
    rendering: Rendering | None = None,
    build: str = "",
    turns: Alone | None = None,
    on_event: OnEvent = lambda address, event: None,  # noqa: ARG005
    on_notice: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> tuple[Outcome, ...]:
    """Carry out a plan; the outcomes in its order. A scene that fails does not stop the others.

    gate: the way in to the service, the same for all plans of a build. search: looks for a paid job whose answer was
    lost. purse: what may be bought, and for how much; nothing without one. credit_s: seconds that a credit buys.
    rendering: what this build rendered for other plans, by fingerprint; it is shared, and added to. build: this build's
    name in the state. turns: whose turn a scene is, where other machines build the same.

    Raises InterruptedBuildError after Ctrl-C or SIGTERM, with everything finished kept, and any other DidgenError
    that stops all scenes alike (a full disk, a service out of reach).
    """
    work = Work(
        service,
        service_name,
        store,
        outputs,
        gate,
        on_event,
        search,
        purse or Purse(),
        credit_s,
        build or build_name(),
        {} if rendering is None else rendering,
        turns=turns or Alone(),
        on_notice=on_notice,
    )
    work.forget_local_jobs()
    tasks = [asyncio.create_task(work.carry_out(decision)) for decision in plan.decisions]
    with stoppable(tasks):
        try:
            return tuple(await asyncio.gather(*tasks))
        except asyncio.CancelledError:
            await work.stop(tasks)
            finished = sum(task.done() and not task.cancelled() and task.exception() is None for task in tasks)
            raise InterruptedBuildError(
                f"stopped: {finished} of {len(tasks)} scenes are finished and kept", hint=work.left_running()
            ) from None
        except BaseException:
            await work.stop(tasks)
            raise
        finally:
            work.snapshots.clear()


@dataclass
class Work:
    """What the scenes of one plan share while it is carried out.

    ahead: they go before others that wait at the gate, because somebody has just edited them. turns: whose turn a scene
    is, where other machines build the same. A rendering goes on when
    who waits for it is cancelled: `rendering` owns it, and `stop` ends it.
    """

    service: Service
    service_name: str
    store: Artifacts
    outputs: Outputs
    gate: Gate
    on_event: OnEvent
    search: Search | None
    purse: Purse
    credit_s: float | None
    name: str
    rendering: Rendering
    ahead: bool = False
    turns: Alone = field(default_factory=Alone)
    on_notice: Callable[[str], None] = lambda text: None  # noqa: ARG005

    def __post_init__(self) -> None:
        self.snapshots = Snapshots(self.store.objects, self.outputs.root)

    def left_running(self) -> str:
        """What goes on without us, in words; paid jobs are never cancelled."""
        rows = self.store.state.open_jobs(self.service_name) if self.service.paid else []
        count = sum(row.state != "uncertain" for row in rows)
        return f"{count} paid jobs keep running, the next build picks them up" if count else "build again to go on"

    def forget_local_jobs(self) -> None:
        """Jobs of a killed build on this machine died with it; paid ones did not."""
        if not self.service.paid:
            for row in self.store.state.open_jobs(self.service_name):
                self.store.state.failed(row.id)

    async def stop(self, tasks: Sequence[asyncio.Task[Any]]) -> None:
        """Cancel all that was started and wait until it has let go."""
        started = [*tasks, *self.rendering.values()]
        for task in started:
            if not task.cancelling():  # a second time would cut short the waiting for a killed worker's end
                task.cancel()
        await asyncio.gather(*started, return_exceptions=True)

    async def carry_out(self, decision: Decision) -> Outcome:
        """One scene, from its decision to its outcome."""
        scene, began = decision.scene, time.monotonic()
        try:
            if decision.action == "stop":
                raise RenderError("RightsError", "; ".join(decision.reasons))
            if decision.action != "render" and (artifact := self._at_hand(decision)) is not None:
                return Outcome(scene, "reused" if decision.action == "reuse" else "restored", artifact)
            artifact, warnings = await self._rendered(scene)
            self._deliver(scene, artifact)
        except (HeldError, BudgetError) as error:
            return Outcome(scene, "planned", None, 0.0, error)
        except (RenderError, InputChangedError, UnresolvedJobError, NotYetError) as error:
            kind = error.kind if isinstance(error, RenderError) else type(error).__name__
            self.on_event(scene.address, Event("failed", kind=kind, message=str(error)))
            return Outcome(scene, "failed", None, time.monotonic() - began, error)
        self.on_event(scene.address, Event("done"))
        bought_before = self.service.paid and not self.purse.bought(scene.fingerprint)
        action: Action = "fetched" if bought_before or self.turns.fetched(scene) else "rendered"
        return Outcome(scene, action, artifact, time.monotonic() - began, None, warnings)

    def _at_hand(self, decision: Decision) -> Artifact | None:
        """The artifact of a scene that needs no rendering, delivered; None when it turns out to be damaged.

        Raises BudgetError where another rendering would have to be bought: nobody was asked about that.
        """
        artifact = self._restored(decision)
        if artifact is None and self.service.paid:
            message = "its stored video is missing or damaged, and another one may cost"
            raise BudgetError(message, hint="build again: it is fetched again where the service still has it")
        return artifact

    def _restored(self, decision: Decision) -> Artifact | None:
        scene = decision.scene
        artifact = self.store.find(scene.fingerprint)
        if artifact is None or decision.action == "reuse":
            return artifact
        try:
            self._deliver(scene, artifact)
        except DamagedObjectError:
            self.store.drop(scene.fingerprint)
            return None
        return artifact

    def _deliver(self, scene: Scene, artifact: Artifact) -> None:
        self.store.objects.deliver(artifact.object_digest, self.outputs.path(scene.output))
        self.outputs.note(scene.output, artifact.object_digest)
        self.store.state.point(self.outputs.key(scene.address), scene.fingerprint, scene.identity)

    async def _rendered(self, scene: Scene) -> tuple[Artifact, tuple[str, ...]]:
        """The artifact of a scene and its warnings; scenes of one fingerprint wait for one rendering."""
        task = self.rendering.get(scene.fingerprint)
        if task is None:
            task = self.rendering[scene.fingerprint] = asyncio.ensure_future(self._in_turn(scene))
        return await asyncio.shield(task)

    async def _in_turn(self, scene: Scene) -> tuple[Artifact, tuple[str, ...]]:
        """Bring the scene from another machine that made it or is at it, or make it; then the others know it too.

        A job of ours that runs already is seen to its end, whoever else is at the scene.
        """
        if self._open_job(scene) is not None:
            return await self._shown(scene)
        while (found := await self.turns.elsewhere(scene)) is None:
            with suppress(TakenError):
                return await self._shown(scene)
        return found, tuple(self.store.facts(found).get("warnings", ()))

    async def _shown(self, scene: Scene) -> tuple[Artifact, tuple[str, ...]]:
        try:
            made = await self._in_a_slot(scene)
        except (DidgenError, asyncio.CancelledError):
            await self.turns.leave(scene)
            raise
        await self.turns.publish(scene, made[0])
        return made

    async def _in_a_slot(self, scene: Scene) -> tuple[Artifact, tuple[str, ...]]:
        row = self._open_job(scene)
        credits = 0 if row else await self._reserve(scene)  # before a place is taken: who waits for money holds none
        job = ""
        try:
            async with self.gate.place(resumed=row is not None, ahead=self.ahead) as place:
                row = row or await self._claimed(scene)
                job, remote = _resume(row) if row else await self._submit(scene, place, credits)
                return await self._finish(scene, place, job, remote)
        except (RenderError, UnreachableError, InputChangedError, TakenError):
            if not job:  # it was refused, or not sent; after anything else it may have been bought
                self.purse.release(scene.fingerprint)
            raise
        finally:  # whatever became of it, nobody shall wait for its price any more
            self.purse.keep(scene.fingerprint)

    async def _claimed(self, scene: Scene) -> JobRow | None:
        """Make the scene ours; its job, when another machine bought it meanwhile, or may have. Raises TakenError.

        The account was asked before the bill: what others told since then is looked for there again.
        """
        await self.turns.take(scene)
        if self.search is None:
            return None
        news = await self.turns.news(scene, self.service_name)
        if not news:
            return None
        if news.doubt is not None:
            self.store.state.know(news.doubt)
        await reconcile(
            [scene],
            self.service_name,
            self.store.state,
            self.search,
            build=self.name,
            bought_as={scene.fingerprint: [job.remote for job in news.jobs]},
            others=self.turns.others,
            on_notice=self.on_notice,
        )
        row = self._open_job(scene)
        if row is not None:
            self.purse.release(scene.fingerprint)
        if row is not None and row.state == "submitted":
            await self.turns.bought(row)
        return row

    def _open_job(self, scene: Scene) -> JobRow | None:
        """The open job of this scene; one that runs or was found comes before one that nobody knows anything of."""
        if not self.service.paid:
            return None
        rows = [row for row in self.store.state.open_jobs(self.service_name) if row.fingerprint == scene.fingerprint]
        return min(rows, key=lambda row: row.state != "submitted", default=None)

    async def _submit(self, scene: Scene, place: Place, credits: int) -> tuple[str, str]:
        """Our id and the service's id of a new job."""
        try:
            request = self.snapshots.request(scene)
            return await self.gate.submit(place, lambda: self._send(scene, request, credits))
        except RenderError as error:
            raise RenderError(
                error.kind, self.snapshots.in_authors_words(error.message, scene), hint=error.hint
            ) from error

    async def _reserve(self, scene: Scene) -> int:
        """Hold the money for a scene; the credits it is likely to cost. Raises BudgetError."""
        return (await self.purse.reserve(scene.fingerprint)).credits or 0 if self.service.paid else 0

    def _price(self, scene: Scene, job: str, seconds: float) -> None:
        """Note the true length of a job, and what it costs: nothing for one that was found on the account."""
        row = self.store.state.job(job) if self.service.paid and self.credit_s is not None else None
        if row is None or self.credit_s is None or not row.credits:
            return
        credits = credits_for(seconds, self.credit_s)
        if (credits, seconds) != (row.credits, row.seconds):
            self.store.state.price(job, credits, seconds)
        self.purse.settle(scene.fingerprint, credits)

    async def _send(self, scene: Scene, request: RenderRequest, credits: int) -> tuple[str, str]:
        """One try. There is an intent only while something is on its way that may buy (`Sending`)."""
        row = JobRow(
            secrets.token_hex(16),
            scene.fingerprint,
            scene.address,
            self.service_name,
            "intent",
            credits=credits,
            seconds=scene.seconds,
            build=self.name,
        )
        if self.service.paid:
            request = tagged(request, Tag(key_of(scene.fingerprint), row.id), scene.address)
        turns = self.turns if self.service.paid else Alone()
        try:
            remote = await self.service.submit(request, Sending(self.store.state, row, turns))
        except UnresolvedJobError as error:
            remote = await self._look_for(scene, row, error)
            self.store.state.submitted(row.id, remote)
            await turns.bought(self.store.state.job(row.id) or row)
        return row.id, remote

    async def _look_for(self, scene: Scene, row: JobRow, error: UnresolvedJobError) -> str:
        """The id of a job whose POST was not answered, once the account shows it. Raises UnresolvedJobError.

        Where the account cannot be asked the intent stays, and the next build looks for it.
        """
        self.on_event(scene.address, Event("running", "looking"))
        try:
            found = await self.search.again(scene.kind, row.id, time.time()) if self.search is not None else None
        except UnreachableError as away:
            raise _unresolved(row, f"{error.message}; {away.message}") from away
        if found is None:
            self.store.state.uncertain(row.id, error.message)
            raise _unresolved(row, f"{error.message}, and the account shows no such job") from error
        return found.id

    async def _finish(self, scene: Scene, place: Place, job: str, remote: str) -> tuple[Artifact, tuple[str, ...]]:
        try:
            told_s = 0.0
            async for event in self.service.events(remote):
                if event.length_s and event.length_s != told_s:
                    told_s = event.length_s
                    self._price(scene, job, told_s)
                if event.state == "failed":
                    raise RenderError(event.kind, self.snapshots.in_authors_words(event.message, scene))
                if event.state != "done":
                    self.on_event(scene.address, event)
            if self.service.paid:
                place.leave()  # what is left to do is done here, not there
            return await self._store(scene, job, remote, told_s)
        except RenderError as error:
            self.store.state.failed(job, error.message)
            raise
        except UnresolvedJobError as error:
            self.store.state.uncertain(job, error.message)
            raise UnresolvedJobError(error.message, hint=_settle(scene.address)) from error
        except asyncio.CancelledError:
            if not self.service.paid:
                await self.service.cancel(remote)
                self.store.state.failed(job)
            raise

    async def _store(self, scene: Scene, job: str, remote: str, told_s: float) -> tuple[Artifact, tuple[str, ...]]:
        folder = self.store.objects.temporary / f"fetched-{job}"
        folder.mkdir()
        try:
            fetched = await self.service.fetch(remote, folder)
            if "engine" in scene.identity.get("service", {}):
                given = scene.request, fetched.facts, scene.respelled, scene.locale
                await asyncio.to_thread(_add_subtitles, fetched.video, *given)
            if not told_s:
                self._price(scene, job, float(fetched.facts.get("duration_s", 0.0)))
            artifact = self.store.keep(
                fetched.video,
                scene.fingerprint,
                self.outputs.key(scene.address),
                scene.identity,
                {"service": self.service_name, **fetched.facts},
                job,
            )
            return artifact, tuple(fetched.facts.get("warnings", ()))
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _add_subtitles(video: Path, *given: Any) -> None:
    from didgen.film.subtitles import add_subtitles  # here: it brings PyAV with it

    add_subtitles(video, *given)


def _resume(row: JobRow) -> tuple[str, str]:
    if row.state == "submitted":
        return row.id, row.remote
    raise _unresolved(
        row, row.why or "a paid job was being sent when an earlier build stopped, and may or may not exist"
    )


def _unresolved(row: JobRow, why: str) -> UnresolvedJobError:
    return UnresolvedJobError(why, hint=_settle(row.address))


def _settle(address: str) -> str:
    return f"nothing is bought again by itself: didgen resolve {address} --adopt ID, --resubmit or --forget"
