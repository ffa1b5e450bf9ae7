"""A runner for action.yml: its bash steps are run by bash, with what GitHub would put into their environment.

Other people's actions are not here. Of those that are used, what they do for us is done: the cache is a folder of tar
files, an artifact a folder. Expressions are those that the file uses; one of another form is an error.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import venv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tests.github.hub import REPOSITORY, TOKEN

ROOT = Path(__file__).resolve().parents[2]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}", re.S)
_TOKENS = re.compile(r"'[^']*'|[\w.-]+|==|!=|&&|\|\||[!(),]|\s+")


@dataclass
class Done:
    """What a run left. outputs: of the action; log: all that was printed; steps: what became of each, by its name;
    seconds: of each, on the clock and of CPU."""

    code: int
    outputs: dict[str, str]
    log: str
    summary: str
    steps: dict[str, str]
    seconds: dict[str, tuple[float, float]]

    @property
    def annotations(self) -> list[str]:
        """Lines that a runner takes for annotations: those while commands are not stopped."""
        found, stopped = [], ""
        for line in re.split("[\r\n]", self.log):
            text = line.lstrip()
            if stopped:
                stopped = "" if text == f"::{stopped}::" else stopped
            elif text.startswith("::stop-commands::"):
                stopped = text.removeprefix("::stop-commands::")
            elif text.startswith("::") or "##[" in text:
                found.append(text)
        assert not stopped
        return found


@dataclass
class Runner:
    """A machine that runs one job after another. home: what outlives a job; each has a new temporary folder."""

    home: Path
    hub: str
    environ: Mapping[str, str] = field(default_factory=dict)
    install: bool = False
    runs: int = 0

    @property
    def origin(self) -> Path:
        return self.home / "origin" / f"{REPOSITORY}.git"

    def run(
        self,
        checkout: Path,
        event_name: str,
        event: Any,
        *,
        ref: str = "refs/heads/main",
        protected: bool = False,
        github: Mapping[str, str] | None = None,
        **inputs: str,
    ) -> Done:
        """Run the action in a checkout. inputs: with underscores for dashes."""
        self.runs += 1
        place = self.home / f"run-{self.runs}"
        temp = place / "temp"
        temp.mkdir(parents=True)
        given = {name: str(one.get("default", "")) for name, one in ACTION["inputs"].items()}
        assert {name.replace("_", "-") for name in inputs} <= set(given)
        given |= {name.replace("_", "-"): value for name, value in inputs.items()}
        (place / "event.json").write_text(json.dumps(event))
        sha = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True).stdout.strip()
        told = {
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            "GITHUB_EVENT_NAME": event_name,
            "GITHUB_EVENT_PATH": str(place / "event.json"),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_SHA": sha,
            "GITHUB_REF": ref,
            "GITHUB_REF_NAME": ref.removeprefix("refs/heads/").removeprefix("refs/pull/"),
            "GITHUB_REF_PROTECTED": str(protected).lower(),
            "GITHUB_RUN_ID": str(self.runs),
            "GITHUB_SERVER_URL": f"file://{self.home / 'origin'}",
            "GITHUB_API_URL": self.hub,
            "GITHUB_WORKSPACE": str(checkout),
            "GITHUB_ACTION_PATH": str(ROOT),
            "RUNNER_TEMP": str(temp),
            "RUNNER_OS": "Linux",
            **(github or {}),
        }
        job = _Job(self, place, checkout, given, told, event)
        return job.go()


@dataclass
class _Job:
    runner: Runner
    place: Path
    checkout: Path
    inputs: Mapping[str, str]
    github: Mapping[str, str]
    event: Any
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    failed: int = 0
    log: str = ""

    def go(self) -> Done:
        seconds, named = {}, {}
        for number, step in enumerate(ACTION["runs"]["steps"]):
            name = step.get("id", f"#{number}")
            began, cpu = time.monotonic(), _cpu()
            wanted = self.value(step["if"].strip().removeprefix("${{").removesuffix("}}")) if "if" in step else True
            # Without a word about how things stand, a step is for when all is well.
            if wanted and (not self.failed or "cancelled()" in step.get("if", "")):
                code = self._bash(number, step) if "run" in step else self._uses(name, step)
                self.outcomes[name] = "failure" if code else "success"
                if not step.get("continue-on-error"):
                    self.failed = self.failed or code
            else:
                self.outcomes[name] = "skipped"
            named[step["name"]] = self.outcomes[name]
            seconds[step["name"]] = time.monotonic() - began, _cpu() - cpu
        made = {name: self.text(one["value"]) for name, one in ACTION["outputs"].items()}
        summary = "".join(path.read_text() for path in sorted(self.place.glob("summary-*")))
        return Done(self.failed, made, self.log, summary, named, seconds)

    # -- steps ---------------------------------------------------------------------------------------------------

    def _bash(self, number: int, step: Any) -> int:
        if step["name"].startswith("Install") and not self.runner.install:
            (Path(self.github["RUNNER_TEMP"]) / "didgen").symlink_to(_environment())
            return 0
        assert "bash" == step["shell"]
        script, output = self.place / f"step-{number}.sh", self.place / f"output-{number}"
        script.write_text(self.text(step["run"]))
        given = {name: self.text(str(value)) for name, value in step.get("env", {}).items()}
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.place / f"summary-{number:02}")}
        kept = {
            name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR", "OPENBLAS_NUM_THREADS") if name in os.environ
        }
        pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
        path = f"{_shims(self.place)}:{os.environ['PATH']}"
        env = {**kept, **pip, "PATH": path, **self.runner.environ, **self.github, **files, **given}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.checkout,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=280,
        )
        self.log += done.stdout.decode()
        self.outputs[step.get("id", f"#{number}")] = _read_outputs(output)
        return done.returncode

    def _uses(self, name: str, step: Any) -> int:
        action = step["uses"].partition("@")[0]
        given = {key: self.text(str(value)) for key, value in step.get("with", {}).items()}
        return ACTIONS[action](self, name, given)

    # -- expressions ---------------------------------------------------------------------------------------------

    def text(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: str(self.value(found[1])), text)

    def value(self, expression: str) -> Any:
        """An expression's value. Its parts become Python's, each looked up here and none taken from the text."""
        code, names = "", {}
        assert "".join(_TOKENS.findall(expression)) == expression, expression
        for token in _TOKENS.findall(expression):
            words = {"&&": " and ", "||": " or ", "!": " not ", "cancelled": "cancelled", "startsWith": "starts"}
            if token in words or token in ("==", "!=", "(", ")", ",") or token.isspace():
                code += words.get(token, token)
            else:
                names[f"v{len(names)}"] = token[1:-1] if token[0] == "'" else self._look_up(token)
                code += f" v{len(names) - 1} "
        known = {"cancelled": lambda: False, "starts": lambda text, head: text.startswith(head), **names}
        return eval(code.strip(), {"__builtins__": {}}, known)  # noqa: S307

    def _look_up(self, name: str) -> Any:
        head, *rest = name.split(".")
        if head == "inputs":
            return self.inputs[rest[0]]
        if head == "steps":
            if rest[1] == "outcome":
                return self.outcomes[rest[0]]
            return self.outputs.get(rest[0], {}).get(rest[2], "")
        if head == "runner":
            return self.github["RUNNER_OS"]
        assert head == "github", name
        if rest[0] == "event":
            found = self.event
            for part in rest[1:]:
                found = found.get(part, "") if isinstance(found, dict) else ""
            return found
        return TOKEN if rest[0] == "token" else self.github.get(f"GITHUB_{rest[0].upper()}", "1")


def _cpu() -> float:
    """Seconds of CPU of this process and its children that have ended."""
    return sum(os.times()[:4])


def _shims(place: Path) -> str:
    """A folder with the `python` that setup-python would bring."""
    folder = place / "bin"
    folder.mkdir(exist_ok=True)
    if not (folder / "python").exists():
        (folder / "python").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    return str(folder)


@cache
def _environment() -> Path:
    """In place of an install: an environment that has the packages of this one, and didgen as it is here."""
    home = Path(tempfile.mkdtemp(prefix="didgen-environment-"))
    atexit.register(shutil.rmtree, home)
    venv.create(home, with_pip=False, symlinks=True)
    (site,) = (home / "lib").glob("python*/site-packages")
    (site / "all.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    return home


def _read_outputs(path: Path) -> dict[str, str]:
    """As a runner reads GITHUB_OUTPUT."""
    found: dict[str, str] = {}
    lines = iter(path.read_text().split("\n") if path.exists() else ())
    for line in lines:
        if "<<" in line:
            name, end = line.split("<<", 1)
            value = []
            for more in lines:
                if more == end:
                    break
                value.append(more)
            found[name] = "\n".join(value)
        elif "=" in line:
            name, found[name] = line.split("=", 1)
    return found


# -- other people's actions ---------------------------------------------------------------------------------------


def _setup_python(job: _Job, name: str, given: Mapping[str, str]) -> int:
    assert given["python-version"]
    return 0


def _cache_save(job: _Job, name: str, given: Mapping[str, str]) -> int:
    folder = job.runner.home / "cache"
    folder.mkdir(exist_ok=True)
    assert "," not in given["key"]
    assert len(given["key"]) < 512
    with tarfile.open(folder / f"{given['key']}.tar", "w") as archive:
        for path in given["path"].split():
            if (job.checkout / path).exists():
                archive.add(job.checkout / path, path)
    return 0


def _cache_restore(job: _Job, name: str, given: Mapping[str, str]) -> int:
    folder = job.runner.home / "cache"
    found = sorted(folder.glob("*.tar"), key=lambda path: -path.stat().st_mtime_ns) if folder.is_dir() else []
    for prefix in [given["key"], *given["restore-keys"].split()]:
        for path in found:
            if path.name.startswith(prefix):
                with tarfile.open(path) as archive:
                    archive.extractall(job.checkout, filter="tar")
                return 0
    return 0


def _upload(job: _Job, name: str, given: Mapping[str, str]) -> int:
    source, target = Path(given["path"]), job.runner.home / "artifacts" / str(job.runner.runs) / given["name"]
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        target.mkdir(parents=True)
        shutil.copy(source, target)
    job.outputs[name] = {"artifact-url": f"https://github.example/{REPOSITORY}/artifacts/{job.runner.runs}"}
    return 0


def _download(job: _Job, name: str, given: Mapping[str, str]) -> int:
    assert given["github-token"] == TOKEN
    source = job.runner.home / "artifacts" / given["run-id"] / given["name"]
    if not source.is_dir():
        return 1
    shutil.copytree(source, given["path"], symlinks=True)
    return 0


def _pages_pack(job: _Job, name: str, given: Mapping[str, str]) -> int:
    shutil.copytree(given["path"], job.runner.home / "pages", dirs_exist_ok=True)
    return 0


def _pages_deploy(job: _Job, name: str, given: Mapping[str, str]) -> int:
    job.outputs[name] = {"page_url": "https://owner.example/videos/"}
    return 0


ACTIONS: Mapping[str, Callable[[_Job, str, Mapping[str, str]], int]] = {
    "actions/setup-python": _setup_python,
    "actions/cache/restore": _cache_restore,
    "actions/cache/save": _cache_save,
    "actions/upload-artifact": _upload,
    "actions/download-artifact": _download,
    "actions/upload-pages-artifact": _pages_pack,
    "actions/deploy-pages": _pages_deploy,
}
