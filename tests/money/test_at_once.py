"""Several builds of one workspace at the same moment: one buys, the others wait and find everything there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.bank.started import Started
from tests.money import scenes
from tests.money.warm import Warm


@pytest.mark.parametrize("killed", [False, True], ids=["", "one-is-killed"])
@pytest.mark.parametrize("count", [2, 4, 8])
def test_builds_at_once_buy_every_scene_once(bank: Started, tmp_path: Path, count: int, killed: bool) -> None:
    """No duplicates, nothing lost, nobody waits for ever; also when the one that holds the lock dies in its midst."""
    root = scenes.make(tmp_path / "work", bank, "many")
    with Warm() as warm:
        orders = [scenes.order(root, bank) for _ in range(count)]
        results = warm.builds(*orders, kill_after_s=0.3 if killed else None)
        last = warm.build(scenes.order(root, bank))
    assert not [result for result in results if result.get("stuck")]
    assert {0} == {result["exit"] for result in results if not result.get("killed")}
    assert 0 == last["exit"], scenes.told(last)
    assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, "many"))
    assert [] == scenes.wrong(root, bank, "many")


def test_who_does_not_wait_leaves_with_an_exit_code_of_its_own(bank: Started, tmp_path: Path) -> None:
    """5, at once, and nothing is bought by it."""
    root = scenes.make(tmp_path / "work", bank, "wait")
    with Warm() as warm:
        results = warm.builds(*[scenes.order(root, bank, wait=False) for _ in range(4)])
    assert {0, 5} == {result["exit"] for result in results}
    assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, "wait"))
