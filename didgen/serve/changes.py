"""Who waits for a job to change is told at once, and need not ask again and again (`Prefer: wait`, RFC 7240)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

WAIT_S = 20.0
"""For how long an answer is held back at most."""


class Changes:
    """Wakes who waits. One event loop."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._closed = False

    async def wait(self, job: str, seconds: float) -> None:
        """Until the job's status changes, everybody is let go, or that time is over."""
        if self._closed:
            return
        woken = asyncio.Event()
        self._waiting.setdefault(job, set()).add(woken)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(min(seconds, WAIT_S)):
                    await woken.wait()
        finally:
            self._waiting[job].discard(woken)
            if not self._waiting[job]:
                del self._waiting[job]

    def tell(self, job: str) -> None:
        """The status of a job is another one now."""
        for woken in self._waiting.get(job, ()):
            woken.set()

    def let_go(self) -> None:
        """The server ends: nobody waits any more."""
        self._closed = True
        for job in self._waiting:
            self.tell(job)


def wait_asked(prefer: str) -> float:
    """Seconds that a `Prefer` header asks to wait, 0 where it does not. Parts of a second are taken, too."""
    for preference in prefer.split(","):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            given = value.strip().strip('"')
            return float(given) if given.isascii() and given.replace(".", "", 1).isdigit() and len(given) < 10 else 0.0
    return 0.0
