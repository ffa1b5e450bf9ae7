"""The manifest: what a release consists of, what of it nobody makes any more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from didgen.digest import sha256_bytes
from didgen.jobs.manifest import addresses, entry, merge, prune, read_manifest, write_manifest
from didgen.walk import steps
from tests import fakes
from tests.bank.started import Started
from tests.jobs.paid import Shop, hurry

SCHEMA = Path(__file__).parents[2] / "schemas" / "manifest.schema.json"


def scene(name: str, sha: str = "a") -> dict[str, Any]:
    files = {"video": {"file": f"{name}.mp4", "sha256": sha}, "vtt": {"file": f"{name}.vtt", "sha256": sha}}
    facts = (f"p/{name}", "talk", "f" * 64, "s", {"service": {"engine": 1}}, 1.23456, files)
    return entry(*facts, service="local", credits=0, inputs=[])


def built(*names: str, former: dict[str, Any] | None = None) -> dict[str, Any]:
    return merge(former or {}, "p", "local", [f"p/{n}" for n in names], {f"p/{n}": scene(n) for n in names}, [])


def test_a_scene_that_was_not_built_keeps_its_entry() -> None:
    """Building one scene, or failing one, forgets no other; the order is the project's."""
    former = built("a", "b", "c")
    fresh = {"p/b": scene("b", "new")}
    manifest = merge(former, "p", "local", ["p/c", "p/b", "p/a"], fresh, [])
    assert ["p/c", "p/b", "p/a"] == addresses(manifest)
    assert "new" == manifest["scenes"][1]["files"]["video"]["sha256"]
    assert former["scenes"][0] == manifest["scenes"][2]
    assert [] == manifest["stale"]


def test_what_nobody_makes_is_stale_until_pruned(tmp_path: Path) -> None:
    """Also over several builds; pruning removes exactly those files, and none outside the folder."""
    outside = tmp_path / "outside.mp4"
    outside.write_bytes(b"")
    folder = tmp_path / "output" / "p"
    folder.mkdir(parents=True)
    for name in ("a.mp4", "a.vtt", "b.mp4", "b.vtt"):
        (folder / name).write_bytes(b"")
    manifest = built("a", former=built("a", "b"))
    assert ["b.mp4", "b.vtt"] == manifest["stale"]
    assert ["b.mp4", "b.vtt"] == built("a", former=manifest)["stale"]
    assert [] == built("a", "b", former=manifest)["stale"]
    planted = {**manifest, "stale": [*manifest["stale"], "../../outside.mp4", str(outside)]}
    pruned, removed = prune(folder, planted)
    assert ["b.mp4", "b.vtt"] == removed
    assert [] == pruned["stale"]
    assert ["a.mp4", "a.vtt"] == sorted(path.name for path in folder.iterdir())
    assert outside.exists()


def test_a_manifest_that_says_the_same_is_not_touched(tmp_path: Path) -> None:
    """Not even its time; one that cannot be read counts as none."""
    write_manifest(tmp_path, built("a"))
    inode = (tmp_path / "manifest.json").stat().st_ino
    write_manifest(tmp_path, read_manifest(tmp_path))
    assert inode == (tmp_path / "manifest.json").stat().st_ino
    write_manifest(tmp_path, built("a", "b"))
    assert ["p/a", "p/b"] == addresses(read_manifest(tmp_path))


@pytest.mark.parametrize(
    "edit", ["", "{", "[]", '{"didgen": 3}', '"stale": 1', '"scenes": [1]', '"films": [{"files": 7}]']
)
def test_a_manifest_that_is_none_of_ours_counts_as_none(tmp_path: Path, edit: str) -> None:
    """Cut, of another version, or edited out of shape: never an error, the next build writes it anew."""
    write_manifest(tmp_path, built("a"))
    if edit.startswith('"'):
        whole = {**read_manifest(tmp_path), **json.loads("{" + edit + "}")}
        edit = json.dumps(whole)
    (tmp_path / "manifest.json").write_text(edit)
    assert {} == read_manifest(tmp_path)


def test_a_manifest_of_the_former_format_is_understood(tmp_path: Path) -> None:
    """It had one film: nothing of it is forgotten, and what nobody makes now is stale."""
    former = {
        **built("a", "b"),
        "didgen": 1,
        "film": {"duration_s": 1.0, "files": {"video": {"file": "film.mp4", "sha256": "f"}}},
    }
    del former["films"]
    (tmp_path / "manifest.json").write_text(json.dumps(former))
    read = read_manifest(tmp_path)
    assert ["p#film"] == [film["address"] for film in read["films"]]
    assert ["b.mp4", "b.vtt", "film.mp4"] == built("a", former=read)["stale"]


PROJECT = """\
didgen: 1
name: hello
matrix: {locale: [en, de]}
defaults: {source: anna.jpg}
scenes:
  - id: one
    script: "The first of them."
  - id: two
    script: {file: "scripts/two.{{ locale }}.txt"}
  - id: nod
    driver: bank://nostalgia
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    home = tmp_path / "work" / "projects" / "hello"
    (home / "scripts").mkdir(parents=True)
    (home / "project.yaml").write_text(PROJECT)
    for locale in ("en", "de"):
        (home / "scripts" / f"two.{locale}.txt").write_text(f"This is {locale}.")
    (home / "anna.jpg").write_bytes(fakes.photo())
    return tmp_path / "work"


def build(root: Path, *addresses: str) -> dict[str, Any]:
    """The manifest after a build, which is as its schema says and true of the files."""
    assert steps.build(steps.wish(root, addresses), command=fakes.COMMAND).error is None
    return sound(root / "output" / "hello")


def sound(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_bytes())
    schema = json.loads(SCHEMA.read_bytes())
    jsonschema.Draft7Validator.check_schema(schema)
    assert [] == [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(manifest)]
    assert manifest == read_manifest(folder)
    for part in (*manifest["scenes"], *manifest["films"]):
        for file in part["files"].values():
            data = (folder / file["file"]).read_bytes()
            assert (sha256_bytes(data), len(data)) == (file["sha256"], file["bytes"])
    return manifest


def inputs(manifest: dict[str, Any], address: str) -> dict[str, Any]:
    (scene,) = (one for one in manifest["scenes"] if one["address"] == address)
    return {one["input"]: one for one in scene["inputs"]}


def test_a_real_manifest_is_as_its_schema_says(root: Path) -> None:
    """Every instance of every combination, with what it was made from and the lines that say so."""
    manifest = build(root)
    assert 6 == len(manifest["scenes"])
    assert {("local", 0)} == {(scene["service"], scene["credits"]) for scene in manifest["scenes"]}
    one = inputs(manifest, "hello/one[locale=en]")
    assert {"script", "source_url"} == set(one)
    assert sha256_bytes(b"The first of them.") == one["script"]["sha256"]
    assert ["projects/hello/project.yaml:7:13"] == one["script"]["where"]
    assert "projects/hello/anna.jpg" == one["source_url"]["file"]
    assert ["projects/hello/project.yaml:4:20"] == one["source_url"]["where"]
    two = inputs(manifest, "hello/two[locale=de]")["script"]
    assert sha256_bytes(b"This is de.") == two["sha256"]
    assert "projects/hello/scripts/two.de.txt:1" == two["where"][0]
    assert {"source_url"} == set(inputs(manifest, "hello/nod[locale=en]"))


def test_lines_move_with_what_is_written(root: Path) -> None:
    """A comment on top renders nothing and touches no output; the manifest names the new lines. Then it stays."""
    build(root)
    before = {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*.*") if path.suffix != ".json"}
    path = root / "projects/hello/project.yaml"
    path.write_text("# A comment.\n" + path.read_text())
    manifest = build(root)
    assert ["projects/hello/project.yaml:8:13"] == inputs(manifest, "hello/one[locale=en]")["script"]["where"]
    assert before == {path: path.stat().st_mtime_ns for path in before}
    inode = (root / "output/hello/manifest.json").stat().st_ino
    (root / "projects/hello/scripts/two.en.txt").write_text("This is new.")
    build(root, "hello/one")
    assert inode == (root / "output/hello/manifest.json").stat().st_ino


def test_an_output_is_replaced_whole_or_not_touched(root: Path) -> None:
    """Whoever has the former file open reads it to its end: the new one is another file."""
    build(root)
    output, other = root / "output/hello/en/two.mp4", root / "output/hello/en/one.mp4"
    former, inode = output.read_bytes(), other.stat().st_ino
    with output.open("rb") as reader:
        (root / "projects/hello/scripts/two.en.txt").write_text("This is quite new.")
        build(root)
        assert former == reader.read()
    assert former != output.read_bytes()
    assert inode == other.stat().st_ino


def test_an_earlier_manifest_is_completed(root: Path) -> None:
    """One that did not tell sizes and inputs yet, by whatever is built next."""
    build(root)
    path = root / "output/hello/manifest.json"
    old = json.loads(path.read_bytes())
    old.pop("written")
    for part in (*old["scenes"], *old["films"]):
        for name in ("service", "credits", "inputs"):
            part.pop(name, None)
        for file in part["files"].values():
            file.pop("bytes")
    path.write_text(json.dumps(old))
    manifest = build(root, "hello/one")
    assert {"script", "source_url"} == set(inputs(manifest, "hello/one[locale=de]"))
    assert {"script", "source_url"} == set(inputs(manifest, "hello/two[locale=de]"))


def test_what_was_paid_is_told(tmp_path: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each render; a machine that found it on the account keeps what the manifest said."""
    hurry(monkeypatch, bank)
    shop = Shop(tmp_path / "work", bank)
    shop.build()
    folder = shop.root / "output" / "shop"
    assert {1} == {scene["credits"] for scene in sound(folder)["scenes"]}
    assert {bank.url} == {scene["service"] for scene in sound(folder)["scenes"]}
    shop.lose(".didgen")
    shop.build()
    assert {1} == {scene["credits"] for scene in sound(folder)["scenes"]}
    shop.lose(".didgen", "output")
    shop.build()
    assert {None} == {scene["credits"] for scene in sound(folder)["scenes"]}
    assert 3 == len(shop.bought())


def test_a_film_that_is_older_than_its_scenes_is_outdated(root: Path) -> None:
    """One scene has moved on, another has failed, so the film stays as it was; once that is mended it is joined again.
    The film of the other language is not concerned."""
    (before,) = (film for film in build(root)["films"] if "en" in film["address"])
    text, project = root / "projects/hello/scripts/two.en.txt", root / "projects/hello/project.yaml"
    project.write_text(project.read_text().replace("The first of them.", "Another first."))
    text.write_text("This !refuse is not made.")
    summary = steps.build(steps.wish(root), command=fakes.COMMAND)
    assert 1 == summary.count("failed")
    manifest = sound(root / "output" / "hello")
    assert {**before, "outdated": True} in manifest["films"]
    assert ["output/hello/de/film.mp4"] == list(summary.films)
    text.write_text("This is made.")
    assert not any("outdated" in film for film in build(root)["films"])


def test_each_scene_and_film_is_a_line(root: Path) -> None:
    """So git shows one changed line for a changed scene, and one for its film."""
    path = root / "output" / "hello" / "manifest.json"
    build(root)
    before = path.read_text().splitlines()
    (root / "projects/hello/scripts/two.en.txt").write_text("Other words.")
    build(root)
    after = path.read_text().splitlines()
    assert len(before) == len(after)
    changed = [line for line, old in zip(after, before, strict=True) if line != old]
    assert ["hello/two[locale=en]", "hello[locale=en]#film"] == [
        json.loads(line.rstrip(","))["address"] for line in changed
    ]
