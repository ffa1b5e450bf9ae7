"""Changes by the thousand, in blocks: a block is one workspace and its changes, made from its own seed alone."""

from __future__ import annotations

import random
import resource
import shutil
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from didgen.project import stamps
from tests.mutation.base import Base
from tests.mutation.tally import Tally

PER_BLOCK = 250
ENOUGH = 20  # faults to look at
BUILT = 80  # changes between two that are built
SCRATCH = 4  # changes between two that are planned from nothing as well
SMALL = 0.7  # of the workspaces have few scenes
GRAIN_NS = 50_000_000
"""In place of two seconds: the clock of the files of this run is finer than that of any disk that didgen must trust, so
that files are trusted by how they look after a twentieth of a second, and most changes are made to such."""


def block(folder: Path, seed: int, number: int, changes: int = PER_BLOCK, *, fast: bool = False) -> Tally:
    """So many changes of the workspace that `seed` and `number` make; what was wrong is kept in `folder`. fast: small,
    less built, and less planned from nothing."""
    tally, before = Tally(), _cpu_s()
    hand = random.Random(f"{seed}-{number}")
    built, scratch = (160, 10) if fast else (BUILT, SCRATCH)
    here = folder / f"base-{number}"
    with _fine_clock():
        base = Base(here, hand, tally, small=fast or hand.random() < SMALL)
        tally.bases = 1
        for done in range(1, changes + 1):
            try:
                base.change(build=done % built == 0, scratch=done % scratch == 0)
            except Exception:  # of these tests, or of the program: the other blocks have their turn all the same
                tally.other.append(f"block {number}, change {done}: {traceback.format_exc()}")
                break
            if len(tally.problems) >= ENOUGH:
                break
    shutil.rmtree(here)
    tally.cpu_s = _cpu_s() - before
    return tally


def run(folder: Path, count: int, seed: int, *, fast: bool = False, per_block: int = PER_BLOCK) -> Tally:
    """`count` changes, block by block, until there are faults enough."""
    whole = Tally()
    for number, changes in blocks(count, per_block):
        whole.add(block(folder, seed, number, changes, fast=fast))
        if len(whole.problems) >= ENOUGH:
            break
    return whole


def blocks(count: int, per_block: int = PER_BLOCK) -> list[tuple[int, int]]:
    """Number and size of each block of `count` changes."""
    return [(number, min(per_block, count - at)) for number, at in enumerate(range(0, count, per_block))]


@contextmanager
def _fine_clock() -> Iterator[None]:
    was, stamps.RACY_NS = stamps.RACY_NS, GRAIN_NS
    try:
        yield
    finally:
        stamps.RACY_NS = was


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
