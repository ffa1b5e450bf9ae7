"""The client against a witness that writes down every request it gets: nothing is bought twice, no key leaks."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from didgen.api import transport
from didgen.api.client import Client
from didgen.api.containers import DamagedVideoError, gif_length_s
from didgen.api.job import Event
from didgen.api.key import Keys, read_key
from didgen.api.outcomes import BusyError
from didgen.api.patience import DOWNLOAD, POLL
from didgen.api.wire import AnimationRequest, TalkRequest
from didgen.engine.video.gif import GifEncoder
from didgen.errors import DidgenError, NotYetError, RenderError, UnreachableError, UnresolvedJobError, UsageError
from didgen.secret import Secret
from tests import fakes
from tests.api.served import Scripted, answer

KEY = "anna@example.org:s3cret"
ID = "tlk_" + "a" * 21
CREATED = json.dumps({"id": ID, "object": "talk", "status": "created"}).encode()
REQUEST = TalkRequest.model_validate(
    {"source_url": "https://example.org/a.jpg", "script": {"type": "text", "input": "Hi"}}
)


def job(status: str, **more: object) -> bytes:
    return answer(200, json.dumps({"id": ID, "status": status, **more}).encode())


def run(bank: Scripted, work: Callable[[Client], Awaitable[None]], *, paid: bool = True) -> None:
    """Do something with a client of the witness, as if that were the paid service, hurrying between tries."""

    async def inside() -> None:
        async with bank:
            client = Client(bank.base, KEY, paid=paid, pace_s=0.01)
            try:
                await asyncio.wait_for(work(client), 30)
            finally:
                await client.aclose()

    asyncio.run(inside())


async def states(client: Client) -> list[str]:
    return [event.state async for event in client.events(ID)]


def test_a_request_goes_out_as_it_was_written() -> None:
    """No default is added to the body, and the key goes in the form of RFC 7617."""
    bank = Scripted(answer(201, CREATED))

    async def work(client: Client) -> None:
        assert ID == await client.submit(REQUEST)
        line, head, body = bank.seen[0]
        assert "POST /talks HTTP/1.1" == line
        assert {"source_url": "https://example.org/a.jpg", "script": {"type": "text", "input": "Hi"}} == json.loads(
            body
        )
        assert b"Basic " + base64.b64encode(KEY.encode()) in head

    run(bank, work)


def test_the_own_key_of_a_voice_goes_with_its_talks_only() -> None:
    """ElevenLabs' key rides on the POST of a talk that ElevenLabs speaks: not on others, not on polls."""
    bank = Scripted(answer(201, CREATED), answer(201, CREATED), answer(201, CREATED), job("done"))

    def talk(provider: str) -> TalkRequest:
        script = {"type": "text", "input": "Hello", "provider": {"type": provider, "voice_id": "x"}}
        return TalkRequest.model_validate({"source_url": "https://example.org/a.jpg", "script": script})

    async def inside() -> None:
        async with bank:
            client = Client(bank.base, Keys(*read_key(KEY)[:1], Secret("eleven-canary")), pace_s=0.01)
            for request in (talk("elevenlabs"), talk("microsoft"), AnimationRequest(source_url="https://e.org/a.jpg")):
                await client.submit(request)
            await states(client)
            await client.aclose()

    asyncio.run(inside())
    assert [True, False, False, False] == [b"eleven-canary" in head for _, head, _ in bank.seen]
    assert b'x-api-key-external: {"elevenlabs": "eleven-canary"}' in bank.seen[0][1]


def test_the_type_of_a_script_is_sent_though_nobody_set_it() -> None:
    """It is a default in our model and required on the wire."""
    bank = Scripted(answer(201, CREATED))

    async def work(client: Client) -> None:
        from didgen.api.wire import TextScript

        await client.submit(TalkRequest(source_url="https://e.org/a.jpg", script=TextScript(input="Hi")))
        assert {"type": "text", "input": "Hi"} == json.loads(bank.seen[0][2])["script"]

    run(bank, work)


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 413, 415, 422, 451])
def test_a_refusal_is_the_services_own_and_is_not_sent_again(status: int) -> None:
    """Nothing was bought; kind, description and details come through."""
    body = {"kind": "ImageModerationError", "description": "no", "details": {"body.script": {"message": "too bold"}}}
    bank = Scripted(answer(status, json.dumps(body).encode()))

    async def work(client: Client) -> None:
        with pytest.raises(RenderError, match=r"no; body\.script: too bold") as caught:
            await client.submit(REQUEST)
        assert "ImageModerationError" == caught.value.kind
        assert 1 == len(bank.seen)

    run(bank, work)


@pytest.mark.parametrize(
    "line",
    [
        answer(500),
        answer(502, b"<html>Bad gateway</html>"),
        answer(504, b'{"message": "Endpoint request timed out"}'),
        answer(408),
        answer(409),
        answer(302, b"", "Location: /talks2"),
        answer(307, b"", "Location: /talks2"),
        answer(200, b"<html>"),
        answer(201, b"{}"),
        answer(201, b'{"id": 5}'),
        answer(201, CREATED, length=5000),
        b"",
        b"HTTP/1.1 20",
        b"not http at all\r\n\r\n",
    ],
    ids=lambda line: line[:20].decode().replace("\r\n", " ") or "closed",
)
def test_a_post_whose_fate_is_unknown_is_never_sent_again(line: bytes) -> None:
    """It may have been bought: a person decides. The witness saw one request."""
    bank = Scripted(line, answer(201, CREATED))

    async def work(client: Client) -> None:
        with pytest.raises(UnresolvedJobError, match="may or may not exist"):
            await client.submit(REQUEST)
        assert 1 == len(bank.seen)

    run(bank, work)


def test_a_post_without_an_answer_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that drips bytes never times out by itself; the fate of the job is unknown."""
    monkeypatch.setattr(transport, "CONNECT", replace(transport.CONNECT, each_s=1.0))

    async def inside() -> None:
        seen = 0

        async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal seen
            await reader.readuntil(b"\r\n\r\n")
            seen += 1
            writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 5000\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await asyncio.sleep(0.02)

        server = await asyncio.start_server(drip, "127.0.0.1", 0)
        client = Client(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", pace_s=0.01)
        with pytest.raises(UnresolvedJobError, match="TimeoutError"):
            await client.submit(REQUEST)
        assert 1 == seen
        await client.aclose()
        server.close()

    asyncio.run(inside())


def test_a_busy_service_bought_nothing_and_says_when_to_come_back() -> None:
    """Who submits decides what a 429 means for the others; each try has a connection of its own."""
    bank = Scripted(answer(429, b"", "Retry-After: 7", keep=True), answer(429, keep=True), answer(201, CREATED))

    async def work(client: Client) -> None:
        for asked_s in (7, None):
            with pytest.raises(BusyError) as caught:
                await client.submit(REQUEST)
            assert asked_s == caught.value.wait_s
        assert ID == await client.submit(REQUEST)
        assert 3 == len(bank.seen) == bank.connections

    run(bank, work)


def test_a_service_that_cannot_be_reached_was_sent_nothing() -> None:
    """Nobody listens: tried six times, then exit code 7, and the job may be sent by the next build."""

    async def inside() -> None:
        async with Scripted() as bank:
            base = bank.base
        client = Client(base, KEY, pace_s=0.001)
        with pytest.raises(UnreachableError, match="nothing was sent"):
            await client.submit(REQUEST)
        await client.aclose()

    asyncio.run(inside())


def test_polling_survives_a_service_that_is_unwell() -> None:
    """5xx, 429, garbage, a closed connection, a status nobody knows: asked again until there is an end."""
    bank = Scripted(
        answer(500), b"", answer(429), answer(200, b"<html>"), job("created"),
        job("validating"), job("started"), answer(503), job("done", result_url="https://x/y.mp4"),
    )  # fmt: skip

    async def work(client: Client) -> None:
        assert ["queued", "running", "done"] == await states(client)
        assert [] == bank.script

    run(bank, work)


def test_progress_is_passed_on_where_a_server_tells_it() -> None:
    """Servers of ours do; anything else in its place is no progress."""
    told = {"stage": "frames", "done": 12, "total": 50}
    lines = [job("started", progress=told), job("started", progress=told), job("started", progress="fast")]
    bank = Scripted(*lines, job("error", error="odd"))

    async def work(client: Client) -> None:
        events = [event async for event in client.events(ID)]
        assert [Event("running", "frames", 12, 50), Event("running")] == events[:2]
        assert ("failed", "UnknownError") == (events[2].state, events[2].kind)

    run(bank, work)


def test_a_rejected_job_has_ended() -> None:
    """Clients are known to poll it for ever."""
    bank = Scripted(job("rejected", error={"kind": "TextModerationError", "description": "not that"}))

    async def work(client: Client) -> None:
        (event,) = [event async for event in client.events(ID)]
        assert ("failed", "TextModerationError", "not that") == (event.state, event.kind, event.message)

    run(bank, work)


def test_a_service_that_stays_away_leaves_the_job_resumable() -> None:
    """Not a failure of the job: exit code 7."""
    bank = Scripted(*[answer(503)] * POLL.tries)

    async def work(client: Client) -> None:
        with pytest.raises(UnreachableError, match="503"):
            await states(client)

    run(bank, work)


@pytest.mark.parametrize(("status", "error"), [(404, UnresolvedJobError), (401, UnreachableError)])
def test_a_bought_job_is_not_given_up_by_an_answer_to_a_poll(status: int, error: type[DidgenError]) -> None:
    """A RenderError would mark it failed, and the next build would buy it again. Not there yet is no end, either."""
    bank = Scripted(*[answer(status, b'{"kind": "X", "description": "y"}')] * (3 if status == 404 else 1))

    async def work(client: Client) -> None:
        with pytest.raises(error):
            await states(client)

    run(bank, work)


@pytest.fixture
def video(tmp_path: Path) -> bytes:
    fakes.write_video(tmp_path / "v.mp4", 90)
    return (tmp_path / "v.mp4").read_bytes()


def done(base: str) -> bytes:
    metadata = {"words": [["Hi", 0, 0.2]]}
    return job("done", result_url=f"{base}/file.mp4?Signature=abc", metadata=metadata, user={"email": "a@b.c"})


def test_a_damaged_download_is_tried_again_with_a_fresh_link(video: bytes, tmp_path: Path) -> None:
    """Expired, truncated, an HTML page, compressed: none of them becomes a video."""
    into = tmp_path / "into"
    into.mkdir()
    bad = [answer(403, b"<Error>AccessDenied</Error>"), answer(200, video[:-7], length=len(video))]
    bank = Scripted(done, bad[0], done, bad[1], done, answer(200, video))

    async def work(client: Client) -> None:
        fetched = await client.fetch(ID, into)
        assert video == fetched.video.read_bytes()
        assert [fetched.video] == list(into.iterdir())
        assert 0.24 == pytest.approx(fetched.facts["duration_s"], abs=0.03)
        assert [["Hi", 0, 0.2]] == fetched.facts["words"]

    run(bank, work)


@pytest.mark.parametrize("kind", ["html", "gzip", "cut without a length", "a box too long", "no picture data"])
def test_what_is_no_whole_video_is_never_kept(video: bytes, tmp_path: Path, kind: str) -> None:
    """The job stays as it is and can be fetched by the next build."""
    into = tmp_path / "into"
    into.mkdir()
    bare = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
    bad = {
        "html": answer(200, b"<html>" * 50),
        "gzip": answer(200, video, "Content-Encoding: gzip"),
        "cut without a length": bare + video[: len(video) // 2],
        "a box too long": answer(200, video + b"\0\0\1\0free"),
        "no picture data": answer(200, video.replace(b"mdat", b"free")),
    }[kind]
    bank = Scripted(*[done, bad] * DOWNLOAD.tries)

    async def work(client: Client) -> None:
        with pytest.raises(NotYetError, match="could not be brought"):
            await client.fetch(ID, into)
        assert [] == list(into.iterdir())

    run(bank, work)


def test_a_gif_is_whole_or_refused(tmp_path: Path) -> None:
    """Its length is the time its pictures stand; cut anywhere, or longer than it says, it is none."""
    path = tmp_path / "a.gif"
    with GifEncoder(path, 32, 16, [np.zeros((16, 32, 3), np.uint8)], {"description": "a comment"}) as encoder:
        for k in range(5):
            encoder.write(np.full((16, 32, 3), 40 * k, np.uint8))
    data = path.read_bytes()
    assert 0.4 == pytest.approx(gif_length_s(path))
    for wrong in (data + b";", *(data[:length] for length in range(len(data)))):
        path.write_bytes(wrong)
        with pytest.raises(DamagedVideoError):
            gif_length_s(path)


def test_the_key_goes_to_the_service_and_nowhere_else(
    video: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not to the host of the video, not after a redirect, not into logs, reprs, messages or facts."""
    caplog.set_level(logging.DEBUG)
    coded = base64.b64encode(KEY.encode())
    into = tmp_path / "into"
    into.mkdir()

    async def inside() -> None:
        async with Scripted(answer(200, video)) as bucket:
            hop = answer(302, b"", f"Location: {bucket.base}/real.mp4")
            async with Scripted(lambda _: done(bank.base), hop) as bank:
                client = Client(bank.base, KEY, pace_s=0.01)
                fetched = await client.fetch(ID, into)
                await client.aclose()
                assert coded in bank.seen[0][1]
                assert b"uthorization" not in bank.seen[1][1]
                assert b"uthorization" not in bucket.seen[0][1]
                kept = repr(client) + str(fetched.facts)
                assert not [secret for secret in ("Signature", "a@b.c") if secret in kept]
                said = caplog.text + kept
                assert not [secret for secret in ("s3cret", coded.decode()) if secret in said]

    asyncio.run(inside())


def test_a_local_file_is_uploaded_once_under_a_plain_name(tmp_path: Path) -> None:
    """Two scenes of one photo upload it once; the request carries the service's link."""
    photo = tmp_path / "Anna Müller & Co.jpg"
    photo.write_bytes(fakes.photo())
    request = TalkRequest.model_validate({"source_url": photo.as_uri(), "script": {"type": "text", "input": "Hi"}})
    link = answer(201, b'{"url": "s3://bucket/anna.jpg", "id": "x"}')
    bank = Scripted(answer(503), link, answer(201, CREATED), answer(201, CREATED))

    async def work(client: Client) -> None:
        await client.submit(request)
        await client.submit(request)
        assert ["POST /images HTTP/1.1"] * 2 + ["POST /talks HTTP/1.1"] * 2 == bank.lines("POST")
        assert b'filename="Anna-M-ller---Co.jpg"' in bank.seen[1][2]
        assert fakes.photo() in bank.seen[1][2]
        assert "s3://bucket/anna.jpg" == json.loads(bank.seen[3][2])["source_url"]

    run(bank, work)


def test_an_upload_the_service_refuses_is_the_scenes_error(tmp_path: Path) -> None:
    """Nothing is sent after it."""
    (tmp_path / "a.jpg").write_bytes(fakes.photo())
    bank = Scripted(answer(400, b'{"kind": "InvalidImageResolutionError", "description": "too small"}'))

    async def work(client: Client) -> None:
        request = REQUEST.model_copy(update={"source_url": (tmp_path / "a.jpg").as_uri()})
        with pytest.raises(RenderError, match="too small"):
            await client.submit(request)
        assert 1 == len(bank.seen)

    run(bank, work)


@pytest.mark.parametrize(
    ("base", "key", "words"),
    [
        ("https://api.d-id.com", "", "demands a key"),
        ("http://api.d-id.com", KEY, "unencrypted"),
        ("ftp://127.0.0.1", KEY, "no address"),
        ("https://user:pass@api.d-id.com", KEY, "no address"),
        ("api.d-id.com", KEY, "no address"),
    ],
)
def test_an_address_that_would_leak_or_lead_nowhere_is_refused(base: str, key: str, words: str) -> None:
    """Before anything is sent."""
    with pytest.raises(UsageError, match=words):
        Client(base, key)
