"""What a runner says of the job that this is part of, and what the workflow asked the Action for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from didgen.errors import UsageError

COMMANDS = ("plan", "build", "drift", "comment")
COMMENTS = ("auto", "artifact", "none")
BRANCH = "didgen-previews"
INPUTS = "inputs.json"
_NAME = re.compile(r"[\w.-]{1,100}")
_SHA = re.compile(r"[0-9a-f]{40,64}")
_BRANCH = re.compile(r"[A-Za-z0-9][\w./-]{0,200}")
_URL = re.compile(r"https?://[^\s\"'<>\\]+")


@dataclass(frozen=True, slots=True)
class Job:
    """event: of GitHub, as it was delivered. temp: a folder of this job; workspace: where the repository lies."""

    event_name: str
    event: Mapping[str, Any]
    repository: str
    sha: str
    ref: str
    ref_name: str
    protected: bool
    run_id: str
    server_url: str
    api_url: str
    workspace: Path
    temp: Path
    token: str = field(default="", repr=False)

    @property
    def is_pull_request(self) -> bool:
        """Whether what is checked out is somebody's proposal, which nothing may be bought for."""
        return bool(self.event.get("pull_request")) or self.event_name.startswith("pull_request")

    @property
    def number(self) -> int:
        """Of the pull request, 0 for none."""
        number = _below(self.event, "pull_request").get("number")
        return number if isinstance(number, int) else 0

    @property
    def may_write(self) -> bool:
        """Whether a job of this pull request can have a token that writes: not those from forks, nor dependabot's."""
        theirs = _below(_below(self.event, "pull_request", "head"), "repo").get("full_name")
        return theirs == self.repository and _below(self.event, "sender").get("login") != "dependabot[bot]"

    @property
    def base(self) -> str:
        """The commit before this one, as the event names it; "" where it names none."""
        named = _below(self.event, "pull_request", "base").get("sha") or self.event.get("before")
        known = isinstance(named, str) and _SHA.fullmatch(named) and set(named) != {"0"}
        return str(named) if known else ""

    @property
    def url(self) -> str:
        """Where the run is shown."""
        return f"{self.server_url}/{self.repository}/actions/runs/{self.run_id}"


def _below(event: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """A mapping inside the event; {} where there is none."""
    found: Any = event
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def read_job(environ: Mapping[str, str]) -> Job:
    """The job of this environment. Raises UsageError outside of a runner."""
    missing = [name for name in ("GITHUB_WORKSPACE", "RUNNER_TEMP", "GITHUB_REPOSITORY") if not environ.get(name)]
    if missing:
        raise UsageError(f"{', '.join(missing)} is not set", hint="this is a part of the GitHub Action, action.yml")
    try:
        event = json.loads(Path(environ["GITHUB_EVENT_PATH"]).read_bytes())
    except (KeyError, OSError, ValueError):
        event = {}
    return Job(
        event_name=environ.get("GITHUB_EVENT_NAME", ""),
        event=event if isinstance(event, dict) else {},
        repository=environ["GITHUB_REPOSITORY"],
        sha=environ.get("GITHUB_SHA", ""),
        ref=environ.get("GITHUB_REF", ""),
        ref_name=environ.get("GITHUB_REF_NAME", ""),
        protected=environ.get("GITHUB_REF_PROTECTED") == "true",
        run_id=environ.get("GITHUB_RUN_ID", ""),
        server_url=environ.get("GITHUB_SERVER_URL", "https://github.com"),
        api_url=environ.get("GITHUB_API_URL", "https://api.github.com"),
        workspace=Path(environ["GITHUB_WORKSPACE"]),
        temp=Path(environ["RUNNER_TEMP"]) / "didgen-action",
        token=environ.get("GITHUB_TOKEN", ""),
    )


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the workflow asked for, each as in action.yml; checked when made. service "" is each project's own."""

    command: str = "build"
    projects: tuple[str, ...] = ()
    service: str = "local"
    budget: str = ""
    store: str = ""
    comment: str = "auto"
    publish: str = ""
    folder: str = "."
    name: str = "didgen"

    def __post_init__(self) -> None:
        wrong = None
        if self.command not in COMMANDS:
            wrong = f"command is {self.command!r}", f"one of {', '.join(COMMANDS)}"
        elif self.comment not in COMMENTS:
            wrong = f"comment is {self.comment!r}", f"one of {', '.join(COMMENTS)}"
        elif self.budget and not (self.budget.isascii() and self.budget.isdigit()):
            wrong = f"budget is {self.budget!r}", "credits that this run may spend, a whole number"
        elif not _NAME.fullmatch(self.name):
            wrong = f"artifact is {self.name!r}", "letters, digits, dots and dashes"
        elif not (self.publish in ("", "pages") or self.branch or _URL.fullmatch(self.publish)):
            wrong = f"publish is {self.publish!r}", "pages, branch, branch:NAME or the public URL of the store"
        if wrong is not None:
            raise UsageError(wrong[0], hint=wrong[1])

    @property
    def branch(self) -> str:
        """The branch to publish to, "" for none."""
        if self.publish == "branch":
            return BRANCH
        name = self.publish.removeprefix("branch:") if self.publish.startswith("branch:") else ""
        return name if _BRANCH.fullmatch(name) and ".." not in name else ""


def read_inputs(environ: Mapping[str, str]) -> Inputs:
    """The inputs as the first step gets them, WITH_…. Raises UsageError for what is none."""
    names = ("COMMAND", "PROJECTS", "SERVICE", "BUDGET", "STORE", "COMMENT", "PUBLISH", "WORKING_DIRECTORY", "ARTIFACT")
    given = {name: environ.get(f"WITH_{name}", "").strip() for name in names}
    command, service = given["COMMAND"] or "build", given["SERVICE"] or "local"
    return Inputs(
        command=command,
        projects=tuple(given["PROJECTS"].split()),
        # What a lock speaks of is what the project's own service released.
        service="" if service == "project" or command == "drift" else service,
        budget=given["BUDGET"],
        store=given["STORE"],
        comment=given["COMMENT"] or "auto",
        publish="" if given["PUBLISH"] == "none" else given["PUBLISH"],
        folder=given["WORKING_DIRECTORY"] or ".",
        name=given["ARTIFACT"] or "didgen",
    )


def keep_inputs(inputs: Inputs, job: Job) -> None:
    """Leave the inputs for the next steps."""
    (job.temp / INPUTS).write_text(json.dumps(asdict(inputs)))


def kept_inputs(job: Job) -> Inputs:
    """The inputs that the first step left. Raises UsageError where it did not run."""
    try:
        given = json.loads((job.temp / INPUTS).read_bytes())
    except FileNotFoundError:
        raise UsageError("the first step did not run", hint="this is a part of the GitHub Action") from None
    return Inputs(**{**given, "projects": tuple(given["projects"])})


def workspace_of(inputs: Inputs, job: Job) -> Path:
    """The folder that didgen works in. Raises UsageError for one that is not there, or not in the repository."""
    folder = (job.workspace / inputs.folder).resolve()
    if not folder.is_relative_to(job.workspace.resolve()) or not folder.is_dir():
        raise UsageError(
            f"working-directory is {inputs.folder!r}", hint="a folder of the repository, after actions/checkout"
        )
    return folder


# -- what is refused ----------------------------------------------------------------------------------------------


def refuse_early(inputs: Inputs, job: Job) -> None:
    """Raises UsageError for what is wrong whatever the projects say."""
    if job.event_name == "pull_request_target":
        raise UsageError(
            "pull_request_target gives a stranger's proposal the secrets of this repository",
            hint="use pull_request, which needs none; docs/github-actions.md has the workflows",
        )
    if inputs.command == "comment":
        if job.event_name != "workflow_run":
            raise UsageError("command: comment is for workflow_run", hint="docs/workflows/comment.yml is one")
        return
    if job.event_name == "workflow_run":
        raise UsageError("workflow_run has rights that a pull request must not get at", hint="only command: comment")
    if inputs.command == "build" and inputs.service == "d-id":
        refuse_buying(inputs, job)


def refuse_buying(inputs: Inputs, job: Job) -> None:
    """Raises UsageError when this job may not buy: for a proposal, off a protected branch, or without a memory."""
    if job.is_pull_request:
        raise UsageError("nothing is bought for a pull request", hint="service: local renders it for nothing")
    if not job.protected:
        raise UsageError(
            f"{job.ref_name or 'this ref'} is not protected, and nothing is bought for what anybody may push",
            hint="protect the branch in the repository's settings, and give the job an environment",
        )
    if inputs.store != "git" and "://" not in inputs.store:  # a folder of the checkout goes with it
        raise UsageError(
            "nothing would remember what this run buys: actions/cache is emptied after days, and by others",
            hint="store: git commits didgen.lock back to the branch; store: URL is a shared store",
        )
