"""What only the service itself can tell, asked with one cheapest job: `didgen doctor --probe`.

Whether its answers show what a job was sent with, by id and in the list, how long the list lags behind and in which
order it is, whether asking again signs a link anew, and what the job cost. What was seen is kept by host, without links
or keys, in `.didgen/capabilities.json`. Whether an Idempotency-Key counts is not asked: that takes a second job.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from didgen.api.account import Account
from didgen.api.client import Client
from didgen.api.key import Keys
from didgen.api.outcomes import RefusedError
from didgen.api.wire import Job, TalkRequest, TextScript
from didgen.digest import sha256_bytes
from didgen.errors import RenderError, UnreachableError, UnresolvedJobError
from didgen.jobs.executor import build_name
from didgen.jobs.purse import Offer, OnBill, agree
from didgen.jobs.search import Search
from didgen.jobs.tag import Tag, key_of, tagged
from didgen.plan.bill import Bill, Item, credits_for
from didgen.plan.identity import ServiceId
from didgen.store.artifacts import Artifacts
from didgen.store.home import prepare
from didgen.store.lock import build_lock
from didgen.store.rows import JobRow
from didgen.store.whole import write_whole

FORMAT = 1
NAME = "capabilities.json"
ADDRESS = "doctor"
"""Where a job of the probe stands in the state, as a scene would with its address."""

FINGERPRINT = sha256_bytes(b"didgen doctor --probe")
WORDS = "Hello there."
SECONDS = 1.5
LIST_S = 120.0  # for how long the list is looked at before it is said not to have the job
SOON = 300  # so many entries are looked through: the job is young
SIGNED_ANEW_S = 2.1  # links end at whole seconds

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Shown:
    """Whether an answer shows what its job was sent with."""

    user_data: bool
    name: bool


@dataclass(frozen=True, slots=True)
class Capability:
    """What was seen of one service. None: it could not be seen.

    listed: in the list, None when the job was not in it within LIST_S. listed_after_s: how long that took since the
    POST. newest_first: the order of the list. renews_links: a link asked for again has another signature. credits:
    before and after, as GET /credits said. status: how the job ended.
    """

    asked: str
    job: str
    status: str
    seconds: float | None
    by_id: Shown
    listed: Shown | None
    listed_after_s: float | None
    newest_first: bool | None
    renews_links: bool | None
    credits_before: float | None
    credits_after: float | None
    skew_s: float


def probe(root: Path, service: ServiceId, keys: Keys, budget: int | None, on_bill: OnBill, tell: Tell) -> Capability:
    """Buy one job and see. budget, on_bill: consent, as for a build. tell hears what is going on.

    Raises BudgetError when nobody agreed, UnresolvedJobError when the job may or may not exist (also when that is so
    of an earlier probe's), and any other DidgenError.
    """
    with build_lock(prepare(root), on_wait=tell), Artifacts(root) as store:
        seen = asyncio.run(_Probe(store, service, keys, budget, on_bill, tell).run())
        _keep(store.home / NAME, service.host, seen)
    return seen


@dataclass(slots=True)
class _Probe:
    store: Artifacts
    service: ServiceId
    keys: Keys
    budget: int | None
    on_bill: OnBill
    tell: Tell

    async def run(self) -> Capability:
        client = Client(self.service.base_url, self.keys, paid=self.service.paid)
        try:
            return await self._with(client, Account(client.transport))
        finally:
            await client.aclose()

    async def _with(self, client: Client, account: Account) -> Capability:
        before = await _credits(account)
        row = await self._earlier(client)
        if row is None:
            self._consent(before)
            row = await self._bought(client)
        else:
            self.tell(f"going on with {row.remote}, which an earlier probe bought")
        seen = await _observed(client, account, row, before, self.tell)
        self.store.state.ended(row.id)
        return seen

    def _consent(self, before: float | None) -> None:
        if not self.service.paid:
            return
        credit_s = self.service.credit_s
        price = credits_for(SECONDS, credit_s) if credit_s is not None else None
        item = Item(ADDRESS, "talk", self.service.host, FINGERPRINT, SECONDS, price, price)
        balances = {self.service.host: int(before)} if before is not None else {}
        agree(Offer(Bill((item,)), self.budget, balances), self.on_bill)

    async def _earlier(self, client: Client) -> JobRow | None:
        """The job of a probe that was stopped: it is not bought again. Raises UnresolvedJobError."""
        rows = [row for row in self.store.state.open_jobs(self.service.name) if row.address == ADDRESS]
        for row in rows:
            if row.state == "submitted":
                return row
        for row in rows:
            return await self._found(client, row, UnresolvedJobError("an earlier probe was stopped while it was sent"))
        return None

    async def _bought(self, client: Client) -> JobRow:
        row = JobRow(
            secrets.token_hex(16), FINGERPRINT, ADDRESS, self.service.name, "intent",
            credits=credits_for(SECONDS, self.service.credit_s) if self.service.credit_s else 0,
            seconds=SECONDS, build=build_name(),
        )  # fmt: skip
        photo = Path(__file__).parent / "cli" / "template" / "assets" / "portrait.jpg"
        request = TalkRequest(source_url=photo.as_uri(), script=TextScript(input=WORDS))
        self.store.state.begin(row)
        self.tell(f"sending one talk of {SECONDS:g} s")
        try:
            remote = await client.submit(tagged(request, Tag(key_of(FINGERPRINT), row.id), "didgen doctor"))
        except (RenderError, UnreachableError) as error:
            self.store.state.failed(row.id, str(error))
            raise
        except UnresolvedJobError as error:
            return await self._found(client, row, error)
        return self._submitted(row, remote)

    async def _found(self, client: Client, row: JobRow, error: UnresolvedJobError) -> JobRow:
        """The row of a job that may exist, with its id from the account."""
        self.tell("looking for a job whose answer was lost")
        found = await Search(client.transport).again("talk", row.id, row.began or time.time())
        if found is not None:
            return self._submitted(row, found.id)
        self.store.state.uncertain(row.id, error.message)
        raise UnresolvedJobError(
            f"{error.message}, and the account shows no such job", hint="it is not sent again by itself: see its list"
        ) from error

    def _submitted(self, row: JobRow, remote: str) -> JobRow:
        self.store.state.submitted(row.id, remote)
        return JobRow(row.id, row.fingerprint, row.address, row.service, "submitted", remote, began=time.time())


async def _observed(client: Client, account: Account, row: JobRow, before: float | None, tell: Tell) -> Capability:
    by_id = _shown(await account.job("talk", row.remote), row)
    tell("looking for it in the list")
    listed, after_s = await _listed(client, account, row)
    tell("waiting for its end")
    async for _ in client.events(row.remote):
        pass
    done = await account.job("talk", row.remote)
    return Capability(
        asked=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        job=row.remote,
        status=done.status,
        seconds=done.duration,
        by_id=by_id,
        listed=_shown(listed, row) if listed is not None else None,
        listed_after_s=after_s,
        newest_first=await _newest_first(account),
        renews_links=await _renews(account, done),
        credits_before=before,
        credits_after=await _credits(account),
        skew_s=round(client.transport.skew_s, 1),
    )


async def _listed(client: Client, account: Account, row: JobRow) -> tuple[Job | None, float | None]:
    """The job's entry in the list, and how many seconds after the POST it was first seen there."""
    pause_s, until = 0.5 * client.transport.pace_s, time.monotonic() + LIST_S * client.transport.pace_s
    while True:
        for job in await _young(account):
            if job.id == row.remote:
                return job, round(max(0.0, time.time() - row.began), 1)
        if time.monotonic() > until:
            return None, None
        await asyncio.sleep(pause_s)
        pause_s = min(1.5 * pause_s, 10 * client.transport.pace_s)


async def _young(account: Account) -> list[Job]:
    """The first SOON entries of the list."""
    found: list[Job] = []
    async for job in account.recent("talk"):
        found.append(job)
        if len(found) >= SOON:
            break
    return found


async def _newest_first(account: Account) -> bool | None:
    """Whether the list goes from new to old; None when fewer than two entries tell when they were made."""
    times = [job.created for job in await _young(account) if job.created is not None]
    if len(set(times)) < 2:
        return None
    return all(former >= later for former, later in pairwise(times))


async def _renews(account: Account, done: Job) -> bool | None:
    """Whether asking again gives another link, as one that is signed anew is."""
    if not done.result_url:
        return None
    await asyncio.sleep(SIGNED_ANEW_S)
    return (await account.job("talk", done.id)).result_url != done.result_url


def _shown(job: Job, row: JobRow) -> Shown:
    return Shown(row.id in (job.user_data or ""), row.id in (job.name or ""))


async def _credits(account: Account) -> float | None:
    try:
        return (await account.credits()).remaining
    except RefusedError:
        return None


def _keep(path: Path, host: str, seen: Capability) -> None:
    """Write what was seen into the record, beside what is known of other hosts."""
    hosts = _record(path)
    hosts[host] = asdict(seen)
    write_whole(path, (json.dumps({"didgen": FORMAT, "hosts": hosts}, indent=2, sort_keys=True) + "\n").encode())


def _record(path: Path) -> dict[str, Any]:
    try:
        record = json.loads(path.read_bytes())
        return dict(record["hosts"]) if record["didgen"] == FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def words(seen: Capability) -> list[tuple[str, str]]:
    """What was seen as pairs of a name and a sentence."""
    echo = {(True, True): "user_data and name", (True, False): "user_data", (False, True): "name"}
    by_id = echo.get((seen.by_id.user_data, seen.by_id.name), "neither user_data nor name")
    if seen.listed is None:
        listed = f"the job was not in it within {LIST_S:.0f} s"
    else:
        shows = echo.get((seen.listed.user_data, seen.listed.name), "neither user_data nor name")
        listed = f"shows {shows}; the job was in it {seen.listed_after_s:g} s after it was sent"
    order = {True: "newest first", False: "in another order than newest first", None: "too few jobs to see"}
    links = {True: "signed anew by asking again", False: "the same when asked again", None: "there was none"}
    cost = "not told"
    if seen.credits_before is not None and seen.credits_after is not None:
        length = f" for {seen.seconds:g} s" if seen.seconds is not None else ""
        cost = f"{seen.credits_before - seen.credits_after:g} credits{length}, as GET /credits tells now"
    return [
        ("job", f"{seen.job} ended as {seen.status}"),
        ("by id", f"shows {by_id}"),
        ("list", listed),
        ("order", order[seen.newest_first]),
        ("links", links[seen.renews_links]),
        ("cost", cost),
        ("Idempotency-Key", "not asked: it would take a second job"),
    ]
