"""A workspace on the board: what was planned, what is being made, and what there is to play, by a real walk."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.api.job import Event
from didgen.errors import ProjectError
from didgen.page.board import Board, Card
from didgen.page.gallery import Gallery
from didgen.walk import steps
from tests import fakes

PROJECT = """\
didgen: 1
name: hello
defaults: {source: anna.jpg}
matrix: {locale: [en, de]}
data: {people: people.csv}
scenes:
  - id: welcome
    script: "Hello there, everybody."
  - id: you
    each: {people: email}
    when: {locale: en}
    script: "Dear {{ row.name }}."
"""

SCENES = "scenes: [{id: nod, driver: bank://nostalgia}]"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = tmp_path / "work" / "projects" / "hello"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(PROJECT)
    (home / "people.csv").write_text("name,email\nAnna,anna@acme.com\nBob,bob@acme.com\n")
    (home / "anna.jpg").write_bytes(fakes.photo())
    return tmp_path / "work"


class Watched:
    """A workspace, its board, and the walk that writes to it."""

    def __init__(self, root: Path) -> None:
        self.root, self.board = root, Board()
        self.gallery = Gallery(root, self.board)
        self.seen: list[tuple[str, str, float]] = []

    def plan(self, *, building: bool = False) -> dict[str, Card]:
        self.gallery.planned(steps.plan(steps.wish(self.root)), building=building)
        return self.cards()

    def build(self) -> dict[str, Card]:
        self.plan(building=True)
        summary = steps.build(steps.wish(self.root), command=fakes.COMMAND, on_event=self._hear)
        self.gallery.built(summary)
        return self.cards()

    def _hear(self, address: str, event: Event) -> None:
        self.gallery.event(address, event)
        card = self.cards()[address]
        self.seen.append((address, card.state, card.progress))

    def cards(self) -> dict[str, Card]:
        return {card.address: card for card in self.board.since(0).cards}

    def edit(self, old: str, new: str) -> None:
        path = self.root / "projects/hello/project.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))


@pytest.fixture
def watched(root: Path) -> Watched:
    return Watched(root)


WELCOME = "hello/welcome[locale=en]"
ANNA = "hello/you[locale=en,people=anna@acme.com]"


def test_what_is_planned_is_stale_with_its_reason_place_and_price(watched: Watched) -> None:
    """Before anything is made, a page can show all there is to know."""
    cards = watched.plan()
    assert [WELCOME, ANNA, ANNA.replace("anna", "bob"), "hello/welcome[locale=de]"] == list(cards)
    card = cards[ANNA]
    assert ("stale", "en", "anna@acme.com", "hello[locale=en]") == (card.state, card.locale, card.row, card.group)
    assert ("Dear Anna.", "projects/hello/project.yaml:9:5", 1) == (card.script, card.place, card.credits)
    assert card.seconds > 0
    assert card.why
    assert card.clip is None
    assert {"hello[locale=en]#film", "hello[locale=de]#film"} == set(watched.board.since(0).films)


def test_a_build_is_seen_as_it_goes_and_leaves_videos_with_words_and_posters(watched: Watched) -> None:
    cards = watched.build()
    states = [state for address, state, _ in watched.seen if address == WELCOME]
    assert "rendering" in states
    assert "up-to-date" == states[-1]
    assert {"up-to-date"} == {card.state for card in cards.values()}
    clip = cards[WELCOME].clip
    assert clip is not None
    assert clip.video.is_file()
    assert clip.poster is not None
    assert clip.poster.read_bytes().startswith(b"\xff\xd8")
    assert ["Hello", "there,"] == [text for text, _, _ in clip.words]
    assert cards[WELCOME].former is None
    assert () == cards[WELCOME].why


def test_progress_is_that_of_the_frames(watched: Watched) -> None:
    watched.plan(building=True)
    assert "waiting" == watched.cards()[WELCOME].state
    watched.gallery.event(WELCOME, Event("running", "speech", 1, 1))
    assert ("rendering", 0.0) == (watched.cards()[WELCOME].state, watched.cards()[WELCOME].progress)
    watched.gallery.event(WELCOME, Event("running", "frames", 3, 12, preview="/tmp/growing.mp4"))
    card = watched.cards()[WELCOME]
    assert (0.25, Path("/tmp/growing.mp4")) == (card.progress, card.growing)
    watched.gallery.event(WELCOME, Event("failed", kind="FaceError", message="no face"))
    card = watched.cards()[WELCOME]
    assert ("failed", "no face", None, 0.0) == (card.state, card.reason, card.growing, card.progress)


def test_what_is_being_made_goes_on_when_another_scene_is_edited_and_what_was_edited_waits(watched: Watched) -> None:
    watched.plan(building=True)
    for address in (WELCOME, ANNA):
        watched.gallery.event(address, Event("running", "frames", 3, 12, preview="/tmp/growing.mp4"))
    watched.edit("Hello there", "Hello again")
    cards = watched.plan(building=True)
    assert ("rendering", 0.25, Path("/tmp/growing.mp4")) == (
        cards[ANNA].state,
        cards[ANNA].progress,
        cards[ANNA].growing,
    )
    assert ("waiting", 0.0, None) == (cards[WELCOME].state, cards[WELCOME].progress, cards[WELCOME].growing)
    watched.gallery.event(WELCOME, Event("running", "frames", 4, 12, preview="/tmp/growing.mp4"))
    watched.gallery.withdrawn(WELCOME)
    card = watched.cards()[WELCOME]
    assert ("waiting", 0.0, None) == (card.state, card.progress, card.growing)


def test_projects_are_put_up_one_beside_the_other_and_taken_down_when_they_are_gone(watched: Watched) -> None:
    other = watched.root / "projects/other"
    other.mkdir()
    (other / "anna.jpg").write_bytes(fakes.photo())
    (other / "project.yaml").write_text(PROJECT.partition("matrix")[0].replace("hello", "other") + SCENES)
    for one in steps.plan(steps.wish(watched.root)):
        watched.gallery.planned([one])
    assert {"hello", "other"} == {card.project for card in watched.cards().values()}
    watched.gallery.event("other/nod", Event("failed", kind="FaceError", message="no face"))
    (hello,) = steps.plan(steps.wish(watched.root, ["hello"]))
    watched.gallery.planned([hello], building=True)
    assert ("failed", "waiting") == (watched.cards()["other/nod"].state, watched.cards()[WELCOME].state)
    watched.gallery.gone("projects/other/project.yaml")
    assert {"hello"} == {card.project for card in watched.cards().values()}


def test_the_video_before_is_kept_beside_and_found_again_by_another_process(watched: Watched, root: Path) -> None:
    """A stale scene goes on showing what there is; once it is made, that is the former one, for a later preview too."""
    first = watched.build()[WELCOME].clip
    watched.edit("everybody", "world")
    stale = watched.plan()[WELCOME]
    assert ("stale", first, None) == (stale.state, stale.clip, stale.former)
    assert "Hello there, world." == stale.script
    after = watched.build()[WELCOME]
    assert first == after.former
    assert first != after.clip
    again = Watched(root).plan()[WELCOME]
    assert (after.clip, first) == (again.clip, again.former)
    watched.edit("world", "everybody")
    back = watched.build()[WELCOME]
    assert (first, after.clip) == (back.clip, back.former)


def test_what_failed_says_why_and_where_until_it_is_mended(watched: Watched) -> None:
    watched.build()
    watched.edit("Hello there, everybody.", "Hello !refuse")
    card = watched.build()[WELCOME]
    assert "failed" == card.state
    assert card.reason
    assert "projects/hello/project.yaml:7:5" == card.place
    assert card.clip is not None
    watched.edit("Hello !refuse", "Hello again.")
    card = watched.build()[WELCOME]
    assert ("up-to-date", "") == (card.state, card.reason)


def test_a_broken_project_is_trouble_above_scenes_that_stay(watched: Watched) -> None:
    before = watched.build()
    watched.edit("scenes:", "scenes: [")
    with pytest.raises(ProjectError) as caught:
        watched.plan()
    watched.gallery.trouble(caught.value, "projects/hello/project.yaml")
    (problem, *_) = watched.board.since(0).problems
    assert str(problem.place).startswith("projects/hello/project.yaml:")
    assert before == watched.cards()
    watched.edit("scenes: [", "scenes:")
    watched.plan()
    assert () == watched.board.since(0).problems
