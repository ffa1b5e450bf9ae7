"""Nothing is bought twice: builds against an independent bank, whose ledger says what was really bought."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from didgen.api.patience import Patience
from didgen.errors import BudgetError, NotYetError, UnreachableError, UnresolvedJobError
from didgen.jobs import resolve
from didgen.store.artifacts import Artifacts
from didgen.store.rows import JobRow
from didgen.walk import steps
from tests.bank.started import Started, opened
from tests.jobs.paid import LOCK, Shop, hurry

ALL = ["shop/nod", "shop/one", "shop/two"]


@pytest.fixture
def shop(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> Shop:
    hurry(monkeypatch, bank)
    return Shop(tmp_path / "work", bank)


def shop_at(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop at a bank that is not the usual one."""
    hurry(monkeypatch, bank)
    return Shop(tmp_path / "work", bank)


def rows(shop: Shop) -> dict[str, list[JobRow]]:
    """The jobs of the state by address, oldest first."""
    found: dict[str, list[JobRow]] = {}
    with Artifacts(shop.root) as store:
        for row in store.state.jobs():
            found.setdefault(row.address, []).append(row)
    return found


def actions(summary: steps.Summary) -> list[str]:
    return [scene.action for scene in summary.scenes]


def test_each_scene_is_bought_once_and_then_known(shop: Shop) -> None:
    """With its tag behind the author's own words; the second build asks nobody."""
    shop.write({"one": "script: The first of our scenes.\n    user_data: order 7"})
    assert None is shop.build().error
    (job,) = shop.bank.bought()
    (row,) = rows(shop)["shop/one"]
    assert f"order 7 didgen1:{row.fingerprint[:32]}:{row.id}" == job["user_data"]
    assert ("done", job["id"]) == (row.state, row.remote)
    before = len(shop.bank.seen())
    assert ["reused"] == actions(shop.build())
    assert before == len(shop.bank.seen())


@pytest.mark.parametrize("lost", [(".didgen",), (".didgen", "output")])
def test_without_any_state_nothing_is_bought_that_the_account_has(shop: Shop, lost: tuple[str, ...]) -> None:
    """A fresh runner, a deleted folder, a second machine: the videos are fetched, and nobody is asked for money."""
    assert None is shop.build().error
    videos = {name: shop.video_of(name) for name in ("one", "two", "nod")}
    shop.lose(*lost, LOCK)
    assert ["fetched"] * 3 == actions(shop.build(budget=None))
    assert ALL == sorted(shop.bought())
    assert 3 == shop.posts()
    assert videos == {name: shop.video_of(name) for name in ("one", "two", "nod")}
    assert any(text.startswith("shop/one: tlk_") and "nothing is bought again" in text for text in shop.said)
    assert {0} == {row.credits for row in rows(shop)["shop/one"]}


def test_what_a_second_machine_adds_is_all_that_is_bought(shop: Shop) -> None:
    """The account is listed once, both kinds, before the first request that costs."""
    assert None is shop.build("shop/one").error
    shop.lose(".didgen", "output", LOCK)
    before = len(shop.bank.seen())
    assert None is shop.build().error
    assert ALL == sorted(shop.bought())
    after = [(line["method"], line["path"]) for line in shop.bank.seen()[before:]]
    assert 1 == after.count(("GET", "/talks"))
    assert 1 == after.count(("GET", "/animations"))
    first = min(after.index(("POST", "/talks")), after.index(("POST", "/animations")))
    assert max(after.index(("GET", "/talks")), after.index(("GET", "/animations"))) < first


def test_nothing_is_bought_without_consent_though_the_account_is_asked(shop: Shop) -> None:
    """What it has already is free, the rest is what somebody must agree to."""
    with pytest.raises(BudgetError, match=r"3 scenes from .* nobody agreed"):
        shop.build(budget=None)
    assert None is shop.build("shop/two").error
    shop.lose(".didgen", "output", LOCK)
    with pytest.raises(BudgetError, match=r"2 scenes from .* nobody agreed"):
        shop.build(budget=None)
    assert ["shop/two"] == shop.bought()


@pytest.mark.parametrize(
    "rule",
    [
        {"fault": "status", "status": 500},
        {"fault": "status", "status": 401},
        {"fault": "body", "text": "<html>"},
        {"fault": "edit", "set": {"talks": "many"}},
    ],
    ids=["500", "401", "html", "no list"],
)
def test_a_listing_that_fails_buys_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, rule: dict[str, object]
) -> None:
    """Exit 7; the next build goes on as if nothing had been."""
    monkeypatch.setattr("didgen.api.transport.READ", Patience(2, 30.0, 60.0))
    shop.bank.rules({"method": "GET", "path": "/talks$", **rule})
    with pytest.raises(UnreachableError) as caught:
        shop.build()
    assert 7 == caught.value.exit_code
    assert 0 == shop.posts()
    shop.bank.rules()
    assert None is shop.build().error
    assert ALL == sorted(shop.bought())


LOST_ANSWERS = [
    {"fault": "status", "status": 504, "shape": "gateway"},
    {"fault": "status", "status": 500},
    {"fault": "reset"},
    {"fault": "close", "after": 20},
    {"fault": "status", "status": 201, "shape": "garbage"},
    {"fault": "edit", "drop": ["id"]},
]


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=["504", "500", "reset", "cut", "garbage", "no id"])
def test_a_job_whose_answer_was_lost_is_found_in_the_same_build(shop: Shop, fault: dict[str, object]) -> None:
    """It was accepted: it is looked for, adopted and fetched, while the others go on."""
    shop.bank.rules({"method": "POST", "path": "/talks", "nth": 1, "accept": True, **fault})
    assert None is shop.build().error
    assert ALL == sorted(shop.bought())
    assert 3 == shop.posts()


@pytest.mark.parametrize("fault", LOST_ANSWERS[:3], ids=["504", "500", "reset"])
def test_a_request_that_never_arrived_is_uncertain_and_never_sent_again(shop: Shop, fault: dict[str, object]) -> None:
    """Exit 3, the others are done; the same at the next build, which looks once more."""
    shop.bank.rules({"method": "POST", "path": "/talks", "nth": 1, **fault})
    summary = shop.build()
    assert isinstance(summary.error, UnresolvedJobError)
    assert 2 == summary.count("rendered")
    (lost,) = [scene for scene in summary.scenes if scene.action == "failed"]
    assert f"didgen resolve {lost.address} --adopt ID, --resubmit or --forget" in lost.error
    (row,) = rows(shop)[lost.address]
    assert ("uncertain", "") == (row.state, row.remote)
    shop.bank.rules()
    for _ in range(2):
        assert isinstance(shop.build().error, UnresolvedJobError)
        assert row.why == rows(shop)[lost.address][0].why
    assert 3 == shop.posts()
    assert 2 == len(shop.bought())


def test_a_list_that_lags_is_asked_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lost job shows up a little later."""
    with opened(tmp_path / "bank", "--lag-s", "0.12") as bank:
        shop = shop_at(tmp_path, bank, monkeypatch)
        shop.write({"one": "script: The first of our scenes."})
        bank.rules({"method": "POST", "path": "/talks", "accept": True, "fault": "reset"})
        assert None is shop.build().error
        assert ["shop/one"] == shop.bought()
        assert 2 <= len([line for line in bank.seen("GET", "/talks") if line["path"] == "/talks"])


def test_an_intent_of_a_killed_build_is_looked_for(shop: Shop) -> None:
    """Its job is on the account: adopted by its nonce, though the state knows no id. One that is not is uncertain."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    (bought,) = rows(shop)["shop/one"]
    with Artifacts(shop.root) as store:
        store.drop(bought.fingerprint)
        store.state._db.execute("UPDATE jobs SET state = 'intent', remote = ''")
    shop.lose("output")
    assert ["fetched"] == actions(shop.build(budget=None))
    (row,) = rows(shop)["shop/one"]
    assert ("done", bought.remote, bought.id) == (row.state, row.remote, row.id)
    with Artifacts(shop.root) as store:
        store.drop(bought.fingerprint)
        store.state._db.execute("UPDATE jobs SET state = 'intent', remote = '', id = ?", ("9" * 32,))
    shop.lose("output")
    shop.bank.down()
    shop.bank.ledger_path.unlink()
    shop.bank.up()
    assert isinstance(shop.build().error, UnresolvedJobError)
    assert "uncertain" == rows(shop)["shop/one"][0].state
    assert 1 == shop.posts()


@pytest.mark.parametrize("flag", ["--echo-only-by-id", "--no-echo"])
def test_an_account_that_does_not_show_what_jobs_were_sent_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flag: str
) -> None:
    """Asked for one by one they may tell; if not, nothing is bought that may have been: the scenes are uncertain."""
    with opened(tmp_path / "bank", flag, "--foreign", "6") as bank:
        shop = shop_at(tmp_path, bank, monkeypatch)
        shop.write({"one": f"script: {'A long text for a scene. ' * 12}"})
        assert None is shop.build().error
        shop.lose(".didgen", "output", LOCK)
        again = shop.build()
        if flag == "--no-echo":
            assert isinstance(again.error, UnresolvedJobError)
            (row,) = rows(shop)["shop/one"]
            assert bank.bought()[0]["id"] in row.why
            assert 0 == row.credits
            assert isinstance(shop.build().error, UnresolvedJobError)  # and it stays so
            (still,) = rows(shop)["shop/one"]
            assert (row.why, row.id) == (still.why, still.id)
        else:
            assert None is again.error
        assert 1 == shop.posts()


@pytest.mark.parametrize("lost", [(), (".didgen",)], ids=["state kept", "lock only"])
def test_what_is_known_of_a_silent_account_leaves_no_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lost: tuple[str, ...]
) -> None:
    """Jobs whose scenes are known, by the state or by a lock, are no other scene's: a new one is bought."""
    with opened(tmp_path / "bank", "--no-echo") as bank:
        shop = shop_at(tmp_path, bank, monkeypatch)
        shop.write({"one": "script: The first of our scenes."})
        assert None is shop.build().error
        shop.lose(*lost)
        shop.write({"one": "script: The first of our scenes.", "uno": "script: The fifth of our scenes."})
        assert None is shop.build().error
        assert 2 == shop.posts()


def test_a_person_ends_a_doubt_about_a_silent_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--resubmit: what the account shows by now is not it, so it is bought; once."""
    with opened(tmp_path / "bank", "--no-echo", "--foreign", "6") as bank:
        shop = shop_at(tmp_path, bank, monkeypatch)
        shop.write({"nod": "driver: bank://nostalgia"})
        assert isinstance(shop.build().error, UnresolvedJobError)
        with Artifacts(shop.root) as store:
            resolve.resubmit(store.state, "shop/nod")
        assert None is shop.build().error
        assert ["reused"] == actions(shop.build())
        assert 1 == shop.posts()


def test_many_lost_answers_are_looked_for_together(shop: Shop) -> None:
    """A storm of 504: every job was accepted and is found, and the list is not asked for each of them."""
    shop.write({f"s{k}": f"script: This is scene number {k} of them." for k in range(12)})
    rule = {"method": "POST", "path": "/talks", "fault": "status", "status": 504, "shape": "gateway", "accept": True}
    shop.bank.rules(rule)
    assert None is shop.build().error
    assert 12 == len(shop.bought()) == shop.posts()
    assert 12 > len([line for line in shop.bank.seen("GET", "/talks") if line["path"] == "/talks"])


@pytest.mark.parametrize("end", ["error", "rejected"])
def test_a_job_that_failed_is_not_adopted(shop: Shop, end: str) -> None:
    """Its scene can be bought again, with consent."""
    shop.write({"one": "script: The first of our scenes."})
    shop.bank.rules({"method": "POST", "path": "/talks", "nth": 1, "fault": "ends", "ends": end, "kind": "FaceError"})
    assert 1 == shop.build().count("failed")
    shop.lose(".didgen")
    with pytest.raises(BudgetError):
        shop.build(budget=None)
    assert any(f"ended as {end}" in text for text in shop.said)
    assert None is shop.build().error
    assert 2 == shop.posts()


def test_a_video_that_has_expired_is_not_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its link died with the first day, and the service gives no other."""
    with opened(tmp_path / "bank", "--sign-once", "--link-life-s", "3") as bank:
        shop = shop_at(tmp_path, bank, monkeypatch)
        shop.write({"one": "script: The first of our scenes."})
        assert None is shop.build().error
        shop.lose(".didgen", "output", LOCK)
        bank.down()
        bank.up("--skew-s", "86400")
        with pytest.raises(BudgetError, match=r"1 scene from .* nobody agreed"):
            shop.build(budget=None)
        assert any("has expired" in text for text in shop.said)


def test_a_job_that_is_gone_waits_for_a_person(shop: Shop) -> None:
    """404 to a job of a build that was stopped: uncertain, not bought again; shown again, it goes on."""
    shop.write({"one": "script: The first of our scenes."})
    shop.bank.rules({"method": "GET", "path": "/talks/", "fault": "status", "status": 404})
    for _ in range(2):
        assert isinstance(shop.build().error, UnresolvedJobError)
        (row,) = rows(shop)["shop/one"]
        assert "uncertain" == row.state
        assert "is gone at 127.0.0.1" in row.why
    shop.bank.rules()
    assert ["fetched"] == actions(shop.build(budget=None))
    assert 1 == shop.posts()


@pytest.mark.parametrize(
    "rule",
    [{"fault": "status", "status": 404}, {"fault": "edit", "drop": ["user_data", "name"]}],
    ids=["gone", "shows no tag"],
)
def test_what_the_list_shows_is_not_bought_whatever_is_said_of_it_later(shop: Shop, rule: dict[str, object]) -> None:
    """One that is not to be found by its id waits for a person; one that shows less then is taken."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    shop.lose(".didgen", "output", LOCK)
    shop.bank.rules({"method": "GET", "path": "/talks/", **rule})
    assert ("status" in rule) is isinstance(shop.build().error, UnresolvedJobError)
    assert 1 == shop.posts()


def test_a_lost_video_is_fetched_again_before_it_is_bought_again(shop: Shop) -> None:
    """By the id of its job, which state or sidecar know; only when that has no video any more somebody is asked."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    first = shop.video_of("one")
    for path in (shop.root / ".didgen" / "objects").glob("??/*"):
        path.unlink()
    shop.lose("output")
    assert ["fetched"] == actions(shop.build(budget=None))
    assert (first, 1) == (shop.video_of("one"), shop.posts())
    for path in (shop.root / ".didgen" / "objects").glob("??/*"):
        path.unlink()
    shop.lose("output")
    shop.bank.down()
    shop.bank.ledger_path.unlink()
    shop.bank.up()
    with pytest.raises(BudgetError):
        shop.build(budget=None)
    assert any(f"bought before as {first}" in text for text in shop.said)
    assert None is shop.build().error
    assert ["shop/one"] == shop.bought()  # of the account that begins anew


def test_force_buys_again_and_a_lost_answer_to_that_is_found(shop: Shop) -> None:
    """Somebody asked for another one: the former video is no answer to that, the job of this very try is."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    shop.bank.rules({"method": "POST", "path": "/talks", "accept": True, "fault": "reset"})
    assert None is shop.build(force=True).error
    first, second = shop.bank.bought()
    assert (second["id"], 2) == (shop.video_of("one"), shop.posts())
    assert first["key"] == second["key"]


def test_of_several_jobs_of_one_scene_one_is_taken_and_the_others_are_told(shop: Shop) -> None:
    """Somebody bought it twice; all that can be done is to say so."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    assert None is shop.build(force=True).error
    shop.lose(".didgen", "output", LOCK)
    assert ["fetched"] == actions(shop.build(budget=None))
    first, second = (job["id"] for job in shop.bank.bought())
    assert first == shop.video_of("one")
    assert f"shop/one: {second} was bought for the same scene as well" in shop.said


def test_a_clock_that_was_set_back_makes_nobody_wait(shop: Shop) -> None:
    """An intent of tomorrow is looked for now."""
    shop.bank.rules({"method": "POST", "path": "/talks", "nth": 1, "fault": "reset"})
    assert isinstance(shop.build().error, UnresolvedJobError)
    with Artifacts(shop.root) as store:
        store.state._db.execute("UPDATE jobs SET state = 'intent', began = began + 86400 WHERE state = 'uncertain'")
    assert isinstance(shop.build().error, UnresolvedJobError)
    assert 3 == shop.posts()


def test_a_list_without_an_end_is_read_so_far_and_no_further(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """And it is said how far."""
    monkeypatch.setattr("didgen.jobs.search.LOOK_BACK", 2)
    monkeypatch.setattr("didgen.jobs.reconcile.LOOK_BACK", 2)
    assert None is shop.build().error
    shop.write({"new": "script: Something that nobody has ever said."})
    assert None is shop.build().error
    assert "only the newest 2 talks at 127.0.0.1" in " ".join(shop.said)


def test_pages_are_followed_to_the_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Behind other people's jobs, and clocks that differ by a day."""
    with opened(tmp_path / "bank", "--pages", "10", "--skew-s", "90000") as bank:
        shop = shop_at(tmp_path, bank, monkeypatch)
        assert None is shop.build().error
        shop.write({f"more-{k}": f"script: This is number {k} of some more." for k in range(25)})
        assert None is shop.build().error
        shop.lose(".didgen", "output", LOCK)
        shop.write({"one": "script: The first of our scenes."})
        assert ["fetched"] == actions(shop.build(budget=None))
        assert 28 == shop.posts()


def test_a_lock_that_names_another_scenes_job_is_not_believed(shop: Shop) -> None:
    """A merge that went wrong: the tags of the jobs tell whose they are, and every scene gets its own video."""
    assert None is shop.build().error
    videos = {name: shop.video_of(name) for name in ("one", "two")}
    lock = json.loads((shop.root / LOCK).read_text())
    one, two = lock["scenes"]["shop/one"], lock["scenes"]["shop/two"]
    one["job"], two["job"] = two["job"], one["job"]
    (shop.root / LOCK).write_text(json.dumps(lock))
    shop.lose(".didgen", "output")
    assert None is shop.build(budget=None).error
    assert videos == {name: shop.video_of(name) for name in ("one", "two")}
    assert 3 == shop.posts()


def test_a_service_by_another_of_its_names_is_the_same_service(shop: Shop) -> None:
    """An uncertain job of it stays one: nothing is sent again because of a slash."""
    shop.write({"one": "script: The first of our scenes."})
    lagging = {"method": "GET", "path": "/talks$", "fault": "body", "text": '{"talks": []}'}
    shop.bank.rules({"method": "POST", "path": "/talks", "fault": "reset", "accept": True}, lagging)
    assert isinstance(shop.build().error, UnresolvedJobError)
    shop.bank.rules(lagging)
    project = shop.home / "project.yaml"
    project.write_text(project.read_text().replace(shop.bank.url, f"{shop.bank.url}/"))
    assert isinstance(shop.build().error, UnresolvedJobError)
    assert isinstance(shop.build(service=shop.bank.url).error, UnresolvedJobError)
    assert 1 == shop.posts()
    shop.bank.rules()
    assert None is shop.build(budget=None).error
    assert 1 == shop.posts()


def test_a_done_job_without_a_link_is_not_bought_again(shop: Shop) -> None:
    """It is there and paid for; that its link is not told yet does not mean that it has expired."""
    shop.write({"one": "script: The first of our scenes."})
    shop.bank.rules({"method": "GET", "path": "/talks/", "fault": "edit", "drop": ["result_url"]})
    for _ in range(2):
        assert isinstance(shop.build().error, NotYetError)
    shop.lose(".didgen")
    assert isinstance(shop.build().error, NotYetError)
    assert 1 == shop.posts()
    shop.bank.rules()
    assert None is shop.build(budget=None).error
    assert 1 == shop.posts()


def test_an_answer_about_another_job_is_not_taken_for_ours(shop: Shop) -> None:
    """What a cache in between mixed up is asked for again."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    first = shop.bank.bought()[0]["id"]
    link = httpx.get(f"{shop.bank.url}/talks/{first}", auth=tuple(shop.bank.key.rsplit(":", 1))).json()["result_url"]
    shop.write({"two": "script: And here is a second one."})
    mixed = {"fault": "edit", "set": {"id": first, "result_url": link, "status": "done"}}
    shop.bank.rules({"method": "GET", "path": "/talks/", "nth": [1, 2], **mixed})
    assert None is shop.build().error
    assert shop.bank.bought()[1]["id"] == shop.video_of("two")
    assert 2 == shop.posts()
