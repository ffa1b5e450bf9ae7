"""`didgen push`: put what is stored here into the shared store."""

from __future__ import annotations

from pathlib import Path

import click

from didgen.cli import options
from didgen.cli.progress import tell


@click.command("push")
@options.quiet
@options.in_folder
def command(quiet: bool) -> int:
    """Put every finished video that lies in .didgen into the shared store, and the jobs that were bought.

    What is there already is left alone. Where the store lies: `store:` in didgen.yaml, or DIDGEN_STORE. A build
    does the same with what it makes where `store_push: true` or DIDGEN_STORE_PUSH=1 says so.
    """
    from didgen.errors import StorageError
    from didgen.project.workspace import find_root
    from didgen.walk.sharing import push

    moved = push(find_root(Path.cwd()), tell)
    if not quiet:
        damaged = f", {moved.damaged} damaged here (didgen cache verify)" if moved.damaged else ""
        click.echo(f"{moved.moved} scenes pushed, {moved.already} were there already{damaged}")
    return StorageError.exit_code if moved.damaged else 0
