"""What a build may spend: agreed to once, held before every job is sent, settled when its price is known.

At any moment what was spent and what is held for jobs under way stay within the ceiling; what is held for a job is the
most it is reckoned to cost. When one turns out dearer even than that, no further job is sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from didgen.errors import BudgetError
from didgen.plan.bill import Bill, Item, credits_for


@dataclass(frozen=True, slots=True)
class Offer:
    """What is about to be bought, and what is known of the money. budget: credits agreed to beforehand, None: a person
    has to be asked. balances: host → credits left, of those that tell."""

    bill: Bill
    budget: int | None
    balances: Mapping[str, int] = field(default_factory=dict)


OnBill = Callable[[Offer], bool]


def agree(offer: Offer, on_bill: OnBill) -> Purse:
    """The purse for a bill. on_bill hears of it, and decides where no budget was set.

    Without a budget the ceiling is what the bill hardly ever exceeds. Raises BudgetError when a price is unknown, the
    likely total is above the budget, or nobody agrees.
    """
    bill = offer.bill
    if not bill.items:
        return Purse(bill, 0)
    if bill.unpriced or bill.credits is None or bill.most is None:
        raise BudgetError(
            f"what {', '.join(bill.unpriced)} charges is not known, so nothing is bought there",
            hint="write into didgen.yaml how many seconds of video a credit buys, `credit_s: 15`, or 0 if it is free",
        )
    if offer.budget is not None and bill.credits > offer.budget:
        raise BudgetError(
            f"{bill.words}, and the budget is {offer.budget}; nothing was sent",
            hint=f"--budget {bill.most}, fewer scenes, or --service local for a free draft",
        )
    agreed = on_bill(offer)
    if offer.budget is None and not agreed:
        raise BudgetError(
            f"{bill.words}; nobody agreed to that, so nothing was sent",
            hint=f"add --budget {bill.most}, or --service local for a free draft",
        )
    return Purse(bill, bill.most if offer.budget is None else offer.budget)


@dataclass(eq=False)
class Purse:
    """Credits that one build may spend on what is on its bill, and on nothing else. Belongs to one event loop.

    spent: job → what it costs, of those whose price is known. held: job → the most that is reckoned for one under way.
    """

    bill: Bill = field(default_factory=Bill)
    ceiling: int = 0
    spent: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    _items: dict[str, Item] = field(init=False)
    _sent: dict[str, Item] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._items = {item.fingerprint: item for item in self.bill.items}

    @property
    def left(self) -> int:
        """What no job has a claim to; below 0 when one turned out dearer than reckoned."""
        return self.ceiling - sum(self.spent.values()) - sum(self.held.values())

    async def reserve(self, job: str, fingerprint: str) -> Item:
        """Hold credits for a job that is about to be sent; what it is on the bill.

        Waits while they are not there but jobs under way may turn out cheaper than what is held for them. Raises
        BudgetError when they are not there, or the job is not on the bill.
        """
        item = self._items.get(fingerprint)
        if item is None or item.most is None:
            raise BudgetError(
                "nobody was asked about buying it", hint="build again: the plan says what is to be bought"
            )
        while item.most > self.left:
            if not self.held:
                cost = f"{item.most} credit{'s' * (item.most != 1)}"
                raise BudgetError(
                    f"it may cost {cost}, and {max(0, self.left)} of {self.ceiling} are left; it was not sent",
                    hint=f"build again with --budget {item.most}: what is bought already costs nothing",
                )
            self._changed.clear()
            await self._changed.wait()
        self.held[job] = item.most
        self._sent[job] = item
        return item

    def settle(self, job: str, seconds: float) -> int | None:
        """The length of a job that was sent is known, and so its price, in credits. May be told again, and corrected.

        None for a job that nothing was held for: one of an earlier build, or one that costs nothing.
        """
        item = self._sent.get(job)
        if item is None or item.credit_s is None:
            return None
        self._cost(job, credits_for(seconds, item.credit_s))
        return self.spent[job]

    def keep(self, job: str) -> None:
        """Nothing more will be learnt of a job that was, or may have been, bought: it costs what is held for it."""
        if job in self.held:
            self._cost(job, self.held[job])

    def release(self, job: str) -> None:
        """The job was not bought."""
        self.held.pop(job, None)
        self._changed.set()

    def _cost(self, job: str, credits: int) -> None:
        self.spent[job] = credits
        self.release(job)
