"""Where the faces of a picture are, before a job is sent."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from didgen.errors import RenderError
from didgen.secret import without_secrets
from didgen.serve.bodies import InvalidFieldsError, read_json
from didgen.serve.desk import Desk
from didgen.serve.inputs import Named

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

PATIENCE_S = 60.0


def routes(desk: Desk) -> list[Any]:
    """/images/face-detection."""
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    async def detect(request: Request) -> Response:
        body, _ = await read_json(request)
        url = body.get("source_url")
        unknown = set(body) - {"source_url", "should_skip_detection"}
        if not isinstance(url, str) or unknown:
            wrong = sorted(unknown)[0] if unknown else "source_url"
            message = "is not a key of this request" if unknown else "must be a string"
            raise InvalidFieldsError({f"body.{wrong}": {"message": message}})
        name = await desk.uploads.named(Named("source_url", "source url", "picture", url), str(request.base_url))
        skipped = body.get("should_skip_detection") in (True, "true")
        return JSONResponse(crops(await found(desk.shelf.uploads / name, skip=skipped)))

    return [Route("/images/face-detection", detect, methods=["POST"])]


def crops(seen: dict[str, Any]) -> dict[str, Any]:
    """The service's answer: each face's box as fractions of the picture's sides, and the picture's size in px."""
    width, height = seen["width"], seen["height"]
    boxes = [
        {"top": top / height, "left": left / width, "bottom": bottom / height, "right": right / width}
        for left, top, right, bottom in (face["detection"] for face in seen["faces"])
    ]
    return {"faceCrops": boxes, "metadata": {"width": width, "height": height, "length": len(boxes)}}


def as_asked(face: dict[str, Any]) -> dict[str, Any]:
    """A face of an answer in the shape of requests, which uploads tell them in: clients send it back as `face`."""
    sides = dict(zip(("left", "top", "right", "bottom"), face["detection"], strict=True))
    shared: dict[str, Any] = {name: face[name] for name in ("size", "top_left", "detect_confidence") if name in face}
    return {**shared, "overlap": face["overlap"].upper(), "face_id": str(face["face_id"]), "detection": sides}


async def found(path: Path, *, skip: bool = False) -> dict[str, Any]:
    """`{"width", "height", "faces"}` of a picture, found in a child that may die of it. faces: in the shape of the
    service's answers; none when skipped. Raises RenderError."""
    command = (sys.executable, "-m", "didgen.serve.finder", str(path), *(["--size-only"] if skip else []))
    child = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=without_secrets(os.environ) | {"OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        said, _ = await asyncio.wait_for(child.communicate(), PATIENCE_S)
        answer: dict[str, Any] = json.loads(said)
    except (TimeoutError, ValueError):
        raise RenderError("BadRequestError", "the picture cannot be read") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if "kind" in answer:
        raise RenderError(answer["kind"], answer["message"])
    return answer
