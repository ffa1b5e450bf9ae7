"""Options that several commands share, said once."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

from didgen.cli.group import enter

Command = Callable[..., Any]


def in_folder(function: Command) -> Command:
    """-C DIR, also after the command's name, where people type it."""

    @click.option("-C", "folder", metavar="DIR", default=None, help="Work as if started in DIR.")
    @functools.wraps(function)
    def wrapped(*args: Any, folder: str | None, **kwargs: Any) -> Any:
        if folder is not None:
            enter(folder)
        return function(*args, **kwargs)

    return wrapped


as_json = click.option("--json", "json_output", is_flag=True, help="Print JSON for programs instead of text.")
quiet = click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
service = click.option(
    "--service", metavar="NAME", default=None, help="local, d-id or a base URL; default: the project's own."
)
jobs = click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=None, help="Scenes rendered at once (default: cores / 2)."
)
force = click.option("--force", is_flag=True, help="Render again even what is up to date.")
budget = click.option(
    "--budget",
    type=click.IntRange(min=0),
    metavar="CREDITS",
    default=None,
    help="Credits this build may spend at a paid service. Without it a terminal is asked, elsewhere nothing bought.",
)
accept_upgrade = click.option(
    "--accept-upgrade", is_flag=True, help="Render again what only an upgrade of didgen would render again."
)
locked = click.option(
    "--locked", is_flag=True, help="Stop (exit 2) when anything would differ from what didgen.lock says, and name it."
)
addresses = click.argument("addresses", nargs=-1, metavar="[PROJECT[/SCENE]]...")
