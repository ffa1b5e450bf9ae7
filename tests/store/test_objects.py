"""Objects and whole files: never half, never changed, never linked."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.digest import sha256_bytes
from didgen.errors import StorageError
from didgen.store.objects import DamagedObjectError, InputChangedError, Objects
from didgen.store.whole import MARK, beside, sweep, sweep_here, sync_folder, write_whole


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return Objects(tmp_path / ".didgen")


def put(objects: Objects, data: bytes) -> str:
    """Store bytes; their digest."""
    digest = sha256_bytes(data)
    objects.receive(digest, [data])
    return digest


def test_an_object_lies_under_its_digest_read_only(objects: Objects, tmp_path: Path) -> None:
    """Two letters to the folder."""
    (tmp_path / "in").write_bytes(b"video")
    digest = objects.put_file(tmp_path / "in")
    assert sha256_bytes(b"video") == digest
    path = objects.path(digest)
    assert f"objects/{digest[:2]}/{digest[2:]}" in str(path)
    assert 0o444 == stat.S_IMODE(path.stat().st_mode)
    assert 5 == objects.size(digest)
    assert -1 == objects.size("0" * 64)


def test_delivery_is_a_copy(objects: Objects, tmp_path: Path) -> None:
    """Editing what was delivered leaves the object alone."""
    digest = put(objects, b"video")
    to = tmp_path / "output" / "a.mp4"
    objects.deliver(digest, to)
    assert b"video" == to.read_bytes()
    assert 1 == to.stat().st_nlink
    to.write_bytes(b"other")
    assert b"video" == objects.path(digest).read_bytes()


@pytest.mark.parametrize("length", range(6))
def test_a_damaged_object_is_not_delivered(objects: Objects, tmp_path: Path, length: int) -> None:
    """Cut at every length, or with one byte flipped: set aside, and what was delivered before stays."""
    digest = put(objects, b"video")
    to = tmp_path / "a.mp4"
    to.write_bytes(b"former")
    objects.path(digest).chmod(0o644)
    objects.path(digest).write_bytes(b"video"[:length] if length < 5 else b"vidEo")
    with pytest.raises(DamagedObjectError, match="damaged"):
        objects.deliver(digest, to)
    assert b"former" == to.read_bytes()
    assert -1 == objects.size(digest)
    assert (objects.quarantine / digest).exists()
    assert [] == list(tmp_path.glob(f"{MARK}*"))


def test_files_of_one_name_are_stored_at_once(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread stores its film.mp4 while ours is on its way: each digest has its own bytes."""
    ours, theirs = tmp_path / "ours" / "film.mp4", tmp_path / "theirs" / "film.mp4"
    for path in (ours, theirs):
        path.parent.mkdir()
        path.write_bytes(path.parent.name.encode())
    meanwhile = [theirs]

    def synced(folder: Path) -> None:
        if meanwhile:
            objects.put_file(meanwhile.pop())
        sync_folder(folder)

    monkeypatch.setattr("didgen.store.objects.sync_folder", synced)
    monkeypatch.setattr("didgen.store.whole.sync_folder", synced)
    assert sha256_bytes(b"ours") == objects.put_file(ours)
    for data in (b"ours", b"theirs"):
        assert data == objects.check(sha256_bytes(data)).read_bytes()
    assert [] == list(objects.temporary.iterdir())


def test_damage_that_two_find_at_once_is_damage_to_both(
    objects: Objects, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has set it aside between our look and our reading, or before we do."""
    digest = put(objects, b"video")
    objects.set_aside(objects.path(digest), digest)
    objects.set_aside(objects.path(digest), digest)
    assert b"video" == (objects.quarantine / digest).read_bytes()
    monkeypatch.setattr(objects, "size", lambda _: 5)
    with pytest.raises(DamagedObjectError, match="missing"):
        objects.deliver(digest, tmp_path / "a.mp4")
    with pytest.raises(DamagedObjectError, match="missing"):
        objects.check(digest)


def test_a_missing_object_says_so(objects: Objects, tmp_path: Path) -> None:
    """A delivery of nothing makes nothing."""
    with pytest.raises(DamagedObjectError, match="missing"):
        objects.deliver("0" * 64, tmp_path / "a.mp4")
    assert not (tmp_path / "a.mp4").exists()


def test_a_snapshot_is_what_was_planned_or_an_error(objects: Objects, tmp_path: Path) -> None:
    """The copy keeps the name of the file; one that was edited or removed meanwhile is refused."""
    photo = tmp_path / "anna.jpg"
    photo.write_bytes(b"picture")
    into = tmp_path / "copies"
    copy = objects.snapshot(photo, sha256_bytes(b"picture"), into)
    assert ("anna.jpg", b"picture") == (copy.name, copy.read_bytes())
    photo.write_bytes(b"edited!")
    with pytest.raises(InputChangedError, match=r"anna\.jpg changed while building"):
        objects.snapshot(photo, sha256_bytes(b"picture"), into)
    photo.unlink()
    with pytest.raises(InputChangedError, match=r"anna\.jpg has gone while building"):
        objects.snapshot(photo, sha256_bytes(b"picture"), into)


def test_a_block_that_fails_leaves_the_former_file(tmp_path: Path) -> None:
    """An error in the middle of writing changes nothing and leaves nothing."""
    to = tmp_path / "file"
    write_whole(to, b"former")

    def write_half() -> None:
        with beside(to) as file:
            file.write(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert [b"former"] == [path.read_bytes() for path in tmp_path.iterdir()]


def test_a_killed_writer_leaves_only_what_is_swept(objects: Objects, tmp_path: Path) -> None:
    """kill -9 between write and rename: no object is visible, and the next build removes the rest."""
    code = (
        "import os, sys\nfrom pathlib import Path\nfrom didgen.store.whole import beside\n"
        "with beside(Path(sys.argv[1])) as file:\n"
        "    file.write(b'half')\n    file.flush()\n    os.kill(os.getpid(), 9)\n"
    )
    to = tmp_path / "output" / "a.mp4"
    result = subprocess.run([sys.executable, "-c", code, str(to)], check=False)
    assert -9 == result.returncode
    assert not to.exists()
    assert 1 == sweep(tmp_path / "output")
    assert [] == list(to.parent.iterdir())
    (objects.temporary / "leftover").write_bytes(b"x")
    (tmp_path / ".didgen" / f"{MARK}99999999-abc").write_bytes(b"x")
    objects.clear()
    assert [] == list(objects.temporary.iterdir())
    assert [] == list((tmp_path / ".didgen").glob(f"{MARK}*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 64 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a small file system, which takes root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_full_disk_is_one_sentence(small_disk: Path) -> None:
    """What was there stays, nothing half is left, and the error says what to do."""
    write_whole(small_disk / "video.mp4", b"former")
    with pytest.raises(StorageError, match=r"disk full: cannot write .*video\.mp4 \(free some space"):
        write_whole(small_disk / "video.mp4", bytes(100_000))
    assert [b"former"] == [path.read_bytes() for path in small_disk.iterdir()]


def test_a_quota_is_like_a_full_disk(tmp_path: Path) -> None:
    """The kernel's own refusal, here by a limit on the size of a process's files."""
    code = (
        "import resource, sys\nfrom pathlib import Path\nfrom didgen.store.whole import write_whole\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "write_whole(Path(sys.argv[1]), bytes(2000))\n"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "a.mp4")], capture_output=True, text=True, check=False
    )
    assert "StorageError: disk full: cannot write" in shown.stderr
    assert [] == list(tmp_path.iterdir())


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_one_sentence(tmp_path: Path) -> None:
    """Named with what to look at."""
    tmp_path.chmod(0o555)
    with pytest.raises(StorageError, match="check who owns the folder"):
        write_whole(tmp_path / "a", b"x")


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    """A file where a folder has to be."""
    (tmp_path / "output").write_bytes(b"")
    with pytest.raises(StorageError, match=r"cannot write .*a\.mp4"):
        write_whole(tmp_path / "output" / "a.mp4", b"x")


def test_what_a_living_process_is_writing_stays(tmp_path: Path) -> None:
    """Builds that start at once write into the folder before one of them holds the lock."""
    living, own, dead = (tmp_path / f"{MARK}{pid}-ab" for pid in (os.getppid(), os.getpid(), 99999999))
    for path in (living, own, dead):
        path.write_bytes(b"x")
    sweep_here(tmp_path)
    assert [living] == sorted(tmp_path.iterdir())
