"""Which jobs of an account are ours, and which scenes therefore need not be bought. Decides; asks and writes nothing.

A scene is known by its key, a job by its nonce (`jobs.tag`). Where an account does not show what jobs were sent with,
jobs that might be a scene's make it a doubt, which a person settles: a guess is neither adopted nor paid for twice.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from didgen.api.wire import TERMINAL, Kind
from didgen.jobs.tag import Tag, key_of
from didgen.store.rows import JobRow

EARLIER_S = 300.0
"""How much earlier than our intent, by the service's clock, a job may have been made and still be ours."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A job of the account. created_s: Unix time by the service's clock, None when it is not told, as is duration_s.

    shows: whether its answer shows what it was sent with (`tag.shows_tags`). asked: it was asked for by its id, and
    not only found in a list. expired: it is done, and its video cannot be fetched any more. title: its name without
    our tag.
    """

    id: str
    kind: Kind
    status: str
    created_s: float | None = None
    duration_s: float | None = None
    tag: Tag | None = None
    shows: bool = False
    asked: bool = False
    expired: bool = False
    title: str = ""

    @property
    def dead(self) -> bool:
        """Whether no video will come of it."""
        return self.expired or (self.status in TERMINAL and self.status != "done")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A scene that would have to be bought. seconds: its estimated length.

    row: its job in the state of which nobody knows whether it arrived. anew: it is to be rendered again although it was
    before, so that only that very job serves. cleared_s: when a person said that none of the jobs on the account is
    its own; 0.0 when nobody did.
    """

    fingerprint: str
    address: str
    kind: Kind
    seconds: float
    row: JobRow | None = None
    anew: bool = False
    cleared_s: float = 0.0


@dataclass(frozen=True)
class View:
    """An account as it was seen. jobs: of any kinds, in any order. shown: kinds whose list shows what jobs were sent
    with. known: ids of jobs whose scene is known. skew_s: the service's clock minus ours.
    """

    jobs: Sequence[Listed] = ()
    shown: Collection[Kind] = ()
    known: Collection[str] = ()
    skew_s: float = 0.0

    @cached_property
    def by_key(self) -> Mapping[tuple[Kind, str], Sequence[Listed]]:
        """The jobs that carry a tag, by kind and scene's key."""
        found: dict[tuple[Kind, str], list[Listed]] = {}
        for job in self.jobs:
            if job.tag is not None:
                found.setdefault((job.kind, job.tag.key), []).append(job)
        return found


@dataclass(frozen=True, slots=True)
class Adopt:
    """The scene's video is on the account, or on its way. others: as good ones that were bought as well."""

    job: Listed
    others: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """Nobody can say whether the scene was bought. why: in words; candidates: jobs that may be it, newest first."""

    why: str
    candidates: tuple[Listed, ...] = ()


@dataclass(frozen=True, slots=True)
class Buy:
    """The account has no video of this scene. why: what it has instead, "" for nothing."""

    why: str = ""


Verdict = Adopt | Doubt | Buy


def decide(wanted: Wanted, view: View) -> Verdict:
    """What is to become of one scene."""
    tagged = view.by_key.get((wanted.kind, key_of(wanted.fingerprint)), ())
    sent = [job for job in tagged if wanted.row is not None and job.tag is not None and job.tag.nonce == wanted.row.id]
    usable = sorted(
        (job for job in (sent if wanted.anew else tagged) if not job.dead), key=lambda job: _worth(job, sent)
    )
    if usable:
        return Adopt(usable[0], tuple(usable[1:]))
    if sent:
        return Buy(_why_dead(sent))  # it arrived, and nothing comes of it
    if wanted.row is not None:
        return _of_a_lost_answer(wanted.row, evidence(wanted, view))
    candidates = () if wanted.anew else evidence(wanted, view)
    if candidates:
        return Doubt(
            f"{_in_words(candidates)} may be it: the account does not show what jobs were sent with", candidates
        )
    return Buy("" if wanted.anew else _why_dead(tagged))


def _of_a_lost_answer(row: JobRow, candidates: tuple[Listed, ...]) -> Doubt:
    """Nothing carries the tag of a job that was sent, or was about to be when a build stopped. What was said of an
    uncertain one stands."""
    if row.state == "uncertain":
        return Doubt(row.why, candidates)
    why = row.why or "a build stopped while it was being sent"
    if candidates:
        return Doubt(f"{why}; {_in_words(candidates)} may be it", candidates)
    return Doubt(f"{why}, and the account shows no such job")


def evidence(wanted: Wanted, view: View) -> tuple[Listed, ...]:
    """Jobs of the account that may be this scene's, newest first: () where its jobs show what they were sent with.

    They are of its kind and about its length, made no earlier than it was sent, and nobody else's as far as is known.
    """
    if wanted.kind in view.shown:
        return ()
    mine = [job for job in view.jobs if job.kind == wanted.kind]
    settled = any(job.asked and job.shows for job in mine)  # as far as jobs were asked for one by one
    since_s = max(wanted.row.began - EARLIER_S if wanted.row is not None else 0.0, wanted.cleared_s) + view.skew_s
    found = [
        job
        for job in mine
        if not (job.dead or job.shows or job.id in view.known or (settled and job.asked))
        and _about(job.duration_s, wanted.seconds)
        and (job.created_s is None or job.created_s >= since_s)
    ]
    return tuple(sorted(found, key=lambda job: job.created_s or 0.0, reverse=True))


def _worth(job: Listed, sent: Sequence[Listed]) -> tuple[int, bool, float]:
    """Finished before started before waiting; of equals the one we sent, then the first that was bought."""
    rank = {"done": 0, "started": 1}.get(job.status, 2)
    return rank, job not in sent, job.created_s or 0.0


def _about(duration_s: float | None, seconds: float) -> bool:
    """Whether a length may be that of an estimate; voices differ by a third and more in pace."""
    return duration_s is None or abs(duration_s - seconds) <= max(3.0, 0.4 * max(duration_s, seconds))


def _why_dead(jobs: Iterable[Listed]) -> str:
    """What became of jobs that no video comes of."""
    return ", ".join(f"{job.id} {'has expired' if job.expired else f'ended as {job.status}'}" for job in jobs)


def _in_words(jobs: Sequence[Listed]) -> str:
    shown = ", ".join(job.id for job in jobs[:3])
    return f"{shown} and {len(jobs) - 3} more" if len(jobs) > 3 else shown
