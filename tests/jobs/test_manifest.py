"""The manifest: what a release consists of, what of it nobody makes any more."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from didgen.jobs.manifest import addresses, entry, merge, prune, read_manifest, write_manifest


def scene(name: str, sha: str = "a") -> dict[str, Any]:
    files = {"video": {"file": f"{name}.mp4", "sha256": sha}, "vtt": {"file": f"{name}.vtt", "sha256": sha}}
    return entry(f"p/{name}", "talk", "f" * 64, "s", {"service": {"engine": 1}}, 1.23456, files)


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
