"""Silence for C libraries that talk on stderr, where the progress display is drawn."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOCK = threading.RLock()  # descriptor 2 is the process's: two threads that swap it at once could lose it for good


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """File descriptor 2 leads nowhere meanwhile: LiteRT greets there, libpng and libjpeg comment on each odd file."""
    with _LOCK:
        kept = os.dup(2)
        try:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
