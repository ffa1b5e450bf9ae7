"""What clients send: JSON requests read with the service's tolerance, and files taken in without trusting them."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.api.wire import AnimationRequest, Kind, RenderRequest, TalkRequest
from didgen.errors import RenderError

if TYPE_CHECKING:
    from starlette.requests import Request

PATIENCE_S = 20.0
"""For a piece of a body, and before its rate counts."""

LEAST_BYTES_PER_S = 1024
JSON_BYTES = 1 << 20
IMAGE_BYTES = 10 << 20
AUDIO_BYTES = 15 << 20
IMAGE_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")

OUTDATED = {
    "": ("persist",),
    "config": ("driver_expression", "show_watermark", "auto_match_face"),
}
"""Keys that published clients send and that decide nothing here: accepted, and said in the job's warnings."""

NOT_OF_TALKS = ("overlay",)
"""The same of the config of talks alone."""


async def bounded(request: Request, limit_bytes: int) -> AsyncGenerator[bytes, None]:
    """The body as it comes, counted: a length that a client claims proves nothing.

    Raises RenderError beyond it, and for one that comes too slowly: a thousand open bodies would keep others out.
    """
    seen, pieces, began = 0, aiter(request.stream()), time.monotonic()
    while True:
        try:
            async with asyncio.timeout(PATIENCE_S):
                piece = await anext(pieces)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise RenderError("BadRequestError", "the body came too slowly") from None
        seen += len(piece)
        if seen > limit_bytes:
            raise RenderError("InvalidFileSizeError", f"file size exceeded {limit_bytes >> 20} MB")
        if seen < (time.monotonic() - began - PATIENCE_S) * LEAST_BYTES_PER_S:
            raise RenderError("BadRequestError", "the body came too slowly")
        yield piece


async def read_json(request: Request) -> tuple[dict[str, Any], bytes]:
    """A JSON object and the bytes it came as. Raises RenderError."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise RenderError("UnsupportedMimeTypeError", "the body must be application/json")
    data = b"".join([piece async for piece in bounded(request, JSON_BYTES)])
    try:
        body = json.loads(data)
    except (ValueError, RecursionError):
        raise RenderError("BadRequestError", "the body is not JSON") from None
    if not isinstance(body, dict):
        raise RenderError("BadRequestError", "the body must be an object")
    return body, data


class InvalidFieldsError(RenderError):
    """A request that does not fit its model; `details` has a message per path, as the service writes them."""

    def __init__(self, details: dict[str, dict[str, str]]) -> None:
        named = "; ".join(f"{path}: {entry['message']}" for path, entry in details.items())
        super().__init__("ValidationError", f"validation failed: {named}")
        self.details = details


def parse(body: dict[str, Any], kind: Kind) -> tuple[RenderRequest, tuple[str, ...]]:
    """A JSON body as a request, without outdated keys, and a sentence for each of those.

    Strings for booleans and numbers are taken for what they say, as the service does. Raises InvalidFieldsError.
    """
    from pydantic import ValidationError

    fields, notes = _without_outdated(body, kind)
    model = TalkRequest if kind == "talk" else AnimationRequest
    try:
        return model.model_validate(fields), notes
    except ValidationError as error:
        raise InvalidFieldsError(
            {".".join(["body", *(str(p) for p in e["loc"])]): {"message": e["msg"]} for e in error.errors()}
        ) from None


def _without_outdated(body: dict[str, Any], kind: Kind) -> tuple[dict[str, Any], tuple[str, ...]]:
    fields, notes = dict(body), []
    config = fields.get("config")
    if isinstance(config, dict):
        config = fields["config"] = dict(config)
    for place, names in OUTDATED.items():
        holder = config if place else fields
        if isinstance(holder, dict):
            unused = names + (NOT_OF_TALKS if place and kind == "talk" else ())
            meant = [name for name in unused if name in holder and holder.pop(name) not in (None, "", False)]
            notes += [f"{place + '.' if place else ''}{name} has no effect on this server" for name in meant]
    return fields, tuple(notes)


async def take_form(request: Request, field: str, limit_bytes: int, folder: Path) -> tuple[Path, dict[str, str]]:
    """Store the multipart file called `field` under an unguessable name of ours; its path, and the form's other fields.

    Raises RenderError for a body that is too large or no multipart form, and a file that is missing, empty or of
    another type than it should be.
    """
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise RenderError("UnsupportedMimeTypeError", "the body must be multipart/form-data")
    room = limit_bytes + (64 << 10)  # for the other fields and the boundaries
    parser = MultiPartParser(request.headers, bounded(request, room), max_files=1, max_fields=10)
    try:
        form = await parser.parse()
    except (MultiPartException, KeyError, UnicodeDecodeError) as error:
        raise RenderError("BadRequestError", f"the form cannot be read: {error}") from None
    try:
        given = form.get(field)
        if not isinstance(given, UploadFile):
            raise RenderError("BadRequestError", f"'{field}' file is required")
        if (given.size or 0) > limit_bytes:
            raise RenderError("InvalidFileSizeError", f"file size exceeded {limit_bytes >> 20} MB")
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
        return await _kept(given, field, folder), fields
    finally:
        await form.close()


async def _kept(given: Any, field: str, folder: Path) -> Path:
    head = await given.read(16)
    if not head:
        raise RenderError("BadRequestError", f"invalid {field}: the file is empty")
    if field in ("image", "logo"):
        _check_image(head)
    path = folder / f"{field[:3]}_{secrets.token_urlsafe(16)}"
    with path.open("xb") as out:
        while head:
            out.write(head)
            head = await given.read(1 << 20)
    return path


def _check_image(head: bytes) -> None:
    """By what the file is, not what it is called: PNG and JPEG begin with signatures. Raises RenderError."""
    if not head.startswith(IMAGE_MAGIC):
        raise RenderError("UnsupportedMimeTypeError", "unsupported image type", hint="send a JPEG or a PNG")
