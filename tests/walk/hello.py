"""A workspace with one project, `hello`, and what tests of whole walks do with it."""

from __future__ import annotations

import json
from pathlib import Path

from didgen.walk import steps
from tests import fakes
from tests.bank.lines import whole_lines

PROJECT = """\
didgen: 1
name: hello
defaults: {source: anna.jpg}
scenes:
  - id: welcome
    script: "Hello there, everybody."
  - id: more
    script: "There is more to say."
  - id: nod
    driver: bank://nostalgia
"""


def write(root: Path, project: str = PROJECT) -> Path:
    """The workspace `root` with this project and its photo."""
    home = root / "projects" / "hello"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(project)
    (home / "anna.jpg").write_bytes(fakes.photo())
    return root


def edit(root: Path, old: str, new: str) -> None:
    """Other words in the project's file."""
    path = root / "projects" / "hello" / "project.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def build(root: Path, *addresses: str, **options: object) -> steps.Summary:
    """What comes of a build. options: of the wish."""
    return steps.build(steps.wish(root, addresses, **options), command=fakes.COMMAND)  # type: ignore[arg-type]


def rendered(root: Path) -> list[str]:
    """Scripts the fake engine has rendered so far, sorted."""
    return sorted(whole_lines(root.parent / "rendered.log"))


def actions(summary: steps.Summary) -> list[str]:
    return [scene.action for scene in summary.scenes]


def manifest(root: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((root / "output/hello/manifest.json").read_bytes())
    return loaded
