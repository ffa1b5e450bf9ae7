"""The state: one SQLite file that says which artifact each fingerprint has, and which jobs are under way.

Everything but the jobs can be rebuilt from the sidecars beside the objects. WAL with synchronous=FULL: a committed
row survives a power cut. An older file is brought up after a backup.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from didgen.digest import canonical_json
from didgen.store.durable import connected, durable, transaction, trouble
from didgen.store.migration import migrate
from didgen.store.rows import OPEN, Artifact, JobRow, JobState
from didgen.store.tables import STEPS
from didgen.store.walks import sealed, unsealed

MANY_KEYS = 500
"""Asked for in one statement; SQLite takes 999 at least."""

_JOB = "id, fingerprint, address, service, state, remote, credits, seconds, build, why, began, changed"


class State:
    """An open state file. Used from one thread of one process; others have their own."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises StorageError when a newer didgen wrote it, sqlite3.DatabaseError when it
        is damaged (see `store.damage`)."""
        self.path = path
        self.fresh = False  # nothing was in it
        self._db = connected(path)
        try:
            durable(self._db)
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def shrink(self) -> None:
        """Let go of the pages that SQLite holds: up to 2 MiB, for as long as the file is open."""
        self._db.execute("PRAGMA shrink_memory")

    def close(self) -> None:
        """Close the file; the write-ahead log is folded in by the last one to close it."""
        self._db.close()

    def readable(self) -> bool:
        """Whether no page of the file is damaged; indexes are not looked at. Raises sqlite3.DatabaseError."""
        return bool(self._db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")

    def mended(self) -> bool | None:
        """Read the whole file: None when it is sound, else whether building its indexes anew made it so."""
        if self._sound():
            return None
        with self._transaction():
            self._db.execute("REINDEX")
        return self._sound()

    def _sound(self) -> bool:
        return bool(self._db.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok")

    def _migrate(self) -> None:
        try:
            self.fresh = migrate(self._db, STEPS, self.path, before=self._back_up)
        except sqlite3.OperationalError as error:
            raise trouble(error, self.path) from error

    def _back_up(self, version: int) -> None:
        with closing(sqlite3.connect(self.path)) as source, closing(sqlite3.connect(f"{self.path}.v{version}")) as to:
            source.backup(to)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with transaction(self._db):
                yield
        except sqlite3.OperationalError as error:
            raise trouble(error, self.path) from error

    # -- artifacts ----------------------------------------------------------------------------------------------

    def artifacts(self) -> dict[str, Artifact]:
        """Every artifact by fingerprint, read in one go."""
        rows = self._db.execute("SELECT fingerprint, object, size, sidecar, duration_s FROM artifacts")
        return {row[0]: Artifact(*row) for row in rows}

    def artifact(self, fingerprint: str) -> Artifact | None:
        """The artifact of one fingerprint."""
        row = self._db.execute(
            "SELECT fingerprint, object, size, sidecar, duration_s FROM artifacts WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        return Artifact(*row) if row else None

    def artifacts_of(self, fingerprints: Sequence[str]) -> dict[str, Artifact]:
        """The artifacts of many fingerprints, as far as there are any."""
        select = "SELECT fingerprint, object, size, sidecar, duration_s FROM artifacts WHERE fingerprint"
        rows = self._all(select, fingerprints)
        return {row[0]: Artifact(*row) for row in rows}

    def last_identities(self, addresses: Sequence[str]) -> dict[str, Mapping[str, Any] | None]:
        """What each of many addresses was last made from; None for those that never were."""
        rows = self._all("SELECT address, identity FROM addresses WHERE address", addresses)
        return dict.fromkeys(addresses) | {address: json.loads(identity) for address, identity in rows}

    def _all(self, select: str, keys: Sequence[str]) -> Iterator[Any]:
        """Rows whose key is one of many, by a few statements. select: ends with the key's column."""
        for at in range(0, len(keys), MANY_KEYS):
            some = keys[at : at + MANY_KEYS]
            yield from self._db.execute(f"{select} IN ({', '.join('?' * len(some))})", some)

    def last_identity(self, address: str) -> Mapping[str, Any] | None:
        """What an address was last made from."""
        row = self._db.execute("SELECT identity FROM addresses WHERE address = ?", (address,)).fetchone()
        return json.loads(row[0]) if row else None

    def made_from(self) -> dict[str, tuple[str, Mapping[str, Any]]]:
        """Fingerprint and identity that every address was last made from."""
        rows = self._db.execute("SELECT address, fingerprint, identity FROM addresses")
        return {address: (fingerprint, json.loads(identity)) for address, fingerprint, identity in rows}

    def keep(self, artifact: Artifact, address: str, identity: Mapping[str, Any], job: str = "") -> None:
        """Commit an artifact, what its address was made from, and the end of the job that made it, at once."""
        with self._transaction():
            self._put_artifact(artifact)
            self._put_address(address, artifact.fingerprint, identity)
            if job:
                self._set_job(job, "done")

    def keep_all(self, found: list[tuple[Artifact, str, Mapping[str, Any], JobRow | None]]) -> None:
        """Commit many artifacts with their addresses and identities, and the jobs they were bought as, at once."""
        with self._transaction():
            for artifact, address, identity, job in found:
                self._put_artifact(artifact)
                self._put_address(address, artifact.fingerprint, identity)
                if job is not None:
                    self._put_job(job, job.began, job.changed)

    def learn(self, artifact: Artifact, job: JobRow | None) -> None:
        """Commit an artifact that came from elsewhere, and the job it was bought as, at once.

        Rows of ours for that very job of the service are done: their video is here.
        """
        with self._transaction():
            self._put_artifact(artifact)
            if job is not None:
                self._db.execute(
                    f"UPDATE jobs SET state = 'done', changed = ? WHERE service = ? AND remote = ? AND state IN "
                    f"({', '.join('?' * len(OPEN))})",
                    (time.time(), job.service, job.remote, *OPEN),
                )
                known = self._db.execute("SELECT state FROM jobs WHERE id = ?", (job.id,)).fetchone()
                if known is None or known[0] != "done":
                    self._put_job(job, job.began, job.changed)

    def point(self, address: str, fingerprint: str, identity: Mapping[str, Any]) -> None:
        """Note what an address was made from when its artifact was there already."""
        with self._transaction():
            self._put_address(address, fingerprint, identity)

    def forget(self, *fingerprints: str) -> None:
        """Take artifacts out: their objects are missing, damaged or about to be removed."""
        with self._transaction():
            self._db.executemany("DELETE FROM artifacts WHERE fingerprint = ?", [(one,) for one in fingerprints])

    def _put_artifact(self, a: Artifact) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO artifacts VALUES (?, ?, ?, ?, ?, ?)",
            (a.fingerprint, a.object_digest, a.size, a.sidecar_digest, a.duration_s, time.time()),
        )

    def _put_address(self, address: str, fingerprint: str, identity: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO addresses VALUES (?, ?, ?)",
            (address, fingerprint, canonical_json(dict(identity)).decode()),
        )

    # -- jobs ---------------------------------------------------------------------------------------------------

    def begin(self, job: JobRow) -> None:
        """Make the intent durable, before anything is sent, again where that did not come about; or write down a job
        that was found.
        """
        now = time.time()
        with self._transaction():
            self._put_job(job, now, now)

    def _put_job(self, job: JobRow, began: float, changed: float) -> None:
        values = (job.id, job.fingerprint, job.address, job.service, job.state, job.remote)
        reckoned = (job.credits, job.seconds, job.build, job.why, began, changed)
        marks = ", ".join("?" * len(values + reckoned))
        self._db.execute(f"INSERT OR REPLACE INTO jobs ({_JOB}) VALUES ({marks})", values + reckoned)

    def submitted(self, job: str, remote: str, why: str = "") -> None:
        """Make the service's id durable, before the first poll."""
        with self._transaction():
            self._set_job(job, "submitted", why)
            self._db.execute("UPDATE jobs SET remote = ? WHERE id = ?", (remote, job))

    def failed(self, job: str, why: str = "") -> None:
        """The job came to nothing."""
        with self._transaction():
            self._set_job(job, "failed", why)

    def ended(self, job: str) -> None:
        """The job is done, and nothing of it is kept."""
        with self._transaction():
            self._set_job(job, "done")

    def uncertain(self, job: str, why: str) -> None:
        """The job may exist and was not found, or is gone at the service: it waits for a person."""
        with self._transaction():
            self._set_job(job, "uncertain", why)

    def forgotten(self, job: str, why: str) -> None:
        """A person said that nothing is to come of the job any more."""
        with self._transaction():
            self._set_job(job, "forgotten", why)

    def know(self, job: JobRow) -> None:
        """Write down a job as its sidecar tells it, times and all."""
        with self._transaction():
            self._put_job(job, job.began, job.changed)

    def price(self, job: str, credits: int, seconds: float) -> None:
        """What a job costs and how long its video is, now that the service has told."""
        with self._transaction():
            self._db.execute("UPDATE jobs SET credits = ?, seconds = ? WHERE id = ?", (credits, seconds, job))

    def job(self, job: str) -> JobRow | None:
        """One of our jobs by its own id."""
        return next(iter(self._jobs("WHERE id = ?", job)), None)

    def open_jobs(self, service: str) -> list[JobRow]:
        """Jobs of a service that neither ended nor failed, oldest first: an earlier build was stopped in their midst,
        or nobody knows what became of them."""
        return self._jobs(
            f"WHERE service = ? AND state IN ({', '.join('?' * len(OPEN))}) ORDER BY began", service, *OPEN
        )

    def jobs(self) -> list[JobRow]:
        """Every job of this workspace, oldest first."""
        return self._jobs("ORDER BY began, id")

    def _jobs(self, which: str, *values: str) -> list[JobRow]:
        return [JobRow(*row) for row in self._db.execute(f"SELECT {_JOB} FROM jobs {which}", values)]

    def _set_job(self, job: str, state: JobState, why: str = "") -> None:
        self._db.execute("UPDATE jobs SET state = ?, why = ?, changed = ? WHERE id = ?", (state, why, time.time(), job))

    # -- owners -------------------------------------------------------------------------------------------------

    def owners(self) -> dict[str, str]:
        """Folder of outputs → the project file that was last built into it, relative to the workspace."""
        return dict(self._db.execute("SELECT folder, file FROM owners").fetchall())

    def own(self, files: Mapping[str, str]) -> None:
        """Note whose each folder of outputs is, before anything is written there."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO owners VALUES (?, ?)", list(files.items()))

    # -- walks --------------------------------------------------------------------------------------------------

    def walk(self, key: str) -> dict[str, Any] | None:
        """The record a former walk left under `key`, if there is one; others read several at once (`store.walks`)."""
        row = self._db.execute("SELECT CAST(record AS BLOB) FROM walks WHERE key = ?", (key,)).fetchone()
        return unsealed(row[0]) if row else None

    def walks(self) -> dict[str, dict[str, Any] | None]:
        """The records of all former walks, by key; None for what is no record any more."""
        rows = self._db.execute("SELECT key, CAST(record AS BLOB) FROM walks")
        return {key: unsealed(kept) for key, kept in rows}

    def forget_walks(self) -> None:
        """Let every next build look at everything anew, reading each file."""
        with self._transaction():
            self._db.execute("DELETE FROM walks")

    def put_walk(self, key: str, record: Mapping[str, Any]) -> None:
        """Leave the record of a finished walk: written last, when everything it speaks of is in place."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO walks VALUES (?, ?)", (key, sealed(record)))
