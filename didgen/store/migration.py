"""The version of a SQLite file, its `user_version`: a newer one stops the program, an older one is brought up, none is
thrown away."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from didgen.errors import StorageError
from didgen.store.durable import transaction


def migrate(
    db: sqlite3.Connection, steps: Sequence[str], path: Path, before: Callable[[int], None] | None = None
) -> bool:
    """Bring the file at `path` up, all steps or none; True: it was empty. steps[n]: the statements that make version
    n + 1 of n. before: told the version of a file that is about to be changed. Raises StorageError for a newer one,
    sqlite3.Error."""
    if _version(db, len(steps), path) == len(steps):
        return False
    with transaction(db):
        version = _version(db, len(steps), path)  # read again: another process may have done it while we waited
        if before is not None and 0 < version < len(steps):
            before(version)
        for step in steps[version:]:
            for statement in filter(str.strip, step.split(";")):
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(steps)}")
    return version == 0


def _version(db: sqlite3.Connection, newest: int, path: Path) -> int:
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > newest:
        raise StorageError(
            f"{path} was written by a newer didgen (version {version}, this one knows {newest})",
            hint="use that didgen; nothing was changed",
        )
    return version
