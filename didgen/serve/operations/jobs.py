"""Talks and animations: made, shown, listed, deleted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from didgen.api.wire import Kind
from didgen.errors import RenderError
from didgen.serve.bodies import parse, read_json
from didgen.serve.changes import wait_asked
from didgen.serve.desk import PAGE, Asked, Desk
from didgen.serve.guard import client_of
from didgen.serve.record import created_answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

KEY_CHARS = 255


def routes(desk: Desk) -> list[Any]:
    """/talks and /animations, which differ in nothing but their bodies."""
    return [*_routes_of(desk, "talk", "/talks"), *_routes_of(desk, "animation", "/animations")]


def _routes_of(desk: Desk, kind: Kind, path: str) -> list[Any]:
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def create(request: Request) -> Response:
        return JSONResponse(created_answer(await desk.accept(await _asked(request, kind))), status_code=201)

    async def show(request: Request) -> Response:
        record, wait_s = desk.find(request.path_params["id"], kind), wait_asked(request.headers.get("prefer", ""))
        if wait_s and not record.over:
            await desk.changes.wait(record.id, wait_s)
            record = desk.find(record.id, kind)
        applied = {"Preference-Applied": "wait"} if wait_s else None
        return JSONResponse(desk.answer(record, str(request.base_url)), headers=applied)

    async def listed(request: Request) -> Response:
        return JSONResponse(_page(desk, kind, request))

    async def delete(request: Request) -> Response:
        record = desk.find(request.path_params["id"], kind)
        answer = desk.answer(record, str(request.base_url))
        desk.remove(record)
        return JSONResponse(answer)

    return [
        Route(path, create, methods=["POST"]),
        Route(path, listed, methods=["GET"]),
        Route(path + "/{id}", show, methods=["GET"]),
        Route(path + "/{id}", delete, methods=["DELETE"]),
    ]


async def _asked(request: Request, kind: Kind) -> Asked:
    """What a POST asks for. Raises RenderError."""
    body, data = await read_json(request)
    wanted, notes = parse(body, kind)
    key = request.headers.get("idempotency-key", "")
    if len(key) > KEY_CHARS:
        raise RenderError("BadRequestError", f"Idempotency-Key is longer than {KEY_CHARS} characters")
    return Asked(kind, wanted, notes, data, client_of(request.scope), str(request.base_url), key)


def _page(desk: Desk, kind: Kind, request: Request) -> dict[str, Any]:
    """One page, newest first; `token` leads to the next one. Raises RenderError."""
    limit, token = request.query_params.get("limit", str(PAGE)), request.query_params.get("token", "")
    if not (limit.isascii() and limit.isdigit() and 0 < int(limit) <= 1000):
        raise RenderError("BadRequestError", "limit must be a number from 1 to 1000")
    if token and not (token.isascii() and token.isdigit() and len(token) < 19):
        raise RenderError("BadRequestError", "token must be that of another page")
    records = desk.page(kind, int(limit) + 1, int(token or sys.maxsize))
    shown = records[: int(limit)]
    page: dict[str, Any] = {f"{kind}s": [desk.answer(record, str(request.base_url)) for record in shown]}
    return page | {"token": str(shown[-1].seq)} if len(records) > len(shown) else page
