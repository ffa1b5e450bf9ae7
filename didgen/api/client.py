"""The HTTP client: D-ID, or any server that speaks its API, behind the seam.

A POST that may have bought something is sent once, on a connection of its own; what is only read, and uploads, which
cost nothing, are tried again. The key goes to the service's own address and nowhere else.
"""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from didgen.api.job import Event, Fetched
from didgen.api.outcomes import (
    AGAIN,
    RefusedError,
    jitter_s,
    json_object,
    meaning_of_post,
    refusal,
    retry_after_s,
    without_links,
)
from didgen.api.wire import TERMINAL, Logo, RenderRequest, TalkRequest, kind_of
from didgen.digest import sha256_file
from didgen.errors import RenderError, UnreachableError, UnresolvedJobError, UsageError

if TYPE_CHECKING:
    import httpx

TRIES = 6
POST_S = 120.0  # the service speaks the text before it answers
READ_S = 30.0
UPLOAD_S = 300.0
DOWNLOAD_S = 1800.0
JOB_S = 1800.0
UPLOAD_LIFE_S = 12 * 3600  # half of what the service promises
BODY_BYTES = 1 << 20
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_MIME = {".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".mp3": "audio/mpeg", ".wav": "audio/wav"}
_MIME |= {".m4a": "audio/mp4", ".mp4": "video/mp4", ".mov": "video/quicktime", ".flac": "audio/flac"}


class Client:
    """Implements `didgen.api.job.Service` over HTTP. Belongs to one event loop.

    base_url: the service, without a path behind it. key: as issued (`user:secret`), in base64, or "" for a server of
    one's own that demands none. pace_s: the unit of all waiting between tries and polls. Raises UsageError for an
    address that is none and for a missing key.
    """

    def __init__(self, base_url: str, key: str = "", *, pace_s: float = 1.0) -> None:
        import httpx

        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None:
            raise UsageError(f"{base_url!r} is no address of a service", hint="https://host, without a key in it")
        at_home = parts.hostname in _LOOPBACK
        if parts.scheme == "http" and not at_home:
            raise UsageError(f"{parts.hostname} would get the key unencrypted", hint="use https")
        if not key and not at_home:
            raise UsageError(f"{parts.hostname} demands a key", hint="set D_ID_API_KEY")
        self.paid = not at_home
        self._host = parts.netloc
        self._pace_s = 0.1 * pace_s if at_home else pace_s
        self._uploads: dict[str, tuple[str, float]] = {}
        common: dict[str, Any] = {
            "verify": httpx.create_ssl_context() if parts.scheme == "https" else False,
            "trust_env": not at_home,
            "timeout": httpx.Timeout(60.0, connect=10.0),
        }
        own = {**common, "base_url": base_url.rstrip("/"), "headers": _headers(key), "follow_redirects": False}
        self._web = httpx.AsyncClient(**own)
        # Without kept connections every paid POST has a fresh one: none is lost in a socket that has just been closed.
        self._paid_web = httpx.AsyncClient(**own, limits=httpx.Limits(max_keepalive_connections=0))
        self._plain_web = httpx.AsyncClient(**common, follow_redirects=True, max_redirects=3)

    def __repr__(self) -> str:
        return f"Client({self._host!r})"

    async def submit(self, request: RenderRequest) -> str:
        """Upload what is local and send the request, once; the job's id.

        Raises RenderError when it is refused, UnreachableError when it was not sent, UnresolvedJobError when nobody
        knows whether it arrived.
        """
        body = (await self._uploaded(request)).model_dump(mode="json", exclude_unset=True)
        if isinstance(request, TalkRequest):
            body["script"]["type"] = request.script.type  # a default, so it may be unset; the wire needs it
        path = f"/{kind_of(request)}s"
        for attempt in range(TRIES):
            answer = await self._post_once(path, body, last=attempt + 1 == TRIES)
            wait_s = None
            if answer is not None:
                status, headers, data = answer
                job_id = json_object(data).get("id")
                meaning = meaning_of_post(status, job_id)
                if meaning == "bought":
                    return str(job_id)
                if meaning == "refused":
                    raise refusal(status, data)
                if meaning == "ambiguous":
                    raise self._unresolved(f"the service answered {status}")
                wait_s = retry_after_s(headers.get("retry-after"))
            await asyncio.sleep(wait_s or self._wait_s(attempt))
        raise UnreachableError(f"{self._host} takes no more jobs now; nothing was sent", hint="build again later")

    async def _post_once(self, path: str, body: dict[str, Any], *, last: bool) -> tuple[int, Any, bytes] | None:
        """Send a paid POST; None when no connection came about, so that nothing was sent.

        Raises UnresolvedJobError when it was sent and no answer came, UnreachableError at the `last` try.
        """
        import httpx

        try:
            async with asyncio.timeout(POST_S):
                return await self._exchange(self._paid_web, "POST", path, json=body)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            if last:
                raise UnreachableError(f"{self._host} cannot be reached; nothing was sent: {error}") from error
            return None
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unresolved(f"the answer was lost ({type(error).__name__})") from error

    def _unresolved(self, why: str) -> UnresolvedJobError:
        return UnresolvedJobError(
            f"a job was sent to {self._host} and may or may not exist: {why}",
            hint="look at the service's list of jobs; it is not sent again by itself",
        )

    async def events(self, job_id: str) -> AsyncIterator[Event]:
        """Every change of the job's status until it is done or failed.

        Raises UnreachableError when the service stays away or the job takes over 30 minutes (it can be taken up
        again), and UnresolvedJobError for a paid job that the service does not know any more.
        """
        deadline, wait_s, told = time.monotonic() + JOB_S, self._pace_s, Event("failed")
        while True:
            job = await self._job(job_id)
            status = str(job.get("status", ""))
            if status in TERMINAL:
                yield _last_event(status, job)
                return
            event = _running(job.get("progress")) if status == "started" else Event("queued")
            if event != told:
                yield event
                told = event
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"{job_id} is still {status or 'waiting'} after {JOB_S / 60:.0f} minutes", hint="build again later"
                )
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 1.5, 15 * self._pace_s)

    async def fetch(self, job_id: str, into: Path) -> Fetched:
        """Bring a done job's video into the folder `into`. Raises RenderError (not done), UnreachableError."""
        import httpx

        from didgen.api.download import DamagedDownloadError, download

        reason = ""
        for attempt in range(3):
            job = await self._job(job_id)  # a link may have expired: each try has the one of now
            url = str(job.get("result_url") or "")
            if job.get("status") != "done" or not url.startswith(("https://", "http://")):
                raise RenderError("NotReadyError", f"{job_id} is not done")
            ending = PurePosixPath(urlsplit(url).path).suffix
            ending = ending if ending in (".mov", ".gif") else ".mp4"
            video = into / f"{job_id}{ending}"
            try:
                async with asyncio.timeout(DOWNLOAD_S):
                    length_s = await download(self._plain_web, url, video)
                return Fetched(video, _facts(job, length_s))
            except (DamagedDownloadError, httpx.HTTPError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            await asyncio.sleep(self._wait_s(attempt))
        raise UnreachableError(f"the video of {job_id} could not be downloaded: {reason}", hint="build again to go on")

    async def cancel(self, job_id: str) -> bool:  # noqa: ARG002
        """False: the service cannot stop a job."""
        return False

    async def aclose(self) -> None:
        """Close all connections."""
        for web in (self._web, self._paid_web, self._plain_web):
            await web.aclose()

    async def _job(self, job_id: str) -> dict[str, Any]:
        if not job_id.replace("-", "").replace("_", "").isalnum():
            raise RenderError("NotFoundError", f"{job_id!r} is no job's id")
        path = f"/animations/{job_id}" if job_id.startswith("anm_") else f"/talks/{job_id}"
        try:
            return await self._read("GET", path)
        except RefusedError as error:
            if not self.paid:
                raise
            if error.status == 404:
                raise UnresolvedJobError(
                    f"{job_id} is gone at {self._host}", hint="it is not bought again by itself; see the account"
                ) from error
            raise UnreachableError(f"{self._host} does not show {job_id}: {error}", hint="build again later") from error

    async def _read(self, method: str, path: str, **what: Any) -> dict[str, Any]:
        """An answer to something that costs nothing, asked again while the service is unwell.

        Raises RenderError when it is refused, UnreachableError after TRIES.
        """
        import httpx

        reason = ""
        for attempt in range(TRIES):
            wait_s = None
            try:
                async with asyncio.timeout(UPLOAD_S if what else READ_S):
                    status, headers, data = await self._exchange(self._web, method, path, **what)
                if status in (200, 201) and (body := json_object(data)):
                    return body
                if status not in AGAIN and status not in (200, 201):
                    raise refusal(status, data)
                reason, wait_s = f"it answered {status}", retry_after_s(headers.get("retry-after"))
            except (httpx.HTTPError, TimeoutError) as error:
                reason = str(error) or type(error).__name__
            await asyncio.sleep(wait_s or self._wait_s(attempt))
        raise UnreachableError(f"{self._host} cannot be reached: {reason}", hint="build again to go on")

    async def _exchange(self, web: httpx.AsyncClient, method: str, path: str, **what: Any) -> tuple[int, Any, bytes]:
        """Status, headers and at most BODY_BYTES of the body, as sent; a larger one counts as none."""
        async with web.stream(method, path, **what) as answer:
            data = bytearray()
            async for piece in answer.aiter_raw():
                data += piece
                if len(data) > BODY_BYTES:
                    return answer.status_code, answer.headers, b""
            return answer.status_code, answer.headers, bytes(data)

    def _wait_s(self, attempt: int) -> float:
        return jitter_s(attempt, self._pace_s, 30 * self._pace_s)

    async def _uploaded(self, request: RenderRequest) -> RenderRequest:
        """The request with every `file:` URL replaced by that of an upload."""
        changes: dict[str, Any] = {"source_url": await self._link(request.source_url, "image")}
        if request.driver_url is not None and request.driver_url.startswith("file:"):
            raise RenderError("DriverError", "the service takes a driver video by https link only")
        if request.config is not None and isinstance(request.config.logo, Logo):
            logo = request.config.logo.model_copy(update={"url": await self._link(request.config.logo.url, "image")})
            changes["config"] = request.config.model_copy(update={"logo": logo})
        if isinstance(request, TalkRequest) and request.script.type == "audio":
            url = await self._link(request.script.audio_url, "audio")
            changes["script"] = request.script.model_copy(update={"audio_url": url})
        return request.model_copy(update=changes)

    async def _link(self, url: str, field: str) -> str:
        if not url.startswith("file:"):
            return url
        path = Path(unquote(urlsplit(url).path))
        try:
            digest = await asyncio.to_thread(sha256_file, path)
            known, until = self._uploads.get(digest, ("", 0.0))
            if time.monotonic() >= until:
                known = await self._upload(path, field)
                self._uploads[digest] = (known, time.monotonic() + UPLOAD_LIFE_S)
        except OSError as error:
            raise RenderError("SourceError", f"{path} cannot be read: {error.strerror}") from error
        return known

    async def _upload(self, path: Path, field: str) -> str:
        mime = _MIME.get(path.suffix.lower(), "application/octet-stream")
        data = await asyncio.to_thread(path.read_bytes)
        answer = await self._read("POST", f"/{field}s", files={field: (_plain_name(path), data, mime)})
        url = answer.get("url")
        if not isinstance(url, str) or not url:
            raise UnreachableError(f"{self._host} took {path.name} and gave no link to it")
        return url


def _headers(key: str) -> dict[str, str]:
    """A key as issued has a colon and is put into base64 (RFC 7617); one without is in that form already."""
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "didgen"}
    if key:
        coded = base64.b64encode(key.encode()).decode() if ":" in key else key
        headers["Authorization"] = f"Basic {coded}"
    return headers


def _plain_name(path: Path) -> str:
    """A name the service takes: at most 50 of a-z A-Z 0-9 . _ -"""
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in path.stem)
    return f"{stem[: 50 - len(path.suffix)]}{path.suffix}"


def _running(progress: Any) -> Event:
    """A started job's event; servers of ours tell how far it is, the service does not."""
    try:
        return Event("running", str(progress["stage"]), int(progress["done"]), int(progress["total"]))
    except (TypeError, KeyError, ValueError):
        return Event("running")


def _last_event(status: str, job: dict[str, Any]) -> Event:
    if status == "done":
        return Event("done")
    error = job.get("error") if isinstance(job.get("error"), dict) else {}
    kind = str((error or {}).get("kind") or ("ModerationError" if status == "rejected" else "UnknownError"))
    words = str((error or {}).get("description") or f"the service {status} it without a reason")
    return Event("failed", kind=kind, message=words)


def _facts(job: dict[str, Any], length_s: float) -> dict[str, Any]:
    """What is known of a video. Words with times come from servers of ours; the service tells none."""
    metadata = job.get("metadata") if isinstance(job.get("metadata"), dict) else {}
    return {
        "duration_s": length_s,
        "words": (metadata or {}).get("words") or [],
        "warnings": (metadata or {}).get("warnings") or [],
        "answer": without_links(job),
    }
