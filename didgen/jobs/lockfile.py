"""`didgen.lock`, beside the project file and committed with it: what was released, made from what, as which job.

    {"didgen": 2, "scenes": {address: {"fingerprint", "service", "sha256", "size", "duration_s", "job",
                                       "driver", "fields": {field of its identity: value or short digest}}}}

Written by programs, sorted, so that two branches merge line by line. With it alone, no state and no account, an output
that is what was released is known again; one that is missing is asked for by the id of its job; and the field in which
a scene has left what is locked has a name. An entry that `didgen update` made has no output until it is built. Format 1
had no fields; it is read, and written anew by the next build that goes the long way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path

from didgen.errors import Place, Problem, ProjectError
from didgen.store.whole import sweep_here, write_whole

FORMAT = 2
NAME = "didgen.lock"


@dataclass(frozen=True, slots=True)
class Released:
    """One scene as it was released. sha256: of its output, "" (and size, duration_s 0) for one that is locked and not
    built yet; job: its id at the service, "" where that is not known. driver: the one of the bank that moved it,
    "" where it is not known. fields: see `plan.fields`; empty in format 1."""

    fingerprint: str
    service: str
    sha256: str
    size: int
    duration_s: float
    job: str = ""
    driver: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Lock:
    """What a lock says, by address. One file may speak of several projects of one folder."""

    scenes: Mapping[str, Released] = field(default_factory=dict)

    @cached_property
    def _released(self) -> Mapping[tuple[str, str], Released]:
        built_last = sorted(self.scenes.values(), key=lambda one: bool(one.sha256))
        return {(one.fingerprint, one.service): one for one in built_last}

    def of(self, fingerprint: str, service: str) -> Released | None:
        """How a fingerprint was released by a service, under whatever address."""
        return self._released.get((fingerprint, service))

    def job(self, fingerprint: str, service: str) -> str:
        """The id of the job that a fingerprint was released as, "" where that is not known."""
        one = self.of(fingerprint, service)
        return one.job if one is not None else ""

    @property
    def jobs(self) -> set[str]:
        """The ids of all jobs it knows."""
        return {one.job for one in self.scenes.values() if one.job}

    def addresses(self, project: str) -> list[str]:
        """Those of one project; [] when the lock does not speak of it."""
        return [address for address in self.scenes if address.startswith(f"{project}/")]

    def merged(self, project: str, order: Sequence[str], fresh: Mapping[str, Released]) -> Lock:
        """The lock after a build. order: addresses of all scenes of the project; fresh: what was just released.

        A scene that was not built, or failed, keeps its entry, as its output is still there; one that the project has
        no more loses it.
        """
        mine = set(self.addresses(project))
        others = {address: one for address, one in self.scenes.items() if address not in mine}
        kept = {address: self.scenes[address] for address in order if address in self.scenes}
        return Lock({**others, **kept, **fresh})


def read_lock(folder: Path, shown: str = NAME) -> Lock:
    """The lock in a project's folder; an empty one where there is none. shown: how messages name it.

    Raises ProjectError for one that a newer didgen wrote, and for what is no lock: an unfinished merge, an edit.
    """
    try:
        data = (folder / NAME).read_bytes()
    except FileNotFoundError:
        return Lock()
    except OSError as error:
        raise _problem(f"cannot be read: {error.strerror}", shown) from error
    try:
        lock = json.loads(data)
    except json.JSONDecodeError as error:
        raise _problem(f"is no JSON: {error.msg}", shown, error.lineno, error.colno) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise _problem("is no JSON", shown) from error
    version = lock.get("didgen") if isinstance(lock, dict) else None
    if isinstance(version, int) and version > FORMAT:
        hint = "use that didgen; nothing was changed"
        raise _problem(f"was written by a newer didgen (format {version}, this one knows {FORMAT})", shown, hint=hint)
    try:
        return Lock({address: _released(entry) for address, entry in lock["scenes"].items()})
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _problem("does not say what was released", shown) from error


def _released(entry: Mapping[str, object]) -> Released:
    one = Released(**entry)  # type: ignore[arg-type]
    fields = dict(one.fields)
    texts = (one.fingerprint, one.service, one.sha256, one.job, one.driver, *fields, *fields.values())
    if not all(isinstance(text, str) for text in texts) or not isinstance(one.size, int):
        raise TypeError
    return replace(one, duration_s=float(one.duration_s), fields=fields)


def line_of(folder: Path, address: str) -> int:
    """The line of the lock that an entry begins in, from 1; 0 where it is not told or was laid out by hand."""
    start = f"{json.dumps(address, ensure_ascii=False)}:"
    with suppress(OSError, UnicodeDecodeError):
        lines = (folder / NAME).read_text("utf-8").splitlines()
        return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(start)), 0)
    return 0


def _problem(what: str, shown: str, line: int = 0, column: int = 0, hint: str = "") -> ProjectError:
    advice = hint or "finish the merge, or delete the file: the account is asked for what is in it"
    return ProjectError([Problem(what, Place(shown, line, column), hint=advice)])


def write_lock(folder: Path, lock: Lock) -> bytes:
    """Put a lock in place, whole or not at all; its bytes. One that says the same is not touched, nor is an empty one
    made. Only the holder of the build's lock may. Raises StorageError."""
    entries = {address: asdict(lock.scenes[address]) for address in sorted(lock.scenes)}
    data = (json.dumps({"didgen": FORMAT, "scenes": entries}, ensure_ascii=False, indent=1) + "\n").encode()
    try:
        same = (folder / NAME).read_bytes() == data
    except OSError:
        same = not entries
    if not same:
        sweep_here(folder)
        write_whole(folder / NAME, data)
    return data
