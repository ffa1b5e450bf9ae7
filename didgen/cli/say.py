"""`didgen say PHOTO TEXT -o FILE`: one photo, one text, one video, no project."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from didgen.cli import options
from didgen.cli.given import check_given
from didgen.cli.progress import Listener, listening
from didgen.errors import RenderError, StorageError, UsageError


@click.command("say")
@click.argument("photo", type=click.Path(path_type=Path))
@click.argument("text")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), required=True, help="The video to write: .mp4, .mov or .gif."
)
@click.option("--voice", default=None, help="A voice of `didgen voices`; default: heart.")
@click.option("--driver", default=None, help="natural, lively, subtle or bank://…; default: chosen.")
@click.option("--stitch", is_flag=True, help="Keep the whole picture instead of the face crop.")
@click.option("--no-mark", is_flag=True, help="Leave out the visible AI mark in the corner.")
@click.option("--audio", is_flag=True, help="TEXT is the path of a recording to speak instead.")
@options.in_folder
@options.quiet
def command(
    photo: Path,
    text: str,
    output: Path,
    voice: str | None,
    driver: str | None,
    stitch: bool,
    no_mark: bool,
    audio: bool,
    quiet: bool,
) -> None:
    """Make PHOTO speak TEXT ("-" reads it from standard input) and write the video to FILE."""
    if output.suffix.lower() not in (".mp4", ".mov", ".gif"):
        raise UsageError(f"{output}: cannot write this kind of file", hint="name it .mp4, .mov or .gif")
    spoken = sys.stdin.read() if text == "-" else text
    if not _is_unicode(spoken):
        raise UsageError("the text is not UTF-8", hint="save it as UTF-8")
    config = {"stitch": stitch, "result_format": output.suffix[1:].lower()} | ({"logo": False} if no_mark else {})
    request, note = _request(photo, spoken, voice, driver, audio, config)
    import asyncio

    with listening(quiet) as listener:
        facts = asyncio.run(_render(request, output, listener))
    if not quiet:
        warnings = (f"    {said}" for said in (note, *facts.get("warnings", ())) if said)
        click.echo("\n".join([f"{output}  {facts['duration_s']:.1f} s  {facts['driver_url']}", *warnings]))


def _is_unicode(text: str) -> bool:
    """Whether a text came in whole: bytes that are not UTF-8 arrive as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _request(
    photo: Path, text: str, voice: str | None, driver: str | None, audio: bool, config: dict[str, object]
) -> tuple[object, str]:
    """The request, and what is to be said about its voice ("" when that is the one asked for)."""
    from didgen.api.wire import TalkRequest
    from didgen.catalog.languages import unreadable
    from didgen.catalog.local_voices import DEFAULT
    from didgen.catalog.voices import installed, language_of_name, named, resolve_voice

    note = ""
    check_given(photo, "source_url", "picture")
    if audio:
        check_given(Path(text), "audio_url", "recording")
        script: dict[str, object] = {"type": "audio", "audio_url": Path(text).resolve().as_uri()}
    else:
        if not text.strip():
            raise UsageError("there is nothing to say", hint='give a text: didgen say photo.jpg "Hello" -o hello.mp4')
        if len(text) > 40_000:
            raise UsageError(f"the text has {len(text):,} characters", hint="40,000 is the limit; split it")
        speaker = voice or DEFAULT
        chosen, note = resolve_voice(speaker, language_of_name(*named(speaker)) or "en", installed())
        if why := unreadable(text, chosen.locale):
            raise UsageError(
                f"the voice {chosen.id} {why}", hint="choose a voice of the text's language: didgen voices"
            )
        script = {"type": "text", "input": text, "provider": {"type": "didgen", "voice_id": chosen.id}}
    body: dict[str, object] = {
        "source_url": photo.resolve().as_uri(),
        "script": script,
        "config": config,
    }
    if driver is not None:
        body["driver_url"] = _driver(driver)
    return TalkRequest.model_validate(body), note


def _driver(name: str) -> str:
    """The URL of a driver as it is named on the command line: of a bank, or a file. Raises UsageError."""
    from didgen.catalog.drivers import MOTION_SUFFIX, is_driver_file, resolve_driver

    if not is_driver_file(name):
        return resolve_driver(name, "talk")
    path = Path(name)
    if path.suffix.lower() != MOTION_SUFFIX or not path.is_file():
        check_given(path, "driver_url", "driver")
    return path.resolve().as_uri()


async def _render(request: object, output: Path, listener: Listener) -> Mapping[str, Any]:
    """Render to `output`; returns the facts of the video."""
    import tempfile

    from didgen.api.wire import TalkRequest
    from didgen.jobs.pool import Pool

    assert isinstance(request, TalkRequest)
    pool = Pool(1, memo=None)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        # Beside the output and before rendering: a folder that cannot be written costs nobody a render.
        with tempfile.TemporaryDirectory(dir=output.parent, prefix=".didgen-") as folder:
            job = await pool.submit(request)
            async for event in pool.events(job):
                if event.state == "failed":
                    raise RenderError(event.kind, event.message)
                listener(output.name, event)
            fetched = await pool.fetch(job, Path(folder))
            os.replace(fetched.video, output)
        return fetched.facts
    except OSError as error:
        raise StorageError(f"cannot write {output}: {error.strerror or error}") from error
    finally:
        await pool.aclose()
