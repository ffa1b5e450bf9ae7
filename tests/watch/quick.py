"""The `didgen` command with a tiny engine in its workers: `python -m tests.watch.quick watch`."""

from __future__ import annotations

from didgen.cli.main import main
from didgen.jobs import pool
from tests import fakes

if __name__ == "__main__":
    pool.COMMAND = fakes.COMMAND
    main()
