"""Builds as processes, stopped by Ctrl-C or killed in the midst of a purchase; nothing is bought twice.

Several at once, and killed at every step: tests/money.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bank.started import opened
from tests.jobs.paid import Shop, environment, hurry

ALL = ["shop/nod", "shop/one", "shop/two"]


def start(shop: Shop) -> subprocess.Popen[str]:
    """A build that may spend enough."""
    return subprocess.Popen(
        [sys.executable, "-m", "didgen", "build", "--budget", "100"],
        cwd=shop.root,
        env=environment(shop.bank),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(true: Callable[[], bool]) -> None:
    """Wait for a condition, half a minute at most."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come true")


def test_ctrl_c_leaves_paid_jobs_running_for_the_next_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, with how many; they are taken up by their ids, and nobody is asked for money again."""
    with opened(tmp_path / "bank", "--render-s", "3600") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "work", bank)
        build = start(shop)
        until(lambda: len(bank.seen("GET", "/talks/tlk_")) >= 2 and len(bank.seen("GET", "/animations/anm_")) >= 1)
        build.send_signal(signal.SIGINT)
        _, said = build.communicate(timeout=30)
        assert 130 == build.returncode
        assert "3 paid jobs keep running, the next build picks them up" in said
        bank.down()
        bank.up("--render-s", "0")  # not before that a job may come to its end
        assert None is shop.build(budget=None).error
        assert ALL == sorted(shop.bought())


@pytest.mark.parametrize("wipe", [False, True], ids=["state kept", "state lost"])
def test_a_build_killed_between_purchase_and_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wipe: bool
) -> None:
    """The bank took the money, the answer never came: the next build finds that job, and buys the rest."""
    with opened(tmp_path / "bank") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "work", bank)
        bank.rules({"method": "POST", "path": "/(talks|animations)", "fault": "hang", "s": 30, "accept": True})
        build = start(shop)
        until(lambda: len(bank.bought()) > 0)
        build.kill()
        build.communicate(timeout=30)
        bank.rules()
        if wipe:
            shop.lose(".didgen")
        assert None is shop.build().error
        assert ALL == sorted(shop.bought())
