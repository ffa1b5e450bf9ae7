"""The server's file, where it cannot be used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from didgen.errors import StorageError
from didgen.serve.ledger.database import Database


def folder(path: Path) -> None:
    path.mkdir()


def noise(path: Path) -> None:
    path.write_bytes(b"no database" * 1000)


def no_place(path: Path) -> None:
    path.parent.rmdir()


@pytest.mark.parametrize("make", [folder, noise, no_place])
def test_a_file_that_is_none_of_ours_is_one_clear_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """It names the file, and what is there stays."""
    path = tmp_path / "served" / "server.db"
    path.parent.mkdir()
    make(path)
    with pytest.raises(StorageError, match=r"cannot use .*server\.db"):
        Database(path)
    assert path.exists() == (make is not no_place)
