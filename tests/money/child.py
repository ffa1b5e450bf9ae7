"""One build in a process of its own that dies, or finds the disk full, at a step that is asked for.

Steps are the moments at which the state, the store or a socket is about to change, or just has: they are counted by
wrapping what Python code calls (`State._transaction`, `os.fsync`, `os.replace`, `os.unlink`, a socket's connect, send,
recv, a file's write). No line of the product knows of this.
"""

from __future__ import annotations

import builtins
import contextlib
import errno
import json
import os
import signal
import socket
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any


@dataclass
class Steps:
    """Counts steps by name. kill: the step at which the process kills itself. full: the write from which on the disk
    is full. only: count no steps but those whose name begins so."""

    kill: int = 0
    full: int = 0
    only: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    total: int = 0
    writes: int = 0
    last_words: Callable[[str], None] = lambda name: None  # noqa: ARG005

    def step(self, name: str) -> None:
        """One step further, or none any more."""
        if name.startswith(self.only):
            self.counts[name] += 1
            self.total += 1
            if self.total == self.kill:
                self.last_words(name)
                os.kill(os.getpid(), signal.SIGKILL)

    def write(self, path: object) -> None:
        """A write to a file: it fails once the disk is full."""
        self.writes += 1
        if self.full and self.writes >= self.full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def hurry(answer_s: float) -> None:
    """Wait a tenth between tries and polls, as a test of the client does with `pace_s`, and so long for an answer to
    what may buy; take a build on another machine to be dead after two seconds."""
    from didgen.api import transport as transports
    from didgen.api.transport import Transport
    from didgen.jobs import turns
    from didgen.store import claims

    claims.LEASE_S, claims.BEAT_S, turns.LOOK_S = 2.0, 0.4, (0.05, 0.3)
    transports.CONNECT = replace(transports.CONNECT, each_s=answer_s)

    whole = Transport.__init__

    def init(transport: Transport, *what: Any, **more: Any) -> None:
        whole(transport, *what, **{**more, "pace_s": 0.1})

    Transport.__init__ = init  # type: ignore[method-assign]


def install(steps: Steps, root: Path) -> None:
    """Wrap what is counted, in this process, for good."""
    from didgen.store.state import State

    def around(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*what: Any, **more: Any) -> Any:
            steps.step(f"before {name}")
            done = real(*what, **more)
            steps.step(f"after {name}")
            return done

        return wrapped

    for name in ("fsync", "replace", "unlink"):
        setattr(os, name, around(name, getattr(os, name)))
    for name in ("connect", "send", "recv"):
        setattr(socket.socket, name, around(name, getattr(socket.socket, name)))
    whole = State._transaction

    @contextlib.contextmanager
    def transaction(state: State) -> Iterator[None]:
        steps.step("before transaction")
        steps.write(state.path)
        with whole(state):
            yield
            steps.step("before commit")
        steps.step("after commit")

    State._transaction = transaction  # type: ignore[method-assign]
    if steps.full:
        _fill(steps, root)


def _fill(steps: Steps, root: Path) -> None:
    """Let every file below root that is opened for writing count its writes."""
    real = builtins.open

    def opened(path: Any, mode: str = "r", *more: Any, **named: Any) -> IO[Any]:
        file = real(path, mode, *more, **named)
        if not isinstance(path, int) and any(c in mode for c in "wxa+") and Path(path).absolute().is_relative_to(root):
            return _Counted(file, steps, path)  # type: ignore[return-value]
        return file

    builtins.open = opened  # type: ignore[assignment]


class _Counted:
    """A file whose writes are counted."""

    def __init__(self, file: IO[Any], steps: Steps, path: object) -> None:
        self._file, self._steps, self._path = file, steps, path

    def write(self, data: Any) -> int:
        self._steps.write(self._path)
        return self._file.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> _Counted:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def run(order: dict[str, Any], last_words: Callable[[str], None] = lambda name: None) -> dict[str, Any]:  # noqa: ARG005
    """Build as ordered; what came of it: `exit` (as the command's), `error`, `actions` by address, `steps`, `writes`.

    order: `root`, `key`; `kill`, `full`, `only` as `Steps` has them; `broken`: a way to be wrong (`BROKEN`);
    `addresses`, `wait` as `steps.wish`; `answer_s` as `hurry` takes it; `env`; `argv`: a command line to run instead.
    last_words: is told the name of the step at which the process is about to kill itself.
    """
    from didgen.errors import DidgenError

    os.environ.update({"D_ID_API_KEY": order["key"], **order.get("env", {})})
    root = Path(order["root"])
    os.chdir(root)
    steps = Steps(order.get("kill", 0), order.get("full", 0), order.get("only", ""), last_words=last_words)
    install(steps, root)
    hurry(order.get("answer_s", 20.0))
    result: dict[str, Any] = {"exit": 0, "error": "", "actions": {}}
    try:
        if order.get("broken"):
            BROKEN[order["broken"]]()
        if "argv" in order:
            return {**result, "exit": _command(order["argv"])}
        summary = _build(root, order)
        result["actions"] = {scene.address: scene.action for scene in summary.scenes}
        result["errors"] = {scene.address: scene.error for scene in summary.scenes if scene.error}
        if summary.error is not None:
            raise summary.error
    except DidgenError as error:
        result |= {"exit": error.exit_code, "error": str(error)}
    except OSError as error:  # as the command does
        result |= {"exit": 6, "error": f"{error.filename}: {error.strerror}"}
    except BaseException:
        result |= {"exit": 70, "error": traceback.format_exc()}
    return {**result, "steps": steps.total, "counts": dict(steps.counts), "writes": steps.writes}


def _build(root: Path, order: dict[str, Any]) -> Any:
    from didgen.walk import steps

    return steps.build(
        steps.wish(root, order.get("addresses", ()), budget=order.get("budget", 100_000), wait=order.get("wait", True))
    )


def _command(argv: list[str]) -> int:
    """Run a command line as the program does; its exit code."""
    from didgen.cli import main

    sys.argv = ["didgen", *argv]
    try:
        main.main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 70
    return 0


def resend() -> None:
    """The mistake of a journal without adoption: nothing is looked for, and what may have been sent is sent again."""
    from didgen.jobs.search import Search
    from didgen.store.state import State

    real = State.open_jobs

    def open_jobs(state: State, service: str) -> list[Any]:
        return [row for row in real(state, service) if row.state == "submitted"]

    async def nothing(search: Search, *_: Any) -> list[Any]:
        return []

    State.open_jobs = open_jobs  # type: ignore[method-assign]
    Search.listed = Search.again = nothing  # type: ignore[method-assign, assignment]


BROKEN: dict[str, Callable[[], None]] = {"resend": resend}


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
