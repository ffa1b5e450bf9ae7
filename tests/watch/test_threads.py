"""The thread that looks and the thread that builds, where each sees the other in the midst of something."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from didgen.errors import StorageError, UsageError
from didgen.plan.identity import service_id
from didgen.watch import builder as building
from didgen.watch import watch as watches
from didgen.watch.builder import Builder
from didgen.watch.carrying import Carrier, Order, Round
from didgen.watch.doorbell import Doorbell
from didgen.watch.inputs import Projects
from didgen.watch.told import Finished, Idle, Told, Wrong
from didgen.watch.waiting import Settle
from tests.watch.running import project, save_by_renaming, talk, watched_here


class Heard:
    """A view that others can wait for."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._came = threading.Condition()

    def __call__(self, told: Told) -> None:
        with self._came:
            self.told.append(told)
            self._came.notify_all()

    def count(self, kind: type[object]) -> int:
        return sum(isinstance(one, kind) for one in self.told)

    def until(self, kind: type[object], count: int) -> None:
        """Wait until so many of a kind were told."""
        with self._came:
            assert self._came.wait_for(lambda: self.count(kind) >= count, 60), self.told


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "project.yaml"
    save_by_renaming(path, path.read_text().replace(old, new))


def test_what_is_being_taken_in_hand_is_not_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While an order is compared with what was made meanwhile: else the lock is let go, and others build."""
    folder, heard, idle = project(tmp_path / "work", "one", talk("a", "First.")), Heard(), list[bool]()
    builders: list[Builder] = []

    class Asked(Carrier):
        def round_of(self, order: Order) -> Round:
            idle.append(builders[0].idle)
            return super().round_of(order)

    def builder(*given: Any) -> Builder:
        builders.append(Builder(*given))
        return builders[0]

    def work() -> None:
        heard.until(Idle, 1)
        edit(folder, "First", "Second")
        heard.until(Idle, 2)

    monkeypatch.setattr(watches, "Builder", builder)
    monkeypatch.setattr(building, "Carrier", Asked)
    watched_here(tmp_path / "work", heard, work)
    assert [False, False] == idle


def test_an_order_that_cannot_be_taken_ends_the_watch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its error: it would be waited for in vain."""
    project(tmp_path / "work", "one", talk("a", "First."))

    class Broken(Carrier):
        def round_of(self, order: Order) -> Round:  # noqa: ARG002
            raise StorageError("the state cannot be read")

    monkeypatch.setattr(building, "Carrier", Broken)
    over = threading.Event()
    with pytest.raises(StorageError, match="cannot be read"):
        watched_here(tmp_path / "work", Heard(), lambda: over.wait() and None)
    over.set()


def test_a_builder_that_ends_by_itself_can_be_stopped(tmp_path: Path) -> None:
    """Its thread is still there, its loop is not."""
    (tmp_path / ".didgen").mkdir()
    rest = threading.Event()
    builder = Builder(tmp_path, 1, Heard(), lambda: rest.wait(60) and None)
    with pytest.raises(UsageError):
        builder.start(service_id("d-id"))
    assert builder._thread.is_alive()
    threading.Timer(0.1, rest.set).start()
    builder.stop()
    assert not builder._thread.is_alive()


def test_what_is_saved_as_something_comes_to_its_end_settles_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a file is not read, though nobody has rung for it yet."""
    folder, heard = project(tmp_path / "work", "one", talk("a", "First.")), Heard()
    path, whole = folder / "project.yaml", (folder / "project.yaml").read_text()
    halves = threading.Semaphore(0)

    class Saved(Projects):
        """Somebody begins to save between a look and the next."""

        def gone(self, wanted: object) -> set[object]:  # type: ignore[override]
            if halves.acquire(blocking=False):
                path.write_text("")
                threading.Timer(0.2, path.write_text, (whole.replace("First", "Second"),)).start()
            return super().gone(wanted)  # type: ignore[arg-type, return-value]

    class Quiet(Doorbell):
        """Events come late."""

        def listen(self, folders: object) -> None:
            pass

    def work() -> None:
        heard.until(Idle, 1)
        halves.release()
        made[0].ear.done()
        heard.until(Finished, 2)

    made: list[watches.Watch] = []

    def remember(self: watches.Watch) -> None:
        self._projects = Saved(self.root)
        self.ear.settle = Settle(torn_s=60, most_s=60)  # the other half comes when it comes
        made.append(self)

    monkeypatch.setattr(watches, "Doorbell", Quiet)
    monkeypatch.setattr(watches.Watch, "__post_init__", remember)
    watched_here(tmp_path / "work", heard, work)
    assert [] == [one for one in heard.told if isinstance(one, Wrong)]


def test_a_bell_that_broke_off_is_hung_up_anew_by_who_hears_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when that is asked for before its thread has ended: a folder went away and is there again."""
    begun, tries = threading.Event(), list[str]()

    def watch(*paths: str, **_: object) -> object:
        tries.extend(paths)
        if len(tries) == 1:
            raise FileNotFoundError
        begun.set()
        return iter(())

    monkeypatch.setattr("watchfiles.watch", watch)
    bell = Doorbell(lambda: bell.listen([str(tmp_path)]), pytest.fail)
    bell.listen([str(tmp_path)])
    assert begun.wait(60)
    bell.close()
    assert [str(tmp_path)] * 2 == tries
