"""The board: what a reader is told, whoever writes and however late it asks."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.errors import Place, Problem
from didgen.page.board import KEPT_FILES, Board, Card, Clip

OLD, NEW = Clip(Path("/store/old.mp4"), 2.0), Clip(Path("/store/new.mp4"), 3.0)


def card(name: str, **fields: object) -> Card:
    return replace(Card(f"p/{name}", "p"), **fields)  # type: ignore[arg-type]


def test_a_reader_is_told_only_what_changed_since_it_looked() -> None:
    """One scene's progress costs one card, not the workspace."""
    board = Board()
    board.show([card("a"), card("b")])
    seen = board.revision
    board.change("p/b", state="rendering", progress=0.5)
    changes = board.since(seen)
    assert ["p/b"] == [one.address for one in changes.cards]
    assert changes.order is None
    assert ("p/a", "p/b") == board.since(0).order


def test_scenes_that_are_shown_again_as_they_were_are_no_change() -> None:
    board = Board()
    board.show([card("a"), card("b")])
    seen = board.revision
    board.show([card("a"), card("b")])
    assert seen == board.revision


def test_a_scene_that_moves_or_goes_changes_the_order() -> None:
    board = Board()
    board.show([card("a"), card("b")])
    seen = board.revision
    board.show([card("b"), card("a")])
    assert ("p/b", "p/a") == board.since(seen).order
    seen = board.revision
    board.show([card("a")])
    assert ("p/a",) == board.since(seen).order


def test_the_clip_before_is_kept_beside_the_new_one() -> None:
    """Through states without a new clip too, and whether one card or all of them are written."""
    board = Board()
    board.show([card("a", clip=OLD)])
    board.change("p/a", state="rendering")
    board.change("p/a", clip=NEW, state="up-to-date")
    assert (NEW, OLD) == (board.since(0).cards[0].clip, board.since(0).cards[0].former)
    board.show([card("a", clip=NEW, state="up-to-date")])
    assert OLD == board.since(0).cards[0].former


def test_trouble_stands_above_scenes_that_stay_and_goes_when_they_are_shown_anew() -> None:
    board = Board()
    board.show([card("a", clip=OLD)])
    board.trouble([Problem("is not closed", Place("projects/p/project.yaml", 3, 7))])
    assert "projects/p/project.yaml:3:7" == str(board.since(0).problems[0].place)
    assert OLD == board.since(0).cards[0].clip
    board.show([card("a", clip=OLD)])
    assert () == board.since(0).problems


def test_only_names_that_the_board_gave_lead_to_files() -> None:
    board = Board()
    name = board.name_of(OLD.video)
    assert OLD.video == board.file(name)
    assert board.file(str(OLD.video)) is None
    assert board.file("../../etc/passwd") is None
    assert len(name) >= 22  # 128 bits


def test_a_file_that_is_played_outlives_its_card_but_not_for_ever() -> None:
    board = Board()
    first = board.name_of(Path("/store/0.mp4"))
    board.show([card("a")])
    assert board.file(first) is not None
    for k in range(1, KEPT_FILES + 1):
        board.name_of(Path(f"/store/{k}.mp4"))
    board.show([card("b")])
    assert board.file(first) is None
    assert board.file(board.name_of(Path(f"/store/{KEPT_FILES}.mp4"))) is not None


def test_progress_is_a_share() -> None:
    with pytest.raises(ValueError, match="not 40"):
        Card("p/a", "p", progress=40)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), max_size=12), st.data())
def test_a_reader_who_asks_now_and_then_ends_up_with_the_same_scenes(
    writes: list[tuple[str, float]], data: st.DataObject
) -> None:
    """Whenever it asks, and however many changes it missed in between."""
    board, known, seen = Board(), {}, 0
    board.show([card("a"), card("b"), card("c")])
    for name, progress in writes:
        board.change(f"p/{name}", progress=progress)
        if data.draw(st.booleans()):
            changes = board.since(seen)
            known |= {one.address: one for one in changes.cards}
            seen = changes.revision
    known |= {one.address: one for one in board.since(seen).cards}
    assert {one.address: one for one in board.since(0).cards} == known


def test_many_threads_may_write_while_one_reads() -> None:
    """Nothing is lost: the last revision holds every write."""
    board, heard = Board(), threading.Event()
    board.show([card(str(k)) for k in range(4)])
    before = board.revision

    def write(k: int) -> None:
        for step in range(1, 101):
            board.change(f"p/{k}", progress=step / 100)

    threads = [threading.Thread(target=write, args=(k,)) for k in range(4)]
    with board.listening(heard.set):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert heard.is_set()
    assert before + 400 == board.revision
    assert [1.0] * 4 == [one.progress for one in board.since(before).cards]
