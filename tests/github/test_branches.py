"""Commits to branches of a real repository: what is replaced, what goes, and others that push meanwhile."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from didgen.github import branches
from didgen.github.branches import PushError, commit_locks, publish
from didgen.github.job import Job, read_job
from tests.github.hub import REPOSITORY, TOKEN


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()


class Home:
    """A repository with one commit on main, and a checkout of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = folder / "origin" / f"{REPOSITORY}.git"
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        git(folder, "init", "-q", "--bare", "-b", "main", str(self.origin))
        git(self.checkout, "init", "-q", "-b", "main")
        (self.checkout / "readme").write_text("x")
        self.push("First")

    def push(self, message: str) -> str:
        git(self.checkout, "add", "-A")
        git(self.checkout, "commit", "-q", "-m", message)
        git(self.checkout, "push", "-q", str(self.origin), "HEAD:main")
        return git(self.checkout, "rev-parse", "HEAD")

    @property
    def job(self) -> Job:
        return read_job(
            {
                "GITHUB_WORKSPACE": str(self.checkout),
                "RUNNER_TEMP": str(self.folder),
                "GITHUB_REPOSITORY": REPOSITORY,
                "GITHUB_SERVER_URL": f"file://{self.folder / 'origin'}",
                "GITHUB_SHA": git(self.checkout, "rev-parse", "HEAD"),
                "GITHUB_TOKEN": TOKEN,
            }
        )

    def films(self, name: str, **files: bytes) -> Path:
        folder = self.folder / name
        for file, data in files.items():
            (folder / "tiny").mkdir(parents=True, exist_ok=True)
            (folder / "tiny" / file).write_bytes(data)
        return folder

    def holds(self, branch: str) -> list[str]:
        return git(self.origin, "ls-tree", "-r", "--name-only", branch).splitlines()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_a_folder_is_replaced_and_others_stay(home: Home) -> None:
    """The branch has one commit, whatever was there before; what nobody reviews any more is gone."""
    assert [] == publish(home.job, "films", "pr-7", home.films("a", one=b"1", two=b"2"), None)
    publish(home.job, "films", "pr-8", home.films("b", three=b"3"), {7, 8})
    publish(home.job, "films", "latest", home.films("c", four=b"4"), {7, 8})
    publish(home.job, "films", "pr-7", home.films("d", one=b"11"), {7, 8})
    assert ["latest/tiny/four", "pr-7/tiny/one", "pr-8/tiny/three"] == home.holds("films")
    assert "11" == git(home.origin, "show", "films:pr-7/tiny/one")
    publish(home.job, "films", "pr-9", home.films("e", five=b"5"), {9})
    assert ["latest/tiny/four", "pr-9/tiny/five"] == home.holds("films")
    assert "1" == git(home.origin, "rev-list", "--count", "films")


def test_what_another_run_publishes_meanwhile_stays(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look and the push of one, another pushes: the one looks again."""
    publish(home.job, "films", "pr-1", home.films("a", one=b"1"), None)
    plain, left = branches._put, [1]

    def slow(*given: object) -> None:
        if left:
            left.pop()
            publish(home.job, "films", "pr-2", home.films("b", two=b"2"), None)
        plain(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(branches, "_put", slow)
    publish(home.job, "films", "pr-3", home.films("c", three=b"3"), None)
    assert ["pr-1/tiny/one", "pr-2/tiny/two", "pr-3/tiny/three"] == home.holds("films")


def test_too_large_a_film_is_told_of(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """GitHub would refuse the whole push for it."""
    monkeypatch.setattr(branches, "MOST_BYTES", 10)
    assert ["tiny/large"] == publish(home.job, "films", "pr-7", home.films("a", large=b"x" * 11, small=b"x"), None)
    assert ["pr-7/tiny/small"] == home.holds("films")


def test_no_file_of_another_place_is_published(home: Home) -> None:
    """A link among the films leads nowhere."""
    folder = home.films("a", one=b"1")
    (folder / "tiny" / "secret").symlink_to("/etc/passwd")
    publish(home.job, "films", "pr-7", folder, None)
    assert ["pr-7/tiny/one"] == home.holds("films")


def test_a_refused_push_is_one_clear_error_without_the_token(home: Home) -> None:
    """A branch that takes nothing: what the job needs is said."""
    hook = home.origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no; exit 1\n")
    hook.chmod(0o755)
    for call in (
        lambda: publish(home.job, "films", "pr-7", home.films("a", one=b"1"), None),
        lambda: locked(home),
    ):
        with pytest.raises(PushError, match="contents: write") as caught:
            call()
        assert TOKEN not in str(caught.value) + repr(home.job)


def locked(home: Home) -> str:
    (home.checkout / "projects" / "a").mkdir(parents=True, exist_ok=True)
    (home.checkout / "projects" / "a" / "didgen.lock").write_text("new")
    return commit_locks(home.job, "main", home.checkout)


def test_a_lock_is_committed_once(home: Home) -> None:
    """On top of what is there, by the bot; the same again is nothing."""
    assert "main has the new lock" in locked(home)
    assert "has this lock already" in locked(home)
    assert ["projects/a/didgen.lock", "readme"] == home.holds("main")
    assert "github-actions[bot]" == git(home.origin, "log", "-1", "--format=%an", "main")
    assert "2" == git(home.origin, "rev-list", "--count", "main")


def test_a_lock_of_a_branch_that_moved_on_is_left_to_its_own_run(home: Home) -> None:
    """Whatever else was pushed meanwhile."""
    job = home.job
    (home.checkout / "readme").write_text("y")
    home.push("Second")
    (home.checkout / "didgen.lock").write_text("old")
    assert "has moved on" in commit_locks(job, "main", home.checkout)
    assert ["readme"] == home.holds("main")


def test_no_setting_or_hook_of_the_checkout_has_a_say(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor of whoever the runner belongs to."""
    canary = home.folder / "canary"
    config = home.folder / "gitconfig"
    config.write_text(f'[core]\n\thooksPath = {home.folder}\n\tfsmonitor = "touch {canary}"\n')
    (home.folder / "pre-push").write_text(f"#!/bin/sh\ntouch {canary}\n")
    (home.folder / "pre-push").chmod(0o755)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    monkeypatch.setenv("GIT_DIR", str(home.checkout / ".git"))
    assert "main has the new lock" in commit_locks_at(home)
    assert not canary.exists()
    assert os.environ["GIT_DIR"]


def commit_locks_at(home: Home) -> str:
    (home.checkout / "didgen.lock").write_text("new")
    job = read_job(
        {
            "GITHUB_WORKSPACE": str(home.checkout),
            "RUNNER_TEMP": str(home.folder),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SERVER_URL": f"file://{home.folder / 'origin'}",
            "GITHUB_SHA": (home.origin / "refs" / "heads" / "main").read_text().strip(),
        }
    )
    return commit_locks(job, "main", home.checkout)
