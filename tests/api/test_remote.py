"""Inputs by URL, brought from a real https site: pinned, asked again, and never from where they must not come."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from didgen.api import remote
from didgen.api.reach import AwayError, LinkError
from didgen.api.remote import Pinned, Remote
from didgen.digest import sha256_bytes
from didgen.errors import DidgenError, StorageError
from tests.sites import CERTIFICATE, PHOTO, Site, page, site, tagged

HOSTS = {"photos.example": ["127.0.0.1"], "other.example": ["127.0.0.1"], "stranger.example": ["127.0.0.1"]}
HOSTS |= {"inside.example": ["10.1.2.3"], "mixed.example": ["8.8.8.8", "192.168.0.1"]}
WEBP = b"RIFF\x10\0\0\0WEBPVP8 " + bytes(99)


class Memory:
    """A memo in a dict."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self.held.get(key)

    def put(self, key: str, value: bytes) -> None:
        self.held[key] = value


class Bench:
    """Makes one `Remote` after another over the same folder and memo, as one walk after another does."""

    def __init__(self, folder: Path, web: Site) -> None:
        self.folder, self.web, self.memo = folder, web, Memory()
        self.notices: list[str] = []
        self.lookups: list[str] = []

    def remote(self, **options: Any) -> Remote:
        given = {"loopback": True, "lookup": self.lookup, "on_notice": self.notices.append, "deadline_s": 10.0}
        return Remote(self.folder, self.memo, **{**given, **options})

    def lookup(self, host: str) -> list[str]:
        self.lookups.append(host)
        return HOSTS.get(host, [host] if host[0].isdigit() else [])

    def bring(self, path: str, kind: str = "image", **options: Any) -> Pinned:
        return self.remote(**options)(self.web.url(path), kind)

    def refused(self, path: str, error: type[Exception] = LinkError, kind: str = "image", **options: Any) -> str:
        """The message of a refusal, after which nothing lies in the folder."""
        before = set(self.folder.iterdir()) if self.folder.exists() else set()
        url = path if path.startswith("http") else self.web.url(path)
        with pytest.raises(error) as caught:
            self.remote(**options)(url, kind)
        assert before == (set(self.folder.iterdir()) if self.folder.exists() else set())
        return str(caught.value)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with site() as web:
        yield Bench(tmp_path / "remote", web)


def head(bench: Bench, number: int = -1) -> dict[str, str]:
    """The headers of a request the site has seen."""
    lines = bench.web.seen[number].split("\r\n")[1:]
    return {name.lower(): value for name, _, value in (line.partition(": ") for line in lines if line)}


def test_a_picture_is_brought_and_pinned(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under its digest, with a suffix of its content; asked for by its own name, uncompressed, past any proxy."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    bench.web.pages["/anna?size=2"] = page(PHOTO)
    remote = bench.remote()
    pinned = remote(bench.web.url("/anna?size=2#face"), "image")
    assert (sha256_bytes(PHOTO), ".jpg", len(PHOTO)) == (pinned.digest, pinned.suffix, pinned.size)
    assert PHOTO == remote.path(pinned).read_bytes()
    assert [remote.path(pinned)] == list(bench.folder.iterdir())
    assert f"photos.example:{bench.web.port}" == head(bench)["host"]
    assert "identity" == head(bench)["accept-encoding"]
    assert not {"cookie", "authorization", "if-none-match", "if-modified-since"} & head(bench).keys()
    assert ["photos.example"] == bench.lookups


def test_a_picture_that_comes_in_crumbs(bench: Bench) -> None:
    """It is known by its first bytes, however few come at a time."""

    def crumbs(head: str) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n"
        for start, end in ((0, 2), (2, 7), (7, None)):
            time.sleep(0.02)
            yield PHOTO[start:end]

    bench.web.pages["/a.jpg"] = crumbs
    assert (sha256_bytes(PHOTO), ".jpg") == (bench.bring("/a.jpg").digest, ".jpg")


def test_one_walk_asks_once(bench: Bench) -> None:
    """However many scenes name a URL."""
    bench.web.pages["/a.jpg"] = page(PHOTO)
    remote = bench.remote()
    assert remote(bench.web.url("/a.jpg"), "image") == remote(bench.web.url("/a.jpg"), "image")
    assert 1 == len(bench.web.seen)


@pytest.mark.parametrize(("answer", "error"), [(page(b"<p>"), LinkError), (page(b"", status=503), AwayError)])
def test_one_walk_is_refused_once(bench: Bench, answer: Any, error: type[Exception]) -> None:
    """A default that cannot be fetched costs one deadline, not one a scene."""
    bench.web.pages["/a.jpg"] = answer
    remote = bench.remote()
    for _ in range(2):
        with pytest.raises(error):
            remote(bench.web.url("/a.jpg"), "image")
    assert 1 == len(bench.web.seen)


def test_the_certificate_has_to_be_the_hosts(bench: Bench) -> None:
    """The connection goes to an address, the name that is proven is the link's."""
    bench.web.pages["/a.jpg"] = page(PHOTO)
    message = bench.refused(bench.web.url("/a.jpg", "stranger.example"), AwayError)
    assert message.startswith(f"https://stranger.example:{bench.web.port}/a.jpg cannot be fetched now")
    assert [] == bench.web.seen


def test_the_next_address_is_tried(bench: Bench) -> None:
    """When nobody listens at the first one of a host; the lookup is not repeated."""
    bench.web.pages["/a.jpg"] = page(PHOTO)
    bench.remote(lookup=lambda _host: ["127.0.0.9", "127.0.0.1"])(bench.web.url("/a.jpg"), "image")
    assert 1 == len(bench.web.seen)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://inside.example/a.jpg", "inside.example is not on the public internet"),
        ("https://mixed.example/a.jpg", "mixed.example is not on the public internet"),
        ("https://127.0.0.1/a.jpg", "127.0.0.1 is not on the public internet"),
        ("https://169.254.169.254/latest/meta-data/", "169.254.169.254 is not on the public internet"),
        ("https://photos.example/a.jpg", "photos.example is not on the public internet"),
        ("https://anna:secret@photos.example/a.jpg", "with a password in it is not fetched (photos.example)"),
        ("https://photos.example:8443/a.jpg", "https://photos.example:8443 names a port"),
        ("https:///a.jpg", "is no https link"),
        ("http://photos.example/a.jpg", "http://photos.example is no https link"),
        ("https://photos.example/" + "a" * 2048, "is no URL that can be fetched"),
        ("https://photos.example/\n", "is no URL that can be fetched"),
        ("https://photos.example:port/", "is no URL"),
    ],
)
def test_links_that_are_refused(bench: Bench, url: str, message: str) -> None:
    """Before anything is sent, whatever the site would answer; a password is not shown."""
    said = bench.refused(url, loopback=False)
    assert message in said
    assert "secret" not in said
    assert [] == bench.web.seen


def test_three_redirects_and_no_more(bench: Bench) -> None:
    """Relative ones and ones to another host; each hop is looked up and checked."""
    pages = bench.web.pages
    pages["/1"] = page(b"", "Location: /2", status=301)
    pages["/2"] = page(b"", f"Location: {bench.web.url('/3', 'other.example')}", status=302)
    pages["/3"] = page(b"", "Location: a.jpg", status=307)
    pages["/a.jpg"] = page(PHOTO)
    pages["/0"] = page(b"", "Location: /1", status=308)
    assert sha256_bytes(PHOTO) == bench.bring("/1").digest
    assert ["photos.example", "photos.example", "other.example", "other.example"] == bench.lookups
    assert f"other.example:{bench.web.port}" == head(bench)["host"]
    assert "leads on more than 3 times" in bench.refused("/0")


@pytest.mark.parametrize(
    ("to", "message"),
    [
        ("https://10.0.0.1/a.jpg", "10.0.0.1 is not on the public internet"),
        ("//inside.example/a.jpg", "inside.example is not on the public internet"),
        ("https://169.254.169.254/", "169.254.169.254 is not on the public internet"),
        ("http://other.example/a.jpg", "http://other.example is no https link"),
        ("file:///etc/passwd", "is no https link"),
        ("https://me:secret@other.example/", "with a password in it is not fetched (other.example)"),
    ],
)
def test_a_redirect_is_a_new_link(bench: Bench, to: str, message: str) -> None:
    """It leads neither inside, nor out of https, nor to a file."""
    bench.web.pages["/a.jpg"] = page(b"", f"Location: {to}", status=302)
    assert message in bench.refused("/a.jpg")
    assert 1 == len(bench.web.seen)


def test_a_resolver_that_changes_its_mind_gains_nothing(bench: Bench) -> None:
    """The address that was checked is the one that is asked: one lookup, no second one to lie to."""
    bench.web.pages["/a.jpg"] = page(PHOTO)
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    remote = bench.remote(lookup=lambda _host: answers.pop(0))
    remote(bench.web.url("/a.jpg"), "image")
    assert [["10.0.0.1"]] == answers


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (page(b"  <!DOCTYPE html><title>Log in</title>"), "holds a web page, not an image"),
        (page(b""), "holds nothing, not an image"),
        (page(b"#EXTM3U\nhttps://10.0.0.1/x"), "holds something else, not an image"),
        (page(b"RIFF\x10\0\0\0WAVEfmt "), "holds a wav file, not an image"),
        (page(b"\x1f\x8b", "Content-Encoding: gzip"), "came compressed"),
        (page(b"gone", status=404), "its server answered 404"),
        (page(b"", status=304), "its server answered 304"),
        (page(PHOTO, status=206), "its server answered 206"),
        (page(PHOTO, length=(20 << 20) + 1), "is larger than 20 MB (make it smaller)"),
    ],
)
def test_what_is_not_the_input(bench: Bench, answer: Any, message: str) -> None:
    """One clear word, without the query of the link, and nothing is kept."""
    bench.web.pages["/a.jpg?token=secret"] = answer
    said = bench.refused("/a.jpg?token=secret")
    assert message in said
    assert f"https://photos.example:{bench.web.port}/a.jpg" in said
    assert "secret" not in said
    assert {} == bench.memo.held


@pytest.mark.parametrize(
    "answer",
    [
        page(PHOTO, length=len(PHOTO) + 1),
        page(b"", status=503),
        page(b"", status=429),
        lambda _head: [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\ncut"],
        lambda _head: [b"no HTTP at all\r\n\r\n"],
        lambda _head: [],
    ],
)
def test_what_may_come_another_time(bench: Bench, answer: Any) -> None:
    """Fewer bytes than promised, an unwell server, a cut connection: nothing half is kept."""
    bench.web.pages["/a.jpg"] = answer
    assert "cannot be fetched now" in bench.refused("/a.jpg", AwayError)


def test_an_endless_answer_is_cut_off(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap counts what comes, not what is promised; a whole answer of just the cap passes."""
    monkeypatch.setitem(remote.CAP_BYTES, "image", len(PHOTO))

    def endless(head: str) -> Iterable[bytes]:
        yield b"HTTP/1.1 200 OK\r\n\r\n" + PHOTO
        while True:
            yield bytes(4096)

    bench.web.pages |= {"/endless": endless, "/a.jpg": page(PHOTO, length=-1)}
    assert "is larger than 0 MB" in bench.refused("/endless")
    assert len(PHOTO) == bench.bring("/a.jpg").size


@pytest.mark.parametrize("start", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n\xff\xd8\xff"])
def test_a_slow_drip_ends_at_the_deadline(bench: Bench, start: bytes) -> None:
    """In the head as in the body: each byte comes in time, the whole does not."""

    whole = threading.Event()

    def drip(head: str) -> Iterable[bytes]:
        yield start
        for _ in range(5000):
            time.sleep(0.01)
            yield b"x"
        whole.set()

    bench.web.pages["/a.jpg"] = drip
    began = time.monotonic()
    assert "cannot be fetched now" in bench.refused("/a.jpg", AwayError, deadline_s=0.3)
    assert 0.3 <= time.monotonic() - began
    assert not whole.is_set()


def test_a_resolver_that_hangs_ends_at_the_deadline(bench: Bench) -> None:
    """Nobody waits for its thread."""
    released, given_up = threading.Event(), threading.Event()

    def hang(host: str) -> list[str]:
        released.wait(60) or given_up.set()
        return []

    assert "cannot be fetched now" in bench.refused("/a.jpg", AwayError, deadline_s=0.2, lookup=hang)
    assert not given_up.is_set()
    released.set()


def test_a_second_walk_asks_whether_it_changed(bench: Bench) -> None:
    """304 keeps the copy; what changed is brought; the time of the last word is remembered."""
    bench.web.pages["/a.jpg"] = tagged(PHOTO, '"one"')
    first = bench.bring("/a.jpg")
    again = bench.bring("/a.jpg")
    assert '"one"' == head(bench)["if-none-match"]
    assert (first.digest, True) == (again.digest, again.asked_at > first.asked_at)
    bench.web.pages["/a.jpg"] = tagged(WEBP, '"two"')
    changed = bench.bring("/a.jpg")
    assert (sha256_bytes(WEBP), ".webp", '"two"') == (changed.digest, changed.suffix, changed.etag)
    assert 3 == len(bench.web.seen)
    assert [] == bench.notices


def test_a_server_without_tags_is_asked_by_date_or_in_full(bench: Bench) -> None:
    """Last-Modified goes back as it came; where there is neither, the bytes decide."""
    date = "Tue, 01 Sep 2026 10:00:00 GMT"
    bench.web.pages |= {"/dated": page(PHOTO, f"Last-Modified: {date}"), "/plain": page(PHOTO)}
    assert bench.bring("/dated").digest == bench.bring("/dated").digest
    assert date == head(bench)["if-modified-since"]
    assert bench.bring("/plain").digest == bench.bring("/plain").digest
    assert "if-modified-since" not in head(bench)


def test_a_fresh_copy_is_taken_without_asking(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """For as long as was said, also not when the clock says that it comes from the future."""
    bench.web.pages["/a.jpg"] = tagged(PHOTO, '"one"')
    now = time.time()
    bench.bring("/a.jpg", fresh_s=60)
    bench.bring("/a.jpg", fresh_s=60)
    assert 1 == len(bench.web.seen)
    monkeypatch.setattr(remote.time, "time", lambda: now + 61)
    bench.bring("/a.jpg", fresh_s=60)
    assert 2 == len(bench.web.seen)
    monkeypatch.setattr(remote.time, "time", lambda: now - 3600)
    bench.bring("/a.jpg", fresh_s=60)
    assert 3 == len(bench.web.seen)


@pytest.mark.parametrize("damage", ["edited", "gone", "forgotten"])
def test_a_copy_that_is_not_what_it_was_is_brought_anew(bench: Bench, damage: str) -> None:
    """Without a condition: a 304 would leave nothing."""
    bench.web.pages["/a.jpg"] = tagged(PHOTO, '"one"')
    path = bench.remote().path(bench.bring("/a.jpg"))
    if damage == "forgotten":
        bench.memo.held = dict.fromkeys(bench.memo.held, b'{"digest": 1}')
    elif damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"x" * len(PHOTO))
    bench.bring("/a.jpg")
    assert "if-none-match" not in head(bench)
    assert PHOTO == path.read_bytes()


@pytest.mark.parametrize("how", ["no answer", "unwell", "no name", "down"])
def test_a_pinned_copy_stands_in_while_the_network_is_down(bench: Bench, how: str) -> None:
    """With a word about it, and as nothing that was asked just now."""
    bench.web.pages["/a.jpg"] = tagged(PHOTO, '"one"')
    first = bench.bring("/a.jpg")
    options: dict[str, Any] = {"lookup": lambda _host: []} if how == "no name" else {}
    bench.web.pages["/a.jpg"] = page(b"", status=502) if how == "unwell" else lambda _head: []
    if how == "down":
        unused = "https://photos.example:9/a.jpg"
        bench.memo.held = {remote._key(unused): value for value in bench.memo.held.values()}
        again = bench.remote()(unused, "image")
    else:
        again = bench.bring("/a.jpg", **options)
    assert (first.digest, 0.0) == (again.digest, again.asked_at)
    (notice,) = bench.notices
    assert "cannot be f" in notice
    assert f"; the copy from {time.strftime('%Y-')}" in notice


def test_a_picture_that_was_taken_away_is_an_error(bench: Bench) -> None:
    """Its server says so: the copy is not used in secret."""
    bench.web.pages["/a.jpg"] = page(PHOTO)
    bench.bring("/a.jpg")
    del bench.web.pages["/a.jpg"]
    assert "its server answered 404" in bench.refused("/a.jpg")


def test_one_url_for_two_kinds_of_input(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has to be what its place needs, and no larger than there; a video may be listened to."""
    bench.web.pages["/a"] = page(b"\0\0\0\x20ftypisom" + bytes(3000))
    remote_ = bench.remote()
    assert ".mp4" == remote_(bench.web.url("/a"), "video").suffix
    assert ".mp4" == remote_(bench.web.url("/a"), "audio").suffix
    with pytest.raises(LinkError, match="holds a mp4 file, not an image"):
        remote_(bench.web.url("/a"), "image")
    monkeypatch.setitem(remote.CAP_BYTES, "audio", 2999)
    with pytest.raises(LinkError, match="is larger than 0 MB"):
        remote_(bench.web.url("/a"), "audio")
    assert 1 == len(bench.web.seen)


def test_the_folder_stays_small(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for longest ago goes first, what killed downloads left with it; what a walk uses stays."""
    bench.web.pages |= {"/a": page(PHOTO), "/b": page(WEBP), "/c": page(PHOTO + b"c")}
    a, b = (bench.remote().path(bench.bring(path)) for path in ("/a", "/b"))
    left = bench.folder / ".didgen-1-left"
    left.write_bytes(b"half")
    for age, path in enumerate((b, a, left)):
        os.utime(path, (1000 - age, 1000 - age))
    monkeypatch.setattr(remote, "FOLDER_BYTES", len(PHOTO) + len(WEBP) + 1)
    c = bench.remote().path(bench.bring("/c"))
    assert {b, c} == set(bench.folder.iterdir())
    monkeypatch.setattr(remote, "FOLDER_BYTES", 1)
    walk = bench.remote()
    assert {b, c} == {walk.path(walk(bench.web.url(path), "image")) for path in ("/b", "/c")}
    assert {b, c} == set(bench.folder.iterdir())
    bench.bring("/c")
    assert [c] == list(bench.folder.iterdir())


def test_certificates_that_are_not_there(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in the environment is one clear message too."""
    monkeypatch.setenv("SSL_CERT_FILE", str(bench.folder / "none.pem"))
    assert "cannot be fetched now" in bench.refused("/a.jpg", AwayError)


@pytest.mark.parametrize(
    "to",
    ["", "//", "///", "?", "https://", "https://[", "https://[::1", "https://a:b", "https://%00/", "\xff", "mailto:a"],
)
def test_redirects_to_nonsense(bench: Bench, to: str) -> None:
    """A problem, never a bug."""
    bench.web.pages["/a.jpg"] = page(b"", f"Location: {to}", status=302)
    assert bench.refused("/a.jpg", DidgenError)


def test_a_folder_that_cannot_be_written(bench: Bench) -> None:
    """A disk's no is a disk's, not the link's."""
    bench.web.pages["/a.jpg"] = page(PHOTO)
    bench.folder.write_bytes(b"a file")
    with pytest.raises(StorageError, match="cannot write"):
        bench.bring("/a.jpg")
