"""What an answer means: for a paid POST, whether something was bought; for a read, whether to ask again. Pure."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal

from didgen.errors import RenderError, UnreachableError
from didgen.secret import unsigned

Meaning = Literal["bought", "refused", "later", "ambiguous"]

REFUSED = frozenset({400, 401, 402, 403, 404, 405, 411, 413, 414, 415, 421, 422, 431, 451})
"""Statuses after which nothing was bought."""

DEPTH = 50
"""Levels of nesting that an answer may have; the service's own have six."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")
_KINDS = {
    401: "AuthorizationError",
    402: "InsufficientCreditsError",
    403: "PermissionError",
    404: "NotFoundError",
    415: "UnsupportedMimeTypeError",
}
_HINTS = {
    402: "buy credits, or draft with --service local",
    403: "the account's plan does not allow this",
}


def meaning_of_post(status: int, job_id: object) -> Meaning:
    """What became of a paid POST that was answered. Anything unheard of may have been accepted, hence `ambiguous`."""
    if status in (200, 201):
        return "bought" if isinstance(job_id, str) and _ID.fullmatch(job_id) else "ambiguous"
    if status == 429:
        return "later"
    return "refused" if status in REFUSED else "ambiguous"


def is_unwell(status: int) -> bool:
    """Whether a status says that a read may do better in a while: also a redirect, which no call of the service's
    answers, but portals and proxies do.
    """
    return status in (408, 425, 429) or status >= 500 or status < 200 or 300 <= status < 400


def json_object(data: bytes) -> dict[str, Any]:
    """The object in a body; {} for anything else: gateways answer in HTML, in other shapes, or not at all."""
    value = _json(data)
    return value if isinstance(value, dict) else {}


def json_list(data: bytes) -> list[Any] | None:
    """The list in a body; None for anything else."""
    value = _json(data)
    return value if isinstance(value, list) else None


def _json(data: bytes) -> Any:
    try:
        return _fit(json.loads(data), DEPTH)
    except (ValueError, RecursionError):
        return None


def _fit(value: Any, room: int) -> Any:
    """A value that can be stored, printed and walked: no number without end, no half of a character, no abyss.

    Raises ValueError for more than `room` levels.
    """
    if room < 0:
        raise ValueError("nested too deep")
    if isinstance(value, dict):
        return {_fit(key, room): _fit(v, room - 1) for key, v in value.items()}
    if isinstance(value, list):
        return [_fit(v, room - 1) for v in value]
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    return None if isinstance(value, float) and not math.isfinite(value) else value


class RefusedError(RenderError):
    """The service said no; `status` is the HTTP status it said it with."""

    def __init__(self, status: int, kind: str, message: str, *, hint: str = "") -> None:
        super().__init__(kind, message, hint=hint)
        self.status = status


class BusyError(UnreachableError):
    """The service takes no more jobs now (429), so nothing was bought.

    wait_s: what Retry-After asks for; None without one. pace_s: the unit of waiting at this service.
    """

    def __init__(self, message: str, wait_s: float | None = None, pace_s: float = 1.0) -> None:
        super().__init__(message, hint="build again later")
        self.wait_s = wait_s
        self.pace_s = pace_s


def refusal(status: int, data: bytes, key_advice: str = "") -> RefusedError:
    """The error in an answer, kind and words as the service gave them. key_advice: what to do about a wrong key."""
    body = json_object(data)
    kind = unsigned(str(body.get("kind") or _KINDS.get(status, "BadRequestError")))[:80]
    words = str(body.get("description") or body.get("message") or f"the service answered {status}")
    details = body.get("details")
    if isinstance(details, dict):
        said = [f"{path}: {d['message']}" for path, d in details.items() if isinstance(d, dict) and "message" in d]
        words = "; ".join([words, *(line for line in said if line not in words)])
    return RefusedError(
        status, kind, unsigned(words)[:2000], hint=key_advice if status == 401 else _HINTS.get(status, "")
    )


def retry_after_s(value: str | None, date: str | None = None) -> float | None:
    """The wait a Retry-After header asks for, in seconds or as a date, held in 1 s to 1 h; None without one.

    date: the answer's Date header. A date is meant by the clock of who wrote it; ours may be wrong by hours.
    """
    if not value:
        return None
    try:
        wait = float(value)
    except ValueError:
        until = _moment(value)
        if until is None:
            return None
        wait = (until - (_moment(date) or datetime.now(UTC))).total_seconds()
    return None if math.isnan(wait) else min(max(wait, 1.0), 3600.0)


def _moment(value: str | None) -> datetime | None:
    """A date of HTTP; None for what is none."""
    try:
        date = parsedate_to_datetime(value or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
