"""The records that finished walks leave in the state, read and renewed without opening the store.

A record is JSON whose first member, `seal`, is the digest of all the others: what a failing disk or a curious hand has
written to is no record.
Light on purpose: the build with nothing to do gets no further.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress

from didgen.digest import sha256_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

STATE = ".didgen/state.sqlite"

VERSION = 3
"""Of the state whose records are read here: `len(tables.STEPS)`."""


def state_path(root: Path) -> Path:
    """Where the state of a workspace lies."""
    return root / STATE


def quoted(path: str) -> str:
    """A path as part of a URI, as SQLite reads them."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def sealed(record: Mapping[str, Any]) -> bytes:
    """A record as it is kept."""
    text = json.dumps(record, separators=(",", ":")).encode()
    return _seal_of(text) + text[1:]


def unsealed(kept: bytes) -> dict[str, Any] | None:
    """The record that was kept so, without its seal; None for anything else."""
    text = b"{" + kept[_SEAL_BYTES:]
    return json.loads(text) if kept.startswith(_seal_of(text)) else None


def _seal_of(text: bytes) -> bytes:
    return b'{"seal":"%s",' % sha256_bytes(text).encode()


_SEAL_BYTES = len(_seal_of(b""))


def read_walks(root: str | Path, keys: Iterable[str]) -> dict[str, bytes]:
    """What former walks left under these keys, sealed, making nothing; {} when there is nothing."""
    with suppress(sqlite3.Error), _open(root) as db:
        found = db.execute(
            "SELECT key, CAST(record AS BLOB) FROM walks WHERE key IN (SELECT value FROM json_each(?))",
            (json.dumps(list(keys)),),
        )
        return dict(found.fetchall())
    return {}


def renew_walks(root: str | Path, records: Mapping[str, tuple[bytes, Mapping[str, Any]]]) -> None:
    """Put new records in the place of others, unless a build has left its own there meanwhile. records: key → what was
    read, and the new one. Where that cannot be done nothing is lost but time."""
    with suppress(sqlite3.Error), _open(root) as db:
        db.execute("PRAGMA synchronous=NORMAL")  # it can be found out again
        with db:
            db.executemany(
                "UPDATE walks SET record = ? WHERE key = ? AND CAST(record AS BLOB) = ?",
                [(sealed(new), key, old) for key, (old, new) in records.items()],
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
    with closing(sqlite3.connect(f"file:{quoted(os.path.abspath(os.path.join(root, STATE)))}?mode=rw", uri=True)) as db:
        if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            raise sqlite3.OperationalError("another version")
        yield db
