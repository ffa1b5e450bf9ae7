"""The `didgen` command: how it starts and how it ends."""

from __future__ import annotations

import codecs
import io
import os
import sys
from contextlib import suppress

from didgen import __version__

TYPE_CHECKING = False  # as of `typing`, which takes longer to import than all here
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from didgen.errors import DidgenError

COMMANDS = {
    "init": "Start a project in this folder.",
    "check": "Read every project and say what is wrong, where.",
    "plan": "Say what a build would render, and why.",
    "diff": "Say what changed in the videos since a git revision.",
    "why": "Say what decides a scene or an output, down to files and lines.",
    "build": "Render what changed, and nothing else.",
    "locale": "Say which translations are behind their source, or accept them.",
    "adopt": "After an upgrade of didgen, keep what an older one rendered.",
    "update": "Move didgen.lock to what the projects say now.",
    "jobs": "List jobs at paid services, and what waits for you.",
    "resolve": "Settle a job that may or may not have been bought.",
    "spend": "Say what was bought, by build and month.",
    "push": "Put what is stored here into the shared store.",
    "pull": "Bring what the projects need from the shared store.",
    "cache": "Look after what is stored: ls, du, gc, verify.",
    "watch": "Build again on every saved change.",
    "preview": "Show what is built on a page, or export it.",
    "say": "Make a photo speak one text.",
    "inspect": "Measure what finished videos really show.",
    "serve": "Offer the local engine over the D-ID HTTP API.",
    "voices": "List the voices, here or at a service.",
    "drivers": "List the drivers.",
    "driver": "Make a driver of your own from a video.",
    "credits": "Say what is left to spend at a service.",
    "doctor": "Look whether everything is there and works.",
    "schema": "Write the project file's JSON Schema for editors.",
}
"""In the order of use; each is a module of this folder holding a command named `command`."""


def main() -> None:
    """Entry point: every error of ours becomes one message on stderr and its exit code."""
    if sys.argv[1:] == ["--version"]:  # what scripts ask of every program they start: nothing is imported for it
        print(f"didgen {__version__}")
        _flush()
        sys.exit(0)
    _take_any_text()
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from didgen.cli.ci import hush_commands

        hush_commands()
    try:
        status = _run(sys.argv[1:])
    except (KeyboardInterrupt, Exception) as error:
        _fail(_as_ours(error))
    _flush()
    sys.exit(status if isinstance(status, int) else 0)


def _take_any_text() -> None:
    """Let stdout take what scripts and addresses are written in. ASCII stands for a locale that nobody set, as click
    has it; what another encoding has no sign for is written as its number."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        if codecs.lookup(sys.stdout.encoding).name == "ascii":
            sys.stdout.reconfigure(encoding="utf-8")
        if sys.stdout.errors == "strict":
            sys.stdout.reconfigure(errors="backslashreplace")


def _as_ours(error: BaseException) -> DidgenError:
    """What a run ended with as an error of ours. Raises it again where it is none that anybody expected."""
    from didgen.errors import DidgenError, InterruptedBuildError, StorageError

    if isinstance(error, DidgenError):
        return error
    if isinstance(error, KeyboardInterrupt):
        return InterruptedBuildError("stopped")
    if isinstance(error, OSError):
        return StorageError(f"{error.filename or 'a file'}: {error.strerror or error}")
    raise error


def _run(words: Sequence[str]) -> object:
    """What the command says its exit code is."""
    if words[:1] in (["plan"], ["check"]):
        import atexit
        import gc

        gc.disable()  # they end in a moment, and hold on to nearly all that they make
        atexit.register(gc.freeze)  # else Python collects all the same as it ends: a tenth of a plan of 1,500 scenes
    from didgen.cli.atonce import at_once

    answered, before = at_once(words)
    if answered:
        return 0
    import click

    from didgen.cli.group import cli

    try:
        return cli(standalone_mode=False, obj=before)
    except click.exceptions.Abort:
        raise KeyboardInterrupt from None
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)


def _fail(error: DidgenError) -> NoReturn:
    with suppress(BrokenPipeError):
        for line in str(error).splitlines():
            print(f"didgen: {line}", file=sys.stderr, flush=True)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from didgen.cli.ci import announce_error

        announce_error(error)
    _flush()
    sys.exit(error.exit_code)


def _flush() -> None:
    """Say what is left to say; where the reader has gone, Python would end with a complaint and code 120."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
