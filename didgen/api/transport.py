"""What every call to a service goes through: the connections, the key, what is sent again and what never is.

A POST that may buy something is sent once, on a connection of its own; what costs nothing is tried again. The key goes
to the service's own address and nowhere else. It knows no job, no upload and no account: those are built on it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from didgen.api.key import Keys, given_key
from didgen.api.outcomes import is_unwell, json_list, json_object, refusal, retry_after_s
from didgen.api.patience import CONNECT, READ, UPLOAD, Patience, Tries, come_back
from didgen.catalog.services import is_loopback
from didgen.errors import UnreachableError, UnresolvedJobError, UsageError
from didgen.secret import hush_http_logs, unsigned

if TYPE_CHECKING:
    import httpx

READS = POSTS = 16
UPLOADS = DOWNLOADS = 4
"""How many of each are on their way at once: with hundreds of jobs, connections and memory stay bounded."""
BODY_BYTES = 1 << 20
LIST_BYTES = 16 << 20  # a hundred jobs with all that is known of them; some thousand voices
_GOOD = (200, 201, 204)
_PLAIN_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "didgen"}
_HEADERS = {**_PLAIN_HEADERS, "Accept": "application/json"}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it came. data: a body larger than was asked for counts as none. wait_s: Retry-After, held
    in 1 s to 1 h; None without one. kind: its media type, "" where it says none.
    """

    status: int
    data: bytes
    wait_s: float | None = None
    kind: str = ""

    @property
    def oddly(self) -> str:
        """What stands out about it, in words: a page of a proxy or a portal is not the service's answer."""
        return f" with {self.kind[:40]}" if self.kind not in ("", "application/json") else ""


class Transport:
    """The way to one service. Belongs to one event loop.

    base_url: the service, without a path behind it. key: as `key.given_key` takes it, or `key.keys_for` gave it; "" for
    a server of one's own that demands none. paid: whether its renders cost money. pace_s: the unit of all waiting
    between tries and polls. Raises UsageError for an address that is none and for a missing key.

    host: the service as it is named in messages. secure: reached by https. skew_s: the service's clock minus ours,
    as of its last answer; 0 before the first. plain: connections without credentials, for links that lead elsewhere;
    `downloads` bounds how many are used at once.
    """

    def __init__(self, base_url: str, key: str | Keys = "", *, paid: bool = True, pace_s: float = 1.0) -> None:
        import httpx

        hush_http_logs()
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise UsageError(f"{base_url!r} is no address of a service", hint="https://host, without a key in it")
        at_home = is_loopback(parts.netloc)
        if parts.scheme == "http" and not at_home:
            raise UsageError(f"{parts.hostname} would get the key unencrypted", hint="use https")
        keys = key if isinstance(key, Keys) else given_key(key)
        if not keys.basic and not at_home:
            raise UsageError(f"{parts.hostname} demands a key", hint=f"set {keys.name}")
        self.paid = paid
        self.host = parts.netloc
        self.secure = parts.scheme == "https"
        self.keys = keys
        self.skew_s = 0.0
        self.pace_s = 0.1 * pace_s if at_home else pace_s
        common: dict[str, Any] = {
            "verify": httpx.create_ssl_context() if parts.scheme == "https" else False,
            "trust_env": not at_home,
        }
        headers = {**_HEADERS, **keys.headers()}
        own = {**common, "base_url": base_url.rstrip("/"), "headers": headers, "follow_redirects": False}
        own["timeout"] = httpx.Timeout(None, connect=10.0)  # every call has a deadline for the whole of it
        self._web = httpx.AsyncClient(**own)
        # Without kept connections every paid POST has a fresh one: none is lost in a socket that has just been closed.
        self._paid_web = httpx.AsyncClient(**own, limits=httpx.Limits(max_keepalive_connections=0))
        self.plain = httpx.AsyncClient(**common, headers=_PLAIN_HEADERS, timeout=httpx.Timeout(30.0, connect=10.0))

        self._reads, self._posts = asyncio.Semaphore(READS), asyncio.Semaphore(POSTS)
        self._uploads, self.downloads = asyncio.Semaphore(UPLOADS), asyncio.Semaphore(DOWNLOADS)

    def __repr__(self) -> str:
        return f"Transport({self.host!r})"

    @property
    def key_advice(self) -> str:
        """What to do when the service does not take the key."""
        return self.keys.advice(self.host)

    async def read(
        self,
        method: str,
        path: str,
        *,
        needs: str = "",
        idempotent: bool = True,
        patience: Patience | None = None,
        **what: Any,
    ) -> dict[str, Any]:
        """The object answered to something that costs nothing, asked again while the service is unwell; {} for a DELETE
        that is answered with 204.

        needs: a member without which, as a text, the answer is of no use and asked for again.
        idempotent: False for what must not happen twice; that is sent again only where nothing was sent, and after a
        429. patience: how long it is tried, READ or UPLOAD by itself. what: as httpx takes it (params, json, files,
        headers). Raises RefusedError when the service says no, UnreachableError after the last try.
        """
        chosen = patience or (UPLOAD if "files" in what else READ)

        def parse(data: bytes) -> dict[str, Any] | None:
            body = json_object(data)
            told = body.get(needs) if needs else "anything"
            return body if body and isinstance(told, str) and told else None

        return await self._read(method, path, parse, idempotent=idempotent, patience=chosen, **what) or {}

    async def read_list(self, path: str, **what: Any) -> list[Any]:
        """The list answered to a GET, as `read` asks for it."""
        return await self._read("GET", path, json_list, LIST_BYTES, **what) or []

    async def read_page(self, path: str, **what: Any) -> dict[str, Any]:
        """The object answered to a GET, as `read` asks for it, where it may hold many."""
        return await self._read("GET", path, lambda data: json_object(data) or None, LIST_BYTES, **what) or {}

    async def _read(
        self,
        method: str,
        path: str,
        parse: Callable[[bytes], T | None],
        limit_bytes: int = BODY_BYTES,
        *,
        idempotent: bool = True,
        patience: Patience | None = None,
        **what: Any,
    ) -> T | None:
        """What `parse` makes of the answer; its None is an answer nobody can use. None for a 204."""
        import httpx

        tries, room = Tries(patience or READ, self.pace_s), self._uploads if "files" in what else self._reads
        while True:
            asked_s, again = None, idempotent
            try:
                async with room, asyncio.timeout(tries.each_s):
                    answer = await self._exchange(self._web, method, path, limit_bytes, **what)
                if answer.status not in _GOOD and not is_unwell(answer.status):
                    raise refusal(answer.status, answer.data, self.key_advice)
                found = parse(answer.data) if answer.status in (200, 201) else None
                if found is not None or (answer.status, method) == (204, "DELETE"):
                    return found
                unfit = "something of no use" if answer.status in _GOOD else answer.status
                reason, asked_s = f"it answered {unfit}{answer.oddly}", answer.wait_s
                again = again or answer.status == 429
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
                reason, again = unsigned(str(error)) or type(error).__name__, True
            except (httpx.HTTPError, TimeoutError) as error:
                reason = unsigned(str(error)) or type(error).__name__
            if not again:
                raise UnreachableError(f"{self.host} did not say what became of {method} {path}: {reason}")
            pause_s = tries.pause_s(asked_s)
            if pause_s is None:
                raise UnreachableError(f"{self.host} cannot be reached: {reason}", hint=come_back(asked_s))
            await asyncio.sleep(pause_s)

    async def post_once(self, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> Answer:
        """Send what may buy something, once, on a connection of its own.

        Raises UnreachableError when no connection came about, so that nothing was sent, and UnresolvedJobError when
        it was sent and no answer came.
        """
        import httpx

        try:
            async with self._posts, asyncio.timeout(CONNECT.each_s):
                return await self._exchange(self._paid_web, "POST", path, BODY_BYTES, json=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise UnreachableError(
                f"{self.host} cannot be reached; nothing was sent: {unsigned(str(error))}"
            ) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise self.unresolved(f"the answer was lost ({type(error).__name__})") from error

    def unresolved(self, why: str) -> UnresolvedJobError:
        """The error for a job of which nobody knows whether it exists."""
        return UnresolvedJobError(
            f"a job was sent to {self.host} and may or may not exist: {why}",
            hint="look at the service's list of jobs; it is not sent again by itself",
        )

    async def aclose(self) -> None:
        """Close all connections."""
        for web in (self._web, self._paid_web, self.plain):
            await web.aclose()

    async def _exchange(self, web: httpx.AsyncClient, method: str, path: str, limit_bytes: int, **what: Any) -> Answer:
        async with web.stream(method, path, **what) as answer:
            self._note_clock(answer.headers.get("date"))
            wait_s = retry_after_s(answer.headers.get("retry-after"), answer.headers.get("date"))
            kind = answer.headers.get("content-type", "").partition(";")[0].strip()
            data = bytearray()
            async for piece in answer.aiter_raw():
                data += piece
                if len(data) > limit_bytes:
                    return Answer(answer.status_code, b"", wait_s, kind)
            return Answer(answer.status_code, self.keys.hidden(bytes(data)), wait_s, kind)

    def _note_clock(self, date: str | None) -> None:
        with suppress(ValueError, OverflowError):
            if date:
                self.skew_s = parsedate_to_datetime(date).timestamp() - time.time()
