"""Before anything is bought: what of it the account has already. Asks the account, writes what it found into the state.

A scene's open job, the job that its lost video once came from, and a listing of the account are looked at in turn. What
is found becomes a `submitted` job that the executor takes up, what nobody can decide an `uncertain` one that it leaves
alone; the rest is to be bought.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import replace

from didgen.api.wire import Kind
from didgen.jobs.adoption import Adopt, Buy, Doubt, Listed, Verdict, View, Wanted, decide, evidence
from didgen.jobs.lockfile import Lock
from didgen.jobs.search import ASK_ONE_BY_ONE, LOOK_BACK, Search
from didgen.jobs.tag import key_of
from didgen.plan.scene import Scene
from didgen.store.artifacts import Artifacts
from didgen.store.rows import JobRow, JobState
from didgen.store.shared import Others
from didgen.store.state import State

Ask = Callable[[Collection[str]], Awaitable[Others]]
"""Tells what other machines did about some fingerprints."""

RESUBMIT = "to be bought again: a person said so"
"""Why a job was forgotten for whose scene nothing older on the account counts any more."""

TOLD = 5
"""How many of the scenes that were found are told one by one."""

KINDS: tuple[Kind, ...] = ("talk", "animation")


async def reconcile(
    scenes: Sequence[Scene],
    service: str,
    state: State,
    search: Search,
    *,
    build: str = "",
    anew: bool = False,
    bought_as: Mapping[str, Sequence[str]] = {},
    known: Collection[str] = (),
    others: Ask | None = None,
    on_notice: Callable[[str], None] = lambda text: None,  # noqa: ARG005
) -> list[Scene]:
    """What is left to buy of `scenes` (each fingerprint once) at a paid service.

    service: its name in the state. build: the build that what is found belongs to. anew: they are rendered again on
    purpose. bought_as: ids of jobs that a fingerprint's video came from before, where it is lost here. known: ids of
    jobs whose scene is known, besides those of the state. others: tells what other machines did, where a guess would be
    left to a person: it is asked after the account, so that no job seen there is newer. What they began is none of
    those, and left to its turn. Raises UnreachableError when the account cannot be asked.
    """
    desk = _Desk(service, state, search, build, anew, others, on_notice)
    left = await desk.without_known(scenes, {} if anew else bought_as)
    known = {row.remote for row in state.jobs() if row.remote} | set(known)
    wanted = {scene.fingerprint: desk.wanted(scene) for scene in left}
    verdicts = await desk.verdicts(list(wanted.values()), known)
    for scene in left:
        desk.settle(scene, wanted[scene.fingerprint].row, verdicts[scene.fingerprint])
    desk.sum_up()
    return [scene for scene in left if isinstance(verdicts[scene.fingerprint], Buy)]


def bought_as(
    store: Artifacts, service: str, fingerprints: Collection[str], locks: Sequence[Lock] = ()
) -> dict[str, list[str]]:
    """Ids of the jobs that videos were bought as, by fingerprint; newest first, as far as it is known.

    The state knows what it has seen, a sidecar where its own video came from, a lock what was released.
    """
    found: dict[str, list[str]] = {fingerprint: [] for fingerprint in fingerprints}
    for row in reversed(store.state.jobs()):
        if row.fingerprint in found and row.service == service and row.state == "done" and row.remote:
            found[row.fingerprint].append(row.remote)
    for fingerprint, ids in found.items():
        facts = store.sidecar(fingerprint).get("facts", {})
        if facts.get("service") == service:
            ids.append(str((facts.get("answer") or {}).get("id") or ""))
        ids += [lock.job(fingerprint, service) for lock in locks]
    return {fingerprint: [one for one in dict.fromkeys(ids) if one] for fingerprint, ids in found.items() if any(ids)}


class _Desk:
    """One reconciliation."""

    def __init__(
        self,
        service: str,
        state: State,
        search: Search,
        build: str,
        anew: bool,
        others: Ask | None,
        on_notice: Callable[[str], None],
    ) -> None:
        self._service, self._state, self._search = service, state, search
        self._build, self._anew, self._others, self._say = build, anew, others, on_notice
        self._found = 0
        self._rows: dict[str, list[JobRow]] = {}
        for row in state.open_jobs(service):
            self._rows.setdefault(row.fingerprint, []).append(row)
        forgotten = [row for row in state.jobs() if row.state == "forgotten" and row.why == RESUBMIT]
        self._cleared = {row.fingerprint: row.changed for row in forgotten if row.service == service}

    async def without_known(self, scenes: Sequence[Scene], bought_as: Mapping[str, Sequence[str]]) -> list[Scene]:
        """The scenes that must be searched for: all but those whose job, open or former, is known by its id."""
        open_jobs = {scene.fingerprint: self._named(scene) for scene in scenes}
        ids: dict[str, list[str]] = {}
        for fingerprint, row in open_jobs.items():
            lost = row is None and fingerprint in self._rows  # is looked for first, by its nonce
            former = () if lost else bought_as.get(fingerprint, ())
            ids[fingerprint] = [row.remote] if row is not None else list(former)
        shown = await self._search.several((one.kind, job_id) for one in scenes for job_id in ids[one.fingerprint])
        left = []
        for scene in scenes:
            row, found = open_jobs[scene.fingerprint], [shown[job_id] for job_id in ids[scene.fingerprint]]
            if row is None:
                found = [job for job in found if job is None or _may_be(job, scene)]
            if self._goes_on(row, found[0]) if row is not None else self._fetched_again(scene, found):
                continue
            left.append(scene)
            if row is None and found:
                ids_in_words = ", ".join(ids[scene.fingerprint])
                self._say(f"{scene.address}: bought before as {ids_in_words}, which has no video any more")
        return left

    def _named(self, scene: Scene) -> JobRow | None:
        """The scene's open job whose id at the service is known."""
        rows = [row for row in self._rows.get(scene.fingerprint, ()) if row.remote]
        return min(rows, key=lambda row: row.state != "submitted", default=None)

    def _goes_on(self, row: JobRow, job: Listed | None) -> bool:
        """Whether nothing else is to be done about a scene than its job, which the account shows as `job`."""
        if job is None:
            self._state.uncertain(row.id, f"{row.remote} is gone at {self._search.host}")
        elif job.expired:
            self._state.failed(row.id, f"{job.id} has expired: its video was not fetched in time")
            self._rows[row.fingerprint].remove(row)
            return False
        elif row.state != "submitted":
            self._state.submitted(row.id, row.remote, "the service shows it again")
        return True

    def _fetched_again(self, scene: Scene, jobs: Sequence[Listed | None]) -> bool:
        """Whether a job that the scene was bought as before still has its video, or will have."""
        found = next((job for job in jobs if job is not None and not job.dead), None)
        if found is not None:
            self._adopt(scene, None, found)
        return found is not None

    def wanted(self, scene: Scene) -> Wanted:
        """A scene as the account is searched for it."""
        rows = self._rows.get(scene.fingerprint, [])
        return Wanted(
            scene.fingerprint,
            scene.address,
            scene.kind,
            scene.seconds,
            rows[-1] if rows else None,
            anew=self._anew,
            cleared_s=self._cleared.get(scene.fingerprint, 0.0),
        )

    async def verdicts(self, wanted: Sequence[Wanted], known: Collection[str]) -> dict[str, Verdict]:
        """What is to become of each scene, by fingerprint."""
        sought = [one for one in wanted if one.row is not None or not one.anew]
        view = await self._view(sought, known)
        found = {one.fingerprint: decide(one, view) for one in wanted}
        guesses = [one for one in sought if one.row is None and isinstance(found[one.fingerprint], Doubt)]
        if guesses and self._others is not None:
            told = await self._others([one.fingerprint for one in guesses])
            view = replace(view, known={*view.known, *told.jobs})
            found |= {g.fingerprint: Buy() if g.fingerprint in told.begun else decide(g, view) for g in guesses}
        young = [one for one in sought if _just_sent(one.row) and _unseen(found[one.fingerprint])]
        if young:
            self._say(f"looking for {len(young)} jobs at {self._search.host} whose answers were lost")
        for one, job in zip(young, await asyncio.gather(*map(self._again, young)), strict=True):
            if job is not None:
                found[one.fingerprint] = decide(one, View((job,), view.shown, known, self._search.skew_s))
        return found

    async def _again(self, wanted: Wanted) -> Listed | None:
        assert wanted.row is not None
        return await self._search.again(wanted.kind, wanted.row.id, wanted.row.began)

    async def _view(self, wanted: Sequence[Wanted], known: Collection[str]) -> View:
        """The account, listed once; single jobs asked for where the list does not tell enough."""
        kinds: dict[Kind, set[str]] = {}
        for one in wanted:
            kinds.setdefault(one.kind, set()).add(key_of(one.fingerprint))
        jobs: dict[str, Listed] = {}
        shown: set[Kind] = set()
        for kind, keys in kinds.items():
            of_kind = await self._search.listed(kind, keys)
            jobs |= {job.id: job for job in of_kind}
            if len(of_kind) >= LOOK_BACK:
                self._say(f"only the newest {LOOK_BACK} {kind}s at {self._search.host} were looked through")
            if any(job.shows for job in of_kind):
                shown.add(kind)
        while True:
            view = View(tuple(jobs.values()), shown, known, self._search.skew_s)
            unclear = _unclear(wanted, view)[:ASK_ONE_BY_ONE]
            answers = await self._search.several((job.kind, job.id) for job in unclear)
            if not answers:
                return view
            jobs |= {job_id: _known_better(jobs[job_id], answer) for job_id, answer in answers.items()}

    def settle(self, scene: Scene, row: JobRow | None, verdict: Verdict) -> None:
        """Make a verdict durable."""
        if isinstance(verdict, Adopt):
            self._adopt(scene, row, verdict.job)
            if verdict.others:
                ids = ", ".join(job.id for job in verdict.others)
                self._say(f"{scene.address}: {ids} was bought for the same scene as well")
        elif isinstance(verdict, Doubt):
            if row is not None:
                self._state.uncertain(row.id, verdict.why)
            else:
                self._state.begin(self._row(scene, "uncertain", why=verdict.why))
        else:
            if row is not None:
                self._state.failed(row.id, verdict.why)
            if verdict.why:
                self._say(f"{scene.address}: {verdict.why}, so it is to be bought again")

    def sum_up(self) -> None:
        """Say how many more were found than were told one by one."""
        if self._found > TOLD:
            self._say(f"and {self._found - TOLD} more scenes were found on the account")

    def _adopt(self, scene: Scene, row: JobRow | None, job: Listed) -> None:
        why = "found on the account"
        if row is not None and job.tag is not None and job.tag.nonce == row.id:
            self._state.submitted(row.id, job.id, why)
        else:
            if row is not None:
                self._state.failed(row.id, f"{job.id} is the same scene")
            self._state.begin(self._row(scene, "submitted", job.id, why))
        self._found += 1
        if self._found <= TOLD:
            self._say(f"{scene.address}: {job.id} was {why}, nothing is bought again")

    def _row(self, scene: Scene, state: JobState, remote: str = "", why: str = "") -> JobRow:
        return JobRow(
            secrets.token_hex(16),
            scene.fingerprint,
            scene.address,
            self._service,
            state,
            remote,
            seconds=scene.seconds,
            build=self._build,
            why=why,
        )


def _may_be(job: Listed, scene: Scene) -> bool:
    """Whether a job that is said to be a scene's may be that: a lock may have been merged or edited wrongly."""
    return job.tag is None or job.tag.key == key_of(scene.fingerprint)


def _just_sent(row: JobRow | None) -> bool:
    """Whether nobody has looked for a job yet: a list that lags may come to show it."""
    return row is not None and row.state == "intent"


def _unseen(verdict: Verdict) -> bool:
    return isinstance(verdict, Doubt) and not verdict.candidates


def _known_better(listed: Listed, answer: Listed | None) -> Listed:
    """A job of the list after it was asked for by its id: what the list told stays told.

    One that is not shown then is no reason to buy: polling it will say that it is gone, and leave it to a person.
    """
    if answer is None:
        return replace(listed, asked=True, status="gone")
    return replace(answer, tag=answer.tag or listed.tag, shows=answer.shows or listed.shows)


def _unclear(wanted: Sequence[Wanted], view: View) -> list[Listed]:
    """Jobs of the list that must be asked for by their ids before anything is decided on them, newest first."""
    unclear: dict[str, Listed] = {}
    silent = {kind for kind in KINDS if _tells_nothing(kind, view)}
    for one in wanted:
        verdict = decide(one, view)
        if not isinstance(verdict, Adopt):
            found = () if one.kind in silent else evidence(one, view)
            unclear |= {job.id: job for job in found if not job.asked}
        elif verdict.job.status == "done" and not verdict.job.asked:
            unclear[verdict.job.id] = verdict.job  # its link may have expired
    return sorted(unclear.values(), key=lambda job: job.created_s or time.time(), reverse=True)


def _tells_nothing(kind: Kind, view: View) -> bool:
    """Whether so many jobs were asked for in vain that the account seems to show of none what it was sent with."""
    asked = [job for job in view.jobs if job.kind == kind and job.asked]
    return len(asked) >= ASK_ONE_BY_ONE and not any(job.shows for job in asked)
