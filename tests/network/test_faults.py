"""Every fault of the network, in every operation: the right result or the right error, nothing damaged kept, the key
seen by no other host, and never a second POST where something may have been bought.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from didgen.api import client as clients
from didgen.api import results, transport
from didgen.api.client import Client
from didgen.api.outcomes import BusyError, RefusedError
from didgen.api.wire import TalkRequest
from didgen.errors import DidgenError, NotYetError, UnreachableError, UnresolvedJobError
from tests import fakes
from tests.network.faults import FAULTS, Fault, no_http
from tests.network.rig import JOB, OPERATIONS, Operation, Rig

KEY = "anna@example.org:s3cret-canary"
SECRETS = (KEY, "s3cret-canary", base64.b64encode(KEY.encode()).decode(), "canary-link")
REMOTE = TalkRequest.model_validate(
    {"source_url": "https://example.org/a.jpg", "script": {"type": "text", "input": "Hello there"}}
)


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three tries of a third of a second; a service that says Retry-After is obeyed all the same."""
    for module, name in (
        (transport, "READ"), (transport, "UPLOAD"), (transport, "CONNECT"), (clients, "CONNECT"), (clients, "POLL"),
        (results, "DOWNLOAD"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, replace(getattr(module, name), tries=3, each_s=0.3))
    monkeypatch.setattr(clients, "JOB_S", 0.3)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "v.mp4"
    fakes.write_video(path, 90)
    return path.read_bytes()


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


def run(rig: Rig, work: Callable[[Client], Awaitable[None]], base: str = "") -> None:
    """Do something with a client of the rig's service, or of another address."""

    async def inside() -> None:
        async with rig:
            client = Client(base or rig.base, KEY, pace_s=0.01)
            try:
                await asyncio.wait_for(work(client), 60)
            finally:
                await client.aclose()

    asyncio.run(inside())


async def do(client: Client, operation: Operation, into: Path) -> object:
    """One operation as a build does it: a job's id, its last status, the link that was sent, the video's bytes."""
    if operation == "submit":
        return await client.submit(REMOTE)
    if operation == "poll":
        return [event.state async for event in client.events(JOB)][-1]
    if operation == "download":
        return (await client.fetch(JOB, into)).video.read_bytes()
    photo = into.parent / "photo.jpg"
    if not photo.exists():
        photo.write_bytes(fakes.photo())
    return (await client._uploads.sent(REMOTE.model_copy(update={"source_url": photo.as_uri()}))).request.source_url


def right(operation: Operation, video: bytes) -> object:
    return {"submit": JOB, "poll": "done", "upload": "https://up.example/photo.jpg", "download": video}[operation]


def unharmed(rig: Rig, into: Path, video: bytes, said: str) -> None:
    """Nothing damaged was kept, nobody else saw the key, and nobody was told a secret."""
    assert not [path for path in into.iterdir() if path.suffix != ".mp4" or path.read_bytes() != video]
    for host in ("bucket", "stranger"):
        heads = b"".join(request.head + request.body for request in rig.seen[host])
        assert not [secret for secret in SECRETS[:3] if secret.encode() in heads]
        assert b"uthorization" not in heads
    assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_that_passes(
    name: str, operation: Operation, video: bytes, into: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What costs nothing is asked again until it is right; a POST is not, once anything of it may have arrived."""
    caplog.set_level(logging.DEBUG)
    fault = FAULTS[name]
    rig = Rig(video, fault.act, operation, 1, fault.deaf)
    told = ""

    async def work(client: Client) -> None:
        nonlocal told
        errors = passing(fault, operation)
        if errors is None:
            assert right(operation, video) == await do(client, operation, into)
        else:
            with pytest.raises(errors[0]) as caught:
                await do(client, operation, into)
            assert (errors[0], errors[1]) == (type(caught.value), caught.value.exit_code)
            told = f"{caught.value!r} {caught.value}"
        assert rig.count("submit") <= 1

    run(rig, work)
    unharmed(rig, into, video, told + caplog.text)


def passing(fault: Fault, operation: Operation) -> tuple[type[DidgenError], int] | None:
    """The error, with its exit code, that a fault of one time ends in; None for the right result."""
    if operation == "submit":
        return {
            "fine": None, "lost": (UnresolvedJobError, 3), "refused": (RefusedError, 1), "busy": (BusyError, 7),
        }[fault.post]  # fmt: skip
    if operation == "download" or fault.read != "refused":
        return None
    return (UnreachableError, 7) if operation == "poll" else (RefusedError, 1)


@pytest.mark.parametrize("operation", [one for one in OPERATIONS if one != "submit"])
@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not (fault.slow and "429" in name)])
def test_a_fault_that_stays(
    name: str, operation: Operation, video: bytes, into: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Given up after some tries, with exit code 7; a job that was paid for is never marked failed by it."""
    caplog.set_level(logging.DEBUG)
    fault = FAULTS[name]
    rig = Rig(video, fault.act, operation, 1000, fault.deaf)
    told = ""

    async def work(client: Client) -> None:
        nonlocal told
        if (fault.video if operation == "download" else fault.read) == "fine":
            assert right(operation, video) == await do(client, operation, into)
            return
        with pytest.raises(DidgenError) as caught:
            await do(client, operation, into)
        told = f"{caught.value!r} {caught.value}"
        if operation == "download":
            assert (NotYetError, 7) == (type(caught.value), caught.value.exit_code)
        elif operation == "upload" and fault.read == "refused":
            assert isinstance(caught.value, RefusedError)
        else:
            assert isinstance(caught.value, UnreachableError)
            assert 7 == caught.value.exit_code

    run(rig, work)
    unharmed(rig, into, video, told + caplog.text)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("name", ["nobody listens", "no such host", "no TLS there"])
def test_what_was_never_sent_is_no_doubt(
    name: str, operation: Operation, video: bytes, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a connection nothing was bought: tried again, then exit 7 and not 3."""
    rig = Rig(video, no_http, operation, 1000, deaf=name == "no TLS there")
    rig.times = 1000 if rig.deaf else 0
    looked_up = 0
    true = socket.getaddrinfo

    def lookup(host: str | bytes | None, *rest: object, **more: object) -> object:
        nonlocal looked_up
        if host in ("localhost", b"localhost"):
            looked_up += 1
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return true(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)

    async def inside() -> None:
        async with rig:
            away = {"no such host": ("127.0.0.1", "localhost"), "no TLS there": ("http:", "https:")}.get(name, ("", ""))
            base = rig.base.replace(*away)
            if operation == "download":
                rig.link, base = f"{rig.bucket.replace(*away)}/video.mp4", rig.base
            if name == "nobody listens":
                rig.close("bucket" if operation == "download" else "api")
            client = Client(base, KEY, pace_s=0.01)
            with pytest.raises(UnreachableError) as caught:
                await do(client, operation, into)
            assert (NotYetError if operation == "download" else UnreachableError) is type(caught.value)
            assert 0 == rig.count("submit") == len(rig.bought)
            assert (3 if name == "no such host" else 0) == looked_up
            await client.aclose()

    asyncio.run(inside())
    assert [] == list(into.iterdir())


def test_a_service_that_comes_up_late_gets_one_post(video: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A POST whose connection was refused twice was sent once in the end."""
    rig = Rig(video)
    true, refused = transport.Transport._exchange, 0

    async def inside() -> None:
        async with rig:
            client = Client(rig.base, KEY, pace_s=0.01)

            async def late(self: transport.Transport, web: object, *rest: object, **more: object) -> object:
                """The first two go to a port where nobody listens, through the same code."""
                nonlocal refused
                refused += 1
                if refused <= 2:
                    web = closed._paid_web
                return await true(self, web, *rest, **more)  # type: ignore[arg-type]

            closed = transport.Transport(base_of_nobody(), KEY)
            monkeypatch.setattr(transport.Transport, "_exchange", late)
            assert JOB == await client.submit(REMOTE)
            assert (3, 1) == (refused, rig.count("submit"))
            await client.aclose()
            await closed.aclose()

    asyncio.run(inside())


def base_of_nobody() -> str:
    """An address of this machine where nobody listens."""
    with socket.socket() as once:
        once.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{once.getsockname()[1]}"


def test_a_link_that_has_died_is_asked_for_again_and_said_when_it_stays_dead(video: bytes, into: Path) -> None:
    """The message tells what a person can do nothing about; the job stays as it is."""
    rig = Rig(video, FAULTS["403, AccessDenied"].act, "download", 1000)

    async def work(client: Client) -> None:
        with pytest.raises(NotYetError, match="answered 403, and asking again gives the same link"):
            await client.fetch(JOB, into)
        assert 3 == rig.count("poll") == rig.count("download")

    run(rig, work)


@pytest.mark.parametrize(
    ("link", "words"),
    [
        ("s3://bucket/v.mp4?X-Amz-Signature=canary", "without your bucket's keys"),
        ("ftp://127.0.0.1/v.mp4", "no address"),
        ("http://[::bad/v.mp4", "no address"),
        ("", "no link"),
    ],
)
def test_a_link_that_leads_nowhere_leaves_the_job_open(link: str, words: str, video: bytes, into: Path) -> None:
    """Not a failure of the job: what was paid for is not bought again."""
    rig = Rig(video)
    rig.link = link

    async def work(client: Client) -> None:
        with pytest.raises(NotYetError, match=words) as caught:
            await client.fetch(JOB, into)
        assert "canary" not in str(caught.value)

    run(rig, work)


def test_a_way_from_https_to_http_is_not_gone(into: Path) -> None:
    """Neither at once nor by a redirect: nothing is sent."""
    from didgen.api.download import LinkError, download

    async def inside() -> None:
        async with Rig(b"x") as rig:
            web = transport.Transport(rig.base, KEY).plain
            with pytest.raises(LinkError, match="not encrypted"):
                await download(web, f"{rig.bucket}/video.mp4", into / "v.mp4", secure=True)
            assert 0 == rig.count("download")
            await web.aclose()

    asyncio.run(inside())
