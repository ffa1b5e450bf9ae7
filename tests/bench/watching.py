"""What a watch costs, from a saved line to a finished scene, in its parts; and planning anew among many scenes.

In this process, with the real engine on a warm worker: saved → settled → planned → sent → first frame a decoder gets of
the growing file → video → film and manifest in place.
"""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from didgen.watch.told import Began, Changed, Finished, Heard, Joined, Told
from didgen.watch.watch import Watch
from tests import fakes
from tests.bench.first_frame import shows, worked_s
from tests.bench.measure import row
from tests.bench.workspace import SAYING, fill, one_scene, write

PARTS = ("saved", "settled", "planned", "sent", "first frame", "video", "finished")
WORK = ("first frame", "video")
ROUNDS = 5


class Clock:
    """A view that notes when each part of a round was there."""

    def __init__(self) -> None:
        self.at: dict[str, float] = {}
        self.worked: dict[str, float] = {}  # CPU seconds of the workers, of those parts that they do
        self.length_s = 0.0
        self.ended, self.joined = threading.Event(), threading.Event()  # joined: no film is left for later

    def begin(self) -> None:
        """A file is about to be saved."""
        self.at, self.length_s = {"saved": time.perf_counter()}, 0.0
        self.worked = {"saved": worked_s()}
        self.ended.clear()
        self.joined.clear()

    def note(self, part: str) -> None:
        """A part is there, if it was not before."""
        if part not in self.at:
            self.at[part] = time.perf_counter()
            if part in WORK:
                self.worked[part] = worked_s()

    def __call__(self, told: Told) -> None:
        match told:
            case Changed():
                self.note("settled")
            case Began():
                self.note("planned")
            case Heard(_, event) if event.state == "done":
                self.note("video")
            case Heard(_, event):
                self.note("sent")
                if event.preview and "first frame" not in self.at and shows(event.preview):
                    self.note("first frame")
            case Finished(_, summary):
                self.note("finished")
                self.length_s = summary.scenes[0].duration_s
                self.ended.set()
                if not summary.later:
                    self.joined.set()
            case Joined():
                self.joined.set()


def watch() -> None:
    """A line of ten words changed, on a warm worker; then one scene of 1,500, of one project and of thirty."""
    with tempfile.TemporaryDirectory() as name:
        root = one_scene(Path(name))
        words = [f"Hello again, I am photograph number {k} that speaks today." for k in range(ROUNDS + 1)]
        _watched(root, root / "projects/one/project.yaml", words, "a line of ten words", None)
    for projects in (30, 1):
        with tempfile.TemporaryDirectory() as name:
            root = Path(name)
            for p in range(projects):
                write(root, f"part-{p}", [f"Scene {k + 1} of {p + 1}. {SAYING}" for k in range(1500 // projects)])
            fill(root)
            words = [f"Another scene, number {k}." for k in range(ROUNDS + 1)]
            label = f"one of 1,500 scenes in {projects} project{'s' * (projects > 1)}, tiny engine"
            _watched(root, root / "projects/part-0/project.yaml", words, label, fakes.COMMAND)


def _watched(root: Path, file: Path, words: Sequence[str], label: str, command: Sequence[str] | None) -> None:
    """Each of `words` in turn as the first scene of a project file; the first of them is not counted."""
    clock, found = Clock(), list[dict[str, float]]()
    lengths, own, filmed, worked = list[float](), list[float](), list[float](), list[dict[str, float]]()

    def edit() -> None:
        try:
            clock.joined.wait(600)
            for text in words:
                time.sleep(3.0)
                clock.begin()
                cpu = time.process_time()
                _say(file, text)
                clock.ended.wait(600)
                own.append(time.process_time() - cpu)
                worked.append(clock.worked)
                found.append(clock.at)
                lengths.append(clock.length_s)
                clock.joined.wait(600)
                filmed.append(time.process_time() - cpu)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=edit)
    thread.start()
    try:
        Watch(root, (), "local", 1, 0, clock, lambda upgrade: True, command).run()  # noqa: ARG005
    except KeyboardInterrupt:
        thread.join()
    parts = [part for part in PARTS if all(part in at for at in found[1:])]
    for before, part in pairwise(parts):
        row(f"{label}: {before} → {part}", _spread([at[part] - at[before] for at in found[1:]]))
    for part in parts[3:]:
        row(f"{label}: saved → {part}", _spread([at[part] - at["saved"] for at in found[1:]]))
    row(f"{label}: CPU of the watch itself", _spread(own[1:]))
    row(f"{label}: the same, with a film that follows", _spread(filmed[1:]))
    for part in WORK if command is None else ():
        row(f"{label}: CPU of the worker until {part}", _spread([at[part] - at["saved"] for at in worked[1:]]))
    row(f"{label}: length of the scene", _spread(lengths[1:]))


def _say(file: Path, text: str) -> None:
    """Another text for the first scene, saved by renaming."""
    lines = file.read_text().splitlines(keepends=True)
    at = next(k for k, line in enumerate(lines) if "script:" in line)
    lines[at] = f'    script: "{text}"\n'
    beside = file.with_name(f".{file.name}.new")
    beside.write_text("".join(lines))
    os.replace(beside, file)


def _spread(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds):.3f} s ({min(seconds):.3f} to {max(seconds):.3f})"
