"""The long runs: `make soak`, or `python -m tests.money [RUN …] [--count N]`; tests/README.md says what each does.

Each says what it did, in numbers; the exit code is 1 when one of them is not what it has to be.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.money.runs import RUNS


def main() -> int:
    """Run what is asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m tests.money")
    parser.add_argument("runs", nargs="*", choices=[*RUNS, []], help="default: all")
    parser.add_argument("--count", type=int, default=0, help="how much of it; default: each run's own")
    given = parser.parse_args()
    wrong = 0
    for name in given.runs or RUNS:
        folder = Path(tempfile.mkdtemp(prefix=f"soak-{name}-"))
        began = time.monotonic()
        problems = RUNS[name](folder, given.count)
        wrong += len(problems)
        for problem in problems:
            print(f"  WRONG: {problem}")
        print(f"  {time.monotonic() - began:.0f} s", flush=True)
        if not problems:
            shutil.rmtree(folder)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
