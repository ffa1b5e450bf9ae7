"""Shared by tests of planning."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import fakes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with a photo and a recording of three seconds."""
    (tmp_path / "photo.jpg").write_bytes(fakes.photo())
    (tmp_path / "voice.wav").write_bytes(fakes.wav(3))
    return tmp_path
