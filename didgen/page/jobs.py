"""The page of `didgen serve`: its jobs as cards, and a form that makes a talk through the server's own API."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from didgen.api.job import Event
from didgen.api.wire import TalkRequest, TextScript
from didgen.errors import StorageError
from didgen.page.app import page_app
from didgen.page.board import Board, Card, Clip, State
from didgen.serve.desk import Desk
from didgen.serve.record import Record

SHOWN = 200
"""Jobs on the page, the newest first."""

LOOK_S, AFTER_S = 0.3, 5.0
"""How often jobs are looked at while somebody looks at the page, and for how long after."""

_STATES: dict[str, State] = {"created": "waiting", "started": "rendering", "done": "up-to-date"}
_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


def job_page(desk: Desk, board: Board) -> Any:
    """The page as an ASGI application, below the operations of a server that checks host and key itself."""
    looking: asyncio.Task[None] | None = None
    last = 0.0

    async def look() -> None:
        nonlocal last
        while not board.closed and time.monotonic() - last < AFTER_S:
            await asyncio.sleep(LOOK_S)
            if board.listeners:
                last = time.monotonic()
                with suppress(StorageError):  # the next look may be luckier
                    put_jobs(board, desk)

    def on_reader() -> None:
        nonlocal looking, last
        last = time.monotonic()  # it is not yet among the listeners
        if looking is None or looking.done():
            looking = asyncio.create_task(look())
        put_jobs(board, desk)

    return page_app(board, None, on_reader)


def put_jobs(board: Board, desk: Desk) -> None:
    """Put the newest jobs on the board."""
    board.show([_card(record, desk) for record in desk.jobs.latest(SHOWN)])


def _card(record: Record, desk: Desk) -> Card:
    live: Event | None = desk.renders.live.get(record.id)
    request, error = record.request, record.error or {}
    drawn = live.done / live.total if live is not None and live.stage == "frames" and live.total else 0.0
    photo = record.inputs.get("source_url", "")
    poster = desk.shelf.uploads / photo if photo.endswith(_PICTURES) else None
    return Card(
        f"{record.kind}s/{record.id}",
        f"{record.kind}s",
        _STATES.get(record.status, "failed"),
        title=request.name or "",
        script=_text(record),
        clip=_clip(record, desk, poster),
        growing=Path(live.preview) if live is not None and live.preview else None,
        progress=min(1.0, drawn),
        stage=live.stage if live is not None else "",
        reason=error.get("description", ""),
        place=error.get("kind", ""),
        seconds=float(record.facts.get("duration_s") or 0.0),
    )


def _text(record: Record) -> str:
    request = record.request
    if isinstance(request, TalkRequest) and isinstance(request.script, TextScript):
        return request.script.input
    return ""


def _clip(record: Record, desk: Desk, poster: Path | None) -> Clip | None:
    if record.status != "done" or not record.video:
        return None
    words = tuple((str(text), float(start), float(end)) for text, start, end in record.facts.get("words", ()))
    video = desk.shelf.results / record.video
    length_s = float(record.facts.get("duration_s") or 0.0)
    return Clip(video, length_s, words, poster, kind=video.suffix.removeprefix("."))
