"""The board as server-sent events: what is there, then what changes, for as long as somebody listens.

`cards` carries scenes, `board` all the rest and ends a revision. Its id is the board's name and the revision, so who
comes back with that as Last-Event-ID hears what is new since, and everything when it was another board's. There is no
queue that could grow: what a slow reader has not heard yet is read from the board when it is its turn, and who takes
nothing for SLOW_S is let go and comes back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from didgen.page.answer import Link, batches, board_answer
from didgen.page.board import Board

HEARTBEAT_S = 10.0
SLOW_S = 20.0
TOGETHER_S = 0.03  # changes so close to each other are one message

_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Events(StreamingResponse):
    """The stream as a response. seen: the Last-Event-ID of who asks, "" for none."""

    def __init__(self, board: Board, link: Link, seen: str = "") -> None:
        self._events = stream(board, link, seen)
        super().__init__(self._events, headers=_HEADERS, media_type="text/event-stream")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def timely(message: Message) -> None:
            async with asyncio.timeout(SLOW_S):
                await send(message)

        try:
            with suppress(TimeoutError):
                await super().__call__(scope, receive, timely)
        finally:
            await self._events.aclose()  # it may stand where it handed something over


async def stream(board: Board, link: Link, seen: str = "") -> AsyncGenerator[str, None]:
    """The events as text, until the board is closed."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(changed.set)

    revision, first = revision_of(board, seen), True
    with board.listening(wake):
        while not board.closed:
            changed.clear()
            changes = board.since(revision)
            if first or changes.revision > revision:
                for cards in batches(changes.cards, link):
                    yield _event("cards", cards)
                yield _event("board", board_answer(board, changes), f"{board.name}-{changes.revision}")
                revision, first = changes.revision, False
            else:
                yield ": still here\n\n"
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), HEARTBEAT_S)
                await asyncio.sleep(TOGETHER_S)


def revision_of(board: Board, seen: str) -> int:
    """The revision of this board that an event id tells; 0 for another board's, or none."""
    name, _, number = seen.partition("-")
    known = name == board.name and number.isascii() and number.isdigit() and len(number) < 16
    return min(int(number), board.revision) if known else 0


def _event(kind: str, data: Any, name: str = "") -> str:
    named = f"id: {name}\n" if name else ""
    return f"{named}event: {kind}\ndata: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"
