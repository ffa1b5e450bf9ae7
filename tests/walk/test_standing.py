"""The short cut, project by project: what nothing has changed about stands, and only the rest is walked."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from didgen.cli.atonce import at_once
from didgen.errors import ProjectError
from didgen.project import stamps
from didgen.store.artifacts import Artifacts
from didgen.walk import steps
from didgen.walk.shortcut import standing
from tests import fakes

NAMES = ("one", "three", "two")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in NAMES:
        home = tmp_path / "work" / "projects" / name
        home.mkdir(parents=True)
        (home / "photo.jpg").write_bytes(fakes.photo())
        (home / "a.txt").write_text(f"This is {name} speaking.")
        scenes = "scenes:\n  - {id: a, script: {file: a.txt}}\n  - {id: b, script: Nothing else.}\n"
        (home / "project.yaml").write_text(f"didgen: 1\nname: {name}\ndefaults: {{source: photo.jpg}}\n{scenes}")
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return tmp_path / "work"


def build(root: Path, *addresses: str) -> steps.Summary:
    summary = steps.build(steps.wish(root, addresses), command=fakes.COMMAND)
    assert summary.error is None
    return summary


def left(root: Path) -> list[str]:
    return [target.path.parent.name for target in standing(steps.wish(root)).left]


def test_only_the_project_that_changed_is_walked(root: Path) -> None:
    """The others are told of from their records, in the order of the wish."""
    first = build(root)
    assert [] == left(root)
    (root / "projects/three/a.txt").write_text("This is somebody else.")
    assert ["three"] == left(root)
    seen: list[str] = []
    again = steps.build(steps.wish(root), command=fakes.COMMAND, on_plan=lambda plan: seen.append(plan.project))
    assert ["three"] == seen
    assert [scene.address for scene in first.scenes] == [scene.address for scene in again.scenes]
    assert ["reused", "reused", "rendered", "reused", "reused", "reused"] == [s.action for s in again.scenes]
    assert first.films == again.films
    assert [] == left(root)


def test_a_plan_tells_of_all_and_walks_what_changed(root: Path) -> None:
    """As text it counts the others as up to date; as JSON it has every scene."""
    build(root)
    (root / "projects/two/a.txt").write_text("This is somebody else.")
    words = [sys.executable, "-m", "didgen", "plan"]
    said = subprocess.run(words, cwd=root, capture_output=True, text=True, check=True).stdout
    assert "somebody else" in said
    assert "1 to render" in said
    assert "5 up to date" in said
    told = subprocess.run([*words, "--json"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert 6 == sum(len(project["scenes"]) for project in json.loads(told)["projects"])


@pytest.mark.parametrize("words", [["build"], ["plan"], ["plan", "two", "-q"]])
def test_nothing_to_do_is_said_before_click_is_imported(root: Path, words: list[str]) -> None:
    """In the same words as after it: `--force` and the like are for click."""
    build(root)
    code = (
        f"import sys\nsys.argv = ['didgen', *{words!r}]\nfrom didgen.cli.main import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\nprint('click' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    told = "" if "-q" in words else "everything is up to date (6 scenes)\n"
    assert f"{told}False\n" == done.stdout
    again = subprocess.run(
        [sys.executable, "-m", "didgen", "-C", str(root), *words], capture_output=True, text=True, check=True
    )
    assert told == again.stdout


READERS = """\
import os, sys
from pathlib import Path
root, opened = os.path.realpath(sys.argv[1]), set()
looks = ("open", "os.listdir", "os.scandir")
sys.addaudithook(lambda event, args: opened.add(str(args[0])) if event in looks else None)
from didgen.walk import steps
from tests import fakes
summary = steps.build(steps.wish(Path(root), ["two"]), command=fakes.COMMAND)
assert summary.error is None, summary
print(*sorted(p[len(root) + 1:] for p in map(os.path.abspath, opened) if p.startswith(root)), sep="\\n")
"""


@pytest.mark.parametrize("built", [False, True])
def test_a_build_of_one_project_reads_no_other(root: Path, built: bool) -> None:
    """Neither its files nor its outputs are opened, whether it was built before or not, and whatever it holds."""
    if built:
        build(root)
        (root / "projects/two/a.txt").write_text("This is somebody else.")
    (root / "projects/one/project.yaml").write_text("didgen: [")
    words, environ = [sys.executable, "-c", READERS, str(root)], {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(words, cwd=root, env=environ, capture_output=True, text=True, check=True)
    opened = done.stdout.split()
    assert "projects/two/a.txt" in opened
    assert [] == [name for name in opened if name.startswith(("projects/one", "projects/three", "output/one"))]


def test_a_name_that_another_has_is_refused_by_a_build_of_one(root: Path) -> None:
    """What was built into a folder is known, though that project is not read: a copy cannot take its place. It can
    once the other has gone, or has another name."""
    build(root, "one")
    shutil.copytree(root / "projects/one", root / "projects/copy")
    with pytest.raises(ProjectError, match=r"name: is the name of projects/one/project\.yaml too"):
        build(root, "copy")
    written = root / "projects/one/project.yaml"
    written.write_text(written.read_text().replace("name: one", "name: first"))
    build(root, "copy")
    written.write_text(written.read_text().replace("name: first", "name: One"))
    with pytest.raises(ProjectError, match=r"name: is the name of projects/copy/project\.yaml too"):
        build(root, "projects/one/project.yaml")
    shutil.rmtree(root / "projects/copy")
    build(root, "projects/one/project.yaml")


def test_times_that_say_nothing_cost_one_reading(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a fresh checkout the contents are compared, and the looks of today are kept: not even a plan reads twice.
    Young files are left out (here is none): those are read again until they are old enough."""
    monkeypatch.setattr(stamps, "RACY_NS", 0)
    build(root)
    then = 1_000_000_000
    for path in [*root.glob("projects/*/*"), *root.glob("output/*/*")]:
        os.utime(path, (then, then))
    with Artifacts(root) as store:
        before = store.state.walks()
    assert [] == left(root)
    with Artifacts(root) as store:
        after = store.state.walks()
    assert before.keys() == after.keys()
    for key, record in after.items():
        was, now = dict(before[key] or {}), dict(record or {})
        looks, other_looks = was.pop("stamps"), now.pop("stamps")
        assert looks["ctimes"] != other_looks["ctimes"]
        assert looks["digests"] == other_looks["digests"]
        assert was == now


@pytest.mark.parametrize(
    "edit",
    [
        "replace(record, '\"scenes\":[', '\"scenes\":[7,')",
        "replace(record, '\"digests\"', '\"figures\"')",
        "replace(record, 'b.mp4', 'c.mp4')",
        "substr(record, 1, length(record) / 2)",
        "'[]'",
        "'{'",
        "''",
        "7",
        "x'ff00'",
    ],
)
def test_a_record_that_was_written_to_is_no_record(root: Path, edit: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever its shape is then: all is planned anew, also other words of a script, and nothing is rendered twice."""
    build(root)
    (root / "projects/one/a.txt").write_text("This is somebody else.")
    with sqlite3.connect(root / ".didgen/state.sqlite") as db:
        db.execute(f"UPDATE walks SET record = {edit}")
    assert list(NAMES) == left(root)
    assert (False, "") == (at_once(["plan"])[0], capsys.readouterr().out)
    assert {"reused": 5, "rendered": 1} == Counter(scene.action for scene in build(root).scenes)
    assert [] == left(root)


def test_a_record_of_another_form_is_no_record(root: Path) -> None:
    """Then the project is walked, and nothing is rendered."""
    build(root)
    with Artifacts(root) as store:
        for key, record in store.state.walks().items():
            store.state.put_walk(key, {**(record or {}), "form": 1})
    assert list(NAMES) == left(root)
    assert {"reused"} == {scene.action for scene in build(root).scenes}
    assert [] == left(root)
