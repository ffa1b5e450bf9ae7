"""`didgen inspect` on a real, small talk: figures of its own video, and one clear line for what is not there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.render

PROJECT = """\
didgen: 1
name: tiny
service: {service}
defaults: {{source: assets/portrait.jpg, driver: bank://natural/driver-1}}
scenes:
  - id: one
    script: "My father bought a map of Peru."
  - id: two
    script: "Good evening."
"""


def didgen(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "didgen", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=200
    )


def write(folder: Path, service: str = "local") -> None:
    (folder / "projects" / "tiny" / "project.yaml").write_text(PROJECT.format(service=service))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two talks, of which the first is built."""
    folder = tmp_path_factory.mktemp("inspect")
    didgen(folder, "init", "tiny")
    write(folder)
    assert 0 == didgen(folder, "build", "tiny/one").returncode
    return folder


def test_a_finished_scene_is_measured(workspace: Path) -> None:
    """Table on stdout; as JSON with figures that a good talk has, and a page that needs nothing else."""
    shown = didgen(workspace, "inspect", "tiny/one")
    assert (0, "") == (shown.returncode, shown.stderr)
    assert "closures on p, b, m" in shown.stdout
    done = didgen(workspace, "inspect", "tiny/one", "--json", "--html", "report.html")
    (scene,) = json.loads(done.stdout)["scenes"]
    assert "tiny/one" == scene["address"]
    figures = scene["figures"]
    assert 1.0 == figures["closures"] == figures["tracked"]
    assert figures["gap_correlation"] > 0.8
    assert abs(figures["lag_ms"]) < 40
    assert figures["yaw_error_deg"] < 1
    page = (workspace / "report.html").read_text()
    assert page.count("data:image/jpeg;base64,") >= 5
    assert "http" not in page


def test_what_is_not_built_is_one_line(workspace: Path) -> None:
    """It says which scene and how to build it; the other scenes of the project are measured."""
    alone = didgen(workspace, "inspect", "tiny/two")
    assert 2 == alone.returncode
    assert "didgen: tiny/two is not built as it is written now (didgen build tiny/two)\n" == alone.stderr
    both = didgen(workspace, "inspect", "tiny", "--json")
    assert 0 == both.returncode
    assert "tiny/two is not built" in both.stderr
    assert ["tiny/one"] == [scene["address"] for scene in json.loads(both.stdout)["scenes"]]


def test_an_unknown_address_names_the_nearest(workspace: Path) -> None:
    """As every command that takes addresses."""
    done = didgen(workspace, "inspect", "tiny/onne")
    assert 2 == done.returncode
    assert "did you mean 'tiny/one'?" in done.stderr


def test_a_draft_is_found_without_asking_for_it(workspace: Path) -> None:
    """A project that is released elsewhere: its local draft is what there is to measure."""
    write(workspace, service="d-id")
    try:
        done = didgen(workspace, "inspect", "tiny/one", "--json")
    finally:
        write(workspace)
    assert (0, "") == (done.returncode, done.stderr)
    assert ["tiny/one"] == [scene["address"] for scene in json.loads(done.stdout)["scenes"]]
