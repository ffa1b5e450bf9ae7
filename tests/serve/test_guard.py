"""Who is let in: keys, names of this machine, pages of other sites."""

from __future__ import annotations

import base64
from pathlib import Path

import httpx
import pytest

from tests.serve.here import BASE, serve


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

    serve(tmp_path, work, key="user:secret", headers={"Authorization": header})


@pytest.mark.parametrize("header", ["", "Basic wrong", "Bearer user:secret", "Basic user:secre", "Basic "])
def test_without_the_key_nothing_is_answered(tmp_path: Path, header: str) -> None:
    """401 in the service's words, for every path."""

    async def work(web: httpx.AsyncClient) -> None:
        for method, path in [("GET", "/talks"), ("POST", "/talks"), ("POST", "/images"), ("GET", "/credits")]:
            answer = await web.request(method, path)
            assert 401 == answer.status_code
            assert {"kind": "AuthorizationError", "description": "user unauthenticated"} == answer.json()

    serve(tmp_path, work, key="user:secret", headers={"Authorization": header})


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
