"""The workspace against another git revision of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from didgen.cli.diff import as_text
from didgen.errors import UsageError
from didgen.walk.difference import Difference, diff
from tests import fakes

PROJECT = """\
didgen: 1
name: hello
service: d-id
defaults: {source: anna.jpg}
scenes:
  - id: welcome
    script: "Good morning, everyone."
  - id: more
    script: {file: more.txt}
  - id: stays
    script: "This one stays."
  - id: leaves
    script: "This one leaves."
"""
HERE = Path("projects/hello/project.yaml")
ENV = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    **{f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
    "GIT_CONFIG_GLOBAL": os.devnull,
}


def git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, env=ENV, capture_output=True, text=True, check=True).stdout


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace in a folder of a repository, committed once."""
    root = tmp_path / "repository" / "videos"
    home = root / "projects" / "hello"
    home.mkdir(parents=True)
    (root / HERE).write_text(PROJECT)
    (home / "more.txt").write_text("There is more to say.")
    (home / "anna.jpg").write_bytes(fakes.photo())
    git(root, "init", "-q", "..")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "first")
    return root


def edit(root: Path, old: str, new: str) -> None:
    assert old in (root / HERE).read_text()
    (root / HERE).write_text((root / HERE).read_text().replace(old, new))


def changes(found: Difference) -> dict[str, str]:
    return {(c.after or c.before).address: c.what for c in found.changes}  # type: ignore[union-attr]


def test_what_changed_since_a_revision_is_said_with_words_and_price(root: Path) -> None:
    """Added, removed, changed by a line or a file, moved; the rest is counted."""
    edit(root, "Good morning", "Good evening")
    edit(root, "id: stays", "id: stayed")
    (root / "projects/hello/more.txt").write_text("There is nothing to say. " + "It goes on and on and on. " * 12)
    edit(root, '  - id: leaves\n    script: "This one leaves."\n', '  - id: comes\n    script: "This one comes."\n')
    found = diff(root, "HEAD", (), None)
    kinds = {"hello/welcome": "changed", "hello/more": "changed", "hello/stayed": "moved"}
    assert {**kinds, "hello/comes": "added", "hello/leaves": "removed"} == changes(found)
    assert git(root, "rev-parse", "HEAD").strip() == found.revision
    text = "\n".join(as_text(found, "HEAD"))
    assert "~ hello/welcome  talk, about 1 s, 1 credit\n    script changed: Good [morning → evening], everyone." in text
    assert "1 credit → 3 credits\n    script changed: There is [more to say → nothing to say. It goes" in text
    assert "> hello/stayed  talk, was hello/stays, the same video" in text
    assert "+ hello/comes  talk, about 1 s, 1 credit" in text
    assert "- hello/leaves" in text
    assert "1 added, 1 removed, 2 changed, 1 moved, 0 the same" in text
    assert "5 credits if none of it is stored" in text


def test_what_does_not_count_is_no_difference(root: Path) -> None:
    """Comments, order and renders; and one scene can be asked about."""
    edit(root, "defaults:", "# a comment\ndefaults:")
    assert ((), 4) == (diff(root, "HEAD", (), None).changes, diff(root, "HEAD", (), None).same)
    edit(root, "Good morning", "Good evening")
    assert {"hello/welcome": "changed"} == changes(diff(root, "HEAD", ("hello/welcome",), None))
    assert {} == changes(diff(root, "HEAD", ("hello/stays",), None))


def test_working_tree_and_index_are_left_alone(root: Path) -> None:
    """Whatever is staged or untracked stays so, and nothing is written into the workspace but didgen's own folder."""
    edit(root, "Good morning", "Good evening")
    (root / "untracked.txt").write_text("mine")
    git(root, "add", str(HERE))
    before = (git(root, "status", "--porcelain"), git(root, "diff", "--cached"), sorted(map(str, root.rglob("*"))))
    diff(root, "HEAD", (), None)
    after = (git(root, "status", "--porcelain"), git(root, "diff", "--cached"), sorted(map(str, root.rglob("*"))))
    assert before == after


def test_a_revision_without_the_workspace_or_a_workspace_without_projects(root: Path) -> None:
    """All is new, or all is gone."""
    (root.parent / "other").mkdir()
    (root.parent / "other" / "didgen.yaml").write_text("jobs: 1\n")
    git(root.parent, "add", ".")
    git(root.parent, "commit", "-q", "-m", "second")
    (root.parent / "other" / "projects").mkdir()
    (root / "projects/hello").rename(root.parent / "other" / "projects" / "hello")
    assert 4 == len(changes(diff(root.parent / "other", "HEAD", (), None)))
    assert {"removed"} == set(changes(diff(root, "HEAD", (), None)).values())


@pytest.mark.parametrize("revision", ["nowhere", "--output=x", "HEAD~9", "HEAD:projects", " "])
def test_an_unknown_revision_is_refused(root: Path, revision: str) -> None:
    """With its name, and what would be one."""
    with pytest.raises(UsageError, match="revision"):
        diff(root, revision, (), None)


def test_outside_of_a_repository_and_without_git_it_says_so(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence each."""
    with pytest.raises(UsageError, match="is not in a git repository"):
        diff(tmp_path, "HEAD", (), None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="git is not here"):
        diff(root, "HEAD", (), None)


def test_a_revision_that_cannot_be_read_says_where(root: Path) -> None:
    """Its mistakes are named as of that revision; links out of the repository are not followed."""
    original = (root / HERE).read_text()
    edit(root, "script:", "scirpt:")
    (root / "projects/hello/out").symlink_to("/etc/hostname")
    git(root, "add", ".")
    git(root, "commit", "-q", "-m", "broken")
    (root / HERE).write_text(original)
    with pytest.raises(UsageError, match=r"HEAD: projects/hello/project.yaml:7:5"):
        diff(root, "HEAD", (), None)
    assert () == diff(root, "HEAD~1", (), None).changes


def test_the_command_prints_text_and_json(root: Path) -> None:
    """A version, both sides of every change, and exit code 2 for what cannot be done."""
    edit(root, "Good morning", "Good evening")
    words = [sys.executable, "-m", "didgen", "diff"]
    done = subprocess.run([*words, "HEAD", "--json"], cwd=root, env=ENV, capture_output=True, text=True, timeout=100)
    said = json.loads(done.stdout)
    (change,) = said["changes"]
    assert (1, 3, 1) == (said["version"], said["same"], said["credits"])
    assert change["before"]["fingerprint"] != change["after"]["fingerprint"]
    done = subprocess.run([*words, "nowhere"], cwd=root, env=ENV, capture_output=True, text=True, timeout=100)
    assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
