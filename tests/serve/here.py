"""A server in this process, on the real pool with tiny workers, and a client of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from didgen.serve.faults import read_faults
from didgen.serve.settings import Settings
from tests import fakes
from tests.api.served import DOOR, living

BASE = "http://127.0.0.1:8787"
JPEG = fakes.photo()
PATIENCE_S = 240.0
"""For all that a test does: whoever waits for something waits for no time of its own."""

Work = Callable[[httpx.AsyncClient], Awaitable[None]]


def serve(
    folder: Path,
    work: Work,
    key: str | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    faults: Sequence[str] = (),
    seed: int = 1,
    page: Any = None,
    **settings: Any,
) -> None:
    """Do something with a client of a server in a folder; it may be called again there. headers: of every request;
    faults: what goes wrong, as the command line takes it."""

    folder.mkdir(exist_ok=True)

    async def inside() -> None:
        pool = Pool(1, command=fakes.COMMAND, folder=folder)
        app = make_app(
            pool,
            folder / "served",
            key,
            settings=Settings(**settings),
            faults=read_faults(faults, seed),
            inspector=DOOR,
            page=page,
        )
        transport = httpx.ASGITransport(app)
        async with living(app), httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers) as web:
            await asyncio.wait_for(work(web), PATIENCE_S)

    asyncio.run(inside())


async def upload(web: httpx.AsyncClient, data: bytes = JPEG, name: str = "anna.jpg", field: str = "image") -> Any:
    """What is answered to a file that is taken in."""
    answer = await web.post(f"/{field}s", files={field: (name, data, "application/octet-stream")})
    assert 201 == answer.status_code, answer.text
    return answer.json()


async def photo(web: httpx.AsyncClient, **more: Any) -> str:
    """The URL of an uploaded picture."""
    answer = await web.post("/images", files={"image": ("a.jpg", JPEG)}, **more)
    url: str = answer.json()["url"]
    return url


def body(url: str, text: str = "Hello there", **more: Any) -> dict[str, Any]:
    """A request for a talk."""
    return {"source_url": url, "script": {"type": "text", "input": text}, **more}


async def talk(web: httpx.AsyncClient, text: str = "Hello there", **more: Any) -> httpx.Response:
    """A talk that is sent, with a picture of its own."""
    return await web.post("/talks", json=body(await photo(web), text, **more))


async def until_true(asked: Callable[[], object]) -> None:
    """Wait for something to be so."""
    while True:
        if asked():
            return
        await asyncio.sleep(0.01)


async def until(web: httpx.AsyncClient, path: str, *statuses: str) -> dict[str, Any]:
    """Wait for a job to be at one of some statuses; the job."""
    while True:
        job: dict[str, Any] = (await web.get(path)).json()
        if job["status"] in statuses:
            return job
        assert "result_url" not in job
        await asyncio.sleep(0.01)


async def ended(web: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The job once it is done or failed."""
    return await until(web, path, "done", "error", "rejected")
