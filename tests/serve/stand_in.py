"""`python -m tests.serve.stand_in FOLDER PORT [SLOTS]`: our server, as `didgen serve` runs it, over a tiny engine.

The listening socket may be handed down (LISTEN_FD), so that no connection is refused between two lives.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

import uvicorn

from didgen.jobs.pool import Pool
from didgen.serve.app import make_app
from didgen.serve.connections import configured
from didgen.serve.settings import Settings
from didgen.serve.shelf import only_server
from tests import fakes

KEY = "crowd:secret"


def main() -> None:
    """Serve until killed."""
    folder, port, slots = Path(sys.argv[1]), int(sys.argv[2]), int((*sys.argv[3:], "2")[0])
    with only_server(folder) as rendering:
        pool = Pool(slots, command=fakes.COMMAND, folder=rendering)
        app = make_app(pool, folder, KEY, settings=Settings(slots=slots, waiting=5000))
        words = {"host": "127.0.0.1", "port": port, "log_level": "error", "backlog": 4096}
        with suppress(KeyboardInterrupt):
            uvicorn.Server(configured(app, timeout_graceful_shutdown=2, **words)).run()


if __name__ == "__main__":
    main()
