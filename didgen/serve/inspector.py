"""The door for media: every file that comes in is opened first in a child of its own, which can harm nobody.

A keeper is a process that has the decoders loaded and forks a child for each file (`keeper.py`): a fresh process would
cost 0.3 s a file. What a hostile file does to a decoder ends with its child.
"""

from __future__ import annotations

import asyncio
import json
import os
import select
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from didgen.errors import RenderError
from didgen.secret import without_secrets
from didgen.serve.inputs import Use
from didgen.serve.keeper import WALL_S

COMMAND: Final = (sys.executable, "-m", "didgen.serve.keeper")
KEEPERS = 2
PATIENCE_S = WALL_S + 30.0  # and for the keeper to load

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")
_NO_ANSWER = {"kind": "BadRequestError", "message": "it cannot be read", "hint": "save it again"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What a file is. suffix: by its bytes. width, height: px of a picture or video; seconds: of sound or video, 0
    where it does not say."""

    suffix: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0


class Inspector:
    """Asks keepers, one file at a time each; each belongs to a thread and is started when it is needed."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(KEEPERS, "didgen-inspector")
        self._mine = threading.local()
        self._keepers: set[subprocess.Popen[bytes]] = set()

    async def look(self, path: Path, use: Use, what: str) -> Seen:
        """What a file is, once it was opened as what it is to be used for. what: as messages call it.

        Raises RenderError in the service's kinds for what is of another kind, too large, too long or damaged.
        """
        order = json.dumps({"path": str(path), "use": use}).encode() + b"\n"
        answer = await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, order)
        if "kind" in answer:
            raise RenderError(answer["kind"], f"invalid {what}: {answer['message']}", hint=answer["hint"])
        return Seen(**answer)

    def _ask(self, order: bytes) -> dict[str, Any]:
        keeper = self._keeper()
        assert keeper.stdin is not None
        assert keeper.stdout is not None
        try:
            keeper.stdin.write(order)
            keeper.stdin.flush()
            ready = select.poll()  # unlike select, at any number of open files
            ready.register(keeper.stdout, select.POLLIN)
            if ready.poll(PATIENCE_S * 1000):
                answer: dict[str, Any] = json.loads(keeper.stdout.readline())
                return answer
        except (ValueError, OSError):
            pass
        self._let_go(keeper)
        return _NO_ANSWER

    def _keeper(self) -> subprocess.Popen[bytes]:
        """This thread's own."""
        keeper: subprocess.Popen[bytes] | None = getattr(self._mine, "keeper", None)
        if keeper is not None and keeper.poll() is not None:
            self._let_go(keeper)
        if keeper is None or keeper.poll() is not None:
            environ = without_secrets(os.environ) | dict.fromkeys(_THREADS, "1")
            keeper = self._mine.keeper = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=environ,
            )
            self._keepers.add(keeper)
        return keeper

    def close(self) -> None:
        """Let the keepers go."""
        for keeper in list(self._keepers):
            keeper.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)
        for keeper in list(self._keepers):  # with one that was just being started
            self._let_go(keeper)

    def _let_go(self, keeper: subprocess.Popen[bytes]) -> None:
        keeper.kill()
        keeper.wait()
        for pipe in (keeper.stdin, keeper.stdout):
            with suppress(OSError):
                pipe.close() if pipe is not None else None
        self._keepers.discard(keeper)
