"""Faults on demand: each does what its page says, by chance and seeded."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from didgen.errors import UsageError
from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from didgen.serve.faults import OF_JOBS, OF_REQUESTS, read_faults
from tests import fakes
from tests.api.served import DOOR, Scripted, answer, serving
from tests.serve.here import Work, body, ended, photo, serve, until, until_true

ROOT = Path(__file__).resolve().parents[2]


def disturbed(folder: Path, work: Work, *words: str, seed: int = 1) -> None:
    """Do something with a client of a server that has faults. Uploads go through, whatever they are."""
    serve(folder, work, faults=words, seed=seed, loopback=True)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("429", 429, "TooManyRequestsError"),
        ("402", 402, "InsufficientCreditsError"),
        ("451", 451, "ImageModerationError"),
        ("504", 504, "Endpoint request timed out"),
    ],
)
def test_a_refused_post_makes_no_job(tmp_path: Path, fault: str, status: int, said: str) -> None:
    """In the service's words; everything else is answered as ever."""

    async def work(web: httpx.AsyncClient) -> None:
        refused = await web.post("/talks", json=body(await photo(web)))
        assert status == refused.status_code
        assert said in refused.json().values()
        assert ("retry-after" in refused.headers) == (fault == "429")
        assert {"talks": []} == (await web.get("/talks")).json()

    disturbed(tmp_path, work, fault)


def test_a_gateway_that_gives_up_after_the_job_was_accepted(tmp_path: Path) -> None:
    """504, and the job is there and renders; a request that is refused is still told so."""

    async def work(web: httpx.AsyncClient) -> None:
        lost = await web.post("/talks", json=body(await photo(web), user_data="mine"))
        assert (504, {"message": "Endpoint request timed out"}) == (lost.status_code, lost.json())
        (job,) = (await web.get("/talks")).json()["talks"]
        assert "mine" == job["user_data"]
        assert "done" == (await ended(web, f"/talks/{job['id']}"))["status"]
        assert 400 == (await web.post("/talks", json={})).status_code

    disturbed(tmp_path, work, "504-after-accept")


def test_any_request_may_meet_a_broken_server(tmp_path: Path) -> None:
    """500 in the service's shape, 502 as a page."""

    async def broken(web: httpx.AsyncClient) -> None:
        assert (500, "InternalServerError") == ((got := await web.get("/credits")).status_code, got.json()["kind"])

    async def gateway(web: httpx.AsyncClient) -> None:
        assert (502, b"<html>") == ((got := await web.get("/talks")).status_code, got.content[:6])

    disturbed(tmp_path, broken, "500")
    disturbed(tmp_path, gateway, "502")


def test_jobs_that_go_wrong(tmp_path: Path) -> None:
    """Stuck, in error, rejected, with a status that nobody knows, without what the client wrote; animations are never
    rejected."""

    def job_with(expected: tuple[str, ...], kind: str = "") -> Work:
        async def work(web: httpx.AsyncClient) -> None:
            made = await web.post("/talks", json=body(await photo(web), "!slow", user_data="mine"))
            job = await until(web, f"/talks/{made.json()['id']}", *expected)
            assert kind == job.get("error", {}).get("kind", "")
            assert expected != ("started",) or 409 == (await web.delete(f"/talks/{job['id']}")).status_code

        return work

    disturbed(tmp_path / "a", job_with(("error",), "UnknownError"), "error")
    disturbed(tmp_path / "b", job_with(("rejected",), "ImageModerationError"), "rejected")
    disturbed(tmp_path / "c", job_with(("processing",)), "unknown-status")
    disturbed(tmp_path / "d", job_with(("started",)), "stuck")

    async def still(web: httpx.AsyncClient) -> None:
        made = await web.post("/animations", json={"source_url": await photo(web), "user_data": "mine"})
        job = await ended(web, f"/animations/{made.json()['id']}")
        assert ("done", False) == (job["status"], "user_data" in job)

    disturbed(tmp_path / "e", still, "rejected", "no-echo")


def test_a_late_job_waits_though_nobody_is_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`created` for a while, then as ever."""
    monkeypatch.setattr("didgen.serve.renders.LATE_S", 1.0)

    async def work(web: httpx.AsyncClient) -> None:
        made = await web.post("/talks", json=body(await photo(web)))
        job = await ended(web, f"/talks/{made.json()['id']}")
        assert "done" == job["status"]
        created, started = (datetime.fromisoformat(job[name].rstrip("Z")) for name in ("created_at", "started_at"))
        assert (started - created).total_seconds() >= 0.99

    disturbed(tmp_path, work, "late")


def test_results_that_cannot_be_had(tmp_path: Path) -> None:
    """A link that has expired; a video that ends in its midst, over a real connection."""

    async def expired(web: httpx.AsyncClient) -> None:
        job = await ended(web, f"/talks/{(await web.post('/talks', json=body(await photo(web)))).json()['id']}")
        assert (403, "PermissionError") == ((got := await web.get(job["result_url"])).status_code, got.json()["kind"])

    disturbed(tmp_path / "a", expired, "expired-link")
    (tmp_path / "b").mkdir(exist_ok=True)
    pool = Pool(1, command=fakes.COMMAND, folder=tmp_path)
    app = make_app(pool, tmp_path / "b", faults=read_faults(["cut-video"], 0), inspector=DOOR)
    with serving(app) as base:

        async def cut() -> None:
            async with httpx.AsyncClient(base_url=base) as web:
                made = (await web.post("/talks", json=body(await photo(web)))).json()
                url = (await ended(web, f"/talks/{made['id']}"))["result_url"]
                with pytest.raises(httpx.RemoteProtocolError):
                    await web.get(url)

        asyncio.run(cut())


@pytest.mark.parametrize(("fault", "count"), [("lost-webhook", 0), ("double-webhook", 2)])
def test_webhooks_that_get_lost_or_come_twice(tmp_path: Path, fault: str, count: int) -> None:
    """Two calls of one job have two ids."""

    async def work(web: httpx.AsyncClient) -> None:
        async with Scripted(answer(200), answer(200), answer(200)) as hook:
            made = await web.post("/talks", json=body(await photo(web), webhook=hook.base))
            await ended(web, f"/talks/{made.json()['id']}")
            await until_true(lambda: len(hook.seen) >= count)
            await asyncio.sleep(0.2)  # one more would come now
            assert count == len(hook.seen)
            assert count == len({re.search(rb"webhook-id: (\S+)", head, re.I)[1] for _, head, _ in hook.seen})  # type: ignore[index]

    disturbed(tmp_path, work, fault)


def test_equal_seeds_have_equal_faults_at_the_rate_that_was_asked_for() -> None:
    """The n-th draw of a fault depends on the seed alone, not on what else is drawn."""
    one, same = read_faults(["429:0.1", "stuck:0.05"], 7), read_faults(["stuck:0.05", "429:0.1", "500:0.5"], 7)
    drawn = [one.happens("429") for _ in range(2000)]
    mixed = [(same.happens("500"), same.happens("429"))[1] for _ in range(2000)]
    assert drawn == mixed
    assert 150 < sum(drawn) < 250
    assert drawn != [read_faults(["429:0.1"], 8).happens("429")] * 2000
    assert [()] * 50 != [same.of_job("talk") for _ in range(50)]


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("lost-webhok", "did you mean 'lost-webhook'?"),
        ("stuk:0.1", "did you mean 'stuck'?"),
        ("429:2", "at most 1"),
        ("429:x", "429:0.1"),
        ("429:", "429:0.1"),
        ("429:nan", "429:0.1"),
        ("stuck:0", "stuck:0.1"),
    ],
)
def test_a_fault_that_there_is_not_is_refused_with_the_nearest(word: str, said: str) -> None:
    """And a rate that is none."""
    with pytest.raises(UsageError) as caught:
        read_faults([word], 0)
    assert said in str(caught.value)


def test_the_chapter_lists_every_fault() -> None:
    """With the words of the code."""
    chapter = (ROOT / "docs" / "serve.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*) \|$", chapter, re.M))
    assert {**OF_REQUESTS, **OF_JOBS} == {name: rows.get(name) for name in (*OF_REQUESTS, *OF_JOBS)}
