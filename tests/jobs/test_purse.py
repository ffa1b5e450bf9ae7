"""Money has a ceiling: whatever jobs turn out to cost, no more than was agreed to is held or spent at any moment."""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.api.wire import Kind
from didgen.errors import BudgetError
from didgen.jobs.purse import Offer, Purse, agree
from didgen.plan.bill import Bill, Item

RUNS = int(os.environ.get("DIDGEN_RUNS", "200"))


def item(name: str, credits: int | None = 1, most: int | None = None) -> Item:
    most = credits if most is None else most
    return Item(f"x/{name}", "talk", "api.d-id.com", name, 10.0, credits, most)


def bill(*credits: int) -> Bill:
    return Bill(tuple(item(f"s{k}", cost) for k, cost in enumerate(credits)))


# -- consent ------------------------------------------------------------------------------------------------------


@dataclass
class Person:
    """Answers, and keeps what it was shown."""

    says: bool
    shown: list[Offer]

    def __call__(self, offer: Offer) -> bool:
        self.shown.append(offer)
        return self.says


def test_a_person_is_asked_once_and_agrees_to_what_it_may_cost() -> None:
    """The ceiling is the upper end of the range that was shown."""
    person = Person(True, [])
    purse = agree(Offer(Bill((item("a", 1, 2), item("b", 3))), None), person)
    assert (5, 1) == (purse.ceiling, len(person.shown))


def test_without_an_answer_nothing_is_bought() -> None:
    """The refusal says how many scenes, seconds and credits, and what to type."""
    with pytest.raises(BudgetError, match=r"2 scenes from api\.d-id\.com, about 20 s: 3 credits; .*--budget 3"):
        agree(Offer(bill(1, 2), None), Person(False, []))


def test_a_budget_is_consent_and_a_ceiling() -> None:
    """Whoever set it is told, and not asked."""
    person = Person(False, [])
    assert 7 == agree(Offer(bill(1, 2), 7), person).ceiling
    assert 3 == agree(Offer(bill(1, 2), 3), person).ceiling
    assert 2 == len(person.shown)


def test_a_bill_above_the_budget_is_refused_before_anybody_is_told_of_buying() -> None:
    """Also by a person's yes: the budget stands."""
    person = Person(True, [])
    with pytest.raises(BudgetError, match=r"3 credits, and the budget is 2; nothing was sent \(--budget 3"):
        agree(Offer(bill(1, 2), 2), person)
    with pytest.raises(BudgetError, match="the budget is 0"):
        agree(Offer(bill(1), 0), person)
    assert [] == person.shown


@pytest.mark.parametrize("budget", [None, 0, 1_000_000])
def test_an_unknown_price_is_refused_whatever_the_budget(budget: int | None) -> None:
    """It is not 0, and no number of credits covers it."""
    person = Person(True, [])
    with pytest.raises(BudgetError, match=r"what api\.d-id\.com charges is not known.*credit_s: 15"):
        agree(Offer(Bill((item("a", None), item("b"))), budget), person)
    assert [] == person.shown


def test_an_empty_bill_asks_nobody() -> None:
    """What is stored costs 0, so that a build without purchases needs neither budget nor terminal."""
    person = Person(False, [])
    assert 0 == agree(Offer(Bill(), None), person).ceiling
    assert [] == person.shown


# -- reservation --------------------------------------------------------------------------------------------------


def test_what_is_not_on_the_bill_is_not_bought() -> None:
    """A stored video that turned out damaged was on no bill; money left over does not change that."""
    with pytest.raises(BudgetError, match="nobody was asked"):
        asyncio.run(Purse(bill(1), 100).reserve("another"))
    with pytest.raises(BudgetError, match="nobody was asked"):
        asyncio.run(Purse().reserve("s0"))


def test_what_is_on_the_bill_is_bought_once() -> None:
    """Neither while the first is under way nor afterwards; again when the first was not bought."""

    async def twice(between: str) -> None:
        purse = Purse(bill(1), 100)
        await purse.reserve("s0")
        if between == "settle":
            purse.settle("s0", 1)
        elif between:
            getattr(purse, between)("s0")
        await purse.reserve("s0")

    for between in ("", "settle", "keep"):
        with pytest.raises(BudgetError, match="nobody was asked"):
            asyncio.run(twice(between))
    asyncio.run(twice("release"))


def test_a_job_that_turns_out_cheaper_lets_the_next_one_go() -> None:
    """Two that may cost 2 credits and a ceiling of 3: the second waits until the first is known to cost 1."""

    async def two() -> list[object]:
        purse = Purse(Bill((item("a", 1, 2), item("b", 1, 2))), 3)
        await purse.reserve("a")
        waiting = asyncio.create_task(purse.reserve("b"))
        await _turns(5)
        waited = not waiting.done()
        purse.settle("a", 1)
        await waiting
        return [waited, purse.left, purse.total]

    assert [True, 0, 3] == asyncio.run(two())


def test_a_job_that_turns_out_dearer_stops_the_next_one() -> None:
    """The truth is 3 credits instead of 1, and the second job is not sent."""

    async def two() -> None:
        purse = Purse(bill(1, 1), 3)
        await purse.reserve("s0")
        purse.settle("s0", 3)
        await purse.reserve("s1")

    with pytest.raises(BudgetError, match=r"it may cost 3 credits, and 0 of 3 are left.*--budget 3"):
        asyncio.run(two())


def test_after_a_dear_job_the_others_are_reckoned_as_dear() -> None:
    """Three times the price: the next one needs three credits, though its own bound says one."""

    async def two() -> None:
        purse = Purse(bill(1, 1), 5)
        await purse.reserve("s0")
        purse.settle("s0", 3)
        await purse.reserve("s1")

    with pytest.raises(BudgetError, match=r"it may cost 3 credits, and 2 of 5 are left.*--budget 3"):
        asyncio.run(two())


@pytest.mark.parametrize(("kind", "sent"), [("talk", [1, 3, 3, 1]), ("animation", [3, 3, 3, 1])])
def test_reckoning_is_proved_before_it_is_relied_on(kind: Kind, sent: list[int]) -> None:
    """Three at once: of talks, whose price is told early, the first goes alone; after a surprise, every job does."""

    async def build() -> list[int]:
        kinds = tuple(replace(item(f"s{k}"), kind=kind) for k in range(9))
        purse, under_way = Purse(Bill(kinds), 100), []
        waiting = [asyncio.create_task(purse.reserve(f"s{k}")) for k in range(3)]
        for price in (1, 1, 2, 2):
            await _turns(5)
            under_way.append(len(purse.held))
            purse.settle(next(iter(purse.held)), price)
            waiting.append(asyncio.create_task(purse.reserve(f"s{len(waiting)}")))
            await _turns(5)
            while purse.dearer > 1 and len(purse.held) > 1:
                purse.settle(next(iter(purse.held)), 1)
        for task in waiting:
            task.cancel()
        return under_way

    assert sent == asyncio.run(build())


def test_what_was_refused_costs_nothing_and_what_may_have_been_bought_does() -> None:
    """A refusal gives the credits back; a job nobody knows the end of keeps them; one that nothing was held for, an
    earlier build's, is not of this build's money."""

    async def three() -> Purse:
        purse = Purse(bill(1, 2), 3)
        await purse.reserve("s0")
        purse.release("s0")
        await purse.reserve("s1")
        purse.keep("s1")
        purse.keep("s1")
        purse.settle("unheard of", 500)
        return purse

    assert 1 == asyncio.run(three()).left


FATES = st.lists(
    st.tuples(
        st.integers(1, 4),  # likely
        st.integers(0, 3),  # the most above that
        st.sampled_from(["settled", "refused", "lost", "retried"]),
        st.floats(0, 1),  # where between 1 credit and the most the truth is
        st.integers(0, 6),  # turns of the loop until it is known
    ),
    max_size=12,
)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


@dataclass
class Shop:
    """Buys as the executor does, so many at once. bought: what the service took, at its true price."""

    fates: list[Any]
    ceiling: int
    jobs: int
    beyond: tuple[int, ...] = (0,)  # credits by which the bounds are too low, in turn
    bought: list[int] = field(default_factory=list)

    def run(self) -> Purse:
        items = [item(f"s{k}", likely, likely + more) for k, (likely, more, *_) in enumerate(self.fates)]
        self.purse = Purse(Bill(tuple(items)), self.ceiling)
        asyncio.run(asyncio.wait_for(self._all(), 60))
        return self.purse

    async def _all(self) -> None:
        slots = asyncio.Semaphore(self.jobs)

        async def one(k: int) -> None:
            async with slots:
                await self._one(k, *self.fates[k])

        await asyncio.gather(*[one(k) for k in range(len(self.fates))])

    async def _one(self, k: int, likely: int, more: int, end: str, part: float, turns: int) -> None:
        name, purse = f"s{k}", self.purse
        for attempt in range(2 if end == "retried" else 1):
            try:
                await purse.reserve(name)
            except BudgetError:
                return
            assert purse.left >= 0
            await _turns(turns)
            if end == "refused" or (end == "retried" and not attempt):
                purse.release(name)
                continue
            true = 1 + round(part * (likely + more - 1)) + self.beyond[k % len(self.beyond)]
            self.bought.append(true)
            await _turns(turns)
            if end == "lost":
                purse.keep(name)
            else:
                purse.settle(name, true)


@settings(max_examples=RUNS, deadline=None)
@given(FATES, st.integers(0, 20), st.integers(1, 12))
def test_no_more_is_bought_than_the_ceiling(fates: list[Any], ceiling: int, jobs: int) -> None:
    """Whatever the order, the number at once, refusals, retries and lost answers; and nobody waits for ever."""
    shop = Shop(fates, ceiling, jobs)
    purse = shop.run()
    assert sum(shop.bought) <= ceiling
    assert {} == purse.held
    assert sum(shop.bought) <= purse.total <= ceiling


@settings(max_examples=RUNS, deadline=None)
@given(FATES, st.integers(0, 20), st.integers(1, 12), st.tuples(*[st.integers(0, 9)] * 3))
def test_bounds_that_are_wrong_lose_no_more_than_what_was_under_way(
    fates: list[Any], ceiling: int, jobs: int, beyond: tuple[int, ...]
) -> None:
    """Jobs dearer than their bound: nothing is sent any more once that is known, and nobody waits for ever."""
    fates = [(*fate[:2], "settled", *fate[3:]) for fate in fates]
    shop = Shop(fates, ceiling, jobs, beyond)
    purse = shop.run()
    assert purse.total == sum(shop.bought)
    assert sum(shop.bought) <= ceiling + jobs * max(beyond)
