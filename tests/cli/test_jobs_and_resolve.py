"""`didgen jobs` and `didgen resolve`: what waits for a person, and what the person can decide."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from didgen.errors import UnresolvedJobError
from didgen.store.lock import build_lock
from tests.bank.started import Started, opened
from tests.jobs.paid import LOCK, Shop, environment, hurry

LOST = {"method": "POST", "path": "/talks", "nth": 1, "fault": "reset"}


@pytest.fixture
def shop(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> Shop:
    hurry(monkeypatch, bank)
    made = Shop(tmp_path / "work", bank)
    made.write({"one": "script: The first of our scenes.", "nod": "driver: bank://nostalgia"})
    return made


def didgen(shop: Shop, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "didgen", *words],
        cwd=shop.root,
        env=environment(shop.bank),
        capture_output=True,
        text=True,
        timeout=60,
    )


def jobs(shop: Shop, *words: str) -> list[dict[str, Any]]:
    told = json.loads(didgen(shop, "jobs", "--json", *words).stdout)
    assert 1 == told["version"]
    found: list[dict[str, Any]] = told["orphans" if "--orphans" in words else "jobs"]
    return found


def uncertain(shop: Shop, *, accepted: bool = False) -> None:
    """A build in which the talk's answer is lost and its job does not show up; the animation is done."""
    shop.bank.rules({**LOST, "accept": accepted}, {"method": "GET", "path": "/talks$", "fault": "body", "text": NONE})
    assert isinstance(shop.build().error, UnresolvedJobError)
    shop.bank.rules()


NONE = '{"talks": []}'


def test_before_anything_was_sent(shop: Shop) -> None:
    """Nothing is listed and nothing made."""
    done = didgen(shop, "jobs")
    assert (0, "no job was sent from here\n", "") == (done.returncode, done.stdout, done.stderr)
    assert not (shop.root / ".didgen").exists()


def test_what_waits_for_a_person_comes_first_with_what_to_do(shop: Shop) -> None:
    """Then what ended, with the service's ids."""
    uncertain(shop)
    lines = didgen(shop, "jobs").stdout.splitlines()
    assert lines[0].startswith("uncertain  shop/one  ")
    assert "the answer was lost" in lines[1]
    assert "    didgen resolve shop/one --adopt ID, --resubmit or --forget" == lines[2]
    assert lines[3].startswith("done       shop/nod  ")
    assert lines[3].endswith(shop.bank.bought()[0]["id"])
    first, second = jobs(shop)
    assert ("uncertain", "shop/one", "", shop.bank.url) == tuple(
        first[k] for k in ("state", "address", "id", "service")
    )
    assert ("done", "shop/nod") == (second["state"], second["address"])


def test_tries_that_were_not_taken_are_no_jobs(shop: Shop) -> None:
    """A 429 and the job that came of the next try are one line; a refusal is told with its reason."""
    busy = {"method": "POST", "path": "/talks", "nth": 1, "fault": "status", "status": 429}
    refused = {"method": "POST", "path": "/animations", "fault": "status", "status": 400, "description": "no face"}
    shop.bank.rules(busy, refused)
    assert 1 == shop.build().count("failed")
    assert [("failed", "shop/nod"), ("done", "shop/one")] == sorted(
        ((job["state"], job["address"]) for job in jobs(shop)), reverse=True
    )
    assert "no face" in didgen(shop, "jobs").stdout


def test_a_refused_job_cost_nothing(shop: Shop) -> None:
    """The same to a person, to a program and in `didgen spend`."""
    shop.write({"one": "script: The first of our scenes."})
    shop.bank.rules({"method": "POST", "path": "/talks", "fault": "status", "status": 402})
    assert 1 == shop.build().count("failed")
    assert [("failed", 0)] == [(job["state"], job["credits"]) for job in jobs(shop)]
    assert "  0 credits" in didgen(shop, "jobs").stdout
    shop.bank.rules()
    assert None is shop.build().error
    assert [("done", 1)] == [(job["state"], job["credits"]) for job in jobs(shop)]


def test_a_plan_prices_nothing_that_was_sent_already(shop: Shop) -> None:
    """It says what comes of it instead; after --resubmit it is to be bought."""
    uncertain(shop, accepted=True)
    said = didgen(shop, "plan").stdout
    assert "+ shop/one  talk, about 2 s, uncertain (didgen jobs)" in said
    assert "bought already" not in said
    assert "to buy: nothing" in said
    (lost,) = [job["id"] for job in shop.bank.bought() if job["kind"] == "talk"]
    didgen(shop, "resolve", "shop/one", "--adopt", lost)
    said = didgen(shop, "plan").stdout
    assert "+ shop/one  talk, about 2 s, bought already, being made" in said
    assert "bought already: 1 scene, fetched for 0 credits" in said
    didgen(shop, "resolve", "shop/one", "--forget")
    assert "to buy: 1 scene" in didgen(shop, "plan").stdout


def test_resubmit_buys_it_at_the_next_build(shop: Shop) -> None:
    """Once; the row of the lost job stays in the ledger."""
    uncertain(shop)
    done = didgen(shop, "resolve", "shop/one", "--resubmit")
    assert 0 == done.returncode, done.stderr
    assert "the next build buys it" in done.stdout
    assert None is shop.build().error
    assert ["shop/nod", "shop/one"] == sorted(shop.bought())
    assert ["done", "done", "forgotten"] == sorted(job["state"] for job in jobs(shop))


def test_resubmit_of_a_job_that_has_turned_up_buys_nothing(shop: Shop) -> None:
    """It was accepted, and the list shows it by now."""
    uncertain(shop, accepted=True)
    assert 0 == didgen(shop, "resolve", "shop/one", "--resubmit").returncode
    assert None is shop.build(budget=None).error
    assert ["shop/nod", "shop/one"] == sorted(shop.bought())


def test_adopt_takes_the_job_that_a_person_has_seen(shop: Shop) -> None:
    """By its id; the next build fetches its video and buys nothing."""
    uncertain(shop, accepted=True)
    (lost,) = [job["id"] for job in shop.bank.bought() if job["kind"] == "talk"]
    done = didgen(shop, "resolve", "shop/one", "--adopt", lost)
    assert f"shop/one is {lost} now; didgen build fetches it\n" == done.stdout, done.stderr
    assert None is shop.build(budget=None).error
    assert lost == shop.video_of("one")


def test_forget_makes_a_scene_of_it_that_was_never_sent(shop: Shop) -> None:
    """It is planned and priced as a new one."""
    uncertain(shop)
    assert "shop/one: given up\n" == didgen(shop, "resolve", "shop/one", "--forget").stdout
    assert [] == [job for job in jobs(shop) if job["state"] == "uncertain"]
    assert None is shop.build().error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("shop/one",), "one of --adopt ID, --resubmit, --forget"),
        (("shop/one", "--resubmit", "--forget"), "one of --adopt ID, --resubmit, --forget"),
        (("shop/on", "--forget"), "no job of shop/on is open (did you mean 'shop/one'?)"),
        (("shop/nod", "--forget"), "no job of shop/nod is open"),
        (("shop/one", "--adopt", "tlk_nobody"), "has no job tlk_nobody"),
        (("shop/one", "--adopt", "../credits"), "has no job ../credits"),
        (("shop/one", "--adopt", "{nod}"), "{nod} is the job of shop/nod"),
    ],
)
def test_what_cannot_be_is_refused(shop: Shop, words: tuple[str, ...], message: str) -> None:
    """With what to do, exit code 2; the job stays as it was."""
    uncertain(shop)
    nod = shop.bank.bought()[0]["id"]
    done = didgen(shop, "resolve", *(word.format(nod=nod) for word in words))
    assert 2 == done.returncode
    assert message.format(nod=nod) in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert "uncertain" == jobs(shop)[0]["state"]


def test_a_job_of_another_scene_or_without_a_video_is_not_adopted(shop: Shop) -> None:
    """Its tag, or its end, says so."""
    rule = {"method": "POST", "path": "/talks", "nth": 1, "fault": "ends", "ends": "rejected"}
    shop.write({"other": "script: Quite another scene than that."})
    shop.bank.rules(rule)
    assert 1 == shop.build().count("failed")
    shop.lose(".didgen")
    shop.write({"one": "script: The first of our scenes.", "nod": "driver: bank://nostalgia"})
    uncertain(shop)
    (other,) = [job["id"] for job in shop.bank.bought() if job["kind"] == "talk"]
    assert f"{other} ended as rejected" in didgen(shop, "resolve", "shop/one", "--adopt", other).stderr
    shop.write({"other": "script: Quite another scene than that."})
    assert None is shop.build().error
    shop.lose(".didgen", "output", LOCK)
    shop.write({"one": "script: The first of our scenes.", "nod": "driver: bank://nostalgia"})
    uncertain(shop)
    good = shop.bank.bought()[-1]["id"]
    assert f"{good} was made for another scene" in didgen(shop, "resolve", "shop/one", "--adopt", good).stderr


def test_a_running_job_is_not_resubmitted(shop: Shop) -> None:
    """It is known to run: the next build goes on with it."""
    shop.bank.rules({"method": "GET", "path": "/talks/", "fault": "status", "status": 404})
    assert isinstance(shop.build().error, UnresolvedJobError)
    shop.bank.rules()
    (lost,) = [job for job in jobs(shop) if job["state"] == "uncertain"]
    assert "is gone at" in lost["why"]
    assert 0 == didgen(shop, "resolve", "shop/one", "--adopt", lost["id"]).returncode
    done = didgen(shop, "resolve", "shop/one", "--resubmit")
    assert 2 == done.returncode
    assert f"shop/one runs as {lost['id']}" in done.stderr


def test_nobody_decides_while_a_build_runs(shop: Shop) -> None:
    """Exit 5: the build may be finding the job just now."""
    uncertain(shop)
    with build_lock(shop.root / ".didgen"):
        done = didgen(shop, "resolve", "shop/one", "--resubmit")
    assert 5 == done.returncode
    assert "another build is running" in done.stderr


def test_orphans_are_jobs_of_ours_that_nobody_here_knows(shop: Shop) -> None:
    """Neither state nor lock; the scene is named as far as it is known."""
    assert None is shop.build().error
    assert "no job of ours is on the account" in didgen(shop, "jobs", "--orphans").stdout
    shop.lose(".didgen")
    assert [] == jobs(shop, "--orphans")  # the lock knows them
    (shop.root / LOCK).unlink()
    assert [("shop/one", "talk", False), ("", "animation", False)] == [
        (one["address"], one["kind"], one["lost"]) for one in jobs(shop, "--orphans", "--service", shop.bank.url)
    ]
    (line, _) = didgen(shop, "jobs", "--orphans").stdout.splitlines()
    assert line.startswith("tlk_")
    assert line.endswith(", shop/one")
    shop.lose("output")
    assert None is shop.build(budget=None).error
    assert [] == jobs(shop, "--orphans")


def test_the_job_of_a_lost_answer_is_an_orphan_with_a_scene(shop: Shop) -> None:
    """It turned up after the build had given up looking."""
    uncertain(shop, accepted=True)
    (orphan,) = jobs(shop, "--orphans")
    assert ("shop/one", True) == (orphan["address"], orphan["lost"])
    assert "the next build takes it up" in didgen(shop, "jobs", "--orphans").stdout


def test_the_video_of_what_a_scene_said_before_is_not_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an account that shows no tags: the job is known to be that of the words that the scene had then."""
    with opened(tmp_path / "bank", "--no-echo") as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "work", bank)
        shop.write({"one": "script: The first of our scenes.", "two": "script: Another of our scenes."})
        assert None is shop.build().error
        old, other = (row["id"] for row in sorted(jobs(shop), key=lambda row: row["address"]))
        shop.write({"one": "script: What we say by now is something else."})
        bank.rules(LOST)
        assert isinstance(shop.build("shop/one").error, UnresolvedJobError)
        bank.rules()
        done = didgen(shop, "resolve", "shop/one", "--adopt", old)
        assert (2, True) == (done.returncode, f"{old} is the job of shop/one as it was before" in done.stderr)
        assert f"{other} is the job of shop/two" in didgen(shop, "resolve", "shop/one", "--adopt", other).stderr
        assert "uncertain" == jobs(shop)[0]["state"]


@pytest.mark.parametrize("flag", ["--no-echo", "--echo-only-by-id"])
def test_orphans_of_an_account_whose_list_shows_no_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    """Known by its tag where the job itself shows it; else those that nobody knows are told, for a person to decide."""
    with opened(tmp_path / "bank", flag) as bank:
        hurry(monkeypatch, bank)
        shop = Shop(tmp_path / "work", bank)
        shop.write({"one": "script: The first of our scenes.", "two": "script: Another of our scenes."})
        assert None is shop.build("shop/two").error
        uncertain(shop, accepted=True)
        (lost,) = [job["id"] for job in bank.bought() if job["id"] not in {row["id"] for row in jobs(shop)}]
        done = didgen(shop, "jobs", "--orphans")
        assert 0 == done.returncode, done.stderr
        if flag == "--no-echo":
            head, line = done.stderr.splitlines()
            assert "does not show what jobs were sent with" in head
            assert line.strip().startswith(f"{lost}  ")
        else:
            assert done.stdout.startswith(f"{lost}  ")
            assert "" == done.stderr
