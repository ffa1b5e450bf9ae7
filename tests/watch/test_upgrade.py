"""What only an upgrade of didgen would render again, in a watch: asked about once, and a no is kept to."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from didgen.catalog import versions
from didgen.errors import UpgradeError
from didgen.walk import steps
from didgen.walk.upgrade import Upgrade
from tests import fakes
from tests.watch.running import ROOT, Running, project, save, talk, watching


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of two scenes that a didgen with an older engine has built."""
    root = tmp_path / "work"
    folder = project(root, "old", talk("kept", "Kept as it is.") + talk("edited", "Edited later."))
    with monkeypatch.context() as older:
        older.setattr(versions, "ENGINE", versions.ENGINE - 1)
        assert steps.build(steps.wish(root), command=fakes.COMMAND).error is None
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "project.yaml"
    save(path, path.read_text().replace(old, new))


def outcomes(watch: Running, *, accept_upgrade: bool) -> tuple[list[str], list[str]]:
    """What a build after the watch asks about, and what it does; nobody agrees to anything."""
    asked: list[str] = []

    def no(upgrade: Upgrade) -> bool:
        asked.extend(upgrade.addresses)
        return False

    wanted = steps.wish(watch.root, service="local", accept_upgrade=accept_upgrade)
    with suppress(UpgradeError):
        return asked, [scene.action for scene in steps.build(wanted, on_upgrade=no, command=fakes.COMMAND).scenes]
    return asked, []


def test_without_a_terminal_nothing_is_rendered_for_an_upgrade_alone(folder: Path) -> None:
    """That is told once. An edit is rendered, also one that brings back the words that were left alone; and a build
    after the watch does not take for done what was left out."""
    with watching(folder.parents[1]) as watch:
        watch.until_said("2 scenes (old/kept and 1 more) would be rendered again")
        for old, new in (("Edited later.", "Something else."), ("Something else.", "Edited later.")):
            edit(folder, old, new)
            watch.until_spoken("old", "edited", new.split()[0])
            watch.until(lambda new=new: new in watch.renders())
        watch.until_spoken("old", "kept", "Kept")
        assert 1 == watch.text().count("didgen was upgraded")
        assert [] == watch.renders()
    assert (["old/kept"], []) == outcomes(watch, accept_upgrade=False)
    assert ([], ["rendered", "reused"]) == outcomes(watch, accept_upgrade=True)


@contextmanager
def at_a_terminal(root: Path) -> Iterator[tuple[Running, int, bytearray]]:
    """A watch that somebody sits at: it, where to type, and what is on the screen by now."""
    rendered, screen = root.parent / "rendered", bytearray()
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    given = kept | {"PYTHONPATH": path, "DIDGEN_FAKE_LOG": str(rendered), "TERM": "xterm"}
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "tests.watch.quick", "watch", "-C", str(root), "-j", "1"]
    process = subprocess.Popen(command, cwd=ROOT, env=given, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)

    def read() -> None:
        with suppress(OSError):  # the other end is closed
            while data := os.read(master, 4096):
                screen.extend(data)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    said = root.parent / "said"
    said.touch()
    running = Running(root, process, said, rendered)
    try:
        yield running, master, screen
    finally:
        if process.poll() is None:
            running.stop()
        reader.join(10)
        os.close(master)


def test_a_no_at_the_terminal_is_remembered(folder: Path) -> None:
    """The question comes once, whatever is saved after it."""
    with at_a_terminal(folder.parents[1]) as (watch, keys, screen):
        watch.until(lambda: b"Render them again? [y/N]" in screen)
        os.write(keys, b"n\n")
        for word in ("First", "Second"):
            before = (folder / "project.yaml").read_text().partition('- id: edited\n    script: "')[2].split('"')[0]
            edit(folder, before, f"{word} edit.")
            watch.until_spoken("old", "edited", word)
        assert ["First edit.", "Second edit."] == watch.renders()
    assert 1 == screen.count(b"Render them again? [y/N]")
