"""A worker: a function with a pipe. Reads one order after another, renders, and says how it goes.

Started by the pool as `python -m didgen.jobs.worker`. It keeps nothing: derived values are asked of the parent and
sent to it. Standard output is for messages only, so whatever native code prints there goes to standard error.
"""

from __future__ import annotations

import ctypes
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import IO

from didgen.engine.shot import Memo, Rendered, Report, Shot
from didgen.errors import DidgenError, RenderError
from didgen.jobs.messages import Message, pack, read
from didgen.jobs.shots import shot_from_json

Render = Callable[[Shot, Path, Report, Memo], Rendered]

_PR_SET_PDEATHSIG = 1


class Channel:
    """The worker's end of the pipes; also the engine's `Memo`, whose values lie with the parent."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        self._incoming, self._outgoing = incoming, outgoing
        self._orders: queue.Queue[Message] = queue.Queue()
        self._values: queue.Queue[bytes | None] = queue.Queue()
        self._writing, self._asking = threading.Lock(), threading.Lock()
        self._unwanted = threading.Event()
        threading.Thread(target=self._listen, name="orders", daemon=True).start()

    def _listen(self) -> None:
        """Sort what comes in. The end of the pipe means that the parent has gone: no use in going on."""
        while (received := read(self._incoming)) is not None:
            message, raw = received
            if message["do"] == "value":
                self._values.put(raw if message["found"] else None)
            elif message["do"] == "stop":
                self._unwanted.set()
            else:
                self._unwanted.clear()  # a stop that came too late was about the order before this one
                self._orders.put(message)
        os._exit(0)

    def next_order(self) -> Message:
        """The next order; waits for it."""
        return self._orders.get()

    def say(self, message: Message, raw: bytes = b"") -> None:
        """Send one message; from any thread."""
        with self._writing:
            self._outgoing.write(pack(message, raw))
            self._outgoing.flush()

    def report(self, stage: str, done: int, total: int) -> None:
        """The engine's `Report`. Raises RenderError once nobody wants this render any more."""
        if self._unwanted.is_set():
            raise RenderError("Cancelled", "cancelled")
        self.say({"say": "progress", "stage": stage, "done": done, "total": total})

    def get(self, key: str) -> bytes | None:
        """Ask the parent for a derived value."""
        with self._asking:
            self.say({"say": "recall", "key": key})
            return self._values.get()

    def put(self, key: str, value: bytes) -> None:
        """Give the parent a derived value to keep."""
        self.say({"say": "keep", "key": key}, bytes(value))


def serve(render: Render, warm: Callable[[], None] | None = None) -> None:
    """Render orders with `render` until the parent closes the pipe. `warm` runs once, before the first order."""
    channel = Channel(sys.stdin.buffer, _own_stdout())
    _die_with_parent()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if warm is not None:
        warm()
    while True:
        order = channel.next_order()
        channel.say(_obey(order, render, channel))


def _obey(order: Message, render: Render, channel: Channel) -> Message:
    try:
        rendered = render(shot_from_json(order["shot"]), Path(order["out"]), channel.report, channel)
    except RenderError as error:
        return {"say": "failed", "kind": error.kind, "message": error.message, "hint": error.hint}
    except DidgenError as error:
        return {"say": "failed", "kind": "UnknownError", "message": error.message, "hint": error.hint}
    except Exception as error:
        traceback.print_exc()
        message = f"the renderer failed: {type(error).__name__}: {error}"
        return {"say": "failed", "kind": "UnknownError", "message": message, "hint": ""}
    return {"say": "done", "facts": dict(rendered.facts)}


def _own_stdout() -> IO[bytes]:
    """The pipe to the parent under a new number; number 1 becomes standard error for everybody else."""
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return own


def _die_with_parent() -> None:
    """Ask Linux for SIGKILL when the parent dies, for an engine that hangs in native code. Elsewhere the closed
    pipe has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """The real engine, warm, on one thread a library."""
    import cv2

    from didgen.engine.render import render, warm

    cv2.setNumThreads(1)
    serve(render, warm)


if __name__ == "__main__":
    main()
