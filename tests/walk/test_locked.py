"""What has left the lock is named and stops the build; `update` moves the lock and renders nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from didgen.catalog import versions
from didgen.errors import ProjectError, UsageError
from didgen.jobs.lockfile import NAME
from didgen.walk import steps
from didgen.walk.locked import check_locked, update
from tests.bank.started import Started
from tests.jobs.paid import Shop, hurry
from tests.walk.hello import build, edit, write

FREE = """\
didgen: 1
name: hello
defaults: {source: anna.jpg, voice: {provider: didgen, voice_id: af_nova}}
scenes:
  - id: welcome
    script: "Good morning."
  - id: more
    script: "There is more."
"""


@pytest.fixture
def shop(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Released and locked."""
    hurry(monkeypatch, bank)
    shop = Shop(tmp_path / "work", bank)
    assert None is shop.build().error
    return shop


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace whose project is rendered without cost."""
    return write(tmp_path, FREE)


def move(root: Path, *addresses: str) -> dict[str, str]:
    return dict(update(steps.wish(root, addresses), lambda text: None))  # noqa: ARG005


def left(root: Path, *addresses: str) -> list[str]:
    """What `--locked` complains about."""
    wanted = steps.wish(root, addresses, locked=True)
    try:
        check_locked(wanted, steps.plan(wanted))
    except ProjectError as error:
        return [str(problem) for problem in error.problems]
    return []


def entries(home: Path) -> dict[str, dict[str, Any]]:
    scenes: dict[str, dict[str, Any]] = json.loads((home / NAME).read_bytes())["scenes"]
    return scenes


def test_what_has_left_the_lock_is_named_at_its_line_and_nothing_is_sent(shop: Shop) -> None:
    """The changed field, a new scene, and one that is gone; what only has another look in YAML has not left it."""
    assert [] == left(shop.root)
    assert None is shop.build(locked=True, budget=None).error
    before = (shop.home / NAME).read_bytes()
    line = before.decode().splitlines().index('  "shop/one": {') + 1
    shop.write({"one": "script: Another first one.", "new": "script: A new one.", "nod": "driver: 'bank://nostalgia'"})
    posts = shop.posts()
    with pytest.raises(ProjectError) as caught:
        shop.build(locked=True)
    assert [
        f"projects/shop/didgen.lock:{line}: shop/one: script: changed (didgen update moves the lock)",
        "projects/shop/didgen.lock: shop/new: not in the lock so far (didgen update moves the lock)",
    ] == [str(problem) for problem in caught.value.problems[:2]]
    assert ["shop/two"] == [problem.field for problem in caught.value.problems[2:]]
    assert (posts, before) == (shop.posts(), (shop.home / NAME).read_bytes())
    assert [] == left(shop.root, "shop/nod")


def test_update_moves_the_lock_without_buying_and_the_next_build_fills_it(shop: Shop) -> None:
    """A wish has no output yet; a scene that only has another name brings its job along."""
    job, posts = entries(shop.home)["shop/two"]["job"], shop.posts()
    shop.write({"one": "script: Another first one.", "deux": "script: And here comes the second one."})
    assert {
        "shop/one": "script: changed",
        "shop/deux": "not in the lock so far",
        "shop/two": "locked, and no scene any more",
        "shop/nod": "locked, and no scene any more",
    } == move(shop.root)
    assert posts == shop.posts()
    assert ["shop/deux", "shop/one"] == list(entries(shop.home))
    assert ("", "") == (entries(shop.home)["shop/one"]["sha256"], entries(shop.home)["shop/one"]["job"])
    assert job == entries(shop.home)["shop/deux"]["job"]
    assert None is shop.build(locked=True).error
    assert posts + 1 == shop.posts()
    assert all(entries(shop.home)["shop/one"][key] for key in ("sha256", "size", "duration_s", "job"))
    stamp = (shop.home / NAME).stat().st_mtime_ns
    assert {} == move(shop.root)
    assert stamp == (shop.home / NAME).stat().st_mtime_ns


def test_a_lock_of_the_older_form_still_locks(shop: Shop) -> None:
    """It cannot name the field, and says so; the next release writes the fields down."""
    old = json.loads((shop.home / NAME).read_bytes())
    for entry in old["scenes"].values():
        del entry["fields"]
    (shop.home / NAME).write_text(json.dumps({**old, "didgen": 1}))
    assert [] == left(shop.root)
    written = (shop.home / "project.yaml").read_text()
    (shop.home / "project.yaml").write_text(written.replace("The first", "The very first"))
    (found,) = left(shop.root)
    assert "shop/one: changed since an older didgen locked it" in found
    (shop.home / "project.yaml").write_text(written)
    assert None is shop.build(budget=None).error
    assert all(entry["fields"] for entry in entries(shop.home).values())


def test_drafts_and_force_are_not_locked(shop: Shop) -> None:
    """What they would make is not what the lock speaks of."""
    for options in ({"service": "local"}, {"force": True}):
        with pytest.raises(UsageError) as caught:
            shop.build(locked=True, **options)
        assert 2 == caught.value.exit_code
    with pytest.raises(UsageError, match=r"shop is released by http.* what local renders is a draft"):
        update(steps.wish(shop.root, service="local"), lambda text: None)  # noqa: ARG005


def test_a_free_release_is_locked_once_that_was_asked_for(root: Path) -> None:
    """A build alone makes no lock, so that one of a fresh clone leaves nothing behind; then the voice is named."""
    home = root / "projects/hello"
    assert None is build(root).error
    assert not (home / NAME).exists()
    assert ["hello/welcome", "hello/more"] == [text.split(": ")[1] for text in left(root)]
    assert {"hello/welcome", "hello/more"} == set(move(root))
    assert [] == left(root)
    assert None is build(root, locked=True).error
    assert all(entry["sha256"] for entry in entries(home).values())
    assert str(versions.ENGINE) == entries(home)["hello/more"]["fields"]["service.engine"]
    edit(root, "af_nova", "af_sky")
    assert 2 == len(left(root))
    assert all(": voice: af_nova → af_sky (didgen update" in text for text in left(root))
    edit(root, "af_sky", "af_nova")
    edit(root, "There is more.", "There is much more.")
    assert ["hello/more"] == list(move(root, "hello/more"))
    assert ["hello/more", "hello/welcome"] == list(entries(home))


def test_the_first_output_of_a_free_release_stays_written_down(root: Path) -> None:
    """Another machine's video has other bytes: its build must not change what was committed, nor copy what is old."""
    home = root / "projects/hello"
    move(root)
    assert None is build(root).error
    lock = json.loads((home / NAME).read_bytes())
    lock["scenes"]["hello/more"]["sha256"] = "a" * 64
    committed = json.dumps(lock, ensure_ascii=False, indent=1) + "\n"
    (home / NAME).write_text(committed)
    assert None is build(root, locked=True).error
    assert committed == (home / NAME).read_text()
    edit(root, "There is more.", "There is much more.")
    assert None is build(root).error
    assert "a" * 64 != entries(home)["hello/more"]["sha256"]


def test_of_many_scenes_the_first_are_named_and_the_rest_counted(root: Path) -> None:
    """A changed voice of a large project fills no terminal."""
    edit(root, "scenes:", "matrix: {n: [" + ", ".join(map(str, range(15))) + "]}\nscenes:")
    found = left(root)
    assert 21 == len(found)
    assert "hello/welcome[n=0]: not in the lock so far" in found[0]
    assert "and 10 more scenes (didgen update moves the lock)" == found[-1]
    assert 30 == len(move(root))
    assert [] == left(root)


def test_two_projects_of_one_folder_move_their_own_entries_only(root: Path) -> None:
    """Also when only one of them was ever locked."""
    home = root / "projects/hello"
    (home / "other.yaml").write_text(FREE.replace("name: hello", "name: hell"))
    assert ["hell/welcome", "hell/more"] == list(move(root, "projects/hello/other.yaml"))
    assert None is build(root).error
    assert ["hell/more", "hell/welcome"] == list(entries(home))
    move(root, "hello")
    assert ["hell/more", "hell/welcome", "hello/more", "hello/welcome"] == list(entries(home))
    assert [] == left(root, "hello", "projects/hello/other.yaml")
