"""`didgen pull`: bring what the projects need from the shared store."""

from __future__ import annotations

from pathlib import Path

import click

from didgen.cli import options
from didgen.cli.progress import tell


@click.command("pull")
@options.addresses
@options.service
@options.quiet
@options.in_folder
def command(addresses: tuple[str, ...], service: str | None, quiet: bool) -> None:
    """Bring the videos that the projects as they are now need from the shared store into .didgen.

    Renders, buys and delivers nothing: after it `didgen plan` tells what is left, and `didgen build` puts the videos
    in their places; a build also brings what it needs by itself. Where the store lies: `store:` in didgen.yaml, or
    DIDGEN_STORE.
    """
    from didgen.project.workspace import find_root
    from didgen.walk.sharing import pull
    from didgen.walk.shortcut import wish

    moved = pull(wish(find_root(Path.cwd()), addresses, service=service), tell)
    if not quiet:
        rest = [f"{moved.missing} are not there"] if moved.missing else []
        rest += [f"{moved.damaged} are damaged there"] if moved.damaged else []
        click.echo(", ".join([f"{moved.moved} scenes brought, {moved.already} were here already", *rest]))
