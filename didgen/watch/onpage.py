"""A watch on the page: what is told goes to the board on a thread of its own, and no build waits for a page."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from didgen.errors import DidgenError, Problem, ProjectError
from didgen.page.board import Board
from didgen.page.gallery import Gallery
from didgen.walk.planned import Planned
from didgen.watch.told import Began, Finished, Gone, Heard, Mended, Told, View, Withdrawn, Wrong


@contextmanager
def on_page(root: Path, board: Board) -> Iterator[View]:
    """The view that writes to a board; what it was told by then is written when the block ends."""
    waiting: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
    thread = threading.Thread(target=_write, args=(_Page(root, board), waiting), name="board", daemon=True)
    thread.start()
    try:
        yield waiting.put
    finally:
        waiting.put(None)
        thread.join(5.0)


def _write(page: _Page, waiting: queue.SimpleQueue[Told | None]) -> None:
    while (told := waiting.get()) is not None:
        with suppress(DidgenError):  # a store that cannot be read: whoever builds says so
            page.put(told)


class _Page:
    """What is on the board: every project as it was planned last, and what is wrong with any of them."""

    def __init__(self, root: Path, board: Board) -> None:
        self._board, self._gallery = board, Gallery(root, board)
        self._plans: dict[str, Planned] = {}
        self._troubles: dict[str, tuple[Problem, ...]] = {}

    def put(self, told: Told) -> None:
        match told:
            case Began(planned):
                self._plans[planned.project.document.file] = planned
                self._gallery.planned(list(self._plans.values()), building=True)
                self._tell_troubles()
            case Heard(address, event):
                self._gallery.event(address, event)
            case Withdrawn(address):
                self._board.change(address, state="waiting", stage="", progress=0.0, growing=None)
            case Finished(_, summary):
                self._gallery.built(summary)
            case Wrong(project, error):
                problems = error.problems if isinstance(error, ProjectError) else [Problem(error.message)]
                self._troubles[project] = tuple(problems)
                self._tell_troubles()
            case Gone(project):
                self._troubles.pop(project, None)
                self._plans.pop(project, None)
                self._gallery.planned(list(self._plans.values()), building=True)
                self._tell_troubles()
            case Mended(project):
                self._troubles.pop(project, None)
                self._tell_troubles()

    def _tell_troubles(self) -> None:
        self._board.trouble([problem for problems in self._troubles.values() for problem in problems])
