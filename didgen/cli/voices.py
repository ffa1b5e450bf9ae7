"""`didgen voices`: what can speak, here or at a service."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from didgen.catalog.local_voices import Voice
from didgen.cli import options
from didgen.cli.asking import asked, at_service
from didgen.errors import UsageError

if TYPE_CHECKING:
    from didgen.api.account import ServiceVoice


@click.command("voices")
@at_service
@click.option("--provider", metavar="NAME", default="", help="Only voices of it, such as microsoft; not local ones.")
@click.option(
    "--language", "--locale", "locale", default=None, help="Only voices that speak it, such as de, en or en-GB."
)
@options.as_json
def command(service: str, provider: str, locale: str | None, json_output: bool) -> None:
    """List the voices of the local engine, or of a service (which needs its key and costs nothing).

    Local ones: language, gender, licence, errors, cost, and what each needs installed. Errors are words of a hundred
    that a speech recogniser misunderstands; cost is CPU seconds per second of sound. A draft voice is misunderstood
    more often than ten times in a hundred, or was never measured.
    """
    from didgen.plan.identity import service_id

    chosen = service_id(service)
    if chosen.local:
        if provider not in ("", "didgen"):
            raise UsageError(
                f"the local engine has no voices of {provider}", hint=f"--service d-id --provider {provider}"
            )
        _local(locale, json_output)
        return
    found = asked(chosen, lambda account: account.voices(provider))
    shown = [voice for voice in found if locale is None or _speaks(voice, locale)]
    if json_output:
        click.echo(json.dumps([asdict(voice) for voice in shown], ensure_ascii=False, indent=2))
        return
    click.echo("\n".join(_table(shown)))


def _speaks(voice: ServiceVoice, locale: str) -> bool:
    """Whether a voice has the language, and of a locale with a region that one."""
    from didgen.catalog.local_voices import language

    wanted = locale.replace("_", "-").lower()
    spoken = [one.replace("_", "-").lower() for one in voice.locales]
    return wanted in spoken if "-" in wanted else wanted in map(language, spoken)


def _table(voices: Iterable[ServiceVoice]) -> Iterable[str]:
    yield f"{'voice':<36} {'provider':<12} {'gender':<7} {'access':<8} {'languages'}"
    for voice in voices:
        name = "" if voice.name == voice.id else f"  {voice.name}"
        more = f" and {len(voice.locales) - 3} more" if len(voice.locales) > 3 else ""
        styles = f"; {len(voice.styles)} styles" if voice.styles else ""
        who = f"{voice.id:<36} {voice.provider:<12} {voice.gender:<7} {voice.access:<8}"
        yield f"{who} {', '.join(voice.locales[:3])}{more}{styles}{name}"


def _local(locale: str | None, json_output: bool) -> None:
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
