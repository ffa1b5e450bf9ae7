"""The workflows of this repository and those for its users: what they may, what they pin, and what they never do."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
FLOWS = sorted([*(ROOT / ".github" / "workflows").glob("*.yml"), *(ROOT / "docs" / "workflows").glob("*.yml")])
USES = re.compile(r"uses: (\S+)@(\S+)(?: # (\S+))?")
ACTION = ROOT / "action.yml"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def triggers(flow: Any) -> Any:
    """`on`, which YAML 1.1 takes for a boolean."""
    return flow[True]


def steps(flow: Any) -> list[Any]:
    return [step for job in flow["jobs"].values() for step in job["steps"]]


def zizmor(*files: Path) -> subprocess.CompletedProcess[str]:
    """The strictest audit that needs no network."""
    words = [str(Path(sys.executable).parent / "zizmor"), "--offline", "--persona=auditor", "--strict-collection"]
    return subprocess.run([*words, "--no-progress", *map(str, files)], capture_output=True, text=True, timeout=120)


def test_an_auditor_finds_nothing() -> None:
    """In the action, in our workflows and in those that the docs offer."""
    done = zizmor(ACTION, *FLOWS)
    assert (0, True) == (done.returncode, "No findings to report" in done.stdout), done.stdout
    assert 1 + len(FLOWS) == done.stderr.count("completed ")


def test_the_auditor_would_find_it(tmp_path: Path) -> None:
    """An expression in a script, a tag for a commit, more rights than needed: each made on purpose."""
    text = (ROOT / "docs" / "workflows" / "preview.yml").read_text()
    text = text.replace("de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2", "v6").replace("{}", "write-all")
    path = tmp_path / "preview.yml"
    path.write_text(text + "      - run: echo ${{ github.event.pull_request.title }}\n")
    done = zizmor(path)
    assert 0 != done.returncode
    assert all(name in done.stdout for name in ("template-injection", "unpinned-uses", "excessive-permissions"))


def test_one_commit_of_each_action_everywhere() -> None:
    """Each with its version beside it, and no version of two commits."""
    found = {
        match for path in (ACTION, *FLOWS) for match in USES.findall(path.read_text()) if match[0] != "OWNER/didgen"
    }
    assert len(found) > 6
    owners = {(name.split("/")[0] + "/" + name.split("/")[1], commit) for name, commit, _ in found}
    assert len({name for name, _ in owners}) == len(owners)
    assert [] == [
        one for one in found if not (re.fullmatch("[0-9a-f]{40}", one[1]) and re.fullmatch(r"v\d+(\.\d+)+", one[2]))
    ]


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_a_workflow_has_few_rights(path: Path) -> None:
    """None by itself, no trigger that hands secrets to strangers, one run at a time, an end, no credentials left in the
    checkout; and what it asks the action for, the action knows."""
    flow = read(path)
    assert {} == flow["permissions"]
    assert "pull_request_target" not in path.read_text()
    assert {"group", "cancel-in-progress"} == set(flow["concurrency"])
    assert all("timeout-minutes" in job and "permissions" in job for job in flow["jobs"].values())
    known = set(read(ACTION)["inputs"])
    for step in steps(flow):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        if "didgen@" in step.get("uses", "") or step.get("uses") == "./":
            assert set(step["with"]) <= known


def test_no_secret_is_near_a_pull_request() -> None:
    """Only the release has one, on a branch, behind an environment; and it waits for the release before it."""
    secret = [path for path in FLOWS if "secrets." in path.read_text()]
    assert ["release.yml"] == [path.name for path in secret]
    flow = read(secret[0])
    assert {"push", "workflow_dispatch"} == set(triggers(flow))
    (job,) = flow["jobs"].values()
    assert (True, False) == (bool(job["environment"]), flow["concurrency"]["cancel-in-progress"])
    assert "github." not in flow["concurrency"]["group"]


def test_what_may_write_for_a_fork_runs_nothing_of_it() -> None:
    """A workflow_run comments, and that is all: no script, no other action, no checkout but of main."""
    flows = [path for path in FLOWS if "workflow_run" in triggers(read(path))]
    assert ["comment.yml", "comment.yml"] == [path.name for path in flows]
    for path in flows:
        found = steps(read(path))
        assert [] == [step for step in found if "run" in step or "ref" in step.get("with", {})]
        assert {"command": "comment"} == found[-1]["with"]
        assert len(found) == (1 if path.parent.parent.name == "docs" else 2)


def test_the_docs_name_every_input_and_output() -> None:
    """Each in the tables of the chapter, and no other."""
    text = (ROOT / "docs" / "github-actions.md").read_text()
    section = text.partition("## Inputs and outputs")[2].partition("\n## ")[0]
    told = {
        name
        for line in section.splitlines()
        if line.startswith("| `")
        for name in re.findall("`([^`]+)`", line[: line.index(" |")])
    }
    action = read(ACTION)
    assert {*action["inputs"], *action["outputs"]} == told
