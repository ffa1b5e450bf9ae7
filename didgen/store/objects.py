"""Objects: bytes named by their sha256, never half a file, never changed, verified when they leave the store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

from didgen.digest import sha256_file
from didgen.errors import DidgenError, StorageError
from didgen.store.whole import beside, copy_hashed, storage_error, sweep, sweep_here, sync_folder

READ_ONLY = 0o444
HEX = 64
"""Letters of a sha256, and so of every object's name."""


class DamagedObjectError(StorageError):
    """An object's bytes are not what its name says; it lies in quarantine now and counts as absent."""


class InputChangedError(DidgenError):
    """A file was edited between planning and rendering; the next build sees it as it is then."""


class Objects:
    """The object store of one workspace, below `home` (`.didgen`)."""

    def __init__(self, home: Path) -> None:
        self.folder = home / "objects"
        self.temporary = home / "tmp"
        self.quarantine = home / "quarantine"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.temporary.mkdir(exist_ok=True)
        except OSError as error:
            raise storage_error(error, home) from error

    def path(self, digest: str) -> Path:
        """Where an object lies or would lie: `objects/ab/cdef…`."""
        return self.folder / digest[:2] / digest[2:]

    def size(self, digest: str) -> int:
        """Bytes of an object, -1 when it is not there."""
        try:
            return os.stat(f"{self.folder}/{digest[:2]}/{digest[2:]}").st_size  # of thousands, in a plan
        except OSError:
            return -1

    def names(self) -> Iterator[str]:
        """The digest of every object that lies here, whole or not, in order."""
        for folder in sorted(self.folder.glob("??")):
            for path in sorted(folder.iterdir()):
                digest = folder.name + path.name
                if len(digest) == HEX and set(digest) <= set("0123456789abcdef"):
                    yield digest

    def put_file(self, source: Path) -> str:
        """Store a copy of a file; the digest of exactly the bytes that were copied."""
        unnamed = self.temporary / f"incoming-{os.getpid()}-{os.urandom(6).hex()}"
        try:
            with beside(unnamed, mode=READ_ONLY) as file:
                digest, _ = copy_hashed(source, file)
            self.path(digest).parent.mkdir(exist_ok=True)
            os.replace(unnamed, self.path(digest))
            sync_folder(self.path(digest).parent)
            return digest
        except OSError as error:
            raise storage_error(error, unnamed) from error
        finally:
            with suppress(OSError):
                unnamed.unlink()

    def receive(self, digest: str, parts: Iterable[bytes]) -> None:
        """Store bytes that come from elsewhere, if they are what their digest says.

        Raises DamagedObjectError when they are not, with nothing of them kept; StorageError, and what `parts` raises.
        """
        found = hashlib.sha256()
        with beside(self.path(digest), mode=READ_ONLY, temporary=self.temporary) as file:
            for part in parts:
                file.write(part)
                found.update(part)
            if found.hexdigest() != digest:
                raise DamagedObjectError(f"object {digest[:12]} is damaged")

    def snapshot(self, source: Path, digest: str, into: Path) -> Path:
        """Copy an input into the folder `into` while hashing it; the copy, under the input's own name.

        Raises InputChangedError when its bytes are not those the plan was made from.
        """
        copy = into / digest[:16] / source.name
        with beside(copy, mode=READ_ONLY, temporary=self.temporary) as file:
            if _copy_input(source, file) != digest:
                raise InputChangedError(f"{source} changed while building", hint="build again")
        return copy

    def deliver(self, digest: str, to: Path) -> None:
        """Copy an object to `to`, verified on the way; never a link, so that editing `to` harms nothing.

        Raises DamagedObjectError (and moves the object to quarantine), StorageError.
        """
        if self.size(digest) < 0:
            raise _missing(digest)
        with beside(to) as file:
            try:
                found, _ = copy_hashed(self.path(digest), file)
            except FileNotFoundError as error:  # somebody else found it damaged meanwhile
                raise _missing(digest) from error
            if found != digest:
                self.set_aside(self.path(digest), digest)
                raise DamagedObjectError(f"object {digest[:12]} is damaged")

    def check(self, digest: str) -> Path:
        """The path of an object that was read through just now, for what is to be made from it.

        Raises DamagedObjectError (and moves the object to quarantine), StorageError.
        """
        try:
            found = sha256_file(self.path(digest))
        except FileNotFoundError as error:
            raise _missing(digest) from error
        except OSError as error:
            raise StorageError(f"cannot read {self.path(digest)}: {error.strerror}") from error
        if found != digest:
            self.set_aside(self.path(digest), digest)
            raise DamagedObjectError(f"object {digest[:12]} is damaged")
        return self.path(digest)

    def set_aside(self, path: Path, name: str) -> None:
        """Move what is damaged to quarantine, where nothing looks for it; somebody else may have done so."""
        try:
            self.quarantine.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):
                os.replace(path, self.quarantine / name)
        except OSError as error:
            raise storage_error(error, self.quarantine / name) from error

    def clear(self) -> None:
        """Remove what killed runs left unfinished. Only the holder of the lock may."""
        import shutil

        sweep_here(self.folder.parent)
        sweep(self.folder)
        shutil.rmtree(self.temporary, ignore_errors=True)
        self.temporary.mkdir(exist_ok=True)


def _missing(digest: str) -> DamagedObjectError:
    return DamagedObjectError(f"object {digest[:12]} is missing")


def _copy_input(source: Path, file: IO[bytes]) -> str:
    try:
        return copy_hashed(source, file)[0]
    except FileNotFoundError as error:
        raise InputChangedError(f"{source} has gone while building", hint="build again") from error
