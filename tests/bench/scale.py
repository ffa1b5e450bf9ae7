"""Thousands of scenes: what didgen costs against the least that a build tool in Python can do, and against others.

Nothing here is rendered: a small video is stored for each scene beforehand. All of one table is measured in turn, so
that other work on the machine meets every program alike.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.bench import many, peers
from tests.bench.measure import Cost, process, ratio

DIDGEN = str(Path(sys.executable).with_name("didgen"))
COUNTS = (1_500, 10_000)
ROUNDS = {1_500: 9, 10_000: 5}
REPOSITORY = Path(__file__).parents[2]
PLAN, BUILD = (DIDGEN, "plan"), (DIDGEN, "build")


@dataclass
class Places:
    """Workspaces of one count of scenes: one up to date, one that no build has seen, one for the other tools."""

    root: Path
    new: Path
    others: Path
    bare: Sequence[str]
    peers: Mapping[str, Sequence[str]]
    script: Path = field(default=Path("projects/part-002/scripts/scene-007.txt"))

    def touch(self) -> None:
        """As after a fresh checkout: every input has another time."""
        many.age(self.root / "projects", 100)

    def touch_all(self) -> None:
        """The same, and outputs that came from a cache."""
        self.touch()
        many.age(self.root / "output", 100)

    def forget(self) -> None:
        """As if didgen had never been here."""
        shutil.rmtree(self.new / ".didgen", ignore_errors=True)

    def edit(self) -> None:
        """Change one script, in every workspace."""
        for root in (self.root, self.others):
            path = root / self.script
            path.write_text(f"At {time.time_ns()} {path.read_text()}"[: many.BYTES])


def scale() -> None:
    """The table: a row for each thing that happens to a workspace, ratios of CPU time to the bare program's."""
    for count in [int(text) for text in os.environ.get("DIDGEN_BENCH_SCENES", "").split()] or COUNTS:
        with tempfile.TemporaryDirectory() as name:
            _table(_places(Path(name), count), count)


def _places(base: Path, count: int) -> Places:
    root, new, others = (base / name for name in ("root", "new", "others"))
    listed = base / "bare.json"
    for words in (("write", root), ("write", new), ("write", others), ("fill", root, listed)):
        # In a process of its own: what is measured later would inherit its memory.
        process((sys.executable, "-m", "tests.bench.many", str(count), *map(str, words)), REPOSITORY)
    bare = (sys.executable, str(Path(__file__).with_name("bare.py")), str(listed))
    commands = peers.commands(others)
    for command in commands.values():
        process(command, others)
    time.sleep(2.1)  # until then nothing is old enough to be trusted
    process(BUILD, root)
    return Places(root, new, others, bare, commands)


def _table(places: Places, count: int) -> None:
    rounds = ROUNDS.get(count, 5)
    print(f"\n{count:,} scenes, each with its script, {many.SCENES} to a project; CPU, and × that of the bare program")
    ours = {"didgen build": (BUILD, places.root), "didgen plan": (PLAN, places.root)}
    theirs = {name: (command, places.others) for name, command in places.peers.items()}
    _rows("nothing changed", places, {**ours, **theirs}, rounds)
    _rows("the same, inputs of a fresh checkout", places, ours, rounds, places.touch)
    _rows("the same, outputs with other times too", places, ours, rounds, places.touch_all)
    process(BUILD, places.root)
    _rows("first plan ever", places, {"didgen plan": (PLAN, places.new)}, min(rounds, 5), places.forget)
    _rows("one script changed", places, {"didgen plan": (PLAN, places.root), **theirs}, rounds, places.edit)
    one = {"didgen build PROJECT": ((*BUILD, "part-001"), places.root)}
    _rows("one project, nothing changed", places, one, rounds)


def _rows(
    what: str,
    places: Places,
    commands: Mapping[str, tuple[Sequence[str], Path]],
    rounds: int,
    before: Callable[[], None] = lambda: None,
) -> None:
    """Measure commands and the bare program in turn, `before` done before each of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    bare: list[Cost] = []
    for _ in range(rounds):
        for name, (command, folder) in commands.items():
            before()
            costs[name].append(process(command, folder))
        bare.append(process(places.bare, places.root))
    print(f"{what}  (bare: {_ms(bare)})", flush=True)
    for name, found in costs.items():
        peak = max(cost.peak_mib for cost in found)
        print(f"    {name:<22} {ratio(found, bare):>6.2f} ×  {_ms(found):>9}  {peak:>5.0f} MiB", flush=True)


def _ms(costs: Sequence[Cost]) -> str:
    return f"{median(cost.cpu_s for cost in costs) * 1000:,.0f} ms"
