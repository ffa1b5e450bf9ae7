"""Hundreds of jobs at once, through the whole of a build, against the bank."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from didgen.cli.build import as_text
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


def test_a_refusal_that_concerns_all_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was bought before it is fetched, the rest stays planned; the next build buys that, and nothing else."""
    with opened(tmp_path / "bank", "--render-s", "0.3") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "root", bank)
        shop.write({f"s{k}": f"script: This is scene {k} of many." for k in range(30)})
        late = list(range(4, 40))
        bank.rules({"method": "POST", "path": "/talks", "nth": late, "fault": "status", "status": 402, "kind": "No",
                    "description": "not for you"})  # fmt: skip
        summary = shop.build()
        assert (3, 1, 26) == tuple(summary.count(action) for action in ("rendered", "failed", "planned"))
        assert shop.posts() <= 3 + 8  # those that were on their way together
        told = [line for line in as_text(summary) if "not for you" in line]
        assert 2 == len(told)
        assert "- 26 scenes stay planned; not sent: not for you" in told[1]
        assert summary.error is not None
        assert (1, 3) == (summary.error.exit_code, len(bank.bought()))
        bank.rules()
        assert None is shop.build().error
        assert 30 == len(bank.bought())


def test_the_users_webhook_and_target_are_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they were written; the video is asked for all the same."""
    with opened(tmp_path / "bank") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "root", bank)
        own = {"webhook": "https://hook.example/done?token=t", "result_url": "https://bucket.example/one.mp4"}
        lines = [f"    {name}: '{url}'\n" for name, url in own.items()]
        shop.write({"one": "script: The only scene.\n" + "".join(lines)})
        assert None is shop.build().error
        (job,) = bank.bought()
        assert own == {name: job["body"][name] for name in own}
        assert job["id"] == shop.video_of("one")


def test_a_video_that_cannot_be_read_leaves_its_job_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the user's own bucket, say: exit 7, nothing is bought again, and it is fetched once it can be."""
    with opened(tmp_path / "bank") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "root", bank)
        shop.write({"one": "script: The first scene.", "two": "script: The other one."})
        link = {"result_url": "s3://own-bucket/one.mp4?X-Amz-Signature=canary"}
        bank.rules({"method": "GET", "path": "/talks/", "fault": "edit", "set": link})
        error = shop.build().error
        assert error is not None
        assert 7 == error.exit_code
        assert (2, 2) == (len(bank.bought()), shop.posts())
        bank.rules()
        assert None is shop.build().error
        assert 2 == shop.posts()
