"""What is dropped, and when: results and uploads that have had their time, so that the disk does not fill."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from didgen.errors import StorageError
from didgen.serve.ledger.files import Files
from didgen.serve.ledger.jobs import Jobs
from didgen.serve.settings import DAY_S, Settings
from didgen.serve.shelf import Shelf

EVERY_S = 600.0
ENDED = 10_000
"""Ended jobs that are kept at most."""

TOLD_S = 30 * DAY_S
"""For how long a dropped job is remembered, so that asking for it gets a clear answer."""

FETCHED_S = 600.0
"""For how long a file that was fetched for a job, or just taken in, is safe without a job that needs it."""


@dataclass
class Housekeeping:
    """Drops what is old. Rows first, then files."""

    jobs: Jobs
    files: Files
    shelf: Shelf
    settings: Settings

    async def run(self) -> None:
        """Now and every ten minutes, until cancelled."""
        while True:
            with suppress(StorageError):
                self.tidy(time.time())
            await asyncio.sleep(EVERY_S)

    def tidy(self, now: float) -> None:
        """Drop what has had its time. now: Unix time."""
        days = self.settings.keep_s / DAY_S
        for record in self.jobs.outlived(now - self.settings.keep_s, ENDED):
            when = time.strftime("%Y-%m-%d", time.gmtime(now))
            old = record.ended < now - self.settings.keep_s
            rule = f"results are kept for {days:g} days" if old else f"the newest {ENDED:,} jobs are kept"
            self.jobs.remove(record.id, f"this {record.kind} was removed on {when}: {rule}")
            self.shelf.drop_results(record.video, record.sound)
        self.jobs.forget_gone(now - self.settings.keep_s - TOLD_S)
        self.files.unlink_old(now - self.settings.keep_s)
        self.shelf.drop_uploads(self.files.take_unused(now - FETCHED_S))

    def has_room(self) -> bool:
        """Whether anything new may come in: our share of the disk is not used up, and the disk is not full."""
        return self.files.used_bytes() < self.settings.disk_bytes and self.shelf.has_room()
