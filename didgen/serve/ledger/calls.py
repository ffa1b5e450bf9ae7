"""The outbox: calls to webhooks that have to be made, until they got through or are given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from didgen.serve.ledger.database import Database

NEVER = 1e18


@dataclass(frozen=True, slots=True)
class Call:
    """A webhook that has to be called. id: the same at every try. tries: made so far. due: Unix time of the next."""

    id: str
    job: str
    url: str
    tries: int
    due: float


def put_calls(db: Database, calls: Sequence[Call]) -> None:
    """Write calls down, within the transaction of what they tell of."""
    rows = [(call.id, call.job, call.url, call.tries, call.due) for call in calls]
    db.write_all("INSERT INTO calls (id, job, url, tries, due) VALUES (?, ?, ?, ?, ?)", rows)


class Calls:
    """Calls as rows."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def due(self, by: float, limit: int) -> list[Call]:
        """Calls whose time has come, the longest due first."""
        rows = self._db.read(
            "SELECT id, job, url, tries, due FROM calls WHERE due <= ? ORDER BY due LIMIT ?", (by, limit)
        )
        return [Call(*row) for row in rows]

    def next_due(self) -> float | None:
        """When the next call is due; None when none is."""
        due = self._db.read("SELECT min(due) FROM calls WHERE due < ?", (NEVER,)).fetchone()[0]
        return None if due is None else float(due)

    def again(self, call: str, due: float, why: str) -> None:
        """A call did not get through and is made again."""
        with self._db.transaction():
            self._db.write("UPDATE calls SET tries = tries + 1, due = ?, why = ? WHERE id = ?", (due, why, call))

    def give_up(self, call: str, why: str) -> None:
        """It is not made again; it stays with its job, undelivered."""
        self.again(call, NEVER, why)

    def drop(self, call: str) -> None:
        """It got through."""
        with self._db.transaction():
            self._db.write("DELETE FROM calls WHERE id = ?", (call,))
