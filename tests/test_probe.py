"""The probe: one job, bought only after consent and never twice, tells what the bank was told to be like."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from didgen.api.key import Keys, given_key
from didgen.api.outcomes import RefusedError
from didgen.errors import BudgetError, UnresolvedJobError
from didgen.jobs.purse import Offer
from didgen.plan.identity import ServiceId, service_id
from didgen.probe import ADDRESS, NAME, Capability, Shown, probe, words
from didgen.store.artifacts import Artifacts
from tests.bank.started import KEY, Started, opened
from tests.cli.test_commands import didgen

KEYS = given_key(KEY)


def paid(bank: Started) -> ServiceId:
    return service_id(bank.url, paid_at_home=True)


def asked(bank: Started, folder: Path, budget: int | None = 1, keys: Keys = KEYS, **more: Any) -> Capability:
    return probe(folder, paid(bank), keys, budget, more.get("on_bill", lambda _: False), lambda _: None)


@pytest.mark.parametrize(
    ("flags", "by_id", "listed", "renews"),
    [
        (("--foreign", "3"), Shown(True, True), Shown(True, True), True),
        (("--no-echo", "--sign-once"), Shown(False, False), Shown(False, False), False),
        (("--echo-only-by-id", "--lag-s", "1"), Shown(True, True), Shown(False, False), True),
    ],
)
def test_what_a_service_is_like_is_seen_with_one_job(
    tmp_path: Path, flags: tuple[str, ...], by_id: Shown, listed: Shown, renews: bool
) -> None:
    """What answers show, how the list lags, whether links are renewed, what it cost: as the bank was started."""
    with opened(tmp_path / "bank", "--credits", "49", *flags) as bank:
        seen = asked(bank, tmp_path)
        assert 1 == len(bank.bought())
        assert [] == bank.leaks()
    assert ("done", by_id, listed, renews) == (seen.status, seen.by_id, seen.listed, seen.renews_links)
    assert (49, 48) == (seen.credits_before, seen.credits_after)
    assert (True if "--foreign" in flags else None) == seen.newest_first
    assert seen.listed_after_s is not None
    record = json.loads((tmp_path / ".didgen" / NAME).read_text())
    kept = record["hosts"][bank.url.partition("://")[2]]
    assert (1, seen.job, renews) == (record["didgen"], kept["job"], kept["renews_links"])
    with Artifacts(tmp_path) as store:
        (row,) = store.state.jobs()
    assert ("done", seen.job, 1, ADDRESS) == (row.state, row.remote, row.credits, row.address)


def test_a_list_that_lags_too_long_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The rest is seen all the same."""
    monkeypatch.setattr("didgen.probe.LIST_S", 1.0)
    with opened(tmp_path / "bank", "--lag-s", "1000") as bank:
        seen = asked(bank, tmp_path)
        assert 1 < len([line for line in bank.seen("GET", "/talks") if "/talks/" not in line["path"]])
    assert ("done", Shown(True, True), None, None) == (seen.status, seen.by_id, seen.listed, seen.listed_after_s)
    assert "the job was not in it" in dict(words(seen))["list"]


def test_nothing_is_bought_that_nobody_agreed_to(tmp_path: Path) -> None:
    """No budget and nobody there, a budget of 0: refused before anything is sent. A person who is asked may agree."""
    offers: list[Offer] = []
    with opened(tmp_path / "bank") as bank:
        for budget in (None, 0):
            with pytest.raises(BudgetError, match="nothing was sent"):
                asked(bank, tmp_path, budget)
        assert [] == bank.seen("POST")
        assert asked(bank, tmp_path, None, on_bill=lambda offer: not offers.append(offer))
        assert 1 == len(bank.bought())
    (offer,) = offers
    assert (1, 1, [1000]) == (offer.bill.credits, offer.bill.most, list(offer.balances.values()))


def test_a_probe_whose_answer_was_lost_is_found_and_not_bought_again(tmp_path: Path) -> None:
    """The gateway gave up, and the job is there."""
    with opened(tmp_path / "bank") as bank:
        bank.rules({"method": "POST", "path": "/talks", "nth": 1, "fault": "status", "status": 504, "accept": True})
        seen = asked(bank, tmp_path)
        assert ([seen.job], "done") == ([job["id"] for job in bank.bought()], seen.status)


def test_a_probe_that_may_exist_waits_for_a_person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither this one nor the next sends it again."""
    monkeypatch.setattr("didgen.jobs.search.LOOK_AGAIN_S", (0.1, 0.2))
    with opened(tmp_path / "bank", "--no-echo") as bank:
        bank.rules({"method": "POST", "path": "/talks", "nth": 1, "fault": "status", "status": 504, "accept": True})
        for _ in range(2):
            with pytest.raises(UnresolvedJobError, match="the account shows no such job"):
                asked(bank, tmp_path)
        assert 1 == len(bank.bought())


def test_a_probe_that_was_stopped_goes_on(tmp_path: Path) -> None:
    """Its job was bought: the account cannot be asked any more, then it can."""
    with opened(tmp_path / "bank") as bank:
        bank.rules({"method": "GET", "path": "/talks", "fault": "status", "status": 404})
        with pytest.raises(RefusedError):
            asked(bank, tmp_path)
        bank.rules()
        seen = asked(bank, tmp_path, budget=0)
        assert ([seen.job], "done") == ([job["id"] for job in bank.bought()], seen.status)


def test_the_command_tells_what_was_seen(tmp_path: Path) -> None:
    """With a budget in CI; without one nothing is bought, exit code 4. Nothing of key or link is printed or kept."""
    (tmp_path / "didgen.yaml").write_text("paid: true\n")
    with opened(tmp_path / "bank") as bank:
        ask = ("doctor", "--service", bank.url, "--probe")
        refused = didgen(tmp_path, *ask, D_ID_API_KEY=KEY)
        assert (4, 0) == (refused.returncode, len(bank.bought())), refused.stderr
        done = didgen(tmp_path, *ask, "--budget", "1", D_ID_API_KEY=KEY)
        assert (0, 1) == (done.returncode, len(bank.bought())), done.stderr
    assert "by id            shows user_data and name" in done.stdout
    assert "1 credits for" in done.stdout
    assert f"kept in .didgen/{NAME}" in done.stdout
    for text in (done.stdout, done.stderr, (tmp_path / ".didgen" / NAME).read_text()):
        assert "Signature" not in text
        assert KEY.split(":")[1] not in text


def test_words_for_what_could_not_be_seen() -> None:
    """Every answer has its sentence."""
    seen = Capability("", "tlk_1", "error", None, Shown(False, True), None, None, False, None, None, None, 0.0)
    told = dict(words(seen))
    assert "tlk_1 ended as error" == told["job"]
    assert ("shows name", "the job was not in it within 120 s") == (told["by id"], told["list"])
    assert ("in another order than newest first", "there was none", "not told") == tuple(
        told[what] for what in ("order", "links", "cost")
    )
