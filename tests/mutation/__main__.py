"""`python -m tests.mutation --count N --seed S`: N changes of generated projects; exit code 1 when one went wrong."""

from __future__ import annotations

import argparse
import math
import shutil
import sys
import tempfile
from pathlib import Path

from tests.mutation.run import timed, told


def main() -> int:
    """Run, and say in numbers what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--count", type=int, default=100_000, help="how many changes; default: 100,000")
    parser.add_argument("--seed", type=int, default=0, help="of the projects and their changes")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop after so long, however many were done")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="mutation-"))
    tally, seconds = timed(folder, given.count, given.seed, seconds=given.minutes * 60)
    print("\n".join(told(tally, seconds)), flush=True)
    for problem in tally.problems:
        print(f"  WRONG: {problem}")
    if tally.problems:
        print(f"  what was wrong is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
