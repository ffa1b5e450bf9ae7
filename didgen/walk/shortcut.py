"""What is asked of a walk, and the short cut past it.

A finished build leaves stamps of every file it read and wrote; while all of them hold there is nothing to do. This
path must stay light (no YAML, pydantic, templates, asyncio or numpy; tested), so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from didgen.digest import canonical_json
from didgen.garbage import without_gc
from didgen.project.stamps import renewed
from didgen.project.workspace import find_projects
from didgen.store.walks import read_walks, renew_walks
from didgen.walk.record import of_this_form, surroundings
from didgen.walk.summary import SceneResult, Summary, joined

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
    keys = {target: walk_key(wanted, target) for target in wanted.targets}
    done: dict[Target, Summary] = {}
    fresh: dict[str, tuple[str, str]] = {}
    with without_gc():
        records = read_walks(wanted.root, keys.values())
        now = surroundings() if records else ""
        for target, key in keys.items():
            found = _untouched(wanted, records.get(key, ""), now)
            if found is not None:
                done[target], anew = found
                if anew is not None:
                    fresh[key] = records[key], anew
    if fresh:
        renew_walks(wanted.root, fresh)
    left = tuple(target for target in wanted.targets if target not in done)
    return Standing(wanted, done, left, time.monotonic() - began)


def nothing_to_do(wanted: Wish) -> Summary | None:
    """The summary of the last build, everything reused, when no file it read or wrote has changed; else None."""
    return standing(wanted).summary


def _untouched(wanted: Wish, kept: str, now: str) -> tuple[Summary, str | None] | None:
    """What a record says when all of it still holds, and the record with the looks of files as they are now, where
    some differ. now: the surroundings."""
    try:
        record = json.loads(kept)
    except ValueError:
        return None
    if not of_this_form(record) or record["surroundings"] != now:
        return None
    asked_at = record["asked_at"]
    if asked_at is not None and not 0 <= time.time() - asked_at < LINKS_FRESH_S:
        return None
    if record["until"] and record["until"] < wanted.today:
        return None  # rights have ended
    stamps = renewed(wanted.root, record["stamps"])
    if stamps is None:
        return None
    anew = json.dumps({**record, "stamps": stamps}, separators=(",", ":")) if stamps is not record["stamps"] else None
    stale = tuple(name for name in record["stale"] if os.path.exists(wanted.root / name))
    scenes = tuple(
        SceneResult(address, "reused", file, 0.0, length_s, tuple(why), tuple(warnings), "", overrun, behind)
        for address, file, length_s, why, warnings, overrun, behind in record["scenes"]
    )
    return Summary(scenes, tuple(record["films"]), stale), anew


def walk_key(wanted: Wish, target: Target) -> str:
    """Under which name the record of a walk is kept: what was asked for, as far as it changes the result."""
    return canonical_json([os.path.relpath(target.path, wanted.root), target.parts, wanted.service]).decode()
