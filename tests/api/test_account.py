"""What an account holds, asked of a witness that answers in the service's shapes, and of our own server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest

from didgen.api.account import PAGE, Account, Balance
from didgen.api.client import Client
from didgen.api.outcomes import RefusedError
from didgen.api.transport import Transport
from didgen.api.wire import AnimationRequest, Job, TalkRequest
from didgen.errors import DidgenError, RenderError, UnreachableError
from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from tests import fakes
from tests.api.served import Scripted, answer, serving

T = TypeVar("T")


def body(value: Any, status: int = 200) -> bytes:
    return answer(status, json.dumps(value).encode())


def ask(work: Callable[[Account], Awaitable[T]], *script: bytes) -> tuple[T, Scripted]:
    """What `work` makes of an account whose service answers by the script, and the witness."""

    async def inside() -> tuple[T, Scripted]:
        async with Scripted(*script) as bank:
            transport = Transport(bank.base, "user:secret", pace_s=0.01)
            try:
                return await asyncio.wait_for(work(Account(transport)), 30), bank
            finally:
                await transport.aclose()

    return asyncio.run(inside())


async def everything(account: Account) -> list[str]:
    return [job.id async for job in account.recent("talk")]


def page(*ids: str, token: Any = None) -> bytes:
    entries = [{"id": its_id, "status": "done"} for its_id in ids]
    return body({"talks": entries, **({"token": token} if token is not None else {})})


def test_all_pages_of_a_list_are_read_in_order_and_each_job_once() -> None:
    """The token of a page asks for the next; a job that slid onto it meanwhile is not told twice; blank pages go by."""
    script = (page("c", "b", token="p 2"), page(token="p3"), page("b", "a", token=""))
    found, bank = ask(everything, *script)
    assert ["c", "b", "a"] == found
    assert [f"GET /talks?limit={PAGE}", f"GET /talks?limit={PAGE}&token=p+2", f"GET /talks?limit={PAGE}&token=p3"] == [
        line.removesuffix(" HTTP/1.1") for line in bank.lines("GET")
    ]


def test_who_has_seen_enough_asks_for_no_more_pages() -> None:
    """The second page is not asked for."""

    async def first(account: Account) -> str:
        async for job in account.recent("animation"):
            return job.id
        return ""

    found, bank = ask(first, body({"animations": [{"id": "anm_1"}, {"id": "anm_2"}], "token": "more"}))
    assert ("anm_1", 1) == (found, len(bank.seen))


@pytest.mark.parametrize(
    "script",
    [
        (page("a", token="x"), page("b", token="x")),
        (page("a", token="x"), page("a", token="y")),
        (page("a", token="x"), page(token="x")),
    ],
    ids=["the same token", "the same jobs", "nothing and the same token"],
)
def test_a_list_in_circles_is_no_end(script: tuple[bytes, ...]) -> None:
    """What was not seen may be there: an error, not "that was all"."""
    with pytest.raises(UnreachableError, match="in circles"):
        ask(everything, *script)


def test_a_list_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """New jobs and new tokens for ever: an error after so many pages."""
    monkeypatch.setattr("didgen.api.account.MAX_PAGES", 3)
    with pytest.raises(UnreachableError, match="has no end"):
        ask(everything, *[page(f"t{n}", token=f"p{n}") for n in range(3)])


@pytest.mark.parametrize("said", [{}, {"talks": None}, {"items": []}, {"talks": {"id": "a"}}])
def test_a_page_without_a_list_is_no_empty_account(said: object) -> None:
    """Another shape than a page is unusable; an object without anything in it is asked for again first."""
    with pytest.raises(UnreachableError):
        ask(everything, *[body(said)] * 6)


def test_what_is_no_job_in_a_list_is_passed_over() -> None:
    """An entry without an id can be neither asked for nor adopted."""
    entries = [None, 5, {}, {"id": ""}, {"id": 7}, {"id": "tlk_a", "duration": {"a": 1}, "error": "why"}]
    assert ["tlk_a"] == ask(everything, body({"talks": entries}))[0]


def test_a_page_may_be_larger_than_a_single_answer() -> None:
    """A hundred jobs with all that is known of them: some megabytes."""
    jobs = [{"id": f"tlk_{n}", "metadata": {"x": "y" * 30_000}} for n in range(100)]
    assert 100 == len(ask(everything, body({"talks": jobs}))[0])


def test_a_job_by_its_id_and_one_that_is_not_there() -> None:
    """404 comes through as the service said it."""

    async def one(account: Account) -> Job:
        return await account.job("animation", "anm_x-1")

    found, bank = ask(one, body({"id": "anm_x-1", "status": "started", "user": {"email": "anna@example.org"}}))
    assert ("anm_x-1", "started") == (found.id, found.status)
    assert "anna@" not in repr(found)
    assert bank.lines("GET") == ["GET /animations/anm_x-1 HTTP/1.1"]
    with pytest.raises(RefusedError, match="not found") as caught:
        ask(one, body({"kind": "NotFoundError", "description": "not found"}, 404))
    assert 404 == caught.value.status


@pytest.mark.parametrize("its_id", ["", "a/../credits", "a?b", "a b", "ä", "%2e"])
def test_an_id_that_leads_elsewhere_is_not_asked_for(its_id: str) -> None:
    """Ids come from files and command lines."""
    for work in (lambda account: account.job("talk", its_id), lambda account: account.delete("image", its_id)):
        with pytest.raises(RenderError, match="no id of the service"):
            ask(work)


def test_deleting() -> None:
    """Jobs answer with what they were, uploads with nothing; what is gone is no error, what still runs is one."""

    async def several(account: Account) -> list[bool]:
        return [
            await account.delete("talk", "tlk_a"),
            await account.delete("image", "img_a"),
            await account.delete("audio", "aud_a"),
            await account.delete("animation", "anm_a"),
        ]

    gone = body({"kind": "NotFoundError", "description": "audio not found"}, 404)
    found, bank = ask(several, body({"id": "tlk_a", "status": "done"}), answer(204, b""), gone, body({"id": "anm_a"}))
    assert [True, True, False, True] == found
    assert ["/talks/tlk_a", "/images/img_a", "/audios/aud_a", "/animations/anm_a"] == [
        line.split()[1] for line in bank.lines("DELETE")
    ]
    busy = body({"kind": "NotReadyError", "description": "talk is in process, try again later"}, 409)
    with pytest.raises(RefusedError, match="in process") as caught:
        ask(several, busy)
    assert ("NotReadyError", 409) == (caught.value.kind, caught.value.status)


def test_the_balance() -> None:
    """Remaining and total, as numbers or text; the day on which the first that is left lapses."""
    parts = [
        {"remaining": 0, "total": 9, "expire_at": "2026-01-01T00:00:00.000Z"},
        {"remaining": "4", "total": 20, "expire_at": "2027-02-03T04:05:06.789Z"},
        {"remaining": 8, "total": 20, "expire_at": "2027-03-01T00:00:00.000Z"},
        "nonsense",
    ]

    def balance(account: Account) -> Awaitable[Balance]:
        return account.credits()

    lapses = datetime(2027, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    assert Balance(12, 49, lapses) == ask(balance, body({"credits": parts, "remaining": "12", "total": 49}))[0]
    assert Balance(1.5, 1.5, None) == ask(balance, body({"credits": None, "remaining": 1.5}))[0]
    assert Balance(0, 0) == ask(balance, body({"kind": "NotFoundError", "description": "not found"}, 404))[0]
    with pytest.raises(UnreachableError, match="no balance"):
        ask(balance, body({"credits": [], "remaining": "many"}))
    with pytest.raises(RefusedError, match="user unauthenticated"):
        ask(balance, body({"kind": "AuthorizationError", "description": "user unauthenticated"}, 401))


def test_voices_in_the_form_of_now_and_of_then() -> None:
    """Languages as a list or as one locale; what has no id is no voice; a provider is asked for and sifted."""
    listed = [
        {
            "id": "en-US-X", "name": "X", "gender": "Female", "access": "public", "provider": "microsoft",
            "languages": [{"language": "English", "locale": "en-US"}, {"language": "German", "locale": "de-DE"}],
            "styles": ["Cheerful"],
        },
        {"id": "old", "locale": "he-IL", "gender": None, "provider": "google", "styles": None, "languages": None},
        {"name": "without an id"},
        "nonsense",
    ]  # fmt: skip
    found, bank = ask(lambda account: account.voices(), body(listed))
    assert [
        ("en-US-X", "microsoft", "female", ("en-US", "de-DE"), ("Cheerful",)),
        ("old", "google", "", ("he-IL",), ()),
    ] == [(v.id, v.provider, v.gender, v.locales, v.styles) for v in found]
    assert ["GET /tts/voices HTTP/1.1"] == bank.lines("GET")
    found, bank = ask(lambda account: account.voices("google"), body(listed))
    assert ["old"] == [voice.id for voice in found]
    assert ["GET /tts/voices?provider=google HTTP/1.1"] == bank.lines("GET")
    assert [] == ask(lambda account: account.voices(), body([]))[0]
    with pytest.raises(DidgenError):
        ask(lambda account: account.voices(), *[body({"voices": []})] * 6)


def test_an_account_at_a_server_of_ours(tmp_path: Path) -> None:
    """The same questions to `didgen serve`: both kinds in pages, by id, deleted, its voices, its balance."""
    photo = tmp_path / "photo.png"
    photo.write_bytes(fakes.photo())
    app = make_app(Pool(1, command=fakes.COMMAND, folder=tmp_path), tmp_path / "served", "user:secret")
    script = {"type": "text", "input": "Hello there"}

    async def inside(base: str) -> None:
        client = Client(base, "user:secret", paid=False)
        account = Account(client.transport)
        talks = [
            await client.submit(
                TalkRequest.model_validate({"source_url": photo.as_uri(), "script": script, "name": str(n)})
            )
            for n in range(5)
        ]
        still = await client.submit(AnimationRequest(source_url=photo.as_uri()))
        for job in (*talks, still):
            assert ["done"] == [event.state async for event in client.events(job)][-1:]
        assert talks[::-1] == [job.id async for job in account.recent("talk")]
        assert ["4", "3", "2", "1", "0"] == [job.name async for job in account.recent("talk")]
        assert [still] == [job.id async for job in account.recent("animation")]
        found = await account.job("animation", still)
        assert ("done", 2) == (found.status, len((found.metadata or {})["resolution"]))
        assert await account.delete("talk", talks[0])
        assert not await account.delete("talk", talks[0])
        assert talks[:0:-1] == [job.id async for job in account.recent("talk")]
        assert 999_994 == (await account.credits()).remaining, "six videos"
        assert "heart" in [voice.id for voice in await account.voices("didgen")]
        await client.aclose()

    with serving(app) as base, pytest.MonkeyPatch.context() as patch:
        patch.setattr("didgen.api.account.PAGE", 2)
        asyncio.run(asyncio.wait_for(inside(base), 60))
