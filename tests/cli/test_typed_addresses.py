"""Instances on the command line: named by their values, and what is said when there are none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_commands import didgen

PROJECT = """\
didgen: 1
name: tiny
matrix: {locale: [en, en-GB]}
data: {people: people.json}
defaults: {source: assets/portrait.jpg}
scenes:
  - {id: hello, each: {people: name}, script: "Hello number {{ row.n }}."}
  - {id: end, script: "Good evening."}
"""
NAMES = ("Anna", "Smith, John", "世界/a=b]")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    didgen(tmp_path, "init", "tiny")
    home = tmp_path / "projects" / "tiny"
    (home / "project.yaml").write_text(PROJECT)
    (home / "people.json").write_text(json.dumps([{"name": name, "n": n} for n, name in enumerate(NAMES)]))
    return tmp_path


def planned(folder: Path, *addresses: str) -> list[str]:
    done = didgen(folder, "plan", "--json", *addresses)
    assert 0 == done.returncode, done.stderr
    return [scene["address"] for project in json.loads(done.stdout)["projects"] for scene in project["scenes"]]


def test_every_address_that_is_shown_can_be_typed(workspace: Path) -> None:
    """Also one of a name with commas, brackets or in another writing; part of the values names several."""
    every = planned(workspace)
    assert 8 == len(every)
    for address in every[:4]:
        assert [address] == planned(workspace, address)
    assert every[:3] + every[4:7] == planned(workspace, "tiny/hello")
    assert every[4:] == planned(workspace, "tiny[locale=en-GB]")
    assert [every[0], every[4]] == planned(workspace, "tiny/hello[people=Anna]")
    assert [every[7]] == planned(workspace, "tiny/end[locale=en-GB]")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("tiny/hello[people=Ana]", "there is no scene 'tiny/hello[people=Ana]' (did you mean 'tiny/hello"),
        ("tiny/hello[people=", "'tiny/hello[people=' is no address (PROJECT/SCENE[key=value"),
        ("tinny[locale=en]", "there is no project 'tinny' (did you mean 'tiny'?)"),
    ],
)
def test_what_names_nothing_is_said(workspace: Path, address: str, said: str) -> None:
    """One message, exit code 2."""
    done = didgen(workspace, "plan", address)
    assert 2 == done.returncode
    assert said in done.stderr
    assert "Traceback" not in done.stderr
