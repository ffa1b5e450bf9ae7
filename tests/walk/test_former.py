"""A plan that stands on the one before, in the same process: what is as it was is not read again."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from didgen.jobs import outputs
from didgen.project import files, stamps
from didgen.store.artifacts import Artifacts
from didgen.walk import steps
from didgen.walk.planned import Former, Planned, plans_of
from tests import fakes

PROJECT = """\
didgen: 1
name: one
defaults: {source: photo.jpg}
scenes:
  - {id: a, script: {file: a.txt}}
  - {id: b, script: {file: b.txt}}
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that is up to date, of files that are old enough to be trusted."""
    monkeypatch.setattr(stamps, "RACY_NS", 0)
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    home = tmp_path / "work/projects/one"
    home.mkdir(parents=True)
    (home / "photo.jpg").write_bytes(fakes.photo())
    (home / "project.yaml").write_text(PROJECT)
    for name in "ab":
        (home / f"{name}.txt").write_text(f"This is {name} speaking.")
    assert steps.build(steps.wish(tmp_path / "work"), command=fakes.COMMAND).error is None
    return tmp_path / "work"


def planned(root: Path, before: Planned | None = None) -> Planned:
    wanted = steps.wish(root)
    former = {} if before is None else {wanted.targets[0]: Former(before.project, before.files, before.outputs)}
    with Artifacts(root) as store:
        (one,) = plans_of(wanted, store, lambda _: None, former=former)
    return one


@pytest.fixture
def read(root: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Hears of every file that is read from now on."""
    heard: list[str] = []
    for module, name in ((files, "_read_bytes"), (files, "sha256_file"), (outputs, "sha256_file")):
        take = getattr(module, name)

        def noted(path: str, take=take) -> object:  # type: ignore[no-untyped-def]
            heard.append(os.path.relpath(path, root))
            return take(path)

        monkeypatch.setattr(module, name, noted)
    return heard


def test_only_the_file_that_changed_is_read(root: Path, read: list[str]) -> None:
    """The plan is that of one that reads everything."""
    first = planned(root)
    read.clear()
    (root / "projects/one/b.txt").write_text("This is somebody else.")
    again = planned(root, first)
    assert ["projects/one/b.txt"] == read
    assert ["reuse", "render"] == [decision.action for decision in again.plan.decisions]
    assert planned(root).plan == again.plan


def test_a_line_of_the_project_is_read_alone(root: Path, read: list[str]) -> None:
    """Neither scripts nor pictures nor videos."""
    first = planned(root)
    read.clear()
    written = root / "projects/one/project.yaml"
    written.write_text(written.read_text().replace("{file: a.txt}", "Nothing else."))
    again = planned(root, first)
    assert ["projects/one/project.yaml"] == read
    assert ["render", "reuse"] == [decision.action for decision in again.plan.decisions]
    assert planned(root).plan == again.plan


@pytest.mark.parametrize("name", ["output/one/b.mp4", "projects/one/photo.jpg"])
def test_another_file_with_the_same_time_is_seen(root: Path, read: list[str], name: str) -> None:
    """An output that somebody wrote to is put back; another picture is another video."""
    first = planned(root)
    read.clear()
    path = root / name
    before = path.stat()
    data = fakes.photo(120) if name.endswith(".jpg") else bytes(before.st_size)
    path.chmod(0o644)
    path.write_bytes(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    again = planned(root, first)
    assert [name] == read
    wanted = ["render", "render"] if name.endswith(".jpg") else ["reuse", "restore"]
    assert wanted == [decision.action for decision in again.plan.decisions]
    assert planned(root).plan == again.plan
