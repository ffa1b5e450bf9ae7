"""`didgen doctor`: is everything there that didgen needs, and does it work?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.doctor import Finding

SIGNS = {"ok": "✓", "note": "!", "broken": "✗"}


@click.command("doctor")
@click.option("--service", metavar="NAME", default=None, help="Look at this one, and demand its key; default: d-id.")
@options.as_json
@options.in_folder
def command(service: str | None, json_output: bool) -> int:
    """Look at packages, disk, engine, key, service and clock. Ends with 1 when something is broken. Costs nothing.

    Every line that is not in order says what to do. Keys are never shown.
    """
    found = []
    for finding in _findings(service):
        found.append(finding)
        if not json_output:
            click.echo(_line(finding))
    broken = sum(finding.state == "broken" for finding in found)
    if json_output:
        told = {"version": 1, "broken": broken, "findings": [asdict(finding) for finding in found]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    return 1 if broken else 0


def _line(finding: Finding) -> str:
    do = f"\n    {finding.do}" if finding.do else ""
    return f"{SIGNS[finding.state]} {finding.what:<12} {finding.said}{do}"


def _findings(service: str | None) -> Iterator[Finding]:
    from didgen import doctor
    from didgen.catalog.services import D_ID, LOCAL
    from didgen.errors import DidgenError
    from didgen.plan.identity import service_id
    from didgen.project.workspace import Settings, find_root, read_settings

    given = service_id(service) if service is not None else None  # what is typed wrong stops at once
    root = find_root(Path.cwd())
    yield from doctor.packages()
    yield from doctor.disk(root)
    settings = Settings()
    try:
        settings = read_settings(root, os.environ)
    except DidgenError as error:
        yield doctor.Finding("settings", "broken", str(error), 'see "The workspace" in projects/README.md')
    yield doctor.engine()
    chosen = given or service_id(D_ID if settings.service in ("", LOCAL) else settings.service)
    if chosen.local:
        return
    finding, keys = doctor.key(chosen, os.environ, wanted=bool(given or settings.service == chosen.name))
    yield finding
    if keys is not None:
        yield from doctor.account(chosen, keys)
