"""`didgen watch` as a process of its own, with what it said and what it rendered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from didgen.watch.told import View
from didgen.watch.waiting import Ear
from didgen.watch.watch import Watch
from tests import fakes
from tests.bank.lines import whole_lines

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0


@dataclass
class Running:
    """A watch of the workspace at `root`. process: it, or what it runs under."""

    root: Path
    process: subprocess.Popen[bytes]
    said: Path
    rendered: Path
    seen: int = field(default=0)

    def text(self) -> str:
        """All it has said."""
        return self.said.read_text()

    def renders(self) -> list[str]:
        """Scripts that workers were given since this was asked for last."""
        lines = whole_lines(self.rendered)
        new, self.seen = lines[self.seen :], len(lines)
        return new

    def until(self, ready: Callable[[], object]) -> None:
        """Wait for something; a watch that has ended, or a minute, is too much."""
        end = time.monotonic() + PATIENCE_S
        while not ready():
            assert self.process.poll() is None, self.text()
            assert time.monotonic() < end, self.text()
            time.sleep(0.02)

    def until_said(self, words: str, since: int = 0) -> None:
        """Wait until it has said that, in what came after so many characters."""
        self.until(lambda: words in self.text()[since:])

    def spoken(self, project: str) -> dict[str, str]:
        """What each scene of a project says in the end, by what was written beside its video."""
        folder = self.root / "output" / project
        manifest = json.loads((folder / "manifest.json").read_text())
        return {
            scene["address"].partition("/")[2]: " ".join(
                line
                for line in (folder / scene["files"]["srt"]["file"]).read_text().splitlines()
                if " --> " not in line
            )
            for scene in manifest["scenes"]
        }

    def until_spoken(self, project: str, scene: str, words: str) -> None:
        """Wait until a scene says that."""

        def says() -> bool:
            with suppress(OSError, KeyError):
                return words in self.spoken(project)[scene]
            return False

        self.until(says)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code. Ctrl-C is not heard by what a shell started in the background."""
        self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@contextmanager
def watching(root: Path, *words: str, under: Sequence[str] = (), jobs: int = 2, **environ: str) -> Iterator[Running]:
    """A watch with tiny engines while the block runs; it has planned everything when the block begins."""
    with started(root, *words, under=under, jobs=jobs, **environ) as running:
        running.until_said("watching ")
        yield running


@contextmanager
def started(root: Path, *words: str, under: Sequence[str] = (), jobs: int = 2, **environ: str) -> Iterator[Running]:
    """The same, which may not have looked at anything yet. under: a program to run it under."""
    said, rendered = root.parent / f"{root.name}.said", root.parent / f"{root.name}.rendered"
    command = [*under, sys.executable, "-m", "tests.watch.quick", "watch", "-C", str(root), "-j", str(jobs), *words]
    path = os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))
    more = {"PYTHONPATH": path, "PYTHONUNBUFFERED": "1", "DIDGEN_FAKE_LOG": str(rendered), **environ}
    with open(said, "wb") as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | more, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    running = Running(root, process, said, rendered)
    try:
        yield running
    finally:
        if process.poll() is None:
            running.stop()


def watched_here(root: Path, view: View, edit: Callable[[], None]) -> None:
    """A watch on this thread; it ends when `edit`, on another one, has. Raises what ends it before."""

    ear, over = Ear(), threading.Event()

    def work() -> None:
        try:
            edit()
        finally:
            if not over.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

    def end(*_: object) -> None:
        ear.stop()  # what is raised here is lost where it strikes a finalizer
        raise KeyboardInterrupt

    before, editing = signal.signal(signal.SIGTERM, end), threading.Thread(target=work, daemon=True)
    editing.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            Watch(root, (), "local", 1, 0, view, lambda _: True, fakes.COMMAND, ear=ear).run()
        editing.join(PATIENCE_S)
    finally:
        over.set()
        signal.signal(signal.SIGTERM, before)


def save(path: Path, data: str | bytes) -> None:
    """In place, as nano does."""
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def save_by_renaming(path: Path, data: str | bytes) -> None:
    """Written beside and renamed over it, as most editors do."""
    beside = path.with_name(f".{path.name}.swp")
    save(beside, data)
    os.replace(beside, path)


def save_anew(path: Path, data: str | bytes) -> None:
    """Moved away, and made anew a moment later, as vim does with a backup."""
    backup = path.with_name(f"{path.name}~")
    os.replace(path, backup)
    time.sleep(0.05)
    save(path, data)
    backup.unlink()


def save_in_two(path: Path, data: str | bytes) -> None:
    """Emptied, and written half a second later's half: what a slow disk makes of a large file."""
    save(path, "")
    time.sleep(0.25)
    save(path, data)


def project(root: Path, name: str, scenes: str, **files: str | bytes) -> Path:
    """The folder of a new project. scenes: YAML below `scenes:`, or a whole file. files: by name, `_` for a dot."""
    folder = root / "projects" / name
    folder.mkdir(parents=True)
    save(folder / "photo.jpg", fakes.photo())
    for file, data in files.items():
        save(folder / file.replace("_", "."), data)
    whole = scenes if "scenes:" in scenes else f"defaults: {{source: photo.jpg}}\nscenes:\n{scenes}"
    save(folder / "project.yaml", f"didgen: 1\nname: {name}\n{whole}")
    return folder


def talk(scene: str, text: str) -> str:
    """One scene in YAML."""
    return f'  - id: {scene}\n    script: "{text}"\n'
