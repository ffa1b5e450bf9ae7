"""`didgen drivers`: what motion can be asked for."""

from __future__ import annotations

import json

import click

from didgen.cli import options


@click.command("drivers")
@options.as_json
def command(json_output: bool) -> None:
    """List the drivers: CATEGORY/NAME, or just the category to have one chosen; /flipped behind a name mirrors it."""
    from didgen.catalog.drivers import ANIMATION_BANKS, MANNERS, TALK_BANKS

    banks = {"talks": TALK_BANKS, "animations": ANIMATION_BANKS}
    if json_output:
        click.echo(json.dumps({**banks, "manners": MANNERS}, indent=2))
        return
    for kind, categories in banks.items():
        click.echo(f"{kind}:")
        for category, names in categories.items():
            click.echo(f"  {category:<10} {names[0]} … {names[-1]} ({len(names)})")
            for name in names if kind == "talks" else ():
                click.echo(f"    {f'{category}/{name}':<18} {MANNERS[f'{category}/{name}']}")
