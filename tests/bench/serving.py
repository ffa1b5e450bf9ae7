"""What `didgen serve` adds to the pool it serves: time a job, time to accept one, memory of a thousand that wait."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from didgen.api.wire import TalkRequest
from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from didgen.serve.settings import Settings
from tests.bench.measure import row

PHOTO = Path(__file__).resolve().parents[2] / "projects" / "hello" / "assets" / "eileen.jpg"
JOBS = 5
ROUNDS = 3
TINY = 100  # jobs of a tiny engine
POLL_S = 1.0  # as clients of the service do
WAITING = 1000
TEXT = "This is talk number {k}, which says a little and then ends."


def serve() -> None:
    """The pool alone and the server over one take turns, A B A B, with one worker each."""
    asyncio.run(_own())
    asyncio.run(_accepting())
    asyncio.run(_idle())
    asyncio.run(_overhead())


async def _idle() -> None:
    """How long the worker has nothing to do between two jobs of a line that is never empty, as it says itself; and
    jobs a minute by that. Told per job, so that what else the machine does counts for nothing."""
    with tempfile.TemporaryDirectory(prefix="didgen-bench-") as name:
        folder = Path(name)
        alone, served = (_Worked(folder / kind) for kind in ("pool", "server"))
        pool = Pool(1, folder=folder, command=alone.command)
        async with _served(folder, Settings(), command=served.command) as (web, url):
            for _ in range(ROUNDS):
                await _through_pool(pool, folder, JOBS)
                alone.end_round()
                await _through_server(web, url, JOBS)
                served.end_round()
        await pool.aclose()
    row("the worker between two jobs, the pool alone", alone.said())
    row("the same by the server", served.said())
    lasts = median(alone.renders + served.renders)
    ratio = (lasts + median(alone.gaps)) / (lasts + median(served.gaps))
    row("jobs a minute by the server, by what its worker is idle more", f"{ratio:.4f} ×")


class _Worked:
    """Times at which a worker began and ended jobs, as `tests.bench.noting` writes them into `file`."""

    def __init__(self, file: Path) -> None:
        self._file, self._seen = file, 0
        self.command = (sys.executable, "-m", "tests.bench.noting", str(file))
        self.gaps: list[float] = []
        self.renders: list[float] = []

    def end_round(self) -> None:
        """Take what was done since the last one as one line of jobs."""
        rows = [[float(word) for word in row.split()] for row in self._file.read_text().splitlines()][self._seen :]
        self._seen += len(rows)
        self.renders += [end - begin for begin, end in rows]
        self.gaps += [later[0] - earlier[1] for earlier, later in pairwise(rows)]

    def said(self) -> str:
        return f"{median(self.gaps) * 1000:.1f} ms (to {max(self.gaps) * 1000:.0f}), of {median(self.renders):.2f} s"


async def _overhead() -> None:
    with tempfile.TemporaryDirectory(prefix="didgen-bench-") as name:
        folder = Path(name)
        pool = Pool(1, folder=folder)
        async with _served(folder, Settings()) as (web, url):
            await _through_pool(pool, folder, 1)
            await _through_server(web, url, 1)  # both warm
            alone, walls, ratios = [], [], []
            for _ in range(ROUNDS):
                (wall_a, cpu_a), (wall_b, cpu_b) = (
                    await _measured(_through_pool(pool, folder, JOBS)),
                    await _measured(_through_server(web, url, JOBS)),
                )
                alone.append(wall_a)
                walls.append(wall_b / wall_a)
                ratios.append(cpu_b / cpu_a)
        await pool.aclose()
    row("jobs a minute, the pool alone", f"{JOBS / median(alone) * 60:.1f}")
    row("the same by the server, CPU of all processes", _spread(ratios))
    row("the same by the server, time", _spread(walls))


async def _own() -> None:
    """What this process does for a job, with an engine that does next to nothing in another one."""
    from tests import fakes

    with tempfile.TemporaryDirectory(prefix="didgen-bench-") as name:
        folder = Path(name)
        pool = Pool(1, folder=folder, command=fakes.COMMAND)
        async with _served(folder, Settings(), command=fakes.COMMAND) as (web, url):
            await _through_pool(pool, folder, 1)
            await _through_server(web, url, 1)
            began = time.process_time()
            await _through_pool(pool, folder, TINY)
            middle = time.process_time()
            await _through_server(web, url, TINY)
            ended = time.process_time()
        await pool.aclose()
    a, b = ((seconds) * 1000 / TINY for seconds in (middle - began, ended - middle))
    row("CPU of the parent a job, the pool alone", f"{a:.1f} ms")
    row("the same by the server, and its client", f"{b:.1f} ms")


async def _measured(work: Awaitable[None]) -> tuple[float, float]:
    """Seconds of wall and of CPU that a piece of work takes, workers and this process together."""
    wall, cpu = time.perf_counter(), _cpu_s()
    await work
    return time.perf_counter() - wall, _cpu_s() - cpu


def _cpu_s() -> float:
    """CPU of this process and of its children that live, in seconds."""
    ticks, me = 0, os.getpid()
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(") ")[2].split()
            if int(fields[1]) == me:
                ticks += int(fields[11]) + int(fields[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def _spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.3f} × ({min(ratios):.3f} to {max(ratios):.3f})"


async def _through_pool(pool: Pool, folder: Path, count: int) -> None:
    async def one(k: int) -> None:
        script = {"type": "text", "input": TEXT.format(k=k)}
        job = await pool.submit(TalkRequest.model_validate({"source_url": PHOTO.as_uri(), "script": script}))
        async for _ in pool.events(job):
            pass
        (await pool.fetch(job, folder)).video.unlink()

    await asyncio.gather(*(one(k) for k in range(count)))


async def _through_server(web: httpx.AsyncClient, url: str, count: int) -> None:
    async def one(k: int) -> None:
        path = f"/talks/{(await _post(web, url, k)).json()['id']}"
        while (await web.get(path)).json()["status"] != "done":  # noqa: ASYNC110
            await asyncio.sleep(POLL_S)

    await asyncio.gather(*(one(k) for k in range(count)))


async def _post(web: httpx.AsyncClient, url: str, k: int) -> httpx.Response:
    body = {"source_url": url, "script": {"type": "text", "input": TEXT.format(k=k)}}
    answer = await web.post("/talks", json=body)
    answer.raise_for_status()
    return answer


async def _accepting() -> None:
    """With a worker that never answers, so that all wait."""
    with tempfile.TemporaryDirectory(prefix="didgen-bench-") as name:
        async with _served(Path(name), Settings(), command=("sleep", "600")) as (web, url):
            before, times, cpu = _resident_mib(), [], time.process_time()
            for k in range(WAITING):
                began = time.perf_counter()
                await _post(web, url, k)
                times.append((time.perf_counter() - began) * 1000)
            used_ms = (time.process_time() - cpu) * 1000 / WAITING
            held = _resident_mib() - before
    row("to accept a talk, in process", f"{median(times):.1f} ms, {used_ms:.1f} ms CPU (client and server)")
    row("memory of 1,000 jobs that wait", f"{held:+.1f} MiB")


@asynccontextmanager
async def _served(folder: Path, settings: Settings, **given: Any) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    """A client of a server in this process, and the URL of its upload."""
    from tests.api.served import living

    app = make_app(Pool(1, folder=folder, **given), folder / "served", settings=settings)
    transport = httpx.ASGITransport(app)
    async with living(app), httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", timeout=60) as web:
        image = await web.post("/images", files={"image": ("a.jpg", await asyncio.to_thread(PHOTO.read_bytes))})
        yield web, image.json()["url"]


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
