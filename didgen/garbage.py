"""The garbage collector, kept away from work that grows and leaves nothing behind before its end; and what was freed,
given back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_gc() -> Iterator[None]:
    """The collector walks what grows again and again: three quarters of the time of parsing 10,000 scenes."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def give_back() -> None:
    """Return to the system what this process has freed, where its C library can (glibc); some milliseconds.

    What threads allocate in turns leaves holes in the heap of each, and glibc keeps those: a process that lives for
    days seems to grow by a megabyte each hundred builds, though nothing more of it is in use.
    """
    import ctypes  # here: a build with nothing to do does without

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
