"""The table of uploaded and fetched files, and which jobs still need them."""

from __future__ import annotations

import time
from collections.abc import Iterable

from didgen.serve.ledger.database import Database
from didgen.serve.ledger.jobs import UNENDED


class Files:
    """Files as rows; their bytes lie in uploads and results."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def add(self, name: str, size: int, *, linked: bool) -> None:
        """A file lies in uploads. linked: a client has its URL."""
        with self._db.transaction():
            self._db.write("INSERT INTO files VALUES (?, ?, ?, ?)", (name, size, time.time(), linked))

    def has(self, name: str) -> bool:
        """Whether a client may still name an upload."""
        row = self._db.read("SELECT 1 FROM files WHERE name = ? AND linked = 1", (name,)).fetchone()
        return row is not None

    def all_here(self, names: Iterable[str]) -> bool:
        """Whether none of these files has gone."""
        return all(self._db.read("SELECT 1 FROM files WHERE name = ?", (name,)).fetchone() for name in names)

    def unlink(self, prefix: str) -> bool:
        """Make the link of the upload whose name begins so dead; whether there was one."""
        with self._db.transaction():
            found = self._db.write(
                "UPDATE files SET linked = 0 WHERE linked = 1 AND substr(name, 1, ?) = ?", (len(prefix), prefix)
            )
            return found.rowcount > 0

    def unlink_old(self, before: float) -> None:
        """Let the links of old uploads die."""
        with self._db.transaction():
            self._db.write("UPDATE files SET linked = 0 WHERE made < ?", (before,))

    def take_unused(self, before: float, prefix: str = "") -> list[str]:
        """Take out files that no client can name and no job waits for, older than a time; their names. prefix: only of
        those whose names begin so."""
        unused = (
            "linked = 0 AND made < ? AND substr(name, 1, ?) = ?"
            " AND NOT EXISTS (SELECT 1 FROM inputs JOIN jobs ON jobs.id = inputs.job"
            f" WHERE inputs.file = files.name AND {UNENDED})"
        )
        values = before, len(prefix), prefix
        with self._db.transaction():
            names = [row[0] for row in self._db.read(f"SELECT name FROM files WHERE {unused}", values)]
            self._db.write_all("DELETE FROM files WHERE name = ?", [(name,) for name in names])
        return names

    def names(self) -> set[str]:
        """Names of every file in uploads that is known."""
        return {row[0] for row in self._db.read("SELECT name FROM files")}

    def results(self) -> set[str]:
        """Names of every file in results that is known."""
        found = self._db.read("SELECT video, sound FROM jobs WHERE gone = ''")
        return {name for row in found for name in row if name}

    def used_bytes(self) -> int:
        """What uploads and results take."""
        jobs = "SELECT coalesce(sum(size), 0) FROM jobs WHERE size > 0"  # by their index alone: asked for every job
        query = f"SELECT (SELECT coalesce(sum(size), 0) FROM files) + ({jobs})"
        return int(self._db.read(query).fetchone()[0])
