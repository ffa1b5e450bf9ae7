"""A real https site on this machine, for inputs by URL. Its certificate is for photos.example and other.example."""

from __future__ import annotations

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from didgen.api.remote import Remote
from tests import fakes

CERTIFICATE = Path(__file__).parent / "data" / "loopback.pem"
"""Made for these tests, with its key: worth nothing anywhere else."""

PHOTO = fakes.photo()

Page = Callable[[str], Iterable[bytes]]


def page(body: bytes, *headers: str, status: int = 200, length: int | None = None) -> Page:
    """One answer in one piece; `length` is what it claims when that is not true, -1 claims nothing."""
    said = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status} X", "Connection: close", *headers, *([f"Content-Length: {said}"] if said >= 0 else [])]
    return lambda head: ["\r\n".join(lines).encode() + b"\r\n\r\n" + body]  # noqa: ARG005


def tagged(body: bytes, tag: str) -> Page:
    """A page that knows whether it has changed."""

    def answer(head: str) -> Iterable[bytes]:
        same = f"if-none-match: {tag}" in head.lower()
        return page(b"" if same else body, f"ETag: {tag}", status=304 if same else 200)(head)

    return answer


class Site:
    """pages: what each path answers; seen: the heads of all requests. Pieces are sent until the client hangs up."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.seen: list[str] = []
        self.port = 0
        self.closing = threading.Event()

    def url(self, path: str, host: str = "photos.example") -> str:
        return f"https://{host}:{self.port}{path}"

    def answer(self, connection: ssl.SSLSocket) -> None:
        """Serve one connection, one request."""
        connection.do_handshake()
        data = b""
        while b"\r\n\r\n" not in data and (piece := connection.recv(65536)):
            data += piece
        head = data.decode()
        self.seen.append(head)
        for piece in self.pages.get(head.split(" ")[1], page(b"", status=404))(head):
            connection.sendall(piece)
            if self.closing.is_set():
                break


@contextmanager
def site() -> Iterator[Site]:
    """A site until the block ends; then nothing listens any more."""
    held, context = Site(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError), context.wrap_socket(self.request, True, do_handshake_on_connect=False) as secured:
                secured.settimeout(10)
                held.answer(secured)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        held.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield held
        finally:
            held.closing.set()
            server.shutdown()
            thread.join(10)


@contextmanager
def site_of_walks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """A site whose photo is at /anna.jpg; walks may ask it, though it is on this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    given = {"loopback": True, "deadline_s": 5.0, "lookup": lambda _host: ["127.0.0.1"]}
    monkeypatch.setattr("didgen.api.remote.Remote", lambda *args, **more: Remote(*args, **(more | given)))
    with site() as web:
        web.pages["/anna.jpg"] = tagged(PHOTO, '"one"')
        yield web
