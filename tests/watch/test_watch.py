"""`didgen watch` as people use it: a process, files saved as editors do, and what is rendered then."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from didgen.watch.waiting import Settle
from tests import fakes
from tests.watch.running import (
    ROOT,
    Running,
    project,
    save,
    save_anew,
    save_by_renaming,
    save_in_two,
    started,
    talk,
    watching,
)


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One watch for most tests: each has a project of its own in the same workspace."""
    root = tmp_path_factory.mktemp("watch") / "work"
    project(root, "first", talk("one", "The first project."))
    with watching(root) as running:
        running.until_said("1 rendered")
        running.renders()
        yield running


def made(watch: Running, name: str, scenes: str, count: int, **files: str | bytes) -> Path:
    """A new project, rendered for the first time by a watch that is running."""
    folder = project(watch.root, name, scenes, **files)
    until_finished(watch, name, count)
    watch.renders()
    return folder


def until_finished(watch: Running, name: str, count: int) -> None:
    """Wait until so many scenes of a project were rendered at once, and its film is there."""
    told = re.compile(rf"^✓ output/{name}/film.mp4\n{count} rendered", re.MULTILINE)
    watch.until(lambda: told.search(watch.text()))


def after(watch: Running, folder: Path, *texts: str) -> None:
    """Exactly these texts are rendered now, and nothing more comes of it."""
    heard: list[str] = []
    watch.until(lambda: heard.extend(watch.renders()) or len(heard) >= len(texts))
    time.sleep(0.4)
    assert sorted(texts) == sorted([*heard, *watch.renders()])


def rebuilds(said: str) -> int:
    """How often something was planned anew."""
    return len(re.findall(r"^[0-9:]{8} changed: ", said, re.MULTILINE))


ALL = """\
include: ../{name}/shared.yaml
data: {{people: people.csv}}
scenes:
  - id: plain
    script: "A plain text."
  - id: file
    script: {{file: words.md}}
  - id: row
    each: {{people: id}}
    script: "Hello {{{{ row.who }}}}."
  - id: shared
    script: "We are {{{{ company }}}}."
  - id: inner
    script: {{file: outer.md}}
  - id: face
    source: face.jpg
    script: "Look at me."
  - id: sound
    script: {{audio: said.wav}}
"""


def sound(pitch: float) -> bytes:
    """Half a second of a tone, as WAV."""
    import io
    import wave

    import numpy as np

    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((np.sin(np.arange(8000) * pitch) * 9000).astype("<i2").tobytes())
    return out.getvalue()


def test_a_saved_file_renders_what_it_changes_and_nothing_else(watch: Running) -> None:
    """Project file, script, data row, include, included template, picture and recording, saved in four ways."""
    folder = made(
        watch,
        "all",
        ALL.format(name="all"),
        8,
        shared_yaml="vars: {company: Acme}\ndefaults: {source: photo.jpg}\n",
        people_csv="id,who\na,Anna\nb,Bert\n",
        words_md="Words of a file.",
        outer_md="{% include 'inner.md' %}",
        inner_md="An inner text.",
        face_jpg=fakes.photo(40),
        said_wav=sound(0.1),
    )
    text = (folder / "project.yaml").read_text()
    save(folder / "project.yaml", text.replace("A plain", "Another plain"))
    after(watch, folder, "Another plain text.")
    save_by_renaming(folder / "words.md", "New words.")
    after(watch, folder, "New words.")
    save_anew(folder / "people.csv", "id,who\na,Anna\nb,Berta\n")
    after(watch, folder, "Hello Berta.")
    save_in_two(folder / "shared.yaml", "vars: {company: Emca}\ndefaults: {source: photo.jpg}\n")
    after(watch, folder, "We are Emca.")
    save_by_renaming(folder / "inner.md", "Another inner text.")
    after(watch, folder, "Another inner text.")
    save_by_renaming(folder / "face.jpg", fakes.photo(50))
    after(watch, folder, "Look at me.")
    save(folder / "said.wav", sound(0.2))
    after(watch, folder, "-")
    for name in ("words.md", "face.jpg", "project.yaml"):
        os.utime(folder / name)
    after(watch, folder)


def test_what_comes_and_goes_is_seen(watch: Running) -> None:
    """A row, a scene, a file that was missing, a folder made anew, a link that leads elsewhere, a project."""
    scenes = talk("one", "One of two.") + "  - id: two\n    script: {file: texts/two.md}\n"
    folder = project(watch.root, "comes", scenes)
    watch.until_said("texts/two.md does not exist")
    (folder / "texts").mkdir()
    save(folder / "texts" / "two.md", "Two of two.")
    after(watch, folder, "One of two.", "Two of two.")
    watch.until_spoken("comes", "two", "Two of")  # begun is not done, and is given up when its text goes away
    shutil.move(folder / "texts", folder / "former")
    (folder / "texts").mkdir()
    save(folder / "texts" / "two.md", "Two, made anew.")
    after(watch, folder, "Two, made anew.")
    watch.until_spoken("comes", "two", "Two, made")
    shutil.rmtree(folder / "texts")
    (folder / "texts").symlink_to("former")
    after(watch, folder)  # the former words are there again, and so is their video
    watch.until_spoken("comes", "two", "Two of")
    since = len(watch.text())
    folder.rename(watch.root.parent / "away")
    later = project(watch.root.parent / "beside", "later", talk("one", "A later project."))
    later.rename(watch.root / "projects" / "later")  # whole at once: half a project is a mistake, and told
    after(watch, folder, "A later project.")
    assert "projects/comes/project.yaml: gone" in watch.text()[since:]
    assert "didgen: " not in watch.text()[since:]


def test_a_mistake_is_shown_where_it_is_and_mending_goes_on(watch: Running) -> None:
    """The last good state stays: nothing is removed, nothing rendered, the same mistake not told twice."""
    folder = made(watch, "wrong", talk("one", "All is well."), 1)
    text = (folder / "project.yaml").read_text()
    video = watch.root / "output" / "wrong" / "one.mp4"
    before, since = video.read_bytes(), len(watch.text())
    save(folder / "project.yaml", text.replace("script:", "scripd:"))
    watch.until_said("projects/wrong/project.yaml:6:5: scenes[0].scripd: unknown key (did you mean 'script'?)", since)
    save(folder / "project.yaml", text.replace("script:", "scripd:") + "# a remark\n")
    time.sleep(0.5)
    assert 1 == watch.text()[since:].count("did you mean 'script'?")
    assert before == video.read_bytes()
    save(folder / "project.yaml", text.replace("well", "better"))
    after(watch, folder, "All is better.")
    assert "projects/wrong/project.yaml: mended" in watch.text()[since:]


def test_an_edit_stops_what_is_rendered_of_its_scene_and_others_go_on(watch: Running) -> None:
    """The other scene's render is not begun a second time."""
    go = watch.root.parent / "go"
    folder = project(watch.root, "slow", talk("one", f"!until {go} one") + talk("two", f"!until {go} two"))
    heard: list[str] = []
    watch.until(lambda: heard.extend(watch.renders()) or len(heard) == 2)
    since = len(watch.text())
    text = (folder / "project.yaml").read_text()
    save(folder / "project.yaml", text.replace(f"!until {go} one", "A short one."))
    watch.until_said("slow/one: stopped, it was edited", since)
    watch.until_said("slow/one: done", since)
    assert "slow/two: done" not in watch.text()[since:]
    go.touch()
    until_finished(watch, "slow", 2)
    assert ["A short one."] == watch.renders()


def test_what_is_edited_back_while_it_renders_stays_as_it_was(watch: Running) -> None:
    """No stale video: neither the one in between is delivered late, nor is the former one rendered again."""
    folder = made(watch, "back", talk("one", "As it was."), 1)
    text = (folder / "project.yaml").read_text()
    between = f"!until {watch.root.parent}/never in between"
    save(folder / "project.yaml", text.replace("As it was", between))
    watch.until(lambda: f"{between}." in watch.renders())
    since = len(watch.text())
    save(folder / "project.yaml", text)
    watch.until_said("back/one: stopped, it was edited", since)
    watch.until_said("up to date", since)
    time.sleep(0.3)
    assert [] == watch.renders()
    watch.until_spoken("back", "one", "As it")


def test_a_storm_is_one_rebuild(watch: Running) -> None:
    """Five hundred files saved at once, forty of them scripts."""
    names = [f"s{k}.md" for k in range(40)]
    scenes = "".join(f"  - id: s{k}\n    script: {{file: {name}}}\n" for k, name in enumerate(names))
    folder = made(watch, "storm", scenes, 40, **{name.replace(".", "_"): f"Text {name}." for name in names})
    since, saved = len(watch.text()), [time.monotonic()]
    for k in range(500):
        name = names[k // 10] if k % 10 == 0 and k < 400 else f"other-{k}.txt"
        save(folder / name, f"Storm {k}.")
        saved.append(time.monotonic())
    after(watch, folder, *(f"Storm {k}." for k in range(0, 400, 10)))
    # One, and on a machine so busy that writing them takes longer, one more for each pause and each while that it took.
    pauses = sum(later - sooner > Settle().quiet_s / 2 for sooner, later in itertools.pairwise(saved))
    whiles = int((saved[-1] - saved[0]) / Settle().most_s)
    assert rebuilds(watch.text()[since:]) <= 1 + pauses + whiles


def test_a_branch_switch_is_one_rebuild(tmp_path: Path) -> None:
    """Files and folders go, come and change; what is on the other branch was rendered before, and is put back."""
    root = tmp_path / "work"
    folder = project(root, "film", talk("one", "Main branch.") + talk("two", "On both."))
    save(root / ".gitignore", ".didgen\noutput\n")

    def git(*words: str) -> None:
        who = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        subprocess.run(["git", *who, *words], cwd=root, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    git("add", ".")
    git("commit", "-qm", "one")
    git("checkout", "-qb", "other")
    (folder / "texts").mkdir()
    save(folder / "texts" / "one.md", "Other branch.")
    text = (folder / "project.yaml").read_text()
    save(folder / "project.yaml", text.replace('"Main branch."', "{file: texts/one.md}"))
    git("add", ".")
    git("commit", "-qm", "two")
    with watching(root) as watch:
        watch.until_said("2 rendered")
        watch.renders()
        git("checkout", "-q", "main")
        after(watch, folder, "Main branch.")
        watch.until_spoken("film", "one", "Main")
        since = len(watch.text())
        for branch in ("other", "main", "other"):
            git("checkout", "-q", branch)
            watch.until_spoken("film", "one", branch.title())
        time.sleep(0.5)
        assert [] == watch.renders()
        assert 3 == rebuilds(watch.text()[since:]), watch.text()[since:]
        assert "didgen:" not in watch.text()


def test_outputs_in_the_tree_make_no_loop(watch: Running) -> None:
    """Also where one scene's poster is another one's picture: that follows, once."""
    folder = made(watch, "chain", talk("one", "A first link."), 1)
    text = (folder / "project.yaml").read_text() + "  - id: two\n    source: ../../output/chain/one.jpg\n"
    save(folder / "project.yaml", text + '    script: "A second link."\n')
    after(watch, folder, "A second link.")
    save(folder / "project.yaml", (folder / "project.yaml").read_text().replace("A first", "Another first"))
    after(watch, folder, "Another first link.", "A second link.")


@pytest.mark.parametrize("delay_s", [0.2, 0.6, 1.0])
def test_an_edit_while_it_starts_is_not_missed(tmp_path: Path, delay_s: float) -> None:
    """Whether it is read before or after, in the end what was saved is there."""
    root = tmp_path / "work"
    folder = project(root, "early", talk("one", "Before."))
    with started(root) as watch:
        time.sleep(delay_s)
        save(folder / "project.yaml", (folder / "project.yaml").read_text().replace("Before", "After all"))
        watch.until_spoken("early", "one", "After all")


def test_it_polls_where_it_is_told_nothing_and_says_so(tmp_path: Path) -> None:
    """Forced, and where the kernel has no watch left to give."""
    folder = project(tmp_path / "a", "polled", talk("one", "Polled."))
    with watching(tmp_path / "a", WATCHFILES_FORCE_POLLING="1") as watch:
        watch.until_said("again and again: WATCHFILES_FORCE_POLLING says so")
        watch.until_said("1 rendered")
        watch.renders()
        save(folder / "project.yaml", (folder / "project.yaml").read_text().replace("Polled", "Polled again"))
        after(watch, folder, "Polled again.")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
@pytest.mark.parametrize("late_s", [0, 3])
def test_it_polls_where_the_system_has_no_watches_left(tmp_path: Path, late_s: int) -> None:
    """As where many editors are open: the system call fails, before or after everything is made, and the files are
    looked at instead."""
    folder = project(tmp_path / "a", "few", talk("one", "Few."))
    under = ("strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", "trace=inotify_init1", "--seccomp-bpf")
    fault = f"inject=inotify_init1:error=EMFILE:delay_enter={late_s * 1_000_000}"
    with watching(tmp_path / "a", under=(*under, "-e", fault)) as watch:
        watch.until_said("1 rendered")
        watch.until_said("again and again: ")
        watch.renders()
        save(folder / "project.yaml", (folder / "project.yaml").read_text().replace("Few", "Very few"))
        after(watch, folder, "Very few.")


def children(pid: int) -> list[str]:
    """Processes that any thread of a process started."""
    found: list[str] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread may end meanwhile
            found += (task / "children").read_text().split()
    return found


HOLD = """
import sys, time
from pathlib import Path
from didgen.store.lock import build_lock
with build_lock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_build_may_run_beside_it(watch: Running) -> None:
    """While nothing is made the lock is free; while another build runs, a change is shown, waits, and comes after."""
    folder = made(watch, "beside", talk("one", "Beside it."), 1)
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(ROOT))))}
    build = [sys.executable, "-m", "tests.watch.quick", "build", "-C", str(watch.root), "--no-wait"]
    done = subprocess.run(build, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert (0, True) == (done.returncode, "up to date" in done.stdout), done.stderr
    hold = [sys.executable, "-c", HOLD, str(watch.root / ".didgen")]
    with subprocess.Popen(hold, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert b"held\n" == other.stdout.readline()
        since = len(watch.text())
        text = (folder / "project.yaml").read_text()
        save(folder / "project.yaml", text.replace("Beside", "Below"))
        watch.until_said("another build is running: pid ", since)
        save(folder / "project.yaml", text.replace("script:", "scripd:"))
        watch.until_said("did you mean 'script'?", since)
        save(folder / "project.yaml", text.replace("Beside", "Above"))
        time.sleep(0.5)
        assert [] == watch.renders()
        other.communicate()
    after(watch, folder, "Above it.")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    """In the midst of a render, with exit code 130; SIGTERM does the same."""
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("a shell started this in the background, where Ctrl-C is not heard")
    root = tmp_path / "work"
    project(root, "ends", talk("one", "!long"))
    with watching(root) as watch:
        watch.until(watch.renders)
        workers = children(watch.process.pid)
        assert workers
        assert 130 == watch.stop(number)
        assert "Traceback" not in watch.text()
        assert not any(Path(f"/proc/{pid}").exists() for pid in workers)
