"""Real servers for the tests: our app on a free port of this machine, and one that answers what it is told."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from didgen.serve.inspector import Inspector

DOOR = Inspector()
"""One for all servers of a test run: its processes take a third of a second to start, and end with this one."""


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """The app behind uvicorn in a thread; its base URL."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


@asynccontextmanager
async def living(app: Any) -> AsyncIterator[None]:
    """The app's lifespan around a block, for tests that call it without a server."""
    told: asyncio.Queue[Any] = asyncio.Queue()
    said: asyncio.Queue[Any] = asyncio.Queue()
    life = asyncio.create_task(app({"type": "lifespan", "asgi": {"version": "3.0"}}, told.get, said.put))
    await told.put({"type": "lifespan.startup"})
    assert "lifespan.startup.complete" == (await said.get())["type"]
    try:
        yield
    finally:
        await told.put({"type": "lifespan.shutdown"})
        assert "lifespan.shutdown.complete" == (await said.get())["type"]
        await life


def answer(status: int, body: bytes = b"{}", *headers: str, length: int | None = None, keep: bool = False) -> bytes:
    """An HTTP answer as bytes; `length` is what it claims when that is not true, `keep` leaves the connection open."""
    said = len(body) if length is None else length
    head = [
        f"HTTP/1.1 {status} X",
        f"Content-Length: {said}",
        *headers,
        f"Connection: {'keep-alive' if keep else 'close'}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Scripted:
    """A bank-like witness: answers each request with the next line of its script and writes down what it was sent.

    A line is bytes to send; b"" closes the connection without an answer; a callable makes bytes of the base URL.
    """

    def __init__(self, *script: bytes | Callable[[str], bytes]) -> None:
        self.script = list(script)
        self.seen: list[tuple[str, bytes, bytes]] = []  # first line, head, body
        self.connections = 0
        self.base = ""
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Scripted:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()

    def lines(self, method: str) -> list[str]:
        """The request lines of a method, in order."""
        return [line for line, _, _ in self.seen if line.startswith(method + " ")]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while b"Connection: keep-alive" in await self._one(reader, writer):
                pass
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")]
        body = await reader.readexactly(lengths[0]) if lengths else b""
        self.seen.append((head.split(b"\r\n")[0].decode(), head, body))
        line = self.script.pop(0)
        said = line(self.base) if callable(line) else line
        writer.write(said)
        await writer.drain()
        return said
