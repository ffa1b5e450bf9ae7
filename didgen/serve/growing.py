"""A file that somebody else is still writing, as a stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

_PIECE_BYTES = 1 << 16
_PAUSE_S = 0.04  # a picture


async def grown(path: Path) -> AsyncIterator[bytes]:
    """The file's bytes and what is added to it, until its name is gone: its writer has ended. Nothing if it is gone."""
    try:
        file = path.open("rb")
    except OSError:
        return
    with file:
        while True:
            # Asked before reading: what was written until then is read once more.
            ended = not await asyncio.to_thread(path.exists)
            piece = await asyncio.to_thread(file.read, _PIECE_BYTES)
            if piece:
                yield piece
            elif ended:
                return
            else:
                await asyncio.sleep(_PAUSE_S)
