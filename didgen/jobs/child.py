"""One worker process as its parent sees it: started when needed, watched, killed with all it started."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from didgen.engine.shot import FPS, Memo
from didgen.errors import RenderError
from didgen.jobs.messages import Message, pack, receive
from didgen.secret import without_secrets

COMMAND = (sys.executable, "-P", "-m", "didgen.jobs.worker")

Progress = Callable[[str, int, int], None]

_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM", "TF_NUM_THREADS")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Limits:
    """When a worker is given up. Wall time grows with the pictures, whatever their rate; silence counts as hanging."""

    memory_bytes: int = 4 << 30
    silence_s: float = 120.0
    start_s: float = 120.0
    per_picture_s: float = 0.8  # wall seconds allowed for each picture of the video
    speech_per_second_s: float = (
        1.0  # silence allowed on top for each of them until frames come: speech has no progress
    )
    look_every_s: float = 0.5

    def wall_s(self, pictures: float) -> float:
        """Wall time allowed for a video of so many pictures."""
        return self.start_s + self.per_picture_s * pictures

    def quiet_s(self, video_s: float, counted: bool) -> float:
        """Silence allowed for a video of that length; `counted`: its frames are being drawn."""
        return self.silence_s + (0.0 if counted else self.speech_per_second_s * video_s)


STOP_S = 1.0
"""How long a worker may take to let go of a render that nobody wants any more, before it is killed."""


class Child:
    """One worker. Renders one order at a time; after any ending but a clean one it is gone and starts anew."""

    def __init__(self, command: Sequence[str], limits: Limits, memo: Memo | None, log: Path | None) -> None:
        self._command, self._limits, self._memo, self._log = tuple(command), limits, memo, log
        self._process: asyncio.subprocess.Process | None = None
        self._changing = asyncio.Lock()  # being started or killed
        self._heard = self._began = 0.0
        self._video_s, self._pictures, self._counted = 0.0, 0.0, False
        self._verdict = ""

    async def render(self, shot: Mapping[str, Any], out: Path, video_s: float, progress: Progress) -> Mapping[str, Any]:
        """Render one shot to `out`; the engine's facts. video_s: about how long the video will be.

        Raises RenderError for a failed render and for a worker that died or had to be killed. Cancelled, the worker is
        asked to let go of the render, and stays warm when it does so in time.
        """
        clean = False
        process = await self.started()
        self._video_s, self._pictures, self._counted, self._verdict = video_s, FPS * video_s, False, ""
        self._began = self._heard = time.monotonic()
        watch = asyncio.create_task(self._watch(process))
        order = {"do": "render", "shot": dict(shot), "out": str(out)}
        talk = asyncio.ensure_future(self._converse(process, order, progress))
        try:
            answer = await asyncio.shield(talk)  # a message must not be cut in two
            clean = True
        except asyncio.CancelledError:
            clean = await _let_go(process, talk)
            raise
        except (asyncio.IncompleteReadError, ConnectionError):
            raise RenderError("UnknownError", await self._epitaph(process), hint=self._see_log()) from None
        except ValueError as error:
            raise RenderError("UnknownError", f"the renderer spoke nonsense: {error}", hint=self._see_log()) from error
        finally:
            watch.cancel()
            if not clean:
                talk.cancel()
                await self.kill()
        if answer["say"] == "failed":
            raise RenderError(answer["kind"], answer["message"], hint=answer["hint"])
        facts: Mapping[str, Any] = answer["facts"]
        return facts

    async def started(self) -> asyncio.subprocess.Process:
        """The worker's process, started where there is none. Raises RenderError."""
        async with self._changing:
            if self._process is None or self._process.returncode is not None:
                self._process = await self._start()
            return self._process

    async def _start(self) -> asyncio.subprocess.Process:
        log = _open_log(self._log)
        try:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,  # its own group: Ctrl-C is ours to handle, and a kill takes its children too
                env=without_secrets(os.environ) | dict.fromkeys(_THREADS, "1"),
            )
        except OSError as error:
            raise RenderError("UnknownError", f"cannot start a renderer: {error}") from error
        finally:
            os.close(log)

    async def _converse(self, process: asyncio.subprocess.Process, order: Message, progress: Progress) -> Message:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(pack(order))
        await process.stdin.drain()
        while True:
            message, raw = await receive(process.stdout)
            self._heard = time.monotonic()
            match message.get("say"):
                case "progress":
                    self._note_pictures(message)
                    progress(message["stage"], message["done"], message["total"])
                case "recall":
                    value = self._memo.get(message["key"]) if self._memo is not None else None
                    process.stdin.write(pack({"do": "value", "found": value is not None}, value or b""))
                    await process.stdin.drain()
                case "keep":
                    if self._memo is not None:
                        self._memo.put(message["key"], raw)
                case "done" | "failed":
                    return message
                case other:
                    raise ValueError(f"unknown message {other!r}")

    def _note_pictures(self, message: Message) -> None:
        """The engine has counted them: 60 a second of some drivers. Until then there was a guess, 25 a second."""
        if message["stage"] == "frames" and message["total"]:
            self._pictures, self._counted = float(message["total"]), True

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        while True:
            await asyncio.sleep(self._limits.look_every_s)
            self._verdict = self._judge(process.pid, time.monotonic())
            if self._verdict:
                _kill_group(process)
                return

    def _judge(self, pid: int, now: float) -> str:
        """Why this worker has to go; "" while it may stay."""
        limits = self._limits
        wall_s, quiet_s = limits.wall_s(self._pictures), limits.quiet_s(self._video_s, self._counted)
        if _memory_bytes(pid) > limits.memory_bytes:
            return f"over {limits.memory_bytes / (1 << 30):g} GB"
        if now - self._heard > quiet_s:
            return f"no progress for {quiet_s:.0f} s"
        if now - self._began > wall_s:
            return f"not done after {wall_s:.0f} s"
        return ""

    async def _epitaph(self, process: asyncio.subprocess.Process) -> str:
        status = await process.wait()
        if self._verdict:
            return f"renderer killed ({self._verdict})"
        return f"renderer killed (signal {-status})" if status < 0 else f"renderer stopped (exit code {status})"

    def _see_log(self) -> str:
        return f"its last words are in {self._log}" if self._log is not None else ""

    async def kill(self) -> None:
        """End the worker and everything it started, now."""
        async with self._changing:
            process, self._process = self._process, None
            if process is not None:
                _kill_group(process)
                await process.wait()


async def _let_go(process: asyncio.subprocess.Process, talk: asyncio.Future[Message]) -> bool:
    """Ask a worker to stop rendering; whether it has ended that talk in order and can be given the next order."""
    with suppress(TimeoutError, asyncio.IncompleteReadError, ConnectionError, ValueError):
        assert process.stdin is not None
        process.stdin.write(pack({"do": "stop"}))
        await asyncio.wait_for(asyncio.shield(talk), STOP_S)
        return True
    return False


def _open_log(path: Path | None) -> int:
    return os.open(path or os.devnull, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _kill_group(process: asyncio.subprocess.Process) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _memory_bytes(pid: int) -> int:
    """Resident memory of a process; 0 when it cannot be told (it has ended, or there is no /proc)."""
    try:
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0
