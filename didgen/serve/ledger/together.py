"""Group commit: what many clients ask for at the same moment is made durable at once.

A commit is a wait for the disk, and the event loop waits with it. While it does, others come in; they share the next
one. Nobody waits for a timer: a writer that is alone has its commit at the end of the loop's round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from didgen.serve.ledger.database import Database

T = TypeVar("T")


class Together:
    """Steps that write, in one transaction for all that are waiting. One event loop."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[tuple[Callable[[], Any], asyncio.Future[Any]]] = []

    async def write(self, step: Callable[[], T]) -> T:
        """What `step` returns, once all that it wrote is on the disk; nobody comes in while it runs.

        A step that raises leaves nothing behind and harms no other, unless the disk is full: then SQLite takes back
        what all of them wrote, and all are told. Raises what the step raises, and StorageError.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append((step, done))
        return await done

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        told: list[Callable[[], None]] = []
        try:
            with self._db.transaction():
                for step, done in waiting:
                    if not done.cancelled():  # its client has gone
                        told.append(self._stepped(step, done))
        except Exception as error:  # nothing was kept of any of them
            told = [_teller(done.set_exception, error, done) for _, done in waiting]
        for tell in told:
            tell()

    def _stepped(self, step: Callable[[], T], done: asyncio.Future[T]) -> Callable[[], None]:
        """Take a step; what to tell of it once all is durable."""
        try:
            with self._db.transaction():
                result = step()
        except Exception as error:
            if not self._db.under_way:  # what comes next would be committed alone, and be told that it failed
                raise
            return _teller(done.set_exception, error, done)
        return _teller(done.set_result, result, done)


def _teller(tell: Callable[[Any], None], what: Any, done: asyncio.Future[Any]) -> Callable[[], None]:
    return lambda: None if done.done() else tell(what)
