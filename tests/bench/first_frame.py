"""How soon a video can be watched: from the request to the first frame a decoder gets, on a warm worker."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Mapping
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
                row(f"first frame, {label}, wall s", f"{await _waited_s(pool, photo, text, config):.2f}")
        finally:
            await pool.aclose()


async def _waited_s(pool: Pool, photo: Path, text: str, config: Mapping[str, Any]) -> float:
    """Wall seconds until a frame can be decoded."""
    script = {"type": "text", "input": text}
    began = time.perf_counter()
    job = await pool.submit(
        TalkRequest.model_validate({"source_url": photo.as_uri(), "script": script, "config": config})
    )
    async for event in pool.events(job):
        if event.preview and _shows(event.preview):
            break
    waited_s = time.perf_counter() - began
    async for _ in pool.events(job):  # to its end: a worker that is stopped would have to be warmed again
        pass
    return waited_s


def _shows(path: str) -> bool:
    try:
        with av.open(path) as box:
            return next(box.decode(video=0), None) is not None
    except (OSError, ValueError, av.FFmpegError):  # its header is not there yet
        return False
