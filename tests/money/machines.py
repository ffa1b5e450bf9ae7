"""Rounds of two machines that share a store and an account, one of which is killed: each scene is bought by one."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

from tests.bank.started import Started
from tests.money import kills, scenes
from tests.money.kills import Tally
from tests.money.warm import Warm


def environment(store: str, **more: str) -> dict[str, str]:
    """Of a machine that shares a store."""
    return {"DIDGEN_PAID": "1", "DIDGEN_STORE": store, "DIDGEN_STORE_PUSH": "1", **more}


def order(root: Path, bank: Started, store: str, **more: Any) -> dict[str, Any]:
    """An order for `warm`; store "": none."""
    told = {**scenes.order(root, bank), **more}
    return {**told, "env": environment(store, **more.get("env", {}))} if store else told


def one_round(warm: Warm, bank: Started, folder: Path, salt: str, *, silent: bool = False) -> Tally:
    """Two machines build at once, the first is killed at some step and perhaps loses everything; the second ends, and
    builds again; then the first does. silent: a bank that shows of no job what it was sent with, where a scene that
    may have been bought stays uncertain."""
    chance = random.Random(salt)
    store = str(folder / "shared")
    a, b = (scenes.make(folder / name, bank, salt) for name in "ab")
    tally = Tally(rounds=1)
    results = warm.builds(
        order(a, bank, store, kill=chance.randint(20, 240)),
        order(b, bank, store),
        kill_after_s=chance.uniform(0.1, 1.0) if chance.random() < 0.3 else None,
    )
    tally.kills = sum(bool(one.get("killed")) for one in results)
    if chance.random() < 0.5:
        tally.wipes += 1
        shutil.rmtree(a / ".didgen", ignore_errors=True)
    for root in (b, a):
        last = warm.build(order(root, bank, store))
        if last.get("exit") == 3 and not silent:
            kills.settle(tally, warm, bank, root)
            last = warm.build(order(root, bank, store))
        tally.builds += 1
        if last.get("exit") not in (0, 3 if silent else 0):
            tally.problems.append(f"{salt}: {scenes.told(last)}")
        tally.doubts += silent and last.get("exit") == 3
        found = [] if last.get("exit") == 3 else scenes.wrong(root, bank, salt)
        tally.lost += sum("lost" in problem or "not its own" in problem for problem in found)
        tally.problems += [f"{salt}/{root.name}: {problem}" for problem in found]
    tally.problems += [f"{salt}: {scenes.told(one)}" for one in results if one.get("stuck") or one.get("exit") == 70]
    counts = Counter(scenes.bought(bank, salt))
    tally.duplicates = sum(counts.values()) - len(counts)
    return tally
