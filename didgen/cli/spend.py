"""`didgen spend`: what was bought, from the ledger of this workspace."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.jobs.ledger import Spent
    from didgen.store.rows import JobRow


@click.command("spend")
@options.as_json
@options.in_folder
def command(json_output: bool) -> None:
    """Say what each build of this workspace spent at paid services, and the sums by month and service.

    Credits are those of each video's true length where it is known, else of the estimate. Jobs that were found on the
    account count 0 here: somebody else, or a build whose state is lost, bought them.
    """
    from didgen.jobs.ledger import by_build, by_month
    from didgen.project.workspace import find_root

    rows = _rows(find_root(Path.cwd()))
    builds, months = by_build(rows), by_month(rows)
    if json_output:
        click.echo(json.dumps(_as_json(builds, months), indent=2))
    elif not builds:
        click.echo("nothing was bought here")
    else:
        click.echo("\n".join(_as_text(builds, months)))


def _rows(root: Path) -> Sequence[JobRow]:
    from didgen.jobs.ledger import purchases
    from didgen.project.workspace import read_settings
    from didgen.store.artifacts import Artifacts
    from didgen.store.walks import state_path

    if not state_path(root).parent.exists():
        return ()
    with Artifacts(root) as store:
        if store.notice:
            click.echo(store.notice, err=True)
        return purchases(store.state.jobs(), at_home=read_settings(root, os.environ).paid)


def _as_text(builds: Sequence[Spent], months: Sequence[Spent]) -> list[str]:
    total = sum(one.credits for one in builds)
    lines = [f"{'build':<22}  {'credits':>7}  {'scenes':>6}  {'seconds':>7}  service"]
    lines += [_line(one.name or "before builds had names", one) for one in builds]
    lines += ["", *(_line(one.name, one) for one in months)]
    return [*lines, "", f"{total} credit{'s' * (total != 1)} in all"]


def _line(name: str, one: Spent) -> str:
    remarks = [f"{one.found} found on the account"] if one.found else []
    remarks += [f"{one.uncertain} uncertain (didgen jobs)"] if one.uncertain else []
    more = f"  {', '.join(remarks)}" if remarks else ""
    return f"{name:<22}  {one.credits:>7}  {one.bought:>6}  {one.seconds:>7.0f}  {one.service}{more}"


def _as_json(builds: Sequence[Spent], months: Sequence[Spent]) -> dict[str, Any]:
    """For programs. version: of this form."""
    return {
        "version": 1,
        "credits": sum(one.credits for one in builds),
        "builds": [_facts(one, "build") for one in builds],
        "months": [_facts(one, "month") for one in months],
    }


def _facts(one: Spent, what: str) -> dict[str, Any]:
    facts = asdict(one)
    began = datetime.fromtimestamp(facts.pop("began"), UTC).isoformat(timespec="seconds")
    return {what: facts.pop("name"), "began": began, **facts, "seconds": round(one.seconds, 2)}
