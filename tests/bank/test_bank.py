"""The oracle itself: what it shows, refuses, writes down and gets wrong on demand. Plain sockets and http.client."""

from __future__ import annotations

import ast
import base64
import http.client
import json
import math
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import av
import pytest

from tests.bank.started import KEY, Started, opened

TALK = {
    "source_url": "https://example.org/maria.jpg",
    "script": {"type": "text", "input": "Hello there, everybody. " * 4},
    "user_data": "mine didgen1:" + "a" * 32 + ":" + "b" * 32,
    "name": "onboarding/welcome",
}
BASIC = "Basic " + base64.b64encode(KEY.encode()).decode()


def ask(bank: Started, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, str], Any]:
    """Status, headers and JSON of an answer (bytes when it is none)."""
    where = urlsplit(bank.url)
    line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    sent = {"Authorization": BASIC, "Content-Type": "application/json", **headers}
    line.request(method, path, json.dumps(body) if isinstance(body, dict) else body, sent)
    answer = line.getresponse()
    data = answer.read()
    line.close()
    try:
        return answer.status, dict(answer.headers), json.loads(data)
    except ValueError:
        return answer.status, dict(answer.headers), data


def until_done(bank: Started, path: str, status: str = "done") -> dict[str, Any]:
    deadline = time.monotonic() + 10
    while (job := ask(bank, "GET", path)[2])["status"] != status:
        assert time.monotonic() < deadline, job
        time.sleep(0.01)
    answer: dict[str, Any] = job
    return answer


def load(url: str) -> tuple[int, bytes]:
    where = urlsplit(url)
    line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    line.request("GET", f"{where.path}?{where.query}")
    answer = line.getresponse()
    return answer.status, answer.read()


def test_the_bank_shares_no_code_with_what_it_judges() -> None:
    """Not even by way of a third module; the process needs the standard library only."""
    import sys

    for path in Path(__file__).parent.glob("*.py"):
        if path.name.startswith(("test_", "clips")):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                assert name.startswith("tests.bank") or name.split(".")[0] in sys.stdlib_module_names, (path, name)


def test_a_talk_from_post_to_video(bank: Started, tmp_path: Path) -> None:
    """The short object, then the stages, then a link to a video of the length that was said and billed."""
    status, _, made = ask(bank, "POST", "/talks/", TALK)
    assert 201 == status
    assert {"id", "object", "created_at", "created_by", "status"} == made.keys()
    assert ("talk", "created") == (made["object"], made["status"])
    (line,) = bank.bought()
    assert (made["id"], "a" * 32, "b" * 32) == (line["id"], line["key"], line["nonce"])
    job = until_done(bank, f"/talks/{made['id']}")
    assert job["created_at"].endswith("Z")
    assert not job["started_at"].endswith("Z")
    assert ".mp4" == job["config"]["result_format"]
    assert "no" == job["face"]["overlap"]
    assert isinstance(job["face"]["detection"], list)
    assert [512, 512] == job["metadata"]["resolution"]
    assert (TALK["user_data"], TALK["name"]) == (job["user_data"], job["name"])
    assert TALK["source_url"] not in job["source_url"]
    status, video = load(job["result_url"])
    assert 200 == status
    (tmp_path / "v.mp4").write_bytes(video)
    with av.open(str(tmp_path / "v.mp4")) as box:
        assert job["duration"] * 25 == sum(1 for _ in box.decode(video=0))
    assert 96 / 14 == pytest.approx(job["duration"], abs=0.2)
    assert math.ceil(job["duration"] / 15) == line["credits"]
    assert 1000 - line["credits"] == ask(bank, "GET", "/credits")[2]["remaining"]
    assert 403 == load(job["result_url"].replace("Expires=", "Expires=9"))[0]


def test_an_animation_has_its_own_shapes(bank: Started) -> None:
    """No duration, strings in the resolution, other keys in the metadata."""
    made = ask(bank, "POST", "/animations", {"source_url": "https://example.org/a.bmp"})[2]
    assert made["id"].startswith("anm_")
    job = until_done(bank, f"/animations/{made['id']}")
    assert not {"duration", "audio_url", "face"} & job.keys()
    assert ["512", "512"] == job["metadata"]["resolution"]
    assert {"faces", "source_pose", "video_fps"} <= job["metadata"].keys()
    assert 0.75 == job["config"]["motion_factor"]


def test_jobs_are_listed_newest_first_in_pages(tmp_path: Path) -> None:
    """Every job once, also while new ones arrive between two pages; no token on the last."""
    with opened(tmp_path, "--pages", "2", "--foreign", "2") as bank:
        made = [ask(bank, "POST", "/talks", TALK)[2]["id"] for _ in range(3)]
        first = ask(bank, "GET", "/talks?limit=100")[2]
        ask(bank, "POST", "/talks", TALK)
        second = ask(bank, "GET", f"/talks?limit=100&token={first['token']}")[2]
        ids = [job["id"] for job in first["talks"] + second["talks"]]
        assert made[::-1] == ids[:3]
        assert ids[3].startswith("tlk_foreign")
        assert "token" not in second


def test_the_echo_and_the_lag_are_options(tmp_path: Path) -> None:
    """Without an echo no answer has the tag; by id only, the listing lacks it; with a lag a job is listed later."""
    for flag, listed, by_id in (("--no-echo", False, False), ("--echo-only-by-id", False, True)):
        with opened(tmp_path / flag, flag) as bank:
            made = ask(bank, "POST", "/talks", TALK)[2]["id"]
            assert listed == ("user_data" in ask(bank, "GET", "/talks")[2]["talks"][0])
            assert by_id == ("name" in ask(bank, "GET", f"/talks/{made}")[2])
    with opened(tmp_path / "lag", "--lag-s", "60") as bank:
        made = ask(bank, "POST", "/talks", TALK)[2]["id"]
        assert [] == ask(bank, "GET", "/talks")[2]["talks"]
        assert made == ask(bank, "GET", f"/talks/{made}")[2]["id"]


def test_a_bank_started_again_is_the_same_account(bank: Started) -> None:
    """Down, nobody listens; up, its jobs, its credits and its address are back."""
    made = ask(bank, "POST", "/talks", TALK)[2]["id"]
    bank.down()
    with pytest.raises(ConnectionRefusedError):
        ask(bank, "GET", "/credits")
    bank.up()
    assert made == ask(bank, "GET", "/talks")[2]["talks"][0]["id"]
    assert 999 == ask(bank, "GET", "/credits")[2]["remaining"]


def test_nobody_else_is_given_the_ports_of_a_bank_that_is_down(bank: Started) -> None:
    """Who connects is refused, and it comes again where it was."""
    url = bank.url
    bank.down()
    for port in bank._ports.values():
        with socket.socket() as other, pytest.raises(OSError, match="in use"):
            other.bind(("127.0.0.1", port))
        with socket.socket() as caller, pytest.raises(ConnectionRefusedError):
            caller.connect(("127.0.0.1", port))
    bank.up()
    assert (url, 200) == (bank.url, ask(bank, "GET", "/credits")[0])


def test_a_running_job_is_not_deleted(tmp_path: Path) -> None:
    """409 until it is done, 200 with the object, then 404; what was paid stays paid."""
    with opened(tmp_path, "--render-s", "3600") as bank:
        path = f"/talks/{ask(bank, 'POST', '/talks', TALK)[2]['id']}"
        status, _, body = ask(bank, "DELETE", path)
        assert (409, "NotReadyError") == (status, body["kind"])
        bank.down()
        bank.up("--render-s", "0")
        until_done(bank, path)
        assert 200 == ask(bank, "DELETE", path)[0]
        assert 404 == ask(bank, "GET", path)[0]
        assert 1 == len(bank.bought())


@pytest.mark.parametrize(
    ("header", "good"),
    [
        (f"Basic {KEY}", True),
        (BASIC, True),
        ("Basic " + base64.b64encode(f"{KEY}:".encode()).decode(), True),
        (f"{BASIC}~x8f2", True),
        (f"Bearer {KEY}", False),
        ("Basic wrong", False),
        ("", False),
    ],
)
def test_the_key_opens_in_four_forms(bank: Started, header: str, good: bool) -> None:
    """A to D; a bearer token it is not."""
    status, _, body = ask(bank, "GET", "/talks?limit=1", Authorization=header)
    assert (200 if good else 401) == status
    assert good or body["kind"] == "AuthorizationError"


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"script": None}, "ValidationError"),
        ({"source_url": "http://example.org/a.jpg"}, "BadRequestError"),
        ({"source_url": "s3://d-id-images-prod/x/gone/a.jpg"}, "BadRequestError"),
        ({"user_data": "x" * 1001}, "ValidationError"),
        ({"script": {"type": "text", "input": "x" * 40_001}}, "ValidationError"),
        ({"script": {"type": "text", "input": "x" * 30_000}}, "InsufficientCreditsError"),
    ],
)
def test_what_it_refuses_costs_nothing(tmp_path: Path, change: dict[str, Any], kind: str) -> None:
    """The service's own body, and no line in the ledger."""
    with opened(tmp_path, "--credits", "20") as bank:
        status, _, body = ask(bank, "POST", "/talks", {**TALK, **change})
        assert (402 if "Credits" in kind else 400, kind) == (status, body["kind"])
        assert [] == bank.bought()


def multipart(field: str, name: str, mime: str, data: bytes) -> tuple[bytes, dict[str, str]]:
    head = f'--xyz\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\nContent-Type: {mime}\r\n\r\n'
    return head.encode() + data + b"\r\n--xyz--\r\n", {"Content-Type": "multipart/form-data; boundary=xyz"}


def test_uploads_are_kept_used_and_deleted(bank: Started) -> None:
    """A picture's link works in a talk until it is deleted; types, sizes and names are checked."""
    picture = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 3
    body, headers = multipart("image", "maria.jpg", "image/jpeg", picture)
    status, _, made = ask(bank, "POST", "/images", body, **headers)
    assert 201 == status
    assert made["url"].endswith("/maria.jpg")
    assert len(picture) == bank.ledger()[0]["bytes"]
    assert 201 == ask(bank, "POST", "/talks", {**TALK, "source_url": made["url"]})[0]
    assert 204 == ask(bank, "DELETE", f"/images/{made['id']}")[0]
    assert 404 == ask(bank, "DELETE", f"/images/{made['id']}")[0]
    assert 400 == ask(bank, "POST", "/talks", {**TALK, "source_url": made["url"]})[0]
    small = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x80\0\0\0\x80"
    for name, mime, data, kind in (
        ("a.gif", "image/gif", b"GIF89a", "UnsupportedMimeTypeError"),
        ("a b.jpg", "image/jpeg", picture, "BadRequestError"),
        ("a.jpg", "image/jpeg", b"\xff\xd8\xff" + bytes(11 << 20), "InvalidFileSizeError"),
        ("a.png", "image/png", small, "InvalidImageResolutionError"),
    ):
        body, headers = multipart("image", name, mime, data)
        assert kind == ask(bank, "POST", "/images", body, **headers)[2]["kind"]
    body, headers = multipart("audio", "a.mp3", "audio/mpeg", bytes(64_000))
    assert 2.0 == ask(bank, "POST", "/audios", body, **headers)[2]["duration"]


def test_voices_are_listed_by_provider(bank: Started) -> None:
    """All of them, or one provider's."""
    assert {"microsoft", "amazon", "elevenlabs", "google"} == {
        v["provider"] for v in ask(bank, "GET", "/tts/voices")[2]
    }
    assert ["Amy"] == [voice["id"] for voice in ask(bank, "GET", "/tts/voices?provider=amazon")[2]]


@pytest.mark.parametrize("accept", [True, False])
@pytest.mark.parametrize("fault", ["status", "reset", "close", "hang", "body"])
def test_a_post_goes_wrong_with_and_without_being_accepted(bank: Started, fault: str, accept: bool) -> None:
    """What the caller gets is the same; the ledger knows the difference; the next one is whole."""
    more: dict[str, Any] = {"status": {"status": 504, "shape": "gateway"}, "hang": {"s": 0.2}}.get(fault, {})
    if fault == "body":
        more = {"status": 201, "text": "<html>"}
    bank.rules({"method": "POST", "path": "/talks", "nth": 1, "fault": fault, "accept": accept, **more})
    try:
        status, _, body = ask(bank, "POST", "/talks", TALK)
        assert (
            (504, {"message": "Endpoint request timed out"}) == (status, body)
            if fault == "status"
            else b"<html>" == body
        )
    except (OSError, http.client.HTTPException):
        assert fault in ("reset", "close", "hang")
    assert accept == len(bank.bought())
    assert 201 == ask(bank, "POST", "/talks", TALK)[0]
    assert accept == bank.duplicates()


def test_answers_are_bent_by_rule(bank: Started) -> None:
    """Statuses, waits in both forms, fields set and left out, endings other than done; the first that applies."""
    bank.rules(
        {"path": "/talks", "having": "other words", "fault": "status", "status": 451},
        {"path": "/talks", "nth": 2, "fault": "edit", "drop": ["id"]},
        {"path": "/credits", "nth": 1, "fault": "status", "status": 429, "retry_after": "7"},
        {"path": "/credits", "nth": 2, "fault": "status", "status": 429, "retry_after": {"in_s": 60}},
        {"path": "/credits", "nth": [3, 4], "fault": "status", "status": 502, "shape": "html"},
        {"method": "POST", "path": "/animations", "fault": "ends", "ends": "rejected", "kind": "ImageModerationError"},
    )
    assert 451 == ask(bank, "POST", "/talks", {**TALK, "name": "other words"})[0]
    assert "id" not in ask(bank, "POST", "/talks", TALK)[2]
    assert "7" == ask(bank, "GET", "/credits")[1]["Retry-After"]
    later = parsedate_to_datetime(ask(bank, "GET", "/credits")[1]["Retry-After"]).timestamp() - time.time()
    assert 50 < later < 61
    assert [502, 502, 200] == [ask(bank, "GET", "/credits")[0] for _ in range(3)]
    made = ask(bank, "POST", "/animations", {})[2]
    job = until_done(bank, f"/animations/{made['id']}", "rejected")
    assert "ImageModerationError" == job["error"]["kind"]
    assert "result_url" not in job


def test_requests_wait_for_one_another(bank: Started) -> None:
    """The first is answered when the second has come, the third at once."""
    bank.rules({"path": "/credits", "fault": "meet", "of": 2})
    with ThreadPoolExecutor() as others:
        first = others.submit(ask, bank, "GET", "/credits")
        with pytest.raises(TimeoutError):
            first.result(0.3)
        assert [200, 200] == [ask(bank, "GET", "/credits")[0] for _ in range(2)]
        assert 200 == first.result()[0]


def raw(url: str) -> bytes:
    """All bytes of an answer, as they come."""
    where = urlsplit(url)
    with socket.create_connection((where.hostname or "", where.port or 0), 10) as line:
        line.sendall(f"GET {where.path}?{where.query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        data = b""
        try:
            while piece := line.recv(65536):
                data += piece
        except ConnectionResetError:
            data += b"RESET"
    return data


def test_downloads_go_wrong_in_every_way(bank: Started) -> None:
    """Cut, too long and too short lengths, none at all, compressed, another video, a page, a reset, nothing."""
    made = ask(bank, "POST", "/talks", TALK)[2]["id"]
    url = until_done(bank, f"/talks/{made}")["result_url"]
    path = urlsplit(url).path
    whole = raw(url).partition(b"\r\n\r\n")[2]

    def answer(**rule: Any) -> tuple[bytes, bytes]:
        bank.rules({"path": path.replace("|", "."), "fault": rule.pop("fault"), **rule})
        head, _, body = raw(url).partition(b"\r\n\r\n")
        return head, body

    assert len(whole) // 2 == len(answer(fault="cut", keep=0.5)[1])
    assert b"" == answer(fault="cut", keep=0)[1]
    assert f"Content-Length: {len(whole) + 9}".encode() in answer(fault="length", by=9)[0]
    head, body = answer(fault="length", none=True)
    assert b"Content-Length" not in head
    assert whole == body
    assert b"Content-Encoding: gzip" in answer(fault="gzip")[0]
    assert len(answer(fault="clip", duration_s=1)[1]) < len(whole)
    assert b"<html>" == answer(fault="status", status=200, shape="html")[1][:6]
    head, body = answer(fault="reset", after=500)
    assert (head + body).endswith(b"RESET")
    assert 403 == load(url.replace("Signature=", "Signature=x"))[0]


def test_a_key_in_the_wrong_place_is_written_down(bank: Started) -> None:
    """To the bucket in any header, or to the API outside its own."""
    ask(bank, "GET", "/credits")
    assert [] == bank.leaks()
    ask(bank, "GET", f"/credits?key={KEY}")
    where = urlsplit(bank.bucket)
    line = http.client.HTTPConnection(where.hostname or "", where.port, timeout=10)
    line.request("GET", "/x", headers={"Authorization": BASIC})
    assert 403 == line.getresponse().status
    assert [["path"], ["headers"]] == [request["leak"] for request in bank.leaks()]
