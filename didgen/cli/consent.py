"""What a build is about to buy, said to a person, and the question whether it may."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from didgen.cli.progress import tell

if TYPE_CHECKING:
    from didgen.jobs.purse import Offer, OnBill
    from didgen.plan.bill import Bill, Item
    from didgen.walk.upgrade import Upgrade

SHOWN = 30  # scenes of a bill; `didgen plan -v` lists them all


def on_bill(quiet: bool) -> OnBill:
    """Says what is about to be bought, and asks where no budget was set and somebody sits at a terminal.

    quiet: nothing is said beyond the question.
    """

    def heard(offer: Offer) -> bool:
        asked = offer.budget is None and somebody_is_there()
        if asked or (offer.budget is not None and not quiet):  # a refusal tells the total by itself
            tell("\n".join(_said(offer)))
        return asked and click.confirm("Buy this?", default=False, err=True)

    return heard


def on_upgrade(upgrade: Upgrade) -> bool:
    """Says what an upgrade alone would render again, and asks where somebody sits at a terminal."""
    if not somebody_is_there():
        return False
    tell(f"{upgrade.words} (didgen adopt keeps them as they are)")
    return click.confirm("Render them again?", default=False, err=True)


def somebody_is_there() -> bool:
    """Whether a person can be asked: both ends are a terminal, and no CI service runs this."""
    in_ci = os.environ.get("CI", "").lower() not in ("", "0", "false")
    return not in_ci and sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def price(item: Item) -> str:
    """A line's worth: "tiny/one  talk, about 4 s, 1 credit"."""
    return f"{item.address}  {item.kind}, about {item.seconds:.0f} s, {item.words}"


def hints(bill: Bill) -> list[str]:
    """What would make it cheaper."""
    return [f"cheaper: {hint.words}" for hint in bill.hints]


def _said(offer: Offer) -> list[str]:
    bill = offer.bill
    lines = [f"  {price(item)}" for item in bill.items[:SHOWN]]
    if len(bill.items) > SHOWN:
        lines.append(f"  and {len(bill.items) - SHOWN} more (didgen plan -v lists them)")
    lines += hints(bill)
    agreed = f"; the budget is {offer.budget}" if offer.budget is not None else ""
    lines.append(f"to buy: {bill.words}{agreed}")
    return lines + [_balance(host, credits, bill) for host, credits in offer.balances.items()]


def _balance(host: str, credits: float, bill: Bill) -> str:
    needed = sum(item.credits or 0 for item in bill.items if item.host == host)
    return f"the account at {host} has {credits:.10g} credits left{', which is not enough' if credits < needed else ''}"
