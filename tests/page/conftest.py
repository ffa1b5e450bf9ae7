"""A browser that looks at a board: two films, three scenes with a video and two without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from didgen.page.board import Board, Card, Clip
from didgen.page.serving import served
from tests.page.browser import Browser, browsing
from tests.page.clips import clip
from tests.page.sight import SCRIPT, VIDEO


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browsing(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Clip]:
    """Videos to show: told apart by their grey."""
    folder = tmp_path_factory.mktemp("clips")
    return {
        "first": clip(folder, "first", 3.0, 60),
        "second": clip(folder, "second", 3.4, 140, ("Good", "morning,", "nobody", "at", "all", "is", "there.")),
        "short": clip(folder, "short", 0.6, 100, ("Short.",)),
    }


@pytest.fixture
def board(clips: dict[str, Clip]) -> Board:
    board = Board("my films")
    hello = Card(
        "hello/welcome",
        "hello",
        "up-to-date",
        "hello",
        "en",
        script=SCRIPT,
        clip=clips["first"],
        seconds=3.0,
        credits=1,
    )
    board.show(
        [
            hello,
            replace(
                hello,
                address="hello/more",
                script="Short.",
                clip=clips["short"],
                place="projects/hello/project.yaml:9:5",
            ),
            replace(hello, address="hello/last", script="Short.", clip=clips["short"]),
            Card(
                "team/you[people=anna]",
                "team",
                "stale",
                "team",
                "de",
                "anna",
                "Dear Anna.",
                seconds=2.0,
                why=("never rendered",),
            ),
            Card("team/you[people=bob]", "team", "stale", "team", "de", "bob", "Dear Bob.", seconds=2.0),
        ],
        {
            "hello#film": ["hello/welcome", "hello/more", "hello/last"],
            "team#film": ["team/you[people=anna]", "team/you[people=bob]"],
        },
    )
    return board


@pytest.fixture
def page(browser: Browser, board: Board) -> Iterator[Browser]:
    """The browser looking at the board; at the end nothing may have been complained about."""
    browser.size(1440, 900)
    with served(board, 0) as url:
        browser.go(url)
        browser.wait(f"{VIDEO} && {VIDEO}.readyState >= 2")
        yield browser
        complaints = browser.complaints()
        browser.go("about:blank")
    assert [] == complaints
