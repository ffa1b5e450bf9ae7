"""A crowd of clients at once, each with jobs of its own, at a server that may be killed in their midst.

Every client says in each talk who it is, and asks the result whether it is its own. A POST whose answer got lost is
sent again with the same Idempotency-Key; an id that was answered has to be known for ever.
"""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests import fakes
from tests.serve.stand_in import KEY


class Server:
    """The stand-in as a process that can be killed and started again at the same place."""

    def __init__(self, folder: Path, slots: int = 2) -> None:
        self.folder, self.slots, self.kills = folder, slots, 0
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = self._started()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _started(self) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "tests.serve.stand_in", str(self.folder), str(self.port), str(self.slots)]
        process = subprocess.Popen(words, start_new_session=True)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            assert process.poll() is None, "the server did not start"
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return process
            time.sleep(0.02)
        raise AssertionError("the server did not start in 30 s")

    def kill(self) -> None:
        """kill -9, and a new life. Its workers end by themselves when their pipes do."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        self.process = self._started()

    def stop(self) -> int:
        """Ctrl-C; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(30)

    def memory_mib(self) -> float:
        """What it holds resident."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text().split()
        return int(fields[1]) * 4096 / (1 << 20)


@dataclass
class Report:
    """What came of a crowd. lost: accepted and never done, or unknown later; wrong: another's words, user data or no
    video; doubled: more jobs on the server than were asked for."""

    jobs: int = 0
    done: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    doubled: int = 0
    kills: int = 0
    accept_ms: list[float] = field(default_factory=list)
    most_mib: float = 0.0
    seconds: float = 0.0

    def __str__(self) -> str:
        times = sorted(self.accept_ms) or [0.0]
        half, most = times[len(times) // 2], times[int(len(times) * 0.99)]
        return (
            f"{self.jobs} jobs, {self.done} done, {len(self.lost)} lost, {len(self.wrong)} wrong, {self.doubled} "
            f"doubled, {self.kills} kills; accepted in {half:.0f} ms (99 of 100 in {most:.0f}); server at most "
            f"{self.most_mib:.0f} MiB; {self.seconds:.0f} s"
        )

    @property
    def good(self) -> bool:
        return self.done == self.jobs and not (self.lost or self.wrong or self.doubled)


async def crowd(
    server: Server, clients: int, each: int = 1, kills: int = 0, seed: int = 0, limit_s: float = 900
) -> Report:
    """Let the clients work to the end, killing the server now and then."""
    report, began = Report(jobs=clients * each), time.monotonic()
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients, keepalive_expiry=4)
    base, head = server.base, {"Authorization": f"Basic {KEY}"}
    async with httpx.AsyncClient(base_url=base, headers=head, limits=limits, timeout=60, trust_env=False) as web:
        image = await _patiently(web, "POST", "/images", files={"image": ("a.jpg", fakes.photo())})
        url = image.json()["url"]
        work = asyncio.gather(*(_client(web, url, k, each, report) for k in range(clients)))
        killing = asyncio.create_task(_kill(server, kills, seed, min(1.0, clients / 100)))
        watching = asyncio.create_task(_watch(server, report))
        try:
            await asyncio.wait_for(work, limit_s)
        finally:
            killing.cancel()
            watching.cancel()
        report.kills = server.kills
        report.doubled = await _counted(web) - report.jobs
    report.seconds = time.monotonic() - began
    return report


async def _client(web: httpx.AsyncClient, url: str, number: int, each: int, report: Report) -> None:
    dice = random.Random(number)
    for k in range(each):
        me = f"c{number}j{k}"
        began = time.monotonic()
        body = {"source_url": url, "script": {"type": "text", "input": f"{me} speaks"}, "user_data": me}
        made = await _patiently(web, "POST", "/talks", json=body, headers={"Idempotency-Key": me})
        report.accept_ms.append((time.monotonic() - began) * 1000)
        path = f"/talks/{made.json()['id']}"
        await _judge(web, me, await _ended(web, path, dice), report)


async def _ended(web: httpx.AsyncClient, path: str, dice: random.Random) -> dict[str, Any]:
    """What a job is in the end, or what there is instead of it."""
    for _ in range(2000):
        job: dict[str, Any] = (await _patiently(web, "GET", path)).json()
        if job.get("status") not in ("created", "started"):
            return job
        await asyncio.sleep(dice.uniform(0.5, 1.5))
    return {"status": "never ended"}


async def _judge(web: httpx.AsyncClient, me: str, job: dict[str, Any], report: Report) -> None:
    if job.get("status") != "done":
        report.lost.append(f"{me}: {job}")
        return
    report.done += 1
    said = [word for word, _, _ in job["metadata"]["words"]]
    if said != [me, "speaks"] or job["user_data"] != me:
        report.wrong.append(f"{me}: {said}, {job['user_data']}")
    video = await _patiently(web, "GET", job["result_url"])
    if video.status_code != 200 or video.content[4:8] != b"ftyp":
        report.wrong.append(f"{me}: {video.status_code} for its video")


async def _patiently(web: httpx.AsyncClient, method: str, path: str, **what: Any) -> httpx.Response:
    """The answer, whatever becomes of the server meanwhile; 429 and 5xx are asked again."""
    for _ in range(200):
        try:
            answer = await web.request(method, path, **what)
            if answer.status_code < 500 and answer.status_code != 429:
                return answer
        except httpx.TransportError:
            pass
        await asyncio.sleep(random.uniform(0.1, 0.5))
    raise AssertionError(f"{method} {path} was never answered")


async def _kill(server: Server, kills: int, seed: int, pace: float) -> None:
    """pace: of the pauses; a small crowd has soon gone home."""
    dice = random.Random(seed)
    for _ in range(kills):
        await asyncio.sleep(pace * dice.uniform(0.3, 2.5))
        await asyncio.to_thread(server.kill)


async def _watch(server: Server, report: Report) -> None:
    while True:
        with suppress(OSError, IndexError):  # between two lives
            report.most_mib = max(report.most_mib, server.memory_mib())
        await asyncio.sleep(0.2)


async def _counted(web: httpx.AsyncClient) -> int:
    count, token = 0, ""
    while True:
        page = (await _patiently(web, "GET", f"/talks?limit=1000{token and f'&token={token}'}")).json()
        count += len(page["talks"])
        if "token" not in page:
            return count
        token = page["token"]
