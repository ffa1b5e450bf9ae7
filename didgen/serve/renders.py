"""Jobs on their way through the renderer: taken in turn, followed, finished, told of."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from didgen.api.job import Event, Service
from didgen.api.wire import RenderRequest
from didgen.errors import DidgenError, RenderError, StorageError
from didgen.serve.faults import LATE_S
from didgen.serve.inputs import localised
from didgen.serve.ledger.calls import Call
from didgen.serve.ledger.jobs import Jobs
from didgen.serve.record import FACTS, Record
from didgen.serve.shelf import Shelf
from didgen.serve.turns import Turns

_LOG = logging.getLogger("didgen.serve")

TRIES = 5
"""How often a job is begun: a server that is killed each time it renders one must not do so for ever."""

PAUSE_S = 5.0
"""Before a job is begun again that met a full disk."""


@dataclass
class Renders:
    """Keeps `slots` renders going and one more at the renderer's door, so that it never waits for us.

    deliver: writes a video to a client's `result_url`; whether it could. on_ended: hears that a job has ended;
    on_change: which one has another status. live: what the renderer told last of each job that it has.
    """

    service: Service
    jobs: Jobs
    shelf: Shelf
    turns: Turns
    slots: int
    deliver: Callable[[str, Path], Awaitable[bool]]
    on_ended: Callable[[], None]
    on_change: Callable[[str], None]
    live: dict[str, Event] = field(default_factory=dict)
    seconds: float = 5.0  # how long a render takes, roughly: a running mean
    _delayed: set[str] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Until cancelled."""
        places = asyncio.Semaphore(self.slots + 1)
        while True:
            await places.acquire()
            job = await self.turns.next()
            task = asyncio.create_task(self._one(job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: places.release())

    async def aclose(self) -> None:
        """Let go of what is under way: it waits again, for the next start."""
        for task in self._tasks:
            task.cancel()
        for task in list(self._tasks):
            with suppress(asyncio.CancelledError):
                await task
        with suppress(StorageError):
            self.jobs.put_back([job for _, job in self.jobs.unended()])

    async def _one(self, job: str) -> None:
        try:
            record = self.jobs.job(job)
        except StorageError:
            await asyncio.sleep(PAUSE_S)
            self.turns.add("", job)
            return
        if record is None or record.over:
            return
        try:
            if not self._goes_wrong(record):
                await self._attempt(record)
        except RenderError as error:
            self._fail(record, error.kind, str(error))
        except (StorageError, OSError) as error:
            await self._later(record, str(error))
        except DidgenError as error:
            self._fail(record, "UnknownError", str(error))
        except Exception:  # a fault of ours: one job's, and not silent
            _LOG.exception("job %s", job)
            self._fail(record, "UnknownError", "internal server error")
        finally:
            self.live.pop(job, None)

    def _goes_wrong(self, record: Record) -> bool:
        """Whether a fault that was asked for is all that becomes of it now."""
        if "late" in record.faults and record.id not in self._delayed:
            self._delayed.add(record.id)
            asyncio.get_running_loop().call_later(LATE_S, self.turns.add, record.client, record.id)
            return True
        self._delayed.discard(record.id)
        if "stuck" in record.faults:
            self._start(record.id)
            return True
        if "error" in record.faults:
            raise RenderError("UnknownError", "an error that was asked for (--fault error)")
        if "rejected" in record.faults:
            self._fail(record, "ImageModerationError", "rejected as was asked for (--fault rejected)", "rejected")
            return True
        return False

    async def _attempt(self, record: Record) -> None:
        """Render it; the ledger knows the result when this returns. Raises RenderError, StorageError, OSError."""
        if record.tries >= TRIES:
            raise RenderError("UnknownError", f"the server stopped {TRIES} times while it rendered this")
        request = localised(record.request, record.inputs, self.shelf.uploads)
        name = await self.service.submit(request)
        try:
            ended = await self._follow(record.id, name)
        except (asyncio.CancelledError, StorageError):
            await self.service.cancel(name)
            raise
        if ended.state == "failed":
            raise RenderError(ended.kind or "UnknownError", ended.message)
        fetched = await self.service.fetch(name, self.shelf.making)
        await self._finish(record, fetched.video, fetched.facts)

    async def _follow(self, job: str, name: str) -> Event:
        """Tell clients of a render as it goes on; its last event."""
        last, began = Event("queued"), 0.0
        async for last in self.service.events(name):
            if last.state == "running":
                if not began:
                    began = time.monotonic()
                    self._start(job)
                self.live[job] = last
        if began:
            self.seconds += 0.1 * (time.monotonic() - began - self.seconds)
        return last

    async def _finish(self, record: Record, video: Path, facts: Mapping[str, Any]) -> None:
        request = record.request
        sound = await asyncio.to_thread(_completed, request, video, facts)
        if request.result_url and not await self.deliver(request.result_url, video):
            facts = {**facts, "warnings": [*facts.get("warnings", ()), "result_url could not be written to"]}
        size = sum(path.stat().st_size for path in (video, sound) if path is not None)
        kept = await asyncio.to_thread(self.shelf.keep_result, video)
        heard = await asyncio.to_thread(self.shelf.keep_result, sound) if sound is not None else ""
        told = {name: facts[name] for name in FACTS if name in facts}
        self.jobs.finish(record.id, kept, heard, size, told, calls_for(record))
        self._ended(record.id)

    def _fail(self, record: Record, kind: str, description: str, status: str = "error") -> None:
        with suppress(StorageError):  # then it is rendered again after the next start
            error = {"kind": kind, "description": description}
            self.jobs.fail(record.id, status, error, calls_for(record))
            self._ended(record.id)

    def _start(self, job: str) -> None:
        self.jobs.start(job)
        self.on_change(job)

    def _ended(self, job: str) -> None:
        self.on_ended()
        self.on_change(job)

    async def _later(self, record: Record, why: str) -> None:
        """The disk said no, which is nobody's request's fault: begun again, while there are tries."""
        if record.tries + 1 >= TRIES:
            self._fail(record, "UnknownError", f"the server could not keep the result: {why}")
            return
        await asyncio.sleep(PAUSE_S)
        self.turns.add(record.client, record.id)


def calls_for(record: Record) -> list[Call]:
    """The call to the webhook that a job names, due at once; or what a fault makes of it."""
    url, faults = record.request.webhook, record.faults
    if not url or "lost-webhook" in faults:
        return []
    due = time.time() + (LATE_S if "late-webhook" in faults else 0.0)
    count = 2 if "double-webhook" in faults else 1
    return [Call(f"msg_{secrets.token_urlsafe(16)}", record.id, url, 0, due) for _ in range(count)]


def _completed(request: RenderRequest, video: Path, facts: Mapping[str, Any]) -> Path | None:
    """Add the subtitles that were asked for; what a talk says, as a file beside its video (not of a GIF)."""
    from didgen.api.wire import TalkRequest
    from didgen.film.sound import extract_sound
    from didgen.film.subtitles import add_subtitles

    add_subtitles(video, request, facts)
    speaks = isinstance(request, TalkRequest) and video.suffix in (".mp4", ".mov")
    return extract_sound(video) if speaks else None
