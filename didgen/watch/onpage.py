"""A watch on the page: what is told goes to the board on a thread of its own, and no build waits for a page."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from didgen.errors import DidgenError
from didgen.page.board import Board
from didgen.page.gallery import Gallery
from didgen.watch.told import Began, Finished, Gone, Heard, Mended, Told, View, Withdrawn, Wrong


@contextmanager
def on_page(root: Path, board: Board) -> Iterator[View]:
    """The view that writes to a board; what it was told by then is written when the block ends."""
    waiting: queue.SimpleQueue[Told | None] = queue.SimpleQueue()
    thread = threading.Thread(target=_write, args=(Gallery(root, board), waiting), name="board", daemon=True)
    thread.start()
    try:
        yield waiting.put
    finally:
        waiting.put(None)
        thread.join(5.0)


def _write(gallery: Gallery, waiting: queue.SimpleQueue[Told | None]) -> None:
    while (told := waiting.get()) is not None:
        with suppress(DidgenError):  # a store that cannot be read: whoever builds says so
            _put(gallery, told)


def _put(gallery: Gallery, told: Told) -> None:
    match told:
        case Began(planned):
            gallery.planned([planned], building=True)
        case Heard(address, event):
            gallery.event(address, event)
        case Withdrawn(address):
            gallery.withdrawn(address)
        case Finished(_, summary):
            gallery.built(summary)
        case Wrong(project, error):
            gallery.trouble(error, project)
        case Mended(project):
            gallery.mended(project)
        case Gone(project):
            gallery.gone(project)
