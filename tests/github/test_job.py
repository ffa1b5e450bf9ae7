"""What a job may: read from its event and environment, decided before anything is done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from didgen.errors import UsageError
from didgen.github.job import Inputs, Job, read_inputs, read_job, refuse_buying, refuse_early, workspace_of


def job(tmp_path: Path, event: Any = None, **told: str) -> Job:
    """A job of an event, in a repository at `tmp_path`."""
    (tmp_path / "event.json").write_text(json.dumps(event if event is not None else {}))
    given = {"GITHUB_WORKSPACE": str(tmp_path), "RUNNER_TEMP": str(tmp_path), "GITHUB_REPOSITORY": "owner/videos"}
    return read_job({**given, "GITHUB_EVENT_PATH": str(tmp_path / "event.json"), **told})


def proposal(full_name: str, sender: str = "anna", **more: Any) -> dict[str, Any]:
    head = {"repo": {"full_name": full_name} if full_name else None}
    return {"pull_request": {"number": 7, "head": head, **more}, "sender": {"login": sender}}


@pytest.mark.parametrize(
    ("event", "may"),
    [
        (proposal("owner/videos"), True),
        (proposal("stranger/videos"), False),
        (proposal(""), False),  # a fork that was deleted
        (proposal("owner/videos", "dependabot[bot]"), False),
        ({}, False),
        ({"pull_request": "x"}, False),
        ([], False),
    ],
)
def test_who_may_comment(tmp_path: Path, event: Any, may: bool) -> None:
    """Only a job whose token can have the right to."""
    assert may == job(tmp_path, event).may_write


@pytest.mark.parametrize(
    ("event", "base"),
    [
        ({"before": "a" * 40}, "a" * 40),
        ({"before": "0" * 40}, ""),  # a new branch
        ({"before": "--upload-pack=touch canary"}, ""),
        ({"before": 5}, ""),
        (proposal("owner/videos", base={"sha": "b" * 40}), "b" * 40),
        ({}, ""),
    ],
)
def test_what_is_compared_with_is_a_commit(tmp_path: Path, event: Any, base: str) -> None:
    """Of the event's, and nothing else that stands there."""
    assert base == job(tmp_path, event).base


GOOD = Inputs(service="d-id", store="git")


@pytest.mark.parametrize(
    ("event", "told", "inputs", "words"),
    [
        ({}, {"GITHUB_REF_PROTECTED": "true"}, GOOD, ""),
        ({}, {"GITHUB_REF_PROTECTED": "true"}, Inputs(store="s3://films/x"), ""),
        (proposal("owner/videos"), {"GITHUB_REF_PROTECTED": "true"}, GOOD, "for a pull request"),
        ({}, {"GITHUB_REF_PROTECTED": "true", "GITHUB_EVENT_NAME": "pull_request_review"}, GOOD, "for a pull request"),
        ({}, {"GITHUB_REF_PROTECTED": "false"}, GOOD, "is not protected"),
        ({}, {}, GOOD, "is not protected"),
        ({}, {"GITHUB_REF_PROTECTED": "true"}, Inputs(service="d-id"), "nothing would remember"),
        ({}, {"GITHUB_REF_PROTECTED": "true"}, Inputs(store="./films"), "nothing would remember"),
    ],
)
def test_who_may_buy(tmp_path: Path, event: Any, told: dict[str, str], inputs: Inputs, words: str) -> None:
    """A job of a protected branch that remembers, and no other."""
    one = job(tmp_path, event, **told)
    if not words:
        refuse_buying(inputs, one)
        return
    with pytest.raises(UsageError, match=words):
        refuse_buying(inputs, one)


def test_a_plan_of_a_paid_service_is_no_purchase(tmp_path: Path) -> None:
    """It needs no key; a price may be shown to everybody."""
    refuse_early(Inputs(command="plan", service="d-id"), job(tmp_path, proposal("stranger/videos")))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("COMMAND", "destroy"), ("COMMENT", "yes"), ("BUDGET", "-1"), ("BUDGET", "1.5"), ("BUDGET", "١"),
        ("ARTIFACT", "a/b"), ("ARTIFACT", "a b"), ("PUBLISH", "ftp://x"), ("PUBLISH", "branch:"),
        ("PUBLISH", "branch:../x"), ("PUBLISH", "branch:-x"), ("PUBLISH", "branch:a b"),
        ("PUBLISH", "https://x/\" onclick=\""), ("PUBLISH", "https://x/<b>"),
    ],
)  # fmt: skip
def test_an_input_that_is_none_is_named(name: str, value: str) -> None:
    """With what it can be."""
    with pytest.raises(UsageError, match=name.lower()) as caught:
        read_inputs({f"WITH_{name}": value})
    assert caught.value.hint


def test_inputs_are_read_as_they_are_meant() -> None:
    """`project` is each project's own service, and so is what a lock speaks of; nothing given is the default."""
    assert Inputs() == read_inputs({})
    given = {"WITH_COMMAND": "plan", "WITH_PROJECTS": " a  b/c\n", "WITH_SERVICE": "project", "WITH_PUBLISH": "none"}
    assert Inputs(command="plan", projects=("a", "b/c"), service="") == read_inputs(given)
    assert "" == read_inputs({"WITH_COMMAND": "drift", "WITH_SERVICE": "local"}).service
    branches = [Inputs(publish=one).branch for one in ("branch", "branch:a/b", "pages", "https://x")]
    assert ["didgen-previews", "a/b", "", ""] == branches


def test_a_workspace_lies_in_the_repository(tmp_path: Path) -> None:
    """Also by way of a link."""
    one = job(tmp_path)
    (tmp_path / "videos").mkdir()
    (tmp_path / "out").symlink_to("/")
    assert tmp_path / "videos" == workspace_of(Inputs(folder="videos"), one)
    for folder in ("..", "out", "none", "/"):
        with pytest.raises(UsageError, match="working-directory"):
            workspace_of(Inputs(folder=folder), one)
