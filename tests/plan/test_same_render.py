"""What changes a render, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fakes
from tests.plan.resolving import scenes

BASE = """didgen: 1
name: demo
vars: {product: Acme, unused: 1}
pronounce: {kubectl: cube control}
defaults: {source: photo.jpg, config: {stitch: true}}
scenes:
  - id: a
    script: Welcome to {{ product }}
  - id: b
    driver: nostalgia
"""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("unused: 1", "unused: 2, more: x"),
        ("didgen: 1\n", "# a comment\ndidgen: 1\n"),
        ("id: a", "id: another"),
        ("name: demo", "name: other"),
        ("    driver: nostalgia", "    driver: bank://nostalgia/"),
        ("script: Welcome to {{ product }}", "script: {text: 'Welcome to Acme '}"),
        ("{stitch: true}}", "{stitch: true, fluent: false, sharpen: true}}"),
        ("id: a", "id: a\n    webhook: https://x.org\n    user_data: mine\n    result_url: s3://bucket/key"),
        ("source: photo.jpg", "source: ./copy/../copy/same.jpg"),
        ("pronounce: {kubectl: cube control}\n", ""),
        ("didgen: 1\n", "didgen: 1\nfilm: [a]\nservice: d-id\n"),
    ],
    ids="unused comment id name driver template defaults nosend place pronounce film".split(),
)
def test_what_does_not_change_a_render(folder: Path, old: str, new: str) -> None:
    """Names, order, comments, places of files, what is not used and what is only passed on: the same fingerprints."""
    (folder / "copy").mkdir()
    (folder / "copy" / "same.jpg").write_bytes(fakes.photo())
    before = [scene.fingerprint for scene in scenes(folder, BASE)]
    assert old in BASE
    assert before == [scene.fingerprint for scene in scenes(folder, BASE.replace(old, new, 1))]


def test_order_does_not_change_a_render(folder: Path) -> None:
    """Scenes the other way round are the same renders."""
    head, a, b = BASE.partition("  - id: a")[0], *BASE.partition("scenes:\n")[2].split("  - id: b")
    swapped = scenes(folder, f"{head}  - id: b{b}{a}")
    assert ["demo/b", "demo/a"] == [scene.address for scene in swapped]
    assert {scene.fingerprint for scene in scenes(folder, BASE)} == {scene.fingerprint for scene in swapped}


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("product: Acme", "product: Acme Inc", ["a"]),
        ("stitch: true", "stitch: false", ["a", "b"]),
        ("driver: nostalgia", "driver: nostalgia/driver-01", ["b"]),
        ("id: a", "id: a\n    voice: am_puck", ["a"]),
        ("Welcome to", "Welcome to kubectl at", ["a"]),
        ("photo.jpg", "other.jpg", ["a", "b"]),
    ],
)
def test_what_changes_a_render(folder: Path, old: str, new: str, changed: list[str]) -> None:
    """A word spoken, a picture, a voice, a driver, a setting: the scenes it reaches, and no other."""
    (folder / "other.jpg").write_bytes(fakes.photo(grey=40))
    before, after = scenes(folder, BASE), scenes(folder, BASE.replace(old, new, 1))
    found = [b.address for a, b in zip(before, after, strict=True) if a.fingerprint != b.fingerprint]
    assert [f"demo/{name}" for name in changed] == found
