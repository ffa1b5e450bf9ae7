"""`didgen drivers`: what motion can be asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from didgen.cli import options
from didgen.cli.asking import at_service


@click.command("drivers")
@at_service
@options.as_json
def command(service: str, json_output: bool) -> None:
    """List the drivers: CATEGORY/NAME, or just the category to have one chosen; /flipped behind a name mirrors it.

    18 move talks and 103 animations. The local engine has all of them.
    """
    from didgen.catalog.drivers import ANIMATION_BANKS, CHARACTERS, MANNERS, TALK_BANKS
    from didgen.plan.identity import service_id

    local = service_id(service).local
    if json_output:
        told = {"talks": TALK_BANKS, "animations": ANIMATION_BANKS, "manners": MANNERS, "characters": CHARACTERS}
        click.echo(json.dumps(told, indent=2))
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
