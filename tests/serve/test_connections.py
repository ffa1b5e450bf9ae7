"""Connections over true sockets: who keeps the server waiting is cut off, and others are served meanwhile."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn

from didgen.serve import connections

WHOLE = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"


async def app(scope: dict, receive: object, send: object) -> None:
    """Answers at once, reading nothing of a body: a word, at /large 64 MiB, at /NUMBER so many bytes."""
    if scope["type"] != "http":
        return
    sizes = {"/": 0, "/large": 64 << 20}
    path = scope["path"]
    body = bytes(sizes[path] if path in sizes else int(path[1:])) or b"hello"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A server whose patience is short."""
    monkeypatch.setattr(connections, "HEAD_S", 1.0)
    monkeypatch.setattr(connections, "TAKEN_S", 0.4)
    monkeypatch.setattr(connections, "OPEN", 20)
    door = socket.create_server(("127.0.0.1", 0))
    door.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # that an answer waits here and not in the system
    server = uvicorn.Server(connections.configured(app, lifespan="off", log_level="error"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]})
    thread.start()
    try:
        yield door.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(30)
        door.close()
    assert not thread.is_alive()


def connect(port: int) -> socket.socket:
    found = socket.create_connection(("127.0.0.1", port), timeout=10)
    found.settimeout(10)
    return found


def answered(port: int) -> bool:
    with connect(port) as own, contextlib.suppress(ConnectionError):
        own.sendall(WHOLE)
        return own.recv(100).startswith(b"HTTP/1.1 200")
    return False


def cut(own: socket.socket, drop: bytes, pause_s: float = 0.02) -> bool:
    """Whether the server ends a connection that sends drops of something, at most 400."""
    for k in range(400):
        try:
            own.sendall(drop[k % len(drop) : k % len(drop) + 1] if drop else b"")
            own.setblocking(False)
            if own.recv(1 << 16) == b"":
                return True
        except BlockingIOError:
            pass
        except OSError:
            return True
        finally:
            with contextlib.suppress(OSError):
                own.settimeout(10)
        time.sleep(pause_s)
    return False


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        pytest.param(b"", b"", id="silence"),
        pytest.param(b"GET / HTTP/1.1\r\nX: ", b"a", id="a head that never ends"),
        pytest.param(b"", b"\r\n", id="empty lines before it"),
        pytest.param(WHOLE + b"GET / HTTP/1.1\r\nX: ", b"a", id="the second head"),
        pytest.param(
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999\r\n\r\n", b"a", id="a body after its answer"
        ),
    ],
)
def test_who_drips_is_cut_off(port: int, start: bytes, drop: bytes) -> None:
    """Whatever it drips; another client is answered while it does so and afterwards."""
    with connect(port) as own:
        own.sendall(start)
        assert answered(port)
        assert cut(own, drop)
    assert answered(port)


@pytest.mark.parametrize("after", [b"", b"Connection: close\r\n"])
@pytest.mark.parametrize(("size", "taken"), [(60_000, 100), (80_000, 66_000)])
def test_who_does_not_take_the_last_of_an_answer_is_cut_off(port: int, after: bytes, size: int, taken: int) -> None:
    """Also where the server has closed when all was written: what is left is not kept for ever. Before and after a full
    buffer."""
    assert answered(port)
    assert NOBODY == held(port, NOBODY)
    with socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        own.connect(("127.0.0.1", port))
        own.sendall(WHOLE.replace(b" / ", b" /%d " % size).replace(b"h\r\n", b"h\r\n" + after))
        while taken > 0:
            taken -= len(own.recv(min(taken, 4096)))
        assert NOBODY + 1 == held(port, NOBODY + 1)  # ours alone


def test_who_takes_no_answer_is_cut_off(port: int) -> None:
    """64 MiB are asked for and not read: after a while the rest is not to be had any more."""
    with connect(port) as own:
        own.sendall(WHOLE.replace(b" / ", b" /large "))
        time.sleep(2)
        got = 0
        with contextlib.suppress(ConnectionError):
            while piece := own.recv(1 << 20):
                got += len(piece)
        assert 0 < got < 64 << 20


def test_a_client_in_time_keeps_its_connection_past_the_deadline(port: int) -> None:
    """Five requests over one connection, each head in two pieces, for longer than a deadline in all."""
    with connect(port) as own:
        for _ in range(5):
            own.sendall(WHOLE[:9])
            time.sleep(0.3)
            own.sendall(WHOLE[9:])
            got = b""
            while piece := b"" if got.endswith(b"hello") else own.recv(1000):
                got += piece
            assert got.endswith(b"hello")


def test_no_more_than_so_many_are_open(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 come and say nothing, and may do so for long; the server keeps 20 of them, gives all back, and serves on."""
    monkeypatch.setattr(connections, "HEAD_S", 100.0)
    assert answered(port)
    assert NOBODY == held(port, NOBODY)
    crowd = [connect(port) for _ in range(60)]
    try:
        assert held(port, NOBODY + 60 + 20) <= NOBODY + 60 + 20
    finally:
        for own in crowd:
            own.close()
    assert NOBODY == held(port, NOBODY)
    assert any(answered(port) or time.sleep(0.1) for _ in range(100))  # some may still stand before the door


NOBODY = 1
"""What is held where nobody is connected: the door."""


def held(port: int, most: int) -> int:
    """How many sockets of that port the server and its clients hold: once they are `most`, or in the end. Those of
    other tests are none of them, nor are those that the system keeps for a while (they have no inode)."""
    for _ in range(100):
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        ends = [(line[1], line[2]) for line in lines if line[9] != "0"]
        found = sum(any(end.endswith(f":{port:04X}") for end in both) for both in ends)
        if found <= most:
            break
        time.sleep(0.1)
    return found
