"""A project as text to its scenes, as most tests of planning need them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from didgen.errors import ProjectError
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import Project, load_project

HEAD = "didgen: 1\nname: demo\ndefaults: {source: photo.jpg}\n"


def read(folder: Path, text: str, service: str = "local", **options: Any) -> tuple[Project, list[Scene]]:
    """The project, written into `folder`, and its scenes. options: of `resolve`."""
    (folder / "project.yaml").write_text(text)
    files = Files(folder)
    project = load_project(folder / "project.yaml", files)
    return project, resolve(project, files, service_id(service), **options)


def scenes(folder: Path, text: str, service: str = "local", **options: Any) -> list[Scene]:
    return read(folder, text, service, **options)[1]


def one(folder: Path, scene: str, service: str = "local", head: str = HEAD, **options: Any) -> Scene:
    return scenes(folder, f"{head}scenes:\n  - {{id: a, {scene}}}\n", service, **options)[0]


def refusals(folder: Path, text: str, service: str = "local") -> list[str]:
    with pytest.raises(ProjectError) as caught:
        scenes(folder, text, service)
    return [str(p) for p in caught.value.problems]


def sent(scene: Scene) -> dict[str, Any]:
    return scene.request.model_dump(exclude_unset=True)
