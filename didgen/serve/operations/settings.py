"""What holds for every job of this server: a logo over those that name none."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.api.wire import Logo
from didgen.errors import RenderError, StorageError
from didgen.serve.bodies import IMAGE_BYTES, InvalidFieldsError, read_json, take_form
from didgen.serve.desk import Desk
from didgen.serve.inputs import Named

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

FARTHEST_PX = 10_000


def routes(desk: Desk) -> list[Any]:
    """/settings and /settings/logo."""
    from starlette.responses import FileResponse, JSONResponse, Response
    from starlette.routing import Route

    def shown(request: Request) -> dict[str, Any] | None:
        logo = desk.uploads.logo()
        if logo is None:
            return None
        path = desk.links.sign(f"/account/{logo['file']}")
        return {"url": str(request.base_url).rstrip("/") + path, "position": logo["position"]}

    async def show_all(request: Request) -> Response:
        logo = shown(request)
        return JSONResponse({} if logo is None else {"logo": logo})

    async def change_all(request: Request) -> Response:
        body, _ = await read_json(request)
        others = sorted(set(body) - {"logo"})
        if others:
            raise RenderError("PermissionError", f"this server has no setting but 'logo': {', '.join(others)}"[:500])
        if "logo" in body:
            desk.check_disk()
            logo = _logo(body["logo"])
            name = await desk.uploads.named(Named("logo", "logo url", "logo", logo.url), str(request.base_url))
            await desk.uploads.keep_logo(_copied(desk, name), logo.position)
        return JSONResponse({} if (logo_now := shown(request)) is None else {"logo": logo_now}, status_code=201)

    async def show(request: Request) -> Response:
        return JSONResponse(shown(request))

    async def change(request: Request) -> Response:
        desk.check_disk()
        taken, fields = await take_form(request, "logo", IMAGE_BYTES, desk.shelf.making)
        try:
            position = _px(fields, "left"), _px(fields, "top")
        except RenderError:
            desk.shelf.drop(taken)
            raise
        await desk.uploads.keep_logo(taken, position)
        return JSONResponse(shown(request), status_code=201)

    async def remove(request: Request) -> Response:  # noqa: ARG001
        desk.uploads.forget_logo()
        return Response(status_code=204)

    async def picture(request: Request) -> Response:
        name = request.path_params["name"]
        logo = desk.uploads.logo()
        if not desk.links.holds(f"/account/{name}", request.query_params):
            raise RenderError("PermissionError", "this link is not valid any more")
        if logo is None or logo["file"] != name:
            raise RenderError("NotFoundError", "not found")
        return FileResponse(desk.shelf.account / name, headers={"X-Content-Type-Options": "nosniff"})

    return [
        Route("/account/{name}", picture, methods=["GET"]),
        Route("/settings", show_all, methods=["GET"]),
        Route("/settings", change_all, methods=["POST"]),
        Route("/settings/logo", show, methods=["GET"]),
        Route("/settings/logo", change, methods=["POST"]),
        Route("/settings/logo", remove, methods=["DELETE"]),
    ]


def _logo(given: Any) -> Logo:
    """The logo of a request. Raises InvalidFieldsError."""
    from pydantic import ValidationError

    try:
        logo = Logo.model_validate(given)
    except ValidationError as error:
        wrong = {".".join(["body.logo", *map(str, e["loc"])]): {"message": e["msg"]} for e in error.errors()}
        raise InvalidFieldsError(wrong) from None
    if max(map(abs, logo.position)) > FARTHEST_PX:
        raise InvalidFieldsError({"body.logo.position": {"message": f"must be px up to {FARTHEST_PX}"}})
    return logo


def _copied(desk: Desk, name: str) -> Path:
    """An upload once more, in making: the setting outlives it. Raises StorageError."""
    copy = desk.shelf.making / f"log_{secrets.token_urlsafe(16)}"
    try:
        os.link(desk.shelf.uploads / name, copy)
    except OSError as error:
        raise StorageError(f"cannot keep {name}: {error.strerror}") from error
    return copy


def _px(fields: dict[str, str], name: str) -> int:
    """A form's whole number; 0 where it is not there. Raises RenderError."""
    text = fields.get(name, "0").strip()
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 6 and abs(int(text)) <= FARTHEST_PX):
        raise RenderError("BadRequestError", f"'{name}' must be a whole number of px up to {FARTHEST_PX}")
    return int(text)
