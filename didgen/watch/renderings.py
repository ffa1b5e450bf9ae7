"""What is being made, whichever plan wants it: a plan that is overtaken takes along only what nobody else wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from didgen.jobs.executor import Rendering
from didgen.plan.scene import Decision
from didgen.watch.told import View, Withdrawn


class Kept:
    """Tasks that nobody need wait for; the error of one, if it has one, is told by who does. Belongs to one event loop.

    on_end: called after one has come to its end.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._tasks: set[asyncio.Future[Any]] = set()

    def __bool__(self) -> bool:
        return bool(self._tasks)

    def __iter__(self) -> Iterator[asyncio.Future[Any]]:
        return iter(self._tasks)

    def __contains__(self, task: asyncio.Future[Any]) -> bool:
        return task in self._tasks

    def add(self, task: asyncio.Future[Any]) -> None:
        """Hold on to a task until it ends."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        task.add_done_callback(lambda done: done.get_loop().call_soon(self._on_end))


class Renderings:
    """What is being rendered, by fingerprint. Belongs to one event loop; whether there is any may be asked from
    another thread."""

    def __init__(self, kept: Kept, view: View) -> None:
        self.tasks: Rendering = {}
        self._kept, self._view = kept, view
        self._addresses: dict[str, str] = {}

    @property
    def under_way(self) -> bool:
        """Whether anything is being rendered."""
        return any(not task.done() for task in list(self.tasks.values()))

    def expect(self, decisions: Iterable[Decision]) -> None:
        """Know by their addresses what these will have rendered."""
        self._addresses |= {d.scene.fingerprint: d.scene.address for d in decisions if d.action == "render"}

    def withdraw(self, wanted: set[str], sent: Callable[[], set[str]]) -> None:
        """Cancel what no plan wants, and forget what has ended. sent: asks for what is never given up."""
        held: set[str] | None = None
        for fingerprint, task in list(self.tasks.items()):
            if task.done():
                del self.tasks[fingerprint]
            elif fingerprint not in wanted:
                held = sent() if held is None else held
                if fingerprint not in held:
                    del self.tasks[fingerprint]
                    task.cancel()
                    self._view(Withdrawn(self._addresses.get(fingerprint, "")))
                if task not in self._kept:
                    self._kept.add(task)

    def rest(self) -> None:
        """Nothing is being made: forget the addresses."""
        self._addresses.clear()
