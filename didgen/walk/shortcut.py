"""What is asked of a walk, and the short cut past it.

A finished build leaves stamps of every file it read and wrote; while all of them hold (`untouched`) there is nothing
to do. This path must stay light (no YAML, pydantic, templates, asyncio or numpy; tested), so nothing heavy is imported
here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from didgen.garbage import without_gc
from didgen.project.workspace import find_projects
from didgen.walk.summary import SceneResult, Summary, joined
from didgen.walk.untouched import key_of, left_in, today, untouched


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
    today: str = field(default_factory=today)
    locked: bool = False


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


@dataclass(frozen=True, slots=True)
class Standing:
    """Of what a wish is about: done are the targets that nothing has changed about, with what their last build came to,
    everything reused; left are the others."""

    wanted: Wish
    done: Mapping[Target, Summary]
    left: tuple[Target, ...]
    seconds: float = 0.0

    @property
    def summary(self) -> Summary | None:
        """The summary when there is nothing to do at all."""
        return None if self.left else replace(joined(list(self.done.values())), seconds=self.seconds)


def standing(wanted: Wish, known: Standing | None = None) -> Standing:
    """Which targets are as their last build left them: no file that it read or wrote has changed. known: the answer to
    the same, if a moment ago somebody asked that."""
    if known is not None and known.wanted == wanted:
        return known
    if wanted.force or wanted.prune or wanted.locked:  # a project may be up to date and in no lock
        return Standing(wanted, {}, wanted.targets)
    began = time.monotonic()
    held = untouched(str(wanted.root), [walk_key(wanted, target) for target in wanted.targets], wanted.today)
    return replace(standing_by(wanted, held), seconds=time.monotonic() - began)


def standing_by(wanted: Wish, held: Mapping[str, Mapping[str, Any]]) -> Standing:
    """The same by the records that hold, as `untouched` gives them for `walk_key`."""
    keys = {target: walk_key(wanted, target) for target in wanted.targets}
    with without_gc():
        done = {target: _summary(wanted.root, held[key]) for target, key in keys.items() if key in held}
    return Standing(wanted, done, tuple(target for target in wanted.targets if target not in done))


def nothing_to_do(wanted: Wish) -> Summary | None:
    """The summary of the last build, everything reused, when no file it read or wrote has changed; else None."""
    return standing(wanted).summary


def _summary(root: Path, record: Mapping[str, Any]) -> Summary:
    """What a record says of scenes that are all reused."""
    scenes = tuple(
        SceneResult(address, "reused", file, 0.0, length_s, tuple(why), tuple(warnings), "", overrun, behind)
        for address, file, length_s, why, warnings, overrun, behind in record["scenes"]
    )
    return Summary(scenes, tuple(record["films"]), tuple(left_in(str(root), record)))


def walk_key(wanted: Wish, target: Target) -> str:
    """Under which name the record of a target's walk is kept."""
    return key_of(os.path.relpath(target.path, wanted.root), target.parts, wanted.service)
