"""Files of a workspace: read once, known by their stamps, and what may not be read."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from didgen.digest import sha256_bytes
from didgen.project import stamps
from didgen.project.files import FileProblem, Files
from didgen.project.stamps import Stamp, look_of, pack, renewed


@pytest.fixture(autouse=True)
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every file were older than what is too young to be trusted."""
    monkeypatch.setattr(stamps, "RACY_NS", 0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a" / "photo.jpg"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    return path


def test_reading_gives_bytes_digest_and_stamp(tmp_path: Path, photo: Path) -> None:
    """A file read is remembered by its path below the root, with size, times, inode and digest."""
    files = Files(tmp_path)
    assert b"picture" == files.read(photo)
    stamp = Stamp(*look_of(photo.stat()), sha256_bytes(b"picture"))
    assert {"a/photo.jpg": stamp} == files.seen()
    assert stamp.digest == files.digest(photo)


def test_what_an_earlier_walk_read_is_not_read_again(tmp_path: Path, photo: Path) -> None:
    """While it looks as it did; also a file of the same size, with its time set back, is another."""
    first = Files(tmp_path)
    first.read(photo)
    held = {"a/photo.jpg": (first.seen()["a/photo.jpg"], b"told apart")}
    assert {"a/photo.jpg": (first.seen()["a/photo.jpg"], b"picture")} == first.stamped_texts()
    second = Files(tmp_path, texts=held)
    assert b"told apart" == second.read(photo)
    assert (first.seen(), held) == (second.seen(), second.stamped_texts())
    before = photo.stat()
    photo.write_bytes(b"PICTURE")
    os.utime(photo, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert b"PICTURE" == Files(tmp_path, texts=held).read(photo)
    photo.unlink()
    with pytest.raises(FileProblem, match="does not exist"):
        Files(tmp_path, texts=held).read(photo)


def test_what_was_too_young_to_be_trusted_is_read_again(
    tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have changed since within the grain of its timestamps."""
    monkeypatch.setattr(stamps, "RACY_NS", 10**18)
    first = Files(tmp_path)
    first.read(photo)
    held = {"a/photo.jpg": (first.seen()["a/photo.jpg"], b"told apart")}
    assert b"picture" == Files(tmp_path, texts=held).read(photo)


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
        assert renewed(tmp_path, pack(files.stamps())) is not None
        (tmp_path / "next").symlink_to("b/photo.jpg" if link == "face.jpg" else "b")
        (tmp_path / "next").rename(tmp_path / link)
        assert renewed(tmp_path, pack(files.seen())) is not None
        assert renewed(tmp_path, pack(files.stamps())) is None


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
    """When size, times and inode agree, the digest of the stamp is taken; the file is not opened."""
    files = Files(tmp_path, {"a/photo.jpg": Stamp(*look_of(photo.stat()), "trusted")})
    assert "trusted" == files.digest(photo)


@pytest.mark.parametrize("member", ["size", "mtime_ns", "ctime_ns", "inode"])
def test_another_look_is_read_again(tmp_path: Path, photo: Path, member: str) -> None:
    """Each member of the look counts: a file of equal size and times under another inode is not taken for the old."""
    stamp = Stamp(*look_of(photo.stat()), "trusted")
    files = Files(tmp_path, {"a/photo.jpg": _but(stamp, member)})
    assert sha256_bytes(b"picture") == files.digest(photo)


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


def test_a_new_file_is_looked_at_twice(tmp_path: Path, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When it is found, which also tells a link, and after it was read; what comes between is a change."""
    looks: list[str] = []

    def heard(name: str, look: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def seen(path: object, **more: object) -> os.stat_result:
            looks.extend([name] if path == str(photo) else [])
            return look(path, **more)

        return seen

    files = Files(tmp_path)
    with monkeypatch.context() as patch:
        for name in ("stat", "lstat"):
            patch.setattr(os, name, heard(name, getattr(os, name)))
        assert b"picture" == files.read(files.find("photo.jpg", str(photo.parent)))
    assert ["lstat", "stat"] == looks
    files = Files(tmp_path)
    found = files.locate("photo.jpg", photo.parent)
    photo.write_bytes(b"another")
    os.utime(photo, ns=(1, 1))
    assert sha256_bytes(b"another") == files.digest(found)
    assert (7, 1) == (files.seen()["a/photo.jpg"].size, files.seen()["a/photo.jpg"].mtime_ns)


def test_the_no_op_path_is_light() -> None:
    """The short cut imports neither YAML nor pydantic nor anything else that is slow to import."""
    code = "import didgen.walk.shortcut, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"yaml", "pydantic", "jinja2", "asyncio", "numpy", "httpx", "difflib", "subprocess"}
    assert set() == heavy & set(done.stdout.split())


def test_a_build_with_nothing_to_do_imports_next_to_nothing() -> None:
    """The lightest part loads none of the modules that take longer than looking at a thousand scenes."""
    code = "import didgen.walk.untouched, didgen.cli.atonce, didgen.cli.told, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set() == {"dataclasses", "inspect", "pathlib", "typing", "didgen.errors"} & set(done.stdout.split())


def _but(stamp: Stamp, member: str) -> Stamp:
    """A stamp of which one member is another."""
    members = ("size", "mtime_ns", "ctime_ns", "inode")
    return Stamp(*(getattr(stamp, one) + (one == member) for one in members), stamp.digest)
