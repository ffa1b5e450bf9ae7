"""Builds in processes that start at once: a server that has imported everything and forks one for each order.

As a program: reads orders as JSON lines `{"builds": [order, …], "kill_after_s": s | null}` (orders as in
`child.run`, and `said`: a file for what it says on stdout and stderr),
forks a process for each build, kills the first after that time, and answers `{"results": […]}` when all have ended. A
build that was killed is `{"killed": true}`, with the step it died `at`, if it was one; one that does not end within a
minute is `{"stuck": true}`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[2]
STUCK_S = 60.0
NEEDED = (
    *("av", "httpx", "tests.money.child", "didgen.api.client", "didgen.api.download", "didgen.api.remote"),
    *("didgen.film.join", "didgen.film.poster", "didgen.walk.finish", "didgen.jobs.executor", "didgen.jobs.manifest"),
    *("didgen.plan.resolve", "didgen.project.load", "didgen.walk.steps"),
)
"""What a build imports where it is used, and is to be there already."""
Result = dict[str, Any]


class Warm:
    """The server, from the side of whoever gives orders. A context manager."""

    def __enter__(self) -> Warm:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("DIDGEN_", "D_ID_"))}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.money.warm"],
            cwd=REPOSITORY,
            env={**environment, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(STUCK_S + 10)
        self._process.stdout.close()

    def builds(self, *orders: dict[str, Any], kill_after_s: float | None = None) -> list[Result]:
        """Run builds at once; their results in the order of the orders."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"builds": orders, "kill_after_s": kill_after_s}) + "\n")
        self._process.stdin.flush()
        results: list[Result] = json.loads(self._process.stdout.readline())["results"]
        return results

    def build(self, order: dict[str, Any], kill_after_s: float | None = None) -> Result:
        """Run one build."""
        (result,) = self.builds(order, kill_after_s=kill_after_s)
        return result


def _fork(order: dict[str, Any]) -> tuple[int, int]:
    """A process for one build: its id, and the pipe its result will come through."""
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    try:
        os.close(reader)
        said = os.open(order.get("said", os.devnull), os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        for stream in (1, 2):
            os.dup2(said, stream)
        from tests.money.child import run

        def say(what: dict[str, Any]) -> None:
            os.write(writer, json.dumps(what).encode())

        say(run(order, lambda step: say({"killed": True, "at": step})))
    finally:
        os._exit(0)


def _ended(child: int, deadline: float) -> bool:
    """Whether a process ends before the deadline; then it is gone."""
    while os.waitpid(child, os.WNOHANG)[0] == 0:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.002)
    return True


def _carry_out(order: dict[str, Any]) -> list[Result]:
    forked = [_fork(build) for build in order["builds"]]
    now, after_s = time.monotonic(), order["kill_after_s"]
    results = []
    for k, (child, reader) in enumerate(forked):
        stuck = False
        if k == 0 and after_s is not None:
            stuck = not _ended(child, now + after_s) and _kill(child) and False
        elif not _ended(child, now + STUCK_S):
            stuck = _kill(child)
        with os.fdopen(reader, "rb") as pipe:
            told = pipe.read()
        results.append({"stuck": True} if stuck else json.loads(told) if told else {"killed": True})
    return results


def _kill(child: int) -> bool:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def main() -> None:
    """Import all that a build needs, then serve."""
    for name in NEEDED:
        import_module(name)
    from didgen.api.wire import AnimationRequest, Job, TalkRequest

    for model in (TalkRequest, AnimationRequest, Job):
        model.model_rebuild()
    for line in sys.stdin:
        print(json.dumps({"results": _carry_out(json.loads(line))}), flush=True)


if __name__ == "__main__":
    main()
