"""`didgen update`: move the lock to what the projects say now."""

from __future__ import annotations

from pathlib import Path

import click

from didgen.cli import options
from didgen.cli.progress import tell


@click.command("update")
@options.addresses
@options.quiet
@options.in_folder
def command(addresses: tuple[str, ...], quiet: bool) -> None:
    """Write into didgen.lock what the scenes are made from now. Renders and buys nothing: the next build does.

    A project that is rendered without cost has a lock from its first update on.
    """
    from didgen.project.workspace import find_root
    from didgen.walk.locked import update
    from didgen.walk.shortcut import wish

    moved = update(wish(find_root(Path.cwd()), addresses, service=None), tell)
    if quiet:
        return
    for address, how in moved:
        click.echo(f"~ {address}: {how}")
    if not moved:
        click.echo("the lock says what the projects say")
