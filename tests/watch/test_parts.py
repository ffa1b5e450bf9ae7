"""What a watch decides by itself: what differs, when it has settled, who tells of nothing, and how it looks."""

from __future__ import annotations

import os
import platform
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from didgen.api.job import Event
from didgen.cli.watch import ended_by
from didgen.cli.watching import Scenery
from didgen.errors import Place, Problem, ProjectError
from didgen.garbage import give_back
from didgen.project.files import Files
from didgen.walk.shortcut import Target
from didgen.watch.doorbell import Doorbell
from didgen.watch.inputs import Inputs, Projects, folders_of
from didgen.watch.mounts import read_mountinfo, silent
from didgen.watch.told import Changed, Heard, Mended, Notice, Watching, Wrong
from didgen.watch.waiting import Ear, Settle, git_lock

MOUNTS = r"""
22 27 0:21 / / rw,relatime - ext4 /dev/root rw
23 22 0:22 / /media/my\040films rw shared:1 - fuse.sshfs anna@there: rw
24 22 0:23 / /mnt/c rw - 9p C: rw
25 24 0:24 / /mnt/c/fast rw master:2 - ext4 /dev/sdb rw
26 22 0:25 / /mnt/usb rw - fuseblk /dev/sdc rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/home/anna", ""),
        ("/media/my films/one", "fuse.sshfs"),
        ("/media/my films too", ""),
        ("/mnt/c/work", "9p"),
        ("/mnt/c/fast/work", ""),
        ("/mnt/usb", ""),
    ],
)
def test_file_systems_that_tell_of_no_changes_are_known(folder: str, kind: str) -> None:
    """By the mount that is nearest, also where its name has a blank; a disk of another system's format tells."""
    assert kind == silent([folder], MOUNTS)
    assert "" == silent([folder], "")


def test_the_mounts_of_this_machine_can_be_read() -> None:
    """And tell of the folder that processes are in."""
    assert "/proc" in read_mountinfo() or not Path("/proc/self/mountinfo").exists()


def inputs(root: Path, *names: str) -> Inputs:
    files = Files(root)
    for name in names:
        if (root / name).exists():
            files.read(root / name)
        else:
            files.note_missing(root / name)
    return Inputs(root, files.looked_at())


def test_what_differs_are_the_bytes(tmp_path: Path) -> None:
    """Not the time; a file that comes, goes, or is replaced by an equal one is judged by what is in it."""
    for name in ("same", "touched", "equal", "edited", "gone"):
        (tmp_path / name).write_text(name)
    found = inputs(tmp_path, "same", "touched", "equal", "edited", "gone", "missing", "comes")
    assert [] == found.changed()
    os.utime(tmp_path / "touched")
    (tmp_path / "beside").write_text("equal")
    os.replace(tmp_path / "beside", tmp_path / "equal")
    (tmp_path / "edited").write_text("edites")
    (tmp_path / "comes").write_text("")
    (tmp_path / "gone").unlink()
    assert {"edited", "comes", "gone"} == set(found.changed())


def test_folders_are_watched_up_to_the_root_and_no_others(tmp_path: Path) -> None:
    """Those that exist: one that is missing is seen to come in the folder above it."""
    for name in ("projects/one/texts", "projects/two", "shared/deep", "other", "projects/one/.git"):
        (tmp_path / name).mkdir(parents=True)
    names = ("projects/one/project.yaml", "projects/one/texts/a.md", "shared/deep/b.md", "none/c.md")
    expected = ("", "projects", "projects/one", "projects/two", "projects/one/texts", "shared", "shared/deep")
    assert {str(tmp_path / name) for name in expected} == folders_of(tmp_path, names)


def test_a_change_has_settled_when_nothing_happens_and_nothing_is_torn(tmp_path: Path) -> None:
    """An emptied file is waited for a little longer, and git as long as it holds its index."""
    (tmp_path / "a").write_text("text")
    projects = Projects(tmp_path)
    projects.of(Target(tmp_path / "a")).inputs = inputs(tmp_path, "a")
    ear = Ear(Settle(quiet_s=0.05, torn_s=0.4, git_s=5), tmp_path / "index.lock")
    assert not ear.await_quiet(projects)
    (tmp_path / "a").write_text("")
    began = time.monotonic()
    ear.await_quiet(projects)
    assert time.monotonic() - began >= 0.4
    (tmp_path / "a").write_text("more")
    (tmp_path / "index.lock").touch()
    threading.Timer(0.3, (tmp_path / "index.lock").unlink).start()
    ear.await_quiet(projects)
    assert not (tmp_path / "index.lock").exists()


def test_ctrl_c_that_strikes_a_finalizer_still_ends_a_watch(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a finalizer raises goes nowhere: it was one of asyncio's loops, and the watch went on for ever."""

    class Ended:
        def __del__(self) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)

    lost: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lost.append)
    ear, before = Ear(), {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    ended_by(ear.stop)
    try:
        Ended()
        assert lost
        with pytest.raises(KeyboardInterrupt):
            ear.hear(30)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_lock_of_git_is_found(tmp_path: Path) -> None:
    """Of a repository around the workspace, and of a linked work tree; outside of any there is none."""
    root = tmp_path / "repository" / "films"
    root.mkdir(parents=True)
    (root.parent / ".git").mkdir()
    assert root.parent / ".git" / "index.lock" == git_lock(root)
    (root / ".git").write_text("gitdir: /there/.git/worktrees/films\n")
    assert Path("/there/.git/worktrees/films/index.lock") == git_lock(root)


def test_a_folder_made_anew_is_watched_anew(tmp_path: Path) -> None:
    """Its watch went with it; who is asked again to listen sees by its inode that it is another one."""
    heard = threading.Event()
    bell = Doorbell(heard.set, pytest.fail)
    folder = tmp_path / "folder"
    try:
        for _ in range(2):
            folder.mkdir()
            bell.listen([str(tmp_path), str(folder)])
            assert heard.wait(20)
            time.sleep(0.3)
            heard.clear()
            (folder / "file").write_text("text")
            assert heard.wait(20)
            folder.rename(tmp_path / f"old-{time.time()}")
    finally:
        bell.close()


def test_the_terminal_shows_what_is_wrong_until_it_is_mended() -> None:
    """And what changed, what is made and how far it is; never more lines than there is room for."""
    scenery = Scenery()
    scenery.put(Watching(1, 40, 3), 0.0)
    scenery.put(Changed(("a.md", "b.md", "c.md", "d.md")), 1.0)
    for k in range(40):
        scenery.put(Heard(f"film/s{k}", Event("running", "frames", k, 80)), 2.0)
    scenery.put(Heard("film/s1", Event("done")), 4.5)
    scenery.put(Heard("film/s2", Event("failed", message="no face was found")), 5.0)
    lines = scenery.lines(6.0, 24)
    assert 24 >= len(lines)
    assert "  didgen watch · 1 project, 40 scenes (Ctrl-C ends it)" == lines[0]
    assert any("a.md, b.md, c.md and 1 more" in line for line in lines)
    assert any(line.startswith("▸ film/s0  rendering 0/80, 4 s") for line in lines)
    whole = scenery.lines(6.0, 80)
    assert "✓ film/s1  in 2.5 s" in whole
    assert "✗ film/s2  no face was found" in whole
    error = ProjectError([Problem("unknown key", Place("p.yaml", 3, 5))])
    scenery.put(Wrong("p.yaml", error), 7.0)
    assert "✗ p.yaml:3:5: unknown key" in scenery.lines(8.0, 24)
    scenery.put(Mended("p.yaml"), 9.0)
    assert not any("p.yaml" in line for line in scenery.lines(9.0, 24))
    scenery.put(Notice("another build is running"), 9.0)
    assert "  another build is running" in scenery.lines(9.0, 24)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library gives back by itself, or never")
def test_what_was_freed_is_given_back() -> None:
    """Also below what is still in use, where glibc keeps it."""

    def resident_mib() -> float:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20

    held = [bytes(2000) for _ in range(40_000)]
    in_use = held[::100]
    held.clear()
    before = resident_mib()
    give_back()
    assert before - resident_mib() > 40
    assert 400 == len(in_use)
