"""The page's server: who is let in, what leads to a file, and what a reader of the stream hears."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from didgen.errors import Place, Problem, UsageError
from didgen.page import events
from didgen.page.app import ASSETS, STATIC
from didgen.page.board import Board, Card, Clip
from didgen.page.serving import served

HELLO = Card("hello/welcome", "hello", state="up-to-date", script="Good morning.")


@pytest.fixture
def board() -> Board:
    board = Board("films")
    board.show([HELLO, Card("hello/more", "hello")], {"hello#film": ["hello/welcome", "hello/more"]})
    return board


@pytest.fixture
def url(board: Board) -> Iterator[str]:
    with served(board, 0) as url:
        yield url


class Reader:
    """A reader of the stream."""

    def __init__(self, url: str, seen: str = "") -> None:
        headers = {"Last-Event-ID": seen} if seen else {}
        self._stream = httpx.stream("GET", f"{url}page/events", headers=headers, timeout=10)
        self.answer = self._stream.__enter__()
        self._lines = self.answer.iter_lines()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *args: object) -> None:
        self._stream.__exit__(None, None, None)

    def event(self) -> tuple[str, Any, str]:
        """Kind, data and id of the next one; a heartbeat is ("", None, "")."""
        kind, data, name = "", None, ""
        for line in self._lines:
            if not line:
                return kind, data, name
            field, _, value = line.partition(": ")
            if field == "event":
                kind = value
            elif field == "data":
                data = json.loads(value)
            elif field == "id":
                name = value
        raise AssertionError("the stream has ended")

    def board(self) -> tuple[list[Any], Any, str]:
        """All cards up to the next whole board, that board, and its id."""
        cards: list[Any] = []
        while True:
            kind, data, name = self.event()
            if kind == "board":
                return cards, data, name
            cards += data if kind == "cards" else []


# -- who is let in ------------------------------------------------------------------------------------------------


def test_it_listens_on_this_machine_only(url: str) -> None:
    assert "127.0.0.1" == urlsplit(url).hostname


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
@pytest.mark.parametrize("path", ["", "page/events", "page/page.js"])
def test_a_name_that_somebody_made_lead_here_is_refused(url: str, host: str, path: str) -> None:
    """DNS rebinding: the browser thinks that it talks to the stranger's own server."""
    assert 421 == httpx.get(url + path, headers={"Host": host}).status_code


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_a_page_of_another_site_reads_nothing(url: str, origin: str) -> None:
    assert 403 == httpx.get(f"{url}page/events", headers={"Origin": origin}).status_code


def test_no_other_site_may_frame_or_embed_what_is_served(url: str) -> None:
    for path in ("", *(f"page/{name}" for name in ASSETS)):
        answer = httpx.get(url + path)
        assert 200 == answer.status_code, path
        assert "same-origin" == answer.headers["cross-origin-resource-policy"]
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "nosniff" == answer.headers["x-content-type-options"]


def test_nothing_is_inline_and_nothing_from_elsewhere(url: str) -> None:
    """Neither allowed by the policy nor asked for by the page."""
    policy = httpx.get(url).headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "http" not in policy
    for file in STATIC.iterdir():
        text = file.read_text("utf-8").replace("http://www.w3.org/2000/svg", "")
        assert [] == re.findall(r"https?://|@import|url\(|innerHTML|insertAdjacentHTML|document\.write|eval\(", text), (
            file.name
        )
    html = (STATIC / "index.html").read_text("utf-8")
    assert [] == re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", html)
    assert sorted(ASSETS) == sorted(set(re.findall(r'(?:src|href)="page/([\w.]+)"', html)))


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_it_can_be_looked_at_and_not_written_to(url: str, method: str) -> None:
    assert 405 == httpx.request(method, url).status_code
    assert 405 == httpx.request(method, f"{url}page/events").status_code


# -- files --------------------------------------------------------------------------------------------------------


def test_a_video_is_served_by_the_name_the_board_gave_it_in_ranges(url: str, board: Board, tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(bytes(range(100)))
    board.change("hello/welcome", clip=Clip(tmp_path / "a.mp4", 2.0))
    with Reader(url) as reader:
        link = reader.board()[0][0]["clip"]["video"]
    assert str(tmp_path) not in link
    answer = httpx.get(url + link, headers={"Range": "bytes=10-19"})
    assert (206, bytes(range(10, 20))) == (answer.status_code, answer.content)
    assert "video/mp4" == answer.headers["content-type"]


ESCAPES = (
    *("secret.txt", "../../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd"),
    *("....//etc/passwd", "..\\..\\etc\\passwd", "%00", "a" * 4000, ".mp4", "", "../board.py", "%ff%fe.mp4"),
)


def test_no_other_name_leads_anywhere(url: str, board: Board, tmp_path: Path) -> None:
    """Only what the board names is there to be asked for: no path is ever made from what is asked."""
    (tmp_path / "secret.txt").write_text("secret")
    board.change("hello/welcome", clip=Clip(tmp_path / "a.mp4", 2.0))
    for name in (*ESCAPES, str(tmp_path / "secret.txt")):
        for below in ("page/files/", "page/growing/", "page/"):
            answer = raw(url, f"/{below}{name}")
            assert answer.split(b" ")[1] in (b"404", b"400"), name
            assert b"secret" not in answer
            assert b"root:" not in answer


def raw(url: str, path: str) -> bytes:
    """The whole answer to a path that no client has tidied."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode("latin-1"))
        return b"".join(iter(lambda: line.recv(1 << 16), b""))


def test_a_file_that_has_gone_is_not_found(url: str, board: Board, tmp_path: Path) -> None:
    name = board.name_of(tmp_path / "gone.mp4")
    assert 404 == httpx.get(f"{url}page/files/{name}.mp4").status_code
    assert 404 == httpx.get(f"{url}page/growing/{name}.growing").status_code


def test_a_growing_video_is_sent_as_it_grows(url: str, board: Board, tmp_path: Path) -> None:
    path = tmp_path / "growing.mp4"
    path.write_bytes(b"first")
    with httpx.stream("GET", f"{url}page/growing/{board.name_of(path)}.growing", timeout=10) as answer:
        pieces = answer.iter_raw()
        assert b"first" == next(pieces)
        with path.open("ab") as file:
            file.write(b"second")
        assert b"second" == next(pieces)
        path.unlink()
        assert [] == list(pieces)


# -- the stream ---------------------------------------------------------------------------------------------------


def test_a_reader_hears_all_there_is_then_what_changes(url: str, board: Board) -> None:
    with Reader(url) as reader:
        cards, whole, _ = reader.board()
        assert ["hello/welcome", "hello/more"] == [card["address"] for card in cards] == whole["order"]
        assert [{"address": "hello#film", "scenes": ["hello/welcome", "hello/more"]}] == whole["films"]
        board.change("hello/more", state="rendering", progress=0.5)
        cards, whole, _ = reader.board()
        assert [("hello/more", "rendering", 0.5)] == [(c["address"], c["state"], c["progress"]) for c in cards]
        assert whole["order"] is None
        board.trouble([Problem("is not closed", Place("p.yaml", 3, 7), "scenes[0]", "close it")])
        told = {"message": "is not closed", "place": "p.yaml:3:7", "field": "scenes[0]", "hint": "close it"}
        assert [told] == reader.board()[1]["problems"]


def test_who_comes_back_hears_only_what_is_new(url: str, board: Board) -> None:
    with Reader(url) as reader:
        seen = reader.board()[2]
    board.change("hello/more", state="failed", reason="no face")
    with Reader(url, seen) as reader:
        cards, whole, _ = reader.board()
    assert ["hello/more"] == [card["address"] for card in cards]
    assert whole["order"] is None


@pytest.mark.parametrize("seen", ["0123abcd-2", "nonsense", "-", "0123abcd-" + "9" * 400])
def test_who_saw_another_board_hears_everything(url: str, seen: str) -> None:
    """The server was started again: its revisions are others."""
    with Reader(url, seen) as reader:
        cards, whole, _ = reader.board()
    assert 2 == len(cards) == len(whole["order"])


def test_a_revision_that_is_yet_to_come_is_taken_for_the_last_one(board: Board) -> None:
    assert board.revision == events.revision_of(board, f"{board.name}-999999")
    assert 0 == events.revision_of(board, f"{board.name}-²")


def test_a_quiet_stream_has_a_heartbeat(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    with Reader(url) as reader:
        reader.board()
        assert ("", None, "") == reader.event()


def test_many_scenes_come_a_few_at_a_time(url: str, board: Board) -> None:
    board.show([replace(HELLO, address=f"hello/{k}") for k in range(180)])
    with Reader(url) as reader:
        sizes = []
        while (event := reader.event())[0] == "cards":
            sizes.append(len(event[1]))
    assert [50, 50, 50, 30] == sizes


def test_a_reader_that_takes_nothing_is_let_go_and_finds_its_place_again(
    url: str, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it misses is not kept for it: the board knows."""
    monkeypatch.setattr(events, "SLOW_S", 0.2)
    board.show([replace(HELLO, address=f"hello/{k}", script="word " * 4000) for k in range(1000)])
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(10)
        line.connect((urlsplit(url).hostname, urlsplit(url).port))
        line.sendall(b"GET /page/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        heard = b""
        while b"event: cards" not in heard:  # it listens, though perhaps no longer when somebody looks
            heard += line.recv(1024)
        until = time.monotonic() + 10
        while board.listeners and time.monotonic() < until:
            time.sleep(0.02)
        assert 0 == board.listeners
    board.show([HELLO])
    with Reader(url, f"{board.name}-1") as reader:
        assert ["hello/welcome"] == reader.board()[1]["order"]


def test_the_end_does_not_wait_for_readers(board: Board) -> None:
    began = time.monotonic()
    with served(board, 0) as url, Reader(url) as reader:
        reader.board()
        board.close()
        with pytest.raises(AssertionError, match="ended"):
            reader.event()
    assert time.monotonic() - began < 8.0  # a graceful end alone would wait for ever


def test_a_port_that_is_taken_is_said(board: Board, url: str) -> None:
    port = urlsplit(url).port
    assert port is not None
    with pytest.raises(UsageError, match=f"port {port} of this machine is taken"), served(board, port):
        pass
