"""Where links of clients lead: never where the server must not go, and where they may once its owner said so."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from didgen.api.reach import LinkError, Reach, look_up
from didgen.errors import DidgenError, RenderError
from didgen.serve.inputs import Named
from didgen.serve.outside import Outside
from tests import fakes
from tests.api.served import Scripted, answer
from tests.serve import hostile
from tests.serve.here import body, ended, photo, serve

FIELDS = ("source_url", "audio_url", "driver_url", "logo", "overlay", "webhook", "result_url")


class Canary:
    """Listens where nobody may come, on IPv4 and IPv6, and counts who does."""

    def __init__(self) -> None:
        self.came = 0
        four, six = socket.socket(), socket.socket(socket.AF_INET6)
        four.bind(("0.0.0.0", 0))
        self.port = four.getsockname()[1]
        self._listeners = [four]
        try:
            six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            six.bind(("::", self.port))
            self._listeners.append(six)
        except OSError:  # a machine without IPv6
            six.close()
        for listener in self._listeners:
            listener.listen(64)
            threading.Thread(target=self._count, args=(listener,), daemon=True).start()

    def _count(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.came += 1
            connection.close()

    def close(self) -> None:
        for listener in self._listeners:
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()


@contextmanager
def canary() -> Iterator[Canary]:
    """Also shown to hear: a connection of our own is counted."""
    bird = Canary()
    try:
        socket.create_connection(("127.0.0.1", bird.port), 5).close()
        for _ in range(500):
            if bird.came:
                break
            threading.Event().wait(0.01)
        assert 1 == bird.came
        bird.came = 0
        yield bird
    finally:
        bird.close()


def resolver(asked: list[str]) -> Any:
    """Hostile names as `hostile.ANSWERS` has them, addresses by the system's own reading, everything else unknown."""

    def lookup(host: str) -> list[str]:
        asked.append(host)
        if host in hostile.ANSWERS:
            said = hostile.ANSWERS[host]
            return said[min(asked.count(host), len(said)) - 1]
        if (
            host in ("localhost", "ip6-localhost")
            or not any(c.isalpha() for c in host.replace("0x", ""))
            or ":" in host
        ):
            return look_up(host)
        raise OSError("no such host")

    return lookup


def asks(field: str, link: str, image: str) -> tuple[str, dict[str, Any]]:
    """A request whose one field is the link."""
    text, logo = {"type": "text", "input": "Hello"}, {"url": link, "position": [0, 0]}
    return {
        "source_url": ("/talks", {"source_url": link, "script": text}),
        "audio_url": ("/talks", {"source_url": image, "script": {"type": "audio", "audio_url": link}}),
        "driver_url": ("/animations", {"source_url": image, "driver_url": link}),
        "logo": (
            "/talks",
            {"source_url": image, "script": text, "config": {"logo": logo}},
        ),
        "overlay": ("/animations", {"source_url": image, "config": {"overlay": link}}),
        "webhook": ("/talks", {"source_url": image, "script": text, "webhook": link}),
        "result_url": ("/talks", {"source_url": image, "script": text, "result_url": link}),
    }[field]


def test_no_hostile_link_in_any_field_leads_to_a_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every form in every field: refused at once, or, where a name has to be looked up first, when it is to be called.
    Nobody comes to the canary, and nothing but a form of name tells one refusal from another."""
    asked: list[str] = []
    monkeypatch.setattr("didgen.serve.desk.Reach", lambda **given: Reach(**given, lookup=resolver(asked)))
    monkeypatch.setattr("didgen.serve.renders.PAUSE_S", 0.0)
    monkeypatch.setattr("didgen.serve.desk.PUT_AGAIN_S", (0.0,))

    outside = Outside(Reach(lookup=resolver(asked)), files=False)

    async def work(web: httpx.AsyncClient) -> None:
        image = await photo(web)
        accepted, said = [], set()
        for field in FIELDS:
            for link in hostile.links(bird.port):
                path, wanted = asks(field, link, image)
                given = await web.post(path, json=wanted)
                if field in ("webhook", "result_url") and given.status_code == 201:
                    await no_way(link)
                    accepted.append(f"{path}/{given.json()['id']}")
                    continue
                assert 400 == given.status_code, (field, link, given.text)
                said.add(given.json()["description"].partition(" (")[0].replace(link, ""))
        assert len(said) <= 2 * len(FIELDS) + 1, said
        for path in accepted[:8]:
            assert "done" == (await ended(web, path))["status"]
        await asyncio.sleep(0.2)  # the webhooks' turn

    async def no_way(link: str) -> None:
        with pytest.raises((DidgenError, httpx.HTTPError)):
            await outside.call(link, b"{}", {})

    with canary() as bird:
        assert 250 < len(list(hostile.links(bird.port)))
        serve(tmp_path, work)
        assert 0 == bird.came


def test_each_connection_asks_for_its_name_once_and_goes_where_that_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when it is checked and private when it is connected to gets no second look; each redirect
    is a link of its own."""
    asked: list[str] = []

    async def work() -> None:
        reach = Reach(lookup=resolver(asked))
        for name in ("rebind.example", "mixed.example", "mapped.example"):
            with pytest.raises(LinkError):
                await reach.addresses(httpx.URL(f"https://{name}/"))
            assert 1 == asked.count(name)

    monkeypatch.setitem(hostile.ANSWERS, "rebind.example", [["127.0.0.1"], ["93.184.215.14"]])
    asyncio.run(work())


def test_a_redirect_leads_no_further_than_a_link(tmp_path: Path) -> None:
    """From a place that may be asked to one that may not: not followed."""

    async def work() -> None:
        async with Scripted(answer(302, b"", "Location: http://10.0.0.1/a.jpg")) as site:
            outside = Outside(Reach(loopback=True, plain=True), files=False)
            with pytest.raises(RenderError, match="invalid source url: it cannot be fetched"):
                await outside.bring(Named("source_url", "source url", "picture", f"{site.base}/a.jpg"), tmp_path)
            assert 1 == site.connections

    asyncio.run(work())
    assert [] == list(tmp_path.iterdir())


def test_links_are_fetched_once_their_owner_allows_loopback(tmp_path: Path) -> None:
    """A photo of this machine by http, through a redirect, renders; two jobs at once ask for it once; an error, a page
    and a flood are refused in the same words as a closed port."""

    async def work(web: httpx.AsyncClient) -> None:
        image = fakes.photo()
        leads = lambda base: answer(302, b"", f"Location: {base}/b.jpg")  # noqa: E731
        async with Scripted(leads, answer(200, image)) as site:
            same = [web.post("/talks", json=body(f"{site.base}/a.jpg", f"Number {k}")) for k in range(2)]
            for made in await asyncio.gather(*same):
                assert 201 == made.status_code, made.text
                job = await ended(web, f"/talks/{made.json()['id']}")
                assert ("done", f"{site.base}/a.jpg") == (job["status"], job["source_url"])
            assert ["GET /a.jpg HTTP/1.1", "GET /b.jpg HTTP/1.1"] == site.lines("GET")
            assert all(b"authorization" not in head.lower() for _, head, _ in site.seen)
        said = set()
        for wrong in (answer(404), answer(200, image, "Content-Encoding: gzip"), b""):
            async with Scripted(wrong) as site:
                refused = await web.post("/talks", json=body(f"{site.base}/a.jpg"))
                said.add((refused.status_code, refused.json()["description"]))
        closed = await web.post("/talks", json=body(f"{site.base}/other.jpg"))
        said.add((closed.status_code, closed.json()["description"]))
        assert {(400, "invalid source url: it cannot be fetched")} == said
        async with Scripted(answer(200, bytes(11 << 20)), answer(200, b"<html>")) as site:
            flood = await web.post("/talks", json=body(f"{site.base}/big.jpg"))
            page = await web.post("/talks", json=body(f"{site.base}/page.jpg"))
        assert (400, "InvalidFileSizeError") == (flood.status_code, flood.json()["kind"])
        assert (415, "UnsupportedMimeTypeError") == (page.status_code, page.json()["kind"])

    serve(tmp_path, work, loopback=True)
    assert 1 == len(list((tmp_path / "served" / "uploads").iterdir()))
    assert [] == list((tmp_path / "served" / "making").iterdir())


def test_files_of_this_machine_are_read_only_when_that_is_allowed(tmp_path: Path) -> None:
    """A regular file, not through a link, not a device, not a folder; refused, nothing tells what is there."""
    good, link = tmp_path / "a.jpg", tmp_path / "link.jpg"
    good.write_bytes(fakes.photo())
    link.symlink_to(good)
    home, mine = tmp_path.as_uri(), good.as_uri()

    async def allowed(web: httpx.AsyncClient) -> None:
        made = await web.post("/talks", json=body(mine))
        assert "done" == (await ended(web, f"/talks/{made.json()['id']}"))["status"]
        said = set()
        for url in (link.as_uri(), "file:///dev/zero", home, "file:///nobody.jpg", "file://host/a.jpg"):
            refused = await web.post("/talks", json=body(url))
            said.add((refused.status_code, refused.json()["description"]))
        assert {(400, "invalid source url: it is no file that can be read")} == said

    async def not_allowed(web: httpx.AsyncClient) -> None:
        refused = await web.post("/talks", json=body(mine))
        assert (400, "BadRequestError") == (refused.status_code, refused.json()["kind"])

    serve(tmp_path, allowed, files=True)
    serve(tmp_path, not_allowed)


def test_a_video_is_written_to_result_url_or_the_job_says_that_it_was_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PUT with its type and length, before the job is done; what cannot be written is still here."""
    monkeypatch.setattr("didgen.serve.desk.PUT_AGAIN_S", (0.0, 0.0))

    async def work(web: httpx.AsyncClient) -> None:
        image = await photo(web)
        async with Scripted(answer(503), answer(200), answer(403), answer(403)) as bucket:
            link = f"{bucket.base}/mine.mp4?Signature=abc"
            good = (await web.post("/talks", json=body(image, result_url=link))).json()["id"]
            job = await ended(web, f"/talks/{good}")
            video = (await web.get(job["result_url"])).content
            assert ["PUT /mine.mp4?Signature=abc HTTP/1.1"] * 2 == bucket.lines("PUT")
            assert [video, video] == [data for _, _, data in bucket.seen]
            assert b"content-type: video/mp4" in bucket.seen[0][1].lower()
            assert [] == job["metadata"]["warnings"]
            bad = (await web.post("/talks", json=body(image, "Other", result_url=link))).json()["id"]
            job = await ended(web, f"/talks/{bad}")
            assert ["result_url could not be written to"] == job["metadata"]["warnings"]
            assert 200 == (await web.get(job["result_url"])).status_code
        assert json.dumps(job)

    serve(tmp_path, work, loopback=True)


def test_what_a_link_led_to_stays_while_uploads_are_deleted(tmp_path: Path) -> None:
    """For as long as it is taken for what the link leads to: the next job by that link is not refused."""

    async def work(web: httpx.AsyncClient) -> None:
        async with Scripted(answer(200, fakes.photo())) as site:
            for k in range(2):
                made = await web.post("/talks", json=body(f"{site.base}/a.jpg", f"Number {k}"))
                assert 201 == made.status_code, made.text
                assert "done" == (await ended(web, f"/talks/{made.json()['id']}"))["status"]
                other = (await web.post("/images", files={"image": ("b.jpg", fakes.photo())})).json()
                assert 204 == (await web.delete(f"/images/{other['id']}")).status_code

    serve(tmp_path, work, loopback=True)
    assert 1 == len(list((tmp_path / "served" / "uploads").iterdir()))
