"""Images and audios: taken in, deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from didgen.errors import RenderError
from didgen.serve.bodies import AUDIO_BYTES, IMAGE_BYTES, take_form
from didgen.serve.desk import Desk
from didgen.serve.inputs import Use
from didgen.serve.operations.faces import as_asked, found

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def routes(desk: Desk) -> list[Any]:
    """/images and /audios."""
    images = _routes_of(desk, "image", "logo", "/images", IMAGE_BYTES)  # which may be small
    return [*images, *_routes_of(desk, "audio", "recording", "/audios", AUDIO_BYTES)]


def _routes_of(desk: Desk, field: str, use: Use, path: str, limit_bytes: int) -> list[Any]:
    from starlette.responses import JSONResponse, Response
    from starlette.routing import Route

    async def create(request: Request) -> Response:
        desk.check_disk()
        taken, fields = await take_form(request, field, limit_bytes, desk.shelf.making)
        name = await desk.uploads.keep(taken, use, field)
        answer: dict[str, Any] = {"id": taken.stem, "url": str(request.base_url.replace(path=f"/uploads/{name}"))}
        if field == "image" and fields.get("detect_faces", "").strip().lower() in ("true", "1"):
            answer["faces"] = [as_asked(face) for face in (await found(desk.shelf.uploads / name))["faces"]]
        return JSONResponse(answer, status_code=201)

    async def delete(request: Request) -> Response:
        name = request.path_params["id"]
        if not name.startswith(f"{field[:3]}_") or not desk.uploads.forget(f"{name}."):
            raise RenderError("NotFoundError", f"{field} not found")
        return Response(status_code=204)

    return [Route(path, create, methods=["POST"]), Route(path + "/{id}", delete, methods=["DELETE"])]
