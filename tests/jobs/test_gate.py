"""The way in to a service: the limit finds itself, a refusal that concerns all shuts it, nobody waits for ever."""

from __future__ import annotations

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.api.outcomes import BusyError, RefusedError
from didgen.api.patience import SUBMIT
from didgen.errors import NotYetError
from didgen.jobs.gate import Gate, HeldError, gate_for
from didgen.jobs.window import Window


@given(st.lists(st.sampled_from(["send", "take", "refuse"]), max_size=400), st.integers(1, 20))
def test_whatever_the_service_answers_the_limit_stays_within_its_bounds(steps: list[str], most: int) -> None:
    """At least one place, at most `most`; a taken job never takes a place away, a 429 never adds one."""
    window = Window(1.0, most=most)
    sent: list[int] = []
    for step in steps:
        before = window.size
        if step == "send" or not sent:
            sent.append(window.sent())
        elif step == "take":
            sent.pop()
            window.taken()
            assert before <= window.size
        else:
            window.refused(sent.pop(0))
            assert before >= window.size >= before / 2
        assert 1 <= window.places <= most


@given(st.integers(1, 200))
def test_a_window_of_taken_jobs_adds_about_one_place(places: int) -> None:
    """Additive increase: a little less, as the window widens meanwhile."""
    window = Window(float(places))
    for _ in range(places + 1):
        window.taken()
    assert 1 <= window.size - places < 2


@given(st.integers(2, 100), st.integers(1, 100))
def test_all_that_was_on_its_way_is_one_refusal(places: int, more: int) -> None:
    """Ten 429s at once halve the limit once; one to a submission of after that halves it again."""
    window = Window(float(places))
    for number in [window.sent() for _ in range(more)]:
        window.refused(number)
    assert max(1, places / 2) == window.size
    window.refused(window.sent())
    assert max(1, places / 4) == window.size


def test_builds_that_share_an_account_come_to_like_shares() -> None:
    """One starts at 100 places, one at 1, the service has room for 60: what AIMD is chosen for."""
    windows = [Window(100.0), Window(1.0)]
    for _ in range(200):
        full = sum(window.places for window in windows) > 60
        for window in windows:
            numbers = [window.sent() for _ in range(window.places)]
            for number in numbers:
                window.refused(number) if full else window.taken()
    assert windows[0].places == pytest.approx(windows[1].places, rel=0.2)


class Limited:
    """A service that has room for so many jobs and answers 429 to more; a job takes a few turns of the loop."""

    def __init__(self, room: int) -> None:
        self.room, self.running, self.most, self.refused, self.taken = room, 0, 0, 0, 0

    async def send(self) -> str:
        await asyncio.sleep(0)
        if self.running >= self.room:
            self.refused += 1
            raise BusyError("full", None, 0.001)
        self.running += 1
        self.taken += 1
        self.most = max(self.most, self.running)
        return str(self.taken)

    async def end(self) -> None:
        for _ in range(random.randint(5, 20)):
            await asyncio.sleep(0)
        self.running -= 1


async def carry(gate: Gate, service: Limited) -> str:
    async with gate.place() as place:
        job = await gate.submit(place, service.send)
        await service.end()
        return job


@pytest.mark.parametrize("room", [1, 5, 40, 500])
def test_hundreds_of_jobs_pass_whatever_room_there_is(room: int) -> None:
    """All of them once; with little room few are refused, with much of it the limit grows beyond where it began."""

    async def inside() -> None:
        gate, service = gate_for(paid=True, jobs=1), Limited(room)
        jobs = await asyncio.wait_for(asyncio.gather(*(carry(gate, service) for _ in range(300))), 60)
        assert 300 == len(set(jobs)) == service.taken
        # With room for one, each job is followed by a probe for a second one.
        assert service.refused < (450 if room == 1 else 150)
        assert 0 == gate.under_way
        if room == 500:
            assert (0, True) == (service.refused, service.most > 16)

    asyncio.run(inside())


def test_what_somebody_looks_at_goes_first() -> None:
    """Of those that wait; among themselves in the order they came, and the others after them in theirs."""

    async def inside() -> None:
        gate, order = Gate(Window(1, most=1)), list[str]()

        async def one(name: str, ahead: bool) -> None:
            async with gate.place(ahead=ahead):
                order.append(name)
                await asyncio.sleep(0)

        names = ["runs", "a", "b", "edited 1", "c", "edited 2"]
        await asyncio.gather(*(one(name, "edited" in name) for name in names))
        assert ["runs", "edited 1", "edited 2", "a", "b", "c"] == order

    asyncio.run(inside())


def test_a_service_that_takes_nothing_is_left_after_some_tries() -> None:
    """With no job of ours under way it is not we who fill it."""

    async def inside() -> None:
        gate, service = Gate(Window(1.0)), Limited(0)
        with pytest.raises(NotYetError, match="full"):
            await carry(gate, service)
        with pytest.raises(HeldError, match="not sent: full"):
            await carry(gate, service)
        assert (SUBMIT.tries, 0) == (service.refused, gate.under_way)

    asyncio.run(inside())


def test_hundreds_that_are_turned_away_knock_a_few_times_in_all() -> None:
    """A 429 silences all of them for a while, not only the one that met it; after the last try they stay planned."""

    async def inside() -> None:
        gate, service = gate_for(paid=True, jobs=1), Limited(0)
        tasks = [carry(gate, service) for _ in range(300)]
        errors = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)
        assert [1, 299] == [sum(type(error) is kind for error in errors) for kind in (NotYetError, HeldError)]
        assert service.refused <= 8 + 4 + 2 + SUBMIT.tries
        assert 0 == gate.under_way

    asyncio.run(inside())


@pytest.mark.parametrize("running", [False, True])
def test_who_is_asked_to_come_back_much_later_does_not_wait(running: bool) -> None:
    """The scene says when; the others are held at once, also those in their pause; what runs already goes on."""

    async def inside() -> None:
        gate, sent, met = Gate(Window(2.0)), 0, asyncio.Event()

        async def refuse() -> str:
            nonlocal sent
            sent += 1
            met.set()
            raise BusyError("full", None if sent == 1 else 3600.0, 0.01)

        async def one() -> None:
            async with gate.place() as place:
                await gate.submit(place, refuse)

        async def run() -> None:
            async with gate.place(resumed=True):
                if running:
                    await asyncio.wait_for(met.wait(), 10)

        tasks = [run(), *(one() for _ in range(5))]
        errors = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 10)
        told = [str(error) for error in errors if type(error) is NotYetError]
        assert ["full (it asks to come back in 60 minutes; run this again then)"] == told
        assert 4 == sum(isinstance(error, HeldError) for error in errors)

    asyncio.run(inside())


def test_a_shut_gate_lets_nobody_wait() -> None:
    """The first refusal is told as it is; those in line, on their way and to come learn that they were held."""

    async def inside() -> None:
        gate, sent = Gate(Window(3.0)), 0

        async def refuse() -> str:
            nonlocal sent
            sent += 1
            await asyncio.sleep(0.001 * sent)
            raise RefusedError(402, "InsufficientCreditsError", "not enough credits")

        async def one() -> None:
            async with gate.place() as place:
                await gate.submit(place, refuse)

        errors = await asyncio.wait_for(asyncio.gather(*(one() for _ in range(20)), return_exceptions=True), 10)
        assert ([RefusedError] + [HeldError] * 19, 3) == ([type(error) for error in errors], sent)
        with pytest.raises(HeldError, match="not sent: not enough credits"):
            await one()
        assert (3, 0) == (sent, gate.under_way)

    asyncio.run(inside())


def test_a_refusal_of_one_scene_is_its_own() -> None:
    """A face that is not found says nothing of the other pictures."""

    async def inside() -> None:
        gate = Gate(Window(1.0))

        async def refuse() -> str:
            raise RefusedError(400, "FaceError", "no face")

        for _ in range(2):
            async with gate.place() as place:
                with pytest.raises(RefusedError, match="no face"):
                    await gate.submit(place, refuse)

    asyncio.run(inside())


def test_a_job_that_runs_already_waits_for_nobody() -> None:
    """Its link may die; but it counts among those under way."""

    async def inside() -> None:
        gate = Gate(Window(1.0))
        async with gate.place(resumed=True), gate.place(resumed=True):
            assert 2 == gate.under_way
            waiting = asyncio.create_task(carry(gate, Limited(9)))
            await asyncio.sleep(0.01)
            assert not waiting.done()
        assert "1" == await asyncio.wait_for(waiting, 10)

    asyncio.run(inside())
