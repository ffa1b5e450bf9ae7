"""Artifacts: a scene's finished output by fingerprint, with the order of writing that makes a kill harmless.

Object, then sidecar, then state. A sidecar lies among the objects as `objects/ab/cdef….json` under its fingerprint
and names the object, so the state can be rebuilt from sidecars alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any

from didgen.catalog.services import LOCAL
from didgen.digest import sha256_bytes
from didgen.store.home import prepare
from didgen.store.objects import Objects
from didgen.store.state import STEPS, Artifact, JobRow, open_state
from didgen.store.whole import write_whole

FORMAT = 1

JOB_FACTS = ("id", "service", "remote", "credits", "seconds", "build", "began")
"""What a sidecar keeps of the job that its video was bought as, so that the ledger outlives the state."""


class Artifacts:
    """The store of one workspace: objects, sidecars and state together. A context manager."""

    def __init__(self, root: Path) -> None:
        """Open `root/.didgen`, making or rebuilding what is missing. Raises StorageError.

        `notice` says what had to be rebuilt, "" when nothing had.
        """
        self.home = prepare(root)
        self.objects = Objects(self.home)
        self.state, lost = open_state(state_path(root))
        count = self._rebuild() if lost else 0
        self.notice = f"the state was rebuilt from {count} finished scenes" if count else ""

    def __enter__(self) -> Artifacts:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.state.close()

    def find(self, fingerprint: str) -> Artifact | None:
        """The artifact of a fingerprint, if its object is there in its full size."""
        artifact = self.state.artifact(fingerprint)
        if artifact is None or self.objects.size(artifact.object_digest) != artifact.size:
            return None
        return artifact

    def sidecar_path(self, fingerprint: str) -> Path:
        """Where the sidecar of a fingerprint lies."""
        return self.objects.folder / fingerprint[:2] / f"{fingerprint[2:]}.json"

    def sidecar(self, fingerprint: str) -> dict[str, Any]:
        """What is known of an artifact: address, identity, facts; {} when the sidecar is missing or damaged."""
        return _read_sidecar(self.sidecar_path(fingerprint)) or {}

    def keep(
        self,
        video: Path,
        fingerprint: str,
        address: str,
        identity: Mapping[str, Any],
        facts: Mapping[str, Any],
        job: str = "",
    ) -> Artifact:
        """Store a finished video with all that is known about it. facts: `engine.shot.Rendered.facts`.

        An artifact of that fingerprint that is there already is replaced: somebody asked for it. Raises StorageError.
        """
        digest = self.objects.put_file(video)
        row = self.state.job(job) if job else None
        artifact = self._write_sidecar(digest, fingerprint, address, identity, facts, row)
        self.state.keep(artifact, address, identity, job)
        return artifact

    def _write_sidecar(
        self,
        digest: str,
        fingerprint: str,
        address: str,
        identity: Mapping[str, Any],
        facts: Mapping[str, Any],
        job: JobRow | None = None,
    ) -> Artifact:
        record: dict[str, Any] = {
            "didgen": FORMAT,
            "fingerprint": fingerprint,
            "address": address,
            "object": digest,
            "size": self.objects.size(digest),
            "duration_s": float(facts.get("duration_s", 0.0)),
            "identity": dict(identity),
            "facts": dict(facts),
        }
        if job is not None and job.service != LOCAL:
            record["job"] = {name: getattr(job, name) for name in JOB_FACTS}
        data = json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode()
        write_whole(self.sidecar_path(fingerprint), data, mode=0o444)
        return Artifact(fingerprint, digest, record["size"], sha256_bytes(data), record["duration_s"])

    def drop(self, fingerprint: str) -> None:
        """Forget an artifact whose object turned out missing or damaged: state first, then the sidecar."""
        self.state.forget(fingerprint)
        self.sidecar_path(fingerprint).unlink(missing_ok=True)

    def _rebuild(self) -> int:
        """Fill the state from the sidecars; how many scenes they are of (steps of a film have a # in them)."""
        found = list(self._sound_sidecars())
        self.state.keep_all(found)
        return sum("#" not in address for _, address, *_ in found)

    def _sound_sidecars(self) -> Iterator[tuple[Artifact, str, Mapping[str, Any], JobRow | None]]:
        """Oldest first, so that the newest sidecar of an address is what it was last made from."""
        paths = sorted(self.objects.folder.glob("??/*.json"), key=lambda path: path.stat().st_mtime_ns)
        for path in paths:
            record = _read_sidecar(path)
            if record and self.objects.size(record["object"]) == record["size"]:
                artifact = Artifact(
                    record["fingerprint"],
                    record["object"],
                    record["size"],
                    sha256_bytes(path.read_bytes()),
                    record["duration_s"],
                )
                yield artifact, record["address"], record["identity"], _bought(record, path.stat().st_mtime)


def _bought(record: Mapping[str, Any], kept: float) -> JobRow | None:
    """The job that a sidecar's video was bought as, for the ledger. kept: when the sidecar was written, Unix time."""
    job = record.get("job")
    if not isinstance(job, dict) or set(job) != set(JOB_FACTS):
        return None
    return JobRow(fingerprint=record["fingerprint"], address=record["address"], state="done", changed=kept, **job)


def _read_sidecar(path: Path) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) and record.get("didgen") == FORMAT else None


def state_path(root: Path) -> Path:
    """Where the state of a workspace lies."""
    return root / ".didgen" / "state.sqlite"


def read_walk(root: Path, key: str) -> dict[str, Any] | None:
    """The record of a former walk, changing and making nothing; None when there is none."""
    try:
        with closing(sqlite3.connect(f"{state_path(root).absolute().as_uri()}?mode=rw", uri=True)) as db:
            if db.execute("PRAGMA user_version").fetchone()[0] != len(STEPS):
                return None
            row = db.execute("SELECT record FROM walks WHERE key = ?", (key,)).fetchone()
            return json.loads(row[0]) if row else None
    except (sqlite3.Error, ValueError):
        return None
