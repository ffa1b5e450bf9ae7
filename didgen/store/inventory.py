"""What lies in `.didgen`, one item at a time: how large, how old, what it cost. Reads, changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from didgen.catalog.services import LOCAL
from didgen.store import sidecars
from didgen.store.artifacts import Artifacts
from didgen.store.rows import JobRow
from didgen.store.whole import MARK

Kind = Literal["artifact", "object", "draft", "quarantine", "unfinished"]


@dataclass(frozen=True, slots=True)
class Item:
    """Something that is stored.

    name: an artifact's address, else the file relative to the workspace. size: bytes. stored: Unix time. paths: the
    files it consists of. credits: what was paid for it here; paid: whether it came from a service that costs money.
    """

    kind: Kind
    name: str
    size: int
    stored: float
    paths: tuple[Path, ...]
    fingerprint: str = ""
    digest: str = ""
    service: str = ""
    credits: int = 0
    paid: bool = False


def rendered(store: Artifacts, costs: Callable[[str], bool]) -> list[Item]:
    """Every artifact, oldest first; also one of which only the sidecar is left. costs: whether a service does."""
    spent: dict[str, list[JobRow]] = {}
    for row in store.state.jobs():
        if row.remote or row.state == "uncertain":
            spent.setdefault(row.fingerprint, []).append(row)
    read = ((path, sidecars.read_sidecar(path)) for path in store.sidecar_paths())
    return [_item(store, path, found[0], spent, costs) for path, found in read if found is not None]


def _item(
    store: Artifacts,
    path: Path,
    record: dict[str, object],
    spent: dict[str, list[JobRow]],
    costs: Callable[[str], bool],
) -> Item:
    fingerprint, digest, facts = str(record["fingerprint"]), str(record["object"]), record["facts"]
    job = sidecars.job_of(record, 0.0)
    rows = spent.get(fingerprint) or ([job] if job else [])
    service = job.service if job else str(facts.get("service", LOCAL)) if isinstance(facts, dict) else LOCAL
    files = [one for one in (path, store.objects.path(digest)) if one.exists()]
    stats = [one.stat() for one in files]
    return Item(
        "artifact",
        str(record["address"]),
        sum(one.st_size for one in stats),
        max(one.st_mtime for one in stats),
        tuple(files),
        fingerprint,
        digest,
        service,
        sum(row.credits for row in rows),
        costs(service),
    )


def loose(store: Artifacts, artifacts: Sequence[Item], bought: bool) -> list[Item]:
    """Objects that no sidecar names: left by a kill, or by a scene that was rendered again. bought: this workspace
    has paid for videos, and nobody can tell whether this is one."""
    named = {item.digest for item in artifacts} | {one.object_digest for one in store.state.artifacts().values()}
    items = []
    for digest in store.objects.names():
        if digest not in named:
            path = store.objects.path(digest)
            items.append(_file(store, "object", path, digest=digest, paid=bought))
    return items


def quarantined(store: Artifacts) -> list[Item]:
    """What was found damaged."""
    return [_file(store, "quarantine", path) for path in files_below(store.objects.quarantine)]


def unfinished(store: Artifacts) -> list[Item]:
    """What killed builds left, or a running one is at."""
    beside = [path for path in files_below(store.objects.folder) if path.name.startswith(MARK)]
    here = [path for path in sorted(store.home.glob(f"{MARK}*")) if path.is_file()]
    paths = [*files_below(store.objects.temporary), *beside, *here]
    return [_file(store, "unfinished", path) for path in paths]


def _file(store: Artifacts, kind: Kind, path: Path, *, digest: str = "", paid: bool = False) -> Item:
    found = path.stat()
    name = path.relative_to(store.home.parent).as_posix()
    return Item(kind, name, found.st_size, found.st_mtime, (path,), digest=digest, paid=paid)


def files_below(folder: Path) -> list[Path]:
    """Every file in a folder and below, in order; none where there is no folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


CLASSES = ("objects", "sidecars", "state", "derived", "drafts", "quarantine", "unfinished", "other")


def classes(home: Path) -> dict[str, tuple[int, int]]:
    """Files and bytes of every class of `.didgen`, without opening any."""
    sums = dict.fromkeys(CLASSES, (0, 0))
    for name, size in _sizes(home):
        count, total = sums[name]
        sums[name] = count + 1, total + size
    return sums


def _sizes(home: Path) -> Iterator[tuple[str, int]]:
    for path in files_below(home):
        with suppress(FileNotFoundError):
            yield _class_of(path.relative_to(home)), path.stat().st_size


def _class_of(path: Path) -> str:
    top = path.parts[0]
    if top == "tmp" or path.name.startswith(MARK):
        return "unfinished"
    if top == "objects":
        return "sidecars" if path.suffix == ".json" else "objects"
    if top.startswith("state.sqlite"):
        return "state"
    return {"cache": "derived", "drafts": "drafts", "quarantine": "quarantine"}.get(top, "other")
