"""What is asked of a walk, what came of it, and the short cut between the two.

A finished build leaves stamps of every file it read and wrote; while all of them hold there is nothing to do. This
path must stay light (no YAML, pydantic, templates, asyncio or numpy; tested), so nothing heavy is imported here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from didgen import __version__
from didgen.digest import canonical_json, sha256_bytes
from didgen.errors import BudgetError, DidgenError, NotYetError, Place, ScenesFailedError, UnresolvedJobError
from didgen.project.files import Stamp, unchanged
from didgen.project.workspace import find_projects
from didgen.store.artifacts import read_walk

LINKS_FRESH_S = 60.0
"""For how long a URL's last answer is relied on: a file's stamp tells that it changed, a link has to be asked."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a person names: a project file, and parts of it. parts: what follows the project in an address, such as
    `/hello`, `/hello[locale=de]` or `[locale=de]`; () is all of it."""

    path: Path
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a walk. service "" is each project's own; jobs 0 lets didgen choose; budget: credits that may be
    spent, None leaves it to the settings, and then to who is asked. accept_upgrade: also render what only an upgrade of
    didgen renders again. today: YYYY-MM-DD in UTC, for rights that end. locked: stop when anything has left
    `didgen.lock`."""

    root: Path
    targets: tuple[Target, ...]
    service: str = ""
    jobs: int = 0
    force: bool = False
    budget: int | None = None
    prune: bool = False
    wait: bool = True
    accept_upgrade: bool = False
    today: str = field(default_factory=lambda: time.strftime("%Y-%m-%d", time.gmtime()))
    locked: bool = False


@dataclass(frozen=True, slots=True)
class SceneResult:
    """What became of one scene. file: relative to the root. seconds: wall time; duration_s: of the video.
    overrun: what is too long about it, "overruns 12 s by 3.4 s"; behind: of a stale translation, what changed.
    place: where one that failed is written."""

    address: str
    action: str  # rendered, fetched, restored, reused, failed, planned
    file: str
    seconds: float = 0.0
    duration_s: float = 0.0
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    overrun: str = ""
    behind: str = ""
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """What a build did. films: files relative to the root; stale: outputs nothing makes any more; pruned: removed;
    credits: spent on it; over_budget: scenes failed because the money that was agreed to was not enough."""

    scenes: tuple[SceneResult, ...] = ()
    films: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()
    seconds: float = 0.0
    unresolved: bool = False
    unfinished: bool = False
    credits: int = 0
    over_budget: bool = False

    def count(self, action: str) -> int:
        """How many scenes were rendered, fetched, restored or reused, failed, or stay planned."""
        return sum(scene.action == action for scene in self.scenes)

    @property
    def error(self) -> DidgenError | None:
        """What the build has to end with: None when every scene is there."""
        failed, planned = self.count("failed"), self.count("planned")
        if not failed and not planned:
            return None
        what = [f"{failed} of {len(self.scenes)} scenes failed"] if failed else []
        what += [f"{planned} of {len(self.scenes)} scenes were not sent"] if planned else []
        message = f"{' and '.join(what)}; the rest is done and kept"
        if self.unresolved:
            return UnresolvedJobError(message)
        if self.over_budget:
            return BudgetError(message)
        return NotYetError(message) if self.unfinished else ScenesFailedError(message)


def wish(
    root: Path,
    addresses: Sequence[str] = (),
    *,
    service: str | None = None,
    jobs: int | None = None,
    force: bool = False,
    budget: int | None = None,
    prune: bool = False,
    wait: bool = True,
    accept_upgrade: bool = False,
    locked: bool = False,
) -> Wish:
    """Words of a command line as a wish: PROJECT, PROJECT/SCENE or the path of a project file.

    Raises UsageError for a project nobody has.
    """
    chosen = service or os.environ.get("DIDGEN_SERVICE") or ""
    targets = tuple(_targets(root, addresses))
    return Wish(root, targets, chosen, jobs or 0, force, budget, prune, wait, accept_upgrade, locked=locked)


def _targets(root: Path, addresses: Sequence[str]) -> Iterable[Target]:
    if not addresses:
        return [Target(path) for path in find_projects(root)]
    parts: dict[Path, list[str]] = {}
    for address in addresses:
        is_file = address.endswith((".yaml", ".yml"))
        name, part = (address, "") if is_file else _split(address.strip("/"))
        (path,) = find_projects(root, [name])
        parts.setdefault(path, []).append(part)
    return [Target(path, () if "" in named else tuple(sorted(set(named)))) for path, named in parts.items()]


def _split(address: str) -> tuple[str, str]:
    """An address as the project and what follows it; a value in brackets may hold slashes."""
    end = min(at for sign in "/[" if (at := f"{address}{sign}".find(sign)) >= 0)
    return address[:end], address[end:]


def nothing_to_do(wanted: Wish) -> Summary | None:
    """The summary of the last build, everything reused, when no file it read or wrote has changed; else None."""
    if wanted.force or wanted.prune or wanted.locked:  # a project may be up to date and in no lock
        return None
    began = time.monotonic()
    found = [_untouched(wanted, target) for target in wanted.targets]
    if not all(found):
        return None
    merged = joined([summary for summary in found if summary])
    return replace(merged, seconds=time.monotonic() - began)


def _untouched(wanted: Wish, target: Target) -> Summary | None:
    record = read_walk(wanted.root, walk_key(wanted, target))
    if record is None or record["surroundings"] != surroundings():
        return None
    asked_at = record.get("asked_at")
    if asked_at is not None and not 0 <= time.time() - asked_at < LINKS_FRESH_S:
        return None
    if record.get("until") and record["until"] < wanted.today:
        return None  # rights have ended
    if not unchanged(wanted.root, {name: Stamp(*stamp) for name, stamp in record["stamps"].items()}):
        return None
    scenes = tuple(SceneResult(**{**scene, "action": "reused", "seconds": 0.0}) for scene in record["scenes"])
    stale = tuple(name for name in record["stale"] if os.path.exists(wanted.root / name))
    return Summary(scenes, tuple(record["films"]), stale)


def walk_key(wanted: Wish, target: Target) -> str:
    """Under which name the record of a walk is kept: what was asked for, as far as it changes the result."""
    return canonical_json([os.path.relpath(target.path, wanted.root), target.parts, wanted.service]).decode()


def surroundings() -> str:
    """What a plan depends on besides files: the program, its engine, its voices."""
    from didgen.catalog import versions, voices

    models = versions.MODELS | versions.SPEECH_MODELS
    numbers = [versions.ENGINE, versions.IDENTITY_FORMAT, versions.PREPARED]
    return sha256_bytes(canonical_json([__version__, numbers, models, sorted(voices.installed())]))


def joined(summaries: Sequence[Summary]) -> Summary:
    """One summary of several projects, in order."""
    return Summary(
        tuple(scene for s in summaries for scene in s.scenes),
        tuple(film for s in summaries for film in s.films),
        tuple(name for s in summaries for name in s.stale),
        tuple(name for s in summaries for name in s.pruned),
        unresolved=any(s.unresolved for s in summaries),
        unfinished=any(s.unfinished for s in summaries),
        credits=sum(s.credits for s in summaries),
        over_budget=any(s.over_budget for s in summaries),
    )
