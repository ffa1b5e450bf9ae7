"""The pool: the seam's local side. Jobs wait for one of a few long-lived workers; the parent owns every cache."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from didgen.api.job import Event, Fetched, Send, directly
from didgen.api.wire import RenderRequest, kind_of
from didgen.engine.shot import Memo, Shot, preview_path
from didgen.errors import RenderError
from didgen.jobs.child import COMMAND, Child, Limits
from didgen.jobs.shots import length_guess_s, shot_to_json, to_shot

_PREFIX = {"talk": "tlk_", "animation": "anm_"}
_REPORT_EVERY_S = 0.1
_REMEMBERED = 50
"""Fetched and failed jobs whose story can still be asked for; a pool may live for days."""


@dataclass
class _Job:
    """A job and its story so far."""

    id: str
    shot: Shot
    notes: tuple[str, ...]
    out: Path
    events: list[Event] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    facts: Mapping[str, Any] = field(default_factory=dict)
    task: asyncio.Task[None] | None = None
    reported: tuple[str, float] = ("", 0.0)

    @property
    def ended(self) -> bool:
        return bool(self.events) and self.events[-1].state in ("done", "failed")

    def tell(self, event: Event) -> None:
        """Add to the story and wake who listens."""
        self.events.append(event)
        self.changed.set()
        self.changed = asyncio.Event()

    def progress(self, stage: str, done: int, total: int) -> None:
        """Progress as it comes, thinned to what a person can follow; a new stage and the last frame always count."""
        now = time.monotonic()
        last_stage, last_time = self.reported
        if stage != last_stage or done >= total or now - last_time >= _REPORT_EVERY_S:
            self.reported = (stage, now)
            self.tell(Event("running", stage, done, total, preview=self.preview() if stage == "frames" else ""))

    def preview(self) -> str:
        """What can be read of the video by now; "" when that is nothing."""
        path = preview_path(self.out)
        try:
            return str(path) if path.stat().st_size else ""
        except OSError:
            return ""


class Pool:
    """Renders on this machine; implements `didgen.api.job.Service`. Belongs to one event loop.

    slots: workers at most. memo: where derived values are kept; None forgets them. command: what to start as a
    worker. log: a file for what workers print. folder: where videos lie until fetched; default: a temporary one.
    """

    paid = False

    def __init__(
        self,
        slots: int,
        memo: Memo | None = None,
        command: Sequence[str] | None = None,
        *,
        limits: Limits | None = None,
        log: Path | None = None,
        folder: Path | None = None,
    ) -> None:
        self._slots = asyncio.Semaphore(slots)
        self._idle = [Child(command or COMMAND, limits or Limits(), memo, log) for _ in range(slots)]
        self._children = tuple(self._idle)
        self._folder = Path(tempfile.mkdtemp(prefix="pool-", dir=folder))
        self._jobs: dict[str, _Job] = {}
        self._retired: deque[str] = deque()

    async def warm(self) -> None:
        """Start every worker now, so that the first job need not wait for its models. Raises RenderError."""
        for child in self._children:
            await child.started()

    async def submit(self, request: RenderRequest, send: Send = directly) -> str:
        """Queue one request; the job's id. Raises RenderError when the engine cannot do what it asks."""

        async def post() -> str:
            return self._queue(request)

        return await send(post)

    def _queue(self, request: RenderRequest) -> str:
        shot, notes = to_shot(request)
        self._folder.mkdir(exist_ok=True)  # between two builds somebody may have swept the folder it lies in
        name = _PREFIX[kind_of(request)] + secrets.token_urlsafe(16)[:21]
        job = _Job(name, shot, notes, self._folder / f"{name}.{shot.config.result_format}")
        self._jobs[name] = job
        job.tell(Event("queued"))
        job.task = asyncio.create_task(self._run(job))
        return name

    async def events(self, job_id: str) -> AsyncIterator[Event]:
        """The job's story from its beginning, until it is done or failed; once it was fetched, its outline.

        Raises RenderError for an unknown id.
        """
        job = self._job(job_id)
        story, told = job.events, 0
        while True:
            changed = job.changed
            for event in story[told:]:
                told += 1
                yield event
            if job.ended and told == len(story):
                return
            if told == len(story):
                await changed.wait()

    async def fetch(self, job_id: str, into: Path) -> Fetched:
        """Move a done job's video into the folder `into`; it can be fetched once. Raises RenderError."""
        job = self._job(job_id)
        if not job.ended or job.events[-1].state != "done":
            raise RenderError("NotReadyError", f"{job_id} is not done")
        if not job.out.exists():
            raise RenderError("NotFoundError", f"{job_id} was fetched already")
        video = into / job.out.name
        await asyncio.to_thread(shutil.move, job.out, video)
        facts, job.facts = job.facts, {}  # a tenth of a megabyte: the motion of every frame
        self._retire(job_id)
        return Fetched(video, facts)

    async def cancel(self, job_id: str) -> bool:
        """Stop a job that waits or runs; its worker is killed unless it lets go at once. False when it had ended or is
        unknown; a video that nobody fetched is thrown away."""
        job = self._jobs.get(job_id)
        if job is None or job.task is None:
            return False
        if job.ended:
            if job_id not in self._retired:
                job.facts = {}
                job.out.unlink(missing_ok=True)
                self._retire(job_id)
            return False
        job.task.cancel()
        with suppress(asyncio.CancelledError):
            await job.task
        if not job.ended:  # it was still waiting
            job.tell(Event("failed", kind="Cancelled", message="cancelled"))
            self._retire(job_id)
        return True

    async def aclose(self) -> None:
        """Stop everything and remove what was not fetched."""
        for job_id in list(self._jobs):
            await self.cancel(job_id)
        for child in self._children:
            await child.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _job(self, job_id: str) -> _Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise RenderError("NotFoundError", f"there is no job {job_id}") from None

    async def _run(self, job: _Job) -> None:
        async with self._slots:
            child = self._idle.pop()
            try:
                job.tell(Event("running"))
                job.tell(await self._render(job, child))
            finally:
                self._idle.append(child)
                if not job.ended:
                    job.tell(Event("failed", kind="Cancelled", message="cancelled"))
                if job.events[-1].state == "failed":
                    self._retire(job.id)

    def _retire(self, job_id: str) -> None:
        """Nothing more comes of it: what is remembered is its outline."""
        job = self._jobs.get(job_id)
        if job is not None:
            job.events = _outline(job.events)  # a new list: who is still listening reads the old one to its end
        self._retired.append(job_id)
        if len(self._retired) > _REMEMBERED:
            self._jobs.pop(self._retired.popleft(), None)

    async def _render(self, job: _Job, child: Child) -> Event:
        """Render one job; its last event."""
        try:
            guess_s = length_guess_s(job.shot)
            facts = await child.render(shot_to_json(job.shot), job.out, guess_s, job.progress)
        except RenderError as error:
            return Event("failed", kind=error.kind, message=str(error))
        finally:
            preview_path(job.out).unlink(missing_ok=True)  # a killed worker leaves it behind
        if not job.out.is_file() or not job.out.stat().st_size:
            return Event("failed", kind="UnknownError", message="the renderer left no video")
        job.facts = {**facts, "warnings": [*facts.get("warnings", ()), *job.notes]}
        return Event("done")


def _outline(story: Sequence[Event]) -> list[Event]:
    """A story without its progress: the last event of each stage, in order."""
    return list({(event.state, event.stage): event for event in story}.values())
