"""The files a project reads: each read once, each remembered by stamp, none outside the workspace."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from didgen.digest import CHUNK_BYTES, sha256_bytes, sha256_file
from didgen.project.nearby import Nearby
from didgen.project.stamps import MISSING, Stamp, look_of, stamp_of

MAX_TEXT_BYTES = 5_000_000

T = TypeVar("T")


class FileProblem(Exception):
    """A file that cannot be used; the message names no place, the caller knows who asked for it."""

    def hint(self, folder: Path | str) -> str:  # noqa: ARG002
        """What to do about it, in names as they are written in a file of `folder`; "" where nobody knows."""
        return ""


class MissingFileProblem(FileProblem):
    """A file that is not there. path: where it was looked for."""

    def __init__(self, name: str, path: str, nearby: Nearby) -> None:
        super().__init__(f"{name} does not exist")
        self._path = path
        self._nearby = nearby

    def hint(self, folder: Path | str) -> str:
        return self._nearby.hint(self._path, str(folder))


class Files:
    """Files of one workspace, read at most once each.

    root: the workspace. known: stamps of an earlier walk by path relative to root; one that still matches size,
    times and inode spares the reading. texts: what an earlier walk of this process read, to the same end.
    """

    def __init__(
        self,
        root: Path,
        known: Mapping[str, Stamp] | None = None,
        texts: Mapping[str, tuple[Stamp, bytes]] | None = None,
    ) -> None:
        self.root = Path(os.path.realpath(root))
        self._prefix = os.path.join(self.root, "")
        self._known = known or {}
        self._former = texts or {}
        self._seen: dict[str, Stamp] = {}
        self._unread: dict[str, Stamp] = {}
        self._links: dict[str, str] = {}
        self._bytes: dict[str, bytes] = {}
        self._folders: dict[tuple[str, str], tuple[str, str]] = {}
        self._nearby = Nearby(self._prefix)
        self._fresh: set[str] = set()
        self._located: dict[str, os.stat_result] = {}  # what a look for links saw, until the file is looked at

    def locate(self, name: str, folder: Path) -> Path:
        """The path that `name`, written in a file of `folder`, stands for; existing or not.

        Raises FileProblem for an absolute name, one that leads out of the workspace, also through a symlink.
        """
        return Path(self.find(name, str(folder)))

    def find(self, name: str, folder: str) -> str:
        """As `locate`, in text: of thousands of scripts the paths alone are a tenth of a plan's cost."""
        if not name.isprintable() or not name.strip():
            raise FileProblem(f"{name!r} is not a file name")
        if os.path.isabs(name) or name.startswith("~") or (len(name) > 1 and name[1] == ":"):
            raise FileProblem(f"{name!r} is an absolute path; name it relative to this file")
        above, _, last = name.rpartition("/")
        if last in ("", ".", ".."):
            above, last = os.path.split(os.path.normpath(os.path.join(folder, name)))
        called, lies = self._folder(folder, above)
        plain, real = called + last, lies + last
        found = _lstat(real)
        if found is not None and stat.S_ISLNK(found.st_mode):
            real = os.path.realpath(real)
        elif found is not None:
            self._located[real] = found
        if real != plain:
            self._links[self.relative(plain)] = self.relative(real)
        if not f"{real}/".startswith(self._prefix):
            self._unread[self.relative(plain)] = _unread(plain)
            raise FileProblem(f"{name!r} leads out of the workspace {self.root.name}")
        return real

    def _folder(self, folder: str, below: str) -> tuple[str, str]:
        """The folder that is called `below` in another: as it is called and where it lies, with a slash at the end."""
        found = self._folders.get((folder, below))
        if found is None:
            plain = os.path.normpath(os.path.join(folder, below))
            found = os.path.join(plain, ""), os.path.join(os.path.realpath(plain), "")
            self._folders[folder, below] = found
        return found

    def relative(self, path: Path | str) -> str:
        """The path as messages and stamps name it: relative to the root, with forward slashes."""
        text = str(path)
        if text.startswith(self._prefix):
            return text[len(self._prefix) :].replace(os.sep, "/")
        return os.path.relpath(text, self.root).replace(os.sep, "/")

    def read(self, path: Path | str) -> bytes:
        """The bytes of a text that is read as a whole. Raises FileProblem, also for one that is no text by its size."""
        name = self.relative(path)
        if name not in self._bytes:
            before = self._stat(path, name)
            if before.st_size > MAX_TEXT_BYTES:
                raise self._unusable(name, before, f"is larger than {MAX_TEXT_BYTES // 1_000_000} MB")
            former = self._former.get(name)
            if former is not None and former[0].look == look_of(before):
                self._seen[name], self._bytes[name] = former
            else:
                data, found = self._steady(path, name, _read_bytes, before)
                self._seen[name], self._bytes[name] = stamp_of(found, sha256_bytes(data)), data
        return self._bytes[name]

    def texts(self) -> dict[str, bytes]:
        """What was read of the files that were read as a whole, by name."""
        return dict(self._bytes)

    def stamped_texts(self) -> dict[str, tuple[Stamp, bytes]]:
        """The same, with the stamps that they had then."""
        return {name: (self._seen[name], data) for name, data in self._bytes.items()}

    def note_missing(self, path: Path) -> None:
        """Remember that a file was looked for and is not there, so that its coming is noticed."""
        self._seen[self.relative(path)] = MISSING

    def digest(self, path: Path) -> str:
        """The sha256 of a regular file, from its stamp when that still matches. Raises FileProblem."""
        name = self.relative(path)
        seen = self._seen.get(name)
        if seen is None or not seen.digest:
            seen = self._seen[name] = self._known_or_read(path, name)
        return seen.digest

    def _known_or_read(self, path: Path, name: str) -> Stamp:
        known = self._known.get(name)
        if known is not None and known.digest and known.look == look_of(self._stat(path, name)):
            return known
        digest, found = self._steady(path, name, sha256_file)
        self._fresh.add(name)
        return stamp_of(found, digest)

    def is_fresh(self, path: Path) -> bool:
        """Whether a file whose digest was asked for is new or changed since the last finished walk."""
        return self.relative(path) in self._fresh

    def size(self, path: Path) -> int:
        """Size in bytes of a file whose digest was asked for."""
        return self._seen[self.relative(path)].size

    def seen(self) -> dict[str, Stamp]:
        """A stamp for every file read and for every one that was missing."""
        return dict(self._seen)

    def stamps(self) -> dict[str, Stamp]:
        """`seen`, also under the name of each symbolic link that led to a file: it may lead elsewhere tomorrow."""
        return self._seen | {link: self._seen[name] for link, name in self._links.items() if name in self._seen}

    def looked_at(self) -> dict[str, Stamp]:
        """`stamps`, and what could not be read or used, as it was before that was tried, without a digest."""
        return self._unread | self.stamps()

    def _steady(
        self, path: Path | str, name: str, take: Callable[[str], T], before: os.stat_result | None = None
    ) -> tuple[T, os.stat_result]:
        """What `take` makes of a file that did not change meanwhile: tried twice. before: how it looks now."""
        for _ in range(2):
            before = before or self._stat(path, name)
            try:
                value = take(str(path))
            except OSError as error:
                raise self._unusable(name, before, f"cannot be read: {error.strerror}") from None
            after = self._stat(path, name)
            if look_of(before) == look_of(after):
                return value, after
            before = None
        raise self._unusable(name, after, "is still being written")

    def _unusable(self, name: str, found: os.stat_result, why: str) -> FileProblem:
        """A problem with a file that is there; what it looks like is remembered, for that may change."""
        self._unread[name] = Stamp(*look_of(found), "")
        return FileProblem(f"{name} {why}")

    def _stat(self, path: Path | str, name: str) -> os.stat_result:
        try:
            found = self._located.pop(str(path), None) or os.stat(path)
        except (FileNotFoundError, NotADirectoryError):
            self._seen[name] = MISSING
            raise MissingFileProblem(self._named(name), str(path), self._nearby) from None
        except OSError as error:
            self._unread[name] = MISSING
            raise FileProblem(f"{name} cannot be read: {error.strerror}") from None
        if not stat.S_ISREG(found.st_mode):
            raise self._unusable(name, found, f"is {_sort(found.st_mode)}, not a file")
        return found

    def _named(self, name: str) -> str:
        """How a missing file is called: also by the link that leads to it."""
        link = next((link for link, real in self._links.items() if real == name), "")
        return f"{link} is a link, and {name}" if link and not link.startswith(f"{name}/") else name


def _unread(path: str) -> Stamp:
    """What there is to be seen of a file from outside."""
    try:
        return Stamp(*look_of(os.stat(path)), "")
    except OSError:
        return MISSING


def _lstat(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except OSError:
        return None


def _read_bytes(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # half as dear as a file object, and there may be thousands
    try:
        data = last = os.read(handle, CHUNK_BYTES)
        while last:
            last = os.read(handle, CHUNK_BYTES)
            data += last
        return data
    finally:
        os.close(handle)


def _sort(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a folder"
    return "a pipe or a device"
