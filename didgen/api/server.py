"""`didgen serve`: a thin adapter from the service's HTTP API onto any renderer behind the seam.

Jobs are kept in memory: they, and the links to their results, end with the process (see README.md).
"""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from didgen.api.bodies import AUDIO_BYTES, IMAGE_BYTES, InvalidFieldsError, read_request, take_file
from didgen.api.growing import grown
from didgen.api.guard import LOOPBACK_NAMES, Guard, error_answer
from didgen.api.job import Service
from didgen.api.links import Links
from didgen.api.listings import account_credits, voices
from didgen.api.table import Record, created_answer, job_answer
from didgen.api.wire import Kind, Logo, RenderRequest, TalkRequest
from didgen.errors import DidgenError, RenderError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

MAX_UNFINISHED = 1000
MAX_RECORDS = 10_000
PAGE = 100

_STATUS = {
    "AuthorizationError": 401,
    "InsufficientCreditsError": 402,
    "PermissionError": 403,
    "NotFoundError": 404,
    "NotReadyError": 409,
    "UnsupportedMimeTypeError": 415,
    "TooManyRequestsError": 429,
    "UnknownError": 500,
}

_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".gif": "image/gif", ".m4a": "audio/mp4"}
_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "private"}


def make_app(service: Service, folder: Path, key: str | None = None, host_names: Sequence[str] | None = None) -> Any:
    """The ASGI application. It owns `service` and closes it at the end.

    folder: where uploads and results lie, in a folder of this server's own that goes when it does. key: what clients
    must send; None lets anyone on this machine in. host_names: accepted names in the Host header; default: the
    loopback names, and any name once a key is demanded.
    """
    from starlette.applications import Starlette
    from starlette.exceptions import HTTPException
    from starlette.routing import Route

    desk = _Desk(service, folder)
    routes = [
        *_job_routes(desk, "talk", "/talks"),
        *_job_routes(desk, "animation", "/animations"),
        *_upload_routes(desk, "image", "/images", IMAGE_BYTES),
        *_upload_routes(desk, "audio", "/audios", AUDIO_BYTES),
        Route("/results/{name}", desk.result, methods=["GET"]),
        Route("/previews/{id}", desk.preview, methods=["GET"]),
        Route("/credits", account_credits, methods=["GET"]),
        Route("/tts/voices", voices, methods=["GET"]),
        Route("/voices", voices, methods=["GET"]),
    ]

    @asynccontextmanager
    async def life(app: Any) -> AsyncIterator[None]:  # noqa: ARG001
        yield
        await desk.aclose()

    handlers: Any = {DidgenError: _refused, HTTPException: _not_routed, Exception: _broken}
    app = Starlette(routes=routes, lifespan=life, exception_handlers=handlers)
    names = host_names if host_names is not None or key else LOOPBACK_NAMES
    return Guard(app, key, names)


def _job_routes(desk: _Desk, kind: Kind, path: str) -> list[Any]:
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def create(request: Request) -> Response:
        return JSONResponse(created_answer(await desk.create(request, kind)), status_code=201)

    async def show(request: Request) -> Response:
        return JSONResponse(desk.answer(desk.find(request.path_params["id"], kind), request))

    async def listed(request: Request) -> Response:
        return JSONResponse(desk.page(kind, request))

    async def delete(request: Request) -> Response:
        return JSONResponse(desk.remove(desk.find(request.path_params["id"], kind), request))

    return [
        Route(path, create, methods=["POST"]),
        Route(path, listed, methods=["GET"]),
        Route(path + "/{id}", show, methods=["GET"]),
        Route(path + "/{id}", delete, methods=["DELETE"]),
    ]


def _upload_routes(desk: _Desk, field: str, path: str, limit_bytes: int) -> list[Any]:
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def create(request: Request) -> Response:
        stored = await take_file(request, field, limit_bytes, desk.uploads)
        url = str(request.base_url.replace(path=f"/uploads/{stored.name}"))
        return JSONResponse({"id": stored.stem, "url": url}, status_code=201)

    async def delete(request: Request) -> Response:
        for stored in desk.uploads.glob(f"{field[:3]}_*"):
            if secrets.compare_digest(stored.stem, request.path_params["id"]):
                stored.unlink(missing_ok=True)
                return Response(status_code=204)
        raise RenderError("NotFoundError", f"{field} not found")

    return [Route(path, create, methods=["POST"]), Route(path + "/{id}", delete, methods=["DELETE"])]


class _Desk:
    """The jobs of this server and the files that belong to them."""

    def __init__(self, service: Service, folder: Path) -> None:
        self._service = service
        self._records: dict[str, Record] = {}  # oldest first
        self._tasks: set[asyncio.Task[None]] = set()
        self._links = Links()
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
            path, _, query = self._links.sign(path).partition("?")
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

    async def result(self, request: Request) -> Response:
        """A video or its sound, whole or in ranges, to whom holds its link."""
        from starlette.responses import FileResponse

        name = request.path_params["name"]
        self._check_link(f"/results/{name}", request)
        file = self.results / name
        if not file.is_file():
            raise RenderError("NotFoundError", "not found")
        kind = _TYPES.get(file.suffix)
        return FileResponse(file, 200, _HEADERS, kind, filename=name, content_disposition_type="attachment")

    async def preview(self, request: Request) -> Response:
        """What there is of a video that is being made, and then the rest as it comes."""
        from starlette.responses import StreamingResponse

        name = request.path_params["id"]
        self._check_link(f"/previews/{name}", request)
        record = self._records.get(name)
        if record is None or record.preview is None:
            raise RenderError("NotFoundError", "not found")
        return StreamingResponse(grown(record.preview), media_type="video/mp4", headers=_HEADERS)

    def _check_link(self, path: str, request: Request) -> None:
        query = request.query_params
        if not self._links.holds(path, query.get("Expires", ""), query.get("Signature", "")):
            raise RenderError("PermissionError", "this link is not valid any more")

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


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    kind = error.kind if isinstance(error, RenderError) else "InternalServerError"
    status = _STATUS.get(kind, 400) if isinstance(error, RenderError) else 500
    details = error.details if isinstance(error, InvalidFieldsError) else None
    answer: Response = error_answer(
        status, kind, str(error), details, **({"Retry_After": "5"} if status == 429 else {})
    )
    return answer


async def _not_routed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    status = getattr(error, "status_code", 404)
    kind = "NotFoundError" if status == 404 else "BadRequestError"
    answer: Response = error_answer(status, kind, str(getattr(error, "detail", "not found")).lower())
    return answer


async def _broken(request: Request, error: Exception) -> Response:  # noqa: ARG001
    answer: Response = error_answer(500, "InternalServerError", "internal server error")
    return answer
