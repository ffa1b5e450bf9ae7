"""The shared store: finished videos and the jobs that were bought, for every machine that builds the same projects.

    objects/ab/cdef…    a video's bytes under their sha256
    index/ab/cdef…      under a fingerprint: the sha256 of its sidecar, a newline, the sidecar
    jobs/FINGERPRINT/ID the same way: a job that was bought, from the moment its id at the service, ID, is known
    claims/, builds/    who is at what (`claims`)

Written in this order: object, index; so what the index names is there. Nothing that is read is believed: an entry has
to be what its first line says, and of the fingerprint it lies under, a video what its digest says. What is not is told,
not used, and replaced when the scene was made again. The first trouble with the store itself is told once, and then it
is left alone for as long as this command runs.
"""

from __future__ import annotations

import json
import math
import os
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

from didgen.digest import sha256_bytes
from didgen.store import sidecars
from didgen.store.artifacts import Artifacts
from didgen.store.bucket import AwayError, Bucket
from didgen.store.folder import Folder, open_bucket
from didgen.store.objects import HEX, DamagedObjectError, Objects
from didgen.store.rows import Artifact, JobRow

T = TypeVar("T")
Notice = Callable[[str], None]

_JOB_FORM: Mapping[str, type | tuple[type, ...]] = {
    "id": str,
    "service": str,
    "remote": str,
    "credits": int,
    "seconds": (int, float),
    "build": str,
    "began": (int, float),
}


_PLAIN = re.compile(r"[A-Za-z0-9_-]{1,200}")
"""Ids of jobs that are fit to be names."""


@dataclass(frozen=True, slots=True)
class Others:
    """What others did. jobs: ids at services of jobs whose scenes are known; begun: fingerprints that somebody claimed,
    bought or made."""

    jobs: frozenset[str] = frozenset()
    begun: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Entry:
    """What the index has under a fingerprint. sidecar: its bytes; record: what they say."""

    fingerprint: str
    sidecar: bytes
    record: Mapping[str, Any]

    @cached_property
    def artifact(self) -> Artifact:
        """The artifact it is of."""
        return sidecars.artifact_of(self.record, sha256_bytes(self.sidecar))

    @property
    def job(self) -> JobRow | None:
        """The job its video was bought as."""
        return sidecars.job_of(self.record, time.time())


def open_shared(address: str, root: Path, *, writes: bool, on_notice: Notice) -> Shared:
    """The store at an address; nothing is asked of it yet. Raises UsageError for a bucket without obstore."""
    return Shared(open_bucket(address, root, os.environ, make=writes), address, writes=writes, on_notice=on_notice)


class Shared:
    """A shared store during one command, from any thread. away: it is left alone from now on; pushes: whether this
    command is to put anything there, writes: whether it still does. Nothing here raises AwayError."""

    def __init__(self, bucket: Bucket | Folder, name: str, *, writes: bool, on_notice: Notice) -> None:
        """name: how messages call it. on_notice hears of trouble, from any thread."""
        self.bucket, self.name, self.pushes, self.writes = bucket, name, writes, writes
        self.away = False
        self.damaged: set[str] = set()  # fingerprints whose entry or video there is not what it should be
        self._say, self._lock = on_notice, threading.Lock()

    # -- reading --------------------------------------------------------------------------------------------------

    def entry(self, fingerprint: str) -> Entry | None:
        """What is known there of a fingerprint; None when nothing is, or nothing sound."""
        sealed = self.ask(lambda: self.bucket.get(_index(fingerprint)), None)
        if sealed is None:
            return None
        entry = _entry(fingerprint, sealed)
        if entry is None:
            self._tell_damage(fingerprint, f"what {self.name} has of {fingerprint[:12]} is damaged")
        return entry

    def fingerprints(self) -> set[str]:
        """All that the index has."""
        names = self.ask(lambda: list(self.bucket.names("index")), list[str]())
        return {name.removeprefix("index/").replace("/", "") for name in names}

    def bring(self, entry: Entry, objects: Objects) -> bool:
        """Bring the video of an entry, unless it is here; whether it is here now. Raises StorageError."""
        digest, size = entry.artifact.object_digest, entry.artifact.size
        if objects.size(digest) == size:
            return True
        what = f"the video of {entry.record['address']} in {self.name} is"
        found = self.ask(lambda: self.bucket.size(_object(digest)), None)
        if found is not None and found != size:
            self._tell_damage(entry.fingerprint, f"{what} {'missing' if found < 0 else 'not as long as it was'}")
        if found != size:
            return False
        try:
            self.ask(lambda: objects.receive(digest, self.bucket.parts(_object(digest), size)), None)
        except DamagedObjectError:
            self._tell_damage(entry.fingerprint, f"{what} damaged")
        return objects.size(digest) == size

    def jobs(self, fingerprint: str, service: str) -> list[JobRow]:
        """The jobs at a service that a fingerprint was bought as, as far as it is known there.

        Of a note that is damaged its name is believed: to ask the account for an id that it has not is no harm.
        """

        def read() -> list[JobRow]:
            found = ((name, self.bucket.get(name)) for name in sorted(self.bucket.names(f"jobs/{fingerprint}")))
            return [
                _job(fingerprint, sealed) or JobRow("", fingerprint, "", service, "submitted", name.rpartition("/")[2])
                for name, sealed in found
                if sealed is not None
            ]

        rows = self.ask(read, list[JobRow]())
        entry = self.entry(fingerprint) if fingerprint in self.damaged else None  # its video is lost, its job is not
        found = [row for row in [*rows, entry.job if entry else None] if row is not None]
        return [row for row in found if row.service == service]

    def others(self, fingerprints: Collection[str]) -> Others:
        """What others did by now about some fingerprints, or any."""

        def read() -> Others:
            jobs = [name.split("/") for name in self.bucket.names("jobs")]
            claims = {name.split("/")[1] for name in self.bucket.names("claims")}
            made = {one for one in fingerprints if self.bucket.size(_index(one)) >= 0}
            begun = claims | made | {fingerprint for _, fingerprint, _ in jobs}
            return Others(frozenset(job for _, _, job in jobs), frozenset(begun & set(fingerprints)))

        return self.ask(read, Others())

    # -- writing --------------------------------------------------------------------------------------------------

    def publish(self, artifact: Artifact, store: Artifacts, *, anew: bool = False) -> bool:
        """Put an artifact there, unless there is one of its fingerprint already; whether it is there now.

        anew: in the place of the one that is there. What is damaged there is replaced. Raises DamagedObjectError when
        it is damaged here.
        """
        path = store.objects.check(artifact.object_digest)
        sidecar = store.sidecar_bytes(artifact)
        anew = anew or artifact.fingerprint in self.damaged

        def put() -> bool:
            name = _object(artifact.object_digest)
            if anew or self.bucket.size(name) != artifact.size:
                self.bucket.put_file(name, path)
            write = self.bucket.put if anew else self.bucket.create
            write(_index(artifact.fingerprint), _sealed(sidecar))
            return True

        return self.tell(put, False)

    def note_job(self, row: JobRow) -> None:
        """Let the others know of a job that was bought."""
        told = {name: getattr(row, name) for name in sidecars.JOB_FACTS} | {"address": row.address}
        note = _sealed(json.dumps(told, ensure_ascii=False).encode())
        name = row.remote if _PLAIN.fullmatch(row.remote) else row.id
        self.tell(lambda: self.bucket.put(f"jobs/{row.fingerprint}/{name}", note), None)

    # -- trouble --------------------------------------------------------------------------------------------------

    def ask(self, do: Callable[[], T], otherwise: T) -> T:
        """What `do` returns; `otherwise` when the store is away, or turns out to be."""
        if self.away:
            return otherwise
        try:
            return do()
        except AwayError as error:
            self._lose(error)
            return otherwise

    def tell(self, do: Callable[[], T], otherwise: T) -> T:
        """As `ask`, for what writes: `otherwise` also where nothing may be written, or that turns out."""
        if self.away or not self.writes:
            return otherwise
        try:
            return do()
        except AwayError as error:
            self._lose(error, read_only=error.denied)
            return otherwise

    def _lose(self, error: AwayError, *, read_only: bool = False) -> None:
        with self._lock:
            known = self.away or (read_only and not self.writes)
            self.writes = False
            self.away = self.away or not read_only
        if not known and read_only:
            self._say(f"the shared store {self.name} lets nothing be written, so nothing is: {error}")
        elif not known:
            self._say(
                f"the shared store {self.name} cannot be used, so this goes on without it: {error} "
                "(the next build that finds it makes up for that)"
            )

    def warn(self, what: str) -> None:
        """Tell a person what is wrong with the store, though it can be used."""
        self._say(f"the shared store {self.name} {what}, so two machines may be at one scene at once")

    def _tell_damage(self, fingerprint: str, what: str) -> None:
        with self._lock:
            known = fingerprint in self.damaged
            self.damaged.add(fingerprint)
        if not known:
            self._say(f"{what}, so it is not used")


def _object(digest: str) -> str:
    return f"objects/{digest[:2]}/{digest[2:]}"


def _index(fingerprint: str) -> str:
    return f"index/{fingerprint[:2]}/{fingerprint[2:]}"


def _sealed(data: bytes) -> bytes:
    return sha256_bytes(data).encode() + b"\n" + data


def _opened(sealed: bytes) -> bytes | None:
    """What was sealed; None when it is not what it was."""
    digest, _, data = sealed.partition(b"\n")
    return data if digest == sha256_bytes(data).encode() else None


def _entry(fingerprint: str, sealed: bytes) -> Entry | None:
    """An entry of the index; None when it is damaged, of another fingerprint or not of our form."""
    data = _opened(sealed)
    record = sidecars.parse_sidecar(data) if data is not None else None
    if data is None or record is None or not sidecars.is_of(fingerprint, record) or not _is_sound(record):
        return None
    return Entry(fingerprint, data, record)


def _is_sound(record: Mapping[str, Any]) -> bool:
    """Whether what a sidecar says can be what we wrote: its digest becomes a path, its job a row."""
    digest, job = record["object"], record.get("job")
    named = len(digest) == HEX and set(digest) <= set("0123456789abcdef")
    counted = not isinstance(record["size"], bool) and record["size"] > 0 and 0 <= record["duration_s"] < math.inf
    return named and counted and (job is None or _is_job(job))


def _is_job(job: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(job, dict) and all(isinstance(job.get(name), form) for name, form in _JOB_FORM.items())


def _job(fingerprint: str, sealed: bytes) -> JobRow | None:
    data = _opened(sealed)
    try:
        told = json.loads(data) if data is not None else None
    except (ValueError, RecursionError):
        return None
    if not _is_job(told) or not isinstance(told.get("address"), str):
        return None
    facts = {name: told[name] for name in sidecars.JOB_FACTS}
    return JobRow(fingerprint=fingerprint, address=told["address"], state="submitted", **facts)
