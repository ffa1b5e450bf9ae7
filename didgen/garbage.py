"""The garbage collector, kept away from work that grows and leaves nothing behind before its end."""

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
