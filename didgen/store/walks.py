"""The records that finished walks leave in the state, read and renewed without opening the store.

Light on purpose: the build with nothing to do gets no further.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

STATE = ".didgen/state.sqlite"

VERSION = 3
"""Of the state whose records are read here: `len(state.STEPS)`."""


def state_path(root: Path) -> Path:
    """Where the state of a workspace lies."""
    return root / STATE


def _quoted(path: str) -> str:
    """A path as part of a URI, as SQLite reads them."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def read_walks(root: str | Path, keys: Iterable[str]) -> dict[str, str]:
    """The JSON records that former walks left under these keys, making nothing; {} when there are none."""
    with suppress(sqlite3.Error), _open(root) as db:
        found = db.execute(
            "SELECT key, record FROM walks WHERE key IN (SELECT value FROM json_each(?))", (json.dumps(list(keys)),)
        )
        return dict(found.fetchall())
    return {}


def renew_walks(root: str | Path, records: Mapping[str, tuple[str, str]]) -> None:
    """Put new records in the place of others, unless a build has left its own there meanwhile. records: key → the
    record as it was read, and the new one. Where that cannot be done nothing is lost but time."""
    with suppress(sqlite3.Error), _open(root) as db:
        db.execute("PRAGMA synchronous=NORMAL")  # it can be found out again
        with db:
            db.executemany(
                "UPDATE walks SET record = ? WHERE key = ? AND record = ?",
                [(new, key, old) for key, (old, new) in records.items()],
            )


class Stored:
    """What the state knows of one project. owner: the project file that was last built into its folder of outputs;
    objects: fingerprint → digest and size of its video; identities: what addresses were last made from."""

    def __init__(
        self, owner: str, objects: Mapping[str, tuple[str, int]], identities: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self.owner, self.objects, self.identities = owner, objects, identities


def read_stored(root: str, folder: str, prints: Iterable[str], addresses: Iterable[str]) -> Stored | None:
    """What the state knows of a folder of outputs, of fingerprints and of addresses; None where it cannot be read."""
    with suppress(sqlite3.Error, ValueError), _open(root) as db:
        owner = db.execute("SELECT file FROM owners WHERE folder = ?", (folder,)).fetchone()
        objects = db.execute(
            "SELECT fingerprint, object, size FROM artifacts WHERE fingerprint IN (SELECT value FROM json_each(?))",
            (json.dumps(list(prints)),),
        ).fetchall()
        identities = db.execute(
            "SELECT address, identity FROM addresses WHERE address IN (SELECT value FROM json_each(?))",
            (json.dumps(list(addresses)),),
        ).fetchall()
        known = {address: json.loads(identity) for address, identity in identities}
        return Stored(owner[0] if owner else "", {name: (digest, size) for name, digest, size in objects}, known)
    return None


@contextmanager
def _open(root: str | Path) -> Iterator[sqlite3.Connection]:
    """The state, if it is there and of this version. Raises sqlite3.Error."""
    with closing(
        sqlite3.connect(f"file:{_quoted(os.path.abspath(os.path.join(root, STATE)))}?mode=rw", uri=True)
    ) as db:
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.OperationalError("another version")
        yield db
