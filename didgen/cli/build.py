"""`didgen build`: render what changed, and nothing else."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options
from didgen.cli.progress import listening, tell
from didgen.cli.told import left_behind, up_to_date, warnings_of
from didgen.errors import Problem, UsageError

if TYPE_CHECKING:
    from didgen.walk.planfile import PlanFile
    from didgen.walk.shortcut import Standing
    from didgen.walk.summary import Summary


@click.command("build")
@options.addresses
@options.service
@options.jobs
@options.force
@click.option("--prune", is_flag=True, help="Remove outputs that no scene makes any more.")
@click.option("--no-wait", is_flag=True, help="Give up (exit 5) when another build is running here.")
@options.budget
@options.accept_upgrade
@options.locked
@click.option("--plan", "plan", type=click.Path(path_type=Path), help="Build what plan --out wrote, if it still holds.")
@options.as_json
@options.quiet
@options.in_folder
@click.pass_obj
def command(
    known: Standing | None,
    addresses: tuple[str, ...],
    service: str | None,
    jobs: int | None,
    force: bool,
    prune: bool,
    no_wait: bool,
    budget: int | None,
    accept_upgrade: bool,
    locked: bool,
    plan: Path | None,
    json_output: bool,
    quiet: bool,
) -> int:
    """Render the scenes that changed, join the films, write captions and posters. Nothing changed, nothing done."""
    from didgen.project.workspace import find_root
    from didgen.walk.shortcut import standing, wish

    root = find_root(Path.cwd())
    if plan is not None and (addresses or service or force or locked or budget is not None):
        raise UsageError("--plan says already what is built, where and for how much", hint="leave out the rest")
    bound = _read(plan)
    if bound is not None:
        wanted = bound.wish(root, jobs=jobs or 0, prune=prune, wait=not no_wait)
    else:
        wanted = wish(
            root,
            addresses,
            service=service,
            jobs=jobs,
            force=force,
            prune=prune,
            budget=budget,
            wait=not no_wait,
            accept_upgrade=accept_upgrade,
            locked=locked,
        )
    before = standing(wanted, known) if bound is None else None
    summary = before.summary if before is not None else None
    if summary is None:
        from didgen.cli.consent import on_bill, on_upgrade
        from didgen.walk.steps import build

        with listening(quiet) as listener:
            summary = build(
                wanted,
                on_event=listener,
                on_notice=tell,
                on_bill=on_bill(quiet),
                on_upgrade=on_upgrade,
                bound=bound,
                before=before,
            )
    with suppress(BrokenPipeError):  # a reader that has gone changes nothing about what became of the build
        if json_output:
            click.echo(json.dumps(as_json(summary), ensure_ascii=False, indent=2))
        elif not quiet:
            click.echo("\n".join(as_text(summary)))
    error = summary.error
    if error is not None:
        tell(f"didgen: {error}")
        _announce(summary)
        return error.exit_code
    return 0


def _read(path: Path | None) -> PlanFile | None:
    if path is None:
        return None
    from didgen.walk.planfile import read_plan

    return read_plan(path)


def _announce(summary: Summary) -> None:
    """In GitHub Actions, what failed at the lines where it is written."""
    from didgen.cli.ci import announce

    failed = [scene for scene in summary.scenes if scene.action == "failed"]
    announce("error", [Problem(f"{scene.address}: {scene.error}", scene.place) for scene in failed])


def still_joined(films: tuple[str, ...]) -> str:
    """What to tell of films that are left for later by a watch; "" for none."""
    return f"{', '.join(films)}: joined once nothing is being made" if films else ""


def as_text(summary: Summary) -> list[str]:
    """What was made, what went wrong, what a viewer should know, and the total."""
    lines: list[str] = []
    for scene in summary.scenes:
        if scene.action == "failed":
            lines.append(f"✗ {scene.address}: {scene.error}")
        elif scene.action not in ("reused", "planned"):
            lines.append(f"✓ {scene.file}  {scene.duration_s:.1f} s")
            lines += [f"    {warning}" for warning in scene.warnings]
    if held := [scene.error for scene in summary.scenes if scene.action == "planned"]:
        lines.append(f"- {len(held)} scene{'s stay' if len(held) > 1 else ' stays'} planned; {held[0]}")
    lines += warnings_of(summary.scenes)
    lines += [f"- {name}: removed" for name in summary.pruned]
    lines += left_behind(summary.stale)
    made = [f"{count} {how}" for how in ("rendered", "fetched", "restored") if (count := summary.count(how))]
    if not made and summary.error is None:
        return [*lines, up_to_date(len(summary.scenes))]
    lines += [f"✓ {film}" for film in summary.films]
    lines += [f"- {still_joined(summary.later)}"] if summary.later else []
    told = made or ["0 rendered"]
    told += [f"{count} up to date"] if (count := summary.count("reused")) else []
    told += [f"{count} failed"] if (count := summary.count("failed")) else []
    if summary.credits:
        told.append(f"{summary.credits} credit{'s' * (summary.credits != 1)} spent")
    elif summary.count("fetched"):
        told.append("nothing bought")
    return [*lines, f"{', '.join(told)}, {summary.seconds:.1f} s"]


def as_json(summary: Summary) -> dict[str, object]:
    """The result for programs. version: of this form."""
    return {
        "version": 1,
        "rendered": summary.count("rendered"),
        "fetched": summary.count("fetched"),
        "failed": summary.count("failed"),
        "planned": summary.count("planned"),
        "credits": summary.credits,
        "seconds": round(summary.seconds, 2),
        "films": list(summary.films),
        "stale": list(summary.stale),
        "scenes": [asdict(scene) for scene in summary.scenes],
    }
