"""What a watch keeps does not grow with what it has seen."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from didgen.page.board import Board
from didgen.page.gallery import Gallery
from didgen.watch import watch as watches
from didgen.watch.builder import Builder
from didgen.watch.onpage import _put
from didgen.watch.told import Idle, Told
from tests.watch.running import project, save_by_renaming, talk, watched_here

EDITS = 6


class Remembered(Builder):
    """The builder of the watch that was made last."""

    last: Remembered

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        Remembered.last = self


def test_it_keeps_no_more_after_many_edits_than_after_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scenes with new names and new words each time: of those that are gone nothing is remembered, neither by the
    builder nor by the page."""
    monkeypatch.setattr(watches, "Builder", Remembered)
    root = tmp_path / "work"
    folder = project(root, "films", talk("n0", "Words 0.") + talk("stays", "Stays."))
    gallery, rests, counts = Gallery(root, Board()), threading.Semaphore(0), list[tuple[int, ...]]()

    def view(told: Told) -> None:
        _put(gallery, told)
        if isinstance(told, Idle):
            rests.release()

    def edit() -> None:
        for k in range(1, EDITS + 1):
            assert rests.acquire(timeout=60)
            kept = Remembered.last
            made, delivered = kept._renderings, kept._carrier._delivered
            counts.append((len(delivered), len(made._addresses), len(made.tasks), len(gallery._clips)))
            path = folder / "project.yaml"
            save_by_renaming(path, path.read_text().replace(f"n{k - 1}", f"n{k}").replace(f" {k - 1}.", f" {k}."))

    watched_here(root, view, edit)
    assert EDITS == len(counts)
    assert counts[1] == counts[-1]
    assert 2 >= max(counts[-1])
