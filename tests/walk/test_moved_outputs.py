"""A template of outputs is written, changed and taken back: files go there, and nothing is rendered for it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from didgen.walk import steps
from tests.bank.started import Started
from tests.jobs.paid import Shop, hurry
from tests.walk import hello
from tests.walk.hello import build

PROJECT = """\
didgen: 1
name: hello
matrix: {locale: [en, en-GB]}
defaults:
  source: anna.jpg
scenes:
  - {id: welcome, script: "Hello there, everybody."}
  - {id: more, script: "There is more to say."}
"""
FLAT = 'output: "{{ project }}/{{ scene }}.{{ locale }}.mp4"'


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return hello.write(tmp_path / "work", PROJECT)


def write(root: Path, output: str) -> None:
    path = root / "projects" / "hello" / "project.yaml"
    path.write_text(PROJECT.replace("  source: anna.jpg\n", f"  source: anna.jpg\n  {output}\n"))


def files(root: Path) -> dict[str, bytes]:
    below = root / "output" / "hello"
    return {path.relative_to(below).as_posix(): path.read_bytes() for path in below.rglob("*") if path.is_file()}


def looks(root: Path) -> dict[Path, tuple[int, int]]:
    found = {path: path.stat() for path in (root / "output").rglob("*") if path.is_file()}
    return {path: (one.st_mtime_ns, one.st_ino) for path, one in found.items()}


def test_a_moved_template_moves_every_file_and_renders_nothing(root: Path) -> None:
    """`plan` says where from and what is left behind; the manifest names the new files; `--prune` takes the old ones
    and their folders; a build after that touches nothing; and taking it back does the same."""
    build(root)
    before = files(root)
    rendered = (root.parent / "rendered.log").read_text()
    write(root, FLAT)
    (planned,) = steps.plan(steps.wish(root))
    assert {"restore"} == {decision.action for decision in planned.plan.decisions}
    assert "goes to another place than output/hello/en/welcome.mp4" == planned.plan.decisions[0].reasons[0]
    assert sorted(f"output/hello/{name}" for name in before if name != "manifest.json") == sorted(planned.left)
    summary = build(root)
    assert {"restored"} == {scene.action for scene in summary.scenes}
    assert planned.left == summary.stale
    manifest = json.loads((root / "output/hello/manifest.json").read_bytes())
    named = {file["file"] for part in (*manifest["scenes"], *manifest["films"]) for file in part["files"].values()}
    now = files(root)
    assert {"welcome.en.mp4", "welcome.en-gb.vtt", "more.en.jpg", "film.en.mp4", "film.en-gb.srt"} <= named
    assert named <= now.keys()
    for name in ("welcome", "more", "film"):
        assert before[f"en/{name}.mp4"] == now[f"{name}.en.mp4"]
    assert planned.left == build(root, prune=True).pruned
    assert {*named, "manifest.json"} == files(root).keys()
    assert not (root / "output/hello/en").exists()
    stood = looks(root)
    assert {"reused"} == {scene.action for scene in build(root).scenes}
    shutil.rmtree(root / ".didgen")  # only the state is gone: rendered anew, the same bytes, and nothing is touched
    assert {"rendered"} == {scene.action for scene in build(root).scenes}
    assert {path.name for path in stood} == {path.name for path in looks(root)}
    (root.parent / "rendered.log").write_text(rendered)
    (root / "projects/hello/project.yaml").write_text(PROJECT)
    assert {"restored"} == {scene.action for scene in build(root, prune=True).scenes}
    assert before.keys() == files(root).keys()
    assert rendered == (root.parent / "rendered.log").read_text()


def test_two_scenes_that_change_places_change_their_files(root: Path) -> None:
    """Each then lies where the other lay, the manifest says so, and nothing is left behind."""
    path = root / "projects" / "hello" / "project.yaml"
    path.write_text(PROJECT.replace("matrix: {locale: [en, en-GB]}\n", ""))
    build(root)
    before = files(root)
    text = path.read_text()
    text = text.replace("id: welcome,", 'id: welcome, output: "{{ project }}/more",')
    path.write_text(text.replace("id: more,", 'id: more, output: "{{ project }}/welcome",'))
    summary = build(root)
    assert ((), ["restored"] * 2) == (summary.stale, [scene.action for scene in summary.scenes])
    now = files(root)
    assert before["welcome.mp4"] == now["more.mp4"] != now["welcome.mp4"] == before["more.mp4"]
    manifest = json.loads(now["manifest.json"])
    assert {"hello/welcome": "more.mp4", "hello/more": "welcome.mp4"} == {
        scene["address"]: scene["files"]["video"]["file"] for scene in manifest["scenes"]
    }


def test_what_is_left_behind_is_told_until_it_goes(root: Path) -> None:
    """Also by the short cut, and not once somebody removed it by hand."""
    build(root)
    write(root, FLAT)
    left = build(root).stale
    short = steps.nothing_to_do(steps.wish(root))
    assert short is not None
    assert left == short.stale == steps.plan(steps.wish(root))[0].left
    for name in left:
        (root / name).unlink()
    short = steps.nothing_to_do(steps.wish(root))
    assert short is None or () == short.stale
    assert () == steps.plan(steps.wish(root))[0].left


def test_a_scene_that_fails_gives_up_its_place_to_another(root: Path) -> None:
    """The manifest never says of one scene that its file is where by now another's lies."""
    path = root / "projects" / "hello" / "project.yaml"
    path.write_text(PROJECT.replace("matrix: {locale: [en, en-GB]}\n", ""))
    build(root)
    text = path.read_text().replace("Hello there", "!refuse there")
    text = text.replace("id: welcome,", 'id: welcome, output: "{{ project }}/first",')
    path.write_text(text.replace("id: more,", 'id: more, output: "{{ project }}/welcome",'))
    assert ["failed", "restored"] == [scene.action for scene in build(root).scenes]
    manifest = json.loads((root / "output/hello/manifest.json").read_bytes())
    assert {"hello/more": "welcome.mp4"} == {
        scene["address"]: scene["files"]["video"]["file"] for scene in manifest["scenes"]
    }


def test_a_released_output_is_moved_without_state_or_request(
    tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a paid scene whose state is gone the file beside the lock is what goes to the new place."""
    hurry(monkeypatch, bank)
    shop = Shop(tmp_path / "work", bank)
    shop.build()
    video = (shop.root / "output/shop/one.mp4").read_bytes()
    asked = len(bank.seen("GET", "/talks"))
    shop.lose(".didgen")
    text = (shop.home / "project.yaml").read_text()
    place = 'output: "{{ project }}/new/{{ scene }}"'
    (shop.home / "project.yaml").write_text(text.replace("{source: anna.jpg}", f"{{source: anna.jpg, {place}}}"))
    assert {"restored"} == {scene.action for scene in shop.build().scenes}
    assert video == (shop.root / "output/shop/new/one.mp4").read_bytes()
    assert (3, asked) == (shop.posts(), len(bank.seen("GET", "/talks")))
