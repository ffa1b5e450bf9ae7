"""Shared by tests of whole walks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walk import hello


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with the project `hello`, of which nothing is built; what the tiny engine renders is logged."""
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return hello.write(tmp_path / "work")
