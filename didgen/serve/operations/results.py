"""What signed links lead to: videos, their sound, and videos that are still being made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from didgen.errors import RenderError
from didgen.serve.desk import Desk
from didgen.serve.growing import grown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".gif": "image/gif", ".m4a": "audio/mp4"}
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
        file = desk.shelf.results / name
        if not file.is_file():
            raise RenderError("NotFoundError", desk.jobs.why_gone(name) or "not found")
        kind = _TYPES.get(file.suffix)
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
