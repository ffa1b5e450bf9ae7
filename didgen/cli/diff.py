"""`didgen diff`: what changed in the videos since a git revision, and what that costs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.walk.difference import Change, Difference, Side

SIGNS = {"added": "+", "removed": "-", "changed": "~", "moved": ">"}


@click.command("diff")
@click.argument("revision")
@options.addresses
@options.service
@options.as_json
@options.in_folder
def command(revision: str, addresses: tuple[str, ...], service: str | None, json_output: bool) -> None:
    """Say which scenes were added, removed or changed since a git REVISION, with the changed words and the price.

    Compares what is written, not what is rendered. Working tree, index and network are left alone.
    """
    from didgen.project.workspace import find_root
    from didgen.walk.difference import diff

    found = diff(find_root(Path.cwd()), revision, addresses, service)
    if json_output:
        click.echo(json.dumps(as_json(found), ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(as_text(found, revision)))


def as_text(found: Difference, revision: str) -> list[str]:
    """A line a scene that is not the same, its reasons below it, and the total."""
    if not found.changes:
        return [f"nothing changed since {revision} ({found.same} scenes)"]
    lines = [line for change in found.changes for line in _lines(change)]
    counts = [f"{sum(c.what == what for c in found.changes)} {what}" for what in SIGNS]
    said = ", ".join(count for count in counts if not count.startswith("0 "))
    needed = [change.after for change in found.changes if change.bought and change.after]
    seconds = f"about {sum(side.seconds for side in needed):.0f} s of video"
    cost = f", {_credits(_sum(needed))} if none of it is stored" if any(side.credits != 0 for side in needed) else ""
    return [*lines, f"{said}, {found.same} the same; {seconds}{cost}"]


def _lines(change: Change) -> list[str]:
    before, after = change.before, change.after
    side = after or before
    assert side is not None
    head = f"{SIGNS[change.what]} {side.address}  {side.kind}"
    if change.what == "moved" and before is not None:
        return [f"{head}, was {before.address}, the same video"]
    if before is not None and after is not None:
        head += f", about {_from_to(f'{before.seconds:.0f}', f'{after.seconds:.0f}')} s"
        head += f", {_from_to(_credits(before.credits), _credits(after.credits))}" if _costs(before, after) else ""
    else:
        head += f", about {side.seconds:.0f} s" + (f", {_credits(side.credits)}" if _costs(side) else "")
    return [head, *(f"    {reason}" for reason in change.reasons)]


def _from_to(before: str, after: str) -> str:
    return after if before == after else f"{before} → {after}"


def _costs(*sides: Side) -> bool:
    return any(side.credits != 0 for side in sides)


def _credits(credits: int | None) -> str:
    return "price unknown" if credits is None else f"{credits} credit{'s' * (credits != 1)}"


def _sum(sides: Iterable[Side]) -> int | None:
    """Each video is bought once."""
    prices = {side.fingerprint: side.credits for side in sides}.values()
    return None if None in prices else sum(price for price in prices if price is not None)


def as_json(found: Difference) -> dict[str, Any]:
    """For programs. version: of this form. credits: of all that is added or changed, null: unknown."""
    needed = [change.after for change in found.changes if change.bought and change.after]
    return {
        "version": 1,
        "revision": found.revision,
        "same": found.same,
        "seconds": round(sum(side.seconds for side in needed), 1),
        "credits": _sum(needed),
        "changes": [asdict(change) for change in found.changes],
    }
