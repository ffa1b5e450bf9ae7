"""What the server says of itself: /openapi.json for tools, /docs to read. Anybody may ask, without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from didgen.serve.desk import Desk
from didgen.serve.openapi import document, page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def routes(desk: Desk) -> list[Any]:  # noqa: ARG001
    """/openapi.json and /docs."""
    from starlette.routing import Route

    return [Route("/openapi.json", described, methods=["GET"]), Route("/docs", shown, methods=["GET"])]


async def described(request: Request) -> Response:
    """GET /openapi.json, with the address that it was asked at: some generators take no other for the server's."""
    from starlette.responses import JSONResponse

    here = str(request.base_url).rstrip("/")
    return JSONResponse(document() | {"servers": [{"url": here}]})


async def shown(request: Request) -> Response:  # noqa: ARG001
    """GET /docs."""
    from starlette.responses import HTMLResponse

    safe = {
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(page(), headers=safe)
