"""A disk that fills up at any moment: exit code 6, nothing half, and after freeing space nothing is bought twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bank.started import Started
from tests.money import full
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
        count, problems = full.at_each_write(warm, bank, tmp_path, every=3)
    assert [] == problems
    assert count > 10
