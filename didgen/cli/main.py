"""The `didgen` command: a click group whose commands are imported only when called."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from importlib import import_module

import click

from didgen import __version__
from didgen.errors import DidgenError, InterruptedBuildError, StorageError

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
    "cache": "Look after what is stored: ls, du, gc, verify.",
    "watch": "Build again on every saved change.",
    "preview": "Show what is built on a page, or export it.",
    "say": "Make a photo speak one text.",
    "inspect": "Measure what finished videos really show.",
    "serve": "Offer the local engine over the D-ID HTTP API.",
    "voices": "List the voices, here or at a service.",
    "drivers": "List the drivers.",
    "credits": "Say what is left to spend at a service.",
    "doctor": "Look whether everything is there and works.",
    "schema": "Write the project file's JSON Schema for editors.",
}
"""In the order of use; each is a module of this folder holding a command named `command`."""


class LazyGroup(click.Group):
    """Lists the commands from the table and imports one only when it is run or asked for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"didgen.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else " `didgen --help` lists the commands."
            ctx.fail(f"There is no command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. `didgen plan | head` is no fault of ours: click would end it with exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return 0


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("-C", "folder", metavar="DIR", default=None, help="Work as if started in DIR.")
@click.version_option(__version__, message="didgen %(version)s")
def cli(folder: str | None) -> None:
    """Talking-head videos from YAML and photos: what changed is rendered, nothing else."""
    if folder is not None:
        enter(folder)


def enter(folder: str) -> None:
    """Make DIR the working directory, as `make -C` does."""
    try:
        os.chdir(folder)
    except OSError as error:
        raise click.BadParameter(f"{folder}: {error.strerror}", param_hint="-C") from error


def main() -> None:
    """Entry point: every error of ours becomes one message on stderr and its exit code."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        from didgen.cli.ci import hush_commands

        hush_commands()
    try:
        status = cli(standalone_mode=False)
    except click.exceptions.Abort:
        _fail(InterruptedBuildError("stopped"))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _fail(InterruptedBuildError("stopped"))
    except DidgenError as error:
        _fail(error)
    except OSError as error:
        _fail(StorageError(f"{error.filename or 'a file'}: {error.strerror or error}"))
    _flush()
    sys.exit(status if isinstance(status, int) else 0)


def _fail(error: DidgenError) -> None:
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
