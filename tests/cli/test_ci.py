"""Inside GitHub Actions: problems at their lines, and scripts that say workflow commands."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_commands import didgen

GOOD = """\
didgen: 1
name: tiny
defaults: {source: assets/portrait.jpg}
scenes:
  - id: one
    script: "Good morning."
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository whose workspace is a folder of it."""
    home = tmp_path / "repo" / "videos"
    home.mkdir(parents=True)
    didgen(home, "init", "tiny")
    write(home, GOOD)
    return home


def write(home: Path, text: str) -> None:
    (home / "projects" / "tiny" / "project.yaml").write_text(text)


def in_actions(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """didgen as a step of a job runs it."""
    given = {"GITHUB_ACTIONS": "true", "CI": "true", "GITHUB_WORKSPACE": str(home.parent)}
    return didgen(home, *words, **given, GITHUB_STEP_SUMMARY=str(home.parent / "summary.md"))


def test_a_mistake_is_annotated_at_its_line_from_the_repositorys_root(workspace: Path) -> None:
    """By itself, beside the message; outside of Actions there is none."""
    write(workspace, GOOD.replace("script:", "scirpt:"))
    done = in_actions(workspace, "plan")
    assert 2 == done.returncode
    told = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert len(told) == 1
    assert told[0].startswith("::error file=videos/projects/tiny/project.yaml,line=6,col=5,title=didgen::scenes[0].")
    assert "didgen: projects/tiny/project.yaml:6:5:" in done.stderr
    assert "::" not in didgen(workspace, "plan").stderr
    assert not (workspace.parent / "summary.md").exists()


def test_a_mistake_in_a_template_is_annotated_in_the_template(workspace: Path) -> None:
    """At the line that names what there is not."""
    (workspace / "projects" / "tiny" / "one.md").write_text("Good morning.\n\nDear {{ nobody }},\n")
    write(workspace, GOOD.replace('"Good morning."', "{file: one.md}"))
    (told,) = [line for line in in_actions(workspace, "check").stderr.splitlines() if line.startswith("::")]
    assert told.startswith("::error file=videos/projects/tiny/one.md,line=3,")


def test_ten_are_annotated_and_all_are_in_the_summary(workspace: Path) -> None:
    """The runner drops an eleventh in silence."""
    scenes = "".join(f'  - id: s{n}\n    voice: nobody-{n}\n    script: "Hello."\n' for n in range(15))
    write(workspace, GOOD.partition("  - id")[0] + scenes)
    done = in_actions(workspace, "plan")
    assert 10 == done.stderr.count("\n::error file=")
    summary = (workspace.parent / "summary.md").read_text()
    assert "### didgen found 15 problems" in summary
    assert [1] * 15 == [summary.count(f"nobody-{n} ") + summary.count(f"nobody-{n}&") for n in range(15)]


def test_what_only_strict_refuses_is_a_warning(workspace: Path) -> None:
    """A scene that is likely too long, where that is written; with --strict it is an error, once."""
    write(workspace, GOOD + "    max_seconds: 0.1\n")
    told = [line for line in in_actions(workspace, "check").stderr.splitlines() if line.startswith("::")]
    assert ["::warning file=videos/projects/tiny/project.yaml,line=7,col=18"] == [line[:62] for line in told]
    strict = in_actions(workspace, "check", "--strict")
    assert (2, 1, 0) == (strict.returncode, strict.stderr.count("overruns") - 1, strict.stderr.count("::warning"))


def test_check_tells_programs_what_is_wrong_and_where(workspace: Path) -> None:
    """Also where nothing could be resolved."""
    write(workspace, GOOD.replace("script:", "scirpt:"))
    done = didgen(workspace, "check", "--json")
    told = json.loads(done.stdout)
    assert (2, 0, 1) == (done.returncode, told["scenes"], len(told["problems"]))
    (found,) = told["findings"]
    assert ("error", {"file": "projects/tiny/project.yaml", "line": 6, "column": 5}) == (found["level"], found["place"])


def test_no_script_commands_the_runner(workspace: Path) -> None:
    """Texts come out in plans as they are, but not at the beginning of a line, nor in the old form."""
    script = "|\n      ::add-mask::hello\n      ##[add-mask]hello ::warning::x\n"
    write(workspace, GOOD.replace('"Good morning."', script) + "      ::error::gone {{ '\\n::error::gone' }}\n")
    for words in (
        ["plan"],
        ["plan", "--json"],
        ["check", "--json"],
        ["why", "tiny/one"],
        ["why", "tiny/one", "--json"],
    ):
        done = in_actions(workspace, *words)
        assert ("add-mask" in done.stdout) == (words[0] == "why")
        lines = (done.stdout + done.stderr).splitlines()
        assert [] == [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


def test_a_failed_scene_is_annotated_where_it_is_written(workspace: Path) -> None:
    """A photo without a face: the line of the scene that shows it; the summary for programs has the place too."""
    import cv2
    import numpy as np

    cv2.imwrite(str(workspace / "projects" / "tiny" / "grey.png"), np.full((256, 256, 3), 128, np.uint8))
    write(workspace, GOOD + '  - id: two\n    source: grey.png\n    script: "Hello."\n')
    done = in_actions(workspace, "build", "tiny/two", "--json")
    assert 1 == done.returncode
    (told,) = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert told.startswith("::error file=videos/projects/tiny/project.yaml,line=7,col=9,title=didgen::tiny/two")
    (scene,) = json.loads(done.stdout)["scenes"]
    assert {"file": "projects/tiny/project.yaml", "line": 7, "column": 9} == scene["place"]


def test_no_module_of_the_repository_is_run(workspace: Path) -> None:
    """Files named as modules of ours or of a library lie where the build is started: all children leave them alone."""
    canary = workspace.parent / "canary"
    for name in ("numpy", "didgen", "av", "yaml", "sitecustomize", "json"):
        (workspace / f"{name}.py").write_text(f"open({str(canary)!r}, 'w').close()\n")
    write(workspace, GOOD.replace("Good morning.", "Good {{ 'morning' }}."))
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "didgen", "build"],
        cwd=workspace,
        env={**os.environ, "PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert (0, False) == (done.returncode, canary.exists()), done.stderr
