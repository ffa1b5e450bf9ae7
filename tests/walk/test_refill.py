"""A script that changes is planned by itself, and the plan is word for word that of the whole walk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from didgen.cli.atonce import at_once
from didgen.store.artifacts import Artifacts
from didgen.walk import steps
from tests import fakes

PROJECT = """\
didgen: 1
name: NAME
defaults: {source: photo.jpg}
pronounce: {kubectl: cube control}
scenes:
  - {id: a, script: {file: a.txt}}
  - {id: b, script: {file: b.txt}, config: {pad_audio: 2}, voice: VOICE}
  - {id: c, script: {file: shared.txt}}
  - {id: d, script: {file: shared.txt}, voice: pico-de}
  - {id: e, script: {file: e.txt, subtitles: true}}
  - {id: f, script: {file: f.md}}
  - {id: g, script: Nothing else.}
"""
VOICE = '{provider: microsoft, voice_id: en-US-JennyNeural, voice_config: {rate: "0.8"}}'
TEXTS = {
    "a.txt": "This is somebody who speaks.\n",
    "b.txt": "Somebody else says more than that.",
    "shared.txt": "Hallo.",
    "e.txt": "Words that are shown.",
    "f.md": "# Words\n\nin paragraphs",
}
Edit = Callable[[Path], object]


def say(name: str, text: str | bytes) -> Edit:
    data = text.encode() if isinstance(text, str) else text
    return lambda home: (home / name).write_bytes(data)


def all_of(*edits: Edit) -> Edit:
    return lambda home: [edit(home) for edit in edits]


def lock(home: Path) -> None:
    (home / "didgen.lock").write_text("{}")


def link(home: Path) -> None:
    (home / "a.txt").rename(home / "other.txt")
    (home / "other.txt").write_text("Something new.")
    (home / "a.txt").symlink_to("other.txt")


def no_object(home: Path) -> None:
    """The videos of this and of all scenes are gone from the store, and a script is another one."""
    shutil.rmtree(home.parents[1] / ".didgen/objects")
    (home / "a.txt").write_text("Something new.")


AT_ONCE: dict[str, Edit] = {
    "words": say("a.txt", "This is somebody else who speaks."),
    "one letter": say("a.txt", "This is somebody who speaks!\n"),
    "white space around": say("a.txt", "\n  This is somebody who speaks. \n\n"),
    "white space inside": say("a.txt", "This is  somebody\nwho speaks.\n"),
    "a mark": say("a.txt", b"\xef\xbb\xbfThis is somebody who speaks.\n"),
    "letters": say("a.txt", "This is a café — na\u00efve, 12 \u20ac, \u201cquoted\u201d, \u0000 and \u2028."),
    "line ends": say("a.txt", b"This is\r\nsomebody else\rwho speaks.\r\n\r\nAnd more.\r\n"),
    "line ends alone": say("e.txt", b"Words that\r\nare shown.\r\n"),
    "numbers": say("b.txt", "1 2 3 4 5 6 7 8 9 0 < 5 <b>or</b> <break time='2s'/> so."),
    "long": say("a.txt", "word " * 5_000),
    "two": all_of(say("a.txt", "First of two."), say("b.txt", "Second of two.")),
    "words as others are spoken": say("a.txt", "This is cube control who speaks."),
    "subtitles": say("e.txt", "Other words that are shown."),
}
WHOLE: dict[str, Edit] = {
    "a tag": say("a.txt", "This is {{ name }}."),
    "a wrong tag": say("a.txt", "This is {{ nobody }}."),
    "a brace": say("a.txt", "This is { nobody."),
    "nothing": say("a.txt", ""),
    "one letter left": say("a.txt", "x"),
    "marks alone": say("a.txt", "…!? —"),
    "too long": say("a.txt", "word " * 9_000),
    "no text": say("a.txt", b"\xff\xfe\x00"),
    "other writing": say("a.txt", "Это другой язык, и голос его не читает."),
    "gone": lambda home: (home / "a.txt").unlink(),
    "a folder": all_of(lambda home: (home / "a.txt").unlink(), lambda home: (home / "a.txt").mkdir()),
    "a link": link,
    "two scenes": say("shared.txt", "Guten Tag, und auf Wiedersehen."),
    "respelled": say("a.txt", "This is kubectl who speaks."),
    "as another": say("a.txt", "Nothing else."),
    "Markdown": say("f.md", "# Other\n\nwords"),
    "a picture too": all_of(
        say("a.txt", "Something new."), lambda home: (home / "photo.jpg").write_bytes(fakes.photo(2))
    ),
    "the project": all_of(
        say("a.txt", "Something new."),
        lambda home: (home / "project.yaml").write_text(f"{(home / 'project.yaml').read_text()}# more\n"),
    ),
    "a lock": all_of(say("a.txt", "Something new."), lock),
    "no output": all_of(say("a.txt", "Something."), lambda home: (out(home) / "a.mp4").unlink()),
    "a damaged output": all_of(
        say("a.txt", "Something."),
        lambda home: (out(home) / "b.mp4").unlink(),
        lambda home: (out(home) / "b.mp4").write_bytes(b"x"),
    ),
    "no objects": no_object,
    "settings": all_of(
        say("a.txt", "Something."), lambda home: (home.parents[1] / "didgen.yaml").write_text("jobs: 2\n")
    ),
}


def out(home: Path) -> Path:
    return home.parents[1] / "output" / home.name


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("refill") / "work"
    for name in ("one", "two"):
        home = root / "projects" / name
        home.mkdir(parents=True)
        (home / "photo.jpg").write_bytes(fakes.photo())
        for file, text in TEXTS.items():
            (home / file).write_text(text)
        voice = "" if name == "one" else "voices: {en: heart}\n"
        (home / "project.yaml").write_text(
            voice + PROJECT.replace("NAME", name).replace("VOICE", VOICE).replace(", voice: pico-de", "")
        )
    build(root)
    return root


def build(root: Path) -> steps.Summary:
    with pytest.MonkeyPatch.context() as patch:  # any variable of ours may be a setting
        patch.setenv("DIDGEN_FAKE_LOG", str(root.parent / "rendered.log"))
        summary = steps.build(steps.wish(root), command=fakes.COMMAND)
    assert summary.error is None
    return summary


@pytest.fixture
def home(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project that is up to date, in a copy of the workspace; the current folder."""
    shutil.copytree(built, tmp_path / "work", symlinks=True)
    monkeypatch.chdir(tmp_path / "work")
    assert at_once(["plan", "-q"])[0]
    return tmp_path / "work/projects/two"


def whole(root: Path) -> tuple[int, str]:
    """Exit code and words of the whole walk of a changed workspace: from no record, in a process of its own."""
    with Artifacts(root) as store:
        store.state.forget_walks()
    code, said = planned(root)
    return code, said.decode()


def planned(root: Path, encoding: str = "utf-8") -> tuple[int, bytes]:
    """Exit code and words of a process whose stdout has an encoding."""
    environ = os.environ | {"PYTHONIOENCODING": encoding}
    done = subprocess.run([sys.executable, "-m", "didgen", "plan"], cwd=root, capture_output=True, env=environ)
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", AT_ONCE)
def test_other_words_are_planned_at_once(home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole walk says just the same."""
    AT_ONCE[name](home)
    assert at_once(["plan"]) == (True, None)
    said = capsys.readouterr().out
    assert (0, said) == whole(home.parents[1])
    assert ("1 to render" in said) == (name not in ("white space around", "a mark", "two"))


@pytest.mark.parametrize(("encoding", "arrow"), [("ascii", "→".encode()), ("latin-1", rb"\u2192")])
def test_words_are_told_in_any_encoding(home: Path, encoding: str, arrow: bytes) -> None:
    """At once as by the whole walk, also where stdout has no sign for them."""
    (home / "a.txt").write_text("This is a café.")
    code, said = at_first = planned(home, encoding)
    assert (0, True) == (code, arrow in said)
    with Artifacts(home.parents[1]) as store:
        store.state.forget_walks()
    assert at_first == planned(home, encoding)


@pytest.mark.parametrize("name", WHOLE)
def test_all_else_is_for_the_whole_walk(home: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is answered, so that it is the whole walk that says what is wrong, or is another case."""
    WHOLE[name](home)
    answered, _ = at_once(["plan"])
    assert (False, "") == (answered, capsys.readouterr().out)


@pytest.mark.parametrize("name", ["DIDGEN_JOBS", "DIDGEN_PAID", "DIDGEN_STORE", "DIDGEN_BUDGET"])
def test_a_setting_of_the_environment_is_for_the_whole_walk(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Any of them may change what a plan says."""
    (home / "a.txt").write_text("Something new.")
    monkeypatch.setenv(name, "1")
    assert not at_once(["plan"])[0]


def test_a_build_after_such_a_plan_renders_what_it_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And leaves a record from which the next one is planned."""
    root = home.parents[1]
    for text in ("Something new.", "And something newer."):
        (home / "a.txt").write_text(text)
        assert at_once(["plan"])[0]
        assert "+ two/a " in capsys.readouterr().out
        summary = build(root)
        assert ["two/a"] == [scene.address for scene in summary.scenes if scene.action == "rendered"]
    (home / "a.txt").write_text("Something new.")  # rendered before: for the whole walk
    assert not at_once(["plan"])[0]


def test_a_note_on_words_does_not_stay_with_other_words(home: Path) -> None:
    """A script with braces is for the whole walk, also when they go."""
    (home / "a.txt").write_text("This is { name } who speaks.")
    build(home.parents[1])
    (home / "a.txt").write_text("This is somebody who speaks again.")
    assert not at_once(["plan"])[0]


def test_a_plan_of_other_words_imports_nothing_heavy(home: Path) -> None:
    """Neither YAML nor the models nor the parser of command lines; nor what takes as long as a thousand scenes."""
    (home / "a.txt").write_text("Something new.")
    code = (
        "import sys\nsys.argv = ['didgen', 'plan']\nfrom didgen.cli.main import main\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "heavy = {'click', 'yaml', 'pydantic', 'jinja2', 'asyncio', 'subprocess', 'dataclasses', 'pathlib', 'typing'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=home, capture_output=True, text=True, check=True)
    assert "1 to render" in done.stdout
    assert done.stdout.endswith("[]\n")
