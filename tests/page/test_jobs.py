"""The page of a server: when its jobs are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from didgen.errors import StorageError
from didgen.page import jobs
from didgen.page.board import Board

Reader = tuple[Board, Callable[[], Callable[[], None]]]
"""A board, and what makes the hook that hears of its readers."""


class Desk:
    """A server without jobs, that counts how often it was asked for them. trouble: as often that goes wrong."""

    def __init__(self) -> None:
        self.looks, self.trouble, self.jobs = 0, 0, self

    def latest(self, count: int) -> list[Any]:  # noqa: ARG002
        self.looks += 1
        if self.trouble:
            self.trouble -= 1
            raise StorageError("the disk is away")
        return []


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(jobs, "LOOK_S", 0.01)
    return Desk()


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch, desk: Desk) -> Reader:
    monkeypatch.setattr(jobs, "page_app", lambda board, names, on_reader: on_reader)  # noqa: ARG005
    board = Board()
    return board, lambda: jobs.job_page(desk, board)  # type: ignore[arg-type]


async def looked(desk: Desk) -> None:
    """Wait until it was asked twice more."""
    wanted = desk.looks + 2
    async with asyncio.timeout(20):
        while True:
            if desk.looks >= wanted:
                return
            await asyncio.sleep(0.01)


def test_who_comes_as_nobody_looks_any_more_is_shown_what_comes(
    desk: Desk, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It counts from the moment it asks, though it listens only a moment later."""
    now_s = 0.0
    monkeypatch.setattr(jobs, "time", SimpleNamespace(monotonic=lambda: now_s))
    board, make = reader

    async def run() -> None:
        nonlocal now_s
        on_reader = make()
        on_reader()
        await asyncio.sleep(0)
        now_s += jobs.AFTER_S + 1
        on_reader()
        await asyncio.sleep(0.1)
        with board.listening(lambda: None):
            await looked(desk)
        board.close()

    asyncio.run(run())


def test_a_look_that_goes_wrong_is_not_the_last(desk: Desk, reader: Reader) -> None:
    """A disk may be away for a moment; whoever reads is told of what comes after."""
    board, make = reader

    async def run() -> None:
        on_reader = make()
        on_reader()
        with board.listening(lambda: None):
            desk.trouble = 2
            await looked(desk)
            await looked(desk)
        board.close()

    asyncio.run(run())
