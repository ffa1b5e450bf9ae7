"""`didgen cache`: what is stored, what of it may go, and whether it is whole."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from didgen.cli.group import cli
from didgen.digest import sha256_bytes, sha256_file
from didgen.errors import LockedError, ProjectError
from didgen.store.artifacts import Artifacts
from didgen.store.lock import build_lock
from didgen.store.rows import JobRow
from didgen.walk import steps
from tests import fakes
from tests.bank.started import Started
from tests.jobs.paid import Shop, hurry

PROJECT = """\
didgen: 1
name: hello
defaults: {source: anna.jpg}
film: []
scenes:
  - id: one
    script: "The first of them."
  - id: two
    script: "And the second one."
"""
OLD_S = 30 * 86_400


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "work" / "projects" / "hello"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(PROJECT)
    (home / "anna.jpg").write_bytes(fakes.photo())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return tmp_path / "work"


def build(root: Path, **options: Any) -> steps.Summary:
    summary = steps.build(steps.wish(root, **options), command=fakes.COMMAND)
    assert summary.error is None
    return summary


def rendered(root: Path) -> int:
    return len((root.parent / "rendered.log").read_text().splitlines())


def edit(root: Path, old: str, new: str) -> None:
    path = root / "projects/hello/project.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def cache(root: Path, *words: str) -> tuple[int, str]:
    """Exit code and text of a command that is no error."""
    result = CliRunner().invoke(cli, ["cache", *words, "-C", str(root)], standalone_mode=False)
    if result.exception is not None:
        raise result.exception
    return int(result.return_value or 0), result.stdout


def told(root: Path, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(cache(root, *words, "--json")[1])
    assert 1 == answer["version"]
    return answer


def names(answer: dict[str, Any]) -> list[str]:
    return sorted(item["name"] for item in answer["items"])


def of_scene(address: str) -> list[str]:
    """What is stored of one scene that speaks."""
    return [address, f"{address}#poster", f"{address}#srt", f"{address}#vtt"]


def age(root: Path) -> None:
    """Let everything stored be a month old."""
    then = time.time() - OLD_S
    for path in (root / ".didgen").rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


def files(root: Path) -> set[str]:
    return {path.relative_to(root).as_posix() for path in (root / ".didgen/objects").rglob("*") if path.is_file()}


def objects_of(root: Path, name: str) -> Path:
    digest = sha256_file(root / "output/hello" / name)
    return root / ".didgen/objects" / digest[:2] / digest[2:]


# -- ls and du -------------------------------------------------------------------------------------------------------


def test_before_anything_was_built(root: Path) -> None:
    """Every command says that there is nothing, and makes nothing."""
    for words in (["ls"], ["du"], ["gc"], ["gc", "--delete"]):
        assert (0, "nothing is stored here\n") == cache(root, *words)
        assert not told(root, *words).get("items")
    assert 0 == cache(root, "verify")[0]
    assert not (root / ".didgen").exists()


def test_what_is_stored_is_listed_with_who_uses_it(root: Path) -> None:
    """By address, with its captions and poster; a former version of a scene is used by nobody."""
    build(root)
    edit(root, "The first", "The very first")
    build(root)
    answer = told(root, "ls")
    used = [(item["name"], item["used_by"]) for item in answer["items"]]
    assert 2 == sum(name == "hello/one" for name, _ in used)
    assert 1 == sum(name == "hello/one" and by == "" for name, by in used)
    assert {("hello/one", "project"), ("hello/two", "project"), ("hello/two#poster", "project")} <= set(used)
    assert {"hello/one", "hello/one#vtt", "hello/one#srt", "hello/one#poster"} == set(
        names(told(root, "ls", "--unused"))
    )
    assert {"hello/two", "hello/two#vtt", "hello/two#srt", "hello/two#poster"} == set(
        names(told(root, "ls", "hello/two"))
    )
    sizes = [item["bytes"] for item in told(root, "ls", "--sort", "size")["items"]]
    assert sizes == sorted(sizes, reverse=True)
    assert {"local"} == {item["service"] for item in answer["items"]}
    text = cache(root, "ls", "hello/two")[1]
    assert "hello/two#poster" in text
    assert "project, local" in text


def test_films_of_every_combination_are_in_use(root: Path) -> None:
    """With their captions and posters; of a combination that is no more nothing is, once its release is gone."""
    edit(root, "film: []\n", "matrix: {locale: [en, en-GB]}\n")
    build(root)
    answer = told(root, "ls")
    assert {"project"} == {item["used_by"] for item in answer["items"]}
    assert {"hello[locale=en]#film", "hello[locale=en-GB]#film#vtt"} <= set(names(answer))
    (root / "output/hello/manifest.json").unlink()
    assert {"project"} == {item["used_by"] for item in told(root, "ls")["items"]}
    edit(root, "[en, en-GB]", "[en]")
    unused = names(told(root, "ls", "--unused"))
    assert "hello[locale=en-GB]#film#vtt" in unused
    assert not [name for name in unused if "locale=en]" in name]


def test_du_counts_every_file_once(root: Path) -> None:
    """By class, and the sum is that of the folder."""
    build(root)
    (root / ".didgen/tmp/left").write_bytes(b"12345")
    answer = told(root, "du")
    kept = [path for path in (root / ".didgen").rglob("*") if path.is_file()]
    assert len(kept) == sum(one["files"] for one in answer["classes"].values())
    assert answer["bytes"] == sum(path.stat().st_size for path in kept)
    assert {"files": 1, "bytes": 5} == answer["classes"]["unfinished"]
    assert 8 == answer["classes"]["sidecars"]["files"]
    assert "8 files  sidecars" in cache(root, "du")[1]


# -- gc --------------------------------------------------------------------------------------------------------------


def test_gc_removes_what_nobody_uses_and_only_when_told(root: Path) -> None:
    """A former version that is old goes, dry by default; what is there is built from without a render."""
    build(root)
    first = files(root)
    edit(root, "The first", "The very first")
    build(root)
    assert [] == told(root, "gc")["items"]
    assert {"items": 4, "bytes": told(root, "gc")["kept"]["young"]["bytes"]} == told(root, "gc")["kept"]["young"]
    age(root)
    before = files(root)
    dry = told(root, "gc")
    assert of_scene("hello/one") == names(dry)
    assert (before, False) == (files(root), dry["deleted"])
    gone = told(root, "gc", "--delete")
    assert (names(dry), dry["bytes"], True) == (names(gone), gone["bytes"], gone["deleted"])
    assert files(root) < before
    assert not first <= files(root)
    assert cache(root, "gc")[1].startswith("nothing to remove; kept: 8 in use (")
    assert 0 == cache(root, "verify")[0]
    count = rendered(root)
    for path in (root / "output/hello").glob("*.mp4"):
        path.unlink()
    build(root)
    assert count == rendered(root)
    edit(root, "The very first", "The first")
    build(root)
    assert count + 1 == rendered(root)


def test_what_is_young_stays_as_long_as_is_said(root: Path) -> None:
    """--older 0 takes what was made just now."""
    build(root)
    edit(root, "The first", "The very first")
    build(root)
    assert [] == told(root, "gc", "--older", "1")["items"]
    assert 4 == len(told(root, "gc", "--older", "0")["items"])


def test_a_manifest_keeps_what_was_released(root: Path) -> None:
    """The project was edited and not built again, or is gone: its release can still be put back."""
    build(root)
    edit(root, "The first", "The very first")
    age(root)
    assert [] == told(root, "gc")["items"]
    (root / "projects/hello/project.yaml").unlink()
    assert [] == told(root, "gc")["items"]
    assert {"hello/manifest.json"} == {item["used_by"] for item in told(root, "ls")["items"]}
    (root / "output/hello/manifest.json").unlink()
    assert 8 == len(told(root, "gc")["items"])


def test_a_project_that_cannot_be_read_stops_gc(root: Path) -> None:
    """Nobody knows what it uses; the list still comes, and says so."""
    build(root)
    edit(root, "script:", "scrpt:")
    age(root)
    with pytest.raises(ProjectError, match="scrpt"):
        cache(root, "gc", "--delete")
    assert 8 == len(told(root, "ls")["items"])


def test_what_an_open_job_is_about_stays(root: Path) -> None:
    """A scene that is being bought again keeps the video it had."""
    build(root)
    with Artifacts(root) as store:
        (fingerprint,) = (f for f in store.state.artifacts() if store.sidecar(f)["address"] == "hello/one")
        store.state.begin(JobRow("n1", fingerprint, "hello/one", "d-id", "intent"))
    (root / "projects/hello/project.yaml").unlink()
    (root / "output/hello/manifest.json").unlink()
    age(root)
    gone = told(root, "gc", "--delete")
    assert "hello/one" not in names(gone)
    assert "hello/two" in names(gone)
    assert ["hello/one"] == names(told(root, "ls"))


def test_what_killed_builds_left_goes(root: Path) -> None:
    """Half an object beside its place, a fetched video, an object that no sidecar names; not the last while young."""
    build(root)
    (root / ".didgen/tmp/fetched-1").mkdir()
    (root / ".didgen/tmp/fetched-1/a.mp4").write_bytes(b"half")
    (root / ".didgen/objects/.didgen-1-ab").write_bytes(b"half")
    with Artifacts(root) as store:
        lost = sha256_bytes(b"nobody knows me")
        store.objects.receive(lost, [b"nobody knows me"])
        path = store.objects.path(lost)
    assert [".didgen/objects/.didgen-1-ab", ".didgen/tmp/fetched-1/a.mp4"] == names(told(root, "gc", "--delete"))
    assert [] == list((root / ".didgen/tmp").iterdir())
    assert path.exists()
    age(root)
    assert [path.relative_to(root).as_posix()] == names(told(root, "gc", "--delete"))
    assert not path.parent.exists() or not path.exists()


def test_a_running_build_is_let_be(root: Path) -> None:
    """The list leaves out what it is at; removing waits for it, or fails at once when told so."""
    build(root)
    (root / ".didgen/tmp/now").write_bytes(b"x")
    with build_lock(root / ".didgen"):
        assert [] == told(root, "gc")["items"]
        for words in (["gc", "--delete", "--no-wait"], ["verify", "--no-wait"]):
            with pytest.raises(LockedError, match="another build is running"):
                cache(root, *words)
    assert (root / ".didgen/tmp/now").exists()
    assert 1 == len(told(root, "gc")["items"])


@pytest.fixture
def shop(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> Shop:
    hurry(monkeypatch, bank)
    monkeypatch.chdir(tmp_path)
    made = Shop(tmp_path / "work", bank)
    made.write({"one": "script: The first of our scenes."})
    return made


def test_what_was_bought_stays_unless_told(shop: Shop) -> None:
    """With its price in the list. Once it is gone and wanted again it is fetched, while the account has it."""
    shop.build()
    (bought,) = (item for item in told(shop.root, "ls")["items"] if item["name"] == "shop/one")
    assert (True, 1, shop.bank.url) == (bought["paid"], bought["credits"], bought["service"])
    video = (shop.root / "output/shop/one.mp4").read_bytes()
    shop.write({"one": "script: The first of our scenes, edited."})
    shop.build()
    age(shop.root)
    assert [] == [name for name in names(told(shop.root, "gc")) if "#" not in name]
    assert 1 == told(shop.root, "gc")["kept"]["paid"]["items"]
    gone = told(shop.root, "gc", "--include-paid", "--delete")
    assert ["shop/one"] == [name for name in names(gone) if "#" not in name]
    shop.write({"one": "script: The first of our scenes."})
    assert shop.build().error is None
    assert video == (shop.root / "output/shop/one.mp4").read_bytes()
    assert 2 == len(shop.bought())


# -- verify ----------------------------------------------------------------------------------------------------------


def faults(root: Path) -> list[tuple[str, str, str]]:
    code, text = cache(root, "verify", "--json")
    found = json.loads(text)["faults"]
    assert (6 if found else 0) == code
    return [(one["kind"], one["address"], one["what"]) for one in found]


def spoil(path: Path) -> None:
    data = path.read_bytes()
    path.unlink(missing_ok=True)
    path.write_bytes(data[:-1] + bytes((data[-1] ^ 1,)))


def test_a_sound_store_is_said_to_be_so(root: Path) -> None:
    """Everything was read, nothing is changed."""
    build(root)
    before = files(root)
    answer = told(root, "verify")
    assert ([], 8, 8, 8) == (answer["faults"], answer["objects"], answer["sidecars"], answer["outputs"])
    assert "all whole" in cache(root, "verify")[1]
    assert before == files(root)


def test_a_damaged_object_is_set_aside_and_put_back_from_its_output(root: Path) -> None:
    """With the output gone too it is dropped, and the next build renders it again."""
    build(root)
    path = objects_of(root, "one.mp4")
    spoil(path)
    assert [("object", "hello/one", "is damaged")] == faults(root)
    assert [path.parent.name + path.name] == [one.name for one in (root / ".didgen/quarantine").iterdir()]
    assert [] == faults(root)
    count = rendered(root)
    video = (root / "output/hello/one.mp4").read_bytes()
    spoil(path)
    (root / "output/hello/one.mp4").unlink()
    assert [("object", "hello/one", "is damaged"), ("output", "", "is missing")] == faults(root)
    build(root)
    assert (count + 1, video) == (rendered(root), (root / "output/hello/one.mp4").read_bytes())
    assert [] == faults(root)


def test_a_damaged_output_is_found_though_its_times_say_nothing(root: Path) -> None:
    """Bits that fell over on the disk: the next build looks at every byte and puts it back without a render."""
    build(root)
    path = root / "output/hello/two.mp4"
    whole, found, count = path.read_bytes(), path.stat(), rendered(root)
    with open(path, "r+b") as file:
        file.write(bytes((whole[0] ^ 1,)))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert [("output", "", "is not what was delivered")] == faults(root)
    build(root)
    assert (whole, count) == (path.read_bytes(), rendered(root))
    assert [] == faults(root)


def test_a_damaged_draft_is_found(root: Path) -> None:
    """Drafts have no manifest: they are compared with what was delivered."""
    edit(root, "name: hello\n", "name: hello\nservice: d-id\n")
    build(root, service="local")
    path = root / ".didgen/drafts/hello/one.mp4"
    whole, found = path.read_bytes(), path.stat()
    with open(path, "r+b") as file:
        file.write(bytes((whole[0] ^ 1,)))
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert [("output", "", "is not what was delivered")] == faults(root)
    build(root, service="local")
    assert whole == path.read_bytes()


def test_state_and_sidecars_make_each_other_again(root: Path) -> None:
    """A row that is lost comes from its sidecar; a sidecar of our own engine that is damaged is rendered again."""
    build(root)
    with Artifacts(root) as store:
        store.state.forget(*store.state.artifacts())
    assert 8 == len(faults(root))
    assert [] == faults(root)
    count = rendered(root)
    with Artifacts(root) as store:
        (sidecar,) = (p for p in store.sidecar_paths() if b'"address":"hello/one",' in p.read_bytes())
    spoil(sidecar)
    assert [("sidecar", "hello/one", "is damaged")] == faults(root)
    build(root)
    assert (count + 1, []) == (rendered(root), faults(root))


def test_a_bought_video_outlives_its_sidecar_and_its_state(shop: Shop) -> None:
    """Its sidecar is written again from the state, its state from the sidecar, and nothing is bought for that. With
    video and output lost it is fetched by the id of its job."""
    shop.build()
    with Artifacts(shop.root) as store:
        (sidecar,) = (p for p in store.sidecar_paths() if b'"address":"shop/one",' in p.read_bytes())
    sidecar.unlink()
    assert [("sidecar", "shop/one", "is missing")] == faults(shop.root)
    assert [] == faults(shop.root)
    for path in (shop.root / ".didgen").glob("state.sqlite*"):
        path.unlink()
    (bought,) = (item for item in told(shop.root, "ls")["items"] if item["name"] == "shop/one")
    assert 1 == bought["credits"]
    digest = sha256_file(shop.root / "output/shop/one.mp4")
    spoil(shop.root / ".didgen/objects" / digest[:2] / digest[2:])
    video = (shop.root / "output/shop/one.mp4").read_bytes()
    shop.lose("output", "projects/shop/didgen.lock")
    assert ("object", "shop/one", "is damaged") in faults(shop.root)
    for path in (shop.root / ".didgen").glob("state.sqlite*"):
        path.unlink()
    assert shop.build().error is None
    assert video == (shop.root / "output/shop/one.mp4").read_bytes()
    assert 1 == len(shop.bought())
    assert [] == faults(shop.root)
