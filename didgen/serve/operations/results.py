"""What signed links lead to: videos, their sound, and videos that are still being made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.errors import RenderError
from didgen.serve.desk import Desk
from didgen.serve.growing import grown
from didgen.serve.outside import TYPES

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

RANGES = 16
_HEADERS = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox", "Cache-Control": "private"}


def routes(desk: Desk) -> list[Any]:
    """/results and /previews; neither has a listing."""
    from starlette.responses import FileResponse, StreamingResponse
    from starlette.routing import Route

    def check(path: str, request: Request) -> None:
        if not desk.links.holds(path, request.query_params):
            raise RenderError("PermissionError", "this link is not valid any more")

    async def result(request: Request) -> Response:
        name = request.path_params["name"]
        check(f"/results/{name}", request)
        if request.headers.get("range", "").count(",") >= RANGES:
            raise RenderError("BadRequestError", f"at most {RANGES} ranges at once")
        file = desk.shelf.results / name
        if not file.is_file():
            raise RenderError("NotFoundError", desk.jobs.why_gone(name) or "not found")
        kind = TYPES.get(file.suffix)
        if desk.faults.rates and "cut-video" in desk.faults_of(name):
            return StreamingResponse(_cut(file), 200, {**_HEADERS, "Content-Length": str(file.stat().st_size)}, kind)
        return FileResponse(file, 200, _HEADERS, kind, filename=name, content_disposition_type="attachment")

    async def preview(request: Request) -> Response:
        name = request.path_params["id"]
        check(f"/previews/{name}", request)
        path = desk.preview(name)
        return StreamingResponse(grown(path), media_type="video/mp4", headers=_HEADERS)

    return [
        Route("/results/{name}", result, methods=["GET"]),
        Route("/previews/{id}", preview, methods=["GET"]),
    ]


async def _cut(file: Path) -> AsyncIterator[bytes]:
    """Three quarters of a file; then the server finds that it promised more, and hangs up."""
    data = await asyncio.to_thread(file.read_bytes)
    yield data[: len(data) * 3 // 4]
