"""What a kill, Ctrl-C, damage, a full disk and edits in the midst of a build leave, and how the next one goes on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import av
import pytest

from didgen.api.job import Event
from didgen.digest import sha256_bytes
from didgen.errors import LockedError, StorageError
from didgen.store.artifacts import Artifacts
from didgen.store.lock import build_lock
from didgen.walk import steps
from tests import fakes
from tests.walk.hello import actions, build, edit, rendered
from tests.walk.machine import REPOSITORY


def start(root: Path, wait_for: str = "") -> subprocess.Popen[str]:
    """A build in a process of its own; returns when a line of its events holds `wait_for`."""
    code = (
        "import sys\nfrom pathlib import Path\nfrom didgen.walk import steps\nfrom didgen.errors import DidgenError\n"
        "from tests import fakes\n"
        "def tell(address, event): print(address, event.state, event.stage, flush=True)\n"
        "try:\n"
        "    steps.build(steps.wish(Path(sys.argv[1]), jobs=1), command=fakes.COMMAND, on_event=tell)\n"
        "except DidgenError as error:\n"
        "    print(error, flush=True)\n"
        "    sys.exit(error.exit_code)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stdout is not None
    while wait_for and wait_for not in (line := process.stdout.readline()):
        assert line, "the build ended early"
    return process


def test_a_build_killed_in_its_midst_goes_on(root: Path) -> None:
    """kill -9 while the second scene renders: the first is kept, nothing is half, the next build does the rest."""
    edit(root, "There is more", "!hang There is more")
    process = start(root, "hello/more running speech")
    process.kill()
    process.communicate()
    assert [] == list((root / "output").rglob(".didgen-*"))
    leftover = root / "output/hello/.didgen-1-00"
    leftover.write_bytes(b"half a video")
    edit(root, "!hang There is more", "There is more")
    assert ["reused", "rendered", "rendered"] == actions(build(root))
    assert 1 == rendered(root).count("Hello there, everybody.")
    assert not leftover.exists()


def test_ctrl_c_keeps_what_is_finished(root: Path) -> None:
    """SIGINT ends the build with 130, one sentence and no worker; what was finished is kept."""
    edit(root, "There is more", "!hang There is more")
    process = start(root, "hello/more running speech")
    process.send_signal(signal.SIGINT)
    shown, complaints = process.communicate(timeout=20)
    assert (130, "") == (process.returncode, complaints)
    assert "stopped: 1 of 3 scenes are finished and kept" in shown
    edit(root, "!hang There is more", "There is more")
    assert ["reused", "rendered", "rendered"] == actions(build(root))


def test_a_second_build_waits_for_the_first(root: Path) -> None:
    """It says for whom, and then finds everything done; without waiting it is refused with 5."""
    home = root / ".didgen"
    home.mkdir()
    heard: list[str] = []
    done: list[steps.Summary] = []

    def second() -> None:
        done.append(steps.build(steps.wish(root), command=fakes.COMMAND, on_notice=heard.append))

    with build_lock(home):
        with pytest.raises(LockedError, match=f"pid {os.getpid()}") as caught:
            build(root, wait=False)
        assert 5 == caught.value.exit_code
        thread = threading.Thread(target=second)
        thread.start()
        deadline = time.monotonic() + 10
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
        assert rendered(root) == []
    thread.join(30)
    assert f"another build is running: pid {os.getpid()}" in heard[0]
    assert ["rendered"] * 3 == actions(done[0])


def test_a_lost_state_is_rebuilt_and_nothing_is_rendered_again(root: Path) -> None:
    """Deleted or cut at any length: the sidecars tell it all; said once."""
    build(root)
    state = root / ".didgen/state.sqlite"
    data = state.read_bytes()
    for length in (None, 0, 10, 1000, 5000, len(data) // 2):
        notices: list[str] = []
        for path in state.parent.glob("state.sqlite*"):
            path.unlink()
        if length is not None:
            state.write_bytes(data[:length])
        summary = steps.build(steps.wish(root), command=fakes.COMMAND, on_notice=notices.append)
        assert ["reused"] * 3 == actions(summary), length
        assert 1 == len(notices), length
        assert "the state was rebuilt from" in notices[0]
    assert 3 == len(rendered(root))


def test_a_cut_object_is_a_miss(root: Path) -> None:
    """An object that was cut or overwritten is not delivered: the scene is rendered again."""
    build(root)
    objects = [path for path in (root / ".didgen/objects").glob("??/*") if path.read_bytes()[4:8] == b"ftyp"]
    for path in objects:
        data = path.read_bytes()
        path.chmod(0o644)
        path.write_bytes(data[: len(data) // 2] if path == objects[0] else bytes(len(data)))
    for path in (root / "output/hello").glob("*.mp4"):
        path.unlink()
    assert ["rendered"] * 3 == actions(build(root))
    assert (root / "output/hello/nod.mp4").read_bytes()[4:8] == b"ftyp"


def test_an_input_edited_while_building_fails_its_scene_only(root: Path) -> None:
    """What is sent is what was hashed: a picture that changed after planning is not rendered."""

    def edit_now(_: object) -> None:
        (root / "projects/hello/anna.jpg").write_bytes(fakes.photo(grey=33))

    summary = steps.build(steps.wish(root), command=fakes.COMMAND, on_plan=edit_now)
    assert ["failed"] * 3 == actions(summary)
    assert "anna.jpg changed while building" in summary.scenes[0].error
    assert ["rendered"] * 3 == actions(build(root))


def test_what_is_edited_in_mid_render_is_not_recorded_as_built(root: Path) -> None:
    """The video is stored as of the words and the picture that it was made from; the next build sees the new ones."""
    words = root / "projects/hello/words.txt"
    words.write_text("!slow As they were")
    edit(root, '"There is more to say."', "{file: words.txt}")
    before = {scene.address: scene.fingerprint for one in steps.plan(steps.wish(root)) for scene in one.scenes}
    edited: list[str] = []

    def edit_now(address: str, event: Event) -> None:
        if address == "hello/more" and event.stage == "frames" and not edited:  # half a second before it is done
            words.write_text("As they are now!! ")
            (root / "projects/hello/anna.jpg").write_bytes(fakes.photo(120))
            edited.append(address)

    summary = steps.build(steps.wish(root, ["hello/more"]), command=fakes.COMMAND, on_event=edit_now)
    assert (["rendered"], 1) == (actions(summary), len(edited))
    with Artifacts(root) as store:
        kept = store.sidecar(before["hello/more"])["identity"]["request"]
    assert "!slow As they were" == kept["script"]["input"]
    assert sha256_bytes(fakes.photo()) == kept["source_url"]["sha256"]
    assert steps.nothing_to_do(steps.wish(root, ["hello/more"])) is None
    again = build(root, "hello/more")
    assert ["rendered"] == actions(again)
    changed = ("script changed: [−!slow] As they [were → are now!!]", "source image changed")
    assert changed == again.scenes[0].reasons
    assert "As they are now!!" in rendered(root)


def test_a_full_disk_stops_with_one_sentence(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 6, no half file; when there is room again the build goes on."""
    from didgen.store import whole

    real = os.fsync

    def full(handle: int) -> None:
        name = os.readlink(f"/proc/self/fd/{handle}")
        if "/output/" in name:
            raise OSError(28, "No space left on device")
        real(handle)

    monkeypatch.setattr(whole.os, "fsync", full)
    with pytest.raises(StorageError, match=r"disk full: cannot write .*free some space") as caught:
        build(root)
    assert 6 == caught.value.exit_code
    assert [] == [path for path in (root / "output").rglob("*") if path.is_file()]
    monkeypatch.setattr(whole.os, "fsync", real)
    assert None is build(root).error
    assert 1 == rendered(root).count("Hello there, everybody.")


@pytest.mark.parametrize("size_kb", [60, 300, 440, 540, 600])
def test_a_build_goes_on_when_a_full_disk_gets_room(root: Path, size_kb: int) -> None:
    """On a real file system that fills up at another step each time: exit 6, never a traceback, outputs whole."""
    small = root.parent / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("needs to mount a small file system, which takes root")
    try:
        shutil.copytree(root, small, dirs_exist_ok=True)
        with pytest.raises(StorageError) as caught:
            build(small)
        assert 6 == caught.value.exit_code
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        for path in (small / "output").rglob("*.mp4"):
            with av.open(str(path)) as video:
                assert video.streams.video[0].frames in {fakes.FRAMES, 2 * fakes.FRAMES}
        assert None is build(small).error
        assert ["reused"] * 3 == actions(build(small))
    finally:
        subprocess.run(["umount", "-l", str(small)], check=True)
