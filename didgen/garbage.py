"""The garbage collector, kept away from work that grows and leaves nothing behind before its end; and what was freed,
given back."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_M_ARENA_MAX = -8  # of glibc's malloc.h; another C library refuses it


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


def share_heap() -> None:
    """Have all threads allocate from one heap, where the C library can (glibc); to be called before there are any.

    Else each gets a heap of its own, and what lies free in one is of no use to the others: of a watch whose objects
    stayed the same, such holes grew from 13 to 26 MiB in 500 builds. Right for a process whose threads take turns.
    """
    import ctypes

    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """Return to the system what this process has freed, where its C library can (glibc); some milliseconds.

    What threads allocate in turns leaves holes in the heap of each, and glibc keeps those: a process that lives for
    days seems to grow by a megabyte each hundred builds, though nothing more of it is in use.
    """
    import ctypes  # here: a build with nothing to do does without

    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
