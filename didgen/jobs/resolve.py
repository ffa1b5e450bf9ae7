"""What a person decides about a job that nobody else can decide on: a row's new state, never a lost row."""

from __future__ import annotations

from collections.abc import Sequence

from didgen.api.wire import Kind
from didgen.catalog.nearest import nearest
from didgen.catalog.services import LOCAL
from didgen.errors import UsageError
from didgen.jobs.adoption import Listed
from didgen.jobs.reconcile import RESUBMIT
from didgen.jobs.search import Search
from didgen.jobs.tag import key_of
from didgen.store.rows import OPEN, JobRow
from didgen.store.state import State

ADOPTED = "adopted: a person said so"
FORGOTTEN = "forgotten: a person said so"


def waiting(state: State, address: str) -> list[JobRow]:
    """The open jobs of an address at services, oldest first. Raises UsageError when it has none, with what has."""
    rows = [row for row in state.jobs() if row.state in OPEN and row.service != LOCAL]
    found = [row for row in rows if row.address == address]
    if not found:
        others = sorted({row.address for row in rows})
        raise UsageError(
            f"no job of {address} is open",
            hint=nearest(address, others) if others else "didgen jobs lists them; no other is open, either",
        )
    return found


async def adopt(state: State, address: str, job_id: str, search: Search) -> JobRow:
    """Take a job of the account for the one that was lost; the row that stands for it now.

    Raises UsageError for a job that cannot be it, UnreachableError when the account cannot be asked.
    """
    rows = [row for row in waiting(state, address) if row.remote in ("", job_id)]
    if not rows:
        raise UsageError(f"{address} runs as {waiting(state, address)[-1].remote}", hint="didgen build goes on with it")
    meant = {row.fingerprint for row in rows}
    owner = next((row for row in state.jobs() if row.remote == job_id and row.fingerprint not in meant), None)
    if owner is not None:
        whose = f"{address} as it was before" if owner.address == address else owner.address
        raise UsageError(f"{job_id} is the job of {whose}", hint="didgen jobs --orphans lists jobs of no scene")
    job = await _shown(job_id, search)
    if job is None:
        raise UsageError(f"{search.host} has no job {job_id}", hint="didgen jobs --orphans lists jobs of no scene")
    if job.dead:
        end = "has expired" if job.expired else f"ended as {job.status}"
        raise UsageError(f"{job_id} {end}: no video comes of it", hint=f"didgen resolve {address} --resubmit")
    row = _meant(rows, job)
    state.submitted(row.id, job_id, ADOPTED)
    return row


async def _shown(job_id: str, search: Search) -> Listed | None:
    kinds: Sequence[Kind] = ("animation", "talk") if job_id.startswith("anm_") else ("talk", "animation")
    for kind in kinds:
        job = await search.one(kind, job_id)
        if job is not None:
            return job
    return None


def _meant(rows: Sequence[JobRow], job: Listed) -> JobRow:
    """The row that a job is for: by its nonce, else the scene as it was last sent. Raises UsageError for a job that
    carries another scene's tag."""
    if job.tag is None:
        return rows[-1]
    for row in rows:
        if job.tag.nonce == row.id:
            return row
    same = [row for row in rows if key_of(row.fingerprint) == job.tag.key]
    if not same:
        raise UsageError(
            f"{job.id} was made for another scene, or for this one as it was written otherwise",
            hint="its tag says so; didgen jobs --orphans lists jobs of no scene",
        )
    return same[-1]


def resubmit(state: State, address: str) -> list[JobRow]:
    """Let the next build buy the scene once more, whatever older jobs the account shows without a tag.

    Raises UsageError for a job that is known to run.
    """
    rows = waiting(state, address)
    running = next((row for row in rows if row.state == "submitted"), None)
    if running is not None:
        raise UsageError(
            f"{address} runs as {running.remote}", hint="didgen build goes on with it; --forget gives it up"
        )
    for row in rows:
        state.forgotten(row.id, RESUBMIT)
    return rows


def forget(state: State, address: str) -> list[JobRow]:
    """Give up the open jobs of an address: the next build treats its scene as one that was never sent."""
    rows = waiting(state, address)
    for row in rows:
        state.forgotten(row.id, FORGOTTEN)
    return rows
