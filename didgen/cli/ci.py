"""Inside GitHub Actions: problems at the lines they are about, and no text of a script that the runner obeys."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path

from didgen.errors import DidgenError, Problem, ProjectError
from didgen.github.markdown import SUMMARY_BYTES, listed
from didgen.github.running import FINDINGS
from didgen.github.workflow_commands import MOST, Finding, Level, NeutralStream, annotation, by_severity, finding


def in_actions() -> bool:
    """Whether a runner of GitHub Actions, or one like it, reads what is printed."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def hush_commands() -> None:
    """From now on nothing that is printed to stdout or stderr is a command to the runner, but for `announce`."""
    sys.stdout = NeutralStream(sys.stdout, is_json="--json" in sys.argv)
    sys.stderr = NeutralStream(sys.stderr, is_json=False)


def announce_error(error: DidgenError) -> None:
    """Annotate what is wrong, at its lines where it has any."""
    problems = error.problems if isinstance(error, ProjectError) else [Problem(error.message, hint=error.hint)]
    announce("error", problems)


def announce(level: Level, problems: Sequence[Problem]) -> None:
    """Annotate problems: the first of them at their lines, all of them in the step's summary where they are more.

    Does nothing outside of Actions, and never fails: the same stands in the log.
    """
    if not in_actions() or not problems:
        return
    from didgen.project.workspace import find_root

    root = find_root(Path.cwd())
    found = by_severity(_in_repository(finding(level, problem), root) for problem in problems)
    if kept := os.environ.get(FINDINGS):  # a step of our own, which tells them of all its commands together
        with suppress(OSError), open(kept, "a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(asdict(one))}\n" for one in found)
        return
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        for one in found[:MOST]:
            print(annotation(one), file=sys.__stderr__, flush=True)
    if len(found) > MOST:
        _summarise(found)


def _in_repository(found: Finding, root: Path) -> Finding:
    """The same with its file relative to the repository; a file elsewhere is only told of."""
    if not found.file:
        return found
    top = os.path.realpath(os.environ.get("GITHUB_WORKSPACE") or root)
    name = os.path.relpath(os.path.realpath(root / found.file), top).replace(os.sep, "/")
    if name == ".." or name.startswith("../"):
        return Finding(found.level, found.words)
    return replace(found, file=name)


def _summarise(found: Sequence[Finding]) -> None:
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if not summary:
        return
    with suppress(OSError), open(summary, "a", encoding="utf-8") as file:
        file.write(listed(f"didgen found {len(found)} problems", found, SUMMARY_BYTES - file.tell()))
