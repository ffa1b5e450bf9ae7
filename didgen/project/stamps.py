"""What files looked like when their digests were taken, and whether they still are what they were.

A file is trusted unread while its size, both of its times and its inode are what they were: an edit that keeps the
size and sets the modification time back still moves the change time, which nobody can set. A file that was touched
less than two seconds before it was looked at is not trusted, for it may change again within the grain of its
timestamps: its content is read again the next time. Where the look differs the content decides.

Light on purpose (os and digests only): the build with nothing to do gets no further than `renewed`. So nothing here is
a dataclass: importing those takes longer than looking at a thousand files.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Mapping

from didgen.digest import CHUNK_BYTES, sha256_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

RACY_NS = 2_000_000_000
"""So long after a change a file's timestamps may still hide another one; FAT counts in steps of two seconds."""

Look = tuple[int, int, int, int]
"""Size, modification time and change time in ns, inode."""

UNTRUSTED = -1
"""Stands for the modification time of a file that was too young to be trusted: no file has it."""


class Stamp:
    """What a file looked like when its digest was taken.

    mtime_ns is UNTRUSTED when the file was younger than two seconds then: such a stamp never matches by its look, only
    by digest. A file that was looked for and not there is MISSING.
    """

    __slots__ = ("ctime_ns", "digest", "inode", "mtime_ns", "size")

    def __init__(self, size: int, mtime_ns: int, ctime_ns: int, inode: int, digest: str) -> None:
        self.size, self.mtime_ns, self.ctime_ns, self.inode, self.digest = size, mtime_ns, ctime_ns, inode, digest

    @property
    def look(self) -> Look:
        return self.size, self.mtime_ns, self.ctime_ns, self.inode

    @property
    def row(self) -> tuple[int, int, int, int, str]:
        """Its members, in the order of COLUMNS."""
        return *self.look, self.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stamp) and self.row == other.row

    def __hash__(self) -> int:
        return hash(self.row)

    def __repr__(self) -> str:
        return f"Stamp{self.row}"


COLUMNS = ("sizes", "mtimes", "ctimes", "inodes", "digests")
Packed = dict[str, "list[Any]"]
"""Stamps in the form they are kept in: names, and a column for each member."""

MISSING = Stamp(-1, UNTRUSTED, UNTRUSTED, 0, "")


def look_of(found: os.stat_result) -> Look:
    """What a file looks like."""
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def stamp_of(found: os.stat_result, digest: str) -> Stamp:
    """The stamp of a file whose content was just read, or written. found: how it looked after that."""
    young = max(found.st_mtime_ns, found.st_ctime_ns) > time.time_ns() - RACY_NS
    return Stamp(found.st_size, UNTRUSTED if young else found.st_mtime_ns, found.st_ctime_ns, found.st_ino, digest)


def pack(stamps: Mapping[str, Stamp]) -> Packed:
    """Stamps by name in columns, which are read several times faster than rows."""
    rows = [stamp.row for stamp in stamps.values()]
    return {"names": list(stamps), **{key: [row[k] for row in rows] for k, key in enumerate(COLUMNS)}}


def unpack(packed: Packed) -> dict[str, Stamp]:
    """Stamps by name again."""
    columns = [packed[key] for key in ("names", *COLUMNS)]
    return {name: Stamp(*row) for name, *row in zip(*columns, strict=True)}


def renewed(root: str | Path, packed: Packed) -> Packed | None:
    """Packed stamps as the files look now, None when one of them has changed: by its look, and where that differs by
    content. The same object when there is no look that could be trusted in place of another."""
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)  # names below it cost the system less
    try:
        fresh = _other_looks(folder, packed)
    finally:
        os.close(folder)
    if fresh is None:
        return None
    return _with(packed, fresh) if fresh else packed


def altered(root: str, packed: Packed, most: int) -> list[str] | None:
    """Names of files that have other bytes than their stamps say, have come or have gone; None for more than `most`."""
    names: list[str] = []
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return names if _other_looks(folder, packed, names, most) is not None else None
    finally:
        os.close(folder)


def _other_looks(
    folder: int, packed: Packed, changed: list[str] | None = None, most: int = 0
) -> dict[int, Stamp] | None:
    """By number, stamps of files that look otherwise now, are old enough to be trusted, and have the bytes they had;
    None when more than `most` have not. changed: hears of those."""
    fresh: dict[int, Stamp] = {}
    looks = zip(packed["names"], *(packed[key] for key in COLUMNS), strict=True)
    for at, (name, size, mtime_ns, ctime_ns, inode, digest) in enumerate(looks):
        try:
            found = os.stat(name, dir_fd=folder)
        except OSError:
            if not digest:
                continue
            found = None
        if (
            found is None
            or found.st_ino != inode
            or found.st_mtime_ns != mtime_ns
            or found.st_ctime_ns != ctime_ns
            or found.st_size != size
        ):
            now = _stamp_now(folder, name, found) if digest and found is not None and found.st_size == size else None
            if now is None or now.digest != digest:
                if changed is None or len(changed) >= most:
                    return None
                changed.append(name)
                continue
            if now.mtime_ns != UNTRUSTED:  # else it is read again the next time, whatever is written down
                fresh[at] = now
    return fresh


def _stamp_now(folder: int, name: str, found: os.stat_result) -> Stamp | None:
    """The stamp of a file that looked like `found` a moment ago; None where it cannot be read, is no regular file, or
    was changed meanwhile."""
    if not stat.S_ISREG(found.st_mode):
        return None
    try:
        handle = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=folder)
        try:
            digest = _digest(handle, found.st_size)
            after = os.fstat(handle)
        finally:
            os.close(handle)
    except OSError:
        return None
    return stamp_of(after, digest) if look_of(after) == look_of(found) else None


def _digest(handle: int, size: int) -> str:
    """The sha256 of an open file; most are small and read in one go."""
    data = os.read(handle, CHUNK_BYTES)
    if len(data) == size < CHUNK_BYTES:
        return sha256_bytes(data)
    total = hashlib.sha256()
    while data:
        total.update(data)
        data = os.read(handle, CHUNK_BYTES)
    return total.hexdigest()


def _with(packed: Packed, fresh: Mapping[int, Stamp]) -> Packed:
    columns = {key: list(packed[key]) for key in COLUMNS}
    for at, stamp in fresh.items():
        for key, value in zip(COLUMNS, stamp.row, strict=True):
            columns[key][at] = value
    return {"names": packed["names"], **columns}
