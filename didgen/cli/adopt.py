"""`didgen adopt`: after an upgrade of didgen, keep what an older one rendered."""

from __future__ import annotations

from pathlib import Path

import click

from didgen.cli import options
from didgen.cli.progress import tell


@click.command("adopt")
@options.addresses
@options.service
@options.quiet
@options.in_folder
def command(addresses: tuple[str, ...], service: str | None, quiet: bool) -> None:
    """Keep videos that would be rendered again only because didgen was upgraded. All others are left as they are."""
    from didgen.project.workspace import find_root
    from didgen.walk.shortcut import wish
    from didgen.walk.upgrade import adopt

    kept = adopt(wish(find_root(Path.cwd()), addresses, service=service), tell)
    if quiet:
        return
    for address in kept:
        click.echo(f"✓ {address}: kept as it was rendered")
    if not kept:
        click.echo("nothing to adopt: no stored video would be rendered again only because didgen was upgraded")
