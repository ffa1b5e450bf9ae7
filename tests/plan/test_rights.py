"""`rights`: who allowed a face or a voice, and until when."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from didgen.plan import rights
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import Project, load_project
from didgen.walk import steps
from tests import fakes

PROJECT = """\
didgen: 1
name: demo
defaults: {source: eva.jpg}
rights:
  ./eva.jpg: {who: Eva, scope: training, until: 2027-01-31}
  max.jpg: {who: Max}
scenes:
  - id: a
    script: "Hello there."
  - id: b
    source: max.jpg
    script: "Good day."
"""
OWN_VOICE = "kH3vVx8cGdE2aLm9Qr1T"
LAST, AFTER = "2027-01-31", "2027-02-01"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "demo"
    folder.mkdir(parents=True)
    for name in ("eva.jpg", "max.jpg"):
        (folder / name).write_bytes(fakes.photo())
    (folder / "voice.wav").write_bytes(fakes.wav(3))
    return folder


def resolved(folder: Path, text: str, service: str = "local") -> tuple[Project, list[Scene]]:
    (folder / "project.yaml").write_text(text)
    files = Files(folder.parents[1])
    project = load_project(folder / "project.yaml", files)
    return project, resolve(project, files, service_id(service))


def strict(folder: Path, text: str, service: str = "local", today: str = LAST) -> list[str]:
    return [str(problem) for problem in rights.strict_problems(*resolved(folder, text, service), today)]


def build(folder: Path, today: str, *addresses: str) -> steps.Summary:
    wanted = replace(steps.wish(folder.parents[1], addresses), today=today)
    return steps.build(wanted, command=fakes.COMMAND)


def test_rights_hold_through_their_last_day(folder: Path) -> None:
    """Then the scene that uses the photo, and no other, is stopped, at the place of the date."""
    _, (a, b) = resolved(folder, PROJECT)
    assert rights.expired(a, LAST) is None
    said = "projects/demo/project.yaml:5:49: rights../eva.jpg.until: the rights of ./eva.jpg, given by Eva, ended on"
    assert str(rights.expired(a, AFTER)).startswith(f"{said} 2027-01-31")
    assert rights.expired(b, "9999-12-31") is None


def test_rights_change_no_fingerprint(folder: Path) -> None:
    """Renewed, or not written down at all."""
    without = PROJECT[: PROJECT.index("rights:")] + PROJECT[PROJECT.index("scenes:") :]
    texts = (PROJECT, PROJECT.replace("2027", "2031"), without)
    prints = [[scene.fingerprint for scene in resolved(folder, text)[1]] for text in texts]
    assert prints[0] == prints[1] == prints[2]


def test_strict_demands_rights_of_photos_recordings_and_voices_of_somebodys_own(folder: Path) -> None:
    """At the place that names them; what providers offer to all, and driver banks, need none."""
    assert [] == strict(folder, PROJECT)
    more = PROJECT.replace("max.jpg: {who: Max}", "max.jpg: {who: Max}\n  # none") + (
        "  - {id: c, script: {audio: voice.wav}}\n"
        f"  - {{id: d, driver: lively, script: Good day, voice: {{provider: elevenlabs, voice_id: {OWN_VOICE}}}}}\n"
        "  - {id: e, script: Good day, voice: en-US-JennyNeural}\n"
        "  - {id: f, script: Good day, voice: {provider: elevenlabs, voice_id: 21m00Tcm4TlvDq8ikWAM}}\n"
        "  - {id: g, source: https://x.org/p.jpg?sig=secret, script: Good day}\n"
    )
    found = strict(folder, more, "d-id")
    assert [
        "projects/demo/project.yaml:14:29: scenes[2].script.audio: nothing says who gave the rights of voice.wav",
        f"projects/demo/project.yaml:15:54: scenes[3].voice: nothing says who gave the rights of {OWN_VOICE}",
        "projects/demo/project.yaml:18:21: scenes[6].source: nothing says who gave the rights of https://x.org/p.jpg",
    ] == [problem.partition(" (")[0] for problem in found]
    given = f"  voice.wav: {{who: A}}\n  {OWN_VOICE}: {{who: B}}\n  https://x.org/p.jpg?sig=other: {{who: C}}\n"
    assert [] == strict(folder, more.replace("  # none\n", given), "d-id")


def test_strict_refuses_what_ended_and_what_names_nothing(folder: Path) -> None:
    """A misspelt name would else protect nobody."""
    (ended,) = strict(folder, PROJECT, today=AFTER)
    assert "ended on 2027-01-31" in ended
    (lost,) = strict(folder, PROJECT.replace("  max.jpg: {who: Max}", "  max.jpg: {who: Max}\n  may.jpg: {who: May}"))
    assert lost.startswith("projects/demo/project.yaml:7:12: rights.may.jpg: no scene uses")


def test_rights_may_be_shared_and_name_files_beside_them(folder: Path) -> None:
    """An included file's entry is about the file beside it."""
    shared = folder.parents[1] / "shared"
    shared.mkdir()
    (shared / "eva.jpg").write_bytes(fakes.photo())
    text = "defaults: {source: eva.jpg}\nrights: {eva.jpg: {who: Eva, until: 2027-01-31}}\n"
    (shared / "all.yaml").write_text(text)
    project = "didgen: 1\nname: demo\ninclude: ../../shared/all.yaml\nscenes: [{id: a, script: Hello there}]\n"
    assert [] == strict(folder, project)
    (ended,) = strict(folder, project, today=AFTER)
    assert ended.startswith("shared/all.yaml:2:37: rights.eva.jpg.until: ")


def test_a_build_stops_that_scene_and_no_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first day after, a build that had nothing to do fails: nothing of the scene is made or put back, the film is
    left as it is, the other scene is built. With the rights renewed all is there again, and nothing is rendered."""
    log = folder.parents[1] / "rendered.log"
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(log))
    (folder / "project.yaml").write_text(PROJECT)
    output = folder.parents[1] / "output" / "demo"
    assert build(folder, LAST).error is None
    assert ["reused", "reused"] == [scene.action for scene in build(folder, LAST).scenes]
    film = (output / "film.mp4").read_bytes()
    (output / "a.mp4").unlink()
    (output / "b.mp4").unlink()
    stopped = build(folder, AFTER)
    assert ["failed", "restored"] == [scene.action for scene in stopped.scenes]
    assert stopped.scenes[0].error.startswith("projects/demo/project.yaml:5:49: rights../eva.jpg.until: the rights of")
    assert (1, False, True) == (
        stopped.error and stopped.error.exit_code,
        *((output / n).exists() for n in ("a.mp4", "b.mp4")),
    )
    (folder / "project.yaml").write_text(PROJECT.replace("Good day", "Good evening"))
    assert ["failed", "rendered"] == [scene.action for scene in build(folder, AFTER).scenes]
    assert film == (output / "film.mp4").read_bytes()
    assert build(folder, AFTER, "demo/b").error is None  # the film has the other scene, too
    assert film == (output / "film.mp4").read_bytes()
    (folder / "project.yaml").write_text(PROJECT.replace("Good day", "Good evening").replace("2027", "2031"))
    renewed = build(folder, AFTER)
    assert (None, ["restored", "reused"]) == (renewed.error, [scene.action for scene in renewed.scenes])
    assert 3 == len(log.read_text().splitlines())


def test_the_end_of_rights_is_noticed_though_no_file_changed(folder: Path) -> None:
    """The short cut, which looks at files only, is not taken any more."""
    (folder / "project.yaml").write_text(PROJECT)
    assert build(folder, LAST).error is None
    wanted = replace(steps.wish(folder.parents[1]), today=LAST)
    assert steps.nothing_to_do(wanted) is not None
    assert steps.nothing_to_do(replace(wanted, today=AFTER)) is None
    assert ["failed", "reused"] == [scene.action for scene in build(folder, AFTER).scenes]


def test_equal_videos_are_stopped_one_by_one(folder: Path) -> None:
    """Two photos of the same bytes are one rendering; the one that may be used is rendered."""
    (folder / "project.yaml").write_text(PROJECT.replace("Good day", "Hello there"))
    stopped = build(folder, AFTER)
    assert ["failed", "rendered"] == [scene.action for scene in stopped.scenes]


def test_the_commands_tell_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """plan shows what is stopped and prices it at nothing, check tells, check --strict ends with exit 2."""
    from didgen.cli.main import main

    (folder / "project.yaml").write_text(PROJECT.replace("2027-01-31", "2020-01-31"))
    monkeypatch.chdir(folder.parents[1])

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["didgen", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    text = run("plan", "--service", "d-id")[1]
    assert "✗ demo/a  talk" in text
    assert "    projects/demo/project.yaml:5:49: rights../eva.jpg.until: the rights of ./eva.jpg" in text
    assert "1 to render (about 1 s of video, d-id), 0 up to date, 1 stopped\nto buy: 1 scene from" in text
    (project,) = json.loads(run("plan", "--json")[1])["projects"]
    assert ["stop", "render"] == [scene["action"] for scene in project["scenes"]]
    code, out, _ = run("check")
    assert (0, True) == (code, "demo/a: projects/demo/project.yaml:5:49: " in out)
    code, _, err = run("check", "--strict")
    assert (2, 1) == (code, err.count("ended on 2020-01-31"))
