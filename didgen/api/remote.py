"""Inputs named by an https URL: brought once, pinned by digest, kept; asked again whether they changed.

A link is written by whoever writes the project, so it must not reach what only this machine can reach: `reach` sees to
that. No compression, one deadline for all.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from didgen.api.reach import REDIRECT, AwayError, LinkError, Lookup, Reach, look_up, parsed, tls_context
from didgen.digest import sha256_bytes, sha256_file
from didgen.errors import DidgenError
from didgen.media.sniff import HEAD_BYTES, SUFFIXES, suffix_of
from didgen.secret import bare_url
from didgen.store.whole import beside, storage_error

if TYPE_CHECKING:
    from typing import IO

    import httpx

DEADLINE_S = 30.0
CAP_BYTES = {"image": 20 << 20, "audio": 15 << 20, "video": 200 << 20}
FOLDER_BYTES = 2 << 30
REDIRECTS = 3

_HINT = "does it open in a browser? when the network is back, build again"
_ARTICLE = {"image": "an image", "audio": "a sound", "video": "a video"}
_AWAY = (408, 425, 429, 500, 502, 503, 504)


class Memo(Protocol):
    """Where URLs are remembered: `store.derived.Derived`."""

    def get(self, key: str) -> bytes | None: ...

    def put(self, key: str, value: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a URL brought. asked_at: Unix time of its server's last word on it."""

    digest: str
    suffix: str
    size: int
    asked_at: float
    etag: str = ""
    last_modified: str = ""


class Remote:
    """Brings inputs by URL into `folder`, one file per digest, whole or absent; `memo` remembers what a URL was.

    on_notice: hears when a kept copy stands in for a server out of reach. fresh_s: for how long a copy is taken
    without asking. loopback: for tests, lets links lead to 127.x.x.x, at any port. lookup: for tests, another way to
    find a host's addresses.
    """

    def __init__(
        self,
        folder: Path,
        memo: Memo,
        *,
        on_notice: Callable[[str], None] = lambda text: None,  # noqa: ARG005
        fresh_s: float = 0.0,
        deadline_s: float = DEADLINE_S,
        loopback: bool = False,
        lookup: Lookup | None = None,
    ) -> None:
        self._folder = folder
        self._memo = memo
        self._on_notice = on_notice
        self._fresh_s = fresh_s
        self._deadline_s = deadline_s
        self._reach = Reach(loopback=loopback, lookup=lookup or look_up)
        self._brought: dict[str, Pinned] = {}
        self._refused: dict[tuple[str, str], DidgenError] = {}

    def path(self, pinned: Pinned) -> Path:
        """Where the bytes lie."""
        return self._folder / f"{pinned.digest}{pinned.suffix}"

    def __call__(self, url: str, kind: str) -> Pinned:
        """What `url` is, brought here. kind: image, audio or video. Not to be called within an event loop.

        Raises LinkError, AwayError, StorageError.
        """
        refused = self._refused.get((url, kind))
        if refused is not None:  # each scene that names it hears of it, its server does not
            raise refused
        try:
            if url not in self._brought:
                self._brought[url] = self._ask(url, kind)
            return self._of_kind(url, self._brought[url], kind)
        except (LinkError, AwayError) as error:
            self._refused[url, kind] = error
            raise

    def _ask(self, url: str, kind: str) -> Pinned:
        known = self._known(url)
        if known is not None and 0 <= time.time() - known.asked_at < self._fresh_s:
            return known
        try:
            pinned = asyncio.run(self._in_time(url, kind, known))
        except AwayError as error:
            if known is None:
                raise
            self._on_notice(f"{error.message}; the copy from {_day(known.asked_at)} is used")
            return replace(known, asked_at=0.0)
        self._memo.put(_key(url), json.dumps(asdict(pinned)).encode())
        with suppress(OSError):
            os.utime(self.path(pinned))
            self._trim({self.path(used) for used in (pinned, *self._brought.values())})
        return pinned

    def _known(self, url: str) -> Pinned | None:
        """What this URL was last time, when its bytes are still here and whole."""
        try:
            pinned = Pinned(**json.loads(self._memo.get(_key(url)) or b"{}"))
            whole = sha256_file(self.path(pinned)) == pinned.digest
        except (ValueError, TypeError, OSError):
            return None
        return pinned if whole else None

    def _of_kind(self, url: str, pinned: Pinned, kind: str) -> Pinned:
        """Also what was brought for another kind of input has to be what this one takes."""
        _check_suffix(url, kind, pinned.suffix)
        if pinned.size > CAP_BYTES[kind]:
            raise _too_large(url, kind)
        return pinned

    def _trim(self, used: set[Path]) -> None:
        """Remove what was asked for longest ago, killed downloads among it, until the folder is small enough.

        What this walk uses stays.
        """
        total = 0
        for _, size, path in sorted(_looks(self._folder), reverse=True):
            total += size
            if total > FOLDER_BYTES and path not in used:
                path.unlink(missing_ok=True)

    async def _in_time(self, url: str, kind: str, known: Pinned | None) -> Pinned:
        import httpx

        away = AwayError(f"{bare_url(url)} cannot be fetched now", hint=_HINT)
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._follow(url, kind, known)
        except httpx.InvalidURL as error:
            raise LinkError(f"{bare_url(url)} is no URL: {error}") from error
        except (httpx.HTTPError, OSError) as error:  # also TimeoutError, and certificates that cannot be read
            raise away from error

    async def _follow(self, url: str, kind: str, known: Pinned | None) -> Pinned:
        """The link and what it is led on to, each hop checked as if it had been written."""
        at, tls = parsed(url), tls_context()
        for _ in range(REDIRECTS + 1):
            asked = self._reach.answered("GET", at, tls=tls, patience_s=self._deadline_s, headers=_conditions(known))
            async with asked as answer:
                if answer.status_code not in REDIRECT:
                    return await self._answered(url, kind, known, answer)
                at = at.join(answer.headers.get("location", ""))
        raise LinkError(f"{bare_url(url)} leads on more than {REDIRECTS} times")

    async def _answered(self, url: str, kind: str, known: Pinned | None, answer: httpx.Response) -> Pinned:
        status = answer.status_code
        if status == 304 and known is not None:
            return replace(known, asked_at=time.time())
        if status in _AWAY:
            raise AwayError(f"{bare_url(url)} cannot be fetched now: its server answered {status}", hint="try later")
        if status != 200:
            raise LinkError(f"{bare_url(url)} was not given: its server answered {status}")
        if answer.headers.get("content-encoding", "identity").lower() != "identity":
            raise LinkError(f"{bare_url(url)} came compressed though that was not asked for")
        return await self._kept(url, kind, answer)

    async def _kept(self, url: str, kind: str, answer: httpx.Response) -> Pinned:
        """The body in the folder, under its digest."""
        unnamed = self._folder / f"incoming-{os.getpid()}-{secrets.token_hex(6)}"
        try:
            with beside(unnamed) as file:
                digest, size, head = await _copied(answer, file, url, kind)
            suffix = suffix_of(head)
            _check_suffix(url, kind, suffix, head)
            given = answer.headers
            pinned = Pinned(digest, suffix, size, time.time(), given.get("etag", ""), given.get("last-modified", ""))
            os.replace(unnamed, self.path(pinned))
            return pinned
        except OSError as error:
            raise storage_error(error, unnamed) from error
        finally:
            with suppress(OSError):
                unnamed.unlink()


async def _copied(answer: httpx.Response, file: IO[bytes], url: str, kind: str) -> tuple[str, int, bytes]:
    """Write the body; its sha256, size and first bytes. The transport sees to it that Content-Length is kept."""
    cap = CAP_BYTES[kind]
    stated = answer.headers.get("content-length", "0")
    if stated.isdecimal() and int(stated) > cap:
        raise _too_large(url, kind)
    digest, head, came = hashlib.sha256(), b"", 0
    async for piece in answer.aiter_raw(1 << 16):
        came += len(piece)
        if came > cap:
            raise _too_large(url, kind)
        head = (head + piece[:HEAD_BYTES])[:HEAD_BYTES]
        digest.update(piece)
        file.write(piece)
    return digest.hexdigest(), came, head


def _too_large(url: str, kind: str) -> LinkError:
    return LinkError(f"{bare_url(url)} is larger than {CAP_BYTES[kind] >> 20} MB", hint="make it smaller")


def _looks(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.iterdir():
        found = path.stat()
        yield found.st_mtime, found.st_size, path


def _conditions(known: Pinned | None) -> dict[str, str]:
    """Headers that ask only for what is newer than the copy we have."""
    if known is None:
        return {}
    given = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in given.items() if value}


def _check_suffix(url: str, kind: str, suffix: str, head: bytes = b"") -> None:
    if suffix not in SUFFIXES[kind]:
        raise LinkError(f"{bare_url(url)} holds {_seen(head, suffix)}, not {_ARTICLE[kind]}")


def _seen(head: bytes, suffix: str) -> str:
    if head.lstrip()[:1] == b"<":
        return "a web page"
    return f"a {suffix[1:]} file" if suffix else "something else" if head else "nothing"


def _day(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _key(url: str) -> str:
    return f"remote:1:{sha256_bytes(url.encode())}"
