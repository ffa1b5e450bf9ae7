"""What a server takes in and keeps, and what it answers to more."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from didgen.errors import UsageError
from didgen.serve.housekeeping import Housekeeping
from didgen.serve.inputs import localised
from didgen.serve.ledger.database import Database
from didgen.serve.ledger.files import Files
from didgen.serve.ledger.jobs import Jobs
from didgen.serve.settings import DAY_S, Settings
from didgen.serve.shelf import Shelf, only_server
from tests import fakes
from tests.serve.here import body, ended, photo, serve


def test_a_full_line_is_a_429_that_says_when_to_come_back(tmp_path: Path) -> None:
    """With Retry-After in whole seconds; when the line is shorter, the same request is taken."""

    async def work(web: httpx.AsyncClient) -> None:
        url = await photo(web)
        go = tmp_path / "refused"
        answers = [await web.post("/talks", json=body(url, f"!until {go}")) for _ in range(8)]
        go.touch()
        statuses = [answer.status_code for answer in answers]
        assert {201, 429} == set(statuses)
        refused = answers[statuses.index(429)]
        assert "TooManyRequestsError" == refused.json()["kind"]
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        for answer in answers:
            if answer.status_code == 201:
                assert "done" == (await ended(web, f"/talks/{answer.json()['id']}"))["status"]
        assert 201 == (await web.post("/talks", json=body(url))).status_code

    serve(tmp_path, work, waiting=2)


def test_a_full_share_of_the_disk_refuses_before_anything_is_rendered(tmp_path: Path) -> None:
    """507 for jobs and uploads alike; what is there stays readable and can be deleted to make room."""

    async def work(web: httpx.AsyncClient) -> None:
        url = await photo(web)
        sound = (await web.post("/audios", files={"audio": ("a.wav", fakes.wav(12.0))})).json()
        answer = await web.post("/talks", json=body(url))
        assert (507, "InsufficientStorageError") == (answer.status_code, answer.json()["kind"])
        assert 507 == (await web.post("/images", files={"image": ("a.jpg", fakes.photo())})).status_code
        assert 204 == (await web.delete(f"/audios/{sound['id']}")).status_code
        assert 201 == (await web.post("/talks", json=body(url))).status_code

    serve(tmp_path, work, disk_bytes=1 << 20)


def test_a_key_sent_again_makes_no_second_job(tmp_path: Path) -> None:
    """Idempotency-Key: the same answer for the same request, at once and after a restart; another body is refused, and
    without a key two requests are two jobs."""
    seen: dict[str, Any] = {}
    keyed = {"Idempotency-Key": "one"}

    async def before(web: httpx.AsyncClient) -> None:
        seen["url"] = await photo(web)
        same = [web.post("/talks", json=body(seen["url"]), headers=keyed) for _ in range(5)]
        answers = [answer.json() for answer in await asyncio.gather(*same)]
        assert 1 == len({answer["id"] for answer in answers})
        seen["made"] = answers[0]
        other = await web.post("/talks", json=body(seen["url"], "Other"), headers=keyed)
        assert (422, "IdempotencyKeyReusedError") == (other.status_code, other.json()["kind"])
        plain = [(await web.post("/talks", json=body(seen["url"]))).json()["id"] for _ in range(2)]
        assert 2 == len(set(plain))
        assert 400 == (await web.post("/talks", json={}, headers={"Idempotency-Key": "x" * 256})).status_code

    async def after(web: httpx.AsyncClient) -> None:
        again = await web.post("/talks", json=body(seen["url"]), headers=keyed)
        assert (201, seen["made"]) == (again.status_code, again.json())
        assert 3 == len((await web.get("/talks")).json()["talks"])

    serve(tmp_path, before)
    serve(tmp_path, after)


def test_a_deleted_upload_is_still_there_for_jobs_that_wait(tmp_path: Path) -> None:
    """Its link is dead at once, its bytes stay until the last of them has ended."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await web.post("/images", files={"image": ("a.jpg", fakes.photo())})).json()
        jobs = [(await web.post("/talks", json=body(made["url"], "!slow"))).json()["id"] for _ in range(2)]
        assert 204 == (await web.delete(f"/images/{made['id']}")).status_code
        assert 400 == (await web.post("/talks", json=body(made["url"]))).status_code
        for job in jobs:
            assert "done" == (await ended(web, f"/talks/{job}"))["status"]

    serve(tmp_path, work)


def test_jobs_of_several_clients_are_rendered_in_rotation(tmp_path: Path) -> None:
    """Who comes with one talk does not wait for the ten of another key."""

    async def work(web: httpx.AsyncClient) -> None:
        anna, ben = {"Authorization": "Basic anna:1"}, {"Authorization": "Basic ben:2"}
        url = await photo(web, headers=anna)
        sent, read = tmp_path / "sent", tmp_path / "read"
        many = [f"!until {sent}"] * 3 + [f"!until {read}"] * 3
        jobs = [(await web.post("/talks", json=body(url, text), headers=anna)).json()["id"] for text in many]
        one = (await web.post("/talks", json=body(url), headers=ben)).json()["id"]
        sent.touch()
        web.headers.update(ben)
        assert "done" == (await ended(web, f"/talks/{one}"))["status"]
        read.touch()
        for job in jobs:
            await ended(web, f"/talks/{job}")

    serve(tmp_path, work, key="anna:1 ben:2")


def test_old_results_are_dropped_with_a_clear_answer(tmp_path: Path) -> None:
    """The job and its link say when and by which rule; uploads go too; a younger one stays."""
    seen: dict[str, Any] = {}

    async def before(web: httpx.AsyncClient) -> None:
        url = await photo(web)
        for name in ("old", "young"):
            made = (await web.post("/talks", json=body(url))).json()
            seen[name] = await ended(web, f"/talks/{made['id']}")

    async def after(web: httpx.AsyncClient) -> None:
        answer = await web.get(f"/talks/{seen['old']['id']}")
        assert (404, "NotFoundError") == (answer.status_code, answer.json()["kind"])
        assert "results are kept for 7 days" in answer.json()["description"]
        link = await web.get(seen["old"]["result_url"])
        assert (404, answer.json()) == (link.status_code, link.json())
        assert [seen["young"]["id"]] == [job["id"] for job in (await web.get("/talks")).json()["talks"]]
        assert 200 == (await web.get(seen["young"]["result_url"])).status_code

    serve(tmp_path, before)
    db = Database(tmp_path / "served" / "server.db")
    jobs, files, shelf = Jobs(db), Files(db), Shelf(tmp_path / "served")
    with db.transaction():
        db.write("UPDATE jobs SET ended = ended - ? WHERE id = ?", (7 * DAY_S + 1, seen["old"]["id"]))
        db.write("UPDATE files SET made = made - ?", (8 * DAY_S,))
    Housekeeping(jobs, files, shelf, Settings()).tidy(time.time())
    assert [] == list(shelf.uploads.iterdir())
    assert 2 == len(list(shelf.results.iterdir()))
    db.close()
    serve(tmp_path, after)


def test_files_that_no_row_knows_are_removed_at_the_start(tmp_path: Path) -> None:
    """A kill came between a file and its row: nobody was told of it."""

    async def work(web: httpx.AsyncClient) -> None:
        assert [] == [path.name for name in ("uploads", "results", "making") for path in (served / name).iterdir()]

    served = tmp_path / "served"
    for name in ("uploads", "results", "making"):
        (served / name).mkdir(parents=True)
        (served / name / "left.mp4").write_bytes(b"x")
    serve(tmp_path, work)


def test_a_job_that_takes_the_server_along_each_time_is_given_up(tmp_path: Path) -> None:
    """After five beginnings that a kill ended; a clean stop does not count."""
    seen: dict[str, str] = {}

    async def before(web: httpx.AsyncClient) -> None:
        made = await web.post("/talks", json=body(await photo(web), f"!until {tmp_path / 'never'}"))
        seen["id"] = made.json()["id"]

    async def after(web: httpx.AsyncClient) -> None:
        job = await ended(web, f"/talks/{seen['id']}")
        assert ("error", "UnknownError") == (job["status"], job["error"]["kind"])
        assert "stopped 5 times" in job["error"]["description"]

    async def between(web: httpx.AsyncClient) -> None:
        await asyncio.sleep(0.05)

    for _ in range(7):
        serve(tmp_path, between if seen else before)
    db = Database(tmp_path / "served" / "server.db")
    found = Jobs(db).job(seen["id"])
    assert found is not None
    assert 0 == found.tries
    for _ in range(5):
        Jobs(db).start(seen["id"])
    db.close()
    serve(tmp_path, after)


def test_one_server_has_a_folder_and_settings_make_sense(tmp_path: Path) -> None:
    """A second one is refused and told why; a figure out of range is named."""
    with only_server(tmp_path / "served"), pytest.raises(Exception, match="another server uses"):
        only_server(tmp_path / "served").__enter__()
    with only_server(tmp_path / "served"):
        pass
    with pytest.raises(UsageError, match="waiting is 0"):
        Settings(waiting=0)


def test_a_body_that_comes_too_slowly_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence between two pieces, and a trickle: both are refused, and nothing of them is kept."""
    monkeypatch.setattr("didgen.serve.bodies.PATIENCE_S", 0.2)
    head = {"Content-Type": "multipart/form-data; boundary=b"}
    start = b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'

    async def silent() -> AsyncIterator[bytes]:
        yield start
        await asyncio.sleep(5)
        yield b"x"

    async def trickling() -> AsyncIterator[bytes]:
        yield start
        while True:
            await asyncio.sleep(0.05)
            yield b"x"

    async def work(web: httpx.AsyncClient) -> None:
        for body_ in (silent(), trickling()):
            answer = await web.post("/images", content=body_, headers=head)
            assert (400, "the body came too slowly") == (answer.status_code, answer.json()["description"])

    serve(tmp_path, work)
    assert [] == list((tmp_path / "served" / "making").iterdir())


def test_a_fault_of_ours_is_one_jobs_and_not_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """That job fails and the log says why; the next one is rendered."""

    def broken(request: Any, inputs: Any, uploads: Any) -> Any:
        if "Broken" in str(request):
            raise ZeroDivisionError("a bug")
        return localised(request, inputs, uploads)

    monkeypatch.setattr("didgen.serve.renders.localised", broken)

    async def work(web: httpx.AsyncClient) -> None:
        url = await photo(web)
        jobs = [(await web.post("/talks", json=body(url, text))).json()["id"] for text in ("Broken", "Whole")]
        bad, good = [await ended(web, f"/talks/{job}") for job in jobs]
        assert ("error", "internal server error") == (bad["status"], bad["error"]["description"])
        assert "done" == good["status"]

    serve(tmp_path, work)
    assert "a bug" in caplog.text
