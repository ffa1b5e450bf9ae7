"""Calling didgen as a step of a job: what it prints is shown and cannot command the runner, what it found is kept."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from didgen.github.job import Inputs, Job
from didgen.github.workflow_commands import Finding, resumed, stopped

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
        """What `didgen COMMAND --json` printed, None when that is no JSON. needed: whether what it finds counts."""
        said, kept = self.temp / f"{command}.json", self.temp / "findings.jsonl"
        kept.unlink(missing_ok=True)
        # -P: a module of the checkout, which may be a stranger's, is never imported.
        line = [sys.executable, "-P", "-m", "didgen", "-C", str(self.folder), command, "--json", *words]
        with said.open("wb") as out:
            done = subprocess.run(line, env={**self.environ, FINDINGS: str(kept)}, stdout=out, check=False)
        self.code = done.returncode
        with suppress(FileNotFoundError):
            self.found += (
                [] if not needed else [Finding(**json.loads(one)) for one in kept.read_text("utf-8").splitlines()]
            )
        with suppress(ValueError):
            return json.loads(said.read_bytes())
        return None


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
    """The addresses, and the service, as a command wants them."""
    chosen = ["--service", inputs.service] if service and inputs.service else []
    return [*chosen, "--", *inputs.projects]


def manifests_of(built: Mapping[str, Any], folder: Path) -> list[Path]:
    """The manifests of the projects of a build, relative to `folder`."""
    homes: dict[Path, None] = {}
    for scene in built["scenes"]:
        parts = Path(scene["file"]).parts
        depth = 3 if parts[0] == ".didgen" else 2  # `.didgen/drafts/NAME` or `output/NAME`
        homes[Path(*parts[:depth])] = None
    return [home / "manifest.json" for home in homes if (folder / home / "manifest.json").is_file()]


def stage(manifests: Sequence[Path], folder: Path, into: Path) -> dict[str, tuple[str, str]]:
    """Gather the files of manifests below `into`, a folder a project; video and poster of each scene there, by address.

    Links, as a film may have gigabytes.
    """
    places: dict[str, tuple[str, str]] = {}
    for path in manifests:
        home = (folder / path).parent
        content = json.loads((folder / path).read_bytes())
        for part in (*content["scenes"], *content["films"]):
            for file in part["files"].values():
                _link(home, file["file"], into / home.name)
            files = {role: f"{home.name}/{file['file']}" for role, file in part["files"].items()}
            places[part["address"]] = (files.get("video", ""), files.get("poster", ""))
        _link(home, path.name, into / home.name)
    return places


def _link(home: Path, name: str, into: Path) -> None:
    source, target = home / name, into / name
    if source.is_file() and source.resolve().is_relative_to(home.resolve()):
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)
        try:
            os.link(source, target)
        except OSError:
            target.write_bytes(source.read_bytes())
