"""`didgen resolve`: what is to become of a job that may or may not have been bought."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options
from didgen.errors import UsageError

if TYPE_CHECKING:
    from didgen.store.rows import JobRow
    from didgen.store.state import State


@click.command("resolve")
@click.argument("address", metavar="PROJECT/SCENE")
@click.option("--adopt", metavar="ID", default=None, help="It is this job of the account: the next build fetches it.")
@click.option("--resubmit", is_flag=True, help="It was not bought: the next build buys it, if you agree to the price.")
@click.option("--forget", is_flag=True, help="Give the job up; the scene is treated as one that was never sent.")
@options.in_folder
def command(address: str, adopt: str | None, resubmit: bool, forget: bool) -> None:
    """Settle a job whose answer was lost and that nobody found (`didgen jobs` lists them).

    Look at the service's own list of videos first. Nothing is sent and nothing bought by this.
    """
    from didgen.project.workspace import find_root
    from didgen.store.artifacts import Artifacts
    from didgen.store.home import prepare
    from didgen.store.lock import build_lock

    if [adopt is not None, resubmit, forget].count(True) != 1:
        raise UsageError("say what is to become of it", hint="one of --adopt ID, --resubmit, --forget")
    root = find_root(Path.cwd())
    with build_lock(prepare(root), wait=False), Artifacts(root) as store:
        click.echo(_settle(root, store.state, address.strip("/"), adopt, resubmit=resubmit))


def _settle(root: Path, state: State, address: str, adopt: str | None, *, resubmit: bool) -> str:
    from didgen.jobs import resolve

    if adopt is not None:
        row = _adopt(root, state, address, adopt)
        return f"{row.address} is {adopt} now; didgen build fetches it"
    if resubmit:
        resolve.resubmit(state, address)
        return f"{address}: the next build buys it, unless the account comes to show the lost job"
    rows = resolve.forget(state, address)
    running = [row.remote for row in rows if row.state == "submitted"]
    paid = f"; {', '.join(running)} is paid for and runs on" if running else ""
    return f"{address}: given up{paid}"


def _adopt(root: Path, state: State, address: str, job_id: str) -> JobRow:
    import asyncio

    from didgen.jobs import resolve
    from didgen.jobs.search import searching
    from didgen.plan.identity import service_id
    from didgen.project.workspace import read_settings

    paid_at_home = read_settings(root, os.environ).paid
    service = service_id(resolve.waiting(state, address)[-1].service, paid_at_home=paid_at_home)

    async def run() -> JobRow:
        async with searching(service) as search:
            return await resolve.adopt(state, address, job_id, search)

    return asyncio.run(run())
