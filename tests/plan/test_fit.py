"""`max_seconds`: what is too long is told by instance, before it is rendered and by its true length afterwards."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from didgen.cli.build import as_text
from didgen.errors import ProjectError
from didgen.plan import fit
from didgen.plan.scene import Decision
from didgen.walk import steps
from didgen.walk.planned import overruns
from tests import fakes
from tests.plan.resolving import scenes

PROJECT = """\
didgen: 1
name: demo
matrix: {locale: [en, de]}
voices: {en: heart, de: de-DE-KatjaNeural}
defaults: {source: photo.jpg, config: {pad_audio: 1}, max_seconds: 4}
scenes:
  - id: hello
    script: "{{ 'Guten Tag, und einen recht herzlichen Dank an alle hier' if locale == 'de' else 'Good day' }}."
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "demo"
    folder.mkdir(parents=True)
    (folder / "photo.jpg").write_bytes(fakes.photo())
    (folder / "voice.wav").write_bytes(fakes.wav(3))
    return folder


def test_the_language_that_overruns_is_told_with_by_how_much(folder: Path) -> None:
    """Silence at the end counts. The problem lies where the limit is written, which may be for all scenes."""
    en, de = scenes(folder, PROJECT)
    assert fit.estimated(en) is None
    found = fit.estimated(de)
    assert found is not None
    assert 1 < de.seconds - 4 == found.over_s
    assert f"overruns 4 s by about {de.seconds - 4:.1f} s" == found.words
    place = "project.yaml:5:68: defaults.max_seconds: "
    assert str(found.problem(de.address)).startswith(f"{place}demo/hello[locale=de] overruns 4 s by about ")


def test_a_scene_s_own_limit_wins_and_null_takes_it_away(folder: Path) -> None:
    """As every default; a locale can have its own."""
    own = scenes(folder, PROJECT + "    max_seconds: 9.5\n")
    assert [9.5, 9.5] == [scene.limit.seconds for scene in own if scene.limit]
    assert [None, None] == [scene.limit for scene in scenes(folder, PROJECT + "    max_seconds: null\n")]
    of_locale = scenes(folder, PROJECT.replace("scenes:", "locales: {de: {max_seconds: 30}}\nscenes:"))
    assert [4, 30] == [scene.limit.seconds for scene in of_locale if scene.limit]


def test_a_recording_is_exact_and_one_that_nobody_read_is_not_judged(folder: Path) -> None:
    """Three seconds and one of silence; of a link that only the service reads nothing is claimed."""
    head = "didgen: 1\nname: demo\ndefaults: {source: photo.jpg, config: {pad_audio: 1}, max_seconds: 2.5}\n"
    (known,) = scenes(folder, head + "scenes: [{id: a, script: {audio: voice.wav}}]\n")
    assert "overruns 2.5 s by 1.5 s" == fit.words_of(fit.estimated(known))
    (unread,) = scenes(folder, head + "scenes: [{id: a, script: {audio: 's3://bucket/a.mp3'}}]\n", "d-id")
    assert unread.limit is not None
    assert fit.estimated(unread) is None


def test_a_stored_video_is_judged_by_its_true_length(folder: Path) -> None:
    """Whatever was estimated; a fiftieth of a second more is nobody's fault."""
    _, de = scenes(folder, PROJECT)
    decision = Decision(de, "restore", ("output missing",), length_s=3.0)
    assert fit.planned(decision) is None
    assert fit.planned(replace(decision, length_s=4.02)) is None
    assert "overruns 4 s by 0.5 s" == fit.words_of(fit.planned(replace(decision, length_s=4.5)))
    assert "about" in fit.words_of(fit.planned(replace(decision, length_s=0.0)))


def test_a_limit_changes_no_fingerprint(folder: Path) -> None:
    """Nothing is cut, so nothing is rendered again."""
    without = scenes(folder, PROJECT.replace(", max_seconds: 4", ""))
    assert [s.fingerprint for s in without] == [s.fingerprint for s in scenes(folder, PROJECT)]


@pytest.mark.parametrize(("written", "said"), [("0", "must be more than 0"), ("'4'", "must be a number")])
def test_a_limit_that_is_none_is_a_mistake(folder: Path, written: str, said: str) -> None:
    """At its place."""
    with pytest.raises(ProjectError) as caught:
        scenes(folder, PROJECT.replace("max_seconds: 4", f"max_seconds: {written}"))
    (problem,) = caught.value.problems
    assert str(problem).startswith(f"project.yaml:5:68: defaults.max_seconds: {said}")


def test_a_build_warns_renders_and_tells_the_true_excess(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it renders, at the line of the limit; afterwards by the length of the video; and again when it was the
    limit alone that changed, which renders nothing."""
    root = folder.parents[1]
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(root / "rendered.log"))
    (folder / "project.yaml").write_text(PROJECT)
    heard: list[str] = []
    first = steps.build(steps.wish(root), command=fakes.COMMAND, on_notice=heard.append)
    assert first.error is None
    (said,) = [text for text in heard if "overruns" in text]
    assert said.startswith("projects/demo/project.yaml:5:68: defaults.max_seconds: demo/hello[locale=de] overruns 4 s")
    lengths = [scene.duration_s for scene in first.scenes]
    assert min(lengths) > 0.1
    (folder / "project.yaml").write_text(PROJECT.replace("max_seconds: 4", "max_seconds: 0.01"))
    again = steps.build(steps.wish(root), command=fakes.COMMAND)
    assert ["reused", "reused"] == [scene.action for scene in again.scenes]
    assert [f"overruns 0.01 s by {length - 0.01:.1f} s" for length in lengths] == [s.overrun for s in again.scenes]
    project, scenes = steps.check(steps.wish(root))[0]
    assert [s.overrun for s in again.scenes] == [over.words for _, over in overruns(root, project, scenes)]
    for summary in (again, steps.nothing_to_do(steps.wish(root))):  # told as long as it is so
        assert summary is not None
        assert f"! demo/hello[locale=en] overruns 0.01 s by {lengths[0] - 0.01:.1f} s" in as_text(summary)


def test_check_strict_and_the_plan_tell_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """check tells and goes on, --strict ends with exit 2; plan has it after the scenes, and in its JSON."""
    from didgen.cli.main import main

    (folder / "project.yaml").write_text(PROJECT)
    monkeypatch.chdir(folder.parents[1])

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["didgen", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    code, out, _ = run("check")
    assert 0 == code
    assert "demo/hello[locale=de]: overruns 4 s by about " in out
    code, out, err = run("check", "--strict", "--json")
    assert 2 == code
    assert "projects/demo/project.yaml:5:68: defaults.max_seconds: demo/hello[locale=de] overruns" in err
    assert 1 == sum("overruns" in problem for problem in json.loads(out)["problems"])
    assert "\n! demo/hello[locale=de] overruns 4 s by about " in run("plan")[1]
    (project,) = json.loads(run("plan", "--json")[1])["projects"]
    assert [(4.0, False), (4.0, True)] == [(s["max_seconds"], s["over_seconds"] > 0) for s in project["scenes"]]
