"""Machines that share a store and an account: what one bought, or may have bought, no other buys."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.bank.started import Started, opened
from tests.bucket import started as buckets
from tests.money import machines, scenes
from tests.money.warm import Warm

MANY = ("talk-1", "talk-2", "talk-3", "talk-4", "nod")
SLOW = ("--no-echo", "--render-s", "0.5")
"""An account that shows of no job what it was sent with: who does not know by other means can but buy."""


@pytest.mark.parametrize("shared", ["folder", "s3"])
def test_two_machines_at_once_buy_every_scene_once(shared: str, tmp_path: Path) -> None:
    """And both have every video, though the account tells neither of the other's jobs."""
    with opened(tmp_path / "bank", *SLOW) as bank, buckets.opened(tmp_path / "s3") as bucket, Warm() as warm:
        store = bucket.address if shared == "s3" else str(tmp_path / "shared")
        roots = [scenes.make(tmp_path / name, bank, "both", MANY) for name in "ab"]
        more = bucket.environment() if shared == "s3" else {}
        results = warm.builds(*[machines.order(root, bank, store, env=more) for root in roots])
        assert [0, 0] == [one["exit"] for one in results], results
        assert dict.fromkeys(MANY, 1) == Counter(scenes.bought(bank, "both"))
        for root in roots:
            assert [] == scenes.wrong(root, bank, "both", MANY)


def test_without_a_store_two_machines_buy_twice(tmp_path: Path) -> None:
    """Each has looked at the account, which had nothing, before either sends: what it is asked in between is answered
    when both have asked."""
    with opened(tmp_path / "bank", *SLOW) as bank, Warm() as warm:
        bank.rules({"method": "GET", "path": "/credits", "fault": "meet", "of": 2})
        warm.builds(*[machines.order(scenes.make(tmp_path / name, bank, "alone"), bank, "") for name in "ab"])
        assert dict.fromkeys(scenes.SCENES, 2) == Counter(scenes.bought(bank, "alone"))


def test_whatever_becomes_of_one_machine_nothing_is_bought_twice(tmp_path: Path) -> None:
    """One is killed at some step, every second time for ever; the other ends everything."""
    with opened(tmp_path / "bank", "--credits", "100000") as bank, Warm() as warm:
        rounds = [machines.one_round(warm, bank, tmp_path / f"r{k}", f"r{k}") for k in range(6)]
    assert [] == [problem for one in rounds for problem in one.problems]
    assert (0, 0, 0) == tuple(sum(getattr(r, what) for r in rounds) for what in ("duplicates", "lost", "unfound"))
    assert 3 <= sum(one.kills for one in rounds)


def test_what_a_dead_machine_may_have_bought_waits_for_a_person(tmp_path: Path) -> None:
    """It said that it was about to send, and the account shows nothing: every machine leaves the scene alone, until a
    person says on one that it was never bought. Then that one buys it, and the others fetch it."""
    with opened(tmp_path / "bank", "--no-echo") as bank, Warm() as warm:
        store = str(tmp_path / "shared")
        roots = [scenes.make(tmp_path / name, bank, "doubt", ("talk-1",)) for name in "abc"]
        # What a killed build leaves: its claim, and no sign of life.
        warm.build(machines.order(roots[0], bank, store))
        (fingerprint,) = fingerprints(tmp_path / "shared")
        shutil.rmtree(tmp_path / "shared")
        shutil.rmtree(roots[0])
        claim = {"number": 0, "owner": "0" * 32, "who": "gone", "sent": "a" * 32, "sent_s": 1.0, "free": False}
        place = tmp_path / "shared" / "claims" / fingerprint
        place.mkdir(parents=True)
        (place / "00000000").write_text(json.dumps(claim))
        with opened(tmp_path / "other", "--no-echo") as empty:
            move(bank, empty)
            for root in roots[1:]:
                told = warm.build(machines.order(root, empty, store))
                assert 3 == told["exit"], told
            assert [] == empty.bought()
            resolve = ["resolve", "money/talk-1", "--resubmit"]
            assert 0 == warm.build(machines.order(roots[1], empty, store, argv=resolve))["exit"]
            assert 0 == warm.build(machines.order(roots[1], empty, store))["exit"]
            assert 0 == warm.build(machines.order(roots[2], empty, store))["exit"]
            assert 1 == len(empty.bought())


def fingerprints(shared: Path) -> list[str]:
    return [path.parent.name + path.name for path in (shared / "index").rglob("*") if path.is_file()]


def move(bank: Started, empty: Started) -> None:
    """Let another account be at the same address."""
    bank.down()
    empty.down()
    empty._ports = bank._ports
    empty.up()


def test_a_video_lost_in_the_store_is_fetched_by_its_job(tmp_path: Path) -> None:
    """Its entry tells what it was bought as."""
    with opened(tmp_path / "bank", "--no-echo") as bank, Warm() as warm:
        a, b = (scenes.make(tmp_path / name, bank, "lost") for name in "ab")
        assert 0 == warm.build(machines.order(a, bank, str(tmp_path / "shared")))["exit"]
        shutil.rmtree(tmp_path / "shared" / "objects")
        told = warm.build(machines.order(b, bank, str(tmp_path / "shared")))
        assert {"fetched"} == set(told["actions"].values()), told
        assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, "lost"))
        assert [] == scenes.wrong(b, bank, "lost")


def test_with_the_store_away_the_account_still_tells(tmp_path: Path) -> None:
    """The build goes on, and buys nothing that the account has."""
    with opened(tmp_path / "bank") as bank, Warm() as warm:
        a, b = (scenes.make(tmp_path / name, bank, "away") for name in "ab")
        assert 0 == warm.build(machines.order(a, bank, str(tmp_path / "shared")))["exit"]
        told = warm.build(machines.order(b, bank, str(tmp_path / "not" / "mounted")))
        assert (0, {"fetched"}) == (told["exit"], set(told["actions"].values())), told
        assert dict.fromkeys(scenes.SCENES, 1) == Counter(scenes.bought(bank, "away"))
