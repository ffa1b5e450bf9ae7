"""Reading everything that is stored, and mending what can be: objects, then sidecars, then the state.

Damaged files move to quarantine, so nothing damaged can be delivered. An artifact without a sound object is dropped,
so that the next build makes it again: rendered by our engine, or fetched by the id of the job it was bought as.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from didgen.catalog.services import LOCAL
from didgen.digest import canonical_json, sha256_bytes
from didgen.store import sidecars
from didgen.store.artifacts import Artifacts
from didgen.store.objects import DamagedObjectError
from didgen.store.rows import Artifact, JobRow

Kind = Literal["object", "sidecar", "state", "output", "manifest"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that was not as it was written. name: the file, relative to the workspace. address: of the scene it is
    of, "" where that is not known. what: is wrong; done: about it."""

    kind: Kind
    name: str
    address: str
    what: str
    done: str


@dataclass(slots=True)
class Checked:
    """What was read. read_bytes: of objects and outputs."""

    objects: int = 0
    sidecars: int = 0
    outputs: int = 0
    read_bytes: int = 0
    faults: list[Fault] = field(default_factory=list)


def verify(store: Artifacts, spares: Mapping[str, Path]) -> Checked:
    """Check the store and mend it. Only the holder of the build's lock may.

    spares: digest → an output that was delivered from that object; one that still is that puts the object back.
    Raises StorageError.
    """
    work = _Check(store, spares)
    work.state()
    sound = work.objects()
    work.sidecars(sound)
    work.rows(sound)
    if work.told.faults:
        store.state.forget_walks()
    return work.told


class _Check:
    """One reading of the whole store."""

    def __init__(self, store: Artifacts, spares: Mapping[str, Path]) -> None:
        self._store, self._spares = store, spares
        self._rows = store.state.artifacts()
        self._jobs = {row.id: row for row in store.state.jobs()}
        self.told = Checked()
        made_from = store.state.made_from()
        self._addresses = {fingerprint: address for address, (fingerprint, _) in made_from.items()}
        self._identities = dict(made_from.values())

    def state(self) -> None:
        """The file itself, beyond what is looked at whenever it is opened."""
        mended = self._store.state.mended()
        if mended is not None:
            done = "its indexes are built anew" if mended else "not mended: move it away, sidecars make it again"
            self._fault("state", self._store.state.path, "", "is damaged", done)

    def objects(self) -> set[str]:
        """Read every object; the digests of those that are what their names say."""
        store, sound = self._store.objects, set()
        for digest in list(store.names()):
            self.told.objects += 1
            self.told.read_bytes += max(0, store.size(digest))
            if self._is_sound(digest):
                sound.add(digest)
        return sound

    def _is_sound(self, digest: str) -> bool:
        store, address = self._store.objects, self._address_of(digest)
        path = store.path(digest)
        try:
            store.check(digest)
        except DamagedObjectError:
            back = self._put_back(digest)
            done = "put back from its output" if back else "moved to quarantine"
            self._fault("object", path, address, "is damaged", done)
            return back
        return True

    def _put_back(self, digest: str) -> bool:
        """Store an object again from the output that was made from it."""
        spare = self._spares.get(digest)
        return spare is not None and spare.is_file() and self._store.objects.put_file(spare) == digest

    def _address_of(self, digest: str) -> str:
        fingerprints = (one.fingerprint for one in self._rows.values() if one.object_digest == digest)
        return next((self._addresses[one] for one in fingerprints if one in self._addresses), "")

    def sidecars(self, sound: set[str]) -> None:
        """Read every sidecar; those that the state does not know are told to it."""
        for path in self._store.sidecar_paths():
            self.told.sidecars += 1
            read = sidecars.read_sidecar(path)
            fingerprint = path.parent.name + path.name.removesuffix(".json")
            row = self._rows.get(fingerprint)
            if read is None or not sidecars.in_its_place(path, read[0]) or (row and row.sidecar_digest != read[1]):
                self._store.objects.set_aside(path, f"{fingerprint}.json")
                done = self._described_anew(row, sound) if row else "moved to quarantine"
                self._fault("sidecar", path, self._addresses.get(fingerprint, ""), "is damaged", done)
                continue
            self._tell_state(path, *read, sound)

    def _tell_state(self, path: Path, record: dict[str, Any], digest: str, sound: set[str]) -> None:
        found = sidecars.artifact_of(record, digest)
        job = sidecars.job_of(record, path.stat().st_mtime)
        known = self._jobs.get(job.id) if job else None
        address = record["address"]
        if job is not None and (known is None or (known.state == "done" and known.remote != job.remote)):
            self._store.state.know(job)
            self._fault("state", self._store.state.path, address, "did not know its job", "told by its sidecar")
        if self._rows.get(found.fingerprint) == found:
            return
        if found.object_digest in sound and self._store.objects.size(found.object_digest) == found.size:
            self._store.state.keep_all([(found, address, record["identity"], None)])
            self._rows[found.fingerprint] = found
            self._fault("state", self._store.state.path, address, "did not know its video", "told by its sidecar")
        elif job is None:
            path.unlink()  # of an artifact that was dropped already; nothing can come of it

    def rows(self, sound: set[str]) -> None:
        """Drop what the state knows and is not there; write sidecars of bought videos again where they are missing."""
        for row in list(self._rows.values()):
            address = self._addresses.get(row.fingerprint, "")
            if row.object_digest not in sound:
                self._without_object(row, address, sound)
            elif not self._store.sidecar_path(row.fingerprint).exists() and self._store.state.artifact(row.fingerprint):
                done = self._described_anew(row, sound)
                self._fault("sidecar", self._store.sidecar_path(row.fingerprint), address, "is missing", done)

    def _without_object(self, row: Artifact, address: str, sound: set[str]) -> None:
        path = self._store.objects.path(row.object_digest)
        quarantined = any(fault.kind == "object" and fault.name == self._name(path) for fault in self.told.faults)
        if self._put_back(row.object_digest):
            sound.add(row.object_digest)
            done = "put back from its output"
        else:
            self._store.drop(row.fingerprint)
            done = "the next build makes or fetches it again"
        if not quarantined:
            self._fault("object", path, address, "is missing", done)

    def _described_anew(self, row: Artifact, sound: set[str]) -> str:
        """What becomes of an artifact whose sidecar is lost: one that was bought is kept, with what the state knows;
        times of words are not known then. Another is dropped: rendering it again brings everything."""
        job, address = self._bought_as(row.fingerprint), self._addresses.get(row.fingerprint, "")
        if job is None or row.object_digest not in sound:
            self._store.drop(row.fingerprint)
            self._rows.pop(row.fingerprint, None)
            return "the next build makes it again"
        identity = self._identities.get(row.fingerprint, {})
        if sha256_bytes(canonical_json(dict(identity))) != row.fingerprint:
            return "its video is kept"  # of an earlier version of its scene: nobody knows what it was made from
        facts = {"duration_s": row.duration_s, "service": job.service, "answer": {"id": job.remote}}
        made = self._store.describe(row, address, identity, facts, job)
        self._store.state.keep_all([(made, address, identity, None)])
        self._rows[row.fingerprint] = made
        return "written again from the state"

    def _bought_as(self, fingerprint: str) -> JobRow | None:
        rows = [row for row in self._jobs.values() if row.fingerprint == fingerprint and row.service != LOCAL]
        return max((row for row in rows if row.state == "done"), key=lambda row: row.changed, default=None)

    def _name(self, path: Path) -> str:
        return os.path.relpath(path, self._store.home.parent).replace(os.sep, "/")

    def _fault(self, kind: Kind, path: Path, address: str, what: str, done: str) -> None:
        self.told.faults.append(Fault(kind, self._name(path), address.removeprefix("draft:"), what, done))
