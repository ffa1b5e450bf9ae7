"""The page as a small web application: its own files, the board as a stream, and the files that the board names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Route

from didgen.page.board import Board
from didgen.page.events import Events
from didgen.serve.growing import grown
from didgen.serve.guard import LOOPBACK_NAMES, Guard

STATIC = Path(__file__).parent / "static"
ASSETS = ("page.css", "icon.svg", "stream.js", "growing.js", "words.js", "list.js", "stage.js", "form.js", "page.js")
"""What index.html asks for, below `page/`."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
"""Nothing from elsewhere, nothing inline, and no text is ever read as markup."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
_FILE_HEADERS = {
    **HEADERS,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=86400, immutable",
}

_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    "mp4": "video/mp4",
    "mov": "video/mp4",
    "gif": "image/gif",
    "jpg": "image/jpeg",
}


OnReader = Callable[[], None]


def page_app(
    board: Board, host_names: Sequence[str] | None = LOOPBACK_NAMES, on_reader: OnReader = lambda: None
) -> Any:
    """The page of a board as an ASGI application, for this machine: Host and Origin are checked.

    host_names: accepted in the Host header; None leaves that to what it is mounted in. on_reader: called in the event
    loop when somebody asks for the stream.
    """
    app = Starlette(routes=page_routes(board, on_reader))
    return app if host_names is None else Guard(app, None, host_names)


def page_routes(board: Board, on_reader: OnReader) -> list[BaseRoute]:
    """`/` and all that lies below `/page/`."""

    def link(path: Path, kind: str) -> str:
        return f"page/{'growing' if kind == 'growing' else 'files'}/{board.name_of(path)}.{kind}"

    async def events(request: Request) -> Response:
        on_reader()
        return Events(board, link, request.headers.get("last-event-id", ""))

    async def file(request: Request) -> Response:
        name, _, kind = str(request.path_params["name"]).partition(".")
        path = board.file(name)
        if path is None or kind not in _TYPES or not path.is_file():
            return _missing()
        return FileResponse(path, headers=_FILE_HEADERS, media_type=_TYPES[kind])

    async def growing(request: Request) -> Response:
        path = board.file(str(request.path_params["name"]).partition(".")[0])
        if path is None or not path.is_file():
            return _missing()
        return StreamingResponse(
            grown(path), headers=_FILE_HEADERS | {"Cache-Control": "no-store"}, media_type="video/mp4"
        )

    return [
        Route("/", _static("index.html")),
        *[Route(f"/page/{name}", _static(name)) for name in ASSETS],
        Route("/page/events", events),
        Route("/page/files/{name}", file),
        Route("/page/growing/{name}", growing),
    ]


def _static(name: str) -> Any:
    async def answer(request: Request) -> Response:  # noqa: ARG001
        path = STATIC / name
        return FileResponse(path, headers=HEADERS, media_type=_TYPES[path.suffix])

    return answer


def _missing() -> Response:
    return PlainTextResponse("not found", 404, HEADERS)
