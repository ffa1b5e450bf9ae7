"""One project, one fingerprint: wherever, whenever and by whichever Python it is planned."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from tests.golden.compare import SURROUNDINGS, WORK, golden, probed, pythons


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda one: one["TZ"])
def test_fingerprints_are_equal_whatever_the_surroundings(surroundings: dict[str, str]) -> None:
    """Seeds of hashes, locales with other letters and encodings, zones: the file that is checked in."""
    assert golden() == probed(sys.executable, WORK, surroundings)


def test_fingerprints_are_equal_wherever_the_files_lie(tmp_path: Path) -> None:
    """In another folder, with other times and rights, reached through a link."""
    shutil.copytree(WORK, tmp_path / "elsewhere é" / "work", copy_function=shutil.copyfile)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere é" / "work")
    for path in (tmp_path / "link").rglob("*.*"):
        path.chmod(0o600)
    assert golden() == probed(sys.executable, tmp_path / "link", {"PYTHONHASHSEED": "7"})


def test_fingerprints_are_equal_in_every_python_at_hand() -> None:
    """DIDGEN_PYTHONS names them, as in a search path; each needs pydantic, PyYAML, Jinja2 and click."""
    found = pythons([])
    if not found:
        pytest.skip("DIDGEN_PYTHONS names no other Python")
    for python in found.values():
        assert golden() == probed(python, WORK, SURROUNDINGS[2])
