"""What was spent: the jobs of the state that were bought, by build, month and service. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from didgen.catalog.services import is_paid
from didgen.store.rows import JobRow


@dataclass(frozen=True, slots=True)
class Spent:
    """What some jobs cost together. name: the build's or the month's; began: Unix time of the first of them.

    bought: how many were paid for; found: how many more were there already and cost nothing; uncertain: how many of the
    bought ones may not exist at all. seconds: of video, of those that were bought.
    """

    name: str
    service: str
    began: float
    bought: int
    found: int
    uncertain: int
    seconds: float
    credits: int


def purchases(rows: Iterable[JobRow], *, at_home: bool) -> list[JobRow]:
    """Those at services that cost money, and whatever cost some. at_home: servers on this machine do, too.

    A render that is free has no credits either, and would be taken for one that was found on the account.
    """
    return [row for row in rows if row.credits > 0 or is_paid(row.service, at_home=at_home)]


def by_build(rows: Iterable[JobRow]) -> list[Spent]:
    """One for every build and service, oldest first."""
    return _grouped(rows, lambda row: row.build)


def by_month(rows: Iterable[JobRow]) -> list[Spent]:
    """One for every month (UTC, "2026-11") and service, oldest first."""
    return _grouped(rows, lambda row: datetime.fromtimestamp(row.began, UTC).strftime("%Y-%m"))


def was_paid(row: JobRow) -> bool:
    """Whether a job's credits count: it was taken by the service, or may have been.

    A job that was refused has no id at the service. What a service gives back for failed jobs, it does not tell.
    """
    return row.credits > 0 and (bool(row.remote) or is_uncertain(row))


def credits_of(rows: Iterable[JobRow]) -> dict[str, int]:
    """What was paid for each fingerprint, however often it was bought."""
    paid: dict[str, int] = {}
    for row in rows:
        if was_paid(row):
            paid[row.fingerprint] = paid.get(row.fingerprint, 0) + row.credits
    return paid


def is_uncertain(row: JobRow) -> bool:
    """Whether nobody knows if a job was ever taken."""
    return not row.remote and row.state in ("intent", "uncertain")


def _grouped(rows: Iterable[JobRow], name_of: Callable[[JobRow], str]) -> list[Spent]:
    groups: dict[tuple[str, str], list[JobRow]] = {}
    for row in rows:
        if row.credits > 0 or (row.remote and row.state in ("submitted", "done")):
            groups.setdefault((name_of(row), row.service), []).append(row)
    sums = [_sum(name, service, members) for (name, service), members in groups.items()]
    return sorted((one for one in sums if one.bought or one.found), key=lambda one: (one.began, one.service))


def _sum(name: str, service: str, rows: Sequence[JobRow]) -> Spent:
    paid = [row for row in rows if was_paid(row)]
    return Spent(
        name,
        service,
        min(row.began for row in rows),
        len(paid),
        sum(row.credits == 0 for row in rows),
        sum(is_uncertain(row) for row in paid),
        sum(row.seconds for row in paid),
        sum(row.credits for row in paid),
    )
