"""The table of jobs, and the keys under which clients sent them."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from math import ceil
from typing import Any

from didgen.api.wire import Kind
from didgen.serve.ledger.calls import Call, put_calls
from didgen.serve.ledger.database import Database
from didgen.serve.record import Record, now, record_of

CREDIT_S = 15.0
"""Of video for a credit, begun ones counted, as the service has it."""

UNENDED = "status IN ('created', 'started')"


class KeyReusedError(Exception):
    """A client used the key of one request for another one."""


class Jobs:
    """Jobs as rows."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def accept(self, record: Record, key: str = "", digest: str = "") -> str:
        """Write down a new job with its inputs, and the client's key of the request; from here on it is never lost.

        The id of the job that came of this: an earlier one's where the client used the key before. Raises
        KeyReusedError when it used it for another request.
        """
        with self._db.transaction():
            if key:
                before = self._sent(record.client, key, digest)
                if before:
                    return before
                self._db.write("INSERT INTO sent VALUES (?, ?, ?, ?)", (record.client, key, digest, record.id))
            self._db.write(
                "INSERT INTO jobs (id, kind, client, base, request, inputs, warnings, faults, status, created_at,"
                " modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'created', ?, ?)",
                (
                    *(record.id, record.kind, record.client, record.base, record.request_json),
                    *(json.dumps(part) for part in (dict(record.inputs), record.warnings, record.faults)),
                    *(record.created_at, record.created_at),
                ),
            )
            files = sorted(set(record.inputs.values()))
            self._db.write_all("INSERT INTO inputs VALUES (?, ?)", [(record.id, file) for file in files])
        return record.id

    def sent_before(self, client: str, key: str, digest: str) -> str:
        """The job that a client's request with that key made; "" when it is new. Raises KeyReusedError."""
        return self._sent(client, key, digest)

    def _sent(self, client: str, key: str, digest: str) -> str:
        row = self._db.read("SELECT digest, job FROM sent WHERE client = ? AND key = ?", (client, key)).fetchone()
        if row is not None and row[0] != digest:
            raise KeyReusedError
        return row[1] if row is not None else ""

    def job(self, job: str) -> Record | None:
        """One job, also one whose result is gone."""
        return next(iter(self._jobs("WHERE id = ?", job)), None)

    def page(self, kind: Kind, limit: int, before: int) -> list[Record]:
        """Jobs of a kind, newest first, of numbers below `before`."""
        return self._jobs("WHERE kind = ? AND gone = '' AND seq < ? ORDER BY seq DESC LIMIT ?", kind, before, limit)

    def latest(self, limit: int) -> list[Record]:
        """Jobs of both kinds, newest first."""
        return self._jobs("WHERE gone = '' ORDER BY seq DESC LIMIT ?", limit)

    def of_video(self, name: str) -> Record | None:
        """The job whose video has that name."""
        return next(iter(self._jobs("WHERE video = ?", name)), None)

    def why_gone(self, result: str) -> str:
        """What is said of the job that a file of results belonged to, since it was dropped; "" otherwise."""
        row = self._db.read("SELECT gone FROM jobs WHERE ? IN (video, sound) LIMIT 1", (result,)).fetchone()
        return row[0] if row is not None else ""

    def unended(self) -> list[tuple[str, str]]:
        """Client and id of each job that has not ended, in the order in which they came."""
        return self._db.read(f"SELECT client, id FROM jobs WHERE {UNENDED} ORDER BY seq").fetchall()

    def _jobs(self, which: str, *values: Any) -> list[Record]:
        found = self._db.read(f"SELECT * FROM jobs {which}", values)
        names = [column[0] for column in found.description]
        return [record_of(dict(zip(names, row, strict=True))) for row in found]

    def start(self, job: str) -> None:
        """It is being rendered, perhaps again. The service's `started_at` has no Z, so neither has ours."""
        with self._db.transaction():
            self._db.write(
                "UPDATE jobs SET status = 'started', tries = tries + 1, started_at = ?, modified_at = ? WHERE id = ?",
                (now().removesuffix("Z"), now(), job),
            )

    def put_back(self, jobs: Sequence[str]) -> None:
        """They wait again as if they had not been begun: the server was asked to stop."""
        with self._db.transaction():
            self._db.write_all(
                "UPDATE jobs SET status = 'created', tries = max(0, tries - 1), started_at = '' WHERE id = ?"
                " AND status = 'started'",
                [(job,) for job in jobs],
            )

    def finish(self, job: str, video: str, sound: str, size: int, facts: Any, calls: Sequence[Call] = ()) -> None:
        """Its video and sound lie in results, whole; whoever waits for it is told so in the same transaction."""
        with self._db.transaction():
            self._db.write(
                "UPDATE jobs SET status = 'done', video = ?, sound = ?, size = ?, facts = ?, modified_at = ?, ended = ?"
                " WHERE id = ?",
                (video, sound, size, json.dumps(facts), now(), time.time(), job),
            )
            self._db.write(
                "INSERT INTO kept VALUES ('spent', ?) ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
                (ceil(float(facts.get("duration_s") or 0) / CREDIT_S),),
            )
            put_calls(self._db, calls)

    def spent(self) -> int:
        """Credits of play money that finished jobs have cost, those that are forgotten too."""
        return int(self._db.get("spent") or 0)

    def fail(self, job: str, status: str, error: dict[str, str], calls: Sequence[Call] = ()) -> None:
        """It ended without a video: status `error` or `rejected`."""
        with self._db.transaction():
            self._db.write(
                "UPDATE jobs SET status = ?, error = ?, modified_at = ?, ended = ? WHERE id = ?",
                (status, json.dumps(error), now(), time.time(), job),
            )
            put_calls(self._db, calls)

    def remove(self, job: str, gone: str = "") -> None:
        """Forget a job and its calls. gone: what is said of it from now on, instead of not knowing it."""
        with self._db.transaction():
            for table in ("inputs", "calls", "sent"):
                self._db.write(f"DELETE FROM {table} WHERE job = ?", (job,))
            if gone:
                self._db.write("UPDATE jobs SET gone = ?, size = 0, facts = '{}' WHERE id = ?", (gone, job))
            else:
                self._db.write("DELETE FROM jobs WHERE id = ?", (job,))

    def outlived(self, before: float, most: int) -> list[Record]:
        """Ended jobs that are older than a time, or beyond the newest `most`."""
        old = self._jobs("WHERE gone = '' AND ended > 0 AND ended < ?", before)
        more = self._jobs("WHERE gone = '' AND ended >= ? ORDER BY seq DESC LIMIT -1 OFFSET ?", max(before, 1e-9), most)
        return old + more

    def forget_gone(self, before: float) -> None:
        """Say nothing any more of what was dropped long ago."""
        with self._db.transaction():
            self._db.write("DELETE FROM jobs WHERE gone != '' AND ended < ?", (before,))
