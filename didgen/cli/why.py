"""`didgen why`: from a scene, an output or a fingerprint to the files and lines that decide it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options

if TYPE_CHECKING:
    from didgen.plan.origins import Origin
    from didgen.walk.why import Present, Stored, Why

SHOWN = 70  # characters of a value
NAMES = {"script.input": "script", "source_url": "source", "driver_url": "driver"}
ACTIONS = {
    "render": "would be rendered",
    "restore": "would be put back from the store",
    "reuse": "is up to date",
    "stop": "may not be made",
}


@click.command("why")
@click.argument("name", metavar="PROJECT/SCENE|FILE|FINGERPRINT")
@options.service
@options.as_json
@options.in_folder
def command(name: str, service: str | None, json_output: bool) -> None:
    """Say what decides a scene, part by part with its file and line, and what a finished one was made from.

    NAME is an address, an output file (output/hello/welcome.mp4), or the first six or more digits of a fingerprint.
    """
    from didgen.project.workspace import find_root
    from didgen.walk.why import why

    found = why(find_root(Path.cwd()), name, service, lambda text: click.echo(text, err=True))
    if json_output:
        click.echo(json.dumps(as_json(found), ensure_ascii=False, indent=2))
        return
    click.echo("\n\n".join("\n".join(as_text(one)) for one in found))


def as_text(one: Why) -> list[str]:
    """What it is, what would be done, its parts with their places, and the stored one with what differs."""
    lines = _present(one.present) if one.present else []
    lines += [f"  note: {one.note}"] if one.note else []
    return lines + (_stored(one.stored, one) if one.stored else [])


def _present(present: Present) -> list[str]:
    lines = [f"{present.address}  {present.kind} at {present.service}, {present.output}"]
    lines.append(f"  {ACTIONS[present.action]}{': ' * bool(present.reasons)}{'; '.join(present.reasons)}")
    lines.append(f"  fingerprint {present.fingerprint[:16]}…, made from")
    written = [o for o in present.origins if o.where != ("default",)]
    rows = [(_name(o.field), _words(o, present) or _value(o), ", ".join(o.where)) for o in written]
    width = max(len(name) for name, *_ in rows)
    lines += [f"    {name:<{width}}  {value}  ← {where}" for name, value, where in rows]
    rest = ", ".join(f"{_name(o.field)} {_short(o.value)}" for o in present.origins if o.where == ("default",))
    return [*lines, f"    left to defaults: {rest}"] if rest else lines


def _stored(stored: Stored, one: Why) -> list[str]:
    head = f"{stored.address}  " if one.present is None or one.present.address != stored.address else ""
    lines = [f"{'  ' * bool(one.present)}{head}stored as {stored.fingerprint[:16]}…: {_made(stored)}"]
    if stored.of:
        lines.append(f"    made from the videos of {', '.join(stored.of)}")
    if one.differences is not None:
        lines += [f"    differs now: {difference}" for difference in one.differences] or ["    nothing differs now"]
    elif "step" not in stored.identity:
        from didgen.plan.origins import leaves

        lines += [f"    {_name('.'.join(path))}  {_short(value)}" for path, value in leaves(stored.identity)]
    return lines


def _made(stored: Stored) -> str:
    service = stored.rendered_by
    by = f"engine {service['engine']}" if "engine" in service else service.get("host", "didgen")
    bought = f", bought for {stored.job['credits']} credits" if stored.job.get("credits") else ""
    length = f"{stored.duration_s:.1f} s, " if stored.duration_s else ""
    return f"{length}sha256 {stored.video[:16]}…, by {by}{bought}"


def _name(field: str) -> str:
    plain = field.removeprefix("request.")
    return NAMES.get(plain, plain).replace("script.provider", "voice")


def _words(origin: Origin, present: Present) -> str:
    """A script in the words somebody wrote, and how they are spoken; "" for other parts, and where that is the same."""
    if origin.field != "request.script.input" or not present.respelled:
        return ""
    said = ", ".join(f"{word} is spoken {_short(phrase)}" for phrase, word in present.respelled.items())
    return f"{_short(present.written)} ({said})"


def _value(origin: Origin) -> str:
    return f"{origin.file} ({_short(origin.value)})" if origin.file else _short(origin.value)


def _short(value: Any) -> str:
    if isinstance(value, Mapping) and "sha256" in value:
        return f"sha256 {str(value['sha256'])[:16]}…"
    if isinstance(value, Mapping) and len(value) > 3:
        return f"{len(value)} of them (--json lists them)"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {str(said)[:8]}" for key, said in value.items()) or "none"
    text = json.dumps(value, ensure_ascii=not str(value).isprintable())
    return text if len(text) <= SHOWN else f"{text[: SHOWN // 2]}…{text[-SHOWN // 2 :]}"


def as_json(found: list[Why]) -> dict[str, Any]:
    """For programs. version: of this form."""
    return {"version": 1, "found": [asdict(one) for one in found]}
