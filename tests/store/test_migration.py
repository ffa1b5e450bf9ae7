"""The bringing up of a file: whole or not at all, whoever else is at it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from didgen.errors import StorageError
from didgen.store.damage import open_state
from didgen.store.migration import migrate
from didgen.store.tables import STEPS

OLD = Path(__file__).parents[1] / "data" / "state-1.sqlite"


def version_of(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("PRAGMA user_version").fetchone()[0])


class Overtaken(sqlite3.Connection):
    """To a file that another didgen brings up, to version `to`, between a look at its version and the lock on it."""

    to = 0

    def execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if statement == "BEGIN IMMEDIATE":
            with closing(sqlite3.connect(self.path)) as other:
                other.executescript(f"CREATE TABLE theirs (x); PRAGMA user_version = {self.to}")
        return super().execute(statement, *values)


def overtaken(file: Path, version: int) -> sqlite3.Connection:
    class Here(Overtaken):
        path, to = file, version

    return sqlite3.connect(file, isolation_level=None, factory=Here)


def test_a_newer_didgen_that_comes_first_stops_this_one(tmp_path: Path) -> None:
    """Its file is left as it is: called older than it is, it would be brought up once more."""
    path = tmp_path / "state.sqlite"
    with closing(overtaken(path, 9)) as db, pytest.raises(StorageError, match=r"newer didgen \(version 9"):
        migrate(db, STEPS, path)
    assert 9 == version_of(path)


def test_what_another_has_brought_up_is_not_done_again(tmp_path: Path) -> None:
    """No step is taken twice, and there is nothing to keep a copy of."""
    path, copies = tmp_path / "state.sqlite", list[int]()
    with closing(overtaken(path, len(STEPS))) as db:
        assert not migrate(db, STEPS, path, copies.append)
        assert [("theirs",)] == db.execute("SELECT name FROM sqlite_master").fetchall()
    assert [] == copies


def test_a_kill_while_a_state_is_brought_up_leaves_the_old_one(tmp_path: Path) -> None:
    """All steps or none; the next one takes them, and the copy of the old file is whole."""
    path = tmp_path / "state.sqlite"
    shutil.copy(OLD, path)
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom didgen.store import state as states\n"
        "real = states.connected\n"
        "def connected(path):\n"
        "    db = real(path)\n    db.create_function('die', 0, lambda: os.kill(os.getpid(), 9))\n    return db\n"
        "states.connected = connected\nstates.STEPS = (*states.STEPS, 'CREATE TABLE more (x); SELECT die()')\n"
        "states.State(Path(sys.argv[1]))\n"
    )
    assert -9 == subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode
    with closing(sqlite3.connect(path)) as db:
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert (1, {"artifacts", "addresses", "jobs", "walks"}) == (version_of(path), names)
    state, lost = open_state(path)
    state.close()
    assert (False, len(STEPS), 1) == (lost, version_of(path), version_of(Path(f"{path}.v1")))
