"""Messages cross a pipe whole or not at all."""

from __future__ import annotations

import asyncio
import io

import pytest

from didgen.jobs.messages import HEAD, MAX_JSON_BYTES, pack, read, receive

MESSAGES = [({"say": "keep", "key": "Grüße"}, b"\x00\xff" * 10), ({"say": "done", "facts": {"a": [1, 2.5, None]}}, b"")]


def test_both_readers_read_what_was_packed() -> None:
    """The blocking one of the worker and the asyncio one of the pool."""
    data = b"".join(pack(message, raw) for message, raw in MESSAGES)
    stream = io.BytesIO(data)
    assert [*MESSAGES, None] == [read(stream) for _ in range(3)]

    async def receive_all() -> list[object]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        return [await receive(reader) for _ in MESSAGES]

    assert MESSAGES == asyncio.run(receive_all())


def test_a_message_cut_at_any_byte_is_none() -> None:
    """The parent has gone in the middle of it."""
    data = pack(*MESSAGES[0])
    for length in range(len(data)):
        assert None is read(io.BytesIO(data[:length]))


@pytest.mark.parametrize("data", [HEAD.pack(MAX_JSON_BYTES + 1, 0), HEAD.pack(2, 0) + b"[]", HEAD.pack(3, 0) + b"{x}"])
def test_what_is_no_message_is_refused(data: bytes) -> None:
    """Printed text in the pipe must not be taken for a length of 4 GB."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of ours or json's
        read(io.BytesIO(data))
