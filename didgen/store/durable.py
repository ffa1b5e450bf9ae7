"""A SQLite file that forgets nothing: opened so that a commit survives a power cut, and written all or nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from didgen.errors import StorageError

_OUTER = ("BEGIN IMMEDIATE", "COMMIT", ("ROLLBACK",))
_INNER = ("SAVEPOINT step", "RELEASE step", ("ROLLBACK TO step", "RELEASE step"))


def connected(path: Path) -> sqlite3.Connection:
    """The file, in autocommit: what belongs together stands in a `transaction`. Raises StorageError."""
    try:
        return sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise trouble(error, path) from error


def durable(db: sqlite3.Connection) -> None:
    """Let every commit be on the disk when it returns. Raises sqlite3.Error."""
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")


@contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[None]:
    """All or nothing; durable when it ends, or when the one around it does. Raises sqlite3.Error."""
    begin, commit, back = _INNER if db.in_transaction else _OUTER
    try:
        db.execute(begin)
        yield
        db.execute(commit)
    except BaseException:
        if db.in_transaction:  # SQLite itself has rolled back where the disk is full
            for statement in back:
                db.execute(statement)
        raise


def trouble(error: sqlite3.Error, path: Path) -> StorageError:
    """What a person is told of it."""
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return StorageError(f"disk full: cannot write {path}", hint="free some space and try again")
    return StorageError(f"cannot use {path}: {error}", hint="is the folder writable, and on a local disk?")
