"""The desk: the jobs of this server and the files that belong to them."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from didgen.api.job import Service
from didgen.api.wire import Kind, Logo, RenderRequest, TalkRequest
from didgen.errors import DidgenError, RenderError
from didgen.serve.bodies import read_request
from didgen.serve.links import Links
from didgen.serve.record import Record, job_answer

if TYPE_CHECKING:
    from starlette.requests import Request

MAX_UNFINISHED = 1000
MAX_RECORDS = 10_000
PAGE = 100


class Desk:
    """The jobs of this server and the files that belong to them."""

    def __init__(self, service: Service, folder: Path) -> None:
        self._service = service
        self._records: dict[str, Record] = {}  # oldest first
        self._tasks: set[asyncio.Task[None]] = set()
        self.links = Links()
        folder.mkdir(parents=True, exist_ok=True)
        self._home = Path(tempfile.mkdtemp(prefix="serve-", dir=folder))  # private to this user
        self.uploads, self.results = self._home / "uploads", self._home / "results"
        for each in (self.uploads, self.results):
            each.mkdir()

    async def create(self, request: Request, kind: Kind) -> Record:
        """Take a request in and hand it to the renderer."""
        if sum(not record.ended for record in self._records.values()) >= MAX_UNFINISHED:
            raise RenderError("TooManyRequestsError", "too many jobs are waiting")
        wanted, notes = await read_request(request, kind)
        record = Record(await self._service.submit(self._localised(wanted, request)), wanted, notes)
        self._records[record.id] = record
        self._forget_oldest()
        task = asyncio.create_task(self._follow(record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return record

    def _localised(self, wanted: RenderRequest, request: Request) -> RenderRequest:
        """The same request with links to our own uploads as files; everything else from outside is refused."""
        changes: dict[str, Any] = {"source_url": self._file(wanted.source_url, "source url", request)}
        if wanted.driver_url is not None and not wanted.driver_url.startswith("bank://"):
            changes["driver_url"] = self._file(wanted.driver_url, "driver url", request)
        if isinstance(wanted, TalkRequest) and wanted.script.type == "audio":
            url = self._file(wanted.script.audio_url, "audio url", request)
            changes["script"] = wanted.script.model_copy(update={"audio_url": url})
        if wanted.config is not None and isinstance(wanted.config.logo, Logo):
            url = self._file(wanted.config.logo.url, "logo url", request)
            logo = wanted.config.logo.model_copy(update={"url": url})
            changes["config"] = wanted.config.model_copy(update={"logo": logo})
        return wanted.model_copy(update=changes)

    def _file(self, url: str, what: str, request: Request) -> str:
        """The `file:` URL of one of our uploads. Raises RenderError for any other URL, and for one that is gone."""
        try:
            parts = urlsplit(url)
        except ValueError:
            raise RenderError("BadRequestError", f"invalid {what}") from None
        folder, _, name = parts.path.rpartition("/")
        if parts.scheme not in ("http", "https") or parts.netloc != request.url.netloc or folder != "/uploads":
            hint = "this server fetches nothing; send the file to POST /images or /audios and use the url it answers"
            raise RenderError("BadRequestError", f"invalid {what}", hint=hint)
        path = self.uploads / name
        if not name.startswith(("ima_", "aud_")) or not path.is_file():
            raise RenderError("BadRequestError", f"invalid {what}: no such upload")
        return path.absolute().as_uri()

    async def _follow(self, record: Record) -> None:
        """Keep the record in step with the renderer until its video is here."""
        try:
            async for event in self._service.events(record.id):
                if event.state == "running":
                    record.start(event)
                elif event.state == "failed":
                    record.fail(event.kind or "UnknownError", event.message)
                    return
            fetched = await self._service.fetch(record.id, self.results)
            video = self.results / f"{secrets.token_urlsafe(16)}{fetched.video.suffix}"
            fetched.video.replace(video)
            record.finish(video, fetched.facts, await asyncio.to_thread(_finished, record, video, fetched.facts))
        except RenderError as error:
            record.fail(error.kind, str(error))
        except (DidgenError, OSError) as error:
            record.fail("UnknownError", str(error))

    def find(self, job_id: str, kind: Kind) -> Record:
        """The record of that id. Raises RenderError."""
        record = self._records.get(job_id)
        if record is None or record.kind != kind:
            raise RenderError("NotFoundError", "not found")
        return record

    def answer(self, record: Record, request: Request) -> dict[str, Any]:
        """The record as GET shows it, with fresh links to what there is of it."""

        def link(path: str) -> str:
            path, _, query = self.links.sign(path).partition("?")
            return str(request.base_url.replace(path=path, query=query))

        return job_answer(record, link)

    def page(self, kind: Kind, request: Request) -> dict[str, Any]:
        """One page of the jobs of a kind, newest first; `token` leads to the next one."""
        limit, token = request.query_params.get("limit", str(PAGE)), request.query_params.get("token")
        if not (limit.isascii() and limit.isdigit() and 0 < int(limit) <= 1000):
            raise RenderError("BadRequestError", "limit must be a number from 1 to 1000")
        records = [record for record in reversed(self._records.values()) if record.kind == kind]
        start = next((k + 1 for k, record in enumerate(records) if record.id == token), 0)
        shown, rest = records[start : start + int(limit)], records[start + int(limit) :]
        page: dict[str, Any] = {f"{kind}s": [self.answer(record, request) for record in shown]}
        return page | {"token": shown[-1].id} if rest else page

    def remove(self, record: Record, request: Request) -> dict[str, Any]:
        """Forget an ended job and its video; its last state. Raises RenderError while it runs."""
        if not record.ended:
            raise RenderError("NotReadyError", f"{record.kind} is in process, try again later")
        answer = self.answer(record, request)
        self._drop(record)
        return answer

    def _forget_oldest(self) -> None:
        ended = [record for record in self._records.values() if record.ended]
        for record in ended[: max(0, len(self._records) - MAX_RECORDS)]:
            self._drop(record)

    def _drop(self, record: Record) -> None:
        del self._records[record.id]
        for file in (record.video, record.sound):
            if file is not None:
                file.unlink(missing_ok=True)

    def preview(self, job_id: str) -> Path:
        """The file of a video that is being made. Raises RenderError."""
        record = self._records.get(job_id)
        if record is None or record.preview is None:
            raise RenderError("NotFoundError", "not found")
        return record.preview

    async def aclose(self) -> None:
        """Stop following, let go of the renderer, and remove what no link leads to any more."""
        for task in self._tasks:
            task.cancel()
        for task in list(self._tasks):
            with suppress(asyncio.CancelledError):
                await task
        await self._service.aclose()
        shutil.rmtree(self._home, ignore_errors=True)


def _finished(record: Record, video: Path, facts: Mapping[str, Any]) -> Path | None:
    """Add the subtitles that were asked for; what a talk says, as a file beside its video (not of a GIF)."""
    from didgen.film.sound import extract_sound
    from didgen.film.subtitles import add_subtitles

    add_subtitles(video, record.request, facts)
    return extract_sound(video) if record.kind == "talk" and video.suffix in (".mp4", ".mov") else None
