"""A file brought from a link: every byte that was promised, without the key, never from https to http."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from didgen.api.outcomes import retry_after_s
from didgen.errors import StorageError

if TYPE_CHECKING:
    import httpx

CAP_BYTES = 2 << 30
HOPS = 3
SLOW_S, SLOW_BYTES = 30.0, 300_000
"""A link that brings fewer bytes in that time is given up: at 10 kB/s a video takes longer than its link lives."""


class LinkError(Exception):
    """What a link led to is not the file. status: the HTTP status it answered, 0 for none. wait_s: Retry-After."""

    def __init__(self, message: str, status: int = 0, wait_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.wait_s = wait_s


async def download(web: httpx.AsyncClient, url: str, out: Path, *, secure: bool) -> None:
    """Bring the file at `url` to `out`, whole or not at all.

    web: must hold no credentials and follow no redirects, since links lead to other hosts. secure: refuse http. Raises
    LinkError, httpx.HTTPError, and StorageError when it cannot be written.
    """
    import httpx

    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            hop = url
            for _ in range(HOPS + 1):
                if secure and not hop.startswith("https://"):
                    raise LinkError("the link is not encrypted")
                next_hop = await _stream(web, hop, file)
                if next_hop is None:
                    break
                secure = secure or hop.startswith("https://")
                hop = next_hop
            else:
                raise LinkError(f"the link was passed on more than {HOPS} times")
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, out)
    except httpx.InvalidURL:
        raise LinkError("the link is no address") from None
    except OSError as error:
        raise StorageError(f"cannot write {out}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


async def _stream(web: httpx.AsyncClient, url: str, file: BinaryIO) -> str | None:
    """Write what a link answers; where it passes us on to, None when this was the file."""
    async with web.stream("GET", url) as answer:
        if answer.next_request is not None:
            return str(answer.next_request.url)
        if answer.status_code != 200:
            wait_s = retry_after_s(answer.headers.get("retry-after"), answer.headers.get("date"))
            raise LinkError(f"the link answered {answer.status_code}", answer.status_code, wait_s)
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise LinkError("the video came compressed though that was not asked for")
        came, mark, since = 0, 0, time.monotonic()
        # That it is as much as Content-Length says, the transport sees to; without one, whoever reads the file.
        async for piece in answer.aiter_raw():
            came += len(piece)
            if came > CAP_BYTES:
                raise LinkError(f"the video is larger than {CAP_BYTES >> 30} GB")
            if time.monotonic() - since >= SLOW_S:
                if came - mark < SLOW_BYTES:
                    raise LinkError(f"the link brings less than {SLOW_BYTES / SLOW_S / 1000:.0f} kB/s")
                mark, since = came, time.monotonic()
            file.write(piece)
    return None
