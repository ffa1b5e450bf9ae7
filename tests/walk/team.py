"""Machines that share a store: clones of one workspace, each built in this process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from didgen.walk import steps
from tests import fakes
from tests.bank.lines import whole_lines
from tests.bucket.started import Started

SCRIPTS = {"one": "The first scene.", "two": "The second scene.", "three": "The third scene."}


class Team:
    """Clones of one workspace, `a`, `b` and so on, and the store they share."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store = folder, store
        self.said: list[str] = []

    def clone(self, name: str, scripts: dict[str, str] = SCRIPTS, *, push: bool = True) -> Path:
        """A machine that has nothing but what is committed."""
        root = self.folder / name
        home = root / "projects" / "hello"
        home.mkdir(parents=True)
        lines = ["didgen: 1", "name: hello", "defaults: {source: anna.jpg}", "film: []", "scenes:"]
        lines += [f"  - {{id: {one}, script: {json.dumps(text)}}}" for one, text in scripts.items()]
        (home / "project.yaml").write_text("\n".join(lines) + "\n")
        (home / "anna.jpg").write_bytes(fakes.photo())
        (root / "didgen.yaml").write_text(f"store: {self.store}\nstore_push: {str(push).lower()}\n")
        return root

    def build(self, root: Path, **options: object) -> list[str]:
        """Build in this process; what was done about each scene."""
        summary = steps.build(steps.wish(root, **options), on_notice=self.said.append, command=fakes.COMMAND)  # type: ignore[arg-type]
        assert summary.error is None, summary.scenes
        return [scene.action for scene in summary.scenes]

    @property
    def rendered(self) -> list[str]:
        """Scripts that any machine has rendered, sorted."""
        return sorted(whole_lines(self.folder / "rendered.log"))


def bucket_team(server: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return Team(tmp_path, f"{server.address}/{tmp_path.name}")


def outputs(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "output" / "hello").glob("*.mp4"))}
