"""Talks and animations: made, shown, listed, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from didgen.api.wire import Kind
from didgen.serve.desk import Desk
from didgen.serve.record import created_answer

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def routes(desk: Desk) -> list[Any]:
    """/talks and /animations, which differ in nothing but their bodies."""
    return [*_routes_of(desk, "talk", "/talks"), *_routes_of(desk, "animation", "/animations")]


def _routes_of(desk: Desk, kind: Kind, path: str) -> list[Any]:
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
