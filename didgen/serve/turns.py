"""Whose turn it is: jobs wait in a line for each client, and the lines are served in rotation."""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """A fair queue of job ids: a client with a thousand jobs delays another one's first by one job. One event loop."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[str]] = {}  # the first line's turn is next
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def add(self, client: str, job: str) -> None:
        """Put a job at the end of its client's line."""
        self._lines.setdefault(client, deque()).append(job)
        self._filled.set()

    def take(self) -> str | None:
        """The next job; its client goes to the end of the rotation. None when nobody waits."""
        if not self._lines:
            return None
        client, line = next(iter(self._lines.items()))
        del self._lines[client]
        job = line.popleft()
        if line:
            self._lines[client] = line
        if not self._lines:
            self._filled.clear()
        return job

    async def next(self) -> str:
        """The next job, as soon as there is one."""
        while True:
            job = self.take()
            if job is not None:
                return job
            await self._filled.wait()
