"""Uploads: what is kept, under which name, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serve.here import JPEG, serve, upload


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
