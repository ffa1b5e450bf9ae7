"""Our server as a client of the service sees it: its shapes, and what it keeps out. In process, on the real pool."""

from __future__ import annotations

import asyncio
import base64
import io
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import httpx
import pytest

from didgen.api.wire import AnimationRequest, Logo, TalkRequest, kind_of
from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from didgen.serve.growing import grown
from didgen.serve.inputs import localised, named_in
from didgen.serve.links import Links
from didgen.serve.record import Record, job_answer
from tests import fakes
from tests.api.served import DOOR, living

BASE = "http://127.0.0.1:8000"
JPEG = fakes.photo()

Work = Callable[[httpx.AsyncClient], Awaitable[None]]


def serve(
    tmp_path: Path, work: Work, *, key: str | None = None, base: str = BASE, page: Any = None, **headers: str
) -> None:
    """Do something with a client of a fresh server whose pool has one worker."""

    async def inside() -> None:
        pool = Pool(1, command=fakes.COMMAND, folder=tmp_path)
        app = make_app(pool, tmp_path / "served", key, inspector=DOOR, page=page)
        transport = httpx.ASGITransport(app)
        async with living(app), httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as web:
            await asyncio.wait_for(work(web), 60)

    asyncio.run(inside())


async def upload(web: httpx.AsyncClient, data: bytes = JPEG, name: str = "anna.jpg", field: str = "image") -> Any:
    answer = await web.post(f"/{field}s", files={field: (name, data, "application/octet-stream")})
    assert 201 == answer.status_code, answer.text
    return answer.json()


async def talk(web: httpx.AsyncClient, text: str = "Hello there", **more: Any) -> httpx.Response:
    body = {"source_url": (await upload(web))["url"], "script": {"type": "text", "input": text}, **more}
    return await web.post("/talks", json=body)


async def until(web: httpx.AsyncClient, path: str, status: str) -> None:
    """Wait for a job to be at a status."""
    for _ in range(2000):
        if status == (await web.get(path)).json()["status"]:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{path} was never {status}")


async def ended(web: httpx.AsyncClient, path: str) -> dict[str, Any]:
    """The job once it is done or failed."""
    while True:
        job: dict[str, Any] = (await web.get(path)).json()
        if job["status"] in ("done", "error"):
            return job
        assert "result_url" not in job
        await asyncio.sleep(0.02)


def test_a_post_answers_with_exactly_the_five_fields_of_the_service(tmp_path: Path) -> None:
    """201, an id of `tlk_` and 21 characters, a time with milliseconds and Z."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await talk(web)
        assert 201 == answer.status_code
        body = answer.json()
        assert {"id", "object", "created_at", "created_by", "status"} == body.keys()
        assert ("talk", "created") == (body["object"], body["status"])
        assert re.fullmatch(r"tlk_[A-Za-z0-9_-]{21}", body["id"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["created_at"])

    serve(tmp_path, work)


def test_a_done_talk_has_the_fields_of_the_service(tmp_path: Path) -> None:
    """`started_at` without Z, the container without a dot, the effective config, user_data and name as they came."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, user_data="mine", name="A title", config={"stitch": "true", "pad_audio": "0.5"})).json()
        job = await ended(web, f"/talks/{made['id']}")
        assert "done" == job["status"]
        assert (made["id"], "talk", "mine", "A title") == (job["id"], job["object"], job["user_data"], job["name"])
        assert job["started_at"][-1].isdigit()
        assert "mp4" == job["config"]["result_format"]
        assert (True, 0.5, False) == (job["config"]["stitch"], job["config"]["pad_audio"], job["config"]["fluent"])
        assert 0.24 == job["duration"]
        assert [16, 16] == job["metadata"]["resolution"]
        assert ["Hello", "there"] == [word for word, _, _ in job["metadata"]["words"]]
        assert "error" not in job

    serve(tmp_path, work)


def test_an_animation_writes_its_resolution_as_strings(tmp_path: Path) -> None:
    """A quirk of the service that clients may lean on."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await web.post("/animations", json={"source_url": (await upload(web))["url"]})).json()
        assert re.fullmatch(r"anm_[A-Za-z0-9_-]{21}", made["id"])
        job = await ended(web, f"/animations/{made['id']}")
        assert ["16", "16"] == job["metadata"]["resolution"]
        assert 404 == (await web.get(f"/talks/{made['id']}")).status_code

    serve(tmp_path, work)


def test_the_driver_is_told_as_asked_and_as_chosen() -> None:
    """At the top as the client wrote it, or what was chosen; in the metadata the very one, with its way round; a
    client's own video is never told by the name it has here. Left open, the strength of motion is that of the kind."""

    def told(driver: str | None, resolved: str, **more: Any) -> tuple[Any, Any, Any]:
        body = {"source_url": f"{BASE}/uploads/ima_a.jpg", "driver_url": driver, **more}
        request = (TalkRequest if "script" in more else AnimationRequest).model_validate(body)
        facts = {"driver_url": resolved, "frames": 25, "duration_s": 2.0, "resolution": (2, 2)}
        given = request.model_dump_json(exclude_unset=True)
        record = Record("x_1", kind_of(request), "", BASE, given, status="done", video="a.mp4", facts=facts)
        job = job_answer(record, lambda path: path)
        return job["driver_url"], job["metadata"]["driver_url"], job["config"]["motion_factor"]

    chosen, mine = "bank://subtle/driver-02/flipped", f"{BASE}/uploads/aud_x.mp4"
    script = {"type": "text", "input": "Hello"}
    assert ("bank://subtle/", chosen, 1.0) == told("bank://subtle/", chosen, script=script)
    assert (chosen, chosen, 0.75) == told(None, chosen)
    assert (mine, mine, 0.75) == told(mine, "aud_x.mp4")


def test_a_started_job_tells_how_far_it_is(tmp_path: Path) -> None:
    """A member of our own; the service has none."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, "!slow")).json()
        seen = []
        while (job := (await web.get(f"/talks/{made['id']}")).json())["status"] != "done":
            seen.append(job.get("progress"))
            await asyncio.sleep(0.02)
        assert {"stage": "frames", "done": 0, "total": fakes.FRAMES} in seen
        assert "progress" not in job

    serve(tmp_path, work)


def test_a_video_can_be_watched_while_it_is_made(tmp_path: Path) -> None:
    """A started job with something to show has a signed link to it, which gives it all and ends with the job."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, "!early !slow")).json()
        while "preview_url" not in (job := (await web.get(f"/talks/{made['id']}")).json()):
            assert job["status"] != "done"
            await asyncio.sleep(0.02)
        url = job["preview_url"]
        assert 403 == (await web.get(url.partition("?")[0])).status_code
        seen = await web.get(url)
        assert (200, b"moof", "video/mp4") == (seen.status_code, seen.content, seen.headers["content-type"])
        job = await ended(web, f"/talks/{made['id']}")
        assert "preview_url" not in job
        assert 404 == (await web.get(url)).status_code

    serve(tmp_path, work)


def test_a_talk_may_have_subtitles(tmp_path: Path) -> None:
    """Asked for, they are a track of the video, and the answer says so."""

    async def work(web: httpx.AsyncClient) -> None:
        script = {"type": "text", "input": "Hello there", "subtitles": "true"}
        job = await ended(web, f"/talks/{(await talk(web, script=script)).json()['id']}")
        assert job["subtitles"] is True
        with av.open(io.BytesIO((await web.get(job["result_url"])).content)) as box:
            (track,) = box.streams.subtitles
            assert [b"Hello there"] == [bytes(packet)[2:] for packet in box.demux(track) if packet.size > 2]

    serve(tmp_path, work)


def test_a_file_is_read_as_it_grows(tmp_path: Path) -> None:
    """What is there, then what comes, to the end of its name; a file that is not there gives nothing."""
    path = tmp_path / "growing"

    async def written() -> None:
        for number in range(3):
            await asyncio.sleep(0.05)
            with path.open("ab") as file:
                file.write(bytes([number]) * 70_000)
        path.unlink()

    async def read() -> bytes:
        path.write_bytes(b"start")
        writing = asyncio.create_task(written())
        pieces = [piece async for piece in grown(path)]
        await writing
        return b"".join(pieces)

    assert b"start" + b"".join(bytes([number]) * 70_000 for number in range(3)) == asyncio.run(read())
    assert b"" == asyncio.run(read_all(path))


async def read_all(path: Path) -> bytes:
    return b"".join([piece async for piece in grown(path)])


def test_the_sound_of_a_done_talk_is_what_is_heard_in_it(tmp_path: Path) -> None:
    """`audio_url` leads to audio as long as the video, for texts; for a recording to the client's own upload."""

    async def work(web: httpx.AsyncClient) -> None:
        job = await ended(web, f"/talks/{(await talk(web)).json()['id']}")
        sound = await web.get(job["audio_url"])
        assert (200, "audio/mp4") == (sound.status_code, sound.headers["content-type"])
        with av.open(io.BytesIO(sound.content)) as box:
            assert [] == list(box.streams.video)
            heard = sum(frame.samples for frame in box.decode(audio=0)) / 48_000
        assert job["duration"] == pytest.approx(heard, abs=0.05)
        upload_ = await upload(web, fakes.wav(), "a.wav", "audio")
        spoken = (await talk(web, script={"type": "audio", "audio_url": upload_["url"]})).json()
        assert upload_["url"] == (await ended(web, f"/talks/{spoken['id']}"))["audio_url"]
        still = (await web.post("/animations", json={"source_url": (await upload(web))["url"]})).json()
        assert "audio_url" not in await ended(web, f"/animations/{still['id']}")

    serve(tmp_path, work)


def test_a_failed_job_is_an_answer_with_kind_and_description(tmp_path: Path) -> None:
    """Status `error`, and no link."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, "!refuse")).json()
        job = await ended(web, f"/talks/{made['id']}")
        assert "error" == job["status"]
        assert "FaceError" == job["error"]["kind"]
        assert job["error"]["description"].startswith("face not detected")
        assert "result_url" not in job

    serve(tmp_path, work)


def test_a_result_is_fetched_by_its_link_whole_or_in_part_and_by_no_other(tmp_path: Path) -> None:
    """No key is needed for a signed link; a changed one, one of another file and an unsigned one open nothing."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web)).json()
        url = (await ended(web, f"/talks/{made['id']}"))["result_url"]
        bare = {"Authorization": ""}
        video = await web.get(url, headers=bare)
        assert 200 == video.status_code
        assert b"ftyp" == video.content[4:8]
        assert "nosniff" == video.headers["x-content-type-options"]
        part = await web.get(url, headers={**bare, "Range": "bytes=4-7"})
        assert (206, b"ftyp") == (part.status_code, part.content)
        name = urlsplit(url).path.rpartition("/")[2]
        for wrong in (
            url[:-1] + ("0" if url[-1] != "0" else "1"),
            url.replace("Expires=", "Expires=9"),
            url.partition("?")[0],
            url.replace(name, "other.mp4"),
            url.replace(name, f"..%2Fuploads%2F{name}"),
        ):
            assert (await web.get(wrong, headers=bare)).status_code in (403, 404), wrong

    serve(tmp_path, work, key="k", Authorization="Basic k")


def test_links_die_at_their_time() -> None:
    """A day after they were made, by this machine's clock."""
    now = [1_000_000.0]
    links = Links(b"a" * 32, 24 * 3600, lambda: now[0])
    path, _, query = links.sign("/results/a.mp4").partition("?")
    given = dict(pair.split("=") for pair in query.split("&"))
    assert ["AWSAccessKeyId", "Expires", "Signature"] == list(given)
    now[0] += 24 * 3600 - 1
    assert links.holds(path, given)
    assert not links.holds(path, {**given, "Expires": str(int(given["Expires"]) + 1)})
    assert not Links(b"b" * 32, 24 * 3600, lambda: now[0]).holds(path, given)
    now[0] += 1
    assert not links.holds(path, given)


@pytest.mark.parametrize(
    "header",
    [
        "Basic user:secret",
        "Basic " + base64.b64encode(b"user:secret").decode(),
        "Basic " + base64.b64encode(b"user:secret:").decode(),
        "Basic user:secret~a1b2",
    ],
)
def test_a_key_is_taken_in_every_form_that_clients_of_the_service_send(tmp_path: Path, header: str) -> None:
    """As issued, in base64, in base64 with a colon, with the SDK's tail."""

    async def work(web: httpx.AsyncClient) -> None:
        assert 200 == (await web.get("/credits")).status_code

    serve(tmp_path, work, key="user:secret", Authorization=header)


@pytest.mark.parametrize("header", ["", "Basic wrong", "Bearer user:secret", "Basic user:secre", "Basic "])
def test_without_the_key_nothing_is_answered(tmp_path: Path, header: str) -> None:
    """401 in the service's words, for every path."""

    async def work(web: httpx.AsyncClient) -> None:
        for method, path in [("GET", "/talks"), ("POST", "/talks"), ("POST", "/images"), ("GET", "/credits")]:
            answer = await web.request(method, path)
            assert 401 == answer.status_code
            assert {"kind": "AuthorizationError", "description": "user unauthenticated"} == answer.json()

    serve(tmp_path, work, key="user:secret", Authorization=header)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::1"])
def test_a_name_that_is_not_this_machines_is_refused(tmp_path: Path, host: str) -> None:
    """A web page can point its own name at 127.0.0.1; it gets nothing."""

    async def work(web: httpx.AsyncClient) -> None:
        assert 421 == (await web.get("/talks", headers={"Host": host})).status_code

    serve(tmp_path, work)


def test_a_page_of_another_site_may_not_send_jobs(tmp_path: Path) -> None:
    """A browser names the page's origin; ours is welcome, others are not, nor are forms that need no permission."""

    async def work(web: httpx.AsyncClient) -> None:
        assert 403 == (await web.post("/talks", json={}, headers={"Origin": "https://evil.example"})).status_code
        assert 403 == (await web.post("/talks", json={}, headers={"Origin": "null"})).status_code
        assert 400 == (await web.post("/talks", json={}, headers={"Origin": BASE})).status_code
        assert 415 == (await web.post("/talks", content="{}", headers={"Content-Type": "text/plain"})).status_code

    serve(tmp_path, work)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "file:",
        "/etc/passwd",
        "https://example.org/a.jpg",
        "http://169.254.169.254/latest/a.jpg",
        f"{BASE}/results/a.jpg",
        f"{BASE}/uploads/../../secret.jpg",
        f"{BASE}/uploads/%2e%2e/secret.jpg",
        f"{BASE}/uploads/..",
        f"{BASE}/uploads/ima_unknown.jpg",
        "http://[::1",
        "",
    ],
)
def test_no_file_and_no_address_is_opened_for_a_client(tmp_path: Path, url: str) -> None:
    """Only uploads are; as source, sound, driver and logo, and the refusal does not tell what exists."""
    (tmp_path / "secret.jpg").write_bytes(JPEG)

    async def work(web: httpx.AsyncClient) -> None:
        good = (await upload(web))["url"]
        text = {"type": "text", "input": "Hello"}
        for body in (
            {"source_url": url, "script": text},
            {"source_url": good, "script": {"type": "audio", "audio_url": url}},
            {"source_url": good, "script": text, "driver_url": url},
            {"source_url": good, "script": text, "config": {"logo": {"url": url, "position": [0, 0]}}},
        ):
            answer = await web.post("/talks", json=body)
            assert 400 == answer.status_code
            assert "BadRequestError" == answer.json()["kind"]
            assert answer.json()["description"].startswith("invalid ")
        assert {"talks": []} == (await web.get("/talks")).json()

    serve(tmp_path, work)


def test_a_link_of_another_server_is_not_taken_for_one_of_ours(tmp_path: Path) -> None:
    """Though its path is that of an upload here."""

    async def work(web: httpx.AsyncClient) -> None:
        url = (await upload(web))["url"].replace("127.0.0.1:8000", "127.0.0.1:9000")
        answer = await web.post("/animations", json={"source_url": url})
        assert (400, "BadRequestError") == (answer.status_code, answer.json()["kind"])

    serve(tmp_path, work)


def test_an_invalid_field_is_named_by_its_path(tmp_path: Path) -> None:
    """`details` is keyed as the service's is; a missing source is no licence to render anybody."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await web.post("/talks", json={"script": {"type": "text", "input": "Hi"}})
        assert (400, "ValidationError") == (answer.status_code, answer.json()["kind"])
        assert {"body.source_url"} == answer.json()["details"].keys()
        answer = await web.post("/talks", json={"source_url": "x", "config": {"pad_audio": "61"}})
        assert {"body.script", "body.config.pad_audio"} == answer.json()["details"].keys()

    serve(tmp_path, work)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_object_is_a_bad_request(tmp_path: Path, data: bytes) -> None:
    """Not an internal error, whatever the bytes."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await web.post("/talks", content=data, headers={"Content-Type": "application/json"})
        assert (400, "BadRequestError") == (answer.status_code, answer.json()["kind"])

    serve(tmp_path, work)


def test_old_keys_are_accepted_and_said(tmp_path: Path) -> None:
    """Published clients still send them."""

    async def work(web: httpx.AsyncClient) -> None:
        config = {"sharpen": "false", "show_watermark": True, "driver_expression": {}, "logo": False}
        made = (await talk(web, config=config, persist=True)).json()
        job = await ended(web, f"/talks/{made['id']}")
        warnings = " ".join(job["metadata"]["warnings"])
        assert "persist has no effect" in warnings
        assert "config.show_watermark has no effect" in warnings
        assert job["config"]["sharpen"] is False

    serve(tmp_path, work)


def test_an_overlay_is_an_upload_or_a_link_and_no_talks(tmp_path: Path) -> None:
    """Looked into as an overlay, brought to the renderer as a file; other than a video is refused; a talk is told."""

    async def work(web: httpx.AsyncClient) -> None:
        fakes.write_video(tmp_path / "over.mp4", 90)
        over = (await upload(web, (tmp_path / "over.mp4").read_bytes(), "over.mp4", "audio"))["url"]
        photo = (await upload(web))["url"]
        body = {"source_url": photo, "config": {"overlay": over}}
        made = await web.post("/animations", json=body)
        assert 201 == made.status_code, made.text
        job = await ended(web, f"/animations/{made.json()['id']}")
        assert ("done", over) == (job["status"], job["config"]["overlay"])
        body["config"] = {"overlay": f"{BASE}/uploads/aud_none.mp4"}
        refused = await web.post("/animations", json=body)
        assert (400, "invalid overlay url: no such upload") == (refused.status_code, refused.json()["description"])
        said = (await talk(web, config={"overlay": "https://example.org/o.mp4"})).json()
        warnings = (await ended(web, f"/talks/{said['id']}"))["metadata"]["warnings"]
        assert any("config.overlay has no effect" in warning for warning in warnings)

    serve(tmp_path, work)


def test_the_renderer_gets_files(tmp_path: Path) -> None:
    """All that an animation names, the rest of its config as it was."""
    config = {
        "overlay": "https://h.org/o.mov",
        "stitch": True,
        "logo": {"url": "https://h.org/l.png", "position": [1, 2]},
    }
    request = AnimationRequest.model_validate({"source_url": "s", "driver_url": "d", "config": config})
    named = {one.field: one.use for one in named_in(request)}
    assert {"source_url": "picture", "driver_url": "video", "logo": "logo", "overlay": "overlay"} == named
    local = localised(request, {field: f"{field}.bin" for field in named}, tmp_path)
    assert local.config is not None
    assert isinstance(local.config.logo, Logo)
    urls = (local.source_url, local.driver_url, local.config.logo.url, local.config.overlay)
    assert tuple((tmp_path / f"{field}.bin").as_uri() for field in named) == urls
    assert local.config.stitch


def test_a_trailing_slash_is_forgiven(tmp_path: Path) -> None:
    """One published client posts to it."""

    async def work(web: httpx.AsyncClient) -> None:
        assert 200 == (await web.get("/talks/")).status_code
        assert 201 == (await web.post("/images/", files={"image": ("a.jpg", JPEG)})).status_code

    serve(tmp_path, work)


def test_uploads_are_bounded_however_they_are_sent(tmp_path: Path) -> None:
    """10 MB for pictures, counted as they come; nothing of a refused one is kept."""

    async def work(web: httpx.AsyncClient) -> None:
        big = JPEG + bytes(10 << 20)
        answer = await web.post("/images", files={"image": ("a.jpg", big)})
        assert (400, "InvalidFileSizeError") == (answer.status_code, answer.json()["kind"])

        sent = 0

        async def endless() -> Any:
            nonlocal sent
            yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n' + JPEG
            while True:
                sent += 1
                yield bytes(1 << 20)

        head = {"Content-Type": "multipart/form-data; boundary=b"}
        answer = await web.post("/images", content=endless(), headers=head)
        assert (400, "InvalidFileSizeError") == (answer.status_code, answer.json()["kind"])
        assert sent < 13
        assert [] == list((tmp_path / "served").glob("uploads/*"))
        assert 201 == (await web.post("/images", files={"image": ("a.jpg", big[: 10 << 20])})).status_code

    serve(tmp_path, work)


@pytest.mark.parametrize(
    ("path", "files", "status", "kind"),
    [
        ("/images", {"image": ("a.jpg", b"<svg/>")}, 415, "UnsupportedMimeTypeError"),
        ("/images", {"image": ("a.jpg", b"")}, 400, "BadRequestError"),
        ("/images", {"picture": ("a.jpg", JPEG)}, 400, "BadRequestError"),
        ("/audios", {"audio": ("a.exe", b"MZ...")}, 415, "UnsupportedMimeTypeError"),
    ],
)
def test_an_upload_of_the_wrong_kind_is_refused(
    tmp_path: Path, path: str, files: dict[str, tuple[str, bytes]], status: int, kind: str
) -> None:
    """By what a picture is, by what a recording is called; in the service's kinds."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await web.post(path, files=files)
        assert (status, kind) == (answer.status_code, answer.json()["kind"])

    serve(tmp_path, work)


def test_an_upload_lies_under_a_name_of_ours_and_can_be_deleted(tmp_path: Path) -> None:
    """The client's name goes nowhere; after the deletion its link is dead."""

    async def work(web: httpx.AsyncClient) -> None:
        made = await upload(web, name="../../evil.jpg")
        (stored,) = (tmp_path / "served").glob("uploads/*")
        assert re.fullmatch(r"ima_[A-Za-z0-9_-]{22}\.jpg", stored.name)
        assert 404 == (await web.delete("/audios/" + made["id"])).status_code
        assert 204 == (await web.delete("/images/" + made["id"])).status_code
        assert 404 == (await web.delete("/images/" + made["id"])).status_code
        body = {"source_url": made["url"], "script": {"type": "text", "input": "Hi"}}
        assert 400 == (await web.post("/talks", json=body)).status_code

    serve(tmp_path, work)


def test_jobs_are_listed_newest_first_in_pages(tmp_path: Path) -> None:
    """`token` leads on and is absent on the last page."""

    async def work(web: httpx.AsyncClient) -> None:
        ids = [(await talk(web, f"Number {k}")).json()["id"] for k in range(3)]
        first = (await web.get("/talks?limit=2")).json()
        assert [ids[2], ids[1]] == [job["id"] for job in first["talks"]]
        rest = (await web.get(f"/talks?limit=2&token={first['token']}")).json()
        assert [ids[0]] == [job["id"] for job in rest["talks"]]
        assert "token" not in rest
        assert {"animations": []} == (await web.get("/animations")).json()
        assert 400 == (await web.get("/talks?limit=-1")).status_code

    serve(tmp_path, work)


def test_a_job_is_deleted_when_it_has_ended_and_not_before(tmp_path: Path) -> None:
    """409 while it runs; then 200 with its last state, and its video is gone."""

    async def work(web: httpx.AsyncClient) -> None:
        made = (await talk(web, "!slow")).json()
        answer = await web.delete(f"/talks/{made['id']}")
        assert (409, "NotReadyError") == (answer.status_code, answer.json()["kind"])
        url = (await ended(web, f"/talks/{made['id']}"))["result_url"]
        answer = await web.delete(f"/talks/{made['id']}")
        assert (200, "done") == (answer.status_code, answer.json()["status"])
        assert 404 == (await web.get(f"/talks/{made['id']}")).status_code
        assert 404 == (await web.get(url)).status_code

    serve(tmp_path, work)


def test_unknown_paths_and_methods_answer_in_the_services_shape(tmp_path: Path) -> None:
    """Clients read `kind` everywhere."""

    async def work(web: httpx.AsyncClient) -> None:
        missing, wrong = await web.get("/clips"), await web.put("/talks")
        assert (404, "NotFoundError") == (missing.status_code, missing.json()["kind"])
        assert (405, "BadRequestError") == (wrong.status_code, wrong.json()["kind"])

    serve(tmp_path, work)


def test_voices_are_those_that_can_speak_here(tmp_path: Path) -> None:
    """With the members that the service requires."""

    async def work(web: httpx.AsyncClient) -> None:
        voices = {voice["id"]: voice for voice in (await web.get("/tts/voices")).json()}
        assert {"language": "en", "locale": "en-US"} == voices["heart"]["languages"][0]
        assert {"id", "name", "gender", "access", "provider", "languages", "styles"} == voices["heart"].keys()

    serve(tmp_path, work)


def test_jobs_uploads_and_results_outlive_the_server(tmp_path: Path) -> None:
    """A done talk and its link, an upload, and talks that were under way: all there after a restart, by their ids."""
    made: dict[str, Any] = {}

    async def before(web: httpx.AsyncClient) -> None:
        made["image"] = await upload(web)
        done = (await talk(web, "Hello there", user_data="mine")).json()
        made["done"] = await ended(web, f"/talks/{done['id']}")
        made["cut"] = [(await talk(web, f"!slow Number {k}")).json()["id"] for k in range(3)]
        await until(web, f"/talks/{made['cut'][0]}", "started")

    async def after(web: httpx.AsyncClient) -> None:
        assert 200 == (await web.get(made["done"]["result_url"])).status_code
        kept = (await web.get(f"/talks/{made['done']['id']}")).json()
        signed = ("result_url", "audio_url")
        assert {k: v for k, v in made["done"].items() if k not in signed} == {
            k: v for k, v in kept.items() if k not in signed
        }
        body = {"source_url": made["image"]["url"], "script": {"type": "text", "input": "Again"}}
        assert 201 == (await web.post("/talks", json=body)).status_code
        for job in made["cut"]:
            assert "done" == (await ended(web, f"/talks/{job}"))["status"]

    serve(tmp_path, before)
    assert [] == list(tmp_path.glob("pool-*"))
    serve(tmp_path, after)
