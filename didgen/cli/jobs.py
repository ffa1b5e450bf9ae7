"""`didgen jobs`: what was sent to paid services, what became of it, and what is on the account that nobody knows."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.catalog.services import LOCAL, service_name
from didgen.cli import options

if TYPE_CHECKING:
    from didgen.jobs.adoption import Listed
    from didgen.jobs.lockfile import Lock
    from didgen.jobs.orphans import Orphan
    from didgen.store.rows import JobRow

RECENT = 20
"""How many of the jobs that have ended are listed."""


@click.command("jobs")
@click.option("--orphans", is_flag=True, help="Jobs of ours on the account that this workspace knows nothing of.")
@options.service
@options.as_json
@options.in_folder
def command(orphans: bool, service: str | None, json_output: bool) -> None:
    """List jobs at paid services: those that wait for you, those that run, and the last that ended.

    With --orphans the account is asked (costs nothing): bought by another machine, or by a build whose state is lost.
    """
    from didgen.project.workspace import find_root

    root = find_root(Path.cwd())
    if orphans:
        found = _orphans(root, service)
        click.echo(_orphans_json(found) if json_output else "\n".join(_orphans_text(found)))
        return
    rows = [row for row in _rows(root) if service is None or row.service == service_name(service)]
    click.echo(_json(rows) if json_output else "\n".join(_text(rows)))


def _rows(root: Path) -> list[JobRow]:
    """The paid jobs of the state: first the uncertain, then those that run, then those that ended, newest first.

    Tries that the service did not take are left out when a later one of the same scene is there.
    """
    from didgen.store.rows import OPEN

    rows = [row for row in reversed(_all_rows(root)) if row.service != LOCAL]
    later = {row.fingerprint: row.id for row in reversed(rows)}
    refused = {row.id for row in rows if row.state == "failed" and not row.remote and later[row.fingerprint] != row.id}
    ended = [row for row in rows if row.state not in OPEN and row.id not in refused][:RECENT]
    waiting = sorted((row for row in rows if row.state in OPEN), key=lambda row: row.state == "submitted")
    return [*waiting, *ended]


def _all_rows(root: Path) -> list[JobRow]:
    from didgen.store.artifacts import Artifacts
    from didgen.store.walks import state_path

    if not state_path(root).exists():
        return []
    with Artifacts(root) as store:
        if store.notice:
            click.echo(store.notice, err=True)
        return store.state.jobs()


def _text(rows: Sequence[JobRow]) -> list[str]:
    if not rows:
        return ["no job was sent from here"]
    width = max(len(row.address) for row in rows)
    lines = []
    for row in rows:
        head = f"{row.state:<9}  {row.address:<{width}}  {_when(row.began):%Y-%m-%d %H:%M}"
        lines.append(f"{head}  {_price(row)}  {row.remote}".rstrip())
        lines += [f"    {row.why}"] if row.why else []
        if row.state == "uncertain":
            lines.append(f"    didgen resolve {row.address} --adopt ID, --resubmit or --forget")
    return lines


def _price(row: JobRow) -> str:
    credits = _credits(row)
    return f"{credits:>2} credit{'s' if credits != 1 else ' '}"


def _credits(row: JobRow) -> int:
    """What it costs here, as `didgen spend` counts it: nothing for one that was refused, or was found as it was bought
    elsewhere or before the state was lost."""
    from didgen.jobs.ledger import was_paid

    return row.credits if was_paid(row) else 0


def _json(rows: Sequence[JobRow]) -> str:
    """For programs. version: of this form."""
    jobs = [
        {
            "address": row.address,
            "state": row.state,
            "service": row.service,
            "id": row.remote,
            "fingerprint": row.fingerprint,
            "build": row.build,
            "credits": _credits(row),
            "seconds": row.seconds,
            "why": row.why,
            "began": _when(row.began).isoformat(timespec="seconds"),
            "changed": _when(row.changed).isoformat(timespec="seconds"),
        }
        for row in rows
    ]
    return json.dumps({"version": 1, "jobs": jobs}, ensure_ascii=False, indent=2)


def _when(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _minute(seconds: float) -> str:
    """A time as the clock on the wall shows it."""
    return f"{_when(seconds).astimezone():%Y-%m-%d %H:%M}"


def _orphans(root: Path, service: str | None) -> list[Orphan]:
    import asyncio

    from didgen.jobs.orphans import orphans, unmarked
    from didgen.jobs.search import searching
    from didgen.plan.identity import service_id
    from didgen.project.workspace import read_settings

    settings = read_settings(root, os.environ)
    rows = _all_rows(root)
    named, locks = _released(root)
    names = [service] if service else sorted({*named, settings.service, *(row.service for row in rows)} - {""})
    services = dict.fromkeys(service_id(name, paid_at_home=settings.paid) for name in names)

    async def run() -> list[Orphan]:
        found: list[Orphan] = []
        for one in (one for one in services if one.paid):
            async with searching(one) as search:
                jobs = await search.everything()
            found += orphans(jobs, one.name, rows, locks)
            if unknown := unmarked(jobs, rows, locks):
                click.echo("\n".join(_unmarked_text(one.host, unknown)), err=True)
        return found

    return asyncio.run(run())


def _released(root: Path) -> tuple[set[str], list[Lock]]:
    """The services that the workspace's projects name, and what their locks say."""
    from didgen.jobs.lockfile import NAME, read_lock
    from didgen.project.files import Files
    from didgen.project.finding import PROJECT_FILE
    from didgen.project.load import load_project
    from didgen.project.workspace import project_names

    files, names, locks = Files(root), set(), []
    for folder in (root / "projects" / name for name in project_names(root)):
        names.add(load_project(folder / PROJECT_FILE, files).spec.service)
        locks.append(read_lock(folder, files.relative(folder / NAME)))
    return names, locks


def _unmarked_text(host: str, unknown: Sequence[Listed]) -> list[str]:
    """For a person who has to decide which job is the lost one."""
    head = f"{host} does not show what jobs were sent with; nobody here knows these, and a lost one may be among them:"
    lines = [
        f"  {one.id}  {one.status}  {_minute(one.created_s or 0)}  {one.kind} of {one.duration_s or 0:.1f} s"
        for one in unknown[:RECENT]
    ]
    return [head, *lines, *([f"  and {len(unknown) - RECENT} more"] if len(unknown) > RECENT else [])]


def _orphans_text(found: Sequence[Orphan]) -> list[str]:
    if not found:
        return ["no job of ours is on the account that this workspace does not know"]
    return [f"{one.id}  {one.status}  {_minute(one.created_s or 0)}  {one.words}" for one in found]


def _orphans_json(found: Sequence[Orphan]) -> str:
    """For programs. version: of this form."""
    fields = ("id", "kind", "service", "status", "address", "lost")
    told: list[dict[str, Any]] = [{name: getattr(one, name) for name in fields} for one in found]
    for one, orphan in zip(told, found, strict=True):
        one["created"] = _when(orphan.created_s).isoformat(timespec="seconds") if orphan.created_s else None
        one["seconds"] = orphan.duration_s
    return json.dumps({"version": 1, "orphans": told}, ensure_ascii=False, indent=2)
