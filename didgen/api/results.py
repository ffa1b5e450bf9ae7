"""A done job's video, brought while its link lives, and checked: what is kept must be what was paid for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, cast, get_args
from urllib.parse import urlsplit

from didgen.api.containers import DamagedVideoError, Kind, examine
from didgen.api.download import LinkError, download
from didgen.api.job import Fetched
from didgen.api.patience import DOWNLOAD, Tries, come_back
from didgen.api.transport import Transport
from didgen.api.wire import TERMINAL, number
from didgen.errors import NotYetError, RenderError
from didgen.secret import unsigned, without_links

UPLOADED = ("source_url", "audio_url")
"""Members of an answer that lead to copies of ours."""
DEAD = frozenset({400, 401, 403, 404, 410})
"""What a link answers when it has expired, with AccessDenied or another word for it."""
TOLERANCE, SLACK_S = 0.1, 1.0
"""How far a video's length may be from the reported one, which is in whole seconds in old answers."""


async def fetch(transport: Transport, ask: Callable[[], Awaitable[dict[str, Any]]], job_id: str, into: Path) -> Fetched:
    """Bring the video of a job into the folder `into`. ask: for the job as it is now, with the link of now.

    Raises NotYetError when that does not work out, the job stays as it is; RenderError for a job that has failed;
    StorageError; what `ask` raises.
    """
    import httpx

    tries, dead = Tries(DOWNLOAD, transport.pace_s), ""
    while True:
        job = await ask()
        url, wait_s = str(job.get("result_url") or ""), None
        try:
            _check_link(job, url)
            video = into / f"{job_id}.{_kind(job, url)}"
            async with transport.downloads:
                async with asyncio.timeout(tries.each_s):
                    await download(transport.plain, url, video, secure=transport.secure)
                length_s = await asyncio.to_thread(_examined, video, job)
            return Fetched(video, _facts(job, length_s))
        except LinkError as error:
            reason, wait_s = str(error), error.wait_s
            if error.status in DEAD:
                reason += ", and asking again gives the same link" if url == dead else ""
                dead = url
        except (DamagedVideoError, httpx.HTTPError, TimeoutError) as error:
            reason = unsigned(str(error)) or type(error).__name__
        if (pause_s := tries.pause_s(wait_s)) is None:
            raise NotYetError(f"the video of {job_id} could not be brought: {reason}", hint=come_back(wait_s))
        await asyncio.sleep(pause_s)


def _check_link(job: Mapping[str, Any], url: str) -> None:
    """Raises LinkError for a job without a link that can be followed, NotYetError where that cannot change, RenderError
    for a job that has failed.
    """
    status = str(job.get("status"))
    if status != "done" and status in TERMINAL:
        raise RenderError("NotReadyError", f"{job.get('id')} is not done, it ended as {status}")
    if status != "done":
        raise LinkError("it is not done")
    if not url:
        raise LinkError("the service gives no link to it")
    if url.startswith("s3://"):
        words = f"the video of {job.get('id')} lies at {unsigned(url)}, which cannot be read without your bucket's keys"
        raise NotYetError(words, hint="leave out result_url, or give one that can be read by https")
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("https", "http"):
        raise LinkError("the link is no address")


def _kind(job: Mapping[str, Any], url: str) -> Kind:
    """The kind of file that was asked for: what the service says it made, else what the link is called."""
    config = job.get("config")
    told = config.get("result_format") if isinstance(config, dict) else None
    for name in (str(told).lower().lstrip("."), PurePosixPath(urlsplit(url).path).suffix.lower().lstrip(".")):
        if name in get_args(Kind):
            return cast(Kind, name)
    return "mp4"


def _examined(video: Path, job: Mapping[str, Any]) -> float:
    """The length of a video in seconds. One that is not what the job says is removed. Raises DamagedVideoError."""
    try:
        length_s = examine(video, cast(Kind, video.suffix[1:]))
        _check_length(length_s, job)
    except DamagedVideoError:
        video.unlink()
        raise
    return length_s


def _check_length(length_s: float, job: Mapping[str, Any]) -> None:
    """The reported length may or may not have the padding in it, and talks alone report one."""
    told_s, config = number(job.get("duration")), job.get("config")
    pad_s = number(config.get("pad_audio")) if isinstance(config, dict) else None
    if told_s is None or told_s <= 0:
        return
    least_s, most_s = told_s * (1 - TOLERANCE) - SLACK_S, (told_s + (pad_s or 0.0)) * (1 + TOLERANCE) + SLACK_S
    if not least_s <= length_s <= most_s:
        raise DamagedVideoError(f"it lasts {length_s:.1f} s, and the service says {told_s:.1f} s")


def _facts(job: dict[str, Any], length_s: float) -> dict[str, Any]:
    """What is known of a video. Words with times come from servers of ours; the service tells none."""
    metadata = job.get("metadata") if isinstance(job.get("metadata"), dict) else {}
    return {
        "duration_s": length_s,
        "words": (metadata or {}).get("words") or [],
        "warnings": without_links((metadata or {}).get("warnings") or []),
        "answer": without_links({name: value for name, value in job.items() if name not in UPLOADED}),
    }
