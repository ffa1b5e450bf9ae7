"""Folders that cannot be written: `plan` goes on, everything else says so at once and in one line."""

from __future__ import annotations

import math
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.digest import sha256_bytes
from didgen.errors import ProjectError, StorageError
from didgen.walk import steps
from didgen.walk.remote_inputs import RemoteInputs
from tests import fakes
from tests.cli.test_commands import didgen
from tests.sites import PHOTO, site_of_walks

PROJECT = """\
didgen: 1
name: p
defaults: {source: anna.jpg}
scenes:
  - {id: a, script: Good morning.}
  - {id: b, script: Good evening.}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with one project that nobody has built."""
    root = tmp_path / "w"
    (root / "projects/p").mkdir(parents=True)
    (root / "projects/p/anna.jpg").write_bytes(fakes.photo())
    (root / "projects/p/project.yaml").write_text(PROJECT)
    return root


def build(root: Path, **hooks: object) -> list[str]:
    summary = steps.build(steps.wish(root), command=fakes.COMMAND, **hooks)  # type: ignore[arg-type]
    return [scene.action for scene in summary.scenes]


@pytest.fixture
def frozen(root: Path, tmp_path: Path) -> Iterator[Path]:
    """The same workspace on a file system that takes no writing, also not from root."""
    there = tmp_path / "frozen"
    there.mkdir()
    if subprocess.run(["mount", "--bind", str(root), str(there)], capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a read-only file system, which takes root")
    subprocess.run(["mount", "-o", "remount,ro,bind", str(there)], check=True)
    yield there
    subprocess.run(["umount", "-l", str(there)], check=True)


def test_plan_needs_nothing_to_write(root: Path, frozen: Path) -> None:
    """It says the same as elsewhere, and once that nothing is written: never built, and built."""
    new = didgen(frozen, "plan")
    assert (0, 1) == (new.returncode, len(new.stderr.splitlines())), new.stderr
    assert "nothing can be written in" in new.stderr
    assert "2 to render" in new.stdout
    assert ["rendered", "rendered"] == build(root)
    done = didgen(frozen, "plan", "--json")
    assert 0 == done.returncode, done.stderr
    assert 2 == done.stdout.count('"action": "reuse"')
    (root / "projects/p/project.yaml").write_text(PROJECT.replace("evening", "night"))
    edited = didgen(frozen, "plan")
    assert "[evening → night]" in edited.stdout
    assert "up to date" in didgen(frozen, "why", "p/a").stdout


def test_inputs_by_link_are_brought_for_the_time_of_a_plan(
    root: Path, frozen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pinned as in any plan, and nothing of them stays; where no folder can be had, one line says what to do."""
    kept = tmp_path / "kept"
    kept.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(kept))
    with site_of_walks(monkeypatch) as web:
        project = root / "projects/p/project.yaml"
        project.write_text(PROJECT.replace("anna.jpg", f"'{web.url('/anna.jpg')}'"))
        (planned,) = steps.plan(steps.wish(frozen))
        assert ["render", "render"] == [decision.action for decision in planned.plan.decisions]
        assert {sha256_bytes(PHOTO)} == {scene.inputs["source_url"].digest for scene in planned.scenes}
        assert [] == list(kept.iterdir())
        assert 2 == len(steps.check(steps.wish(frozen))[0][1])
        monkeypatch.setattr(tempfile, "tempdir", str(kept / "none"))
        with pytest.raises(ProjectError, match=r"no temporary folder for inputs by link .*set TMPDIR"):
            steps.plan(steps.wish(frozen))


def test_a_look_that_asks_no_network_says_that_it_cannot_keep_what_is_brought(root: Path, frozen: Path) -> None:
    """As `diff`, of inputs by link: an empty place of its own would tell it that they were never brought."""
    (root / ".didgen").mkdir()
    remote = RemoteInputs(frozen, print, math.inf, lookup=lambda _: [])
    with remote, pytest.raises(StorageError, match="nothing can be written in"):
        remote("https://photos.example/anna.jpg", "image")


@pytest.mark.parametrize("command", ["build", "watch"])
def test_what_writes_says_once_that_it_cannot(root: Path, frozen: Path, command: str) -> None:
    """In one line that names the folder, and exit code 6; also where a state is there already."""
    done = didgen(frozen, command)
    assert (6, 1, "") == (done.returncode, len(done.stderr.splitlines()), done.stdout), done.stderr
    assert "didgen: cannot write " in done.stderr
    didgen(root, "plan")
    done = didgen(frozen, command)
    assert f"didgen: nothing can be written in {frozen}/.didgen (who owns the folder" in done.stderr
    assert (6, 1, "") == (done.returncode, len(done.stderr.splitlines()), done.stdout), done.stderr


@pytest.mark.parametrize("wrong", ["file", "link", "folder", "manifest"])
def test_an_output_that_has_no_place_is_found_before_anything_is_rendered(root: Path, wrong: str) -> None:
    """Exit code 6, as for a disk that is full."""
    heard: list[str] = []
    if wrong == "file":
        (root / "output").write_text("mine")
    elif wrong == "link":
        os.symlink("nowhere", root / "output")
    elif wrong == "folder":
        (root / "output/p/b.mp4").mkdir(parents=True)
    else:
        (root / "output/p/manifest.json").mkdir(parents=True)
    said = {
        "file": "output is a file, and a folder is needed (move it away)",
        "link": "output is a link that leads nowhere (move it away)",
        "folder": "output/p/b.mp4: it is a folder (move it away",
        "manifest": "output/p/manifest.json: it is a folder (move it away",
    }[wrong]
    with pytest.raises(StorageError) as caught:
        build(root, on_event=lambda address, _: heard.append(address))
    assert said in str(caught.value)
    assert (6, []) == (caught.value.exit_code, heard)


def test_an_output_folder_that_cannot_be_written_is_found_before_anything_is_rendered(root: Path) -> None:
    """As one of another owner, or on another disk."""
    heard: list[str] = []
    there = root / "output"
    there.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(there)], capture_output=True).returncode:
        pytest.skip("needs to mount a read-only file system, which takes root")
    try:
        with pytest.raises(StorageError, match=r"nothing can be written in .*/output"):
            build(root, on_event=lambda address, _: heard.append(address))
    finally:
        subprocess.run(["umount", "-l", str(there)], check=True)
    assert [] == heard
