"""`didgen plan`: what would be rendered, and why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options
from didgen.cli.told import MANY, left_behind, nothing_planned, scene_told, total_told, up_to_date, warned, warnings_of

if TYPE_CHECKING:
    from didgen.plan.bill import Bill, Item
    from didgen.plan.scene import Decision
    from didgen.walk.shortcut import Standing
    from didgen.walk.steps import Planned

SIGNS = {"render": "+", "restore": "~", "stop": "✗"}


@click.command("plan")
@options.addresses
@options.service
@options.force
@options.locked
@click.option("-v", "--verbose", is_flag=True, help="A line for every scene, also where many have one cause.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the plan for build --plan FILE.")
@options.as_json
@options.quiet
@options.in_folder
@click.pass_obj
def command(
    known: Standing | None,
    addresses: tuple[str, ...],
    service: str | None,
    force: bool,
    locked: bool,
    verbose: bool,
    out: Path | None,
    json_output: bool,
    quiet: bool,
) -> None:
    """Say what a build would render, and why. Needs no key and sends nothing; silent about what is up to date."""
    from didgen.project.workspace import find_root
    from didgen.walk.shortcut import Standing, standing, wish

    wanted = wish(find_root(Path.cwd()), addresses, service=service, force=force, locked=locked)
    before = standing(wanted, known) if not json_output and out is None else Standing(wanted, {}, wanted.targets)
    if (short := before.summary) is not None:
        if not quiet:
            lines = nothing_planned(len(short.scenes), short.stale, warnings_of(short.scenes))
            click.echo("\n".join(lines))
        return
    from didgen.walk.steps import bill, plan

    plans = plan(replace(wanted, targets=before.left), lambda text: click.echo(text, err=True))
    if locked:
        from didgen.walk.locked import check_locked

        check_locked(wanted, plans)
    if out is not None:
        from didgen.walk.planfile import write_plan

        write_plan(out, wanted, plans)
    if json_output:
        click.echo(json.dumps(as_json(plans, bill(plans)), ensure_ascii=False, indent=2))
    elif not quiet:
        for line in as_text(plans, bill(plans), before, verbose=verbose):
            click.echo(line)
        if out is not None:
            click.echo(f"wrote {out} (didgen build --plan {out} does this and nothing else)")


def as_text(plans: Sequence[Planned], bill: Bill, before: Standing, *, verbose: bool = False) -> list[str]:
    """A line a scene that is not up to date, its reasons below it, the total, and what it would cost.

    before: projects that are as they were, and were not planned. Scenes of one project that have one cause are one line
    when they are more than MANY, unless verbose.
    """
    lines: list[str] = []
    items = {item.address: item for item in bill.items}
    for planned in plans:
        for same in _by_cause(planned, MANY if not verbose else len(planned.plan.decisions)):
            if len(same) > 1:
                lines += _many(same, [items[d.scene.address] for d in same if d.scene.address in items])
                continue
            scene = same[0].scene
            lines += _lines(same[0], items.get(scene.address), planned.sent.get(scene.fingerprint, ""))
        lines += left_behind(planned.left)
    todo = [d for p in plans for d in p.plan.decisions if d.action == "render"]
    stopped = sum(d.action == "stop" for p in plans for d in p.plan.decisions)
    standing = [scene for summary in before.done.values() for scene in summary.scenes]
    reused = sum(len(p.plan.decisions) for p in plans) - len(todo) - stopped + len(standing)
    over = warnings_of(standing) + warned(
        (d.scene.address, words) for p in plans for d in p.plan.decisions for words in _warnings(d)
    )
    if not lines:
        return [up_to_date(reused), *over]
    seconds = sum(d.scene.seconds for d in todo)
    where = ", ".join(sorted({p.service.name for p in plans}))
    total = total_told(len(todo), seconds, where, reused)
    lines.append(total + (f", {stopped} stopped" if stopped else ""))
    return [*lines, *over, *_upgrade(plans), *_money(plans, bill)]


def _warnings(decision: Decision) -> tuple[str, str]:
    from didgen.plan import fit
    from didgen.plan.translations import words_of_stale

    return fit.words_of(fit.planned(decision)), words_of_stale(decision.scene)


def _upgrade(plans: Sequence[Planned]) -> list[str]:
    count = sum(decision.upgrade for planned in plans for decision in planned.plan.decisions)
    how = "didgen build asks first (--accept-upgrade), didgen adopt keeps them as they are"
    return [f"{count} of these only because didgen was upgraded: {how}"] if count else []


def _by_cause(planned: Planned, many: int) -> list[list[Decision]]:
    """Decisions in order; more than `many` with one cause and nothing else to say of each are one entry."""
    groups: dict[object, list[Decision]] = {}
    for decision in planned.plan.decisions:
        if decision.action != "reuse":
            sent = planned.sent.get(decision.scene.fingerprint, "")
            groups.setdefault((decision.action, decision.reasons, decision.scene.notes, sent), []).append(decision)
    return [part for same in groups.values() for part in ([same] if len(same) > many else [[one] for one in same])]


def _many(same: Sequence[Decision], items: Sequence[Item]) -> list[str]:
    """Scenes with one cause: how many, which, how long and how dear."""
    from didgen.plan.bill import Bill

    first, *_, last = (decision.scene.address for decision in same)
    seconds = sum(decision.scene.seconds for decision in same)
    head = f"{SIGNS[same[0].action]} {len(same)} scenes, {first} to {last}  about {seconds:.0f} s"
    head += f", {Bill(tuple(items)).price}" if items else ""
    return [head, *(f"    {reason}" for reason in same[0].reasons), *(f"    note: {n}" for n in same[0].scene.notes)]


def _money(plans: Sequence[Planned], bill: Bill) -> list[str]:
    from didgen.cli.consent import hints

    if not any(p.service.paid for p in plans):
        return []
    there = sum(state in ("submitted", "done") for p in plans for state in p.sent.values())
    lines = [f"bought already: {there} scene{'s' * (there != 1)}, fetched for 0 credits"] if there else []
    if not bill.items:
        return [*lines, "to buy: nothing"]
    lines.append(f"to buy: {bill.words}; a build first looks for them on the account, and what is found there costs 0")
    return [*lines, *hints(bill)]


SENT = {
    "intent": "sent by a build that stopped, looked for first",
    "submitted": "bought already, being made",
    "done": "bought already",
    "uncertain": "uncertain (didgen jobs)",
}
"""What a plan says of a scene that was sent before, by the state of its job."""


def _lines(decision: Decision, item: Item | None, sent: str) -> list[str]:
    if decision.action == "reuse":
        return []
    scene = decision.scene
    more = f", {item.words}" if item is not None else f", {SENT[sent]}" if sent else ""
    told = (scene.address, scene.kind, scene.seconds, more)
    return scene_told(SIGNS[decision.action], *told, decision.reasons, scene.notes)


def as_json(plans: Sequence[Planned], bill: Bill) -> dict[str, Any]:
    """The plan for programs. version: of this form. credits: likely; most_credits: hardly ever exceeded; null:
    unknown.
    """
    items = {item.address: item for item in bill.items}
    return {
        "version": 1,
        "credits": bill.credits,
        "most_credits": bill.most,
        "paid_seconds": round(bill.seconds, 1),
        "hints": [hint.words for hint in bill.hints],
        "rendered": sum(d.action == "render" for p in plans for d in p.plan.decisions),
        "projects": [
            {
                "project": p.project.name,
                "service": p.service.name,
                "paid": p.service.paid,
                **_credits([items[d.scene.address] for d in p.plan.decisions if d.scene.address in items]),
                "stale": list(p.plan.stale),
                "stale_files": list(p.left),
                "scenes": [
                    {
                        "address": d.scene.address,
                        "action": d.action,
                        "kind": d.scene.kind,
                        "reasons": list(d.reasons),
                        "upgrade": d.upgrade,
                        "notes": list(d.scene.notes),
                        "seconds": round(d.scene.seconds, 1),
                        **_fit(d),
                        "translation": d.scene.translation.state if d.scene.translation is not None else None,
                        "sent": p.sent.get(d.scene.fingerprint),
                        **_credits([items[d.scene.address]] if d.scene.address in items else []),
                        "output": d.scene.output.as_posix(),
                        "fingerprint": d.scene.fingerprint,
                    }
                    for d in p.plan.decisions
                ],
            }
            for p in plans
        ],
    }


def _fit(decision: Decision) -> dict[str, float | None]:
    from didgen.plan import fit

    limit, over = decision.scene.limit, fit.planned(decision)
    return {
        "max_seconds": limit.seconds if limit is not None else None,
        "over_seconds": round(over.over_s, 1) if over is not None else 0.0,
    }


def _credits(items: Sequence[Item]) -> dict[str, int | None]:
    from didgen.plan.bill import Bill

    bill = Bill(tuple(items))
    return {"credits": bill.credits, "most_credits": bill.most}
