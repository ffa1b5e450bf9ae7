"""Films of many clips: joined when nothing is being made, told to be outdated until then, and never left so."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from didgen.walk import steps
from didgen.walk.shortcut import Target
from didgen.watch import films
from didgen.watch.films import AT_ONCE, Films
from tests import fakes
from tests.watch.running import Running, project, save_by_renaming, talk, watching

MANY = AT_ONCE + 1
FILM = "✓ output/big/film.mp4\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for two seconds."""
    monkeypatch.setattr(films, "QUIET_S", 0.01)


def waiting(overtaken: Callable[[], bool], *names: str) -> tuple[Films, list[str]]:
    """Films of these projects, left for later; and what was joined of them by now."""
    left, joined = Films(overtaken), list[str]()

    def join(name: str) -> Callable[[Callable[[], None]], Awaitable[None]]:
        async def work(check: Callable[[], None]) -> None:
            check()
            joined.append(name)

        return work

    for name in names:
        left.leave(Target(Path(name)), join(name))
    return left, joined


@pytest.mark.usefixtures("quick")
def test_films_wait_for_a_rest() -> None:
    """As long as something is made nothing is joined; then all are, but those of projects that were planned anew."""

    async def run() -> None:
        left, joined = waiting(lambda: False, "a", "b", "c")
        done = asyncio.Event()

        def begin() -> None:
            asyncio.ensure_future(left.join()).add_done_callback(lambda _: done.set())

        left.rest(begin)
        left.wait()
        await asyncio.sleep(0.1)
        assert [] == joined
        left.forget(Target(Path("b")))
        left.rest(begin)
        left.rest(begin)
        await done.wait()
        assert ["a", "c"] == joined
        assert not left

    asyncio.run(run())


def test_what_is_saved_meanwhile_comes_first() -> None:
    """The film that was being joined and those after it stay for the next rest."""

    async def run() -> None:
        told = iter([False, True, False, False])
        left, joined = waiting(lambda: next(told), "a", "b", "c")
        await left.join()
        assert ["a"] == joined
        await left.join()
        assert ["a", "b", "c"] == joined
        assert not left

    asyncio.run(run())


def manifest(root: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((root / "output" / "big" / "manifest.json").read_text())
    return found


def length_s(root: Path) -> float:
    """Of the film as it lies there."""
    import av

    with av.open(str(root / "output" / "big" / "film.mp4")) as box:
        return float(box.duration or 0) / av.time_base


def edit(watch: Running, old: str, new: str) -> int:
    """Save the script with other words; how much had been said by then."""
    since, path = len(watch.text()), watch.root / "projects" / "big" / "project.yaml"
    save_by_renaming(path, path.read_text().replace(old, new))
    watch.until_said(f"1 rendered, {MANY - 1} up to date", since)
    return since


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with many scenes, whose film is there: a watch would leave its first film for later, too."""
    root = tmp_path_factory.mktemp("built")
    project(root, "big", "".join(talk(f"s{k}", f"Scene {k}.") for k in range(MANY)))
    steps.build(steps.wish(root), command=fakes.COMMAND)
    return root


@pytest.fixture
def root(built: Path, tmp_path: Path) -> Path:
    """A copy of it, as of a clone that brought its `.didgen` along."""
    return shutil.copytree(built, tmp_path / "work")


def test_a_film_of_many_clips_follows_when_nothing_is_made(root: Path) -> None:
    """Then it is the film that a build makes, which finds nothing to do."""
    with watching(root, DIDGEN_FAKE_REST_S="0.1") as watch:
        (before,) = manifest(root)["films"]
        assert "big#film" == before["address"]
        since = edit(watch, "Scene 3.", "Another one.")
        watch.until_said(FILM, since)
        (joined,) = manifest(root)["films"]
        assert {"address", "duration_s", "files"} == set(joined)
        assert before["files"]["video"] != joined["files"]["video"]
    assert pytest.approx(MANY * fakes.FRAMES / 25, abs=0.1) == length_s(root)
    summary = steps.build(steps.wish(root), command=fakes.COMMAND)
    assert MANY == summary.count("reused")
    assert joined == manifest(root)["films"][0]


def test_a_watch_that_ends_joins_what_it_left(root: Path) -> None:
    """It does not wait for a rest then; until then the manifest says that the film is outdated."""
    with watching(root, DIDGEN_FAKE_REST_S="3600") as watch:
        since = edit(watch, "Scene 3.", "Another one.")
        assert manifest(root)["films"][0]["outdated"] is True
        watch.stop()
        assert FILM in watch.text()[since:]
    assert "outdated" not in manifest(root)["films"][0]


def test_what_a_killed_watch_left_is_joined_by_the_next_build(root: Path) -> None:
    """There is no short cut past a film that is outdated."""
    with watching(root, DIDGEN_FAKE_REST_S="3600") as watch:
        edit(watch, "Scene 3.", "Another one.")
        os.kill(watch.process.pid, signal.SIGKILL)
        watch.process.wait()
    assert manifest(root)["films"][0]["outdated"]
    steps.build(steps.wish(root), command=fakes.COMMAND)
    assert "outdated" not in manifest(root)["films"][0]
