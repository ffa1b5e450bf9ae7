"""Hundreds of jobs at once, through the whole of a build, against the bank."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bank.started import opened
from tests.jobs.paid import Shop, hurry
from tests.network.moody import bought_through

SCENES = 300
FILES = 120
"""How many files and connections such a build may have open at once: below a fifth of what shells allow by default."""


@contextmanager
def most_open() -> Iterator[list[int]]:
    """The most files and connections this process has had open at once while the block ran, as the last entry."""
    seen, ended = [0], threading.Event()

    def look() -> None:
        while not ended.wait(0.01):
            seen.append(max(seen[-1], len(os.listdir("/proc/self/fd"))))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        ended.set()
        thread.join()


def test_three_hundred_scenes_are_bought_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One POST a scene, as many under way as the service takes, few files open, no two videos mixed up."""
    with opened(tmp_path / "bank", "--render-s", "0.3") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "root", bank)
        shop.write({f"s{k}": f"script: This is scene {k} of many." for k in range(SCENES)})
        with most_open() as files:
            summary = shop.build()
        assert None is summary.error
        assert SCENES == summary.count("rendered") == len(bank.bought()) == shop.posts()
        assert 1 == len(bank.seen("POST", "/images"))
        assert sorted(job["id"] for job in bank.bought()) == sorted(shop.video_of(f"s{k}") for k in range(SCENES))
        assert files[-1] < FILES
        assert [] == bank.leaks()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_moody_service_sells_each_scene_once(tmp_path: Path, seed: int) -> None:
    """Whatever goes wrong with a POST, an upload, a poll or a download; hundreds of seeds with `make soak`."""
    assert [] == bought_through(tmp_path, seed, 20)
