"""The `didgen` command with a tiny engine in its workers: `python -m tests.watch.quick watch`.

DIDGEN_FAKE_REST_S: after how many seconds without anything to do films are joined that were left for later.
"""

from __future__ import annotations

import os

from didgen.cli.main import main
from didgen.jobs import pool
from didgen.watch import films
from tests import fakes

if __name__ == "__main__":
    pool.COMMAND = fakes.COMMAND
    films.QUIET_S = float(os.environ.get("DIDGEN_FAKE_REST_S", films.QUIET_S))
    main()
