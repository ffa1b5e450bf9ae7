"""The command line of didgen: a click group whose commands are imported only when called."""

from __future__ import annotations

import os
from importlib import import_module

import click

from didgen import __version__
from didgen.cli.main import COMMANDS


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
