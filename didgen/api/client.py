"""The HTTP client: D-ID, or any server that speaks its API, behind the seam. How calls go out, `transport` knows."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from didgen.api.job import Event, Fetched, Send, directly
from didgen.api.key import Keys
from didgen.api.outcomes import BusyError, RefusedError, json_object, meaning_of_post, refusal
from didgen.api.patience import CONNECT, HELD, HOLD_S, JOB_S, POLL, Tries, poll_pause_s
from didgen.api.prepare.ask import Memo
from didgen.api.transport import Answer, Transport
from didgen.api.uploads import Uploads, is_gone
from didgen.api.wire import TERMINAL, RenderRequest, TalkRequest, TextScript, kind_of, number
from didgen.errors import NotYetError, RenderError, UnreachableError, UnresolvedJobError
from didgen.secret import unsigned


class Client:
    """Implements `didgen.api.job.Service` over HTTP. Belongs to one event loop.

    base_url, key, paid, pace_s: as `Transport` takes them, and raises for them. memo: where uploads are remembered.
    """

    def __init__(
        self,
        base_url: str,
        key: str | Keys = "",
        *,
        paid: bool = True,
        pace_s: float = 1.0,
        memo: Memo | None = None,
    ) -> None:
        self.transport = Transport(base_url, key, paid=paid, pace_s=pace_s)
        self.paid = self.transport.paid
        self._watched = self._held = 0
        self._holds = True  # until it turns out otherwise
        self._uploads = Uploads(self.transport, memo)

    def __repr__(self) -> str:
        return f"Client({self.transport.host!r})"

    async def submit(self, request: RenderRequest, send: Send = directly) -> str:
        """Upload what is local and send the request, once; the job's id. send: each POST that may buy goes through it.

        When it is refused because of a copy that an earlier process uploaded, it is sent again with a new copy: nothing
        was bought. Raises RenderError when it is refused, BusyError at a 429, UnreachableError when it was not sent,
        UnresolvedJobError when nobody knows whether it arrived.
        """
        sent = await self._uploads.sent(request)
        try:
            return await self._post(sent.request, send)
        except RefusedError as error:
            if not sent.recalled or not is_gone(error):
                raise sent.in_words(error) from None
        self._uploads.forget(sent.recalled)
        sent = await self._uploads.sent(request)
        try:
            return await self._post(sent.request, send)
        except RefusedError as error:
            raise sent.in_words(error) from None

    async def _post(self, request: RenderRequest, send: Send) -> str:
        body = request.model_dump(mode="json", exclude_unset=True)
        if isinstance(request, TalkRequest):
            body["script"]["type"] = request.script.type  # a default, so it may be unset; the wire needs it
        path, headers = f"/{kind_of(request)}s", self._own_voice(request)

        async def post() -> str:
            return self._bought(await self.transport.post_once(path, body, headers))

        tries = Tries(CONNECT, self.transport.pace_s)
        while True:
            try:
                return await send(post)
            except BusyError:
                raise
            except UnreachableError:  # no connection came about: nothing was sent
                if (pause_s := tries.pause_s()) is None:
                    raise
                await asyncio.sleep(pause_s)

    def _own_voice(self, request: RenderRequest) -> dict[str, str]:
        """The header with the user's own key of ElevenLabs, where that provider speaks and no other time."""
        script = request.script if isinstance(request, TalkRequest) else None
        speaks = isinstance(script, TextScript) and script.provider is not None and script.provider.type == "elevenlabs"
        return self.transport.keys.external() if speaks else {}

    def _bought(self, answer: Answer) -> str:
        """The id of the job a POST made. Raises as `submit`."""
        job_id = json_object(answer.data).get("id")
        meaning = meaning_of_post(answer.status, job_id)
        if meaning == "refused":
            raise refusal(answer.status, answer.data, self.transport.key_advice)
        if meaning == "ambiguous":
            raise self.transport.unresolved(f"the service answered {answer.status}")
        if meaning == "later":
            raise BusyError(f"{self.transport.host} takes no more jobs now", answer.wait_s, self.transport.pace_s)
        return str(job_id)

    async def events(self, job_id: str) -> AsyncIterator[Event]:
        """Every change of the job's status until it is done or failed.

        Raises UnreachableError when the service stays away, NotYetError when the job takes over 30 minutes (it can be
        taken up again), and UnresolvedJobError for a paid job that the service does not know any more.
        """
        self._watched += 1
        try:
            async for event in self._watch(job_id):
                yield event
        finally:
            self._watched -= 1

    async def _watch(self, job_id: str) -> AsyncIterator[Event]:
        deadline, interval_s, told = time.monotonic() + JOB_S, 0.0, Event("failed")
        job = await self._job(job_id)
        while True:
            status = str(job.get("status", ""))
            if status in TERMINAL:
                yield replace(_last_event(status, job), length_s=_length_s(job))
                return
            event = _running(job.get("progress")) if status == "started" else Event("queued")
            event = replace(event, length_s=_length_s(job))
            if event != told:
                yield event
                told = event
            if time.monotonic() > deadline:
                raise NotYetError(
                    f"{job_id} is still {status or 'waiting'} after {JOB_S / 60:.0f} minutes", hint="build again later"
                )
            interval_s, pause_s = poll_pause_s(interval_s, self._watched, self.transport.pace_s)
            job = await self._job_later(job_id, status, pause_s)

    async def _job_later(self, job_id: str, status: str, pause_s: float) -> dict[str, Any]:
        """The job after a pause, or as soon as its status is another one where the server holds its answer till then:
        ours does, and of others only those are asked that cost nothing."""
        if self._holds and not self.paid and self._held < HELD:
            wait_s, began, self._held = min(pause_s, HOLD_S), time.monotonic(), self._held + 1
            try:
                job = await self._job(job_id, {"Prefer": f"wait={wait_s:.2f}"})
            finally:
                self._held -= 1
            if job.get("status") != status or time.monotonic() - began >= 0.9 * wait_s:
                return job
            self._holds, pause_s = False, pause_s - (time.monotonic() - began)
        await asyncio.sleep(pause_s)
        return await self._job(job_id)

    async def fetch(self, job_id: str, into: Path) -> Fetched:
        """Bring a done job's video into the folder `into`, checked.

        Raises NotYetError when it could not be brought: the job stays as it is and can be fetched later. What else
        `events` raises.
        """
        from didgen.api.results import fetch

        return await fetch(self.transport, lambda: self._job(job_id), job_id, into)

    async def cancel(self, job_id: str) -> bool:  # noqa: ARG002
        """False: the service cannot stop a job."""
        return False

    async def aclose(self) -> None:
        """Close all connections."""
        await self._uploads.aclose()
        await self.transport.aclose()

    async def _job(self, job_id: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
        if not job_id.replace("-", "").replace("_", "").isalnum():
            raise RenderError("NotFoundError", f"{job_id!r} is no job's id")
        path = f"/animations/{job_id}" if job_id.startswith("anm_") else f"/talks/{job_id}"
        for last in (False, False, True):
            try:
                job = await self.transport.read("GET", path, needs="status", patience=POLL, headers=headers)
                if job.get("id") in (None, job_id):
                    return job
                if last:
                    words = f"{self.transport.host} tells of another job than {job_id}"
                    raise UnreachableError(words, hint="build again later")
            except RefusedError as error:
                if not self.paid:
                    raise
                host = self.transport.host
                if error.status != 404:
                    words = f"{host} does not show {job_id}: {error.message}"
                    raise UnreachableError(words, hint=error.hint or "build again later") from error
                if last:
                    words = f"{job_id} is gone at {host}"
                    raise UnresolvedJobError(words, hint="it is not bought again by itself; see the account") from error
            # What was made a moment ago may not be everywhere yet, and a 404 would have it given up. What a cache mixed
            # up may come right.
            await asyncio.sleep(2 * self.transport.pace_s)
        raise AssertionError("the last try returns or raises")


def _running(progress: Any) -> Event:
    """A started job's event; servers of ours tell how far it is, the service does not."""
    try:
        return Event("running", str(progress["stage"]), int(progress["done"]), int(progress["total"]))
    except (TypeError, KeyError, ValueError):
        return Event("running")


def _length_s(job: dict[str, Any]) -> float:
    """Seconds of a job's video: the service knows those of a talk once it has accepted it."""
    return max(0.0, number(job.get("duration")) or 0.0)


def _last_event(status: str, job: dict[str, Any]) -> Event:
    if status == "done":
        return Event("done")
    error = job.get("error") if isinstance(job.get("error"), dict) else {}
    kind = str((error or {}).get("kind") or ("ModerationError" if status == "rejected" else "UnknownError"))
    words = str((error or {}).get("description") or f"the service {status} it without a reason")
    return Event("failed", kind=unsigned(kind)[:80], message=unsigned(words)[:2000])
