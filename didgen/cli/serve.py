"""`didgen serve`: the local engine behind the D-ID HTTP API."""

from __future__ import annotations

import os
from pathlib import Path

import click

from didgen.cli import options
from didgen.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@click.command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@options.jobs
@options.in_folder
@options.quiet
def command(host: str, port: int, jobs: int | None, quiet: bool) -> None:
    """Serve POST/GET /talks, /animations, /images, /audios. The key, if DIDGEN_SERVE_KEY holds one, is demanded."""
    key = os.environ.get("DIDGEN_SERVE_KEY") or None
    if host not in LOOPBACK and key is None:
        raise UsageError(
            f"serving on {host} lets others in",
            hint="set DIDGEN_SERVE_KEY to a key they must send, or stay on 127.0.0.1",
        )
    import uvicorn

    from didgen.jobs.pool import Pool
    from didgen.project.workspace import find_root
    from didgen.serve.app import make_app
    from didgen.store.derived import Derived
    from didgen.store.home import prepare

    home = prepare(find_root(Path.cwd()))
    pool = Pool(jobs or max(1, (os.cpu_count() or 2) // 2), memo=Derived(home), log=home / "worker.log")
    app = make_app(pool, home / "served", key=key)
    if not quiet:
        click.echo(f"serving the local engine on http://{host}:{port} (Ctrl-C ends it)")
    uvicorn.run(
        app, host=host, port=port, log_level="warning", timeout_keep_alive=5, h11_max_incomplete_event_size=32768
    )
