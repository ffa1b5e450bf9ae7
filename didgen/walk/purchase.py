"""Between the plan and the building: what the accounts have already, what the rest costs, whether that is agreed to.

Light to import, as most builds buy nothing.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from didgen.project.workspace import read_settings
from didgen.walk.planned import OnNotice, Planned, bill
from didgen.walk.shortcut import Wish

if TYPE_CHECKING:
    from didgen.jobs.purse import OnBill, Purse
    from didgen.plan.identity import ServiceId
    from didgen.plan.scene import Scene
    from didgen.store.artifacts import Artifacts
    from didgen.walk.sharing import Sharing


def look_up(
    wanted: Wish,
    plans: Sequence[Planned],
    store: Artifacts,
    build: str,
    on_notice: OnNotice,
    sharing: Sharing,
) -> dict[str, float]:
    """Ask each paid account what it has already of what is to be rendered; the rest is `Planned.to_buy`.

    sharing: knows what other machines bought.
    The credits left at each host where something has to be bought, of those that tell. In an event loop of its own:
    somebody may be asked for money between this and the building.
    """
    from didgen.jobs.reconcile import bought_as
    from didgen.plan.planner import to_render

    balances: dict[str, float] = {}
    for service in dict.fromkeys(planned.service for planned in plans if planned.service.paid):
        mine = [planned for planned in plans if planned.service == service]
        scenes = {scene.fingerprint: scene for planned in mine for scene in to_render(planned.plan)}
        locked = [planned.lock for planned in mine]
        left: set[str] = set()
        if scenes:
            former = bought_as(store, service.name, list(scenes), locked)
            for one in scenes.keys() & sharing.jobs.keys():
                former[one] = list(dict.fromkeys([*former.get(one, ()), *sharing.jobs[one]]))
            known = former, {job for lock in locked for job in lock.jobs}, sharing
            left, balance = _not_there(wanted, service, list(scenes.values()), store, known, build, on_notice)
            balances |= {service.host: balance} if balance is not None else {}
        for planned in mine:
            planned.to_buy = [scene for scene in to_render(planned.plan) if scene.fingerprint in left]
    return balances


def _not_there(
    wanted: Wish,
    service: ServiceId,
    scenes: Sequence[Scene],
    store: Artifacts,
    known: tuple[Mapping[str, Sequence[str]], Collection[str], Sharing],
    build: str,
    on_notice: OnNotice,
) -> tuple[set[str], float | None]:
    """Fingerprints of the scenes that a paid account has no video of; where there are any, its credits, if it tells."""
    import asyncio

    from didgen.jobs.reconcile import reconcile
    from didgen.jobs.search import searching

    former, jobs, sharing = known

    async def run() -> tuple[list[Scene], float | None]:
        async with searching(service) as search:
            left = await reconcile(
                scenes,
                service.name,
                store.state,
                search,
                build=build,
                anew=wanted.force,
                bought_as=former,
                known=jobs,
                others=sharing.others,
                on_notice=on_notice,
            )
            return left, await search.balance() if left else None

    scenes_left, balance = asyncio.run(run())
    return {scene.fingerprint for scene in scenes_left}, balance


def purse_for(
    wanted: Wish,
    plans: Sequence[Planned],
    store: Artifacts,
    build: str,
    on_notice: OnNotice,
    on_bill: OnBill,
    sharing: Sharing,
) -> Purse:
    """From plans to the money they may take: what was released is known, what the accounts have is found, and somebody
    agreed to the rest. sharing: knows what other machines bought.

    Raises BudgetError, and what looking at an account raises.
    """
    from didgen.jobs.purse import check_priced
    from didgen.walk.release import take_in

    for planned in plans:
        take_in(planned.plan, planned.lock, planned.service, store, planned.outputs)
    check_priced(bill(plans))
    balances = look_up(wanted, plans, store, build, on_notice, sharing)
    return agreed(wanted, plans, balances, on_bill)


def agreed(wanted: Wish, plans: Sequence[Planned], balances: Mapping[str, float], on_bill: OnBill) -> Purse:
    """The purse for all that these plans buy. Raises BudgetError when nobody agrees to that."""
    from didgen.jobs.purse import Offer, agree

    budget = wanted.budget if wanted.budget is not None else read_settings(wanted.root, os.environ).budget
    return agree(Offer(bill(plans), budget, balances), on_bill)
