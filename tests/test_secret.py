"""What nobody may see is seen nowhere: keys in any form of showing, and what signs a link."""

from __future__ import annotations

import copy
import json
import logging
import pickle

import pytest

from didgen.api.key import Keys
from didgen.secret import Secret, bare_url, sealed_url, unsigned, without_links

AWS = "AWSAccessKeyId=canary&Expires=1&Signature=canary"


def test_nothing_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Neither repr, str, formats, logs, copies to disk, nor the dataclass that holds it."""
    keys = Keys(Secret("Canary_1"), Secret("Canary_2"))
    logging.getLogger("test").warning("%s %r %s", keys, keys, keys.basic)
    shown = [repr(keys), str(keys), f"{keys.basic} {keys.elevenlabs!r} {keys.basic:>9}", caplog.text]
    assert [] == [text for text in shown if "Canary" in text]
    for write in (pickle.dumps, copy.deepcopy, json.dumps):
        with pytest.raises(TypeError):
            write(keys.basic)  # type: ignore[operator]


def test_signatures_and_account_data_are_not_kept() -> None:
    """What is stored beside a video may be shared."""
    answer = {"result_url": "https://b/x.mp4?Signature=1", "user": {"email": "a@b"}, "list": ["s3://b/y?z=1", "a?b"]}
    assert {"result_url": "https://b/x.mp4", "list": ["s3://b/y", "a?b"]} == without_links(answer)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no link: a?b#c", "no link: a?b#c"),
        ("cannot load https://h.org/a.jpg?X-Amz-Signature=canary today", "cannot load https://h.org/a.jpg today"),
        ("<s3://b/c#canary>, 'https://u:canary@h.org/x'", "<s3://b/c>, 'https://h.org/x'"),
        ("https://h.org?canary", "https://h.org"),
        ("https://h.org/a@b/c?canary https://i.org/d?canary", "https://h.org/a@b/c https://i.org/d"),
        ("bank://lively/driver-02", "bank://lively/driver-02"),
        (f"{'x' * 50}https://h.org/a?canary", f"{'x' * 50}https://h.org/a"),
        (f"{'a.' * 200_000}://?canary", f"{'a.' * 200_000}://"),
    ],
    ids=range(8),
)
def test_a_link_loses_what_opens_it(text: str, left: str) -> None:
    """Wherever it stands in a text; the rest of the text stays."""
    assert left == unsigned(text)


def test_a_url_in_a_message_is_bare() -> None:
    """Whatever signs are in it."""
    assert "https://h.org/a 'b" == bare_url("https://u:canary@h.org/a 'b?c d=canary#canary")
    assert 200 == len(bare_url(f"https://h.org/{'a' * 300}"))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://h.org/a.mp4", "https://h.org/a.mp4"),
        ("bank://lively/driver-02", "bank://lively/driver-02"),
        (f"https://h.org/a.mp4?{AWS}", "https://h.org/a.mp4"),
        ("https://h.org/a.mp4?X-Amz-Signature=canary&X-Amz-Date=1#canary", "https://h.org/a.mp4"),
        ("https://h.org/a?sv=1&se=2&sig=canary", "https://h.org/a"),
        ("https://u:canary@h.org:9/a", "https://h.org:9/a"),
    ],
)
def test_a_link_is_kept_without_what_signs_it(url: str, kept: str) -> None:
    """Signing it anew makes no other link of it."""
    assert kept == sealed_url(url)


def test_what_else_is_asked_for_in_a_link_counts_and_is_not_shown() -> None:
    """The second version of a thing is another thing; a secret of an unknown name is kept as a digest."""
    first, second = (sealed_url(f"https://h.org/a?v={v}&key=canary&{AWS}") for v in (1, 2))
    assert first != second
    assert first == sealed_url("https://h.org/a?v=1&key=canary&Expires=9&Signature=other")
    assert first.startswith("https://h.org/a?sha256=")
    assert "canary" not in first
    assert sealed_url("https://h.org/a?se=1") != sealed_url("https://h.org/a?se=2")  # without a signature it is a word
