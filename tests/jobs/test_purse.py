"""Money has a ceiling: whatever jobs turn out to cost, no more than was agreed to is held or spent at any moment."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didgen.errors import BudgetError
from didgen.jobs.purse import Offer, Purse, agree
from didgen.plan.bill import Bill, Item

CREDIT_S = 15.0


def item(name: str, credits: int | None = 1, most: int | None = None) -> Item:
    most = credits if most is None else most
    return Item(f"x/{name}", "talk", "api.d-id.com", name, 10.0, credits, most, CREDIT_S if credits else None)


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
    purse = Purse(bill(1), 100)
    with pytest.raises(BudgetError, match="nobody was asked"):
        asyncio.run(purse.reserve("job", "another"))
    with pytest.raises(BudgetError, match="nobody was asked"):
        asyncio.run(Purse().reserve("job", "s0"))


def test_a_job_that_turns_out_cheaper_lets_the_next_one_go() -> None:
    """Two that may cost 2 credits and a ceiling of 3: the second waits until the first is known to cost 1."""

    async def two() -> list[str]:
        order = []
        purse = Purse(Bill((item("a", 1, 2), item("b", 1, 2))), 3)
        await purse.reserve("1", "a")
        waiting = asyncio.create_task(purse.reserve("2", "b"))
        for _ in range(5):
            await asyncio.sleep(0)
        order.append("waits" if not waiting.done() else "went")
        assert 1 == purse.settle("1", 14.9)
        await waiting
        return [*order, f"{purse.left} left"]

    assert ["waits", "0 left"] == asyncio.run(two())


def test_a_job_that_turns_out_dearer_stops_the_next_one() -> None:
    """40 s instead of 10: the truth is 3 credits, and the second job is not sent."""

    async def two() -> None:
        purse = Purse(bill(1, 1), 3)
        await purse.reserve("1", "s0")
        assert 3 == purse.settle("1", 40.0)
        await purse.reserve("2", "s1")

    with pytest.raises(BudgetError, match=r"it may cost 1 credit, and 0 of 3 are left.*--budget 1"):
        asyncio.run(two())


def test_what_was_refused_costs_nothing_and_what_may_have_been_bought_does() -> None:
    """A refusal gives the credits back; a job nobody knows the end of keeps them."""

    async def three() -> Purse:
        purse = Purse(bill(1, 2), 3)
        await purse.reserve("1", "s0")
        purse.release("1")
        await purse.reserve("2", "s1")
        purse.keep("2")
        purse.keep("2")
        purse.settle("unheard of", 500.0)
        return purse

    assert 1 == asyncio.run(three()).left


JOBS = st.lists(
    st.tuples(
        st.integers(1, 4),  # likely
        st.integers(0, 3),  # the most above that
        st.sampled_from(["settled", "refused", "lost", "retried"]),
        st.floats(0, 1),  # where between 1 credit and the most the truth is
        st.integers(0, 6),  # turns of the loop until it is known
    ),
    max_size=12,
)


async def _buy(purse: Purse, name: str, fate: tuple[int, int, str, float, int], bought: list[int]) -> None:
    """One job as the executor does it; what it really costs goes to `bought` when the service takes it."""
    likely, more, end, part, turns = fate
    for attempt in range(2 if end == "retried" else 1):
        job = f"{name}-{attempt}"
        try:
            await purse.reserve(job, name)
        except BudgetError:
            return
        assert purse.left >= 0
        await _turns(turns)
        if end == "refused" or (end == "retried" and not attempt):
            purse.release(job)
            continue
        true = 1 + round(part * (likely + more - 1))
        bought.append(true)
        await _turns(turns)
        if end == "lost":
            purse.keep(job)
        else:
            purse.settle(job, true * CREDIT_S)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def _build(fates: list[Any], ceiling: int, jobs: int) -> tuple[Purse, list[int]]:
    items = [item(f"s{k}", likely, likely + more) for k, (likely, more, *_) in enumerate(fates)]
    purse, bought, slots = Purse(Bill(tuple(items)), ceiling), list[int](), asyncio.Semaphore(jobs)

    async def one(k: int) -> None:
        async with slots:
            await _buy(purse, f"s{k}", fates[k], bought)

    await asyncio.wait_for(asyncio.gather(*[one(k) for k in range(len(fates))]), 60)
    return purse, bought


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JOBS, st.integers(0, 20), st.integers(1, 12))
def test_no_more_is_bought_than_the_ceiling(fates: list[Any], ceiling: int, jobs: int) -> None:
    """Whatever the order, the number at once, refusals, retries and lost answers; and nobody waits for ever."""
    purse, bought = asyncio.run(_build(fates, ceiling, jobs))
    assert sum(bought) <= ceiling
    assert {} == purse.held
    assert sum(purse.spent.values()) >= sum(bought)


@settings(max_examples=100, deadline=None)
@given(JOBS, st.integers(0, 20), st.integers(1, 12), st.lists(st.integers(0, 9), min_size=12, max_size=12))
def test_a_job_beyond_its_bound_stops_all_that_come_after(
    fates: list[Any], ceiling: int, jobs: int, beyond: list[int]
) -> None:
    """Bounds that are wrong: what was sent before it is known is all that can be lost."""
    items = [item(f"s{k}", likely, likely + more) for k, (likely, more, *_) in enumerate(fates)]

    async def build() -> None:
        purse, slots = Purse(Bill(tuple(items)), ceiling), asyncio.Semaphore(jobs)

        async def one(k: int) -> None:
            async with slots:
                before = ceiling - sum(purse.spent.values())
                try:
                    await purse.reserve(str(k), f"s{k}")
                except BudgetError:
                    return
                assert 0 <= purse.left <= before
                await _turns(fates[k][4])
                purse.settle(str(k), (fates[k][0] + beyond[k]) * CREDIT_S)

        await asyncio.wait_for(asyncio.gather(*[one(k) for k in range(len(fates))]), 60)

    asyncio.run(build())
