"""The true engine behind `didgen serve` for a while: every talk done, its memory flat."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

PHOTO = Path(__file__).resolve().parents[2] / "projects" / "hello" / "assets" / "eileen.jpg"
KEY = "soak:secret"
CLIENTS = 4
FLAT_MIB_PER_HOUR = 30.0


def soak(minutes: float) -> bool:
    """Four clients that send one short talk after another; whether all were done and memory stayed flat."""
    with tempfile.TemporaryDirectory(prefix="didgen-soak-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        words = [sys.executable, "-m", "didgen", "serve", "--port", str(port), "--jobs", "1", "-q"]
        process = subprocess.Popen(words, cwd=folder, env={**os.environ, "DIDGEN_API_KEY": KEY})
        try:
            done, failed, looks = asyncio.run(_run(port, process.pid, minutes))
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
    later = looks[len(looks) // 4 :]
    slope, _ = statistics.linear_regression([t / 3600 for t, _, _ in later], [mib for _, mib, _ in later])
    print(
        f"soak: {minutes:g} minutes: {done} talks done, {failed} failed; memory {looks[0][1]:.0f} MiB at the start, "
        f"{later[0][1]:.0f} after a quarter, {looks[-1][1]:.0f} at the end ({slope:+.1f} MiB an hour); open files "
        f"{later[0][2]} and {looks[-1][2]}; exit {code}",
        flush=True,
    )
    return failed == 0 and done > 0 and slope < FLAT_MIB_PER_HOUR and code == 0


async def _run(port: int, pid: int, minutes: float) -> tuple[int, int, list[tuple[float, float, int]]]:
    head, end = {"Authorization": f"Basic {KEY}"}, time.monotonic() + minutes * 60
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=head, timeout=60) as web:
        for _ in range(600):
            try:
                await web.get("/credits")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.1)
        image = await web.post("/images", files={"image": ("a.jpg", await asyncio.to_thread(PHOTO.read_bytes))})
        work = asyncio.gather(*(_client(web, image.json()["url"], k, end) for k in range(CLIENTS)))
        looks, began = [], time.monotonic()
        while not work.done():
            looks.append((time.monotonic() - began, *_held(pid)))
            await asyncio.sleep(2)
        results = await work
    return sum(done for done, _ in results), sum(failed for _, failed in results), looks


async def _client(web: httpx.AsyncClient, url: str, number: int, end: float) -> tuple[int, int]:
    done = failed = count = 0
    while time.monotonic() < end:
        count += 1
        text = f"Talk {count} of client {number}, and nothing else."
        made = await web.post("/talks", json={"source_url": url, "script": {"type": "text", "input": text}})
        path = f"/talks/{made.json()['id']}"
        while (job := (await web.get(path)).json())["status"] in ("created", "started"):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        video = await web.get(job["result_url"]) if job["status"] == "done" else None
        good = video is not None and video.content[4:8] == b"ftyp" and job["metadata"]["words"][0][0] == "Talk"
        done, failed = done + good, failed + (not good)
    return done, failed


def _held(pid: int) -> tuple[float, int]:
    """Resident MiB and open files of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / (1 << 20), len(os.listdir(f"/proc/{pid}/fd"))
