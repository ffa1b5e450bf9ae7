"""The desk: what clients may ask of the jobs of this server and of the files that belong to them."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from didgen.api.job import Service
from didgen.api.reach import Reach
from didgen.api.wire import Kind, RenderRequest
from didgen.errors import RenderError
from didgen.jobs.shots import to_shot
from didgen.serve.answers import BusyError, FullError
from didgen.serve.changes import Changes
from didgen.serve.disturbed import disturbed_answer
from didgen.serve.faults import Faults
from didgen.serve.housekeeping import Housekeeping
from didgen.serve.inputs import localised, named_in, with_logo
from didgen.serve.inspector import Inspector
from didgen.serve.ledger.calls import Calls
from didgen.serve.ledger.database import Database
from didgen.serve.ledger.files import Files
from didgen.serve.ledger.jobs import Jobs, KeyReusedError
from didgen.serve.ledger.together import Together
from didgen.serve.links import Links
from didgen.serve.outside import Outside
from didgen.serve.record import Record, job_answer
from didgen.serve.renders import Renders
from didgen.serve.settings import Settings
from didgen.serve.shelf import Shelf
from didgen.serve.turns import Turns
from didgen.serve.uploads import Uploads
from didgen.serve.webhooks import Webhooks

PAGE = 100
PUT_AGAIN_S = (0.0, 2.0, 10.0)
"""Pauses before each try to write a video to where its client wants it."""

_PREFIX = {"talk": "tlk_", "animation": "anm_"}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request for a job as it came in. body: its bytes; key: what the client knows it by; base: the URL at which it
    found this server."""

    kind: Kind
    request: RenderRequest
    notes: tuple[str, ...]
    body: bytes
    client: str
    base: str
    key: str = ""


class Desk:
    """Everything a server has. It owns the service and closes it. One event loop."""

    def __init__(
        self, service: Service, folder: Path, settings: Settings, faults: Faults, inspector: Inspector
    ) -> None:
        """Open the folder, tidy it after a kill, and put what had not ended in line again. Raises StorageError."""
        self.settings, self.faults = settings, faults
        self.shelf = Shelf(folder)
        self.db = Database(folder / "server.db")
        self.jobs, self.files, self.calls = Jobs(self.db), Files(self.db), Calls(self.db)
        self._together = Together(self.db)
        self.links = Links(_secret(self.db, "links"), settings.link_s)
        self.turns = Turns()
        reach = Reach(loopback=settings.loopback, plain=settings.loopback)
        self.outside, self.inspector = Outside(reach, files=settings.files), inspector
        self.uploads = Uploads(self.db, self.files, self.shelf, self.outside, inspector)
        secret = settings.webhook_secret or _secret(self.db, "webhooks").hex()
        self.webhooks = Webhooks(self.calls, self.outside, secret, self._told)
        self.changes = Changes()
        self.renders = Renders(
            service,
            self.jobs,
            self.shelf,
            self.turns,
            settings.slots,
            self._deliver,
            self.webhooks.wake,
            self.changes.tell,
        )
        self._housekeeping = Housekeeping(self.jobs, self.files, self.shelf, settings)
        self._service = service
        self._tasks: list[asyncio.Task[None]] = []
        self.shelf.tidy(self.files.names(), self.files.results())
        for client, job in self.jobs.unended():
            self.turns.add(client, job)

    def start(self) -> None:
        """Begin to render; within the event loop."""
        works: tuple[Callable[[], Coroutine[Any, Any, None]], ...] = (
            self.renders.run,
            self.webhooks.run,
            self._housekeeping.run,
        )
        self._tasks = [asyncio.create_task(work()) for work in works]

    async def aclose(self) -> None:
        """Stop; what was under way waits for the next start."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task
        await self.renders.aclose()
        await self._service.aclose()
        self.db.close()

    async def accept(self, asked: Asked) -> Record:
        """Take a job in; once this returns it is on the disk and will be rendered, whatever happens to this process.

        A request whose key its client used before gives the job that came of it then. Raises RenderError.
        """
        digest = hashlib.sha256(asked.kind.encode() + asked.body).hexdigest()
        try:
            before = asked.key and self.jobs.sent_before(asked.client, asked.key, digest)
            if before:
                return self.find(before, asked.kind)
            self.check_room()
            self._check_targets(asked.request)
            inputs = {named.field: await self.uploads.named(named, asked.base) for named in named_in(asked.request)}
            request, logo = with_logo(asked.request, self.uploads.logo())
            if logo:
                inputs["logo"] = self.uploads.used_again(self.shelf.account / logo)
            await asyncio.to_thread(to_shot, localised(request, inputs, self.shelf.uploads))
            record = Record(
                id=_PREFIX[asked.kind] + secrets.token_urlsafe(16)[:21],
                kind=asked.kind,
                client=asked.client,
                base=asked.base,
                request_json=request.model_dump_json(exclude_unset=True),
                inputs=inputs,
                warnings=asked.notes,
                faults=self.faults.of_job(asked.kind),
            )
            job = await self._together.write(partial(self._entered, record, asked.key, digest))
        except KeyReusedError:
            raise RenderError("IdempotencyKeyReusedError", "this Idempotency-Key was sent with another body") from None
        return self.find(job, asked.kind)

    def _entered(self, record: Record, key: str, digest: str) -> str:
        """Write a job down and put it in line; its id, or that of the one that came of its key before.

        The line is not looked at before the commit; should that fail, the renderer will find no such job. Raises
        RenderError, KeyReusedError.
        """
        self._check_line()  # once more: others came in while we waited, and from here on nobody does
        if not self.files.all_here(record.inputs.values()):
            raise RenderError("BadRequestError", "an upload that this names was deleted meanwhile")
        job = self.jobs.accept(record, key, digest)
        if job == record.id:
            self.turns.add(record.client, job)
        return job

    def check_room(self) -> None:
        """Raises RenderError when no credits are left, BusyError when too many wait, FullError when the disk or our
        share of it is full."""
        self._check_line()
        self.check_disk()

    def _check_line(self) -> None:
        if self.jobs.spent() >= self.settings.credits:
            hint = "this server's play money is spent; --credits sets how much there is"
            raise RenderError("InsufficientCreditsError", "not enough credits", hint=hint)
        if len(self.turns) >= self.settings.waiting:
            each_s = self.renders.seconds / self.settings.slots
            raise BusyError(f"{len(self.turns)} jobs are waiting", min(60.0, max(1.0, each_s)))

    def check_disk(self) -> None:
        """Raises FullError when the disk or our share of it is full."""
        if not self._housekeeping.has_room():
            raise FullError("this server has no room for more results", hint="delete some, or try again later")

    def _check_targets(self, request: RenderRequest) -> None:
        """Raises RenderError for a link to which nothing will be sent, whatever is behind it."""
        for url, what in ((request.webhook, "webhook"), (request.result_url, "result url")):
            if url:
                self.outside.check(url, what)

    def find(self, job: str, kind: Kind) -> Record:
        """The record of that id. Raises RenderError, which tells when and why its result was dropped."""
        record = self.jobs.job(job)
        if record is None or record.kind != kind:
            raise RenderError("NotFoundError", "not found")
        if record.gone:
            raise RenderError("NotFoundError", record.gone)
        return record

    def answer(self, record: Record, base: str) -> dict[str, Any]:
        """The record as GET shows it, with fresh links to what there is of it. base: the URL of this server."""

        def link(path: str) -> str:
            return base.rstrip("/") + self.links.sign(path, expired="expired-link" in record.faults)

        answer = job_answer(record, link, self.renders.live.get(record.id))
        return disturbed_answer(answer, record.faults)

    def _told(self, job: str) -> dict[str, Any] | None:
        """What a webhook is told of a job; None when it is gone."""
        record = self.jobs.job(job)
        return self.answer(record, record.base) if record is not None and not record.gone else None

    async def _deliver(self, url: str, video: Path) -> bool:
        """Write a video to where its client wants it; whether that could be done."""
        for pause_s in PUT_AGAIN_S:
            await asyncio.sleep(pause_s)
            if await self.outside.put(url, video):
                return True
        return False

    def page(self, kind: Kind, limit: int, before: int) -> list[Record]:
        """Jobs of a kind, newest first, that came before number `before`."""
        return self.jobs.page(kind, limit, before)

    def remove(self, record: Record) -> None:
        """Forget an ended job and its video. Raises RenderError while it waits or runs."""
        if not record.over:
            raise RenderError("NotReadyError", f"{record.kind} is in process, try again later")
        self.jobs.remove(record.id)
        self.shelf.drop_results(record.video, record.sound)

    def faults_of(self, video: str) -> tuple[str, ...]:
        """What goes wrong with the job whose video has that name."""
        record = self.jobs.of_video(video)
        return record.faults if record is not None else ()

    def preview(self, job: str) -> Path:
        """The file of a video that is being made. Raises RenderError."""
        live = self.renders.live.get(job)
        if live is None or not live.preview:
            raise RenderError("NotFoundError", "not found")
        return Path(live.preview)


def _secret(db: Database, name: str) -> bytes:
    """32 bytes of this server's own, the same at every start."""
    if db.get(name) is None:
        db.put(name, secrets.token_hex(32))
    return bytes.fromhex(db.get(name))
