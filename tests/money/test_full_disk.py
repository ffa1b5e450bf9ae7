"""A disk that fills up at any moment: exit code 6, nothing half, and after freeing space nothing is bought twice."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.bank.started import Started
from tests.money import full, scenes
from tests.money.warm import Warm

SIZES_KIB = ("64", "128", "160", "192", "224", "256", "320", "4096:16", "4096:24", "4096:36")


def test_a_disk_of_any_size(tmp_path: Path) -> None:
    """A real one, by tmpfs: too small for the state, for the second video, for the manifest; or out of inodes."""
    if why := full.possible():
        pytest.skip(why)
    for result in full.tried(tmp_path, list(SIZES_KIB)):
        assert [] == full.problems(result), result


def test_a_disk_that_is_full_from_the_nth_write(bank: Started, tmp_path: Path) -> None:
    """Everywhere else: the same error is raised from the n-th write on, in the process that builds."""
    with Warm() as warm:
        count = warm.build(scenes.order(scenes.make(tmp_path / "whole", bank, "whole"), bank))["writes"]
        assert count > 10
        for n in range(1, count + 1, 3):
            root = scenes.make(tmp_path / f"w{n}", bank, f"full{n}")
            first = warm.build(scenes.order(root, bank, full=n))
            assert 6 == first["exit"], (n, scenes.told(first))
            assert [] == [path for path in root.rglob(".didgen-*") if path.is_file()]
            second = warm.build(scenes.order(root, bank))
            assert 0 == second["exit"], (n, scenes.told(second))
            assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, f"full{n}"))
            assert [] == scenes.wrong(root, bank, f"full{n}")
