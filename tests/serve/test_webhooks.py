"""Webhooks as their receivers see them: who is told what, signed how, and how often."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from didgen.errors import StorageError
from didgen.serve.ledger.calls import Call
from didgen.serve.ledger.database import Database
from didgen.serve.webhooks import Webhooks, signed
from tests.api.served import Scripted, answer
from tests.serve.here import body, ended, photo, serve, until_true

BEGAN = int(time.time())
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()


def told(seen: tuple[str, bytes, bytes]) -> tuple[dict[str, str], dict[str, Any]]:
    """Headers and body of a call, its signature checked as the specification of Standard Webhooks says."""
    _, head, data = seen
    lines = [line.decode().partition(": ") for line in head.split(b"\r\n")[1:] if line]
    headers = {name.lower(): value for name, _, value in lines}
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + data
    expected = base64.b64encode(hmac.new(b"k" * 32, message, hashlib.sha256).digest()).decode()
    assert f"v1,{expected}" == headers["webhook-signature"]
    assert BEGAN <= int(headers["webhook-timestamp"]) <= time.time()
    return headers, json.loads(data)


async def calls(hook: Scripted, count: int) -> None:
    """Wait for so many."""
    await until_true(lambda: len(hook.seen) >= count)


def test_done_and_error_are_told_once_with_what_get_answers(tmp_path: Path) -> None:
    """The body is that of GET, its link opens the video; a call that got through is not made again."""

    async def work(web: httpx.AsyncClient) -> None:
        image = await photo(web)
        async with Scripted(answer(200), answer(204)) as hook:
            for text, status in (("Hello there", "done"), ("!refuse", "error")):
                wanted = body(image, text, webhook=f"{hook.base}/hook?mine=1", user_data="mine")
                made = (await web.post("/talks", json=wanted)).json()
                job = await ended(web, f"/talks/{made['id']}")
                await calls(hook, 1 if status == "done" else 2)
                assert "POST /hook?mine=1 HTTP/1.1" == hook.seen[-1][0]
                headers, said = told(hook.seen[-1])
                assert "application/json" == headers["content-type"]
                assert (made["id"], status, "mine") == (said["id"], said["status"], said["user_data"])
                assert "authorization" not in headers
                links = ("result_url", "audio_url")
                assert {k: v for k, v in job.items() if k not in links} == {
                    k: v for k, v in said.items() if k not in links
                }
                if status == "done":
                    assert b"ftyp" == (await web.get(said["result_url"])).content[4:8]
            await asyncio.sleep(0.2)
            assert 2 == len(hook.seen)

    serve(tmp_path, work, loopback=True, webhook_secret=SECRET)


def test_a_call_that_does_not_get_through_is_made_again_under_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 500, a closed connection and a redirect, which is not followed; also by the next server, after a restart.
    The time is that of each try, so an old call cannot be played back."""
    monkeypatch.setattr("didgen.serve.webhooks.BACKOFF_S", (0.0, 0.0, 0.0, 3600.0))
    seen: dict[str, Any] = {}

    async def before(web: httpx.AsyncClient) -> None:
        async with Scripted(answer(500), b"", answer(307, b"", "Location: /other"), answer(500)) as hook:
            made = await web.post("/talks", json=body(await photo(web), webhook=f"{hook.base}/hook"))
            seen["id"] = made.json()["id"]
            await calls(hook, 4)
            await until_true(lambda: with_db("SELECT tries FROM calls") == [(4,)])  # the last one is written down, too
            assert 1 == len({told(call)[0]["webhook-id"] for call in hook.seen})
            assert ["POST /hook HTTP/1.1"] * 4 == [line for line, _, _ in hook.seen]
            seen["call"] = told(hook.seen[0])[0]["webhook-id"]

    async def after(web: httpx.AsyncClient) -> None:
        async with Scripted(answer(200)) as hook:
            with_db(f"UPDATE calls SET due = 0, url = '{hook.base}/hook'")
            await web.post("/talks", json=body(await photo(web), "!refuse", webhook="https://nobody.invalid/"))
            await calls(hook, 1)
            headers, said = told(hook.seen[0])
            assert (seen["call"], seen["id"]) == (headers["webhook-id"], said["id"])

    def with_db(statement: str) -> list[Any]:
        db = Database(tmp_path / "served" / "server.db")
        with db.transaction():
            found = db.write(statement).fetchall()
        db.close()
        return found

    serve(tmp_path, before, loopback=True, webhook_secret=SECRET)
    serve(tmp_path, after, loopback=True, webhook_secret=SECRET)


def test_a_call_is_given_up_and_goes_with_its_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the last pause nothing more is sent; a deleted job tells nobody anything."""
    monkeypatch.setattr("didgen.serve.webhooks.BACKOFF_S", (0.0,))

    async def work(web: httpx.AsyncClient) -> None:
        async with Scripted(*[answer(500)] * 9) as hook:
            made = (await web.post("/talks", json=body(await photo(web), webhook=hook.base))).json()
            await calls(hook, 2)
            await asyncio.sleep(0.2)
            assert 2 == len(hook.seen)
            await ended(web, f"/talks/{made['id']}")
            assert 200 == (await web.delete(f"/talks/{made['id']}")).status_code

    serve(tmp_path, work, loopback=True, webhook_secret=SECRET)


class FullOutbox:
    """Two calls that are due until they are dropped; the first cannot be at its first try, for the disk is full."""

    def __init__(self) -> None:
        self.left = {name: Call(name, "job", name, 0, 0.0) for name in ("quick", "slow")}
        self.full = True

    def due(self, *_: object) -> list[Call]:
        return list(self.left.values())

    def next_due(self) -> None:
        return None

    def drop(self, call: str) -> None:
        if call == "quick" and self.full:
            self.full = False
            raise StorageError("disk full")
        del self.left[call]


def test_a_call_under_way_is_not_made_beside_itself_where_another_could_not_be_noted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The next round waits for the last call of this one."""
    monkeypatch.setattr("didgen.serve.webhooks.PAUSE_S", 0.01)
    made: list[str] = []

    async def run() -> None:
        outbox, answered = FullOutbox(), asyncio.Event()

        class Outside:
            async def call(self, url: str, *_: object) -> int:
                made.append(url)
                if url == "slow":
                    await answered.wait()
                return 200

        webhooks = Webhooks(outbox, Outside(), SECRET, lambda job: {"id": job})  # type: ignore[arg-type]
        running = asyncio.create_task(webhooks.run())
        await until_true(lambda: not outbox.full)
        await asyncio.sleep(0.1)
        answered.set()
        await until_true(lambda: not outbox.left)
        running.cancel()

    asyncio.run(asyncio.wait_for(run(), 20))
    assert ["quick", "slow", "quick"] == made


def test_the_signature_is_that_of_the_specification() -> None:
    """The example of Standard Webhooks: id, time, body and secret give this signature."""
    secret, body_ = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body_)
    assert "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=" == headers["webhook-signature"]
