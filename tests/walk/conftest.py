"""Shared by tests of whole walks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bucket.started import Started, opened
from tests.walk import hello
from tests.walk.team import Team


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with the project `hello`, of which nothing is built; what the tiny engine renders is logged."""
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return hello.write(tmp_path / "work")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Machines that share a folder."""
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return Team(tmp_path, str(tmp_path / "shared"))


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Started]:
    """A server that a test may do with as it likes."""
    with opened(tmp_path / "s3") as one:
        yield one
