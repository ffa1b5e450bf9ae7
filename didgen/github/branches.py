"""Commits to branches of the repository on GitHub, beside the checkout, which is left alone.

All is done in a repository of its own that has neither hooks nor settings of anybody, and a push happens only onto what
was looked at: where somebody was faster it is looked at again.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from didgen.errors import DidgenError
from didgen.github.job import Job

TRIES = 6
MOST_BYTES = 95 << 20
"""Of a file: GitHub takes none of 100 MiB."""
LOCK = "didgen.lock"
AUTHOR = "github-actions[bot]"
EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"


class PushError(DidgenError):
    """GitHub did not take a commit."""


@dataclass(frozen=True, slots=True)
class _Git:
    """git in `folder`, whose remote `origin` is the repository."""

    folder: Path
    environ: Mapping[str, str] = field(repr=False)

    def __call__(self, *words: str, given: bytes | None = None, ok: bool = False) -> bytes:
        """What a command prints. ok: whether it may fail; else DidgenError with what it said."""
        done = subprocess.run(
            ["git", *words], cwd=self.folder, env=self.environ, input=given, capture_output=True, check=False
        )
        if done.returncode and not ok:
            said = done.stderr.decode("utf-8", "replace").strip()[-500:].replace("\n", "; ")
            raise PushError(f"git {words[0]} failed: {said}")
        return done.stdout if not done.returncode else b""


@contextmanager
def _beside(job: Job) -> Iterator[_Git]:
    """A new repository. The token is in its environment, and nowhere else."""
    key = base64.b64encode(f"x-access-token:{job.token}".encode()).decode()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "GITHUB_"))},
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"http.{job.server_url}/.extraheader",
        "GIT_CONFIG_VALUE_0": f"AUTHORIZATION: basic {key}",
        **{f"GIT_{who}_NAME": AUTHOR for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": EMAIL for who in ("AUTHOR", "COMMITTER")},
    }
    with tempfile.TemporaryDirectory(prefix="didgen-git-") as folder:
        git = _Git(Path(folder), environ)
        git("init", "--quiet", "--template=", "--initial-branch=none")
        git("remote", "add", "origin", f"{job.server_url}/{job.repository}.git")
        yield git


def _tip(git: _Git, branch: str) -> str:
    """The commit of a branch, "" where there is no such branch."""
    return git("ls-remote", "origin", f"refs/heads/{branch}").decode().partition("\t")[0]


def _put(git: _Git, name: str, path: Path) -> None:
    blob = git("hash-object", "-w", "--", str(path)).decode().strip()
    git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")


def commit_locks(job: Job, branch: str, workspace: Path) -> str:
    """Commit every didgen.lock of the workspace to the branch that this job is of; what came of it, in words.

    A branch that has moved on in anything but locks is left to its own run, which finds what was bought on the account.
    Raises PushError.
    """
    locks = sorted(path for path in workspace.rglob(LOCK) if path.is_file() and ".didgen" not in path.parts)
    top = job.workspace.resolve()
    with _beside(job) as git:
        for _ in range(TRIES):
            tip = _tip(git, branch)
            git("fetch", "--quiet", "--depth=1", "origin", f"refs/heads/{branch}", job.sha)
            moved = git("diff", "--name-only", "-z", job.sha, tip).decode().split("\0")[:-1]
            if any(name.rpartition("/")[2] != LOCK for name in moved):
                return f"{branch} has moved on; the lock is left to its own run"
            git("read-tree", tip)
            for path in locks:
                _put(git, path.resolve().relative_to(top).as_posix(), path)
            tree = git("write-tree").decode().strip()
            if tree == git("rev-parse", f"{tip}^{{tree}}").decode().strip():
                return f"{branch} has this lock already"
            message = f"Lock what was released of {job.sha[:12]}\n"
            commit = git("commit-tree", tree, "-p", tip, given=message.encode()).decode().strip()
            if git("push", "--porcelain", "origin", f"{commit}:refs/heads/{branch}", ok=True):
                return f"{branch} has the new lock in {commit[:12]}"
            if _tip(git, branch) == tip:
                break
    raise PushError(
        f"{branch} does not take the commit of {LOCK}",
        hint="the job needs `contents: write`, and a branch that only takes pull requests needs a shared store instead",
    )


def publish(job: Job, branch: str, name: str, source: Path, keep: Set[int] | None) -> list[str]:
    """Put the files of `source` into the folder `name` of a branch, in place of what it held; files that are too large.

    The branch has one commit without a past, so that old films do not stay in the repository for ever. keep: numbers of
    the pull requests whose folders (`pr-7`) stay, None for all. Raises PushError.
    """
    files = sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink())
    large = [path for path in files if path.stat().st_size > MOST_BYTES]
    with _beside(job) as git:
        for _ in range(TRIES):
            tip = _tip(git, branch)
            git("read-tree", "--empty")
            if tip:
                git("fetch", "--quiet", "--depth=1", "--filter=blob:none", "origin", f"refs/heads/{branch}")
                git("read-tree", tip)
                _remove(git, name, keep)
            for path in files:
                if path not in large:
                    _put(git, f"{name}/{path.relative_to(source).as_posix()}", path)
            tree = git("write-tree", "--missing-ok").decode().strip()
            commit = git("commit-tree", tree, given=b"Films of didgen\n").decode().strip()
            lease = f"--force-with-lease=refs/heads/{branch}:{tip}"
            if git("push", "--porcelain", lease, "origin", f"{commit}:refs/heads/{branch}", ok=True):
                return [path.relative_to(source).as_posix() for path in large]
            if _tip(git, branch) == tip:
                break
    raise PushError(f"{branch} does not take the films", hint="the job needs `contents: write`")


def _remove(git: _Git, name: str, keep: Set[int] | None) -> None:
    """Take a folder out of the index, and those of pull requests that nobody needs any more."""
    folders = {path.partition("/")[0] for path in git("ls-files", "-z").decode().split("\0") if path}
    gone = {one for one in folders if keep is not None and one[:3] == "pr-" and one[3:].isdigit()}
    gone = {one for one in gone if int(one[3:]) not in (keep or ())}
    for folder in {name, *gone} & folders:
        git("rm", "--cached", "--quiet", "-r", "--", folder)
