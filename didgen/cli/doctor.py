"""`didgen doctor`: is everything there that didgen needs, and does it work?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.catalog.services import D_ID, LOCAL
from didgen.cli import options
from didgen.errors import DidgenError, UsageError
from didgen.project.workspace import Settings, find_root, read_settings

if TYPE_CHECKING:
    from didgen.api.key import Keys
    from didgen.doctor import Finding
    from didgen.plan.identity import ServiceId
    from didgen.probe import Capability

SIGNS = {"ok": "✓", "note": "!", "broken": "✗"}


@click.command("doctor")
@click.option("--service", metavar="NAME", default=None, help="Look at this one, and demand its key; default: d-id.")
@click.option("--probe", "probing", is_flag=True, help="Buy one cheapest talk, after asking, to see what answers show.")
@options.budget
@options.as_json
@options.in_folder
def command(service: str | None, probing: bool, budget: int | None, json_output: bool) -> int:
    """Look at packages, disk, shared store, engine, key, service and clock. Ends with 1 when something is broken.

    Costs nothing without --probe. Every line that is not in order says what to do. Keys are never shown.
    """
    given = _service(service, Settings()) if service is not None else None  # what is typed wrong stops at once
    patient = Patient(given, find_root(Path.cwd()), probing)
    found = []
    for finding in _findings(patient):
        found.append(finding)
        if not json_output:
            click.echo(_line(finding))
    broken = sum(finding.state == "broken" for finding in found)
    seen = _probe(patient, budget, json_output) if probing and not broken else None
    if json_output:
        told = {"version": 1, "broken": broken, "findings": [asdict(finding) for finding in found]}
        click.echo(json.dumps(told | ({"probe": asdict(seen)} if seen else {}), ensure_ascii=False, indent=2))
    return 1 if broken else 0


@dataclass(slots=True)
class Patient:
    """What is looked at. given: the service that was asked for. service, keys: once they are known."""

    given: ServiceId | None
    root: Path
    probing: bool
    settings: Settings = field(default_factory=Settings)
    service: ServiceId | None = None
    keys: Keys | None = None


def _line(finding: Finding) -> str:
    do = f"\n    {finding.do}" if finding.do else ""
    return f"{SIGNS[finding.state]} {finding.what:<12} {finding.said}{do}"


def _findings(patient: Patient) -> Iterator[Finding]:
    from didgen import doctor

    yield from doctor.packages()
    yield from doctor.disk(patient.root)
    try:
        patient.settings = read_settings(patient.root, os.environ)
    except DidgenError as error:
        yield doctor.Finding("settings", "broken", str(error), 'see "The workspace" in projects/README.md')
    if store := patient.settings.store:
        yield doctor.shared_store(store, patient.root, writes=patient.settings.store_push)
    yield doctor.engine()
    released = patient.settings.service
    patient.service = _service(
        patient.given.name if patient.given else D_ID if released in ("", LOCAL) else released, patient.settings
    )
    if patient.service.local:
        return
    wanted = bool(patient.given or patient.probing or released == patient.service.name)
    finding, patient.keys = doctor.key(patient.service, os.environ, wanted=wanted)
    yield finding
    if patient.keys is not None:
        yield from doctor.account(patient.service, patient.keys)


def _service(name: str, settings: Settings) -> ServiceId:
    from didgen.plan.identity import service_id

    return service_id(name, paid_at_home=settings.paid, credit_s=settings.credit_s)


def _probe(patient: Patient, budget: int | None, json_output: bool) -> Capability:
    from didgen.cli.consent import on_bill
    from didgen.cli.progress import tell
    from didgen.probe import NAME, probe, words

    if patient.service is None or patient.keys is None:
        raise UsageError("the local engine is not probed", hint="--service d-id")
    agreed = budget if budget is not None else patient.settings.budget
    seen = probe(patient.root, patient.service, patient.keys, agreed, on_bill(quiet=False), tell)
    if not json_output:
        for what, said in words(seen):
            click.echo(f"  {what:<16} {said}")
        click.echo(f"kept in .didgen/{NAME}")
    return seen
