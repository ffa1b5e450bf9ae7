"""A key and signed links through the client, its faults and its cache, heard at the loudest: none is seen anywhere.

What is looked at: everything logged at DEBUG, every error with its traceback, what is kept of an answer, and every byte
of the folder. The bank tells whether the key came where it does not belong.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from didgen.api.account import Account
from didgen.api.client import Client
from didgen.api.key import Keys, read_key
from didgen.api.wire import Logo, RenderConfig, TalkRequest, TextScript
from didgen.errors import DidgenError
from didgen.secret import Secret
from didgen.store.derived import Derived
from tests.bank.started import Started, opened

KEY = "YW5uYUBleGFtcGxlLm9yZw==:canary-Key"
OWN = "canary-Eleven"
LINK = "https://h.org/canary-not.jpg?X-Amz-Signature=canary-Link&Expires=1"
PHOTO = Path(__file__).parents[2] / "didgen/cli/template/assets/portrait.jpg"

CANARIES = [
    *(form for text in (KEY, KEY.split(":")[1], OWN, "canary-Link") for form in (text, quote(text, safe=""))),
    *(base64.b64encode(text.encode()).decode().rstrip("=") for text in (KEY, f"{KEY}:", OWN)),
    "Signature=",
    "AWSAccessKeyId",
    "owner@account.example",
]


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Started]:
    with opened(tmp_path / "bank", key=KEY) as bank:
        yield bank


def seen_in(text: str) -> list[str]:
    return [canary for canary in CANARIES if canary in text]


def request() -> TalkRequest:
    provider = {"type": "elevenlabs", "voice_id": "x"}
    script = TextScript.model_validate({"type": "text", "input": "Hello there.", "provider": provider})
    logo = Logo(url=LINK.replace(".jpg", ".png"), position=(1, 2))
    return TalkRequest(source_url=PHOTO.as_uri(), script=script, config=RenderConfig(logo=logo), webhook=LINK)


REFUSAL = {"kind": f"Bad {LINK}", "description": f"invalid logo {LINK}", "details": {"body.logo": {"message": LINK}}}
VIDEO = {"method": "GET", "path": ".*[.]mp4"}
FAULTS: dict[str, dict[str, Any]] = {
    "nothing wrong": {},
    "refused in words": {
        "method": "POST", "path": "/talks", "fault": "body", "status": 400, "text": json.dumps(REFUSAL),
    },
    "a lost answer": {"method": "POST", "path": "/talks", "fault": "status", "status": 504, "accept": True},
    "failed in words": {
        "method": "POST", "path": "/talks", "fault": "ends", "ends": "error", "kind": LINK, "description": LINK,
    },
    "an expired link": {**VIDEO, "fault": "status", "status": 403},
    "a cut video": {**VIDEO, "fault": "reset", "after": 700},
    "another video": {**VIDEO, "fault": "cut", "keep": 0.5},
    "led away": {**VIDEO, "fault": "status", "status": 302, "headers": {"Location": LINK.replace("https", "ftp")}},
    "no longer let in": {"method": "GET", "path": "/talks/", "fault": "status", "status": 401},
    "a page of a proxy": {"method": "GET", "path": "/talks/", "fault": "status", "status": 502, "shape": "html"},
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_nobody_hears_a_key_or_a_signature(
    bank: Started, tmp_path: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever goes wrong, wherever."""
    caplog.set_level(logging.DEBUG)
    bank.rules(*filter(None, [FAULTS[fault]]))
    basic, _ = read_key(KEY)
    keys = Keys(basic, Secret(OWN))
    home = tmp_path / "home"
    told: list[str] = []

    async def inside() -> None:
        memo = Derived(home)
        client = Client(bank.url, keys, pace_s=0.001, memo=memo)
        told.append(repr(client) + repr(client.transport) + repr(vars(client.transport)))
        try:
            job = await client.submit(request())
            told.append(str([event async for event in client.events(job)]))
            (tmp_path / "into").mkdir()
            fetched = await client.fetch(job, tmp_path / "into")
            told.append(json.dumps(dict(fetched.facts)))
            told.append(str(await Account(client.transport).credits()))
        except DidgenError as error:
            told.append("".join(traceback.format_exception(error)) + repr(error))
        finally:
            await client.aclose()
            memo.close()

    asyncio.run(inside())
    told.append(caplog.text)
    assert any(record.name.startswith("http") for record in caplog.records), "the HTTP library was not heard"
    assert [] == seen_in("\n".join(told))
    for path in [*home.rglob("*"), *(tmp_path / "into").rglob("*")]:
        assert not path.is_file() or [] == seen_in(path.read_bytes().decode("latin-1")), path
    assert [] == bank.leaks()
    assert ("canary-Link" in "".join(json.dumps(job["body"]) for job in bank.bought())) == bool(bank.bought())


def test_the_canaries_would_be_seen(tmp_path: Path) -> None:
    """The test above can fail: each of its birds is found where it sits."""
    for canary in CANARIES:
        assert canary in seen_in(f"x {canary} y")
