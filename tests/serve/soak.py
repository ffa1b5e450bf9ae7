"""The true engine behind `didgen serve` for a while: every talk done, the memory of each of its processes flat.

Flat is what is shown to be: caches fill up in the first half, so the second one counts. Of each minute its floor is
taken, which what is under way for a moment does not move; the slope of the floors, together with twice its standard
error, has to be below FLAT_MIB_PER_HOUR. A run that is too short or too noisy to tell is no flat one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

import httpx

PHOTO = Path(__file__).resolve().parents[2] / "projects" / "hello" / "assets" / "eileen.jpg"
KEY = "soak:secret"
CLIENTS = 4
FLAT_MIB_PER_HOUR = 4.0
"""A hundred MiB a day; 1.5 kB a talk when 2,800 are done in an hour."""

Look = tuple[float, float]
"""Seconds since the beginning, and MiB."""


@dataclass
class Watched:
    """What was seen of the server: resident memory of each of its processes by name, and its open files."""

    memory: dict[str, list[Look]] = field(default_factory=dict)
    files: list[int] = field(default_factory=list)

    def look(self, pid: int, at_s: float) -> None:
        """Note how it stands."""
        for name, one in {"server": pid, **_children(pid)}.items():
            self.memory.setdefault(name, []).append((at_s, _resident_mib(one)))
        self.files.append(len(os.listdir(f"/proc/{pid}/fd")))


def soak(minutes: float) -> bool:
    """Four clients that send one short talk after another; whether all were done and memory stayed flat."""
    with tempfile.TemporaryDirectory(prefix="didgen-soak-") as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        words = [sys.executable, "-m", "didgen", "serve", "--port", str(port), "--jobs", "1", "-q"]
        process = subprocess.Popen(words, cwd=folder, env={**os.environ, "DIDGEN_API_KEY": KEY})
        try:
            done, failed, watched = asyncio.run(_run(port, process.pid, minutes))
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)
    half = watched.files[len(watched.files) // 2]
    print(
        f"soak: {minutes:g} minutes: {done} talks done, {failed} failed; open files {half} at half-time, "
        f"{watched.files[-1]} at the end; exit {code}",
        flush=True,
    )
    flat = [_told(name, looks) for name, looks in watched.memory.items()]
    return all(flat) and failed == 0 and done > 0 and code == 0


def _told(name: str, looks: Sequence[Look]) -> bool:
    slope, error = growth(looks)
    good = slope + 2 * error < FLAT_MIB_PER_HOUR
    print(
        f"  {name}: {looks[0][1]:.1f} MiB at first, {looks[len(looks) // 2][1]:.1f} at half-time, {looks[-1][1]:.1f} "
        f"at the end; in the second half {slope:+.2f} ± {error:.2f} MiB an hour: {'flat' if good else 'NOT FLAT'}",
        flush=True,
    )
    return good


def growth(looks: Sequence[Look]) -> tuple[float, float]:
    """Slope of the floors of each minute in the second half, and its standard error, in MiB an hour.

    The error is infinite where there are fewer than three floors.
    """
    floors = [min(mib) for mib in _by_minute(looks[len(looks) // 2 :]).values()]
    if len(floors) < 3:
        return 0.0, float("inf")
    hours = [k / 60 for k in range(len(floors))]
    middle, level = fmean(hours), fmean(floors)
    spread = sum((t - middle) ** 2 for t in hours)
    slope = sum((t - middle) * (mib - level) for t, mib in zip(hours, floors, strict=True)) / spread
    missed = sum((mib - level - slope * (t - middle)) ** 2 for t, mib in zip(hours, floors, strict=True))
    return slope, (missed / (len(floors) - 2) / spread) ** 0.5


def _by_minute(looks: Sequence[Look]) -> dict[int, list[float]]:
    """The MiB of each whole minute, counted from the first look."""
    minutes: dict[int, list[float]] = {}
    for at_s, mib in looks:
        minutes.setdefault(int((at_s - looks[0][0]) // 60), []).append(mib)
    if len(minutes) > 1:
        minutes.popitem()  # it may have been cut short before its floor
    return minutes


async def _run(port: int, pid: int, minutes: float) -> tuple[int, int, Watched]:
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
        watched, began = Watched(), time.monotonic()
        while not work.done():
            watched.look(pid, time.monotonic() - began)
            await asyncio.sleep(2)
        results = await work
    return sum(done for done, _ in results), sum(failed for _, failed in results), watched


async def _client(web: httpx.AsyncClient, url: str, number: int, end: float) -> tuple[int, int]:
    done = failed = count = 0
    while time.monotonic() < end:
        count += 1
        text = f"Talk {100 + count % 900} of client {number}, and nothing else."  # always about as long
        made = await web.post("/talks", json={"source_url": url, "script": {"type": "text", "input": text}})
        path = f"/talks/{made.json()['id']}"
        while (job := (await web.get(path)).json())["status"] in ("created", "started"):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        video = await web.get(job["result_url"]) if job["status"] == "done" else None
        good = video is not None and video.content[4:8] == b"ftyp" and job["metadata"]["words"][0][0] == "Talk"
        done, failed = done + good, failed + (not good)
    return done, failed


def _children(pid: int) -> dict[str, int]:
    """The processes that the server keeps, by the module that each runs: workers and keepers, the first of each."""
    found: dict[str, int] = {}
    for path in sorted(Path("/proc").glob("[0-9]*"), key=lambda path: int(path.name)):
        with suppress(OSError, IndexError):
            parent = int((path / "stat").read_text().rpartition(") ")[2].split()[1])
            words = (path / "cmdline").read_bytes().split(b"\0")
            if parent == pid and b"-m" in words:
                found.setdefault(words[words.index(b"-m") + 1].decode().rpartition(".")[2], int(path.name))
    return found


def _resident_mib(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
