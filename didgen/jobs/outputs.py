"""Where a build's files go, and whether what lies there is what was delivered."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from didgen.digest import sha256_bytes, sha256_file
from didgen.errors import StorageError
from didgen.project.stamps import Stamp, look_of, stamp_of

RELEASE = Path("output")
DRAFTS = Path(".didgen") / "drafts"


@dataclass(frozen=True, slots=True)
class Outputs:
    """The output files of one build: `output/` for the project's own service, `.didgen/drafts/` for any other.

    root: the workspace. stamps: what files looked like when an earlier build delivered them, by path relative to
    root; one that still matches spares the reading. delivered: the same of this build, filled as it goes. former: where
    a release's videos lay by now, by address: as `Scene.output`, with forward slashes.
    """

    root: Path
    draft: bool = False
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    delivered: dict[str, Stamp] = field(default_factory=dict)
    former: Mapping[str, str] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """The folder that `Scene.output` starts from."""
        return self.root / self._below_root

    @property
    def _below_root(self) -> Path:
        return DRAFTS if self.draft else RELEASE

    def key(self, address: str) -> str:
        """An address as the state knows it: drafts have a history of their own."""
        return f"draft:{address}" if self.draft else address

    def path(self, below: Path) -> Path:
        """Where an output lies."""
        return self.folder / below

    def name(self, below: Path) -> str:
        """An output as manifest and messages name it: relative to the root, with forward slashes."""
        return f"{self._below_root.as_posix()}/{below.as_posix()}"  # of thousands: half as dear as joining paths

    def check_place(self, below: Path) -> None:
        """Raises StorageError where an output cannot be put: before anything is rendered for it, and making nothing."""
        path = self.path(below)
        if path.is_dir():
            raise StorageError(
                f"cannot write {path}: it is a folder", hint="move it away, or name the output otherwise"
            )
        above = next(folder for folder in path.parents if os.path.lexists(folder))
        if not above.is_dir():
            what = "a link that leads nowhere" if above.is_symlink() else "a file, and a folder is needed"
            raise StorageError(f"cannot write {path}: {above} is {what}", hint="move it away")
        if not os.access(above, os.W_OK | os.X_OK):
            hint = "who owns the folder, and is its disk read-only?"
            raise StorageError(f"cannot write {path}: nothing can be written in {above}", hint=hint)

    def holds(self, below: Path, digest: str) -> bool:
        """Whether the file at `below` has exactly the bytes of `digest`; an edited one has not."""
        name = self.name(below)
        path = os.path.join(self.root, name)
        try:
            found = os.stat(path)
            known = self.stamps.get(name)
            if known is None or known.look != look_of(found):
                known = stamp_of(found, sha256_file(path))
        except OSError:
            return False
        if known.digest != digest:
            return False
        self.delivered[name] = known
        return True

    def standing(self, address: str, below: Path, digest: str) -> Path | None:
        """The file of an output that has exactly these bytes: at its place, or where it lay before that changed."""
        if self.holds(below, digest):
            return self.path(below)
        former = self._moved(address, below)
        with suppress(OSError):
            if former is not None and sha256_file(self.path(former)) == digest:
                return self.path(former)
        return None

    def moved_from(self, address: str, below: Path) -> str:
        """The name of the file that an output was before its place changed, if that is still there; else ""."""
        former = self._moved(address, below)
        return self.name(former) if former is not None and self.path(former).is_file() else ""

    def _moved(self, address: str, below: Path) -> Path | None:
        """Where an output lay before its place changed; None where it did not."""
        former = self.former.get(address)
        return None if former in (None, below.as_posix()) else Path(former)

    def note(self, below: Path, digest: str) -> None:
        """Remember a file that was just put in place."""
        self.delivered[self.name(below)] = _stamp(os.stat(self.path(below)), digest)

    def note_file(self, path: Path, data: bytes) -> None:
        """Remember a file elsewhere in the workspace that a build sees to; `data` is what it holds, if it is there."""
        with suppress(FileNotFoundError):
            name = os.path.relpath(path, self.root).replace(os.sep, "/")
            self.delivered[name] = _stamp(os.stat(path), sha256_bytes(data))


def _stamp(found: os.stat_result, digest: str) -> Stamp:
    """Of a file that we wrote whole a moment ago; so it is trusted, though it is young."""
    return Stamp(*look_of(found), digest)
