"""A job while it is made: how far it is, and what can be seen of its video."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from didgen.serve.growing import grown
from tests import fakes
from tests.serve.here import ended, serve, talk, until_true


async def until_told(web: httpx.AsyncClient, path: str, told: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Wait for a job to say something of itself; what it says then."""
    while True:
        job: dict[str, Any] = (await web.get(path)).json()
        if told(job):
            return job
        await asyncio.sleep(0.01)


def open_files() -> list[str]:
    """Names of the files that this process has open."""
    found = []
    for handle in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            found.append(os.readlink(f"/proc/self/fd/{handle}"))
    return found


def test_a_started_job_tells_how_far_it_is(tmp_path: Path) -> None:
    """A member of our own; the service has none."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, f"!until {tmp_path / 'seen'}")).json()
        job = await until_told(
            web, f"/talks/{made['id']}", lambda job: job.get("progress", {}).get("stage") == "frames"
        )
        assert {"stage": "frames", "done": 1, "total": fakes.FRAMES} == job["progress"]
        (tmp_path / "seen").touch()
        assert "progress" not in await ended(web, f"/talks/{made['id']}")

    serve(tmp_path, work)


def test_a_video_can_be_watched_while_it_is_made(tmp_path: Path) -> None:
    """A started job with something to show has a signed link to it, which gives it all and ends with the job."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, f"!early !until {tmp_path / 'seen'}")).json()
        url = (await until_told(web, f"/talks/{made['id']}", lambda job: "preview_url" in job))["preview_url"]
        assert 403 == (await web.get(url.partition("?")[0])).status_code
        getting = asyncio.create_task(web.get(url))
        await until_true(lambda: any(name.endswith(".part.mp4") for name in open_files()))
        (tmp_path / "seen").touch()
        seen = await getting
        assert (200, b"moof", "video/mp4") == (seen.status_code, seen.content, seen.headers["content-type"])
        job = await ended(web, f"/talks/{made['id']}")
        assert "preview_url" not in job
        assert 404 == (await web.get(url)).status_code

    serve(tmp_path, work)


def test_a_file_is_read_as_it_grows(tmp_path: Path) -> None:
    """What is there, then what comes, to the end of its name; a file that is not there gives nothing."""
    path = tmp_path / "growing"

    async def written() -> None:
        for number in range(3):
            await asyncio.sleep(0.05)
            with path.open("ab") as file:
                file.write(bytes([number]) * 70_000)
        path.unlink()

    async def read() -> bytes:
        path.write_bytes(b"start")
        writing = asyncio.create_task(written())
        pieces = [piece async for piece in grown(path)]
        await writing
        return b"".join(pieces)

    assert b"start" + b"".join(bytes([number]) * 70_000 for number in range(3)) == asyncio.run(read())
    assert b"" == asyncio.run(read_all(path))


async def read_all(path: Path) -> bytes:
    return b"".join([piece async for piece in grown(path)])
