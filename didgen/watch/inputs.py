"""The files that plans were made from: whether they are still what was read, and which folders they lie in.

Looks and remembers, reads only where size or time differ.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from didgen.digest import sha256_file
from didgen.jobs.lockfile import NAME as LOCK
from didgen.project.stamps import MISSING, RACY_NS, Look, Stamp, look_of
from didgen.walk.planned import Former
from didgen.walk.shortcut import Target, Wish

GONE = MISSING.look


@dataclass
class Inputs:
    """What one plan was made from, or was tried to be made from. stamps: by path relative to root, as
    `project.files.Files.looked_at` tells them."""

    root: Path
    stamps: dict[str, Stamp] = field(default_factory=dict)

    def changed(self) -> list[str]:
        """Names of files that have other bytes than were read, have come or have gone. One that was only touched is not
        among them, and is not read a second time for that."""
        return [name for name, stamp in list(self.stamps.items()) if not self._is_still(name, stamp)]

    def looks(self) -> dict[str, Look]:
        """What can be seen of each file without reading it."""
        return {name: look(os.path.join(self.root, name)) for name in self.stamps}

    def moved(self) -> int:
        """How many files do not look as they did."""
        return sum(look(os.path.join(self.root, name)) != stamp.look for name, stamp in self.stamps.items())

    def torn(self) -> bool:
        """Whether a file that had something in it is empty or not there: an editor may be just about to write it."""
        return any(stamp.size > 0 >= look(os.path.join(self.root, name))[0] for name, stamp in self.stamps.items())

    def _is_still(self, name: str, stamp: Stamp) -> bool:
        path = os.path.join(self.root, name)
        found = look(path)
        if found == stamp.look:
            return True
        if not stamp.digest or found[0] != stamp.size:
            return False
        try:
            same = sha256_file(path) == stamp.digest
        except OSError:
            return False
        if same and max(found[1:3]) < time.time_ns() - RACY_NS:
            self.stamps[name] = Stamp(*found, stamp.digest)
        return same


@dataclass
class Project:
    """What is known of one target. former: of its last plan, so that what is as it was need not be read again; scenes:
    how many it has; today: the day it was planned on."""

    inputs: Inputs
    former: Former | None = None
    scenes: int = 0
    today: str = ""


@dataclass
class Projects:
    """All that is watched, by target."""

    root: Path
    known: dict[Target, Project] = field(default_factory=dict)

    def of(self, target: Target) -> Project:
        """What is known of a target; from now on it is one of them."""
        return self.known.setdefault(target, Project(Inputs(self.root)))

    def changed(self, wanted: Wish) -> dict[Target, list[str]]:
        """Projects that have to be planned anew, and the files because of which: those that are new or of which a file
        has changed, and all of them on a new day, for rights may have ended."""
        found: dict[Target, list[str]] = {}
        for target in wanted.targets:
            project = self.known.get(target)
            names = [self.name(target)] if project is None else project.inputs.changed()
            if names or project is None or project.today != wanted.today:
                found[target] = names
        return found

    def lock(self, target: Target) -> str:
        """Name of the `didgen.lock` of a project."""
        return str(Path(self.name(target)).with_name(LOCK))

    def note_lock(self, target: Target, stamp: Stamp) -> None:
        """The lock was written by ourselves, and says nothing new."""
        name = self.lock(target)
        if target in self.known and name in self.known[target].inputs.stamps:
            self.known[target].inputs.stamps[name] = stamp

    def gone(self, wanted: Wish) -> set[Target]:
        """Those that are not there any more."""
        return set(self.known) - set(wanted.targets)

    def names(self) -> set[str]:
        """All files, relative to the root."""
        return {name for one in self.known.values() for name in one.inputs.stamps}

    def looks(self) -> dict[str, Look]:
        """What can be seen of all files without reading them."""
        return {name: seen for one in self.known.values() for name, seen in one.inputs.looks().items()}

    def moved(self) -> int:
        """How many files do not look as they did when they were read."""
        return sum(one.inputs.moved() for one in self.known.values())

    def torn(self) -> bool:
        """Whether an editor may be just about to write one of the files."""
        return any(one.inputs.torn() for one in self.known.values())

    def folders(self) -> frozenset[str]:
        """Where something may happen that concerns us."""
        return folders_of(self.root, self.names())

    def name(self, target: Target) -> str:
        """A project's file relative to the root."""
        return target.path.relative_to(self.root).as_posix()


def look(path: str) -> Look:
    """What a file looks like, GONE where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return GONE
    return look_of(found)


def folders_of(root: Path, names: Iterable[str]) -> frozenset[str]:
    """Folders in which something may happen that concerns us: those of files, all above them up to the root, and where
    projects lie or may come to lie. Those that exist."""
    base = str(root)
    found = {base}
    for name in {os.path.dirname(name) for name in names} | {"projects"} | set(_homes(base)):
        while name and name not in found:
            found.add(os.path.join(base, name))
            name = os.path.dirname(name)  # noqa: PLW2901
    return frozenset(path for path in found if os.path.isdir(path))


def _homes(base: str) -> list[str]:
    """Folders below `projects/`: each may get a project file."""
    try:
        with os.scandir(os.path.join(base, "projects")) as entries:
            return [f"projects/{entry.name}" for entry in entries if entry.is_dir()]
    except OSError:
        return []
