"""The life of one job: money held, a place at the gate, sent, watched, fetched, stored, and its price noted.

Order of writing: intent → submit → id → fetched → object → sidecar → state (job and artifact in one transaction); the
output comes after that (`executor`). Storing is done in one go without a pause for other tasks, so Ctrl-C never cuts it
in two.
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.api.job import Event, Service
from didgen.api.wire import RenderRequest
from didgen.errors import RenderError, TakenError, UnreachableError, UnresolvedJobError
from didgen.jobs.gate import Gate, Place
from didgen.jobs.outputs import Outputs
from didgen.jobs.purse import Purse
from didgen.jobs.reconcile import reconcile
from didgen.jobs.sending import Sending
from didgen.jobs.snapshots import Snapshots
from didgen.jobs.tag import Tag, key_of, tagged
from didgen.jobs.turns import Alone
from didgen.plan.bill import credits_for
from didgen.plan.scene import Scene
from didgen.store.artifacts import Artifacts
from didgen.store.objects import InputChangedError
from didgen.store.rows import Artifact, JobRow

if TYPE_CHECKING:
    from didgen.jobs.search import Search

OnEvent = Callable[[str, Event], None]
Made = tuple[Artifact, tuple[str, ...]]
"""What came of a job: the artifact and the warnings about it."""


@dataclass
class Maker:
    """Makes videos at one service, each by one job; what such jobs share.

    search: looks for a paid job whose answer was lost. purse: what may be bought, and for how much. credit_s: seconds
    that a credit buys. build: this build's name in the state. ahead: these scenes go before others that wait at the
    gate, because somebody has just edited them. turns: whose turn a scene is, where other machines build the same.
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
    build: str
    ahead: bool = False
    turns: Alone = field(default_factory=Alone)
    on_notice: Callable[[str], None] = lambda text: None  # noqa: ARG005

    def __post_init__(self) -> None:
        self.snapshots = Snapshots(self.store.objects, self.outputs.root)

    async def make(self, scene: Scene) -> Made:
        """Make a scene's video, or take up the job that makes it already.

        Raises RenderError, UnresolvedJobError, InputChangedError or NotYetError for this scene alone, HeldError or
        BudgetError when it was not sent, TakenError when another machine got ahead, UnreachableError, StorageError.
        """
        row = self.open_job(scene)
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

    def open_job(self, scene: Scene) -> JobRow | None:
        """The open job of this scene; one that runs or was found comes before one that nobody knows anything of."""
        if not self.service.paid:
            return None
        rows = [row for row in self.store.state.open_jobs(self.service_name) if row.fingerprint == scene.fingerprint]
        return min(rows, key=lambda row: row.state != "submitted", default=None)

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
            build=self.build,
            bought_as={scene.fingerprint: [job.remote for job in news.jobs]},
            others=self.turns.others,
            on_notice=self.on_notice,
        )
        row = self.open_job(scene)
        if row is not None:
            self.purse.release(scene.fingerprint)
        if row is not None and row.state == "submitted":
            await self.turns.bought(row)
        return row

    async def _reserve(self, scene: Scene) -> int:
        """Hold the money for a scene; the credits it is likely to cost. Raises BudgetError."""
        return (await self.purse.reserve(scene.fingerprint)).credits or 0 if self.service.paid else 0

    async def _submit(self, scene: Scene, place: Place, credits: int) -> tuple[str, str]:
        """Our id and the service's id of a new job."""
        try:
            request = self.snapshots.request(scene)
            return await self.gate.submit(place, lambda: self._send(scene, request, credits))
        except RenderError as error:
            raise RenderError(
                error.kind, self.snapshots.in_authors_words(error.message, scene), hint=error.hint
            ) from error

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
            build=self.build,
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

    async def _finish(self, scene: Scene, place: Place, job: str, remote: str) -> Made:
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

    async def _store(self, scene: Scene, job: str, remote: str, told_s: float) -> Made:
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

    def _price(self, scene: Scene, job: str, seconds: float) -> None:
        """Note the true length of a job, and what it costs: nothing for one that was found on the account."""
        row = self.store.state.job(job) if self.service.paid and self.credit_s is not None else None
        if row is None or self.credit_s is None or not row.credits:
            return
        credits = credits_for(seconds, self.credit_s)
        if (credits, seconds) != (row.credits, row.seconds):
            self.store.state.price(job, credits, seconds)
        self.purse.settle(scene.fingerprint, credits)


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
