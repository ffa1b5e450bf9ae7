"""`didgen watch`: the same walk on every saved change."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from didgen.cli import options
from didgen.errors import BudgetError, DidgenError, InterruptedBuildError, UsageError

if TYPE_CHECKING:
    from watchfiles import Change

IGNORED = {".didgen", "output", ".git", ".venv", "node_modules", "__pycache__"}
SETTLE_MS = 200  # half-saved files and bursts of events become one build


@click.command("watch")
@options.addresses
@click.option("--service", default="local", show_default=True, help="What renders; a draft unless the project says so.")
@options.jobs
@click.option("--live", is_flag=True, help="Let a paid service render on every saved change; needs --budget.")
@click.option("--budget", type=click.IntRange(min=0), metavar="CREDITS", help="Credits that the whole watch may spend.")
@options.quiet
@options.in_folder
def command(
    addresses: tuple[str, ...], service: str, jobs: int | None, live: bool, budget: int | None, quiet: bool
) -> None:
    """Build now and after every saved change, with the local engine. Ctrl-C ends it.

    A paid service is used only with --live and a budget, which is for all builds of this watch together.
    """
    from didgen.project.workspace import find_root

    if live != (budget is not None):
        raise UsageError("watch buys only with --live and --budget CREDITS together", hint="leave both out for drafts")
    root = find_root(Path.cwd())
    session = _Session(root, addresses, service, jobs, quiet, budget or 0)
    session.build()
    from watchfiles import watch

    if not quiet:
        click.echo(f"watching {root} (Ctrl-C ends it)")
    for changes in watch(root, watch_filter=_concerns(root), debounce=SETTLE_MS, step=50, raise_interrupt=True):
        if not quiet:
            names = sorted({os.path.relpath(path, root) for _, path in changes})
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            click.echo(f"{time.strftime('%H:%M:%S')} changed: {', '.join(names[:3])}{more}")
        session.build()


def _concerns(root: Path) -> Callable[[Change, str], bool]:
    """Whether a changed file can matter: state, outputs and version control cannot, nor editors' own files."""

    def concerns(change: Change, path: str) -> bool:  # noqa: ARG001
        parts = os.path.relpath(path, root).split(os.sep)
        return not IGNORED.intersection(parts) and not parts[-1].endswith(("~", ".swp", ".tmp", ".part"))

    return concerns


@dataclass
class _Session:
    """The builds of one watch. budget: credits for all of them together. began: Unix time."""

    root: Path
    addresses: tuple[str, ...]
    service: str
    jobs: int | None
    quiet: bool
    budget: int
    began: float = field(default_factory=time.time)

    def build(self) -> None:
        """One walk. What is wrong is shown and the watch goes on; only Ctrl-C ends it."""
        from didgen.cli.build import as_text
        from didgen.cli.consent import on_bill, on_upgrade
        from didgen.cli.progress import listening, tell
        from didgen.walk.shortcut import wish
        from didgen.walk.steps import build

        try:
            wanted = wish(self.root, self.addresses, service=self.service, jobs=self.jobs, budget=self._left())
            with listening(self.quiet) as listener:
                asked = on_bill(self.quiet)
                summary = build(wanted, on_event=listener, on_notice=tell, on_bill=asked, on_upgrade=on_upgrade)
        except InterruptedBuildError:
            raise
        except BudgetError as error:
            how = "watch buys only with --live --budget CREDITS, which is for all of its builds together"
            tell(f"didgen: {error.message} ({how})")
            return
        except DidgenError as error:
            for line in str(error).splitlines():
                tell(f"didgen: {line}")
            return
        if not self.quiet:
            click.echo("\n".join(as_text(summary)))

    def _left(self) -> int:
        """Credits that the builds of this watch have left; from the ledger, since a build may have ended in any way."""
        if not self.budget:
            return 0
        from didgen.jobs.ledger import was_paid
        from didgen.store.artifacts import Artifacts

        with Artifacts(self.root) as store:
            spent = [row.credits for row in store.state.jobs() if row.began >= self.began and was_paid(row)]
        return max(0, self.budget - sum(spent))
