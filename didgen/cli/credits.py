"""`didgen credits`: what is left to spend at a service."""

from __future__ import annotations

import json

import click

from didgen.cli import options
from didgen.cli.asking import asked


@click.command("credits")
@click.option("--service", metavar="NAME", default="d-id", help="d-id (default), local or a base URL.")
@options.as_json
def command(service: str, json_output: bool) -> None:
    """Say how many credits an account has left, and when the first of them lapse. Needs the key, costs nothing."""
    from didgen.plan.identity import service_id

    chosen = service_id(service)
    if chosen.local:
        click.echo(json.dumps({"version": 1, "service": "local", "remaining": None, "total": None, "expires": None})
                   if json_output else "local: rendering here costs nothing")  # fmt: skip
        return
    balance = asked(chosen, lambda account: account.credits())
    expires = balance.expires.isoformat() if balance.expires else None
    if json_output:
        told = {"service": chosen.host, "remaining": balance.remaining, "total": balance.total, "expires": expires}
        click.echo(json.dumps({"version": 1, **told}))
        return
    lapse = f"; the first of them lapse on {balance.expires:%Y-%m-%d}" if balance.expires else ""
    click.echo(f"{chosen.host}: {balance.remaining:.10g} of {balance.total:.10g} credits left{lapse}")
