"""Clocks that are wrong by more than a day, and that jump while a build runs: the same result as with good ones."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import pytest

from tests.bank.started import opened
from tests.jobs.paid import SCENES, Shop, hurry

DAY_S = 26 * 3600.0


def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *flags: str) -> None:
    """A build whose first answer to a POST is lost, whose second is a 429 with a date, and whose links are slow to
    come; then another build, which has nothing to do.
    """
    with opened(tmp_path / "bank", *flags) as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "root", bank)
        bank.rules(
            {"method": "POST", "path": "/talks", "nth": 1, "accept": True, "fault": "reset"},
            {"method": "POST", "path": "/animations", "nth": 1, "fault": "status", "status": 429,
             "retry_after": {"in_s": 2}},
            {"method": "GET", "path": "/talks/", "nth": [1, 2], "fault": "status", "status": 503,
             "retry_after": {"in_s": 1}},
        )  # fmt: skip
        summary = shop.build()
        assert None is summary.error
        assert sorted(f"shop/{name}" for name in SCENES) == sorted(shop.bought())
        assert sorted(job["id"] for job in bank.bought()) == sorted(shop.video_of(name) for name in SCENES)
        shop.lose(".didgen")
        assert None is shop.build().error
        assert len(SCENES) == len(bank.bought())


@pytest.mark.parametrize("skew_s", [-DAY_S, DAY_S])
def test_a_clock_that_is_wrong_by_a_day(skew_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Seen from here it is the service's: its dates are read by its own Date header."""
    built(tmp_path, monkeypatch, "--skew-s", str(skew_s))


def test_a_clock_that_jumps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour back, a day on, back again, all the time: nothing is waited for by the time of day."""
    true, jumps = time.time, itertools.cycle([0.0, -3600.0, -3600.0, DAY_S, 60.0, -DAY_S])
    monkeypatch.setattr(time, "time", lambda: true() + next(jumps))
    built(tmp_path, monkeypatch)
