"""The commands over one small project: text for people, JSON for programs, exit codes for scripts."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from tests.bank.started import Started

ROOT = Path(__file__).resolve().parents[2]

PROJECT = """\
didgen: 1
name: tiny
defaults: {source: assets/portrait.jpg}
scenes:
  - id: one
    script: "Good morning."
  - id: two
    script: "Good evening."
"""


def didgen(folder: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "NO_COLOR": "1", **environ}
    return subprocess.run(
        [sys.executable, "-m", "didgen", *words], cwd=folder, env=env, capture_output=True, text=True, timeout=200
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with the project `tiny`: two one-line talks."""
    didgen(tmp_path, "init", "tiny")
    (tmp_path / "projects" / "tiny" / "project.yaml").write_text(PROJECT)
    return tmp_path


def test_plan_as_json_counts_and_explains(workspace: Path) -> None:
    """plan --json has a version, how many scenes would be rendered, and reasons for each."""
    done = didgen(workspace, "plan", "--json")
    plan = json.loads(done.stdout)
    assert (1, 2) == (plan["version"], plan["rendered"])
    (project,) = plan["projects"]
    assert ["tiny/one", "tiny/two"] == [scene["address"] for scene in project["scenes"]]
    assert [["new scene"], ["new scene"]] == [scene["reasons"] for scene in project["scenes"]]


def test_plan_as_json_is_as_its_schema_says(workspace: Path) -> None:
    """Member by member, nothing more and nothing less; and the schema refuses what is not so."""
    schema = jsonschema.Draft7Validator(json.loads((ROOT / "schemas" / "plan.schema.json").read_bytes()))
    plans = [didgen(workspace, "plan", "--json", *words).stdout for words in ((), ("--service", "d-id"))]
    assert [] == [error.message for plan in plans for error in schema.iter_errors(json.loads(plan))]
    assert "d-id" in plans[1]
    wrong = json.loads(plans[0])
    del wrong["projects"][0]["scenes"][0]["fingerprint"]
    assert not schema.is_valid(wrong)


def test_one_cause_of_many_scenes_is_one_line(workspace: Path) -> None:
    """With how many they are, which, and how long; -v says each."""
    scenes = "".join(f'  - id: s{n}\n    script: "Sentence number {n}."\n' for n in range(7))
    (workspace / "projects" / "tiny" / "project.yaml").write_text(PROJECT.partition("  - id: one")[0] + scenes)
    text = didgen(workspace, "plan").stdout
    head, reason, total = text.splitlines()
    assert head.startswith("+ 7 scenes, tiny/s0 to tiny/s6  about ")
    assert ("    new scene", "7 to render") == (reason, total[:11])
    assert (
        "+ 7 scenes, tiny/s0 to tiny/s6  about 8 s, 7 credits\n" in didgen(workspace, "plan", "--service=d-id").stdout
    )
    assert 7 == didgen(workspace, "plan", "-v").stdout.count("new scene")


def test_plan_of_one_scene_speaks_of_that_scene_only(workspace: Path) -> None:
    """PROJECT/SCENE narrows the plan."""
    done = didgen(workspace, "plan", "tiny/two")
    assert "tiny/two" in done.stdout
    assert "tiny/one" not in done.stdout


def test_quiet_says_nothing(workspace: Path) -> None:
    """-q prints neither plan nor notes."""
    done = didgen(workspace, "plan", "-q")
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_all_mistakes_come_at_once_with_their_places(workspace: Path) -> None:
    """check names every mistake at file:line:column, suggests the nearest word, and exits 2."""
    bad = PROJECT.replace("script", "scirpt", 1).replace("defaults", "defalts").replace("one", "two")
    (workspace / "projects" / "tiny" / "project.yaml").write_text(bad)
    done = didgen(workspace, "check")
    assert 2 == done.returncode
    assert "projects/tiny/project.yaml:3:1: defalts: unknown key (did you mean 'defaults'?)" in done.stderr
    assert "projects/tiny/project.yaml:6:5: scenes[0].scirpt: unknown key (did you mean 'script'?)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("words", "status", "part"),
    [
        (("build", "--service", "d-id"), 2, "set D_ID_API_KEY"),
        (("build", "--service", "https://talks.example", "--budget", "100"), 4, "credit_s: 15"),
        (("watch", "--live"), 2, "--budget"),
        (("watch", "--budget", "5"), 2, "--live"),
        (("build", "nobody"), 2, "tiny"),
        (("build", "tiny/tow"), 2, "tiny/two"),
        (("plan", "--service", "d-ig"), 2, "d-id"),
        (("say", "nobody.jpg", "Hello", "-o", "a.mp4"), 2, "no such picture"),
        (("say", "projects/tiny/assets/portrait.jpg", " ", "-o", "a.mp4"), 2, "nothing to say"),
        (("say", "projects/tiny/assets/portrait.jpg", "Hello", "-o", "a.avi"), 2, ".mp4, .mov or .gif"),
        (("say", "projects/tiny/assets/portrait.jpg", "Hello", "-o", "a.mp4", "--voice", "hart"), 2, "heart"),
        (("serve", "--fault", "stuk:0.1"), 2, "did you mean 'stuck'?"),
        (("voices", "--locale", "xx"), 0, ""),
    ],
)
def test_what_cannot_be_done_is_one_message_and_an_exit_code(
    workspace: Path, words: tuple[str, ...], status: int, part: str
) -> None:
    """Each refusal says what and what to do, in one line, with the documented exit code."""
    done = didgen(workspace, *words)
    assert status == done.returncode, done.stderr
    assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert 1 >= len(done.stderr.splitlines())


@pytest.mark.parametrize(
    ("words", "settings", "part"),
    [
        ((), "", "--budget 2"),
        (("--budget", "1"), "credit_s: 15", "2 credits, and the budget is 1"),
    ],
)
def test_what_nobody_agreed_to_pay_is_not_bought(
    workspace: Path, bank: Started, words: tuple[str, ...], settings: str, part: str
) -> None:
    """One message, exit code 4, and the bank got no money."""
    (workspace / "didgen.yaml").write_text(f"paid: true\n{settings}\n")
    done = didgen(workspace, "build", "--service", bank.url, *words, D_ID_API_KEY=bank.key)
    assert 4 == done.returncode, done.stderr
    assert part in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert [] == bank.bought()


def test_voices_of_a_language_are_listed_with_what_a_reader_chooses_by(tmp_path: Path) -> None:
    """Language, gender, licence, errors, cost and draft, and the command that brings what is not here."""
    (german,) = json.loads(didgen(tmp_path, "voices", "--language", "de", "--json").stdout)
    assert ("pico-de", "de-DE", "female", "Apache-2.0", False) == tuple(
        german[key] for key in ("id", "locale", "gender", "licence", "draft")
    )
    assert 0 < german["wer_percent"] < 10
    assert 0 < german["cpu_s_per_s"] < 1
    (dutch,) = didgen(tmp_path, "voices", "--language", "nl").stdout.splitlines()[1:]
    assert dutch.split()[:4] == ["espeak-nl", "nl-NL", "male", "GPL-3.0"]
    assert " draft" in dutch


def test_voices_and_drivers_are_listed_for_people_and_programs(tmp_path: Path) -> None:
    """The default voice is marked; JSON holds the same."""
    assert "(default)" in didgen(tmp_path, "voices").stdout
    names = {voice["id"] for voice in json.loads(didgen(tmp_path, "voices", "--json").stdout)}
    assert {"heart", "am_puck"} <= names
    assert "lively" in didgen(tmp_path, "drivers").stdout
    assert "nostalgia" in json.loads(didgen(tmp_path, "drivers", "--json").stdout)["animations"]


def test_schema_is_put_into_the_repository(tmp_path: Path) -> None:
    """schema writes schemas/project.schema.json at the root and prints the same with --stdout."""
    (tmp_path / "projects").mkdir()
    assert 0 == didgen(tmp_path, "schema").returncode
    written = (tmp_path / "schemas" / "project.schema.json").read_text()
    assert written == didgen(tmp_path, "schema", "--stdout").stdout
    assert "scenes" in json.loads(written)["properties"]


@pytest.mark.render
def test_say_tells_what_is_wrong_with_the_photo(tmp_path: Path) -> None:
    """What the engine warns of stands below the video, as after a build."""
    masked = Path(__file__).parents[1] / "quality" / "faces" / "masked.jpg"
    done = didgen(tmp_path, "say", str(masked), "Good day.", "-o", "day.mp4")
    first, *below = done.stdout.splitlines()
    assert re.fullmatch(r"day\.mp4  \d\.\d s  bank://(natural|lively|subtle)/driver-\d+/(original|flipped)", first)
    assert ["    nose and mouth are covered (a mask?): the mouth stays still"] == below


@pytest.mark.render
def test_only_the_changed_scene_is_rendered_and_stale_outputs_go_when_asked(workspace: Path) -> None:
    """Build twice, change one line, drop one scene: rendered 2, 0, 1, 0; --prune removes what nothing makes."""
    project = workspace / "projects" / "tiny" / "project.yaml"
    first = json.loads(didgen(workspace, "build", "--json").stdout)
    assert (2, 0) == (first["rendered"], first["failed"])
    assert 0 == json.loads(didgen(workspace, "build", "--json").stdout)["rendered"]
    project.write_text(PROJECT.replace("Good evening", "Good night"))
    plan = didgen(workspace, "plan").stdout
    assert "script changed: Good [evening → night]." in plan
    assert "tiny/one" not in plan
    assert 1 == json.loads(didgen(workspace, "build", "--json").stdout)["rendered"]
    project.write_text(PROJECT[: PROJECT.index("  - id: two")])
    assert "output/tiny/two.mp4: nothing makes this any more" in didgen(workspace, "plan").stdout
    didgen(workspace, "build", "--prune")
    assert not (workspace / "output" / "tiny" / "two.mp4").exists()
    assert (workspace / "output" / "tiny" / "one.mp4").exists()


@pytest.mark.render
def test_one_bad_scene_fails_alone(workspace: Path) -> None:
    """A picture without a face fails its scene with exit 1; the other scene is there."""
    import cv2
    import numpy as np

    cv2.imwrite(str(workspace / "projects" / "tiny" / "assets" / "grey.png"), np.full((400, 400, 3), 128, np.uint8))
    bad = PROJECT.replace('script: "Good morning."', 'source: assets/grey.png\n    script: "Good morning."')
    (workspace / "projects" / "tiny" / "project.yaml").write_text(bad)
    done = didgen(workspace, "build")
    assert 1 == done.returncode
    assert "no face" in done.stdout
    assert (workspace / "output" / "tiny" / "two.mp4").exists()
    assert not (workspace / "output" / "tiny" / "one.mp4").exists()


SERVER_KEY = "user:secret-of-the-server"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """`didgen serve` as a process on a free port of the loopback; its address."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "didgen", "serve", "--port", str(port)],
        cwd=tmp_path,
        env={**os.environ, "DIDGEN_API_KEY": SERVER_KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _until_listening(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    import socket

    end = time.monotonic() + 30
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0].decode()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("the server did not start")


@pytest.mark.render
def test_a_build_through_didgen_serve_gives_a_draft_over_http(workspace: Path, server: str) -> None:
    """--service URL uploads, submits, polls and downloads; the draft stays out of output/ and the manifest."""
    done = didgen(workspace, "build", "tiny/one", "--service", server, DIDGEN_API_KEY=SERVER_KEY)
    assert 0 == done.returncode, done.stderr
    (draft,) = (workspace / ".didgen" / "drafts" / "tiny").glob("one.mp4")
    assert draft.stat().st_size > 20_000
    assert not (workspace / "output").exists()
