"""Calling didgen as a step of a job: what it prints is shown and cannot command the runner, what it found is kept."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from glob import escape
from pathlib import Path
from typing import IO, Any

from didgen.github.job import Inputs, Job
from didgen.github.workflow_commands import Finding, resumed, stopped

RELEASE, DRAFTS = "output", ".didgen/drafts"
MADE = ("rendered", "fetched", "restored", "reused")

FINDINGS = "DIDGEN_FINDINGS"
"""Names the file to which a command adds what it would annotate; see `didgen.cli.ci`."""


@contextmanager
def commands_stopped() -> Iterator[None]:
    """Within, the runner obeys nothing that is printed. stderr goes where stdout goes, so that none can overtake."""
    token = secrets.token_hex(16)
    sys.stdout.flush()
    sys.stderr.flush()
    before = os.dup(2)
    os.dup2(1, 2)
    print(stopped(token), flush=True)
    try:
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        print(f"\n{resumed(token)}", flush=True)
        os.dup2(before, 2)
        os.close(before)


@dataclass(slots=True)
class Runner:
    """Runs commands of didgen in `folder`. found: what they found wrong, in order. code: of the last one."""

    folder: Path
    environ: Mapping[str, str]
    temp: Path
    found: list[Finding] = field(default_factory=list)
    code: int = 0

    def __call__(self, command: str, *words: str, needed: bool = True) -> Any:
        """What `didgen COMMAND` printed, None when that is no JSON. needed: whether what it finds counts."""
        said, kept = self.temp / f"{command}.json", self.temp / "findings.jsonl"
        kept.unlink(missing_ok=True)
        # -P: a module of the checkout, which may be a stranger's, is never imported.
        line = [sys.executable, "-P", "-m", "didgen", "-C", str(self.folder), command, *words]
        with said.open("wb") as out:
            self.code = _call(line, {**self.environ, FINDINGS: str(kept)}, out)
        with suppress(FileNotFoundError):
            self.found += (
                [] if not needed else [Finding(**json.loads(one)) for one in kept.read_text("utf-8").splitlines()]
            )
        with suppress(ValueError):
            return json.loads(said.read_bytes())
        return None


def _call(line: list[str], environ: Mapping[str, str], out: IO[bytes]) -> int:
    """Run a command to its end, and its exit code. A run that is cancelled tells the command, which then sees to what
    it has under way; it is not killed for that."""
    started: list[subprocess.Popen[bytes]] = []
    untold: list[int] = []  # cancelled before there was anybody to tell

    def cancel(number: int, _: object) -> None:
        for child in started:
            child.send_signal(signal.SIGINT)
        if not started:
            untold.append(number)

    before = {number: signal.signal(number, cancel) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with subprocess.Popen(line, env=environ, stdout=out) as child:
            started.append(child)
            if untold:
                child.send_signal(signal.SIGINT)
            return child.wait()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def environment(inputs: Inputs, job: Job, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of didgen: of the runner's own files and tokens it gets none.

    The shared store is written to by what was merged, and read by the rest, unless the workflow says otherwise.
    """
    kept = ("GITHUB_ACTIONS", "GITHUB_WORKSPACE")
    given = {name: value for name, value in environ.items() if not name.startswith("GITHUB_") or name in kept}
    if inputs.store and inputs.store != "git":
        given["DIDGEN_STORE"] = inputs.store
        given.setdefault("DIDGEN_STORE_PUSH", str(int(job.protected and not job.is_pull_request)))
    return given


def base_of(job: Job, folder: Path) -> str:
    """The commit to compare with, "" where it is not known or its history was not fetched.

    Of a pull request's merge it is what was merged into, of a push what was there before.
    """
    parents = _git(folder, "rev-list", "--parents", "--max-count=1", "HEAD").split()[1:]
    merged = job.is_pull_request and len(parents) == 2
    for revision in (parents[0] if merged else "", job.base, "HEAD^1" if job.event_name == "push" else ""):
        found = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
        if revision and found:
            return found.strip()
    return ""


def _git(folder: Path, *words: str) -> str:
    """What git prints, "" where it fails or is not there."""
    try:
        return subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""


def words_of(inputs: Inputs, *, service: bool = True) -> list[str]:
    """What every command is asked: for which scenes, and by which service."""
    chosen = ["--service", inputs.service] if service and inputs.service else []
    return ["--json", *chosen, "--", *inputs.projects]


def manifests_of(built: Mapping[str, Any], folder: Path) -> list[str]:
    """The manifests of the projects of a build, relative to `folder`. Drafts have none."""
    names = {scene["address"].partition("/")[0] for scene in built["scenes"] if _below(scene["file"])[0] == RELEASE}
    found = []
    for path in sorted((folder / RELEASE).glob("*/manifest.json")) if names else ():
        with suppress(OSError, ValueError, KeyError):
            if json.loads(path.read_bytes())["project"] in names:
                found.append(path.relative_to(folder).as_posix())
    return found


def stage(built: Mapping[str, Any], folder: Path, into: Path) -> dict[str, tuple[str, str]]:
    """Gather the videos of a build below `into`, with captions and posters; video and poster of each scene there, by
    address. Links, as a film may have gigabytes."""
    made = {scene["address"]: scene["file"] for scene in built["scenes"] if scene["action"] in MADE}
    for name in (*made.values(), *built["films"], *manifests_of(built, folder)):
        source, target = folder / name, into / _below(name)[1]
        for path in (source, *source.parent.glob(f"{escape(source.stem)}.*")):
            _link(path, target.with_name(path.name))
    places = {address: _below(name)[1] for address, name in made.items()}
    posters = {address: Path(name).with_suffix(".jpg").as_posix() for address, name in places.items()}
    return {
        address: (name, posters[address] if (into / posters[address]).is_file() else "")
        for address, name in places.items()
    }


def _below(name: str) -> tuple[str, str]:
    """Where an output begins, and the rest of its path."""
    for head in (RELEASE, DRAFTS):
        if name.startswith(f"{head}/"):
            return head, name.removeprefix(f"{head}/")
    return "", name.lstrip("/")


def _link(source: Path, target: Path) -> None:
    if not source.is_file() or source.is_symlink():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
