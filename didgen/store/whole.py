"""Files that are whole or absent: written beside their place, synced, renamed, the folder synced.

Every write of a build goes through here, so here is where a full or broken disk becomes a StorageError.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from didgen.digest import CHUNK_BYTES
from didgen.errors import StorageError

MARK = ".didgen-"
"""Names of unfinished files start so; what a killed run leaves behind is known by it."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def beside(to: Path, *, mode: int = 0o644, temporary: Path | None = None) -> Iterator[IO[bytes]]:
    """A writable file that appears at `to`, whole and durable, when the block ends without an error.

    temporary: the folder it is written in, on the same file system; default: that of `to`. Raises StorageError.
    """
    folder = temporary or to.parent
    name = folder / f"{MARK}{os.getpid()}-{os.urandom(6).hex()}"
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with open(name, "xb") as file:
            yield file
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(name, to)
        sync_folder(to.parent)
    except OSError as error:
        raise storage_error(error, to) from error
    finally:
        with suppress(OSError):
            os.unlink(name)


def write_whole(to: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Put `data` at `to`, replacing what was there. Raises StorageError."""
    with beside(to, mode=mode) as file:
        file.write(data)


def copy_hashed(source: Path, file: IO[bytes]) -> tuple[str, int]:
    """Copy a file's bytes; the sha256 and the count of what was copied. Raises OSError."""
    digest, size = hashlib.sha256(), 0
    with open(source, "rb", buffering=0) as reader:
        while chunk := reader.read(CHUNK_BYTES):
            file.write(chunk)
            digest.update(chunk)
            size += len(chunk)
    return digest.hexdigest(), size


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` durable; file systems that cannot sync a folder are left to themselves."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def sweep(folder: Path) -> int:
    """Remove what killed runs left unfinished in `folder` and below; how many. Only the holder of the lock may."""
    count = 0
    for base, _, names in os.walk(folder):
        for name in names:
            if name.startswith(MARK):
                with suppress(OSError):
                    os.unlink(os.path.join(base, name))
                    count += 1
    return count


def sweep_here(folder: Path) -> None:
    """Remove what killed runs left unfinished in `folder` itself, among files of others. Only the holder of the lock
    may; what a living process is writing there stays, for some is written before the lock is held."""
    for path in folder.glob(f"{MARK}*"):
        if not _is_another(path.name.removeprefix(MARK).partition("-")[0]):
            with suppress(OSError):
                path.unlink()


def _is_another(pid: str) -> bool:
    """Whether there is a process of that number, other than this one."""
    try:
        os.kill(int(pid), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return False
    except PermissionError:
        return True  # somebody else's
    return int(pid) != os.getpid()


def storage_error(error: OSError, path: Path) -> StorageError:
    """The one message for a disk that says no, naming the path and what to do."""
    if error.errno in _FULL:
        return StorageError(
            f"disk full: cannot write {path}", hint="free some space and build again; what is finished is kept"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return StorageError(f"cannot write {path}: {error.strerror}", hint="check who owns the folder")
    return StorageError(f"cannot write {path}: {error.strerror or error}")
