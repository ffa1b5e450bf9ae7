"""Rounds of builds that are killed and taken up again, and what the bank's ledger says of them."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.bank.started import Started, opened
from tests.money import scenes
from tests.money.warm import Result, Warm

AT_ONCE = 2
DAMAGE = "damage"
WIPES = ("", "state", DAMAGE, "state", "", "state and output", "", "all but the sources")
"""What is deleted after a kill; DAMAGE leaves the state in pieces instead."""


@dataclass
class Tally:
    """What came of rounds.

    kills: builds that really died in their midst; wipes: those after which something was deleted; damaged: those after
    which the state was cut off or had bits flipped. duplicates: jobs bought beyond the first of a scene. lost: scenes
    without their video in the end. unfound: jobs left uncertain though the bank has them. doubts: jobs left uncertain
    that were never accepted, which only a person can know.
    """

    rounds: int = 0
    builds: int = 0
    kills: int = 0
    wipes: int = 0
    damaged: int = 0
    duplicates: int = 0
    lost: int = 0
    unfound: int = 0
    doubts: int = 0
    problems: list[str] = field(default_factory=list)
    steps: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Tally) -> Tally:
        mine, theirs = vars(self), vars(other)
        return Tally(**{name: mine[name] + theirs[name] for name in mine})


@dataclass(frozen=True)
class Kill:
    """When a build dies: at its n-th step, or after so many seconds; and what is deleted then (WIPES)."""

    step: int = 0
    after_s: float | None = None
    wipe: str = ""


def plan(seed: int, steps: int, length_s: float, number: int = 2) -> list[Kill]:
    """The kills of a round: two of three at a step, the others at a time; every second one followed by deleting."""
    chance = random.Random(seed)
    kills = []
    for k in range(number):
        wipe = WIPES[(seed * number + k + seed // 4) % len(WIPES)]
        if chance.random() < 2 / 3:
            kills.append(Kill(chance.randint(1, steps), None, wipe))
        else:
            kills.append(Kill(0, chance.uniform(0, length_s), wipe))
    return kills


def one_round(warm: Warm, bank: Started, root: Path, salt: str, kills: list[Kill], broken: str = "") -> Tally:
    """Build, dying as planned; then until all is done, a person settling what only a person can; then count."""
    scenes.make(root, bank, salt)
    tally = Tally(rounds=1)

    for kill in kills:
        result = warm.build(scenes.order(root, bank, kill=kill.step, broken=broken), kill_after_s=kill.after_s)
        tally.builds += 1
        if result.get("stuck") or result.get("exit") == 70:
            tally.problems.append(f"{salt}: {scenes.told(result)}")
        if result.get("killed"):
            tally.kills += 1
            tally.steps[result.get("at", "some time")] += 1
            _after(tally, root, kill.wipe)
    finish(tally, warm, bank, root, salt, broken)
    return tally


def finish(tally: Tally, warm: Warm, bank: Started, root: Path, salt: str, broken: str = "") -> None:
    """Build until all is there, a person settling what only a person can; then count."""
    result = warm.build(scenes.order(root, bank, broken=broken))
    tally.builds += 1
    if result.get("exit") == 3:
        settle(tally, warm, bank, root)
        result = warm.build(scenes.order(root, bank, broken=broken))
        tally.builds += 1
    _judge(tally, root, bank, salt, result)


def settle(tally: Tally, warm: Warm, bank: Started, root: Path) -> None:
    """What is uncertain and was not accepted is ordered anew, as a person would who has looked at the account."""
    accepted = {job["nonce"] for job in bank.bought()}
    for job, address in scenes.uncertain(root).items():
        if job in accepted:
            tally.unfound += 1
        else:
            tally.doubts += 1
            done = warm.build(scenes.order(root, bank, argv=["resolve", address, "--resubmit"]))
            if done.get("exit") != 0:
                tally.problems.append(f"{address}: resolve: {scenes.told(done)}")


def _judge(tally: Tally, root: Path, bank: Started, salt: str, last: Result) -> None:
    counts = Counter(scenes.bought(bank, salt))
    tally.duplicates = sum(counts.values()) - len(counts)
    found = scenes.wrong(root, bank, salt)
    tally.lost = sum("lost" in problem or "not its own" in problem for problem in found)
    tally.problems += [f"{salt}: {problem}" for problem in found]
    if last.get("exit") != 0:
        tally.problems.append(f"{salt}: {scenes.told(last)}")


def _after(tally: Tally, root: Path, what: str) -> None:
    """What befalls a workspace after a kill."""
    tally.wipes += what not in ("", DAMAGE)
    tally.damaged += what == DAMAGE
    if what == DAMAGE:
        damage(root / ".didgen" / "state.sqlite")
    else:
        wipe(root, what)


def damage(state: Path) -> None:
    """Cut off the state or its log, or flip a few bits of it; where and how by the name of its workspace."""
    chance = random.Random(state.parts[-3])
    path = chance.choice([path for path in (state, state.with_name("state.sqlite-wal")) if path.exists()] or [None])
    data = bytearray(path.read_bytes()) if path else bytearray()
    if path and data:
        if chance.random() < 0.5:
            del data[chance.randrange(len(data)) :]
        else:
            for _ in range(3):
                data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)


def wipe(root: Path, what: str) -> None:
    """Delete what a fresh machine would not have."""
    if what:
        shutil.rmtree(root / ".didgen", ignore_errors=True)
    if what in ("state and output", "all but the sources"):
        shutil.rmtree(root / "output", ignore_errors=True)
    if what == "all but the sources":
        for lock in root.rglob("didgen.lock"):
            lock.unlink()


def random_rounds(k: int, steps: int) -> list[Kill]:
    """The k-th round of a random run."""
    return plan(k, steps, 1.0)


def every_step(k: int, steps: int) -> list[Kill] | None:
    """A round for every step of a whole build, and one more for it with what follows deleted."""
    return [Kill(k // 2 + 1, None, "state" if k % 2 else "")] if k // 2 < steps else None


def run(
    bank: Started,
    folder: Path,
    wanted: int,
    *,
    plan_of: Callable[[int, int], list[Kill] | None] = random_rounds,
    broken: str = "",
    on_round: Callable[[Tally], None] = lambda tally: None,  # noqa: ARG005
) -> Tally:
    """Rounds until so many builds were killed, or plan_of (number, steps of a whole build) has no more."""
    with Warm() as warm, Warm() as other:
        whole = warm.build(scenes.order(scenes.make(folder / "whole", bank, "whole"), bank))
        assert whole["exit"] == 0, whole
        numbers, total = count(), Tally()

        def work(server: Warm) -> Tally:
            mine = Tally()
            while total.kills < wanted and (deaths := plan_of(number := next(numbers), whole["steps"])) is not None:
                tally = one_round(server, bank, folder / f"round-{number}", f"r{number}", deaths, broken)
                mine += tally
                total.kills += tally.kills
                on_round(tally)
                if not tally.problems:
                    shutil.rmtree(folder / f"round-{number}")
            return mine

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return sum(pool.map(work, (warm, other)), Tally())


def one_silent_round(warm: Warm, folder: Path, kills: list[Kill]) -> Tally:
    """As `one_round` at a bank of its own that shows of no job what it was sent with; and nobody settles anything.

    Then a scene is delivered or uncertain, and however often it is built, nothing is bought a second time.
    """
    with opened(folder / "bank", "--no-echo") as bank:
        root = scenes.make(folder / "work", bank, "silent")
        tally = Tally(rounds=1)
        for kill in kills:
            result = warm.build(scenes.order(root, bank, kill=kill.step), kill_after_s=kill.after_s)
            tally.builds += 1
            if result.get("killed"):
                tally.kills += 1
                _after(tally, root, kill.wipe)
        for _ in range(2):
            result = warm.build(scenes.order(root, bank))
            tally.builds += 1
            if result.get("exit") not in (0, 3):
                tally.problems.append(scenes.told(result))
        counts, waiting = Counter(scenes.bought(bank, "silent")), set(scenes.uncertain(root).values())
        tally.duplicates, tally.doubts = sum(counts.values()) - len(counts), len(waiting)
        for problem in scenes.wrong(root, bank, "silent"):
            if f"money/{problem.split(':')[0]}" not in waiting and problem != "no manifest":
                tally.lost += 1
                tally.problems.append(problem)
        return tally
