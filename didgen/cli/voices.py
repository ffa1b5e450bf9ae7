"""`didgen voices`: what can speak here."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from didgen.cli import options


@click.command("voices")
@click.option("--locale", default=None, help="Only voices that speak this language, such as en or en-GB.")
@options.as_json
def command(locale: str | None, json_output: bool) -> None:
    """List the voices of the local engine, and what each needs installed."""
    from didgen.catalog.voices import DEFAULT, VOICES, installed

    chosen = [v for v in VOICES.values() if locale is None or v.speaks(locale)]
    ready = installed()
    if json_output:
        click.echo(json.dumps([{**asdict(v), "installed": v.id in ready} for v in chosen], indent=2))
        return
    for voice in chosen:
        need = "" if voice.id in ready else f"  needs: pip install 'didgen[{voice.extra}]'"
        mark = "  (default)" if voice.id == DEFAULT else ""
        click.echo(f"{voice.id:<14} {voice.locale:<6} {voice.gender:<7} {voice.licence}{mark}{need}")
