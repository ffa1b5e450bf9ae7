"""One build at a time in a workspace: a kernel lock, so that a killed build holds nothing."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import localtime, strftime

from didgen.errors import LockedError
from didgen.store.whole import storage_error


@contextmanager
def build_lock(home: Path, *, wait: bool = True, on_wait: Callable[[str], None] | None = None) -> Iterator[None]:
    """Hold `home/lock` for the block. The file names pid, host and start for whoever waits.

    on_wait hears one sentence before waiting. Raises LockedError when another build holds it and `wait` is false.
    The lock is the kernel's and is never broken by age; the file stays, because removing it would let two in.
    """
    try:
        handle = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise storage_error(error, home / "lock") from error
    try:
        if not _try_lock(handle):
            message = f"another build is running: {_holder(handle)}"
            if not wait:
                raise LockedError(message, hint="wait for it, or leave out --no-wait")
            if on_wait is not None:
                on_wait(f"{message}; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        _sign(handle)
        yield
    finally:
        os.close(handle)


def _try_lock(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(handle: int) -> None:
    os.ftruncate(handle, 0)
    started = strftime("%H:%M:%S", localtime())
    os.pwrite(handle, f"pid {os.getpid()} on {socket.gethostname()} since {started}".encode(), 0)


def _holder(handle: int) -> str:
    return os.pread(handle, 200, 0).decode("utf-8", "replace") or "it has just begun"
