"""Local files go up once, are used again until they end, and their links are nobody's business."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import cv2
import httpx
import numpy as np
import pytest

from didgen.api.client import Client
from didgen.api.key import given_key
from didgen.api.outcomes import RefusedError
from didgen.api.transport import Transport
from didgen.api.uploads import AT_ONCE, LIFE_S, Uploads, account_mark, is_gone, plain_name
from didgen.api.wire import FaceSquare, RenderConfig, TalkRequest
from didgen.errors import RenderError, UnresolvedJobError
from didgen.store.derived import Derived
from tests import fakes
from tests.api.served import Scripted, answer
from tests.bank.started import KEY, REPOSITORY, Started
from tests.pictures import encoded, exif, with_exif

Work = Callable[[Uploads], Awaitable[None]]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "Anna Müller.jpg"
    path.write_bytes(fakes.photo())
    return path


def talk(photo: Path, text: str = "Hello there") -> TalkRequest:
    return TalkRequest.model_validate({"source_url": photo.as_uri(), "script": {"type": "text", "input": text}})


def submit(url: str, home: Path, *requests: TalkRequest, key: str = KEY) -> list[Any]:
    """Submit requests at once, as one process of its own would; ids or errors."""
    derived = Derived(home)

    async def inside(client: Client) -> list[Any]:
        try:
            sent = (client.submit(request) for request in requests)
            return await asyncio.wait_for(asyncio.gather(*sent, return_exceptions=True), 60)
        finally:
            await client.aclose()

    async def run() -> list[Any]:
        return await inside(Client(url, key, pace_s=0.02, memo=derived))

    try:
        return asyncio.run(run())
    finally:
        derived.close()


def uploaded(bank: Started) -> list[dict[str, Any]]:
    return [line for line in bank.ledger() if line["what"] == "upload"]


def with_uploads(bank: Scripted, memo: Derived | None, clock: Callable[[], float], work: Work, key: str = KEY) -> None:
    """Do something with the uploads of one process, at a time of its own."""

    async def inside() -> None:
        async with bank:
            transport = Transport(bank.base, key, pace_s=0.01)
            uploads = Uploads(transport, memo, clock=clock)
            try:
                await asyncio.wait_for(work(uploads), 30)
            finally:
                await uploads.aclose()
                await transport.aclose()

    asyncio.run(inside())


def link(url: str) -> bytes:
    return answer(201, json.dumps({"url": url, "id": "img_1"}).encode())


def test_a_picture_goes_up_once_for_scenes_at_once_and_builds_after_each_other(
    bank: Started, photo: Path, tmp_path: Path
) -> None:
    """Three scenes at a time share one flight, the next process its link; another name of the same bytes is no other
    picture."""
    first = submit(bank.url, tmp_path, *(talk(photo, f"Number {n}") for n in range(3)))
    assert [str] * 3 == [type(one) for one in first], first
    photo.rename(photo.with_name("Berta.jpg"))
    assert [str] == [type(one) for one in submit(bank.url, tmp_path, talk(photo.with_name("Berta.jpg"), "Four"))]
    assert [len(fakes.photo())] == [line["bytes"] for line in uploaded(bank)]
    assert 4 == len(bank.bought())
    assert 1 == len({job["body"]["source_url"] for job in bank.bought()})
    photo.write_bytes(fakes.photo(30))
    submit(bank.url, tmp_path, talk(photo, "Five"))
    assert 2 == len(uploaded(bank))


def test_a_copy_that_has_gone_is_uploaded_anew_and_the_job_bought_once(
    bank: Started, photo: Path, tmp_path: Path
) -> None:
    """The refused POST bought nothing, so two scenes are sent again with one new copy."""
    submit(bank.url, tmp_path, talk(photo, "One"))
    (mark,) = [line["id"] for line in uploaded(bank)]
    key = {"Authorization": next(iter(given_key(KEY).headers().values()))}
    assert 204 == httpx.delete(f"{bank.url}/images/{mark}", headers=key).status_code
    two = submit(bank.url, tmp_path, talk(photo, "Two"), talk(photo, "Three"))
    assert [str] * 2 == [type(one) for one in two], two
    assert 2 == len(uploaded(bank))
    assert {"One", "Two", "Three"} == {job["body"]["script"]["input"] for job in bank.bought()}
    assert 3 == len(bank.bought())
    assert 0 == bank.duplicates()
    assert 5 == len(bank.seen("POST", "/talks"))


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 504, "accept": True}], ids=str)
def test_only_a_refusal_has_a_picture_uploaded_again(
    bank: Started, photo: Path, tmp_path: Path, fault: dict[str, Any]
) -> None:
    """An answer that leaves open whether the job was bought ends it, also with a link of yesterday."""
    submit(bank.url, tmp_path, talk(photo, "One"))
    bank.rules({"method": "POST", "path": "/talks", "fault": "status", **fault})
    (error,) = submit(bank.url, tmp_path, talk(photo, "Two"))
    assert isinstance(error, UnresolvedJobError)
    assert 1 == len(uploaded(bank))
    assert 2 == len(bank.seen("POST", "/talks"))


@pytest.mark.parametrize(
    ("status", "kind", "words", "gone"),
    [
        (400, "BadRequestError", "invalid source url", True),
        (400, "BadRequestError", "invalid image", True),
        (400, "BadRequestError", "invalid audio url: no such upload", True),
        (400, "BadRequestError", "script sanitization failed", False),
        (400, "InvalidImageResolutionError", "image too small", False),
        (403, "PermissionError", "image not yours", False),
        (451, "ImageModerationError", "image", False),
    ],
)
def test_which_refusals_may_mean_a_lost_copy(status: int, kind: str, words: str, gone: bool) -> None:
    """Only those that speak of a link; a picture that the service does not like would not be liked better anew."""
    assert gone == is_gone(RefusedError(status, kind, words))


def test_a_fresh_copy_that_is_refused_is_the_end(photo: Path, tmp_path: Path) -> None:
    """Sent once more and no more, and the message has the file's name where the service said the link."""
    gone = answer(400, b'{"kind": "BadRequestError", "description": "invalid source url s3://b/anna.jpg"}')
    derived = Derived(tmp_path)

    async def inside() -> None:
        bank = Scripted(link("s3://b/anna.jpg"), gone)
        async with bank:
            client = Client(bank.base, KEY, pace_s=0.01, memo=derived)
            with pytest.raises(RenderError, match=r"^invalid source url Anna Müller\.jpg$"):
                await client.submit(talk(photo))
            bank.script += [gone, link("s3://b/anna.jpg"), gone]
            again = Client(bank.base, KEY, pace_s=0.01, memo=derived)
            with pytest.raises(RenderError, match="invalid source url Anna"):
                await again.submit(talk(photo))
            assert 5 == len(bank.seen)
            await client.aclose()
            await again.aclose()

    asyncio.run(inside())
    derived.close()


def test_links_end_well_before_the_service_ends_them(photo: Path, tmp_path: Path) -> None:
    """Twelve hours, also in one process, counted from before the upload; a clock set back does not lengthen them."""
    derived, now = Derived(tmp_path), [1_000_000.0]
    bank = Scripted(link("s3://b/1.jpg"), link("s3://b/2.jpg"), link("s3://b/3.jpg"))

    async def work(uploads: Uploads) -> None:
        async def url() -> str:
            return (await uploads.sent(talk(photo))).request.source_url

        assert "s3://b/1.jpg" == await url()
        now[0] += LIFE_S - 1
        assert "s3://b/1.jpg" == await url()
        other = Uploads(uploads._transport, derived, clock=lambda: now[0])
        recalled = await other.sent(talk(photo))
        assert ["s3://b/1.jpg"] == list(recalled.recalled.values())
        now[0] += 2
        assert "s3://b/2.jpg" == (await other.sent(talk(photo))).request.source_url
        assert "s3://b/2.jpg" == await url()
        now[0] -= 3600
        other = Uploads(uploads._transport, derived, clock=lambda: now[0])
        assert "s3://b/3.jpg" == (await other.sent(talk(photo))).request.source_url
        assert 3 == len(bank.seen)

    with_uploads(bank, derived, lambda: now[0], work)
    derived.close()
    assert 12 * 3600 == LIFE_S


def test_accounts_and_hosts_have_copies_of_their_own(photo: Path, tmp_path: Path) -> None:
    """A link of one account is never offered to another; one key in two forms is one account."""
    derived = Derived(tmp_path)
    bank = Scripted(link("s3://b/1.jpg"), link("s3://b/2.jpg"))
    keys = [KEY, "berta@example.org:other", given_key(KEY).basic.reveal(), KEY]

    async def inside() -> None:
        async with bank:
            found = []
            for key in keys:
                transport = Transport(bank.base, key, pace_s=0.01)
                found.append((await Uploads(transport, derived).sent(talk(photo))).request.source_url[-5])
                await transport.aclose()
            assert ["1", "2", "1", "1"] == found

    asyncio.run(inside())
    derived.close()
    mark = account_mark(given_key(KEY))
    assert 12 == len(mark)
    assert mark != account_mark(given_key(keys[1]))


@pytest.mark.parametrize(
    "url", ["https://b.example/a.jpg?Signature=c4n4ry", "https://c4n4ry@b.example/a.jpg", "https://b.example/a#c4n4ry"]
)
def test_a_signed_link_dies_with_its_process(photo: Path, tmp_path: Path, url: str) -> None:
    """It serves all scenes of one build and is nowhere on the disk, nor is the key; the next build uploads anew."""
    derived = Derived(tmp_path)

    async def work(uploads: Uploads) -> None:
        assert {url} == {(await uploads.sent(talk(photo))).request.source_url for _ in range(3)}

    for _ in range(2):
        bank = Scripted(link(url))
        with_uploads(bank, derived, lambda: 1e9, work)
        assert 1 == len(bank.seen)
    derived.put("a", b"known to be looked at")
    derived.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"known to be looked at" in kept
    assert not [secret for secret in (b"c4n4ry", b"s3cret", given_key(KEY).basic.reveal().encode()) if secret in kept]


def test_links_that_are_kept_lie_in_a_private_folder(bank: Started, photo: Path, tmp_path: Path) -> None:
    """They have to be kept to be used again; nobody else on the machine can read them."""
    submit(bank.url, tmp_path / "home", talk(photo))
    (url,) = [line["url"] for line in uploaded(bank)]
    kept = [path for path in (tmp_path / "home").rglob("*") if path.is_file() and url.encode() in path.read_bytes()]
    assert kept
    assert all(tmp_path / "home/cache" in path.parents for path in kept)
    assert 0 == (tmp_path / "home/cache").stat().st_mode & 0o077


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from didgen.api.transport import Transport
from didgen.api.uploads import Uploads
from didgen.store.derived import Derived
from tests.api.test_uploads import talk

async def main():
    uploads = Uploads(Transport(sys.argv[1], sys.argv[2], pace_s=0.02), Derived(Path(sys.argv[3])))
    await uploads.sent(talk(Path(sys.argv[4])))
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def test_a_kill_between_upload_and_post_costs_nothing(bank: Started, photo: Path, tmp_path: Path) -> None:
    """The copy is there, known, and used by the next build; nothing was bought before it, one job is after it."""
    arguments = [sys.executable, "-c", KILLED, bank.url, KEY, str(tmp_path / "home"), str(photo)]
    done = subprocess.run(arguments, cwd=REPOSITORY, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=False)
    assert -signal.SIGKILL == done.returncode
    assert (1, 0) == (len(uploaded(bank)), len(bank.bought()))
    assert [str] == [type(one) for one in submit(bank.url, tmp_path / "home", talk(photo))]
    assert (1, 1) == (len(uploaded(bank)), len(bank.bought()))


def test_who_stops_waiting_takes_no_upload_from_the_others(photo: Path) -> None:
    """One scene is cancelled while the picture is on its way: the other still gets it, from the same upload."""
    bank = Scripted(answer(503, b"", "Retry-After: 1"), link("s3://b/1.jpg"))

    async def work(uploads: Uploads) -> None:
        one, two = (asyncio.create_task(uploads.sent(talk(photo))) for _ in range(2))
        for _ in range(1000):
            await asyncio.sleep(0.01)
            if bank.seen:
                break
        one.cancel()
        assert "s3://b/1.jpg" == (await two).request.source_url
        assert one.cancelled()
        assert 2 == len(bank.seen)

    with_uploads(bank, None, lambda: 1e9, work)


def test_many_pictures_do_not_go_up_all_at_once(tmp_path: Path) -> None:
    """Hundreds of jobs may be under way; their files are in memory a few at a time."""
    photos = [tmp_path / f"{n}.jpg" for n in range(3 * AT_ONCE)]
    for n, path in enumerate(photos):
        path.write_bytes(fakes.photo(n))
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        head = await reader.readuntil(b"\r\n\r\n")
        open_now += 1
        most = max(most, open_now)
        await reader.readexactly(int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]))
        await asyncio.sleep(0.05)
        open_now -= 1
        writer.write(link(f"s3://b/{secrets.token_hex(4)}.jpg"))
        await writer.drain()
        writer.close()

    async def inside() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        transport = Transport(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", KEY, pace_s=0.01)
        uploads = Uploads(transport)
        sent = await asyncio.gather(*(uploads.sent(talk(photo)) for photo in photos))
        assert len(photos) == len({one.request.source_url for one in sent})
        await transport.aclose()
        server.close()

    asyncio.run(inside())
    assert 1 < most <= AT_ONCE


def test_a_driver_video_is_refused_before_anything_is_uploaded(photo: Path) -> None:
    """It is no input that a service takes as a file."""
    bank = Scripted()

    async def work(uploads: Uploads) -> None:
        with pytest.raises(RenderError, match="driver video by https link only"):
            await uploads.sent(talk(photo).model_copy(update={"driver_url": "file:///d.mp4"}))
        with pytest.raises(RenderError, match="overlay by https link only"):
            await uploads.sent(talk(photo).model_copy(update={"config": RenderConfig(overlay="file:///o.mp4")}))
        assert [] == bank.seen

    with_uploads(bank, None, lambda: 1e9, work)


@pytest.mark.parametrize("turned", [False, True])
def test_the_face_that_is_meant_stays_meant_in_a_smaller_picture(tmp_path: Path, turned: bool) -> None:
    """Its square is one of the upright photo, as the local engine has it: it is scaled with it, and no more."""
    big = tmp_path / "two.jpg"
    rgb = np.full((3000, 4000, 3), 120, np.uint8)
    rgb[500:900, 3000:3400] = (250, 10, 10)  # who is meant, upright: 400 px at 3000, 500
    stored = np.rot90(rgb) if turned else rgb
    coded = encoded(np.ascontiguousarray(stored), ".jpg")
    big.write_bytes(with_exif(coded, exif(6)) if turned else coded)
    face = {"size": 400, "top_left": [3000, 500], "detection": {"top": 500.0, "left": 3000.0}}
    request = talk(big).model_copy(update={"face": FaceSquare.model_validate(face)})
    bank = Scripted(link("s3://b/1.jpg"))

    async def work(uploads: Uploads) -> None:
        sent = (await uploads.sent(request)).request.face
        assert sent is not None
        assert {"size": 320, "top_left": (2400, 400), "detection": {"top": 400.0, "left": 2400.0}} == sent.model_dump(
            exclude_unset=True
        )
        body = bank.seen[0][2]
        picture = cv2.imdecode(np.frombuffer(body[body.index(b"\xff\xd8\xff") :], np.uint8), cv2.IMREAD_COLOR)
        inside = picture[410:710, 2410:2710, ::-1].reshape(-1, 3).mean(axis=0)
        assert 8 > np.abs(inside - (250, 10, 10)).max()

    with_uploads(bank, None, lambda: 1e9, work)
    small = tmp_path / "small.jpg"
    small.write_bytes(fakes.photo())
    request = request.model_copy(update={"source_url": small.as_uri()})
    bank = Scripted(link("s3://b/2.jpg"))

    async def untouched(uploads: Uploads) -> None:
        assert request.face == (await uploads.sent(request)).request.face

    with_uploads(bank, None, lambda: 1e9, untouched)


def test_names_are_plain_and_short() -> None:
    """At most 50 of the characters the service takes, the suffix kept."""
    assert "Anna-M-ller---Co.jpg" == plain_name("Anna Müller & Co", ".jpg")
    assert ("a" * 46 + ".png", 50) == (plain_name("a" * 90, ".png"), len(plain_name("a" * 90, ".png")))
