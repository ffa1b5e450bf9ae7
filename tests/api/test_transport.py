"""The way to a service: what is sent again and what is not, and what is learnt of its clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from email.utils import formatdate

import pytest

from didgen.api.transport import Transport
from didgen.errors import UnreachableError
from tests.api.served import Scripted, answer


def run(bank: Scripted, work: Callable[[Transport], Awaitable[None]]) -> None:
    """Do something with a transport to the witness, hurrying between tries."""

    async def inside() -> None:
        async with bank:
            transport = Transport(bank.base, pace_s=0.01)
            try:
                await asyncio.wait_for(work(transport), 30)
            finally:
                await transport.aclose()

    asyncio.run(inside())


@pytest.mark.parametrize("lost", [b"", answer(500), answer(200, b"<html>")])
def test_what_must_not_happen_twice_is_not_sent_again_once_it_may_have_arrived(lost: bytes) -> None:
    """A 429 says that it did not happen."""
    bank = Scripted(answer(429), lost)

    async def work(transport: Transport) -> None:
        with pytest.raises(UnreachableError, match="what became of DELETE /talks/1"):
            await transport.read("DELETE", "/talks/1", idempotent=False)
        assert 2 == len(bank.seen)

    run(bank, work)


def test_an_answer_without_content_is_an_empty_object() -> None:
    """As to the deletion of an upload."""

    async def work(transport: Transport) -> None:
        assert {} == await transport.read("DELETE", "/images/1")

    run(Scripted(answer(204, b"")), work)


@pytest.mark.parametrize("hours", [-26, 0, 26])
def test_how_far_the_services_clock_is_from_ours_is_known(hours: int) -> None:
    """To the second that a Date header tells; a header that tells none changes nothing."""
    date = formatdate(time.time() + 3600 * hours, usegmt=True)
    bank = Scripted(answer(200, b'{"a": 1}', f"Date: {date}"), answer(200, b'{"a": 1}', "Date: yesterday"))

    async def work(transport: Transport) -> None:
        for _ in range(2):
            await transport.read("GET", "/credits")
            assert 3600 * hours == pytest.approx(transport.skew_s, abs=20)

    run(bank, work)
