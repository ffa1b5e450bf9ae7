"""Calling didgen from a step: cancelled gently, its files gathered, its environment without the runner's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from didgen.github.job import Inputs, read_job
from didgen.github.running import environment, manifests_of, stage
from tests.github.runner import Done

ROOT = Path(__file__).resolve().parents[2]

CANCELLED = """\
import sys, io
from didgen.github.running import _call
line = [sys.executable, "-c", '''
import time
try:
    print("begun", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    print("seen to", flush=True)
    raise SystemExit(130)
''']
sys.exit(_call(line, {}, sys.stdout))
"""


def test_a_cancelled_command_sees_to_what_it_has_under_way() -> None:
    """Told once, by whatever signal, it takes the time it needs, and its exit code is the step's."""
    for number in (signal.SIGINT, signal.SIGTERM):
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        step = subprocess.Popen([sys.executable, "-c", CANCELLED], env=env, stdout=subprocess.PIPE, text=True)
        assert step.stdout is not None
        assert "begun\n" == step.stdout.readline()
        step.send_signal(number)
        assert ("seen to\n", 130) == (step.stdout.read(), step.wait(30))
        step.stdout.close()


def test_films_are_gathered_with_what_comes_with_them(tmp_path: Path) -> None:
    """A release with its manifest, a draft without; what failed, and what is another scene's, is left."""
    for name in (
        "output/a/one.mp4",
        "output/a/one.jpg",
        "output/a/one.vtt",
        "output/a/one-more.mp4",
        "output/a/film.mp4",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "output" / "a" / "manifest.json").write_text('{"project": "a"}')
    (tmp_path / "output" / "b").mkdir()
    (tmp_path / "output" / "b" / "manifest.json").write_text("{")
    (tmp_path / ".didgen" / "drafts" / "b" / "de").mkdir(parents=True)
    (tmp_path / ".didgen" / "drafts" / "b" / "de" / "two[1].mp4").write_text("x")
    scenes = [
        {"address": "a/one", "action": "reused", "file": "output/a/one.mp4"},
        {"address": "a/gone", "action": "failed", "file": "output/a/gone.mp4"},
        {"address": "b/two[locale=de]", "action": "rendered", "file": ".didgen/drafts/b/de/two[1].mp4"},
    ]
    built = {"scenes": scenes, "films": ["output/a/film.mp4"]}
    into = tmp_path / "films"
    places = stage(built, tmp_path, into)
    assert {"a/one": ("a/one.mp4", "a/one.jpg"), "b/two[locale=de]": ("b/de/two[1].mp4", "")} == places
    found = sorted(path.relative_to(into).as_posix() for path in into.rglob("*") if path.is_file())
    assert ["a/film.mp4", "a/manifest.json", "a/one.jpg", "a/one.mp4", "a/one.vtt", "b/de/two[1].mp4"] == found
    assert ["output/a/manifest.json"] == manifests_of(built, tmp_path)


def test_didgen_sees_no_file_or_token_of_the_runner(tmp_path: Path) -> None:
    """What is written there would be outputs of the step. Only what was merged writes to the shared store."""
    given = {"GITHUB_WORKSPACE": str(tmp_path), "RUNNER_TEMP": "x", "GITHUB_REPOSITORY": "o/r", "HOME": "h"}
    given |= {"GITHUB_OUTPUT": "x", "GITHUB_TOKEN": "x", "GITHUB_ENV": "x", "GITHUB_STEP_SUMMARY": "x"}
    seen = environment(Inputs(), read_job(given), given)
    assert {"GITHUB_WORKSPACE", "RUNNER_TEMP", "HOME"} == set(seen)
    merged = {**given, "GITHUB_REF_PROTECTED": "true"}
    stores = [environment(Inputs(store="s3://b/x"), read_job(one), one) for one in (given, merged)]
    assert [("s3://b/x", "0"), ("s3://b/x", "1")] == [(one["DIDGEN_STORE"], one["DIDGEN_STORE_PUSH"]) for one in stores]
    assert "DIDGEN_STORE" not in environment(Inputs(store="git"), read_job(merged), merged)


PRINTING = """\
import os
from didgen.github.running import commands_stopped
with commands_stopped():
    for n in range(200):
        print(f"::error::from python {n}")
        os.write(2, b"::add-mask::from native code\\n")
        os.write(1, b"\\n##[add-mask]the old form\\n::stop-commands::mine\\n::mine::\\n")
    os.write(2, b"no end of line")
print("::notice::ours")
"""


def test_the_runner_obeys_nothing_that_is_printed_meanwhile() -> None:
    """By whatever way it gets out, in the order in which it does; and everything that we say afterwards."""
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", PRINTING]
    log = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
    assert "" == log.stderr
    done = Done(0, {}, log.stdout, "", {}, {})
    assert ["::notice::ours"] == done.annotations
