"""Waiting for a change that has settled: half-saved files and bursts of events become one."""

from __future__ import annotations

import queue
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from didgen.watch.inputs import GONE, Projects, look

FEW = 3
"""Files that are saved by hand at once."""

Heard = Literal["ring", "done"]
"""ring: something happened in a folder; done: something that was made has come to its end."""


@dataclass(frozen=True, slots=True)
class Settle:
    """When a change has settled: nothing happened for quiet_s; for many_s when more than a few files have changed, for
    torn_s while one is empty or gone that had something in it.

    most_s: then it is looked at whatever goes on; git_s: but for so long git is waited for while it holds its index, as
    it does when it changes branches.
    """

    quiet_s: float = 0.12
    many_s: float = 0.3
    torn_s: float = 0.5
    most_s: float = 3.0
    git_s: float = 20.0


@dataclass
class Ear:
    """What other threads have to say. git_lock: see `git_lock`."""

    settle: Settle = Settle()
    git_lock: Path | None = None
    _said: queue.SimpleQueue[Heard] = field(default_factory=queue.SimpleQueue)
    _stopped: bool = False

    def ring(self) -> None:
        """Something happened in a folder."""
        self._said.put("ring")

    def done(self) -> None:
        """Something that was made has come to its end."""
        self._said.put("done")

    def stop(self) -> None:
        """Somebody has pressed Ctrl-C; may be called by a signal's handler."""
        self._stopped = True
        self._said.put("done")

    def hear(self, timeout_s: float) -> Heard | None:
        """What was said, None when nothing was; all that was said meanwhile is one, and a ring counts more.

        Raises KeyboardInterrupt once stopped: the one that a handler raises is lost where it strikes a finalizer.
        """
        heard: Heard | None = None
        with suppress(queue.Empty):
            heard = self._said.get(timeout=timeout_s)
            while True:
                more = self._said.get_nowait()
                heard = "ring" if "ring" in (heard, more) else more
        if self._stopped:
            raise KeyboardInterrupt
        return heard

    def await_quiet(self, projects: Projects) -> bool:
        """Wait until what goes on with their files has come to its end; whether anything rang meanwhile."""
        began = last = time.monotonic()
        looks, rang = projects.looks(), False
        while True:
            heard, seen = self.hear(self.settle.quiet_s / 2), projects.looks()
            now = time.monotonic()
            if heard == "ring" or seen != looks:
                last, looks, rang = now, seen, rang or heard == "ring"
            quiet = now - last >= self._quiet_s(projects)
            if (quiet or now - began > self.settle.most_s) and not self._git_is_busy():
                return rang

    def _quiet_s(self, projects: Projects) -> float:
        if projects.torn():
            return self.settle.torn_s
        return self.settle.many_s if projects.moved() > FEW else self.settle.quiet_s

    def _git_is_busy(self) -> bool:
        """Whether git is in the midst of something, such as changing branches; a lock it left behind says nothing."""
        found = look(str(self.git_lock)) if self.git_lock is not None else GONE
        return found != GONE and time.time() - found[1] / 1e9 < self.settle.git_s


def git_lock(root: Path) -> Path | None:
    """The file that git holds while it changes the work tree that a folder is in; None outside of any."""
    for folder in (root, *root.parents):
        git = folder / ".git"
        if git.is_dir():
            return git / "index.lock"
        if git.is_file():  # of a linked work tree: "gitdir: /where/it/is"
            there = git.read_text("utf-8", "surrogateescape").removeprefix("gitdir:").strip()
            return folder / there / "index.lock"
    return None
