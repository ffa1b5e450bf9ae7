"""The page as files: what is written, what is left alone, and how the command says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from didgen.errors import StorageError, UsageError
from didgen.page.board import Board, Card, Clip
from didgen.page.export import export
from tests import fakes

ROOT = Path(__file__).parents[2]


@pytest.fixture
def board(tmp_path: Path) -> Board:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    board = Board("films")
    board.show([Card("p/a", "p", clip=Clip(tmp_path / "a", 1.0)), Card("p/b", "p", clip=Clip(tmp_path / "b", 1.0))])
    return board


def media(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (folder / "page/media").iterdir())


def test_an_export_is_replaced_by_the_next_and_keeps_nothing_old(board: Board, tmp_path: Path) -> None:
    export(board, tmp_path / "out")
    assert [b"a", b"b"] == media(tmp_path / "out")
    assert str(tmp_path) not in (tmp_path / "out/index.html").read_text()
    board.show([Card("p/b", "p", clip=Clip(tmp_path / "b", 1.0))])
    export(board, tmp_path / "out")
    assert [b"b"] == media(tmp_path / "out")


def test_a_folder_of_somebody_elses_is_left_alone(board: Board, tmp_path: Path) -> None:
    theirs = tmp_path / "out"
    theirs.mkdir()
    (theirs / "index.html").write_text("<p>mine</p>")
    with pytest.raises(UsageError, match="holds something else"):
        export(board, theirs)
    assert ["index.html"] == os.listdir(theirs)


def test_a_place_that_cannot_be_written_is_said(board: Board, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file"):
        export(board, tmp_path / "file" / "out")


def test_the_command_writes_a_page_of_what_is_not_built_yet(tmp_path: Path) -> None:
    """Nothing is rendered for it."""
    home = tmp_path / "work/projects/hello"
    home.mkdir(parents=True)
    (home / "anna.jpg").write_bytes(fakes.photo())
    (home / "project.yaml").write_text(
        "didgen: 1\nname: hello\ndefaults: {source: anna.jpg}\nscenes: [{id: one, script: Good morning.}]\n"
    )
    command = [
        sys.executable,
        "-m",
        "didgen",
        "preview",
        "-C",
        str(tmp_path / "work"),
        "--export",
        str(tmp_path / "out"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (0, f"wrote {tmp_path / 'out/index.html'}\n") == (done.returncode, done.stdout), done.stderr
    page = (tmp_path / "out/index.html").read_text()
    assert '"state":"stale"' in page
    assert "Good morning." in page
