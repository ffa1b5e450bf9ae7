"""`didgen preview`: the page of what is built, served here or written as files to send around."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.page.board import Board


@click.command("preview")
@options.addresses
@options.service
@click.option(
    "--export",
    "into",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the page into DIR, to be opened without a server.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=8020, show_default=True, help="0 takes any free one.")
@click.option("--open", "open_it", is_flag=True, help="Open it in a browser.")
@options.quiet
@options.in_folder
def command(
    addresses: tuple[str, ...], service: str | None, into: Path | None, port: int, open_it: bool, quiet: bool
) -> None:
    """Show every scene as it was last built, on a page of this machine. Builds nothing. Ctrl-C ends it."""
    from didgen.project.workspace import find_root

    board = _board(find_root(Path.cwd()), addresses, service)
    if into is not None:
        from didgen.page.export import export

        written = export(board, into)
        if not quiet:
            click.echo(f"wrote {written}")
        return
    from didgen.page.serving import served

    with served(board, port) as url:
        if not quiet:
            click.echo(f"showing it at {url} (Ctrl-C ends it)")
        if open_it:
            click.launch(url)
        while True:
            time.sleep(3600)


def _board(root: Path, addresses: tuple[str, ...], service: str | None) -> Board:
    from didgen.cli.progress import tell
    from didgen.page.board import Board
    from didgen.page.gallery import Gallery
    from didgen.walk.shortcut import wish
    from didgen.walk.steps import plan

    board = Board(root.name, live=False)
    Gallery(root, board).planned(plan(wish(root, addresses, service=service), tell))
    return board
