"""What a build may spend: agreed to once, held before every job is sent, settled when its price is known.

At any moment what was spent and what is held for jobs under way stay within the ceiling; what is held for a job is the
most it is reckoned to cost. When one turns out dearer even than that, the others are reckoned as much dearer, so that
wrong prices cannot add up.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from didgen.errors import BudgetError
from didgen.plan.bill import Bill, Item


@dataclass(frozen=True, slots=True)
class Offer:
    """What is about to be bought, and what is known of the money. budget: credits agreed to beforehand, None: a person
    has to be asked. balances: host → credits left, of those that tell."""

    bill: Bill
    budget: int | None
    balances: Mapping[str, float] = field(default_factory=dict)


OnBill = Callable[[Offer], bool]


def check_priced(bill: Bill) -> None:
    """Raises BudgetError for a bill with an unknown price."""
    if bill.unpriced:
        raise BudgetError(
            f"what {', '.join(bill.unpriced)} charges is not known, so nothing is bought there",
            hint="write into didgen.yaml how many seconds of video a credit buys, `credit_s: 15`, or 0 if it is free",
        )


def agree(offer: Offer, on_bill: OnBill) -> Purse:
    """The purse for a bill. on_bill hears of it, and decides where no budget was set.

    Without a budget the ceiling is what the bill hardly ever exceeds. Raises BudgetError when a price is unknown, the
    likely total is above the budget, or nobody agrees.
    """
    bill = offer.bill
    if not bill.items:
        return Purse(bill, 0)
    check_priced(bill)
    assert bill.credits is not None and bill.most is not None  # noqa: PT018
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
    """Credits that one build may spend: on what is on its bill, once each. Belongs to one event loop.

    Scenes are known by their fingerprints. spent: what each costs whose price is known; held: the most that is reckoned
    for each that is under way.
    """

    bill: Bill = field(default_factory=Bill)
    ceiling: int = 0
    spent: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)
    proved: bool = False  # the first talk turned out as reckoned
    dearer: float = 1.0  # how many times the most it was reckoned to cost a job has cost
    _items: dict[str, Item] = field(init=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._items = {item.fingerprint: item for item in self.bill.items}

    @property
    def total(self) -> int:
        """What was spent and what is held."""
        return sum(self.spent.values()) + sum(self.held.values())

    @property
    def left(self) -> int:
        """What no job has a claim to; below 0 when one turned out dearer than reckoned."""
        return self.ceiling - self.total

    def bought(self, fingerprint: str) -> bool:
        """Whether this build bought a job, or may have."""
        return fingerprint in self.spent

    async def reserve(self, fingerprint: str) -> Item:
        """Hold credits for a job that is about to be sent; what it is on the bill.

        Waits while they are not there but jobs under way may turn out cheaper than what is held for them; and where
        reckoning may be wrong, for the price of what is under way: the first talk goes alone, and after one that was
        dearer than reckoned every job does, reckoned as much dearer. Raises BudgetError when they are not there, when
        the job is not on the bill, and when it was bought already.
        """
        item = self._items.get(fingerprint)
        if item is None or item.most is None or fingerprint in self.spent or fingerprint in self.held:
            raise BudgetError(
                "nobody was asked about buying it", hint="build again: the plan says what is to be bought"
            )
        while (most := math.ceil(item.most * self.dearer)) > self.left or self._wary():
            if not self.held:
                cost = f"{most} credit{'s' * (most != 1)}"
                raise BudgetError(
                    f"it may cost {cost}, and {max(0, self.left)} of {self.ceiling} are left; it was not sent",
                    hint=f"build again with --budget {most}: what is bought already costs nothing",
                )
            self._changed.clear()
            await self._changed.wait()
        self.held[fingerprint] = most
        return item

    def _wary(self) -> bool:
        """Whether the price of a job under way should be known before another one is sent."""
        if self.dearer > 1:
            return bool(self.held)
        return not self.proved and any(self._items[fingerprint].kind == "talk" for fingerprint in self.held)

    def settle(self, fingerprint: str, credits: int) -> None:
        """What a job that was sent costs is known. May be told again, and corrected; nothing for what is not held."""
        if fingerprint in self.held or fingerprint in self.spent:
            item = self._items[fingerprint]
            self.proved = self.proved or item.kind == "talk"
            self.dearer = max(self.dearer, credits / (item.most or credits or 1))
            self.spent[fingerprint] = credits
            self.release(fingerprint)

    def keep(self, fingerprint: str) -> None:
        """Nothing more will be learnt of a job that was, or may have been, bought: it costs what is held for it."""
        if fingerprint in self.held:
            self.settle(fingerprint, self.held[fingerprint])

    def release(self, fingerprint: str) -> None:
        """The job was not bought."""
        self.held.pop(fingerprint, None)
        self._changed.set()
