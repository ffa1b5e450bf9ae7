"""Rounds of builds with a budget: whatever is killed and built again, the bank sold no more than was agreed to."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.bank.started import Started
from tests.money import scenes
from tests.money.warm import Warm

WORDS = ("a", "tiny", "photograph", "speaks", "extraordinarily", "long", "1,234,567", "sentences", "today")


def project(root: Path, bank: Started, salt: str, chance: random.Random) -> int:
    """A workspace of some talks and animations, of a word to a minute each; how many."""
    home = root / "projects" / "money"
    home.mkdir(parents=True)
    (home / "anna.jpg").write_bytes(scenes.photo(salt))
    lines = ["didgen: 1", "name: money", f"service: {bank.url}", "defaults: {source: anna.jpg}", "scenes:"]
    count = chance.randint(1, 8)
    for k in range(count):
        text = " ".join(chance.choices(WORDS, k=chance.choice([1, 10, 25, 60])))
        what = f"driver: bank://nostalgia/driver-0{k + 1}" if chance.random() < 0.2 else f'script: "{k} {text}"'
        lines += [f"  - id: s{k}", f"    {what}", f'    user_data: "{salt}/s{k}"']
    (home / "project.yaml").write_text("\n".join(lines) + "\n")
    return count


def sold(bank: Started, salt: str) -> list[int]:
    """The price of each job that a workspace bought, as the bank has it."""
    return [job["credits"] for job in bank.bought() if str(job["user_data"] or "").startswith(f"{salt}/")]


def ledger(root: Path) -> int:
    """What the state says was spent, read without the product."""
    with closing(sqlite3.connect(root / ".didgen" / "state.sqlite")) as db:
        return int(db.execute("SELECT coalesce(sum(credits), 0) FROM jobs WHERE remote != ''").fetchone()[0])


def one_round(warm: Warm, bank: Started, folder: Path, seed: int) -> tuple[dict[str, int], list[str]]:
    """One to three builds with a small budget each, some killed, then one with enough; figures, and what was wrong."""
    chance, salt = random.Random(seed), f"budget{seed}"
    root = folder / salt
    count = project(root, bank, salt, chance)
    problems: list[str] = []
    agreed = killed = refused = 0
    for _ in range(chance.randint(1, 3)):
        budget = chance.randint(0, 2 * count)
        agreed += budget
        result = _build(warm, root, bank, budget, chance.uniform(0.2, 1.5) if chance.random() < 0.4 else None)
        killed += bool(result.get("killed"))
        refused += result.get("exit") == 4
        if not result.get("killed") and result.get("exit") not in (0, 4):
            problems.append(f"{salt}: {scenes.told(result)}")
        if sum(sold(bank, salt)) > agreed:
            problems.append(f"{salt}: {sum(sold(bank, salt))} credits sold, {agreed} agreed to")
    result = _build(warm, root, bank, 1000, None)
    prices = sold(bank, salt)
    if result.get("exit") != 0 or len(prices) != count:
        problems.append(f"{salt}: {len(prices)} of {count} bought; {scenes.told(result)}")
    if ledger(root) != sum(prices):
        problems.append(f"{salt}: {ledger(root)} credits in the ledger, {sum(prices)} sold")
    return {"rounds": 1, "jobs": len(prices), "credits": sum(prices), "killed": killed, "refused": refused}, problems


def _build(warm: Warm, root: Path, bank: Started, budget: int, kill_after_s: float | None) -> dict[str, Any]:
    (result,) = warm.builds(scenes.order(root, bank, budget=budget), kill_after_s=kill_after_s)
    return result
