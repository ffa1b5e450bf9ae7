"""`didgen watch`: the same walk on every saved change."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import click

from didgen.cli import options
from didgen.errors import UsageError
from didgen.garbage import share_heap

if TYPE_CHECKING:
    from didgen.watch.told import Told, View


@click.command("watch")
@options.addresses
@click.option("--service", default="local", show_default=True, help="What renders; a draft unless the project says so.")
@options.jobs
@click.option("--live", is_flag=True, help="Let a paid service render on every saved change; needs --budget.")
@click.option("--budget", type=click.IntRange(min=0), metavar="CREDITS", help="Credits that the whole watch may spend.")
@click.option("--open", "open_it", is_flag=True, help="Show every scene on a page of this machine, and open it.")
@click.option("--port", type=click.IntRange(0, 65535), default=8020, show_default=True, help="Of the page; 0: any.")
@options.quiet
@options.in_folder
def command(
    addresses: tuple[str, ...],
    service: str,
    jobs: int | None,
    live: bool,
    budget: int | None,
    open_it: bool,
    port: int,
    quiet: bool,
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
    from didgen.watch.waiting import Ear
    from didgen.watch.watch import Watch

    share_heap()
    ear = Ear()
    ended_by(ear.stop)
    root = find_root(Path.cwd())
    with ExitStack() as stack:
        page, show = stack.enter_context(_page(root, port, quiet)) if open_it else (None, lambda: None)
        text, on_upgrade = stack.enter_context(watching(quiet, terminal=sys.stdout.isatty()))

        def view(told: Told) -> None:
            if page is not None:
                page(told)
            text(told)

        Watch(root, addresses, service, jobs or 0, budget or 0, view, on_upgrade, on_start=show, ear=ear).run()


@contextmanager
def _page(root: Path, port: int, quiet: bool) -> Iterator[tuple[View, Callable[[], None]]]:
    """The page, served while the block runs: who writes to it, and what opens it."""
    from didgen.page.board import Board
    from didgen.page.serving import served
    from didgen.watch.onpage import on_page

    board = Board(root.name)
    with served(board, port) as url, on_page(root, board) as view:

        def show() -> None:
            if not quiet:
                click.echo(f"showing it at {url}")
            click.launch(url)

        yield view, show


def ended_by(stop: Callable[[], None]) -> None:
    """Ctrl-C and SIGTERM call `stop` and raise KeyboardInterrupt, which alone may be lost (see `Ear.hear`)."""

    def interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        stop()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
