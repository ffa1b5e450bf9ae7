"""What the server fetches from, and sends to, where its clients point: through the guard of `api.reach`, and bounded.

Refusals tell a client what is wrong with the form of its link, and nothing of what was found behind it: whether a host
is closed, absent or slow is nobody's business.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from didgen.api.reach import REDIRECT, LinkError, Reach, parsed, tls_context
from didgen.errors import DidgenError, RenderError, UnreachableError
from didgen.serve.inputs import Named, Use
from didgen.store.whole import beside

if TYPE_CHECKING:
    import ssl

    import httpx

FETCH_S = 30.0
CALL_S = 10.0
SEND_S = 120.0
REDIRECTS = 3
TYPES = {".mp4": "video/mp4", ".mov": "video/quicktime", ".gif": "image/gif", ".m4a": "audio/mp4"}
AT_ONCE = 16
_CAP_BYTES: dict[Use, int] = {
    "picture": 10 << 20,
    "logo": 10 << 20,
    "sound": 15 << 20,
    "video": 200 << 20,
    "overlay": 200 << 20,
    "recording": 15 << 20,
}
_PIECE_BYTES = 1 << 16


class Outside:
    """Links of clients. files: `file:` URLs are read, too. Belongs to one event loop."""

    def __init__(self, reach: Reach, *, files: bool) -> None:
        self._reach, self._files = reach, files
        self._tls: ssl.SSLContext | None = None
        self._room = asyncio.Semaphore(AT_ONCE)

    def check(self, url: str, what: str) -> None:
        """What can be told of a link without a network. Raises RenderError."""
        self._form(url, what)

    async def bring(self, named: Named, folder: Path) -> Path:
        """What a link leads to, as a file under a name of ours in `folder`. Raises RenderError, StorageError."""
        to = folder / f"url_{secrets.token_urlsafe(16)}"
        try:
            if self._files and named.url.lower().startswith("file:"):
                await asyncio.to_thread(_copy, named, to)
            else:
                await self._fetch(named, to)
        except BaseException:
            to.unlink(missing_ok=True)
            raise
        return to

    async def call(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        """POST to a link; the status of its answer, whose body nobody reads. Redirects are not followed.

        Raises LinkError, AwayError, httpx.HTTPError, TimeoutError, OSError.
        """
        async with self._room, asyncio.timeout(CALL_S):
            return await self._sent("POST", url, headers, body, CALL_S)

    async def put(self, url: str, video: Path) -> bool:
        """PUT a video to a link; whether it was taken."""
        import httpx

        size = (await asyncio.to_thread(video.stat)).st_size
        headers = {"Content-Type": TYPES[video.suffix], "Content-Length": str(size)}
        try:
            async with self._room, asyncio.timeout(SEND_S):
                return 200 <= await self._sent("PUT", url, headers, _pieces(video), SEND_S) < 300
        except (DidgenError, httpx.HTTPError, httpx.InvalidURL, OSError):
            return False

    async def _sent(self, method: str, url: str, headers: dict[str, str], content: object, patience_s: float) -> int:
        at = parsed(url)
        asked = self._reach.answered(
            method, at, tls=self._context(), patience_s=patience_s, headers=headers, content=content
        )
        async with asked as answer:
            return answer.status_code

    def _form(self, url: str, what: str) -> httpx.URL:
        import httpx

        try:
            at = parsed(url)
            self._reach.check(at)
        except (LinkError, httpx.InvalidURL, ValueError, UnicodeError):
            hint = "an https link of at most 2,048 characters, at the usual port, without a user in it"
            raise RenderError("BadRequestError", f"invalid {what}", hint=hint) from None
        return at

    async def _fetch(self, named: Named, to: Path) -> None:
        import httpx

        at, gone = self._form(named.url, named.what), f"invalid {named.what}: it cannot be fetched"
        try:
            async with self._room, asyncio.timeout(FETCH_S):
                for _ in range(REDIRECTS + 1):
                    asked = self._reach.answered("GET", at, tls=self._context(), patience_s=FETCH_S)
                    async with asked as answer:
                        if answer.status_code not in REDIRECT:
                            await _written(answer, to, _CAP_BYTES[named.use], named.what)
                            return
                        at = at.join(answer.headers.get("location", ""))
        except (LinkError, UnreachableError, httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, UnicodeError):
            raise RenderError("BadRequestError", gone) from None
        except OSError:  # of the network; the disk's are StorageErrors
            raise RenderError("BadRequestError", gone) from None
        raise RenderError("BadRequestError", gone)

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = tls_context()
        return self._tls


async def _written(answer: httpx.Response, to: Path, cap: int, what: str) -> None:
    """The body into a file. Raises RenderError for another status, a compressed body and one that is too large."""
    plain = answer.headers.get("content-encoding", "identity").lower() == "identity"
    if answer.status_code != 200 or not plain:
        raise RenderError("BadRequestError", f"invalid {what}: it cannot be fetched")
    came = 0
    with beside(to) as file:
        async for piece in answer.aiter_raw(_PIECE_BYTES):
            came += len(piece)
            if came > cap:
                raise RenderError("InvalidFileSizeError", f"invalid {what}: file size exceeded {cap >> 20} MB")
            file.write(piece)


def _copy(named: Named, to: Path) -> None:
    """A file of this machine, which must be one and stay under its size. Raises RenderError."""
    parts, cap = urlsplit(named.url), _CAP_BYTES[named.use]
    refusal = RenderError("BadRequestError", f"invalid {named.what}: it is no file that can be read")
    if parts.netloc not in ("", "localhost"):
        raise refusal
    try:
        handle = os.open(unquote(parts.path), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        raise refusal from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise refusal
    with os.fdopen(handle, "rb") as source, beside(to) as file:
        data = source.read(cap + 1)
        if len(data) > cap:
            raise RenderError("InvalidFileSizeError", f"invalid {named.what}: file size exceeded {cap >> 20} MB")
        file.write(data)


async def _pieces(path: Path) -> AsyncIterator[bytes]:
    with suppress(FileNotFoundError), open(path, "rb") as file:  # noqa: ASYNC230 as above
        while piece := file.read(_PIECE_BYTES):
            yield piece
