"""`didgen serve`: the local engine behind the D-ID HTTP API."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from didgen.cli import options
from didgen.errors import UsageError

if TYPE_CHECKING:
    from didgen.serve.desk import Desk
    from didgen.serve.faults import Faults
    from didgen.serve.settings import Settings

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _figure(
    name: str, default: float, least: float, most: float, text: str
) -> Callable[[options.Command], options.Command]:
    """An option that takes a number."""
    whole = isinstance(default, int)
    kind = click.IntRange(int(least), int(most)) if whole else click.FloatRange(least, most)
    return click.option(name, type=kind, default=default, show_default=True, help=text)


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address it listens at.")
@click.option("--port", type=click.IntRange(0, 65535), default=8787, show_default=True)
@click.option("--name", "names", multiple=True, metavar="HOST", help="A further name that clients may call it by.")
@_figure("--link-hours", 24.0, 0.001, 8760.0, "How long a link to a result opens it.")
@_figure("--keep-days", 7.0, 0.01, 3650.0, "How long results and uploads are kept.")
@_figure("--waiting", 1000, 1, 100_000, "Jobs that may wait; more are answered 429.")
@_figure("--disk-gb", 20.0, 0.01, 1e6, "What uploads and results may take; then 507.")
@_figure("--credits", 1_000_000, 0, 1_000_000_000, "Play money: a credit for every 15 s of video begun; then 402.")
@click.option("--allow-loopback", is_flag=True, help="Links of clients may lead to this machine, by http too.")
@click.option("--allow-files", is_flag=True, help="Links of clients may be file: URLs of this machine.")
@click.option("--fault", "faults", multiple=True, metavar="NAME[:RATE]", help="What goes wrong: docs/serve.md.")
@click.option("--seed", default=0, show_default=True, help="Equal seeds have equal faults.")
@options.jobs
@options.in_folder
@options.quiet
def command(
    host: str,
    port: int,
    names: tuple[str, ...],
    link_hours: float,
    keep_days: float,
    waiting: int,
    disk_gb: float,
    credits: int,
    allow_loopback: bool,
    allow_files: bool,
    faults: tuple[str, ...],
    seed: int,
    jobs: int | None,
    quiet: bool,
) -> None:
    """Serve the D-ID API: talks, animations, images, audios, credits, voices.

    Clients send the key in DIDGEN_API_KEY, or one that is made and printed at the first start; further ones, for other
    clients, stand in DIDGEN_CLIENT_KEYS with blanks between them. Jobs outlive the server: start it again, and they go
    on.
    """
    from didgen.project.workspace import find_root
    from didgen.serve.faults import read_faults
    from didgen.serve.settings import DAY_S, Settings
    from didgen.serve.shelf import announce, only_server
    from didgen.store.home import prepare

    slots = jobs or max(1, (os.cpu_count() or 2) // 2)
    settings = Settings(
        slots=slots,
        waiting=waiting,
        link_s=link_hours * 3600,
        keep_s=keep_days * DAY_S,
        disk_bytes=int(disk_gb * 1e9),
        loopback=allow_loopback,
        files=allow_files,
        credits=credits,
    )
    wrong = read_faults(faults, seed)
    home = prepare(find_root(Path.cwd()))
    with only_server(home / "served") as rendering, _bound(host, port) as door:
        folder, at = home / "served", f"http://{_at(host, door.getsockname()[1])}"
        announce(folder, at)
        key, made = _secret("DIDGEN_API_KEY", folder / "key", "local:")
        signing, _ = _secret("DIDGEN_WEBHOOK_SECRET", folder / "webhook-secret", "whsec_")
        if not quiet:
            click.echo(f"serving the local engine on {at} (a page for browsers too; Ctrl-C ends it)")
            if made:
                click.echo(f"its key: {key} (kept in {home.name}/served/key; DIDGEN_API_KEY sets another)")
            if wrong.rates:
                click.echo(f"faults on demand: {wrong}")
            if host not in LOOPBACK:
                click.echo("plain http: whoever listens on the way reads key and videos; put TLS in front of it")
        _serve(door, host, names, replace(settings, webhook_secret=signing), wrong, home, rendering, key)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that has that address; it listens when the server does. Raises UsageError when it cannot be had."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        raise UsageError(
            f"nothing can be served at {_at(host, port)}: {(error.strerror or str(error)).lower()}",
            hint="--host is an address of this machine"
            if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            else "say --port N, or --port 0 for a free one",
        ) from error
    return door


def _at(host: str, port: int) -> str:
    """As URLs have it: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _serve(
    door: socket.socket,
    host: str,
    names: tuple[str, ...],
    settings: Settings,
    faults: Faults,
    home: Path,
    rendering: Path,
    key: str,
) -> None:
    import uvicorn

    from didgen.jobs.pool import Pool
    from didgen.page.board import Board
    from didgen.page.jobs import job_page
    from didgen.serve.app import make_app
    from didgen.serve.connections import configured
    from didgen.store.derived import Derived

    pool = Pool(settings.slots, memo=Derived(home), log=home / "worker.log", folder=rendering)
    keys = " ".join([key, *os.environ.get("DIDGEN_CLIENT_KEYS", "").split()])
    known = [*LOOPBACK, *names] if host in LOOPBACK else None
    board = Board("didgen serve", form=True)
    desks: list[Desk] = []

    def page(desk: Desk) -> Any:
        desks.append(desk)
        return job_page(desk, board)

    app = make_app(pool, home / "served", keys, known, settings=settings, faults=faults, page=page)

    class Server(uvicorn.Server):
        """Lets go of who listens or waits, for whom it would wait."""

        def handle_exit(self, sig: int, frame: Any) -> None:
            board.close()
            for desk in desks:
                desk.changes.let_go()
            super().handle_exit(sig, frame)

    with suppress(KeyboardInterrupt):  # raised once more when all is closed: this is how a server is ended
        Server(configured(app)).run([door])


def _secret(name: str, kept: Path, prefix: str) -> tuple[str, bool]:
    """What the variable says, else what was made for this folder; whether it was made. Raises UsageError, StorageError.

    After the prefix stand 32 random bytes in base64.
    """
    import base64
    import secrets

    from didgen.store.whole import write_whole

    given = os.environ.get(name, "").strip()
    if given:
        if not given.isascii() or not given.isprintable() or " " in given:
            raise UsageError(f"{name} holds blanks or signs that no key has", hint="set it to the key alone")
        return given, False
    if not kept.exists():
        made = prefix + base64.b64encode(secrets.token_bytes(32)).decode()
        write_whole(kept, f"{made}\n".encode(), mode=0o600)
    return kept.read_text().strip(), True
