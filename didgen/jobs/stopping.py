"""Ctrl-C and SIGTERM: the first asks a build to stop, the second ends the program."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from didgen.errors import InterruptedBuildError


@contextmanager
def stoppable(tasks: Sequence[asyncio.Task[Any]]) -> Iterator[None]:
    """Ctrl-C and SIGTERM cancel the tasks once; the second time the program ends at once.

    Outside the main thread signals are somebody else's.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    asked = False

    def stop() -> None:
        nonlocal asked
        if asked:
            os._exit(InterruptedBuildError.exit_code)
        asked = True
        for task in tasks:
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
