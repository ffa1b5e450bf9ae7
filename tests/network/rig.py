"""A service, its bucket and a stranger on 127.0.0.1, over raw sockets, so that every byte of an answer can go wrong.

The service takes POST /talks, GET /talks/{id}, POST /images; the bucket gives the video. What a fault does with an
answer is told by `faults.py`. All requests are written down, with their heads, by host.
"""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Operation = Literal["submit", "poll", "upload", "download"]
OPERATIONS: tuple[Operation, ...] = ("submit", "poll", "upload", "download")
JOB = "tlk_" + "a" * 21


@dataclass
class Request:
    """What came: first line, head, body."""

    line: str
    head: bytes
    body: bytes


@dataclass
class Wire:
    """One connection as a fault sees it. status, body: the true answer; elsewhere: the stranger's address."""

    status: int
    body: bytes
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    elsewhere: str
    here: str

    def head(self, *headers: str, status: int = 0, length: int | None = -1) -> bytes:
        """A status line and headers; length -1 is the true one, None none at all."""
        said = len(self.body) if length == -1 else length
        lines = [f"HTTP/1.1 {status or self.status} X", *headers]
        lines += [f"Content-Length: {said}"] if said is not None else []
        return "\r\n".join([*lines, "Connection: close"]).encode() + b"\r\n\r\n"

    async def send(self, data: bytes) -> None:
        """Send bytes as they are; whether the other side still listens is its affair."""
        with suppress(OSError):
            self.writer.write(data)
            await self.writer.drain()

    async def answer(self, status: int, body: bytes, *headers: str) -> None:
        """A whole answer of another kind."""
        self.body = body
        await self.send(self.head(*headers, status=status) + body)

    def reset(self) -> None:
        """End with a reset instead of a farewell."""
        end: socket.socket = self.writer.get_extra_info("socket")
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def left(self) -> None:
        """Wait until the other side has had enough."""
        with suppress(OSError):
            while await self.reader.read(1 << 16):
                pass


Act = Callable[[Wire], Awaitable[None]]


@dataclass
class Rig:
    """The three hosts. wrong: which operation goes wrong, how, and how many times at most."""

    video: bytes
    act: Act | None = None
    wrong: Operation = "submit"
    times: int = 0
    deaf: bool = False  # the fault is there before a request is read
    seen: dict[str, list[Request]] = field(default_factory=lambda: {"api": [], "bucket": [], "stranger": []})
    bought: list[str] = field(default_factory=list)
    link: str | None = None  # another link than the true one
    _servers: list[asyncio.Server] = field(default_factory=list)
    _base: dict[str, str] = field(default_factory=dict)

    async def __aenter__(self) -> Rig:
        for name in self.seen:
            server = await asyncio.start_server(lambda r, w, name=name: self._serve(name, r, w), "127.0.0.1", 0)
            self._servers.append(server)
            self._base[name] = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in self._servers:
            server.close()

    @property
    def base(self) -> str:
        """The service."""
        return self._base["api"]

    @property
    def bucket(self) -> str:
        """Where videos lie."""
        return self._base["bucket"]

    def close(self, name: str) -> None:
        """Let nobody listen there any more."""
        self._servers[list(self.seen).index(name)].close()

    def count(self, operation: Operation) -> int:
        """How many requests of an operation came."""
        starts = {"submit": "POST /talks", "poll": "GET /talks", "upload": "POST /images", "download": "GET /video"}
        host = "bucket" if operation == "download" else "api"
        return sum(request.line.startswith(starts[operation]) for request in self.seen[host])

    async def _serve(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.deaf and self.act is not None and self._hit(host):
                await self.act(Wire(0, b"", reader, writer, self._base["stranger"], self._base[host]))
            else:
                await self._one(host, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one(self, host: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        sizes = [int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")]
        body = await reader.readexactly(sizes[0]) if sizes else b""
        request = Request(head.split(b"\r\n")[0].decode(), head, body)
        self.seen[host].append(request)
        operation, status, true = self._true(host, request)
        wire = Wire(status, true, reader, writer, self._base["stranger"], self._base[host])
        if self.act is not None and operation == self.wrong and self.times > 0:
            self.times -= 1
            await self.act(wire)
        else:
            await wire.send(wire.head() + true)

    def _hit(self, host: str) -> bool:
        if host != ("bucket" if self.wrong == "download" else "api") or self.times <= 0:
            return False
        self.times -= 1
        return True

    def _true(self, host: str, request: Request) -> tuple[Operation | None, int, bytes]:
        """Which operation it is, and its answer when nothing goes wrong."""
        if host == "bucket":
            return "download", 200, self.video
        if host == "stranger":
            return None, 200, b'{"id": "tlk_stranger", "url": "https://stranger/x.jpg", "status": "done"}'
        if request.line.startswith("POST /talks"):
            self.bought.append(JOB)
            return "submit", 201, json.dumps({"id": JOB, "object": "talk", "status": "created"}).encode()
        if request.line.startswith("GET /talks"):
            link = self.link if self.link is not None else f"{self.bucket}/video.mp4?Signature=canary-link"
            return "poll", 200, json.dumps({"id": JOB, "status": "done", "result_url": link}).encode()
        return "upload", 201, b'{"url": "https://up.example/photo.jpg", "id": "x"}'
