"""Builds killed with SIGKILL, at random steps and times, half of them losing their state: the ledger tells."""

from __future__ import annotations

from pathlib import Path

from tests.bank.started import opened
from tests.money import kills
from tests.money.kills import Kill
from tests.money.warm import Warm

KILLS = 50
RICH = ("--credits", "100000")


def test_nothing_is_bought_twice_and_nothing_is_lost(tmp_path: Path) -> None:
    """50 kills, half of them followed by deleting `.didgen`, output or lock: what was accepted is found again."""
    with opened(tmp_path / "bank", *RICH) as bank:
        tally = kills.run(bank, tmp_path, KILLS)
    assert [] == tally.problems
    assert (0, 0, 0) == (tally.duplicates, tally.lost, tally.unfound), tally
    assert tally.kills >= KILLS
    assert tally.wipes >= KILLS // 4


def test_a_client_that_sends_again_is_caught(tmp_path: Path) -> None:
    """Without looking for lost jobs the same kills buy twice: the bank would tell."""
    with opened(tmp_path / "bank", *RICH) as bank:
        assert kills.run(bank, tmp_path, 8, broken="resend").duplicates > 0


def test_at_a_bank_that_echoes_nothing_no_guess_is_made(tmp_path: Path) -> None:
    """What was accepted and cannot be found is uncertain and is never bought again; the rest is delivered."""
    with Warm() as warm:
        posted = [Kill(40 + 30 * k, None, "state" if k % 2 else "") for k in range(6)]
        tallies = [kills.one_silent_round(warm, tmp_path / f"{k}", [kill]) for k, kill in enumerate(posted)]
    assert [] == [problem for tally in tallies for problem in tally.problems]
    assert 0 == sum(tally.duplicates for tally in tallies)
    assert sum(tally.doubts for tally in tallies) > 0
