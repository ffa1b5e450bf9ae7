"""The file itself: its tables, its transactions, and values under names."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from didgen.store.durable import connected, durable, transaction, trouble
from didgen.store.migration import migrate

_STEPS = (
    """
    CREATE TABLE jobs (
        seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, client TEXT NOT NULL,
        base TEXT NOT NULL, request TEXT NOT NULL, inputs TEXT NOT NULL, warnings TEXT NOT NULL, faults TEXT NOT NULL,
        status TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, modified_at TEXT NOT NULL,
        started_at TEXT NOT NULL DEFAULT '', video TEXT NOT NULL DEFAULT '', sound TEXT NOT NULL DEFAULT '',
        size INTEGER NOT NULL DEFAULT 0, facts TEXT NOT NULL DEFAULT '{}', error TEXT NOT NULL DEFAULT '',
        ended REAL NOT NULL DEFAULT 0, gone TEXT NOT NULL DEFAULT '');
    CREATE INDEX jobs_by_status ON jobs (status);
    CREATE INDEX jobs_by_end ON jobs (ended);
    CREATE TABLE files (
        name TEXT PRIMARY KEY, size INTEGER NOT NULL, made REAL NOT NULL, linked INTEGER NOT NULL);
    CREATE TABLE inputs (job TEXT NOT NULL, file TEXT NOT NULL);
    CREATE INDEX inputs_by_file ON inputs (file);
    CREATE INDEX inputs_by_job ON inputs (job);
    CREATE TABLE sent (
        client TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, job TEXT NOT NULL, PRIMARY KEY (client, key));
    CREATE INDEX sent_by_job ON sent (job);
    CREATE TABLE calls (
        id TEXT PRIMARY KEY, job TEXT NOT NULL, url TEXT NOT NULL, tries INTEGER NOT NULL DEFAULT 0,
        due REAL NOT NULL, why TEXT NOT NULL DEFAULT '');
    CREATE INDEX calls_by_due ON calls (due);
    CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    """,
    "CREATE INDEX jobs_by_size ON jobs (size) WHERE size > 0",
)
"""What makes each version of the file from the one before."""


class Database:
    """The open file. Used from one thread at a time: an event loop's."""

    def __init__(self, path: Path) -> None:
        """Open or make it. Raises StorageError for one that a newer didgen wrote and for one that cannot be used."""
        self._path = path
        self._db = connected(path)
        try:
            durable(self._db)
            migrate(self._db, _STEPS, path)
        except sqlite3.Error as error:
            self._db.close()
            raise trouble(error, path) from error
        except BaseException:
            self._db.close()
            raise

    def close(self) -> None:
        """Close it; its log is folded in."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable when it ends, or when the one around it does. Raises StorageError."""
        try:
            with transaction(self._db):
                yield
        except sqlite3.Error as error:
            raise trouble(error, self._path) from error

    @property
    def under_way(self) -> bool:
        """Whether there is a transaction; SQLite itself ends one when the disk is full."""
        return self._db.in_transaction

    def read(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """The rows of a query. Raises StorageError."""
        try:
            return self._db.execute(query, values)
        except sqlite3.Error as error:
            raise trouble(error, self._path) from error

    def write(self, statement: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """One statement; within a transaction."""
        assert self._db.in_transaction
        return self._db.execute(statement, values)

    def write_all(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """One statement for each row; within a transaction."""
        assert self._db.in_transaction
        self._db.executemany(statement, rows)

    def get(self, name: str) -> Any:
        """A JSON value that was put under a name; None when none was."""
        row = self._db.execute("SELECT value FROM kept WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row is not None else None

    def put(self, name: str, value: Any) -> None:
        """Keep a JSON value under a name."""
        with self.transaction():
            self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (name, json.dumps(value)))
