"""didgen.lock: what was released is known again with no state and no account, and nobody's entry is lost."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from didgen.errors import ProjectError
from didgen.jobs.lockfile import NAME, Lock, Released, read_lock, write_lock
from didgen.store.whole import MARK
from didgen.walk import steps
from tests.bank.started import Started
from tests.jobs.paid import Shop, hurry

ONE = Released(
    "f" * 64, "d-id", "a" * 64, 1234, 2.5, "tlk_1", "bank://lively/", {"request.script.provider.voice_id": "Jenny"}
)


@pytest.fixture
def shop(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> Shop:
    hurry(monkeypatch, bank)
    return Shop(tmp_path / "work", bank)


def lock(shop: Shop) -> dict[str, dict[str, object]]:
    scenes: dict[str, dict[str, object]] = json.loads((shop.home / NAME).read_bytes())["scenes"]
    return scenes


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Sorted by address; writing the same again touches nothing, and an empty one is not made. What a killed writer
    left beside it goes."""
    write_lock(tmp_path, Lock())
    assert not (tmp_path / NAME).exists()
    written = Lock({"p/b": ONE, "p/a": Released("e" * 64, "d-id", "b" * 64, 1, 1.0)})
    (tmp_path / f"{MARK}99999999-half").write_text("{")
    (tmp_path / "project.yaml").write_text("didgen: 1")
    write_lock(tmp_path, written)
    assert {NAME, "project.yaml"} == {path.name for path in tmp_path.iterdir()}
    assert written == read_lock(tmp_path)
    assert ["p/a", "p/b"] == list(json.loads((tmp_path / NAME).read_bytes())["scenes"])
    before = (tmp_path / NAME).stat()
    write_lock(tmp_path, read_lock(tmp_path))
    assert (before.st_mtime_ns, before.st_ino) == (
        (tmp_path / NAME).stat().st_mtime_ns,
        (tmp_path / NAME).stat().st_ino,
    )
    assert Lock() == read_lock(tmp_path / "nowhere")


def test_the_older_form_is_read(tmp_path: Path) -> None:
    """It knows no fields, and says all else it ever said."""
    entry = {"fingerprint": "f", "service": "d-id", "sha256": "a", "size": 1, "duration_s": 2, "job": "tlk_1"}
    (tmp_path / NAME).write_text(json.dumps({"didgen": 1, "scenes": {"p/a": entry}}))
    assert {"p/a": Released("f", "d-id", "a", 1, 2.0, "tlk_1")} == read_lock(tmp_path).scenes


def test_an_output_that_is_only_wished_for_hides_none_that_is_there() -> None:
    """Two scenes may have one fingerprint."""
    wished = Released(ONE.fingerprint, ONE.service, "", 0, 0.0)
    assert ONE == Lock({"p/a": ONE, "p/b": wished}).of(ONE.fingerprint, "d-id")


def test_a_fingerprint_is_known_under_any_address_but_at_its_service_only() -> None:
    """A renamed scene is no new one."""
    assert ONE == Lock({"p/old": ONE}).of(ONE.fingerprint, "d-id")
    assert "tlk_1" == Lock({"p/old": ONE}).job(ONE.fingerprint, "d-id")
    assert None is Lock({"p/old": ONE}).of(ONE.fingerprint, "https://example.com")
    assert "" == Lock().job(ONE.fingerprint, "d-id")


def test_entries_of_others_stay() -> None:
    """Of another project of the folder, of scenes that were not built; those of scenes that are no more go."""
    before = Lock({"p/a": ONE, "p/gone": ONE, "q/a": ONE})
    after = before.merged("p", ["p/a", "p/b"], {"p/b": ONE})
    assert {"p/a": ONE, "p/b": ONE, "q/a": ONE} == after.scenes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"didgen": 3, "scenes": []}', r"didgen\.lock: was written by a newer didgen \(format 3, this one knows 2\)"),
        ('{"didgen": 1,\n<<<<<<< HEAD\n', r"didgen\.lock:2:1: is no JSON: .* \(finish the merge, or delete the file"),
        ("", r"didgen\.lock:1:1: is no JSON"),
        ("[]", "does not say what was released"),
        ('{"didgen": 1, "scenes": {"p/a": {"fingerprint": "f"}}}', "does not say what was released"),
        ('{"didgen": 1, "scenes": {"p/a": "tlk_1"}}', "does not say what was released"),
        (json.dumps({"didgen": 2, "scenes": {"p/a": {**asdict(ONE), "fields": {"voice": 3}}}}), "does not say what"),
        (json.dumps({"didgen": 2, "scenes": {"p/a": {**asdict(ONE), "driver": None}}}), "does not say what"),
        ('{"didgen": 1, "scenes": 1}', "does not say what was released"),
    ],
)
def test_a_lock_that_cannot_be_used_is_one_clear_error(tmp_path: Path, text: str, message: str) -> None:
    """With what to do; it is never overwritten."""
    (tmp_path / NAME).write_text(text)
    with pytest.raises(ProjectError, match=message) as caught:
        read_lock(tmp_path)
    assert 2 == caught.value.exit_code
    assert text == (tmp_path / NAME).read_text()


def test_a_release_is_locked(shop: Shop) -> None:
    """Each scene with its output's digest, its job, the driver that was taken and what decided it; a build of one scene
    keeps the others' entries."""
    assert None is shop.build("shop/one").error
    assert ["shop/one"] == list(lock(shop))
    assert None is shop.build().error
    assert ["shop/nod", "shop/one", "shop/two"] == list(lock(shop))
    jobs = dict(zip(shop.bought(), [job["id"] for job in shop.bank.bought()], strict=True))
    assert jobs == {address: one["job"] for address, one in lock(shop).items()}
    assert "bank://lively/driver-02/original" == lock(shop)["shop/one"]["driver"]
    assert "bank://nostalgia/" == lock(shop)["shop/nod"]["fields"]["request.driver_url"]
    before = (shop.home / NAME).stat().st_mtime_ns
    shop.write({"one": "script: The first of our scenes.", "two": "script: And here comes the second one."})
    assert None is shop.build("shop/two").error
    assert ["shop/one", "shop/two"] == list(lock(shop))
    changed = (shop.home / NAME).stat().st_mtime_ns
    assert before != changed
    assert None is shop.build().error
    assert changed == (shop.home / NAME).stat().st_mtime_ns


def test_two_projects_of_one_folder_share_a_lock(shop: Shop) -> None:
    """Built at once or one after the other, neither loses what the other wrote."""
    shop.write({"one": "script: The first of our scenes."})
    other = (shop.home / "project.yaml").read_text().replace("name: shop", "name: mall").replace("first", "last")
    (shop.home / "mall.yaml").write_text(other)
    assert None is shop.build("projects/shop/mall.yaml", "shop").error
    assert ["mall/one", "shop/one"] == list(lock(shop))
    assert None is shop.build("shop", force=True).error
    assert ["mall/one", "shop/one"] == list(lock(shop))


def test_a_released_output_is_a_hit_with_no_state_and_no_service(shop: Shop) -> None:
    """On a machine that has the repository and the outputs and nothing else: nobody is asked."""
    assert None is shop.build().error
    stamps = {path: path.stat().st_mtime_ns for path in (shop.root / "output").rglob("*.mp4")}
    locked = (shop.home / NAME).read_text()
    shop.lose(".didgen")
    shop.bank.down()
    (planned,) = steps.plan(steps.wish(shop.root))
    assert ["reuse"] * 3 == [decision.action for decision in planned.plan.decisions]
    assert ["reused"] * 3 == [scene.action for scene in shop.build(budget=None).scenes]
    assert stamps == {path: path.stat().st_mtime_ns for path in (shop.root / "output").rglob("*.mp4")}
    assert locked == (shop.home / NAME).read_text()
    assert steps.nothing_to_do(steps.wish(shop.root)) is not None


def test_a_missing_output_is_asked_for_by_the_id_of_its_job(shop: Shop) -> None:
    """So is one that was edited. The account is not listed for it, and nothing is bought."""
    assert None is shop.build().error
    first, (nod, _, _) = shop.video_of("one"), sorted(lock(shop))
    shop.lose(".didgen")
    (shop.root / "output" / "shop" / "one.mp4").unlink()
    (shop.root / "output" / "shop" / "nod.mp4").write_bytes(b"somebody's own")
    before = len(shop.bank.seen())
    summary = shop.build(budget=None)
    assert {nod: "fetched", "shop/one": "fetched", "shop/two": "reused"} == {
        scene.address: scene.action for scene in summary.scenes
    }
    assert first == shop.video_of("one")
    asked = [line["path"] for line in shop.bank.seen()[before:]]
    assert "/talks" not in asked
    assert "/animations" not in asked
    assert 3 == shop.posts()


def test_a_renamed_scene_is_fetched_and_locked_under_its_new_name(shop: Shop) -> None:
    """Its fingerprint is the same."""
    assert None is shop.build("shop/one").error
    shop.lose(".didgen", "output")
    shop.write({"uno": "script: The first of our scenes."})
    assert None is shop.build(budget=None).error
    assert ["shop/uno"] == list(lock(shop))
    assert 1 == shop.posts()


def test_a_lock_that_was_deleted_or_merged_away_comes_back(shop: Shop) -> None:
    """The short cut sees that it has gone."""
    shop.write({"one": "script: The first of our scenes."})
    assert None is shop.build().error
    text = (shop.home / NAME).read_text()
    for damage in (None, '{"didgen": 1, "scenes": {}}'):
        (shop.home / NAME).unlink()
        if damage is not None:
            (shop.home / NAME).write_text(damage)
        assert steps.nothing_to_do(steps.wish(shop.root)) is None
        assert ["reused"] == [scene.action for scene in shop.build().scenes]
        assert text == (shop.home / NAME).read_text()
        assert steps.nothing_to_do(steps.wish(shop.root)) is not None


def test_drafts_and_free_releases_have_no_lock(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither what another service makes than the project's own, nor, unasked, what costs nothing."""
    project = shop.home / "project.yaml"
    project.write_text(project.read_text().replace(f"service: {shop.bank.url}", "service: local"))
    assert None is shop.build("shop/one", service=shop.bank.url).error
    assert not (shop.home / NAME).exists()
    shop.write({"one": "script: The first of our scenes."})
    monkeypatch.setenv("DIDGEN_PAID", "0")
    assert None is shop.build(force=True).error
    assert not (shop.home / NAME).exists()


def test_a_lock_of_a_newer_didgen_stops_the_build(shop: Shop) -> None:
    """Before anything is sent, with the file's path."""
    (shop.home / NAME).write_text('{"didgen": 7}')
    with pytest.raises(ProjectError, match=r"^projects/shop/didgen\.lock: was written by a newer didgen"):
        shop.build()
    assert [] == shop.bank.seen()
