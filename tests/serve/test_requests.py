"""Requests as they come in: what is read, what is refused and how, which files they may name."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from didgen.api.wire import AnimationRequest, Logo
from didgen.serve.inputs import localised, named_in
from tests.serve.here import BASE, JPEG, serve, talk, upload


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
        url = (await upload(web))["url"].replace("127.0.0.1:8787", "127.0.0.1:9000")
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


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Добро пожаловать", "cannot read Cyrillic writing: 'Добро'"),
        ("Willkommen bei der Führung durch unser neues Büro in der Stadt.", "cannot speak a text in the language 'de'"),
    ],
)
def test_a_text_that_its_voice_cannot_read_is_no_job(tmp_path: Path, text: str, why: str) -> None:
    """It is refused at once, in the words that a plan has for it."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await talk(web, text)
        assert (400, "ValidationError") == (answer.status_code, answer.json()["kind"])
        assert f"the voice heart {why} (choose one of its language)" == answer.json()["description"]
        assert {"talks": []} == (await web.get("/talks")).json()

    serve(tmp_path, work)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"[" * 100_000, b"\xff\xfe"])
def test_a_body_that_is_no_object_is_a_bad_request(tmp_path: Path, data: bytes) -> None:
    """Not an internal error, whatever the bytes."""

    async def work(web: httpx.AsyncClient) -> None:
        answer = await web.post("/talks", content=data, headers={"Content-Type": "application/json"})
        assert (400, "BadRequestError") == (answer.status_code, answer.json()["kind"])

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
