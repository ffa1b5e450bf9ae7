"""Images and audios: taken in, deleted."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from didgen.errors import RenderError
from didgen.serve.bodies import AUDIO_BYTES, IMAGE_BYTES, take_file
from didgen.serve.desk import Desk

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def routes(desk: Desk) -> list[Any]:
    """/images and /audios."""
    images = _routes_of(desk, "image", "/images", IMAGE_BYTES)
    return [*images, *_routes_of(desk, "audio", "/audios", AUDIO_BYTES)]


def _routes_of(desk: Desk, field: str, path: str, limit_bytes: int) -> list[Any]:
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
