"""The built wheel in a stranger's empty folder: nothing of the checkout may be needed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment holding only the wheel; its dependencies are read from this environment, not downloaded."""
    home = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(home / "dist")]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = (home / "dist").glob("*.whl")
    venv.create(home / "venv", with_pip=False, symlinks=True)
    python = home / "venv" / "bin" / "python"
    site = Path(
        subprocess.run(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    )
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), str(site)], check=True)
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def run(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1"}
    return subprocess.run(
        [python, "-m", "didgen", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=280
    )


def test_the_wheel_is_the_one_that_runs(stranger: Path, tmp_path: Path) -> None:
    """The module comes from the stranger's environment, not from the checkout."""
    where = subprocess.run(
        [stranger, "-c", "import didgen; print(didgen.__file__)"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert where.stdout.startswith(str(stranger.parent.parent))


@pytest.mark.render
def test_init_plan_build_and_say_work_in_an_empty_folder(stranger: Path, tmp_path: Path) -> None:
    """init && plan && build gives videos, captions and a film; a second build renders nothing; say makes a video."""
    for words in (["init"], ["check"], ["plan"], ["build"]):
        done = run(stranger, tmp_path, *words)
        assert (0, words) == (done.returncode, words), done.stderr
    made = {p.name for p in (tmp_path / "output" / "hello").iterdir()}
    assert {"welcome.mp4", "welcome.vtt", "next.mp4", "film.mp4", "film.vtt", "film.srt", "manifest.json"} <= made
    again = run(stranger, tmp_path, "build")
    assert 0 == again.returncode
    assert "up to date" in again.stdout
    photo = tmp_path / "projects" / "hello" / "assets" / "portrait.jpg"
    said = run(stranger, tmp_path, "say", str(photo), "Good evening.", "-o", "evening.mp4")
    assert 0 == said.returncode, said.stderr
    assert (tmp_path / "evening.mp4").stat().st_size > 20_000


@pytest.mark.render
def test_watch_builds_at_once_again_on_a_change_and_stops_on_ctrl_c(stranger: Path, tmp_path: Path) -> None:
    """watch renders what is missing, then only the scene whose line was saved, and Ctrl-C ends it with 130."""
    run(stranger, tmp_path, "init")
    project = tmp_path / "projects" / "hello" / "project.yaml"
    text = project.read_text()
    project.write_text(text[: text.index("  - id: next")])  # one scene is enough
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_COLOR": "1", "PYTHONUNBUFFERED": "1"}
    with (tmp_path / "watch.log").open("w") as log:
        watch = subprocess.Popen(
            [stranger, "-m", "didgen", "watch"], cwd=tmp_path, env=env, stdout=log, stderr=subprocess.STDOUT
        )
        video = tmp_path / "output" / "hello" / "welcome.mp4"
        try:
            _until(video.exists, watch, tmp_path)
            _until(lambda: "watching" in (tmp_path / "watch.log").read_text(), watch, tmp_path)
            first = video.stat().st_mtime_ns
            project.write_text(project.read_text().replace("Hello.", "Hello again."))
            _until(lambda: video.stat().st_mtime_ns != first, watch, tmp_path)
        finally:
            watch.send_signal(signal.SIGINT)
            status = watch.wait(30)
    assert 130 == status


def _until(ready: object, process: subprocess.Popen[bytes], folder: Path, seconds: float = 120) -> None:
    assert callable(ready)
    end = time.monotonic() + seconds
    while not ready():
        log = (folder / "watch.log").read_text()
        assert process.poll() is None, log
        assert time.monotonic() < end, log
        time.sleep(0.1)
