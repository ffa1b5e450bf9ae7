"""The page where something comes late: a video that is on its way while its scene changes, a stream that breaks off."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from didgen.page import events
from didgen.page.board import Board, Clip
from tests.page.browser import Browser, chromium
from tests.page.clips import growing
from tests.page.sight import VIDEO, chosen, play_from, play_to, slowly

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine (Debian: apt install chromium)")

OTHER = "Good morning, nobody at all is there."
"""What the second clip says."""

FORMER = "document.querySelector('.before video')"
OFFERED = "!document.querySelector('.offer').hidden"


def pressed(key: str) -> str:
    """An expression that presses a key, so that something else can be done before anything comes of it."""
    return f"document.dispatchEvent(new KeyboardEvent('keydown', {{key: '{key}', bubbles: true}}))"


class Late:
    """A scene that is being made, of which no picture is there yet."""

    def __init__(self, page: Browser, board: Board, folder: Path) -> None:
        self.page, self.board, self.folder = page, board, folder

    def begin(self) -> None:
        (self.folder / "late.growing").touch()
        growing = self.folder / "late.growing"
        self.board.change("hello/more", state="rendering", stage="frames", progress=0.1, growing=growing)
        self.page.wait("document.querySelector('[data-address=\"hello/more\"]').innerText.includes('10 %')")

    def go_on(self) -> None:
        self.board.change("hello/more", progress=0.2)
        self.page.wait("document.querySelector('.stage .bar').value === 0.2")

    def come(self) -> None:
        """All of it is there, and is not done: four seconds."""
        with growing(self.folder, "new") as there:
            os.link(there, self.folder / "whole")
        (self.folder / "late.growing").write_bytes((self.folder / "whole").read_bytes())


@pytest.fixture
def late(page: Browser, board: Board, tmp_path: Path) -> Late:
    return Late(page, board, tmp_path)


def test_a_scene_that_is_to_play_as_soon_as_it_is_there_does_so_whatever_comes_meanwhile(
    page: Browser, board: Board, late: Late
) -> None:
    """It comes on, and another one is begun."""
    late.begin()
    assert "hello/more" == chosen(page)
    page.press(" ")
    late.go_on()
    board.change("team/you[people=bob]", state="rendering", stage="speech")
    page.wait("document.querySelector('[data-address=\"team/you[people=bob]\"]').innerText.includes('speaking')")
    assert "hello/more" == chosen(page)
    late.come()
    page.wait(f"{VIDEO}.dataset.source.includes('/growing/') && !{VIDEO}.paused")


def test_a_scene_that_is_on_its_way_is_not_offered_as_another_version_of_the_one_that_plays(
    page: Browser, late: Late
) -> None:
    play_from(page, 0.1)
    late.begin()
    page.press("j")
    assert "hello/more" == chosen(page)
    late.go_on()
    assert not page.js(OFFERED)
    late.come()
    page.wait(f"{VIDEO}.dataset.source.includes('/growing/') && !{VIDEO}.paused")


def test_a_version_that_is_on_its_way_is_not_driven_out_by_the_next_scene_of_the_film(
    page: Browser, board: Board, clips: dict[str, Clip]
) -> None:
    slowly(page)
    page.press("p")
    page.wait(f"!{VIDEO}.paused")
    board.change("hello/welcome", clip=clips["second"], script=OTHER)
    page.wait(OFFERED)
    page.js(f"{pressed('n')}, {VIDEO}.dispatchEvent(new Event('timeupdate'))")
    page.wait(f"!({OFFERED}) && {VIDEO}.duration > 3.2 && !{VIDEO}.paused")
    assert "hello/welcome" == chosen(page)


def test_the_next_scene_of_the_film_is_asked_for_again_when_it_was_not_there_ahead(
    page: Browser, board: Board, clips: dict[str, Clip], tmp_path: Path
) -> None:
    """Else the film stands still for ever."""
    missing = replace(clips["short"], video=tmp_path / "missing.mp4")
    board.change("hello/more", clip=missing, script="Missing.")
    page.wait("document.querySelector('[data-address=\"hello/more\"]').innerText.includes('Missing.')")
    slowly(page)
    page.press("p")
    page.wait("document.querySelector('.frame video.back').error")
    (tmp_path / "missing.mp4").write_bytes(clips["short"].video.read_bytes())
    page.js(f"{VIDEO}.playbackRate = 1")
    page.wait("document.querySelector('[aria-current]').closest('.scene').dataset.address === 'hello/last'")
    page.events.clear()  # of the one that was missing the browser complains rightly
    page.wait("document.querySelector('.controls [aria-pressed]').getAttribute('aria-pressed') === 'false'")


def test_a_former_video_that_has_ended_plays_again_when_its_neighbour_goes_back(
    page: Browser, board: Board, clips: dict[str, Clip]
) -> None:
    board.change("hello/welcome", clip=clips["second"], script=OTHER)
    page.wait(f"{VIDEO}.duration > 3.2")
    page.press("b")
    page.wait(f"{FORMER}.readyState >= 2")
    slowly(page)
    page.js(f"{VIDEO}.currentTime = 3.1")
    page.wait(f"{FORMER}.currentTime === {FORMER}.duration && !{FORMER}.seeking")
    page.press(" ")
    page.wait(f"!{VIDEO}.paused && {VIDEO}.currentTime > 3.11")
    page.press("ArrowLeft")
    page.wait(f"{FORMER}.currentTime < 2 && !{FORMER}.paused")
    page.wait(f"Math.abs({FORMER}.currentTime - {VIDEO}.currentTime) < 0.3 && !{FORMER}.seeking")


def test_what_was_told_twice_is_shown_as_it_was_told_last(
    page: Browser, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that breaks off between a scene and the end of its message tells it again."""
    broken, whole = threading.Event(), events.board_answer

    def once(*what: object) -> object:
        if broken.is_set():
            return whole(*what)  # type: ignore[arg-type]
        broken.set()
        raise ConnectionError("cut off")

    monkeypatch.setattr(events, "board_answer", once)
    board.change("hello/welcome", script="Said before.", place="before.yaml")
    assert broken.wait(20)
    board.change("hello/welcome", script="Said at last.", place="last.yaml")
    page.wait("document.querySelector('[data-address=\"hello/welcome\"]').innerText.includes('Said at last.')")
    page.wait("document.querySelector('.stage .facts').innerText.includes('last.yaml')")
    page.events.clear()  # of what was cut off the browser complains rightly


def test_a_growing_video_that_is_longer_than_was_reckoned_is_shown(page: Browser, board: Board, late: Late) -> None:
    """By somebody who comes late, when more of it is there than all was to be."""
    board.change("hello/more", seconds=1.0)
    late.begin()
    late.come()
    page.wait(f"{VIDEO}.dataset.source.includes('/growing/')")
    play_to(page, 1.5)
    assert page.js(f"!{VIDEO}.error")


def test_what_fills_the_screen_is_swapped_at_the_same_word(page: Browser, board: Board, clips: dict[str, Clip]) -> None:
    """It stays the same element there, which is loaded anew: its place is asked for before."""
    fill = f"{VIDEO}.requestFullscreen()"
    page._call("Runtime.evaluate", expression=fill, awaitPromise=True, userGesture=True)
    page.wait(f"document.fullscreenElement === {VIDEO}")
    page.js(f"{VIDEO}.currentTime = 2.6")
    page.wait("document.querySelector('.word.now')?.textContent === 'there.'")
    board.change("hello/welcome", clip=clips["second"], script=OTHER)
    page.wait(f"{VIDEO}.duration > 3.2 && Math.abs({VIDEO}.currentTime - 3.1) < 0.05")
    page.js("document.exitFullscreen()")
