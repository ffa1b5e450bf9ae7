"""The store of a workspace as `didgen cache` sees it: what lies there, who still needs it, what may go, what is whole.

What a project, a manifest, a lock or an open job refers to stays; so does what was bought, unless somebody says so.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from didgen.catalog.services import is_paid
from didgen.digest import sha256_file
from didgen.errors import ProjectError
from didgen.jobs.lockfile import read_lock
from didgen.jobs.manifest import NAME as MANIFEST
from didgen.jobs.outputs import DRAFTS, RELEASE
from didgen.plan.address import films_of
from didgen.project.finding import PROJECT_FILE
from didgen.project.stamps import Stamp
from didgen.project.workspace import Settings, project_names, read_settings
from didgen.store import verify as stored
from didgen.store.artifacts import Artifacts
from didgen.store.inventory import Item, files_below, loose, quarantined, rendered, unfinished
from didgen.store.rows import OPEN
from didgen.store.whole import storage_error
from didgen.walk.planned import check
from didgen.walk.record import stamps_in
from didgen.walk.shortcut import Target, Wish

_STEPS = re.compile(r"(#(film|vtt|srt|poster))+$")
"""What follows the address of a scene or project in that of something made from it."""

OnNotice = Callable[[str], None]


@dataclass(slots=True)
class Uses:
    """Who needs what: fingerprint, object digest or file → the words for it. problems: of projects that cannot be
    read, so that nobody knows what they need."""

    fingerprints: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    drafts: set[str] = field(default_factory=set)  # outputs of drafts, relative to the root, without their suffix
    problems: list[ProjectError] = field(default_factory=list)

    def of(self, item: Item) -> str:
        """Who needs an item; "" when nobody does."""
        if item.kind == "draft":
            path = Path(item.name)
            return "project" if _stem(path) in self.drafts or path.stem.rstrip("_") == "film" else ""
        return self.fingerprints.get(item.fingerprint) or self.digests.get(item.digest) or ""


def uses(root: Path, store: Artifacts, on_notice: OnNotice) -> Uses:
    """What the projects of a workspace, its manifests, locks and open jobs refer to. Raises StorageError.

    Projects are read as they are now, for the services that they were ever built with.
    """
    found = Uses()
    _of_manifests(root, found)
    scenes: set[str] = set()  # and what films are of
    for path, services in _built_with(root, store).items():
        for service in services:
            _of_project(root, path, service, found, scenes, on_notice)
    _of_steps(store, found, scenes)
    for row in store.state.jobs():
        if row.state in OPEN:
            found.fingerprints[row.fingerprint] = "open job"
    return found


def _built_with(root: Path, store: Artifacts) -> dict[Path, set[str]]:
    """Every project file, in `projects/` or built by its path, with the services asked for; "" is its own."""
    named: dict[Path, set[str]] = {root / "projects" / name / PROJECT_FILE: {""} for name in project_names(root)}
    for key in store.state.walks():
        name, _, service = json.loads(key)
        if (root / name).is_file():
            named.setdefault(root / name, {""}).add(service)
    return named


def _of_project(root: Path, path: Path, service: str, found: Uses, known: set[str], on_notice: OnNotice) -> None:
    try:
        ((project, scenes),) = check(Wish(root, (Target(path),), service=service), on_notice)
        lock = read_lock(path.parent, os.path.relpath(path.parent / "didgen.lock", root))
    except ProjectError as error:
        if not service:  # what it once was for another service, and is no more, is a draft
            found.problems.append(error)
        return
    for scene in scenes:
        found.fingerprints[scene.fingerprint] = "project"
        found.drafts.add((DRAFTS / scene.output).with_suffix("").as_posix())
        known.add(scene.address)
    known.update(film.address.removesuffix("#film") for film in films_of(project, scenes))
    for one in lock.scenes.values():
        found.fingerprints.setdefault(one.fingerprint, "didgen.lock")
        if one.sha256:
            found.digests.setdefault(one.sha256, "didgen.lock")


def _of_steps(store: Artifacts, found: Uses, scenes: set[str]) -> None:
    """Captions, posters and films of scenes that are there, as they were last made."""
    for key, (fingerprint, _) in store.state.made_from().items():
        address = key.removeprefix("draft:")
        of = _STEPS.sub("", address)
        if of != address and of in scenes:
            found.fingerprints.setdefault(fingerprint, "project")


def _of_manifests(root: Path, found: Uses) -> None:
    for path, manifest in _manifests(root):
        words = f"{path.parent.name}/{path.name}"
        for scene in manifest.get("scenes", ()):
            found.fingerprints[scene["fingerprint"]] = words
        for file in _files_of(manifest):
            found.digests[file["sha256"]] = words


def _manifests(root: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every release's manifest; {} for one that cannot be read."""
    from didgen.jobs.manifest import read_manifest

    for path in sorted((root / RELEASE).glob(f"*/{MANIFEST}")):
        yield path, read_manifest(path.parent)


def _files_of(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    parts = [*manifest.get("scenes", ()), *manifest.get("films", ()), manifest.get("film") or {}]
    for part in parts:
        yield from part.get("files", {}).values()


def listed(root: Path, store: Artifacts) -> list[Item]:
    """Every artifact, loose object, draft, quarantined and unfinished file. Raises StorageError."""
    settings = read_settings(root, os.environ)
    artifacts = rendered(store, lambda service: _costs(service, settings))
    bought = any(item.paid for item in artifacts) or any(_costs(row.service, settings) for row in store.state.jobs())
    drafts = [_draft(root, path) for path in files_below(root / DRAFTS)]
    return [*artifacts, *loose(store, artifacts, bought), *drafts, *quarantined(store), *unfinished(store)]


def _costs(service: str, settings: Settings) -> bool:
    return is_paid(service, at_home=settings.paid)


def _draft(root: Path, path: Path) -> Item:
    found = path.stat()
    return Item("draft", path.relative_to(root).as_posix(), found.st_size, found.st_mtime, (path,))


@dataclass(frozen=True, slots=True)
class Sorted:
    """What may go, and how many and how large the rest is, by the reason why it stays."""

    going: tuple[Item, ...]
    kept: Mapping[str, tuple[int, int]]


def sort_out(items: Iterable[Item], found: Uses, *, now: float, older_s: float, include_paid: bool) -> Sorted:
    """Decide what may go. now: Unix time; older_s: what was stored later stays. Pure."""
    going: list[Item] = []
    kept: dict[str, tuple[int, int]] = {}
    for item in items:
        reason = _stays(item, found, now - older_s, include_paid)
        if not reason:
            going.append(item)
        else:
            count, size = kept.get(reason, (0, 0))
            kept[reason] = count + 1, size + item.size
    return Sorted(tuple(going), kept)


def _stays(item: Item, found: Uses, before: float, include_paid: bool) -> str:
    """Why an item stays; "" when it may go."""
    if item.kind == "unfinished":
        return ""
    if found.of(item):
        return "in use"
    if item.paid and not include_paid:
        return "paid"
    return "young" if item.stored > before else ""


def freeing(store: Artifacts, going: Sequence[Item]) -> dict[Path, int]:
    """The files that go with some items, and their sizes: an object stays while another artifact refers to it."""
    leaving = {item.fingerprint for item in going}
    shared = {one.object_digest for name, one in store.state.artifacts().items() if name not in leaving}
    held = {store.objects.path(digest) for digest in shared}
    sizes: dict[Path, int] = {}
    for path in (path for item in going for path in item.paths if path not in held):
        with suppress(FileNotFoundError):
            sizes[path] = path.stat().st_size
    return sizes


def remove(store: Artifacts, going: Sequence[Item]) -> int:
    """Remove items, the state's rows first, then sidecars and objects; bytes that are free now.

    Only the holder of the build's lock may. Raises StorageError.
    """
    sizes = freeing(store, going)
    store.state.forget(*(item.fingerprint for item in going if item.fingerprint))
    for path in sorted(sizes, key=lambda path: path.suffix != ".json"):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, path) from error
    _drop_empty(sizes)
    store.objects.clear()
    return sum(sizes.values())


def _drop_empty(paths: Iterable[Path]) -> None:
    for folder in {path.parent for path in paths}:
        with suppress(OSError):
            folder.rmdir()


def verify(root: Path, store: Artifacts) -> stored.Checked:
    """Read everything: the store (mended where possible), then outputs against manifests and drafts against what was
    delivered. The next build puts back what is not as it was. Only the holder of the lock may. Raises StorageError."""
    outputs = [
        (path, path.parent / file["file"], file["sha256"])
        for path, manifest in _manifests(root)
        for file in _files_of(manifest)
    ]
    drafts = list(_drafts_as_delivered(root, store))
    told = stored.verify(store, {digest: path for _, path, digest in outputs})
    for path, manifest in _manifests(root):
        if not manifest:
            fault = stored.Fault("manifest", _name(root, path), "", "is damaged", "the next build writes it anew")
            told.faults.append(fault)
    for path, digest in [*((path, digest) for _, path, digest in outputs), *drafts]:
        told.outputs += 1
        what = _wrong(path, digest)
        told.read_bytes += path.stat().st_size if what != "is missing" else 0
        if what:
            done = "the next build puts it back"
            told.faults.append(stored.Fault("output", _name(root, path), "", what, done))
    if told.faults:
        store.state.forget_walks()
    return told


def _drafts_as_delivered(root: Path, store: Artifacts) -> Iterator[tuple[Path, str]]:
    """Drafts that nobody wrote to since they were delivered, and their digests then; drafts have no manifest."""
    latest: dict[str, Stamp] = {}
    for record in store.state.walks().values():
        latest |= {n: s for n, s in stamps_in(record or {}).items() if n.startswith(f"{DRAFTS.as_posix()}/")}
    for name, stamp in latest.items():
        with suppress(OSError):
            found = (root / name).stat()
            if (found.st_size, found.st_mtime_ns, found.st_ino) == (stamp.size, stamp.mtime_ns, stamp.inode):
                yield root / name, stamp.digest


def _wrong(path: Path, digest: str) -> str:
    try:
        return "" if sha256_file(path) == digest else "is not what was delivered"
    except OSError:
        return "is missing"


def _name(root: Path, path: Path) -> str:
    return os.path.relpath(path, root).replace(os.sep, "/")


def _stem(path: Path) -> str:
    return path.with_suffix("").as_posix()
