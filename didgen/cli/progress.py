"""Progress of a build: a live table on a terminal, timed lines anywhere else, nothing when quiet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from didgen.api.job import Event

STAGES = {
    "speech": "speaking",
    "face": "finding the face",
    "rig": "preparing the face",
    "frames": "rendering",
    "video": "finishing",
    "looking": "answer was lost",
}


class Listener(Protocol):
    """Hears what happens to a scene."""

    def __call__(self, address: str, event: Event) -> None: ...


@contextmanager
def listening(quiet: bool) -> Iterator[Listener]:
    """The listener that fits this output; the live table goes when the block ends."""
    if quiet:
        yield lambda address, event: None  # noqa: ARG005
    elif sys.stderr.isatty():
        with _live() as listener:
            yield listener
    else:
        yield Lines()


@dataclass
class Lines:
    """One line when a scene starts, and one when it ends, with the seconds since the build began."""

    started: float = field(default_factory=time.monotonic)
    begun: dict[str, float] = field(default_factory=dict)

    def __call__(self, address: str, event: Event) -> None:
        now = time.monotonic()
        if event.state == "running" and address not in self.begun:
            self.begun[address] = now
            self._say(now, f"{address}: started")
        elif event.state == "done":
            self._say(now, f"{address}: done in {now - self.begun.get(address, now):.1f} s")
        elif event.state == "failed":
            self._say(now, f"{address}: failed: {event.message}")

    def _say(self, now: float, text: str) -> None:
        tell(f"[{now - self.started:6.1f} s] {text}")


def tell(text: str) -> None:
    """Say something to a person; a closed pipe must not stop a build."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


@contextmanager
def _live() -> Iterator[Listener]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[mark]} {task.description}"),
        TextColumn("{task.fields[stage]:<18}"),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[count]:>9}  {task.fields[speed]:>9}"),
        TimeRemainingColumn(compact=True),
    )
    progress = Progress(*columns, console=Console(stderr=True), refresh_per_second=8)
    try:
        yield Table(progress)
    finally:
        progress.stop()


@dataclass
class Table:
    """A row a scene: stage, frames n/m, speed, time left. Drawn from the first event on, so that a question can be
    asked before."""

    progress: Progress
    rows: dict[str, TaskID] = field(default_factory=dict)

    def __call__(self, address: str, event: Event) -> None:
        row = self.rows.get(address)
        if row is None:
            self.progress.start()
            row = self.progress.add_task(address, total=None, mark=" ", stage="waiting", count="", speed="")
            self.rows[address] = row
        if event.state == "running":
            self._running(row, event)
        elif event.state == "done":
            self.progress.update(row, mark="[green]✓[/]", stage="done", total=1, completed=1, speed="")
        elif event.state == "failed":
            self.progress.update(row, mark="[red]✗[/]", stage="failed", speed="")
            self.progress.console.print(f"[red]{address}[/]: {event.message}", highlight=False)

    def _running(self, row: TaskID, event: Event) -> None:
        task = self.progress.tasks[self.progress.task_ids.index(row)]
        counted = event.total > 1
        count = f"{event.done}/{event.total}" if counted else ""
        speed = f"{task.speed:.0f} fps" if event.stage == "frames" and task.speed else ""
        self.progress.update(
            row,
            stage=STAGES.get(event.stage, event.stage),
            total=event.total if counted else None,
            completed=event.done if counted else 0,
            count=count,
            speed=speed,
        )
