"""Files of a workspace: stamps, the no-op check, and what may not be read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from didgen.digest import sha256_bytes
from didgen.project.files import MISSING, FileProblem, Files, Stamp, unchanged


def old(path: Path, seconds: float = 100.0) -> None:
    """Set a file's time back, so that its stamp is not racy."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a" / "photo.jpg"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    old(path)
    return path


def test_reading_gives_bytes_digest_and_stamp(tmp_path: Path, photo: Path) -> None:
    """A file read is remembered by its path below the root, with size, time, inode and digest."""
    files = Files(tmp_path)
    assert b"picture" == files.read(photo)
    stat = photo.stat()
    stamp = Stamp(7, stat.st_mtime_ns, stat.st_ino, sha256_bytes(b"picture"))
    assert {"a/photo.jpg": stamp} == files.seen()
    assert stamp.digest == files.digest(photo)


def test_a_link_that_leads_elsewhere_is_noticed(tmp_path: Path, photo: Path) -> None:
    """Of the file or of a folder above it: nothing of what was read has changed then, and yet another file is meant."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "photo.jpg").write_bytes(b"another")
    (tmp_path / "face.jpg").symlink_to("a/photo.jpg")
    (tmp_path / "faces").symlink_to("a")
    for name, link in (("face.jpg", "face.jpg"), ("faces/photo.jpg", "faces")):
        files = Files(tmp_path)
        files.digest(files.locate(name, tmp_path))
        assert {"a/photo.jpg", name} == set(files.stamps())
        assert {"a/photo.jpg"} == set(files.seen())
        assert unchanged(tmp_path, files.stamps())
        (tmp_path / "next").symlink_to("b/photo.jpg" if link == "face.jpg" else "b")
        (tmp_path / "next").rename(tmp_path / link)
        assert unchanged(tmp_path, files.seen())
        assert not unchanged(tmp_path, files.stamps())


def test_what_cannot_be_read_is_remembered_as_it_was(tmp_path: Path) -> None:
    """A folder where a file should be, a text too large, a link out of the workspace: each may be mended."""
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "large.md").write_bytes(b"x" * 5_000_001)
    (tmp_path / "out.md").symlink_to("/etc/hostname")
    files = Files(tmp_path)
    for name in ("folder.jpg", "large.md", "out.md", "none.md"):
        with pytest.raises(FileProblem):
            files.read(files.locate(name, tmp_path))
    stamps = files.looked_at()
    assert {"folder.jpg", "large.md", "out.md", "none.md"} == set(stamps)
    assert {""} == {stamp.digest for stamp in stamps.values()}
    assert (5_000_001, -1) == (stamps["large.md"].size, stamps["none.md"].size)


def test_a_known_stamp_spares_the_reading(tmp_path: Path, photo: Path) -> None:
    """When size, time and inode agree, the digest of the stamp is taken; the file is not opened."""
    stat = photo.stat()
    files = Files(tmp_path, {"a/photo.jpg": Stamp(7, stat.st_mtime_ns, stat.st_ino, "trusted")})
    assert "trusted" == files.digest(photo)


def test_another_inode_is_read_again(tmp_path: Path, photo: Path) -> None:
    """A file replaced by one of equal size and time is not taken for the old one."""
    stat = photo.stat()
    files = Files(tmp_path, {"a/photo.jpg": Stamp(7, stat.st_mtime_ns, stat.st_ino + 1, "trusted")})
    assert sha256_bytes(b"picture") == files.digest(photo)


def test_a_young_file_is_never_trusted_by_its_time(tmp_path: Path) -> None:
    """A file changed within two seconds of its stamp may change again unseen: only its digest counts."""
    path = tmp_path / "new.txt"
    path.write_bytes(b"one")
    files = Files(tmp_path)
    files.digest(path)
    seen = files.seen()
    assert -1 == seen["new.txt"].mtime_ns
    stat = path.stat()
    path.write_bytes(b"two")
    os.utime(path, ns=(stat.st_mtime_ns, stat.st_mtime_ns))
    assert not unchanged(tmp_path, seen)
    assert sha256_bytes(b"two") == Files(tmp_path, seen).digest(path)


def test_unchanged_after_a_fresh_checkout(tmp_path: Path, photo: Path) -> None:
    """Other times and inodes with the same bytes count as unchanged; one other byte does not."""
    files = Files(tmp_path)
    files.digest(photo)
    seen = files.seen()
    assert unchanged(tmp_path, seen)
    photo.unlink()
    photo.write_bytes(b"picture")
    assert unchanged(tmp_path, seen)
    photo.write_bytes(b"Picture")
    assert not unchanged(tmp_path, seen)


def test_what_was_missing_is_remembered(tmp_path: Path) -> None:
    """A file looked for in vain is an input too: when it appears, something has changed."""
    files = Files(tmp_path)
    with pytest.raises(FileProblem, match=r"late\.md does not exist"):
        files.read(tmp_path / "late.md")
    assert {"late.md": MISSING} == files.seen()
    assert unchanged(tmp_path, files.seen())
    (tmp_path / "late.md").write_text("here")
    assert not unchanged(tmp_path, files.seen())


def test_a_deleted_file_is_a_change(tmp_path: Path, photo: Path) -> None:
    """A file that is gone is not unchanged."""
    files = Files(tmp_path)
    files.digest(photo)
    photo.unlink()
    assert not unchanged(tmp_path, files.seen())


@pytest.mark.parametrize("name", ["/etc/passwd", "~/x", "../x", "a/../../x", "C:\\x", "", "a\0b"])
def test_names_outside_are_refused(tmp_path: Path, name: str) -> None:
    """Absolute names and names that lead out of the workspace are refused before anything is opened."""
    with pytest.raises(FileProblem):
        Files(tmp_path).locate(name, tmp_path)


def test_names_start_from_the_naming_files_folder(tmp_path: Path, photo: Path) -> None:
    """`..` is fine as long as it stays inside."""
    assert photo == Files(tmp_path).locate("../a/photo.jpg", tmp_path / "b")


def test_symlinks_may_not_lead_out(tmp_path: Path) -> None:
    """A link to a file outside, and a linked folder outside, are refused; a link inside is followed."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("s")
    root = tmp_path / "root"
    root.mkdir()
    (root / "real").write_text("r")
    (root / "file").symlink_to(outside / "secret")
    (root / "folder").symlink_to(outside)
    (root / "inside").symlink_to("real")
    files = Files(root)
    for name in ("file", "folder/secret"):
        with pytest.raises(FileProblem, match="leads out of the workspace"):
            files.locate(name, root)
    assert b"r" == files.read(files.locate("inside", root))


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    """A folder is refused, and so is a pipe, without waiting for somebody to write into it."""
    os.mkfifo(tmp_path / "pipe")
    files = Files(tmp_path)
    with pytest.raises(FileProblem, match="is a folder"):
        files.digest(tmp_path)
    with pytest.raises(FileProblem, match="a pipe or a device"):
        files.read(tmp_path / "pipe")


def test_a_text_has_a_size(tmp_path: Path) -> None:
    """A video named as a script is not read into memory; as an input it is fine."""
    (tmp_path / "big").touch()
    os.truncate(tmp_path / "big", 6_000_000)
    files = Files(tmp_path)
    with pytest.raises(FileProblem, match="big is larger than 5 MB"):
        files.read(tmp_path / "big")
    assert files.digest(tmp_path / "big")


def test_a_file_being_written_is_not_taken(tmp_path: Path, photo: Path) -> None:
    """A file that changes each time it is read is named, not hashed half."""
    files = Files(tmp_path)

    def read_and_grow(path: str) -> bytes:
        with open(path, "ab") as f:
            f.write(b"+")
        return b""

    with pytest.raises(FileProblem, match="still being written"):
        files._steady(photo, "a/photo.jpg", read_and_grow)


def test_the_no_op_path_is_light() -> None:
    """Files and workspace import neither YAML nor pydantic nor anything else that is slow to import."""
    code = "import didgen.project.files, didgen.project.workspace, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"yaml", "pydantic", "jinja2", "asyncio", "numpy", "httpx", "difflib", "subprocess"}
    assert set() == heavy & set(done.stdout.split())
