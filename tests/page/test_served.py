"""The page of `didgen serve` in a real browser: the key, a talk made by hand, and what becomes of jobs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import httpx
import pytest

from didgen.jobs.pool import Pool
from didgen.page.board import Board
from didgen.page.jobs import job_page
from didgen.serve.app import make_app
from tests import fakes
from tests.api.served import DOOR, serving
from tests.page.browser import Browser, browsing, chromium

KEY = "local:c2VjcmV0LWtleS1vZi10aGUtdGVzdHM"
VIDEO = "document.querySelector('.frame video.front')"

needs_browser = pytest.mark.skipif(
    chromium() is None, reason="no Chromium on this machine (Debian: apt install chromium)"
)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    board = Board("didgen serve", form=True)
    pool = Pool(1, command=fakes.COMMAND, folder=tmp_path)
    app = make_app(pool, tmp_path / "served", KEY, ("127.0.0.1",), inspector=DOOR, page=partial(job_page, board=board))
    with serving(app) as url:
        yield f"{url}/"
        board.close()


def test_the_page_is_open_and_empty_and_its_data_want_the_key(server: str) -> None:
    """A browser cannot send a key before it has a page; nothing of the server's is in that."""
    for path in ("", "page/page.js", "page/form.js"):
        answer = httpx.get(server + path)
        assert 200 == answer.status_code
        assert KEY not in answer.text
    for path in ("page/events", "talks", "tts/voices"):
        assert 401 == httpx.get(server + path).status_code, path
    assert 404 == httpx.get(f"{server}page/files/guessed.mp4").status_code
    assert 421 == httpx.get(server, headers={"Host": "evil.example"}).status_code
    assert 403 == httpx.get(f"{server}page/events", headers={"Origin": "http://evil.example"}).status_code


@needs_browser
def test_a_talk_is_made_by_hand_and_seen_when_it_is_done(server: str, tmp_path: Path) -> None:
    (tmp_path / "anna.jpg").write_bytes(fakes.photo())
    (tmp_path / "notes.jpg").write_bytes(b"no picture at all")
    with browsing(tmp_path / "browser") as browser:
        browser.size(1440, 900)
        browser.go(server)
        browser.wait("document.getElementById('key').open")
        give_key(browser, "wrong")
        browser.wait("document.getElementById('key').open && !document.querySelector('#key .refusal').hidden")
        give_key(browser, KEY)
        browser.wait("!document.getElementById('make-button').hidden")
        assert "Nothing is here yet." in browser.text()

        browser.js("document.getElementById('make-button').click()")
        browser.wait("document.querySelectorAll('#make select option').length > 3")
        make(browser, tmp_path / "notes.jpg", "Hello there, everybody.")
        browser.wait("document.querySelector('#make .refusal').textContent.length > 5")
        assert browser.js("document.getElementById('make').open")

        make(browser, tmp_path / "anna.jpg", "Hello <b>there</b>, everybody.")
        browser.wait("!document.getElementById('make').open")
        browser.wait(
            f"{VIDEO} && {VIDEO}.videoWidth > 0 && document.querySelector('.scene').dataset.state === 'up-to-date'"
        )
        assert "Hello <b>there</b>, everybody." in browser.js("document.querySelector('.scene').innerText")

        browser.js("document.getElementById('make-button').click()")
        make(browser, tmp_path / "anna.jpg", "Please !refuse this.")
        browser.wait("[...document.querySelectorAll('.scene')].some((one) => one.dataset.state === 'failed')")
        browser.wait("!document.querySelector('.failure').hidden")
        assert 2 == browser.js("document.querySelectorAll('.scene').length")
        kept = "{...localStorage}, {...sessionStorage}, document.cookie, location.href"
        everything = f"JSON.stringify([document.documentElement.outerHTML, {kept}])"
        assert KEY not in browser.js(everything)


def give_key(browser: Browser, key: str) -> None:
    browser.js(f"document.querySelector('#key input').value = {json.dumps(key)}")
    browser.js("document.querySelector('#key .strong').click()")


def make(browser: Browser, photo: Path, text: str) -> None:
    """Fill the form and send it."""
    browser.choose_file("#make input[type=file]", photo)
    browser.js(f"document.querySelector('#make textarea').value = {json.dumps(text)}")
    browser.js("document.querySelector('#make .strong').click()")
