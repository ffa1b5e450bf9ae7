"""The ceiling seen from the bank; `python -m tests.money budgets` runs more of it."""

from __future__ import annotations

from pathlib import Path

from tests.bank.started import opened
from tests.money import budgets
from tests.money.warm import Warm


def test_the_bank_sells_no_more_than_was_agreed_to(tmp_path: Path) -> None:
    """Builds with small budgets, some killed; in the end every scene is bought once and the ledger tells the price."""
    with opened(tmp_path / "bank", "--queue-s", "0", "--render-s", "0") as bank, Warm() as warm:
        for seed in range(3):
            assert [] == budgets.one_round(warm, bank, tmp_path, seed)[1]
