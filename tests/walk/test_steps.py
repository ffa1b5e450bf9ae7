"""The whole walk with a tiny real engine: what is rendered, what is not, and what a kill leaves."""

from __future__ import annotations

import json
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
from didgen.errors import BudgetError, LockedError, ProjectError, StorageError, UsageError
from didgen.store.artifacts import Artifacts
from didgen.store.lock import build_lock
from didgen.walk import steps
from tests import fakes
from tests.bank.started import Started

REPOSITORY = Path(__file__).parents[2]

PROJECT = """\
didgen: 1
name: hello
defaults: {source: anna.jpg}
scenes:
  - id: welcome
    script: "Hello there, everybody."
  - id: more
    script: "There is more to say."
  - id: nod
    driver: bank://nostalgia
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "work" / "projects" / "hello"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(PROJECT)
    (home / "anna.jpg").write_bytes(fakes.photo())
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return tmp_path / "work"


def build(root: Path, *addresses: str, **options: object) -> steps.Summary:
    return steps.build(steps.wish(root, addresses, **options), command=fakes.COMMAND)  # type: ignore[arg-type]


def rendered(root: Path) -> list[str]:
    """Scripts the fake engine has rendered so far, sorted."""
    log = root.parent / "rendered.log"
    return sorted(log.read_text().splitlines()) if log.exists() else []


def edit(root: Path, old: str, new: str) -> None:
    path = root / "projects" / "hello" / "project.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def manifest(root: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((root / "output/hello/manifest.json").read_bytes())
    return loaded


def actions(summary: steps.Summary) -> list[str]:
    return [scene.action for scene in summary.scenes]


def test_build_twice_and_the_second_renders_nothing(root: Path) -> None:
    """The first build renders each scene once; the second touches no output and starts no worker."""
    first = build(root)
    assert ["rendered"] * 3 == actions(first)
    assert first.error is None
    assert ["-", "Hello there, everybody.", "There is more to say."] == rendered(root)
    before = {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*")}
    second = build(root)
    assert ["reused"] * 3 == actions(second)
    assert 3 == len(rendered(root))
    assert before == {path: path.stat().st_mtime_ns for path in (root / "output").rglob("*")}


def test_one_changed_line_renders_one_scene(root: Path) -> None:
    """And the reason is in the writer's words."""
    build(root)
    edit(root, "Hello there", "Goodbye then")
    summary = build(root)
    assert ["rendered", "reused", "reused"] == actions(summary)
    assert "Hello there" in summary.scenes[0].reasons[0]
    assert "Goodbye then" in summary.scenes[0].reasons[0]
    assert 4 == len(rendered(root))


def test_an_edit_of_an_included_file_is_seen_by_the_next_build(root: Path) -> None:
    """With nothing changed there is nothing to do; an edit, however deep, renders the scene that speaks it."""
    home = root / "projects" / "hello"
    (home / "end.txt").write_text("{% include 'last.txt' %}")
    (home / "last.txt").write_text("Bye for now.")
    edit(root, "Hello there, everybody.", "Hello there. {% include 'end.txt' %}")
    build(root)
    assert ["reused"] * 3 == actions(build(root))
    (home / "last.txt").write_text("See you soon.")
    assert ["rendered", "reused", "reused"] == actions(build(root))
    assert "Hello there. See you soon." in rendered(root)


def test_subtitles_are_in_the_video_as_they_are_written(root: Path) -> None:
    """`subtitles: true` adds a track with the author's words, not with those the voice was given; another way of
    writing the same sound is another track, and another render."""
    edit(root, 'script: "Hello there, everybody."', 'script: {text: "Kubectl it.", subtitles: true}')
    edit(root, "scenes:\n", "pronounce: {Kubectl: cube control, KubeCTL: cube control}\nscenes:\n")
    build(root)

    def track() -> str:
        with av.open(str(root / "output/hello/welcome.mp4")) as box:
            return " ".join(
                bytes(packet)[2:].decode() for packet in box.demux(box.streams.subtitles[0]) if packet.size > 2
            )

    assert "Kubectl" == track()
    edit(root, "Kubectl it.", "KubeCTL it.")
    summary = build(root)
    assert ["rendered", "reused", "reused"] == actions(summary)
    assert ("subtitles changed: other words as written",) == summary.scenes[0].reasons
    assert "KubeCTL" == track()


def test_going_back_restores_without_rendering(root: Path) -> None:
    """A former version is still in the store."""
    build(root)
    first = (root / "output/hello/welcome.mp4").read_bytes()
    edit(root, "Hello there", "Goodbye then")
    build(root)
    edit(root, "Goodbye then", "Hello there")
    assert ["restored", "reused", "reused"] == actions(build(root))
    assert first == (root / "output/hello/welcome.mp4").read_bytes()
    assert 4 == len(rendered(root))


@pytest.mark.parametrize("name", ["welcome.vtt", "welcome.jpg", "film.mp4", "film.srt", "manifest.json"])
def test_what_comes_with_the_videos_is_put_back_too(root: Path, name: str) -> None:
    """Captions, posters, the film and the manifest, byte for byte, without rendering."""
    build(root)
    path = root / "output/hello" / name
    whole = path.read_bytes()
    path.unlink()
    assert ["reused"] * 3 == actions(build(root))
    assert whole == path.read_bytes()
    path.write_bytes(b"edited")
    build(root)
    assert whole == path.read_bytes()
    assert 3 == len(rendered(root))


@pytest.mark.parametrize("damage", ["removed", "edited", "cut"])
def test_an_output_that_is_not_what_was_built_is_put_back(root: Path, damage: str) -> None:
    """Removed, edited in place or cut short: restored from the store, whose object no edit reaches."""
    build(root)
    output = root / "output/hello/more.mp4"
    whole = output.read_bytes()
    if damage == "removed":
        output.unlink()
    else:
        output.write_bytes(b"x" * len(whole) if damage == "edited" else whole[:-1])
    assert ["reused", "restored", "reused"] == actions(build(root))
    assert whole == output.read_bytes()
    assert 3 == len(rendered(root))


def test_an_untouched_manifest_names_every_file_with_its_digest(root: Path) -> None:
    """Address, fingerprint, file and sha256 of each scene, in project order."""
    from didgen.catalog.versions import ENGINE
    from didgen.digest import sha256_file

    build(root)
    scenes = manifest(root)["scenes"]
    assert isinstance(scenes, list)
    assert ["hello/welcome", "hello/more", "hello/nod"] == [scene["address"] for scene in scenes]
    for scene in scenes:
        for file in scene["files"].values():
            assert file["sha256"] == sha256_file(root / "output/hello" / file["file"])
        assert f"didgen engine {ENGINE}" == scene["rendered_by"]


def test_every_project_gets_its_film(root: Path) -> None:
    """All talks in order, with captions at true times and a poster; joined again only when a clip changed."""
    import av

    build(root)
    outputs = root / "output/hello"
    with av.open(str(outputs / "film.mp4")) as film:
        assert 2 * fakes.FRAMES == film.streams.video[0].frames
    assert "Hello there" in (outputs / "welcome.vtt").read_text()
    assert "00:00:00,000 --> " in (outputs / "welcome.srt").read_text()
    assert "00:00:00.240 --> " in (outputs / "film.vtt").read_text()
    for name in ("film.jpg", "welcome.jpg", "more.jpg", "nod.jpg"):
        assert b"\xff\xd8" == (outputs / name).read_bytes()[:2]
    assert not (outputs / "nod.vtt").exists()
    before = {path.name: path.stat().st_ino for path in outputs.iterdir()}
    edit(root, "There is more to say.", "So much more to say.")
    build(root)
    changed = {name for name, inode in before.items() if (outputs / name).stat().st_ino != inode}
    assert {"more.mp4", "more.vtt", "more.srt", "film.mp4", "film.vtt", "film.srt", "manifest.json"} <= changed
    assert not changed & {"welcome.mp4", "welcome.vtt", "welcome.jpg", "nod.mp4", "nod.jpg"}


def test_a_film_waits_for_all_its_scenes(root: Path) -> None:
    """No film while a scene has no video; the former one stays when a scene fails later."""
    build(root, "hello/more")
    assert not (root / "output/hello/film.mp4").exists()
    build(root)
    film = (root / "output/hello/film.mp4").read_bytes()
    edit(root, "There is more to say.", "!refuse")
    assert 1 == build(root).count("failed")
    assert film == (root / "output/hello/film.mp4").read_bytes()
    assert ["hello#film"] == [one["address"] for one in manifest(root)["films"]]  # type: ignore[attr-defined]


def test_a_plan_says_what_a_build_would_do_and_does_nothing(root: Path) -> None:
    """Before, after a change, and when there is nothing to do."""
    build(root)
    edit(root, "There is more to say.", "There is much more to say.")
    (planned,) = steps.plan(steps.wish(root))
    assert ["reuse", "render", "reuse"] == [decision.action for decision in planned.plan.decisions]
    assert 3 == len(rendered(root))
    ((project, scenes),) = steps.check(steps.wish(root, service="d-id"))
    assert ("hello", 3) == (project.name, len(scenes))


def test_equal_scenes_are_rendered_once(root: Path) -> None:
    """Two scenes with one script share one rendering and get a file each."""
    edit(root, "There is more to say.", "Hello there, everybody.")
    assert ["rendered"] * 3 == actions(build(root))
    assert ["-", "Hello there, everybody."] == rendered(root)
    outputs = root / "output/hello"
    assert (outputs / "welcome.mp4").read_bytes() == (outputs / "more.mp4").read_bytes()


def test_a_failing_scene_does_not_stop_the_others(root: Path) -> None:
    """It is said which and why; the next build tries it again and nothing else."""
    edit(root, "There is more", "!refuse There is more")
    summary = build(root)
    assert ["rendered", "failed", "rendered"] == actions(summary)
    assert "face not detected (use a photo with a face)" == summary.scenes[1].error
    assert summary.error is not None
    assert 1 == summary.error.exit_code
    assert not (root / "output/hello/more.mp4").exists()
    edit(root, "!refuse There is more", "There is more")
    assert ["reused", "rendered", "reused"] == actions(build(root))


def test_a_message_names_the_authors_file(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is rendered from is a copy, but the author never reads of it."""
    from didgen.errors import RenderError
    from didgen.jobs import executor
    from didgen.jobs.pool import Pool

    async def submit(self: Pool, request: object, send: object) -> str:
        raise RenderError("SourceError", f"{request.source_url.removeprefix('file://')} is no picture")  # type: ignore[attr-defined]

    monkeypatch.setattr(Pool, "submit", submit)
    assert executor.execute is not None
    assert "projects/hello/anna.jpg is no picture" == build(root).scenes[0].error


def test_only_what_is_named_is_built(root: Path) -> None:
    """PROJECT/SCENE builds one scene and leaves the others; an unknown one is an error with the nearest name."""
    assert ["hello/more"] == [scene.address for scene in build(root, "hello/more").scenes]
    assert ["There is more to say."] == rendered(root)
    with pytest.raises(UsageError, match="hello/more"):
        build(root, "hello/mor")
    with pytest.raises(UsageError, match="no project 'helo'"):
        build(root, "helo")


def test_force_renders_again(root: Path) -> None:
    """Even what is up to date."""
    build(root)
    assert ["rendered"] * 3 == actions(build(root, force=True))
    assert 6 == len(rendered(root))


def test_stale_outputs_are_listed_and_removed_when_asked(root: Path) -> None:
    """A scene taken out of the project leaves its file until --prune."""
    build(root)
    edit(root, '  - id: more\n    script: "There is more to say."\n', "")
    assert "output/hello/more.mp4" in build(root).stale
    assert (root / "output/hello/more.mp4").exists()
    assert "output/hello/more.mp4" in build(root).stale
    assert "output/hello/more.mp4" in build(root, prune=True).pruned
    assert not (root / "output/hello/more.mp4").exists()
    assert [] == manifest(root)["stale"]


def test_another_service_drafts_beside_the_release(root: Path) -> None:
    """A draft goes to .didgen/drafts and touches neither output nor manifest."""
    edit(root, "name: hello", "name: hello\nservice: d-id")
    summary = build(root, service="local")
    assert ".didgen/drafts/hello/welcome.mp4" == summary.scenes[0].file
    assert (root / summary.scenes[0].file).exists()
    assert not (root / "output").exists()


def test_nothing_is_bought_unasked(root: Path, bank: Started, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither by --service nor by a project that names a paid service, nor above a budget."""
    monkeypatch.setenv("DIDGEN_PAID", "1")
    monkeypatch.setenv("D_ID_API_KEY", bank.key)
    (root / "didgen.yaml").write_text("credit_s: 15\n")
    with pytest.raises(BudgetError, match="nobody agreed"):
        build(root, service=bank.url)
    edit(root, "name: hello", f"name: hello\nservice: {bank.url}")
    with pytest.raises(BudgetError, match=r"3 scenes from 127\.0\.0\.1:\d+, about \d+ s: 3 credits"):
        build(root)
    with pytest.raises(BudgetError, match="3 credits, and the budget is 2"):
        build(root, budget=2)
    assert [] == bank.bought()


def test_a_wrong_project_builds_nothing(root: Path) -> None:
    """All mistakes are told and no worker is started."""
    edit(root, "anna.jpg", "bella.jpg")
    with pytest.raises(ProjectError, match=r"bella\.jpg"):
        build(root)
    assert [] == rendered(root)


def test_the_short_cut_imports_nothing_heavy(root: Path) -> None:
    """A build with nothing to do loads no YAML, pydantic, templates, asyncio or numpy."""
    build(root)
    code = (
        "import sys\nfrom pathlib import Path\nfrom didgen.walk import steps\n"
        "summary = steps.build(steps.wish(Path(sys.argv[1])))\n"
        "assert summary.count('reused') == 3, summary\n"
        "heavy = {'yaml', 'pydantic', 'jinja2', 'asyncio', 'numpy', 'httpx', 'rich', 'diskcache', 'av', 'cv2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True)
    assert "[]" == shown.stdout.strip()


@pytest.mark.parametrize("change", ["project", "picture", "settings", "new project"])
def test_the_short_cut_sees_every_change(root: Path, change: str) -> None:
    """Whatever the last build read, also that a file was not there."""
    build(root)
    assert steps.nothing_to_do(steps.wish(root)) is not None
    if change == "project":
        edit(root, "everybody", "everyone")
    elif change == "picture":
        (root / "projects/hello/anna.jpg").write_bytes(fakes.photo(grey=40))
    elif change == "settings":
        (root / "didgen.yaml").write_text("jobs: 1\n")
    else:
        (root / "projects/other").mkdir()
        (root / "projects/other/project.yaml").write_text("didgen: 1\nscenes: []\n")
    assert steps.nothing_to_do(steps.wish(root)) is None


def test_a_fresh_checkout_compares_bytes_not_times(root: Path) -> None:
    """Files with other times and the same bytes are unchanged."""
    build(root)
    for path in (root / "projects").rglob("*.*"):
        os.utime(path, (1, 1))
    assert steps.nothing_to_do(steps.wish(root)) is not None


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
    import av

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


def test_a_served_engine_is_a_service_like_any_other(root: Path, tmp_path: Path) -> None:
    """A project whose service is a base URL is built through HTTP, with captions; on this machine nobody pays."""
    from didgen.jobs.pool import Pool
    from didgen.serve.app import make_app
    from tests.api.served import serving

    for path in (root / "projects/hello").glob("*.jpg"):
        path.write_bytes(fakes.photo())
    app = make_app(Pool(1, command=fakes.COMMAND), tmp_path / "served", None)
    with serving(app) as base:
        edit(root, "name: hello", f"name: hello\nservice: {base}")
        summary = build(root)
        assert ["rendered"] * 3 == actions(summary), [scene.error for scene in summary.scenes]
        assert "Hello there" in (root / "output/hello/welcome.vtt").read_text()
        edit(root, "There is more to say.", "!refuse")
        summary = build(root)
        assert ["reused", "failed", "reused"] == actions(summary)
        assert "face not detected" in summary.scenes[1].error
    assert 4 == len(rendered(root))


TEAM = """\
didgen: 1
name: hello
matrix: {locale: [en, en-GB]}
data: {people: people.csv}
defaults: {source: anna.jpg}
scenes:
  - {id: welcome, script: "Hello from {{ locale }}."}
  - {id: hello, each: {people: email}, when: {locale: en}, script: "Hello {{ row.name }}."}
"""


def test_instances_are_built_chosen_and_gone_by_their_address(root: Path) -> None:
    """A row on top renders itself alone; what a brackets' value names is built; what goes is stale, and is pruned."""
    home, output = root / "projects/hello", root / "output/hello"
    (home / "project.yaml").write_text(TEAM)
    people = "email,name\nanna@acme.com,Anna\n"
    (home / "people.csv").write_text(people)
    assert ["hello/welcome[locale=en-GB]"] == [s.address for s in build(root, "hello[locale=en-GB]").scenes]
    assert {"en-gb/welcome.mp4", "en-gb/film.mp4", "manifest.json"} <= files_below(output)
    assert not (output / "en").exists()
    summary = build(root)
    assert ("output/hello/en/film.mp4", "output/hello/en-gb/film.mp4") == summary.films
    assert ["rendered", "rendered", "reused"] == actions(summary)
    assert {"en/hello-anna-acme-com.mp4", "en/hello-anna-acme-com.vtt", "en/film.srt"} <= files_below(output)
    assert steps.nothing_to_do(steps.wish(root)) is not None
    (home / "people.csv").write_text(people.replace("\n", "\nbob@acme.com,Bob\n", 1))
    assert steps.nothing_to_do(steps.wish(root)) is None
    assert {"hello/hello[locale=en,people=bob@acme.com]": "rendered"} == {
        scene.address: scene.action
        for scene in build(root, "hello/hello[locale=en]").scenes
        if scene.action != "reused"
    }
    (home / "people.csv").write_text(people)
    edit(root, "[en, en-GB]", "[en]")
    summary = build(root)
    assert {"reused"} == set(actions(summary))
    gone = {"en-gb/welcome.mp4", "en-gb/film.mp4", "en/hello-bob-acme-com.jpg"}
    assert {f"output/hello/{name}" for name in gone} <= set(summary.stale)
    assert set(summary.stale) == set(build(root, prune=True).pruned)
    assert not (output / "en-gb").exists()
    assert 2 == len(manifest(root)["scenes"])  # type: ignore[arg-type]


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
