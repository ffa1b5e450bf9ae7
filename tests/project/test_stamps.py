"""Stamps of files: what is trusted unread, what is read again, and that no edit is ever taken for none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didgen.digest import sha256_bytes
from didgen.project import stamps
from didgen.project.files import FileProblem, Files
from didgen.project.stamps import MISSING, Packed, pack, renewed, unpack


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every file were older than what is too young to be trusted."""
    monkeypatch.setattr(stamps, "RACY_NS", 0)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a" / "photo.jpg"
    path.parent.mkdir()
    path.write_bytes(b"picture")
    return path


def stamped(path: Path) -> Packed:
    """What a walk keeps of one file."""
    files = Files(path.parent)
    files.digest(path)
    return pack(files.seen())


def edit_in_place(path: Path, data: bytes) -> None:
    """The same inode, the same size, and the modification time it had."""
    before = path.stat()
    with open(path, "r+b") as file:
        file.write(data)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_by_another(path: Path, data: bytes) -> None:
    """As an editor saves: another file is renamed over it; the size and both times of its content are the same."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(data)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(other, path)


EDITS: list[Callable[[Path, bytes], None]] = [edit_in_place, replace_by_another]


def test_packed_stamps_come_back(tmp_path: Path, photo: Path) -> None:
    """All members of each, in the order of the files; of none too."""
    files = Files(tmp_path)
    files.digest(photo)
    files.note_missing(tmp_path / "gone")
    assert files.seen() == unpack(pack(files.seen()))
    assert {} == unpack(pack({}))


@pytest.mark.usefixtures("later")
def test_what_looks_the_same_is_not_read(photo: Path) -> None:
    """Nothing is read, and the very same stamps come back."""
    packed = stamped(photo)
    with patch("os.read", side_effect=AssertionError("a file was read")):
        assert renewed(photo.parent, packed) is packed


@pytest.mark.usefixtures("later")
@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_is_seen_though_size_and_time_are_what_they_were(
    photo: Path, edit: Callable[[Path, bytes], None]
) -> None:
    """Nobody can set the change time back."""
    packed = stamped(photo)
    edit(photo, b"PICTURE")
    assert renewed(photo.parent, packed) is None


@pytest.mark.parametrize("edit", EDITS)
def test_a_young_file_is_never_trusted_by_its_look(photo: Path, edit: Callable[[Path, bytes], None]) -> None:
    """Within two seconds of a change even all times may be what they were: then only the content counts. Here a clock
    stands still, as one of coarse grain does."""
    clock = photo.stat()

    def still(path: object, **more: object) -> os.stat_result:
        found = list(real(path, **more))  # type: ignore[call-overload]
        look = {"st_mtime_ns": clock.st_mtime_ns, "st_ctime_ns": clock.st_ctime_ns, "st_atime_ns": 0}
        return os.stat_result([*found[:1], clock.st_ino, *found[2:]], look)

    real = os.stat
    with patch("os.stat", still), patch("os.fstat", still):
        packed = stamped(photo)
        assert [stamps.UNTRUSTED] == packed["mtimes"]
        assert renewed(photo.parent, packed) is not None
        edit(photo, b"PICTURE")
        assert renewed(photo.parent, packed) is None
        (name,) = packed["names"]
        assert sha256_bytes(b"PICTURE") == Files(photo.parent, unpack(packed)).digest(photo.parent / name)


@pytest.mark.usefixtures("later")
def test_a_fresh_checkout_is_read_once(photo: Path) -> None:
    """Other times and inodes with the same bytes are no change, and the looks of today are trusted from then on."""
    packed = stamped(photo)
    photo.unlink()
    photo.write_bytes(b"picture")
    anew = renewed(photo.parent, packed)
    assert anew is not None
    assert anew != packed
    assert stamped(photo) == anew
    assert renewed(photo.parent, anew) is anew
    photo.write_bytes(b"Picture")
    assert renewed(photo.parent, anew) is None


def test_a_young_file_of_a_fresh_checkout_stays_untrusted(photo: Path) -> None:
    """Reading it again makes it no older, and nothing is written down for it."""
    packed = stamped(photo)
    assert [stamps.UNTRUSTED] == packed["mtimes"]
    assert renewed(photo.parent, packed) is packed


def test_what_was_missing_is_remembered(tmp_path: Path) -> None:
    """A file looked for in vain is an input too: when it appears, something has changed."""
    files = Files(tmp_path)
    with pytest.raises(FileProblem, match=r"late\.md does not exist"):
        files.read(tmp_path / "late.md")
    assert {"late.md": MISSING} == files.seen()
    packed = pack(files.seen())
    assert packed is renewed(tmp_path, packed)
    (tmp_path / "late.md").write_text("here")
    assert renewed(tmp_path, packed) is None


@pytest.mark.parametrize("become", [Path.unlink, lambda path: (path.unlink(), path.mkdir())])
def test_a_file_that_is_gone_is_a_change(photo: Path, become: Callable[[Path], object]) -> None:
    """Also when a folder has its name."""
    packed = stamped(photo)
    become(photo)
    assert renewed(photo.parent, packed) is None


def test_a_file_that_cannot_be_read_is_a_change(photo: Path) -> None:
    """The long way says what is wrong with it."""
    packed = stamped(photo)
    with patch("os.read", side_effect=PermissionError):
        assert renewed(photo.parent, packed) is None


def test_a_file_that_is_being_written_is_a_change(photo: Path) -> None:
    """It is looked at before and after it is read."""
    packed = stamped(photo)
    read = os.read

    def read_and_touch(handle: int, size: int) -> bytes:
        data = read(handle, size)
        os.utime(photo, (1, 1))
        return data

    with patch("os.read", read_and_touch):
        assert renewed(photo.parent, packed) is None


def test_a_large_file_is_read_to_its_end(photo: Path) -> None:
    """More than one chunk."""
    photo.write_bytes(b"x" * 3_000_000)
    packed = stamped(photo)
    assert renewed(photo.parent, packed) is not None
    photo.write_bytes(b"x" * 2_999_999 + b"y")
    assert renewed(photo.parent, packed) is None


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in place", "replaced", "touched", "as it was", "looked at"]),
        st.sampled_from([b"one", b"two", b"six", b"seven"]),
    ),
    min_size=1,
    max_size=6,
)


@given(STEPS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_a_file_its_content_decides(tmp_path: Path, steps: list[tuple[str, bytes]]) -> None:
    """Edits within a moment, times set back or forth, the old content again: unchanged if and only if the bytes are."""
    path = tmp_path / "script.txt"
    path.write_bytes(b"one")
    kept, known = stamped(path), b"one"
    for how, data in steps:
        if how == "in place" and len(data) == path.stat().st_size:
            edit_in_place(path, data)
        elif how == "replaced":
            replace_by_another(path, data)
        elif how == "touched":
            os.utime(path, (1, 1))
        elif how == "as it was":
            path.write_bytes(known)
        elif (now := renewed(tmp_path, kept)) is not None:
            kept = now
        else:
            kept, known = stamped(path), path.read_bytes()
        assert (path.read_bytes() == known) == (renewed(tmp_path, kept) is not None)
