"""`didgen check`: is everything written right?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from didgen.cli import options


@click.command("check")
@options.addresses
@options.service
@options.as_json
@options.quiet
@options.in_folder
def command(addresses: tuple[str, ...], service: str | None, json_output: bool, quiet: bool) -> None:
    """Read the projects and all they name; report every mistake at once, at file:line:column. Renders nothing."""
    from didgen.project.workspace import find_root
    from didgen.shortcut import wish
    from didgen.walk import check

    wanted = wish(find_root(Path.cwd()), addresses, service=service)
    checked = check(wanted, lambda text: click.echo(text, err=True))
    notes = [(scene.address, note) for _, scenes in checked for scene in scenes for note in scene.notes]
    count = sum(len(scenes) for _, scenes in checked)
    if json_output:
        click.echo(json.dumps({"version": 1, "scenes": count, "notes": notes}, ensure_ascii=False))
        return
    if not quiet:
        for address, note in notes:
            click.echo(f"{address}: {note}")
        click.echo(f"{count} scenes in {len(checked)} project{'s' * (len(checked) != 1)}, nothing wrong")
