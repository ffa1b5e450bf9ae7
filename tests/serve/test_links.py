"""Signed links to results: what they open, and for how long."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx

from didgen.serve.links import Links
from tests.serve.here import ended, serve, talk


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

    serve(tmp_path, work, key="k", headers={"Authorization": "Basic k"})


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
