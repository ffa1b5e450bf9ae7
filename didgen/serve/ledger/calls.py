"""The outbox: calls to webhooks that have to be made, until they got through or are given up."""

from __future__ import annotations

from dataclasses import dataclass

from didgen.serve.ledger.database import Database


@dataclass(frozen=True, slots=True)
class Call:
    """A webhook that has to be called. id: the same at every try. tries: made so far. due: Unix time of the next."""

    id: str
    job: str
    url: str
    tries: int
    due: float


def put_call(db: Database, call: Call | None) -> None:
    """Write a call down, within the transaction of what it tells of."""
    if call is not None:
        db.write(
            "INSERT INTO calls (id, job, url, tries, due) VALUES (?, ?, ?, ?, ?)",
            (call.id, call.job, call.url, call.tries, call.due),
        )


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
        due = self._db.read("SELECT min(due) FROM calls").fetchone()[0]
        return None if due is None else float(due)

    def again(self, call: str, due: float, why: str) -> None:
        """A call did not get through and is made again."""
        with self._db.transaction():
            self._db.write("UPDATE calls SET tries = tries + 1, due = ?, why = ? WHERE id = ?", (due, why, call))

    def drop(self, call: str) -> None:
        """It got through, or is given up."""
        with self._db.transaction():
            self._db.write("DELETE FROM calls WHERE id = ?", (call,))
