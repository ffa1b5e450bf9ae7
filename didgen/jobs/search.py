"""Looking for jobs on the account: listed once, asked for by id where the list does not tell, and again a little later.

It sends nothing that costs. A list that cannot be read raises UnreachableError, so that nothing is bought on a guess.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from didgen.api.account import PAGE, Account
from didgen.api.key import keys_for
from didgen.api.outcomes import RefusedError
from didgen.api.transport import Transport
from didgen.api.wire import Job, Kind
from didgen.errors import RenderError, UnreachableError
from didgen.jobs.adoption import EARLIER_S, Listed
from didgen.jobs.tag import read_tag, shows_tags, untagged
from didgen.plan.identity import ServiceId

LOOK_BACK = 5000
"""How many of an account's jobs of one kind are looked through at most, newest first."""

ASK_ONE_BY_ONE = 200
"""How many jobs are asked for by id at most, where the list does not show what they were sent with."""

AT_ONCE = 8

LINKS_LIVE_S = 24 * 3600.0
"""How long the service keeps a video, and so how long one without a link may still get one."""

LOOK_AGAIN_S = (5.0, 15.0, 30.0, 60.0, 120.0)
"""How long after a request was sent its job is looked for again, in units of the service's pace: lists lag, and a
gateway that gave up may still be passing the request on."""


@asynccontextmanager
async def searching(service: ServiceId) -> AsyncIterator[Search]:
    """A search at a service, with the key that the environment holds for it."""
    transport = Transport(service.base_url, keys_for(service.host.partition("/")[0]), paid=service.paid)
    try:
        yield Search(transport)
    finally:
        await transport.aclose()


class Search:
    """The eyes on one account. Belongs to the event loop of its transport. Everything raises UnreachableError."""

    def __init__(self, transport: Transport) -> None:
        self.host = transport.host
        self._transport = transport
        self._account = Account(transport)
        self._turns: dict[Kind, asyncio.Lock] = {}
        self._looks: dict[Kind, tuple[float, list[Listed]]] = {}  # when somebody looked again, and saw what
        self._oldest_s: dict[Kind, float] = {}

    async def balance(self) -> float | None:
        """Credits left on the account; None where it does not tell, which is no reason to stop."""
        try:
            return (await self._account.credits()).remaining
        except (RenderError, UnreachableError):
            return None

    @property
    def skew_s(self) -> float:
        """The service's clock minus ours, as of its last answer."""
        return self._transport.skew_s

    async def listed(self, kind: Kind, keys: Collection[str]) -> list[Listed]:
        """The account's jobs of one kind, until a usable one of every scene's key was seen; at most LOOK_BACK."""
        missing = set(keys)

        def enough(job: Listed) -> bool:
            if job.tag is not None and not job.dead:
                missing.discard(job.tag.key)
            return not missing

        return await self._read(kind, enough)

    async def everything(self) -> list[Listed]:
        """The account's jobs of both kinds, at most LOOK_BACK of each.

        Where a list shows of none what it was sent with, the newest are asked for by their ids.
        """
        return [*await self._all("talk"), *await self._all("animation")]

    async def _all(self, kind: Kind) -> list[Listed]:
        jobs = await self._read(kind, lambda job: False)  # noqa: ARG005
        silent = [] if any(job.shows for job in jobs) else jobs[:ASK_ONE_BY_ONE]
        answers = await self.several((kind, job.id) for job in silent)
        return [answers.get(job.id) or job for job in jobs]

    async def one(self, kind: Kind, job_id: str) -> Listed | None:
        """A job asked for by its id; None when the account has none of that id."""
        try:
            return as_listed(kind, await self._account.job(kind, job_id), time.time() + self.skew_s, asked=True)
        except RefusedError as error:
            if error.status == 404:
                return None
            raise self._refused(error) from error
        except RenderError:  # no id that a service could have: from a file that was edited
            return None

    async def several(self, jobs: Iterable[tuple[Kind, str]]) -> dict[str, Listed | None]:
        """Jobs asked for by their ids, a few at a time; None for one that is gone."""
        slots = asyncio.Semaphore(AT_ONCE)

        async def ask(kind: Kind, job_id: str) -> Listed | None:
            async with slots:
                return await self.one(kind, job_id)

        chosen = {job_id: kind for kind, job_id in jobs}
        answers = await asyncio.gather(*(ask(kind, job_id) for job_id, kind in chosen.items()))
        return dict(zip(chosen, answers, strict=True))

    async def again(self, kind: Kind, nonce: str, sent_s: float) -> Listed | None:
        """The job of a nonce that was sent at the Unix time `sent_s`; None when it has not turned up in the end.

        Waits as LOOK_AGAIN_S says; what of that is past already takes one look. The time of day is read once: it may
        be set while we wait, and may have been set back since, which must not make us wait for it.
        """
        now_s, began_s = time.time(), time.monotonic()
        sent_s = min(sent_s, now_s)
        afters_s = [sent_s - now_s + after_s * self._transport.pace_s for after_s in LOOK_AGAIN_S]
        for after_s in [after_s for after_s in afters_s if after_s > 0] or [0.0]:
            await asyncio.sleep(max(0.0, began_s + after_s - time.monotonic()))
            for job in await self._lately(kind, sent_s - EARLIER_S):
                if job.tag is not None and job.tag.nonce == nonce:
                    return job
        return None

    async def _lately(self, kind: Kind, since_s: float) -> list[Listed]:
        """Jobs made since a time, as seen after this was asked: those who ask together share one look."""
        self._oldest_s[kind] = min(since_s, self._oldest_s.get(kind, since_s))
        asked_s = time.monotonic()
        async with self._turns.setdefault(kind, asyncio.Lock()):
            looked_s, seen = self._looks.get(kind, (0.0, []))
            if looked_s < asked_s:
                looked_s, seen = time.monotonic(), await self._look(kind, self._oldest_s[kind])
                self._looks[kind] = looked_s, seen
            return seen

    async def _look(self, kind: Kind, since_s: float) -> list[Listed]:
        older = 0

        def enough(job: Listed) -> bool:
            nonlocal older
            older = older + 1 if job.created_s is not None and job.created_s < since_s + self.skew_s else 0
            return older >= PAGE  # the order of the list is nowhere promised

        jobs = await self._read(kind, enough)
        if any(job.shows for job in jobs):
            return jobs
        lately = [job for job in jobs if job.created_s is None or job.created_s >= since_s + self.skew_s]
        answers = await self.several((kind, job.id) for job in lately[:ASK_ONE_BY_ONE])
        return [job for job in answers.values() if job is not None]

    async def _read(self, kind: Kind, enough: Callable[[Listed], bool]) -> list[Listed]:
        """The list of one kind until `enough` says so of a job, to the end of the page that it is on."""
        found: list[Listed] = []
        stop = False
        try:
            async for job in self._account.recent(kind):
                found.append(as_listed(kind, job, time.time() + self.skew_s))
                stop = enough(found[-1]) or stop
                if (stop and len(found) % PAGE == 0) or len(found) >= LOOK_BACK:
                    break
        except RefusedError as error:
            raise self._refused(error) from error
        return found

    def _refused(self, error: RefusedError) -> UnreachableError:
        return UnreachableError(
            f"{self.host} does not show the account's jobs, so nothing was bought: {error.message}", hint=error.hint
        )


def as_listed(kind: Kind, job: Job, now_s: float, *, asked: bool = False) -> Listed:
    """An answer about a job, as far as it matters here. now_s: Unix time by the service's clock.

    Only the answer to a question for that very job tells that its video has expired: a list may hold links of old.
    """
    texts = {"user_data": job.user_data, "name": job.name}
    created_s = job.created.timestamp() if job.created is not None else None
    return Listed(
        job.id,
        kind,
        job.status,
        created_s=created_s,
        duration_s=job.duration,
        tag=read_tag(texts),
        shows=shows_tags(kind, texts),
        asked=asked,
        title=untagged(job.name or ""),
        expired=asked and job.status == "done" and _is_over(job.result_url or "", created_s, now_s),
    )


def _is_over(url: str, created_s: float | None, now_s: float) -> bool:
    """Whether the video of a done job cannot be had any more. One whose link is not told yet is none of those: it is
    paid for, and a guess would buy it again."""
    if not url:
        return created_s is not None and created_s + LINKS_LIVE_S < now_s
    return link_expired(url, now_s)


def link_expired(url: str, now_s: float) -> bool:
    """Whether a signed link is past its time; False for a link that does not tell."""
    told = {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}
    with suppress(ValueError):
        if "Expires" in told:
            return float(told["Expires"]) < now_s
        if "X-Amz-Date" in told:
            signed = datetime.strptime(told["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            return signed.timestamp() + float(told.get("X-Amz-Expires", "inf")) < now_s
    return False
