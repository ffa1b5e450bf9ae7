"""`didgen watch`: the same walk on every saved change."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from didgen.cli import options
from didgen.errors import UsageError


@click.command("watch")
@options.addresses
@click.option("--service", default="local", show_default=True, help="What renders; a draft unless the project says so.")
@options.jobs
@click.option("--live", is_flag=True, help="Let a paid service render on every saved change; needs --budget.")
@click.option("--budget", type=click.IntRange(min=0), metavar="CREDITS", help="Credits that the whole watch may spend.")
@options.quiet
@options.in_folder
def command(
    addresses: tuple[str, ...], service: str, jobs: int | None, live: bool, budget: int | None, quiet: bool
) -> None:
    """Build now and after every saved change, with the local engine. Ctrl-C ends it.

    What a saved file changes is rendered, nothing else; an edit of a scene that is being rendered cancels that and
    starts the new one. While a project has a mistake its last videos stay, and mending it goes on.

    A paid service is used only with --live and a budget, which is for all builds of this watch together. What was
    bought is brought home even if its scene was edited meanwhile.
    """
    from didgen.project.workspace import find_root

    if live != (budget is not None):
        raise UsageError("watch buys only with --live and --budget CREDITS together", hint="leave both out for drafts")
    from didgen.cli.watching import watching
    from didgen.watch.watch import Watch

    signal.signal(signal.SIGTERM, _interrupt)
    with watching(quiet, terminal=sys.stdout.isatty()) as (view, on_upgrade):
        Watch(find_root(Path.cwd()), addresses, service, jobs or 0, budget or 0, view, on_upgrade).run()


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """SIGTERM ends a watch as Ctrl-C does."""
    raise KeyboardInterrupt
