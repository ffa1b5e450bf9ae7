"""A state that may be damaged: a disk failed, or something else wrote to the file."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from didgen.store.durable import trouble
from didgen.store.state import State


def open_state(path: Path) -> tuple[State, bool]:
    """Open the state and check it; a damaged file is moved aside, never removed. True: it was, or is new.

    The caller then rebuilds from the sidecars. Raises StorageError.
    """
    try:
        state = State(path)
        try:
            if state.readable():
                return state, state.fresh
        except BaseException:
            state.close()
            raise
        state.close()
    except sqlite3.OperationalError as error:
        if not _damaged(error):
            raise trouble(error, path) from error
    except sqlite3.DatabaseError:
        pass
    _move_aside(path)
    return State(path), True


def _move_aside(path: Path) -> None:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%d-%H%M%S')}")
    os.replace(path, aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.replace(f"{path}{suffix}", f"{aside}{suffix}")


def _damaged(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) or (
        "no such table" in str(error) or "no such column" in str(error)
    )
