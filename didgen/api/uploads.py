"""Local files on their way to a service: each goes up once and is used again until it ends there.

The service keeps uploads for 24 to 48 hours. A link to one is remembered for 12, by the bytes that were sent, host and
account; across processes only when holding it opens nothing, that is when it carries no signature (README.md).
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from didgen.api.outcomes import RefusedError
from didgen.api.prepare.ask import Memo, Preparer
from didgen.api.wire import FaceSquare, Logo, RenderRequest, TalkRequest
from didgen.digest import sha256_bytes, sha256_file
from didgen.errors import RenderError
from didgen.media.fit import Use, fit_picture
from didgen.media.sniff import HEAD_BYTES, suffix_of

if TYPE_CHECKING:
    from didgen.api.key import Keys
    from didgen.api.transport import Transport

LIFE_S = 12 * 3600.0
NAME_CHARS = 50
AT_ONCE = 6  # files in memory, of up to 10 MB each, whatever number of jobs is under way
_MIME = {".jpg": "image/jpeg", ".png": "image/png", ".mp3": "audio/mpeg", ".wav": "audio/wav", ".flac": "audio/flac"}
_MIME |= {".m4a": "audio/mp4", ".mp4": "video/mp4"}
_GONE = ("url", "source", "image", "audio", "logo", "upload")
"""Words of a refusal that may mean an uploaded copy: "invalid source url", "invalid image"."""


@dataclass(frozen=True, slots=True)
class _Link:
    """An uploaded copy. key: of what, where and whose. recalled: an earlier process got it."""

    key: str
    url: str
    until: float
    recalled: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """A request whose local files are links. names: link → file name. recalled: key → link of those that may have
    ended without our knowing."""

    request: RenderRequest
    names: Mapping[str, str] = field(default_factory=dict)
    recalled: Mapping[str, str] = field(default_factory=dict)

    def in_words(self, error: RefusedError) -> RefusedError:
        """A refusal that speaks of files, not of links to them."""
        message = error.message
        for url, name in self.names.items():
            message = message.replace(url, name).replace(url.partition("?")[0], name)
        return RefusedError(error.status, error.kind, message, hint=error.hint)


class Uploads:
    """The uploads of one account at one service. Belongs to one event loop.

    memo: where links and files made to fit are remembered across processes; None: nowhere. clock: Unix time.
    """

    def __init__(
        self, transport: Transport, memo: Memo | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._transport, self._memo, self._clock = transport, memo, clock
        self._account = account_mark(transport.keys)
        self._preparer = Preparer(memo)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._flights: dict[tuple[Use, str], asyncio.Task[_Link]] = {}

    async def sent(self, request: RenderRequest) -> Sent:
        """The request with every `file:` URL replaced by a link to a copy.

        Raises RenderError for a file that cannot be read or made to fit or that the service refuses, UnreachableError.
        """
        if request.driver_url is not None and request.driver_url.startswith("file:"):
            raise RenderError("DriverError", "the service takes a driver video by https link only")
        if request.config is not None and (request.config.overlay or "").startswith("file:"):
            raise RenderError("VideoEnhanceError", "the service takes an overlay by https link only")
        links: dict[str, _Link] = {}
        names: dict[str, str] = {}

        async def link(url: str, use: Use) -> str:
            if not url.startswith("file:"):
                return url
            path = _path(url)
            found = await self._link(path, use)
            links[found.key], names[found.url] = found, path.name
            return found.url

        changes: dict[str, Any] = {"source_url": await link(request.source_url, "picture")}
        if request.config is not None and isinstance(request.config.logo, Logo):
            logo = request.config.logo.model_copy(update={"url": await link(request.config.logo.url, "logo")})
            changes["config"] = request.config.model_copy(update={"logo": logo})
        if isinstance(request, TalkRequest) and request.script.type == "audio":
            url = await link(request.script.audio_url, "sound")
            changes["script"] = request.script.model_copy(update={"audio_url": url})
        if request.face is not None and request.source_url.startswith("file:"):
            changes["face"] = await asyncio.to_thread(_as_sent, request.face, _path(request.source_url))
        recalled = {key: found.url for key, found in links.items() if found.recalled}
        return Sent(request.model_copy(update=changes), names, recalled)

    def forget(self, recalled: Mapping[str, str]) -> None:
        """Have these copies uploaded anew; one that another scene has already replaced stays."""
        for flight in [key for key, task in self._flights.items() if _came_as(task, recalled)]:
            del self._flights[flight]
        for key, url in recalled.items():
            known = self._recalled(key)
            if self._memo is not None and known is not None and known.url == url:
                self._memo.put(key, b"")

    async def aclose(self) -> None:
        """End what is still on its way."""
        tasks = list(self._flights.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _link(self, path: Path, use: Use) -> _Link:
        """The link to a file's copy; who asks while it is on its way waits for the same one."""
        try:
            flight = use, await asyncio.to_thread(sha256_file, path)
        except OSError as error:
            raise RenderError("SourceError", f"{path} cannot be read: {error.strerror}") from error
        task = self._flights.get(flight)
        if task is None or not self._holds(task):
            task = self._flights[flight] = asyncio.create_task(self._bring(path, use))
            task.add_done_callback(lambda task: task.cancelled() or task.exception())  # heard, also when nobody waits
        return await asyncio.shield(task)

    def _holds(self, task: asyncio.Task[_Link]) -> bool:
        """Whether a flight is on its way or ended in something that the next one would end in as well."""
        if not task.done():
            return True
        if task.cancelled() or task.exception() is not None:
            return not task.cancelled() and isinstance(task.exception(), RenderError)
        return self._clock() < task.result().until

    async def _bring(self, path: Path, use: Use) -> _Link:
        async with self._slots:
            return await self._brought(path, use)

    async def _brought(self, path: Path, use: Use) -> _Link:
        data = await self._preparer.prepared(path, use)
        suffix = suffix_of(data[:HEAD_BYTES])
        field = "audio" if use == "sound" else "image"
        key = f"upload:1:{self._transport.host}:{self._account}:{field}:{sha256_bytes(data)}"
        if (known := self._recalled(key)) is not None:
            return known
        began = self._clock()
        url = await self._upload(field, plain_name(path.stem, suffix), data, _MIME[suffix])
        if self._memo is not None and not _is_secret(url):
            self._memo.put(key, json.dumps({"url": url, "at": began}).encode(), LIFE_S)
        return _Link(key, url, began + LIFE_S)

    def _recalled(self, key: str) -> _Link | None:
        """The link an earlier process left, if it still holds."""
        try:
            kept = json.loads((self._memo.get(key) if self._memo is not None else None) or b"{}")
            url, at = str(kept["url"]), float(kept["at"])
        except (ValueError, TypeError, KeyError):
            return None
        return _Link(key, url, at + LIFE_S, recalled=True) if at <= self._clock() < at + LIFE_S else None

    async def _upload(self, field: str, name: str, data: bytes, mime: str) -> str:
        answer = await self._transport.read("POST", f"/{field}s", needs="url", files={field: (name, data, mime)})
        return str(answer["url"])


def _path(url: str) -> Path:
    """The file of a `file:` URL."""
    return Path(unquote(urlsplit(url).path))


def _as_sent(face: FaceSquare, path: Path) -> FaceSquare:
    """A face's square in px of the picture that is sent, for one in px of the upright file: who is meant must not
    change when it is shrunk."""
    scale = fit_picture(path.read_bytes()).scale
    if scale == 1:
        return face
    left, top = face.top_left
    changes: dict[str, Any] = {"size": round(face.size * scale), "top_left": (round(left * scale), round(top * scale))}
    if face.detection is not None and max(face.detection.values(), default=0) > 1:  # else they are shares of the sides
        changes["detection"] = {side: at * scale for side, at in face.detection.items()}
    return face.model_copy(update=changes)


def account_mark(keys: Keys) -> str:
    """Twelve hex digits that tell accounts apart; salted with what they are for, so that they match no other list."""
    return sha256_bytes(b"didgen uploads of " + keys.basic.reveal().encode())[:12] if keys.basic else ""


def is_gone(error: RefusedError) -> bool:
    """Whether a refusal may mean that an uploaded copy is not there any more. Nothing was bought by it."""
    words = error.message.lower()
    return error.status == 400 and error.kind == "BadRequestError" and any(word in words for word in _GONE)


def plain_name(stem: str, suffix: str) -> str:
    """A name the service takes: at most 50 of a-z A-Z 0-9 . _ -"""
    plain = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem)
    return f"{plain[: NAME_CHARS - len(suffix)]}{suffix}"


def _is_secret(url: str) -> bool:
    """Whether who holds a link may open it: it is signed, or has a password in it."""
    return any(mark in url for mark in "?#@")


def _came_as(task: asyncio.Task[_Link], recalled: Mapping[str, str]) -> bool:
    if not task.done() or task.cancelled() or task.exception() is not None:
        return False
    return recalled.get(task.result().key) == task.result().url
