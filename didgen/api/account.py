"""What an account at a service holds: its jobs, its balance, the voices it may use. Costs nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import ValidationError

from didgen.api.outcomes import RefusedError
from didgen.api.transport import Transport
from didgen.api.wire import Job, Kind, moment, number
from didgen.errors import RenderError, UnreachableError
from didgen.secret import unsigned

PAGE = 100
MAX_PAGES = 2000


@dataclass(frozen=True, slots=True)
class Balance:
    """Credits of an account. expires: when the first of those that remain lapses, where that is told."""

    remaining: float
    total: float
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServiceVoice:
    """A voice as the service lists it. locales: what it speaks, such as en-US. access: public, premium, private, …"""

    id: str
    name: str
    provider: str
    gender: str
    access: str
    locales: tuple[str, ...]
    styles: tuple[str, ...]


class Account:
    """An account, asked over a transport; whoever made that closes it.

    Every call raises RefusedError when the service says no, UnreachableError when it stays away or makes no sense.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def recent(self, kind: Kind) -> AsyncIterator[Job]:
        """The jobs of one kind in the service's order, newest first as far as anybody knows; each once.

        Pages are asked for as they are needed: stop when you have seen enough. Raises UnreachableError, too, for a list
        that goes in circles, so that its end is not taken for that of the account.
        """
        token, tokens, seen = "", set[str](), set[str]()
        for _ in range(MAX_PAGES):
            asked = {"limit": str(PAGE)} | ({"token": token} if token else {})
            page = await self._transport.read_page(f"/{kind}s", params=asked)
            entries = page.get(f"{kind}s")
            if not isinstance(entries, list):
                raise self._nonsense(f"GET /{kind}s holds no {kind}s")
            fresh = [job for job in map(_job, entries) if job is not None and job.id not in seen]
            seen.update(job.id for job in fresh)
            for job in fresh:
                yield job
            token = str(page.get("token") or "")
            if not token:
                return
            if token in tokens or (entries and not fresh):  # an empty page may have one behind it
                raise self._nonsense(f"its list of {kind}s goes in circles")
            tokens.add(token)
        raise self._nonsense(f"its list of {kind}s has no end")

    async def job(self, kind: Kind, job_id: str) -> Job:
        """One job by its id; RefusedError with status 404 when the account has none of that id."""
        job = _job(await self._transport.read("GET", _path(kind, job_id)))
        if job is None:
            raise self._nonsense(f"GET /{kind}s/… is no {kind}")
        if job.id != job_id:
            raise self._nonsense(f"asked for {job_id}, it tells of {unsigned(job.id)[:80]}")
        return job

    async def delete(self, what: Kind | Literal["image", "audio"], its_id: str) -> bool:
        """Delete a finished job or an upload; False when there was none. RefusedError with status 409 while it runs."""
        try:
            await self._transport.read("DELETE", _path(what, its_id))
        except RefusedError as error:
            if error.status != 404:
                raise
            return False
        return True

    async def credits(self) -> Balance:
        """The balance; nothing at all for an account that never had credits."""
        try:
            told = await self._transport.read("GET", "/credits")
        except RefusedError as error:
            if error.status != 404:
                raise
            return Balance(0.0, 0.0)
        remaining, total = number(told.get("remaining")), number(told.get("total"))
        if remaining is None:
            raise self._nonsense("GET /credits tells no balance")
        parts = told.get("credits")
        ends = [_lapses(part) for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
        first = min((end for end in ends if end is not None), default=None)
        return Balance(remaining, remaining if total is None else total, first)

    async def voices(self, provider: str = "") -> list[ServiceVoice]:
        """The voices of one provider, or of all, in the service's order."""
        listed = await self._transport.read_list("/tts/voices", params={"provider": provider} if provider else {})
        return [voice for voice in map(_voice, listed) if voice is not None and provider in ("", voice.provider)]

    def _nonsense(self, what: str) -> UnreachableError:
        return UnreachableError(f"{self._transport.host} gave an answer nobody can use: {what}", hint="try again later")


def _path(what: str, its_id: str) -> str:
    """Where a thing of an account is. An id that could lead elsewhere is nobody's."""
    if not its_id.replace("-", "").replace("_", "").isalnum() or not its_id.isascii():
        raise RenderError("NotFoundError", f"{its_id!r} is no id of the service")
    return f"/{what}s/{its_id}"


def _job(entry: Any) -> Job | None:
    try:
        return Job.model_validate(entry)
    except ValidationError:
        return None


def _lapses(part: dict[str, Any]) -> datetime | None:
    """When a part of the balance lapses; None when it is used up already, or never does."""
    end = part.get("expire_at")
    return moment(end) if (number(part.get("remaining")) or 0) > 0 and isinstance(end, str) else None


def _voice(entry: Any) -> ServiceVoice | None:
    """A voice of the list; None for what has no id. The languages stood in one `locale` once."""
    if not isinstance(entry, dict) or not isinstance(entry.get("id"), str):
        return None
    spoken = entry.get("languages")
    languages = [one for one in spoken if isinstance(one, dict)] if isinstance(spoken, list) else []
    locales = [str(one.get("locale") or one.get("language") or "") for one in languages] or [
        str(entry.get("locale") or "")
    ]
    styles = entry.get("styles")
    return ServiceVoice(
        entry["id"],
        str(entry.get("name") or entry["id"]),
        str(entry.get("provider") or ""),
        str(entry.get("gender") or "").lower(),
        str(entry.get("access") or ""),
        tuple(dict.fromkeys(str(locale) for locale in locales if locale)),
        tuple(str(style) for style in styles) if isinstance(styles, list) else (),
    )
