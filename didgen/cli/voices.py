"""`didgen voices`: what can speak here."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from didgen.catalog.local_voices import Voice
from didgen.cli import options


@click.command("voices")
@click.option(
    "--language", "--locale", "locale", default=None, help="Only voices that speak it, such as de, en or en-GB."
)
@options.as_json
def command(locale: str | None, json_output: bool) -> None:
    """List the voices of the local engine: language, gender, licence, errors, cost, and what each needs installed.

    Errors are words of a hundred that a speech recogniser misunderstands; cost is CPU seconds per second of sound. A
    draft voice is misunderstood more often than ten times in a hundred, or was never measured.
    """
    from didgen.catalog.local_voices import VOICES
    from didgen.catalog.voices import installed

    chosen = [v for v in VOICES.values() if locale is None or v.speaks(locale)]
    ready = installed()
    if json_output:
        click.echo(json.dumps([_facts(v, v.id in ready) for v in chosen], indent=2))
        return
    click.echo(f"{'voice':<14} {'locale':<6} {'gender':<7} {'licence':<10} {'errors':>7} {'cost':>5}")
    for voice in chosen:
        errors = "?" if voice.wer_percent is None else f"{voice.wer_percent:.1f} %"
        who = f"{voice.id:<14} {voice.locale:<6} {voice.gender:<7} {voice.licence:<10}"
        click.echo(f"{who} {errors:>7} {voice.cpu_s_per_s:>5g}{_remark(voice, voice.id in ready)}")


def _facts(voice: Voice, ready: bool) -> dict[str, object]:
    return {**asdict(voice), "cpu_s_per_s": voice.cpu_s_per_s, "draft": voice.draft, "installed": ready}


def _remark(voice: Voice, ready: bool) -> str:
    from didgen.catalog.local_voices import DEFAULT
    from didgen.catalog.voices import how_to_install

    default = "  (default)" if voice.id == DEFAULT else ""
    draft = "  draft" if voice.draft else ""
    return f"{default}{draft}" if ready else f"{draft}  needs: {how_to_install(voice)}"
