"""`didgen watch`: the same walk on every saved change."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options
from didgen.errors import DidgenError, InterruptedBuildError

if TYPE_CHECKING:
    from watchfiles import Change

    from didgen.shortcut import Wish

IGNORED = {".didgen", "output", ".git", ".venv", "node_modules", "__pycache__"}
SETTLE_MS = 200  # half-saved files and bursts of events become one build


@click.command("watch")
@options.addresses
@click.option("--service", default="local", show_default=True, help="What renders; a draft unless the project says so.")
@options.jobs
@options.quiet
@options.in_folder
def command(addresses: tuple[str, ...], service: str, jobs: int | None, quiet: bool) -> None:
    """Build now and after every saved change, with the local engine. Ctrl-C ends it."""
    from didgen.project.workspace import find_root

    root = find_root(Path.cwd())
    _build(root, addresses, service, jobs, quiet)
    from watchfiles import watch

    if not quiet:
        click.echo(f"watching {root} (Ctrl-C ends it)")
    for changes in watch(root, watch_filter=_concerns(root), debounce=SETTLE_MS, step=50, raise_interrupt=True):
        if not quiet:
            names = sorted({os.path.relpath(path, root) for _, path in changes})
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            click.echo(f"{time.strftime('%H:%M:%S')} changed: {', '.join(names[:3])}{more}")
        _build(root, addresses, service, jobs, quiet)


def _concerns(root: Path) -> Callable[[Change, str], bool]:
    """Whether a changed file can matter: state, outputs and version control cannot, nor editors' own files."""

    def concerns(change: Change, path: str) -> bool:  # noqa: ARG001
        parts = os.path.relpath(path, root).split(os.sep)
        return not IGNORED.intersection(parts) and not parts[-1].endswith(("~", ".swp", ".tmp", ".part"))

    return concerns


def _build(root: Path, addresses: tuple[str, ...], service: str, jobs: int | None, quiet: bool) -> None:
    """One walk. What is wrong is shown and the watch goes on; only Ctrl-C ends it."""
    from didgen.cli.build import as_text
    from didgen.cli.progress import listening
    from didgen.shortcut import wish
    from didgen.walk import build

    try:
        wanted: Wish = wish(root, addresses, service=service, jobs=jobs)
        with listening(quiet) as listener:
            summary = build(wanted, on_event=listener, on_notice=lambda text: print(text, file=sys.stderr))
    except InterruptedBuildError:
        raise
    except DidgenError as error:
        for line in str(error).splitlines():
            print(f"didgen: {line}", file=sys.stderr, flush=True)
        return
    if not quiet:
        for line in as_text(summary):
            click.echo(line)
