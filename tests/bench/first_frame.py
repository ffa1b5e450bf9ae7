"""How soon a video can be watched: from the request to the first frame a decoder gets, on a warm worker.

Wall time, and what the worker computed in it: on a busy machine the second tells what an idle one would make of it.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import av
import cv2

from didgen.api.wire import TalkRequest
from didgen.jobs.pool import Pool
from tests.bench.measure import row
from tests.bench.workspace import PHOTO, SAYING


def first_frame() -> None:
    """Talks of one sentence and of some twenty; the crop, and a large photo whole."""
    asyncio.run(_all())


async def _all() -> None:
    with tempfile.TemporaryDirectory() as name:
        large = Path(name) / "large.png"
        cv2.imwrite(str(large), cv2.resize(cv2.imread(str(PHOTO)), (1920, 1920), interpolation=cv2.INTER_CUBIC))
        pool = Pool(1, folder=Path(name))
        try:
            await _waited_s(pool, PHOTO, "Warm up.", {})
            for label, photo, text, config in (
                ("one sentence, 512 px", PHOTO, SAYING, {}),
                ("twenty sentences, 512 px", PHOTO, f"{SAYING} " * 10, {}),
                ("one sentence, whole photo of 1080 px", large, SAYING, {"stitch": True, "output_resolution": 1080}),
            ):
                wall_s, cpu_s = await _waited_s(pool, photo, text, config)
                row(f"first frame, {label}", f"{wall_s:.2f} s wall, {cpu_s:.2f} s CPU of the worker")
        finally:
            await pool.aclose()


async def _waited_s(pool: Pool, photo: Path, text: str, config: Mapping[str, Any]) -> tuple[float, float]:
    """Wall and CPU seconds until a frame can be decoded."""
    body = {"source_url": photo.as_uri(), "script": {"type": "text", "input": text}, "config": config}
    request = TalkRequest.model_validate(body)
    began, before_s = time.perf_counter(), worked_s()
    job = await pool.submit(request)
    async for event in pool.events(job):
        if event.preview and shows(event.preview):
            break
    waited = time.perf_counter() - began, worked_s() - before_s
    async for _ in pool.events(job):  # to its end: a worker that is stopped would have to be warmed again
        pass
    return waited


def worked_s() -> float:
    """CPU seconds of the workers so far: those of this process's children, which are still running."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()  # after the name: state, parent, …, utime, stime
            ticks += int(fields[11]) + int(fields[12]) if int(fields[1]) == os.getpid() else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def shows(path: str) -> bool:
    try:
        with av.open(path) as box:
            return next(box.decode(video=0), None) is not None
    except (OSError, ValueError, av.FFmpegError):  # its header is not there yet
        return False
