"""`didgen drivers`: what motion can be asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click

from didgen.cli import options
from didgen.cli.asking import at_service
from didgen.cli.driver import FOLDER, described
from didgen.errors import UsageError


@click.command("drivers")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@at_service
@options.as_json
def command(files: tuple[Path, ...], service: str, json_output: bool) -> None:
    """List the drivers: CATEGORY/NAME, or just the category to have one chosen; /flipped behind a name mirrors it.

    18 move talks and 103 animations. The local engine has all of them. Motion files in drivers/ are listed with them;
    FILES… says of each what is in it, or why it cannot be used.
    """
    if files:
        for path in files:
            click.echo(f"{path}  {described(path)}")
        return
    from didgen.catalog.drivers import ANIMATION_BANKS, CHARACTERS, MANNERS, TALK_BANKS
    from didgen.plan.identity import service_id

    local = service_id(service).local
    if json_output:
        told = {"talks": TALK_BANKS, "animations": ANIMATION_BANKS, "manners": MANNERS, "characters": CHARACTERS}
        click.echo(json.dumps({**told, "own": [str(path) for path in _own()]}, indent=2))
        return
    click.echo("talks:")
    for category, names in TALK_BANKS.items():
        click.echo(_head(category, names))
        for name in names:
            click.echo(f"    {f'{category}/{name}':<18} {MANNERS[f'{category}/{name}'] if local else ''}".rstrip())
    click.echo("animations:")
    for category, names in ANIMATION_BANKS.items():
        click.echo(f"{_head(category, names)}  {CHARACTERS[category]}")
        for line in _names(names) if not names[0][-1].isdigit() else ():
            click.echo(f"    {line}")
    if own := _own():
        click.echo("your own:")
        for path in own:
            click.echo(f"  {path}  {_described(path)}")


def _own() -> list[Path]:
    """The motion files of this folder's bank."""
    from didgen.catalog.drivers import MOTION_SUFFIX

    return sorted(FOLDER.glob(f"*{MOTION_SUFFIX}"))


def _described(path: Path) -> str:
    try:
        return described(path)
    except UsageError as error:
        return f"cannot be used: {error.message}"


def _head(category: str, names: tuple[str, ...]) -> str:
    """First, last and count of a category's drivers, and which number is missing between them."""
    numbers = [int(name.rpartition("-")[2]) for name in names if name[-1].isdigit()]
    gaps = sorted(set(range(1, max(numbers, default=0))) - set(numbers))
    without = f", no {', '.join(map(str, gaps))}" if gaps else ""
    return f"  {category:<10} {names[0]} … {names[-1]} ({len(names)}{without})"


def _names(names: tuple[str, ...], width: int = 100) -> Iterator[str]:
    """Names in lines of about a width."""
    line = ""
    for name in names:
        if line and len(line) + len(name) > width:
            yield line
            line = ""
        line += f"{', ' if line else ''}{name}"
    yield line
