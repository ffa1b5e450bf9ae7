"""`python -m tests.mutation --count N --seed S`: N changes of generated projects; exit code 1 when one went wrong.

With `--log FILE` every block is noted when it ends, and the same command goes on after the last one.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import Any

from didgen.digest import sha256_bytes
from tests.mutation.run import ENOUGH, PER_BLOCK, block, blocks
from tests.mutation.tally import Tally, told

REPOSITORY = Path(__file__).parents[2]
MEMORY = Path("/dev/shm")


def main() -> int:
    """Run, and say in numbers what came of it."""
    given = _given()
    wanted = [(n, size) for n, size in blocks(given.count) if given.block in (None, n)]
    log = Log(given.log, {"seed": given.seed, "changes": given.count, "program": _program()})
    folder = Path(tempfile.mkdtemp(prefix="mutation-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None))
    began = time.monotonic()
    left = [(n, size) for n, size in wanted if n not in log.done]
    for number, tally in carried_out(folder, given.seed, left, given.workers, began + given.minutes * 60):
        log.note(number, tally)
        print(_progress(number, tally, log, len(wanted), time.monotonic() - began), flush=True)
    whole = Tally()
    for number, _ in wanted:
        whole.add(log.done.get(number, Tally()))
    print("\n".join(told(whole, time.monotonic() - began)))
    for problem in whole.problems:
        print(f"  WRONG: {problem}")
    if whole.problems:
        print(f"  what was wrong is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def _given() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("--count", type=int, default=100_000, help="how many changes; default: 100,000")
    parser.add_argument("--seed", type=int, default=0, help="of the projects and their changes")
    parser.add_argument("--workers", type=int, default=1, help="processes at once; default: 1")
    parser.add_argument("--minutes", type=float, default=math.inf, help="begin no block after so long")
    parser.add_argument("--block", type=int, help=f"only this one, of {PER_BLOCK} changes")
    parser.add_argument("--log", type=Path, help="where ended blocks are noted; those in it are not done again")
    return parser.parse_args()


def _program() -> str:
    """The digest of didgen and of these tests: what another program did is not counted for this one."""
    files = [*(REPOSITORY / "didgen").rglob("*.py"), *Path(__file__).parent.rglob("*.py")]
    return sha256_bytes(b"".join(file.read_bytes() for file in sorted(files)))


class Log:
    """Ended blocks, a JSON line each, under a line that says what they are of."""

    def __init__(self, path: Path | None, of: dict[str, Any]) -> None:
        self.done: dict[int, Tally] = {}
        self._path = path
        if path is None:
            return
        text = path.read_text("utf-8") if path.exists() else ""
        lines = text[: text.rfind("\n") + 1].splitlines()  # a torn line is a block that has not ended
        if lines and json.loads(lines[0]) != of:
            sys.exit(f"{path} is of another run, or of another state of the program; give a new --log")
        for line in lines[1:]:
            kept = json.loads(line)
            number = kept.pop("block")
            self.done[number] = Tally.of(kept)
        path.write_text("".join(f"{line}\n" for line in lines or [json.dumps(of)]), "utf-8")

    def note(self, number: int, tally: Tally) -> None:
        """Keep what a block came to."""
        self.done[number] = tally
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"block": number, **tally.as_json()}) + "\n")


def carried_out(
    folder: Path, seed: int, left: Sequence[tuple[int, int]], workers: int, end: float
) -> Iterator[tuple[int, Tally]]:
    """Blocks as they end, until there is no time left or there are faults enough. end: on the monotonic clock."""
    wrong = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        waiting = iter(left)
        under_way = {pool.submit(block, folder, seed, *one): one[0] for one in islice(waiting, workers)}
        while under_way:
            ended = next(as_completed(under_way))
            number, tally = under_way.pop(ended), ended.result()
            wrong += len(tally.problems)
            yield number, tally
            one = next(waiting, None) if wrong < ENOUGH and time.monotonic() < end else None
            if one is not None:
                under_way[pool.submit(block, folder, seed, *one)] = one[0]


def _progress(number: int, tally: Tally, log: Log, wanted: int, seconds: float) -> str:
    per_s = tally.done / tally.cpu_s
    wrong = sum(len(one.problems) for one in log.done.values())
    return f"block {number}: {len(log.done)} of {wanted}, {wrong} wrong, {per_s:.0f} changes/s of CPU; {seconds:.0f} s"


if __name__ == "__main__":
    sys.exit(main())
