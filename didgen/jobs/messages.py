"""Messages between the pool and its workers: length-prefixed JSON, with raw bytes behind it where there are any.

    4 bytes  length of the JSON, big-endian        8 bytes  length of the raw bytes        JSON        raw bytes

To the worker: {"do": "render", "shot": …, "out": path}, {"do": "value", "found": bool} + bytes, and {"do": "stop"}:
nobody wants that render any more; it ends as "failed", or "done" where it was just finished.
From it: {"say": "progress", "stage", "done", "total"}, {"say": "recall", "key"}, {"say": "keep", "key"} + bytes, and
last {"say": "done", "facts"} or {"say": "failed", "kind", "message", "hint"}.
"""

from __future__ import annotations

import json
import struct
from typing import IO, Any, Protocol

HEAD = struct.Struct(">IQ")
MAX_JSON_BYTES = 256 << 20  # ten minutes of motion track are about 10 MB
MAX_RAW_BYTES = 1 << 30

Message = dict[str, Any]


class Reader(Protocol):
    """The reading half of asyncio's streams."""

    async def readexactly(self, n: int) -> bytes: ...


def pack(message: Message, raw: bytes = b"") -> bytes:
    """The bytes of one message."""
    body = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
    return HEAD.pack(len(body), len(raw)) + body + raw


async def receive(stream: Reader) -> tuple[Message, bytes]:
    """The next message. Raises asyncio.IncompleteReadError at the end, ValueError when it is none of ours."""
    body_bytes, raw_bytes = _lengths(await stream.readexactly(HEAD.size))
    message = _parse(await stream.readexactly(body_bytes))
    return message, await stream.readexactly(raw_bytes)


def read(stream: IO[bytes]) -> tuple[Message, bytes] | None:
    """The next message of a blocking stream; None at its end, also in the middle of a message."""
    head = stream.read(HEAD.size)
    if len(head) < HEAD.size:
        return None
    body_bytes, raw_bytes = _lengths(head)
    rest = stream.read(body_bytes + raw_bytes)
    if len(rest) < body_bytes + raw_bytes:
        return None
    return _parse(rest[:body_bytes]), rest[body_bytes:]


def _lengths(head: bytes) -> tuple[int, int]:
    body_bytes, raw_bytes = HEAD.unpack(head)
    if body_bytes > MAX_JSON_BYTES or raw_bytes > MAX_RAW_BYTES:
        raise ValueError(f"a message of {body_bytes} + {raw_bytes} bytes is none of ours")
    return body_bytes, raw_bytes


def _parse(body: bytes) -> Message:
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a message is a mapping")
    return message
