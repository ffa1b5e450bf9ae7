"""What can go wrong between a client and a service, byte by byte, and what is to come of it.

Of a POST that may have bought something: "fine" (it has its answer all the same), "lost" (nobody knows: never again),
"refused", "busy". Of what may be asked again: "fine", "again" (right after the next try), "refused" (no use in asking).
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from time import time
from typing import Literal

from tests.network.rig import Wire

Act = Callable[[Wire], Awaitable[None]]


@dataclass(frozen=True)
class Fault:
    """post, read, video: what becomes of a paid POST, of a poll or an upload, of a download."""

    act: Act
    post: Literal["fine", "lost", "refused", "busy"] = "lost"
    read: Literal["fine", "again", "refused"] = "again"
    video: Literal["fine", "again"] = "again"
    deaf: bool = False
    slow: bool = False


def status(number: int, body: bytes = b'{"kind": "X", "description": "y"}', *headers: str) -> Act:
    """Another status."""

    async def act(wire: Wire) -> None:
        await wire.answer(number, body, *headers)

    return act


def body(data: bytes, *headers: str) -> Act:
    """A right status with something else behind it."""

    async def act(wire: Wire) -> None:
        await wire.answer(wire.status, data, *headers)

    return act


def part(share: float, *, reset: bool) -> Act:
    """The first part of the answer, then the end of the connection."""

    async def act(wire: Wire) -> None:
        said = wire.head() + wire.body
        await wire.send(said[: max(1, int(len(said) * share))] if share else b"")
        if reset:
            await asyncio.sleep(0.01)  # let the bytes arrive: a reset overtakes them
            wire.reset()

    return act


def length(by: int | None) -> Act:
    """A Content-Length that is wrong by so much, or none."""

    async def act(wire: Wire) -> None:
        await wire.send(wire.head(length=None if by is None else len(wire.body) + by) + wire.body)

    return act


async def cut_without_length(wire: Wire) -> None:
    await wire.send(wire.head(length=None) + wire.body[: len(wire.body) // 2])


def chunked(share: float, *, ended: bool) -> Act:
    """In chunks, as far as `share`, with or without the last one."""

    async def act(wire: Wire) -> None:
        await wire.send(wire.head("Transfer-Encoding: chunked", length=None))
        piece = wire.body[: int(len(wire.body) * share)]
        whole = b"".join(b"%x\r\n%b\r\n" % (len(p), p) for p in (piece[k : k + 700] for k in range(0, len(piece), 700)))
        await wire.send(whole if ended else whole[:-9])
        await wire.send(b"0\r\n\r\n" if ended else b"")

    return act


async def drip(wire: Wire) -> None:
    said = wire.head() + wire.body
    for k in range(len(said)):
        await wire.send(said[k : k + 1])
        await asyncio.sleep(0.05)
        if wire.writer.is_closing():
            return


async def hang(wire: Wire) -> None:
    await wire.left()


async def compressed(wire: Wire) -> None:
    wire.body = gzip.compress(wire.body)
    await wire.send(wire.head("Content-Encoding: gzip") + wire.body)


@lru_cache(maxsize=1)
def _bomb() -> bytes:
    return gzip.compress(bytes(60_000_000))


async def bomb(wire: Wire) -> None:
    wire.body = _bomb()
    await wire.send(wire.head("Content-Encoding: gzip") + wire.body)


async def endless(wire: Wire) -> None:
    await wire.send(wire.head(length=None) + b'{"id": "')
    for _ in range(200):
        await wire.send(b"a" * (1 << 16))


async def circle(wire: Wire) -> None:
    await wire.answer(302, b"", f"Location: {wire.here}/talks")


def leads_away(number: int) -> Act:
    """Passed on to a stranger."""

    async def act(wire: Wire) -> None:
        await wire.answer(number, b"", f"Location: {wire.elsewhere}/talks/{'a' * 25}")

    return act


async def no_http(wire: Wire) -> None:
    await wire.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")


async def flood_of_headers(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 200 OK\r\n" + b"X-Flood: " + b"a" * 300_000 + b"\r\n\r\n")


async def odd_location(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 302 X\r\nLocation: http://[::bad/\xff\r\nContent-Length: 0\r\n\r\n")


async def two_answers(wire: Wire) -> None:
    await wire.send(wire.head() + wire.body + b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"id": "other"}')


async def hint_first(wire: Wire) -> None:
    await wire.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + wire.head() + wire.body)


async def in_pieces(wire: Wire) -> None:
    said = wire.head() + wire.body
    for k in range(0, len(said), max(1, len(said) // 7)):
        await wire.send(said[k : k + max(1, len(said) // 7)])
        await asyncio.sleep(0.002)


async def slam(wire: Wire) -> None:
    wire.reset()


async def quiet_end(wire: Wire) -> None:
    return


HTML = b"<html><body>502 Bad Gateway</body></html>"
MINUTE_AGO = formatdate(time() - 60, usegmt=True)

FAULTS = {
    "a reset before the request is read": Fault(slam, deaf=True),
    "the end before the request is read": Fault(quiet_end, deaf=True),
    "no answer": Fault(part(0, reset=False)),
    "a reset instead of an answer": Fault(part(0, reset=True)),
    "a reset after a byte": Fault(part(0.0001, reset=True)),
    "a reset within the head": Fault(part(0.1, reset=True)),
    "a reset within the body": Fault(part(0.97, reset=True)),
    "the end within the body": Fault(part(0.97, reset=False)),
    "no length": Fault(length(None), post="fine", read="fine", video="fine"),
    "no length, and cut": Fault(cut_without_length),
    "a length too long": Fault(length(7)),
    "a length too short": Fault(length(-7)),
    "chunks": Fault(chunked(1, ended=True), post="fine", read="fine", video="fine"),
    "chunks, cut": Fault(chunked(0.6, ended=True)),
    "chunks without an end": Fault(chunked(0.6, ended=False)),
    "drip": Fault(drip, slow=True),
    "silence": Fault(hang, slow=True),
    "small pieces": Fault(in_pieces, post="fine", read="fine", video="fine"),
    "gzip unasked": Fault(compressed),
    "a gzip bomb": Fault(bomb),
    "an endless body": Fault(endless),
    "a redirect in a circle": Fault(circle),
    "a redirect to a stranger, 302": Fault(leads_away(302)),
    "a redirect to a stranger, 307": Fault(leads_away(307)),
    "a redirect to a stranger, 308": Fault(leads_away(308)),
    "a redirect to nonsense": Fault(odd_location),
    "a page of a portal": Fault(body(HTML, "Content-Type: text/html")),
    "a page of a gateway": Fault(status(502, HTML, "Content-Type: text/html")),
    "no JSON": Fault(body(b'{"id": "tlk_\xff\xfe"')),
    "a list": Fault(body(b'["tlk_1"]')),
    "an abyss": Fault(body(b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
    "numbers without end": Fault(body(b'{"id": NaN, "status": Infinity, "url": -Infinity, "duration": 1e999}')),
    "half a character": Fault(body(b'{"id": "\\ud800", "status": "\\udfff", "url": 5}')),
    "an id that leads elsewhere": Fault(body(b'{"id": "../credits?x", "status": [], "url": {}}')),
    "nothing in it": Fault(body(b"")),
    "an answer without content": Fault(status(204, b"")),
    "429": Fault(status(429), post="busy"),
    "429, come back in a second": Fault(status(429, b"", "Retry-After: 1"), post="busy", slow=True),
    "429, come back a minute ago": Fault(status(429, b"", f"Retry-After: {MINUTE_AGO}"), post="busy", slow=True),
    "429, come back at no time": Fault(status(429, b"", "Retry-After: never"), post="busy"),
    "408": Fault(status(408)),
    "500": Fault(status(500)),
    "503": Fault(status(503)),
    "504 of the gateway": Fault(status(504, b'{"message": "Endpoint request timed out"}')),
    "a status of a cache": Fault(status(522, HTML)),
    "no HTTP": Fault(no_http),
    "a flood of headers": Fault(flood_of_headers),
    "two answers": Fault(two_answers, post="fine", read="fine", video="fine"),
    "a hint first": Fault(hint_first, post="fine", read="fine", video="fine"),
    "400": Fault(status(400, json.dumps({"kind": "BadRequestError"}).encode()), post="refused", read="refused"),
    "401": Fault(status(401), post="refused", read="refused"),
    "402": Fault(status(402), post="refused", read="refused"),
    "403, AccessDenied": Fault(status(403, b"<Error><Code>AccessDenied"), post="refused", read="refused"),
    "451": Fault(status(451), post="refused", read="refused"),
}
