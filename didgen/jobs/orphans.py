"""Jobs of an account with our tag that nobody here knows: bought elsewhere, or by a build whose state is lost."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from didgen.api.wire import Kind
from didgen.jobs.adoption import Listed
from didgen.jobs.lockfile import Lock
from didgen.jobs.tag import key_of
from didgen.store.rows import OPEN, JobRow


@dataclass(frozen=True, slots=True)
class Orphan:
    """address: the scene it is of, as this workspace knows it, else as its title says, "" when nobody knows. lost: it
    is the job whose answer was lost there."""

    id: str
    kind: Kind
    service: str
    status: str
    address: str
    lost: bool
    created_s: float | None = None
    duration_s: float | None = None

    @property
    def words(self) -> str:
        """ "talk of 4.2 s, shop/one"."""
        length = f" of {self.duration_s:.1f} s" if self.duration_s else ""
        what = f", {self.address}" if self.address else ""
        return f"{self.kind}{length}{what}{': its answer was lost, the next build takes it up' if self.lost else ''}"


def unmarked(jobs: Sequence[Listed], rows: Sequence[JobRow], locks: Sequence[Lock] = ()) -> list[Listed]:
    """Of the jobs of an account those nobody here knows, of kinds of which it shows of none what it was sent with: a
    lost one may be among them, and only a person can tell."""
    shown = {job.kind for job in jobs if job.shows}
    known: Collection[str] = {row.remote for row in rows} | {job for lock in locks for job in lock.jobs}
    return [job for job in jobs if not (job.dead or job.kind in shown or job.id in known)]


def orphans(jobs: Iterable[Listed], service: str, rows: Sequence[JobRow], locks: Sequence[Lock] = ()) -> list[Orphan]:
    """Of the jobs of an account those with our tag whose ids neither the state nor a lock knows, in their order."""
    mine = [row for row in rows if row.service == service]
    known: Collection[str] = {row.remote for row in mine} | {job for lock in locks for job in lock.jobs}
    scenes = {key_of(one.fingerprint): address for lock in locks for address, one in lock.scenes.items()}
    scenes |= {key_of(row.fingerprint): row.address for row in mine}
    lost = {row.id for row in mine if row.state in OPEN and not row.remote}
    return [
        Orphan(
            job.id,
            job.kind,
            service,
            job.status,
            scenes.get(job.tag.key, job.title),
            job.tag.nonce in lost,
            job.created_s,
            job.duration_s,
        )
        for job in jobs
        if job.tag is not None and job.id not in known
    ]
