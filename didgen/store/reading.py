"""The store of a workspace in which nothing can be written: looked at as it is, for whoever only wants to know."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from didgen.store.artifacts import Artifacts
from didgen.store.durable import connected
from didgen.store.home import NAME
from didgen.store.objects import Objects
from didgen.store.state import State
from didgen.store.walks import quoted, state_path


def opened_to_read(root: Path, on_notice: Callable[[str], None] = lambda text: None) -> Artifacts:  # noqa: ARG005
    """The store of a workspace for a command that only reads; on_notice hears when it cannot be written, and of a
    state that had to be rebuilt. Raises StorageError."""
    if is_writable(root):
        store = Artifacts(root)
        if store.notice:
            on_notice(store.notice)
        return store
    on_notice(f"nothing can be written in {root}: what is known of former builds is read as it lies there")
    return _Seen(root)


def is_writable(root: Path) -> bool:
    """Whether the state of a workspace can be written, or made where there is none."""
    home, state = root / NAME, state_path(root)
    folder = home if home.is_dir() else root
    return os.access(folder, os.W_OK | os.X_OK) and (not state.exists() or os.access(state, os.W_OK))


class _Seen(Artifacts):
    """As it lies there."""

    def __init__(self, root: Path) -> None:
        self.home = root / NAME
        self.objects = _SeenObjects(self.home)
        self.state = _SeenState(state_path(root))
        self.notice = ""


class _SeenObjects(Objects):
    def __init__(self, home: Path) -> None:
        self.folder, self.temporary, self.quarantine = (home / name for name in ("objects", "tmp", "quarantine"))


class _SeenState(State):
    """A copy in memory; an empty one where there is none, or none that can be read."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fresh = False
        self._db = connected(Path(":memory:"))
        try:
            with suppress(sqlite3.Error):
                self._copy(path)
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def _copy(self, path: Path) -> None:
        """Where SQLite cannot make the file that goes with a log, what is in the log already is left out."""
        for how in ("mode=ro", "immutable=1"):
            try:
                with closing(sqlite3.connect(f"file:{quoted(os.path.abspath(path))}?{how}", uri=True)) as there:
                    there.backup(self._db)
                return
            except sqlite3.OperationalError:
                if how == "immutable=1":
                    raise

    def _back_up(self, version: int) -> None:
        """The file is not touched."""
