"""Artifacts: a scene's finished output by fingerprint, with the order of writing that makes a kill harmless.

Object, then sidecar, then state. A sidecar lies among the objects as `objects/ab/cdef….json` under its fingerprint
and names the object, so the state can be rebuilt from sidecars alone.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from didgen.digest import sha256_bytes
from didgen.store import sidecars
from didgen.store.damage import open_state
from didgen.store.home import prepare
from didgen.store.objects import DamagedObjectError, Objects
from didgen.store.rows import Artifact, JobRow
from didgen.store.walks import state_path
from didgen.store.whole import write_whole


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
        return self._whole(self.state.artifact(fingerprint))

    def find_all(self, fingerprints: Sequence[str]) -> dict[str, Artifact | None]:
        """As `find`, for many at once."""
        known = self.state.artifacts_of(fingerprints)
        return {one: self._whole(known.get(one)) for one in fingerprints}

    def _whole(self, artifact: Artifact | None) -> Artifact | None:
        """The artifact if its object is there in its full size."""
        if artifact is None or self.objects.size(artifact.object_digest) != artifact.size:
            return None
        return artifact

    def sidecar_path(self, fingerprint: str) -> Path:
        """Where the sidecar of a fingerprint lies."""
        return self.objects.folder / fingerprint[:2] / f"{fingerprint[2:]}.json"

    def sidecar(self, fingerprint: str) -> dict[str, Any]:
        """What is known of an artifact: address, identity, facts; {} when the sidecar is missing or damaged."""
        read = sidecars.read_sidecar(self.sidecar_path(fingerprint))
        return read[0] if read else {}

    def sidecar_bytes(self, artifact: Artifact) -> bytes:
        """The sidecar of an artifact as it lies here. Raises DamagedObjectError when it is not what it was."""
        try:
            data = self.sidecar_path(artifact.fingerprint).read_bytes()
        except OSError:
            data = b""
        if sha256_bytes(data) != artifact.sidecar_digest:
            raise DamagedObjectError(f"sidecar {artifact.fingerprint[:12]} is damaged", hint="didgen cache verify")
        return data

    def facts(self, artifact: Artifact) -> Mapping[str, Any]:
        """What is known of a video, as it was written down with it, for what is made from that: words, phonemes.

        Raises DamagedObjectError when the sidecar is missing or is not what it was; then the artifact is dropped.
        """
        read = sidecars.read_sidecar(self.sidecar_path(artifact.fingerprint))
        if read is None or read[1] != artifact.sidecar_digest:
            self.drop(artifact.fingerprint)
            raise DamagedObjectError(f"sidecar {artifact.fingerprint[:12]} is damaged", hint="build again")
        facts: Mapping[str, Any] = read[0]["facts"]
        return facts

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
        length_s = float(facts.get("duration_s", 0.0))
        bare = Artifact(fingerprint, digest, self.objects.size(digest), "", length_s)
        artifact = self.describe(bare, address, identity, facts, row)
        self.state.keep(artifact, address, identity, job)
        return artifact

    def take_in(self, sidecar: bytes, record: Mapping[str, Any]) -> Artifact:
        """Make an artifact of another machine known here. Its object is there already; the sidecar's bytes are kept.

        A job of ours that it came from has come to its end with it. Raises StorageError.
        """
        artifact = sidecars.artifact_of(record, sha256_bytes(sidecar))
        write_whole(self.sidecar_path(artifact.fingerprint), sidecar, mode=0o444)
        job = sidecars.job_of(record, time.time())
        self.state.learn(artifact, job)
        return artifact

    def describe(
        self,
        artifact: Artifact,
        address: str,
        identity: Mapping[str, Any],
        facts: Mapping[str, Any],
        job: JobRow | None = None,
    ) -> Artifact:
        """Write the sidecar of an artifact; the artifact with the sidecar's digest. The state is not told."""
        record = sidecars.record_of(artifact, address, identity, facts, job)
        digest = sidecars.write_sidecar(self.sidecar_path(artifact.fingerprint), record)
        return replace(artifact, sidecar_digest=digest)

    def drop(self, fingerprint: str) -> None:
        """Forget an artifact whose object turned out missing or damaged: state first, then the sidecar.

        The sidecar of what was bought stays: by the job's id in it the video can be fetched again.
        """
        self.state.forget(fingerprint)
        if not self.sidecar(fingerprint).get("job"):
            self.sidecar_path(fingerprint).unlink(missing_ok=True)

    def sidecar_paths(self) -> list[Path]:
        """Every sidecar, oldest first, so that the newest of an address is what it was last made from."""
        return sorted(self.objects.folder.glob("??/*.json"), key=lambda path: path.stat().st_mtime_ns)

    def _rebuild(self) -> int:
        """Fill the state from the sidecars; how many scenes they are of (steps of a film have a # in them)."""
        found: list[tuple[Artifact, str, Mapping[str, Any], JobRow | None]] = []
        for path in self.sidecar_paths():
            read = sidecars.read_sidecar(path)
            if read is None:
                continue
            record, digest = read
            job = sidecars.job_of(record, path.stat().st_mtime)
            if self.objects.size(record["object"]) == record["size"]:
                found.append((sidecars.artifact_of(record, digest), record["address"], record["identity"], job))
            elif job is not None:
                self.state.know(job)
        self.state.keep_all(found)
        return sum("#" not in address for _, address, *_ in found)
