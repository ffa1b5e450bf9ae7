"""The folder of a server: uploads, results and what is in the making, each under a name of ours."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from didgen.errors import LockedError
from didgen.store.whole import storage_error, sweep_here, sync_folder

FREE_BYTES = 256 << 20
"""What the disk must have left before anything new is taken in."""


class Shelf:
    """Where files lie. uploads: what clients sent or we fetched for them; results: videos and their sound; account:
    what holds for every job; making: what nobody has been told of yet, emptied at every start."""

    def __init__(self, folder: Path) -> None:
        """Make what is missing. Raises StorageError."""
        self.folder = folder
        self.uploads, self.results, self.account, self.making = (
            folder / name for name in ("uploads", "results", "account", "making")
        )
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for each in (self.uploads, self.results, self.account, self.making):
                each.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise storage_error(error, folder) from error

    def tidy(self, uploads: set[str], results: set[str]) -> None:
        """Remove what no row knows: a kill came between a file and its row. For the start, before anything is made."""
        for folder, known in ((self.uploads, uploads), (self.results, results), (self.making, set[str]())):
            for path in folder.iterdir():
                if path.name not in known:
                    path.unlink(missing_ok=True)

    def keep_result(self, made: Path) -> str:
        """Move a finished file into results, durably, under an unguessable name; that name. Raises StorageError."""
        name = f"{secrets.token_urlsafe(16)}{made.suffix}"
        try:
            _sync(made)
            os.replace(made, self.results / name)
            sync_folder(self.results)
        except OSError as error:
            raise storage_error(error, self.results / name) from error
        return name

    def drop(self, taken: Path) -> None:
        """Remove a file of making, if it is still there."""
        taken.unlink(missing_ok=True)

    def drop_results(self, *names: str) -> None:
        """Remove files of results; "" and what is gone already are passed over."""
        for name in filter(None, names):
            (self.results / name).unlink(missing_ok=True)

    def drop_uploads(self, names: list[str]) -> None:
        """Remove files of uploads."""
        for name in names:
            (self.uploads / name).unlink(missing_ok=True)

    def has_room(self) -> bool:
        """Whether the disk has room for something new."""
        return shutil.disk_usage(self.folder).free > FREE_BYTES


@contextmanager
def only_server(folder: Path) -> Iterator[Path]:
    """Hold the folder for one server; a fresh place in it for the renderer. Raises LockedError, StorageError.

    The lock is the kernel's: a killed server holds nothing.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise storage_error(error, folder) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.pread(handle, 200, 0).decode("utf-8", "replace") or "it has just begun"
            hint = "use that one, stop it, or serve from another folder"
            raise LockedError(f"another server uses {folder}: {who}", hint=hint) from None
        _sign(handle, f"pid {os.getpid()}")
        rendering = folder / "rendering"
        shutil.rmtree(rendering, ignore_errors=True)
        rendering.mkdir(mode=0o700)
        sweep_here(folder)
        yield rendering
    finally:
        os.close(handle)


def announce(folder: Path, address: str) -> None:
    """Note where the server listens that holds the folder, for whoever wants to start another. Raises StorageError."""
    try:
        handle = os.open(folder / "lock", os.O_WRONLY)
    except OSError as error:
        raise storage_error(error, folder) from error
    try:
        _sign(handle, f"pid {os.getpid()} at {address}")
    finally:
        os.close(handle)


def _sign(handle: int, text: str) -> None:
    os.ftruncate(handle, 0)
    os.pwrite(handle, text.encode(), 0)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
