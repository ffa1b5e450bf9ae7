"""What goes wrong, in the service's words: one table from kinds to statuses, one shape of answer."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

from didgen.errors import RenderError, StorageError
from didgen.serve.bodies import InvalidFieldsError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

STATUS = {
    "AuthorizationError": 401,
    "InsufficientCreditsError": 402,
    "PermissionError": 403,
    "NotFoundError": 404,
    "NotReadyError": 409,
    "UnsupportedMimeTypeError": 415,
    "IdempotencyKeyReusedError": 422,
    "TooManyRequestsError": 429,
    "InsufficientStorageError": 507,
    "UnknownError": 500,
}
"""Statuses of kinds; every other kind of a RenderError is a 400."""


class BusyError(RenderError):
    """Not now; perhaps in `retry_s` seconds."""

    def __init__(self, message: str, retry_s: float) -> None:
        super().__init__("TooManyRequestsError", message)
        self.retry_s = retry_s


class FullError(RenderError):
    """Nothing more can be kept here."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__("InsufficientStorageError", message, hint=hint)


def error_answer(status: int, kind: str, description: str, details: Any = None, **headers: str) -> Any:
    """An answer in the service's error shape. headers: with _ for - in their names."""
    from starlette.responses import JSONResponse

    body: dict[str, Any] = {"kind": kind, "description": description}
    if details is not None:
        body["details"] = details
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return JSONResponse(body, status_code=status, headers=named)


async def refused(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The answer to what an operation refused."""
    if isinstance(error, StorageError):
        error = FullError("this server cannot write to its disk")
    kind = error.kind if isinstance(error, RenderError) else "InternalServerError"
    status = STATUS.get(kind, 400) if isinstance(error, RenderError) else 500
    details = error.details if isinstance(error, InvalidFieldsError) else None
    later = {"Retry_After": str(ceil(error.retry_s))} if isinstance(error, BusyError) else {}
    answer: Response = error_answer(status, kind, str(error), details, **later)
    return answer


async def not_routed(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The answer to a path or method that there is not."""
    status = getattr(error, "status_code", 404)
    kind = "NotFoundError" if status == 404 else "BadRequestError"
    answer: Response = error_answer(status, kind, str(getattr(error, "detail", "not found")).lower())
    return answer


def other_methods(routes: Sequence[Any]) -> list[Any]:
    """Routes that answer 405 for what else is asked of the paths of `routes`: Allow names all methods of a path, which
    Starlette knows by its single routes only. They belong behind all others."""
    from starlette.routing import Route

    methods: dict[str, set[str]] = {}
    for route in sorted(routes, key=lambda route: "{" in route.path):  # /images/face-detection before /images/{id}
        methods.setdefault(route.path, set()).update(route.methods)
    return [
        Route(path, error_answer(405, "BadRequestError", "method not allowed", Allow=", ".join(sorted(allowed))))
        for path, allowed in methods.items()
    ]


async def broken(request: Request, error: Exception) -> Response:  # noqa: ARG001
    """The answer to a fault of ours, which tells nothing of it."""
    answer: Response = error_answer(500, "InternalServerError", "internal server error")
    return answer
