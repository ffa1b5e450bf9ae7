"""`didgen locale`: stale translations are told by status, plan, check and build until they are accepted."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import jsonschema
import pytest

from didgen.cli.build import as_text
from didgen.cli.main import main
from didgen.walk import steps
from tests import fakes
from tests.cli.test_commands import ROOT

PROJECT = """\
didgen: 1
name: demo
matrix: {locale: [en, de]}
voices: {en: heart, de: de-DE-KatjaNeural}
defaults: {source: photo.jpg}
scenes:
  - id: hello
    script: {file: "hello.{{ locale }}.md"}
  - id: bye
    script: "{{ 'Bis bald' if locale == 'de' else 'See you' }}."
  - id: units
    when: {locale: en}
    script: "Miles, not kilometres."
rights: {photo.jpg: {who: Drawn for this test}}
"""
DE = "demo/hello[locale=de]"


class Shell:
    """Runs commands in a workspace."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch, read: pytest.CaptureFixture[str]) -> None:
        self.root, self.folder = root, root / "projects" / "demo"
        self.lock = self.folder / "locales.lock"
        self._patch, self._read = patch, read

    def __call__(self, *words: str, code: int = 0) -> str:
        self._patch.setattr(sys, "argv", ["didgen", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = self._read.readouterr()
        assert code == ended.value.code, said.err
        return said.out if code == 0 else said.err

    def say(self, text: str) -> None:
        """Let the source say something else."""
        (self.folder / "hello.en.md").write_text(text)


@pytest.fixture
def didgen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    shell = Shell(tmp_path, monkeypatch, capsys)
    shell.folder.mkdir(parents=True)
    (shell.folder / "photo.jpg").write_bytes(fakes.photo())
    (shell.folder / "project.yaml").write_text(PROJECT)
    (shell.folder / "hello.de.md").write_text("Guten Morgen zusammen.")
    shell.say("Good morning, everyone.")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return shell


def test_status_and_accept_by_address(didgen: Shell) -> None:
    """All states, in text and JSON; a named one alone is accepted, then the rest; twice changes nothing."""
    assert [
        "demo/hello[locale=en]  source",
        "demo/hello[locale=de]  never accepted",
        "demo/bye[locale=en]    source",
        "demo/bye[locale=de]    never accepted",
        "demo/units[locale=en]  source",
        "demo/units[locale=de]  missing",
        "2 never accepted, 1 missing",
    ] == didgen("locale", "status").splitlines()
    assert f"✓ {DE}\n" == didgen("locale", "accept", DE)
    assert "demo/bye[locale=de]" not in json.loads(didgen.lock.read_text())["accepted"]
    assert "✓ demo/bye[locale=de]\n" == didgen("locale", "accept")
    before = didgen.lock.stat()
    assert "nothing to accept: no translation is stale or new\n" == didgen("locale", "accept")
    assert (before.st_mtime_ns, before.st_ino) == (didgen.lock.stat().st_mtime_ns, didgen.lock.stat().st_ino)
    didgen.say("Good evening, everyone.")
    assert f"{DE}  stale: Good [morning → evening], everyone." in didgen("locale", "status", "demo/hello")
    assert "demo/units[locale=de]  missing" in didgen("locale", "status", "demo/units")
    told = json.loads(didgen("locale", "status", "--json", DE))
    assert {
        "version": 1,
        "translations": [
            {
                "address": DE,
                "locale": "de",
                "state": "stale",
                "source": "Good evening, everyone.",
                "changed": "Good [morning → evening], everyone.",
            }
        ],
    } == told


def test_the_lock_says_text_and_address_sorted(didgen: Shell) -> None:
    """Each text once, under its digest, whatever the order of the project."""
    didgen("locale", "accept")
    lock = json.loads(didgen.lock.read_text())
    assert ["demo/bye[locale=de]", DE] == list(lock["accepted"])
    assert sorted(lock["accepted"].values()) == list(lock["texts"])
    assert "Good morning, everyone." == lock["texts"][lock["accepted"][DE]]
    didgen.lock.write_text(didgen.lock.read_text().replace(' "texts"', '<<<<<<<\n "texts"'))
    assert "projects/demo/locales.lock:7:1: is no JSON" in didgen("check", code=2)
    for text, said in (
        ("[]", "does not say"),
        ('{"didgen": 1, "accepted": {}}', "does not say"),
        ('{"didgen": 2}', "was written by a newer didgen"),
    ):
        didgen.lock.write_text(text)
        assert f"projects/demo/locales.lock: {said}" in didgen("locale", "accept", code=2)
        assert text == didgen.lock.read_text()


def test_plan_and_strict_check_tell_it_until_it_is_accepted(didgen: Shell) -> None:
    """As a line of the plan and a member of its JSON; check tells, --strict ends with exit 2 at the script."""
    didgen("locale", "accept")
    assert "behind" not in didgen("plan") + didgen("check", "--strict")
    didgen.say("Good morning.")
    line = f"{DE} is behind its source: Good morning[−, everyone]."
    assert f"\n! {line}\n" in didgen("plan")
    plan = json.loads(didgen("plan", "--json"))
    schema = json.loads((ROOT / "schemas" / "plan.schema.json").read_bytes())
    assert [] == [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(plan)]
    states = {scene["address"]: scene["translation"] for scene in plan["projects"][0]["scenes"]}
    assert ("stale", "source") == (states[DE], states["demo/units[locale=en]"])
    assert f"{DE}: is behind its source" in didgen("check")
    said = didgen("check", "--strict", code=2)
    assert f"projects/demo/project.yaml:8:13: scenes[0].script: {line} (look at it, then didgen locale accept" in said
    didgen("locale", "accept", DE)
    didgen("check", "--strict")


def test_a_build_tells_it_too_and_an_up_to_date_plan_goes_on_telling(didgen: Shell) -> None:
    """Accepting renders nothing, and is noticed although nothing else changed."""
    didgen("locale", "accept")
    assert steps.build(steps.wish(didgen.root), command=fakes.COMMAND).error is None
    didgen.say("Good morning to you all, everyone.")
    second = steps.build(steps.wish(didgen.root), command=fakes.COMMAND)
    assert 1 == second.count("rendered")
    line = f"! {DE} is behind its source: Good morning [+to you all], everyone."
    assert line in as_text(second)
    assert steps.nothing_to_do(steps.wish(didgen.root)) is not None
    assert ["everything is up to date (5 scenes)", line] == didgen("plan").splitlines()
    didgen("locale", "accept")
    assert steps.nothing_to_do(steps.wish(didgen.root)) is None
    third = steps.build(steps.wish(didgen.root), command=fakes.COMMAND)
    assert (5, [""]) == (third.count("reused"), sorted({scene.behind for scene in third.scenes}))
    assert "behind" not in didgen("plan")


def test_a_project_of_one_language_keeps_no_such_file(didgen: Shell) -> None:
    """And is told so."""
    (didgen.folder / "project.yaml").write_text(PROJECT.replace("[en, de]", "[en]"))
    assert "no project here has" in didgen("locale", "status")
    assert "nothing to accept" in didgen("locale", "accept")
    assert not didgen.lock.exists()
