"""The steps of action.yml that think: each a function of job and inputs, in the order they run."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from didgen.errors import UsageError
from didgen.github.branches import commit_locks, publish
from didgen.github.job import Inputs, Job, keep_inputs, refuse_buying, refuse_early, workspace_of
from didgen.github.outputs import put_outputs, put_summary, summary_size
from didgen.github.pull_requests import Api, GitHubError, open_numbers, pull_requests_of_run, put_comment
from didgen.github.report import MOST_BYTES, Report, Row, read_foreign, read_own, rows_of, scenes_of, written
from didgen.github.running import (
    Runner,
    base_of,
    commands_stopped,
    environment,
    manifests_of,
    stage,
    words_of,
)
from didgen.github.summary import comment, headline, marker, summary
from didgen.github.workflow_commands import MOST, Finding, annotation, by_severity

REPORT = "report.json"
FILMS = "films"
FOREIGN = "foreign"


def settle(inputs: Inputs, job: Job) -> int:
    """Before anything is installed: refuse what is wrong whatever the projects say, and tell the later steps what is
    to be done. Raises UsageError."""
    refuse_early(inputs, job)
    shutil.rmtree(job.temp, ignore_errors=True)
    job.temp.mkdir(parents=True)
    runs = inputs.command != "comment"
    if runs:
        workspace_of(inputs, job)
    # What is in the cache came from earlier runs of anybody who may push a branch; nothing that was bought is in it.
    cached = runs and not inputs.store and inputs.service == "local" and inputs.command != "drift"
    keep_inputs(inputs, job)
    ref = sha256(job.ref.encode()).hexdigest()[:16]  # a branch may have any name, a key of the cache may not
    put_outputs({"runs": str(runs).lower(), "cache": str(cached).lower(), "ref": ref, "temp": job.temp})
    return 0


def run(inputs: Inputs, job: Job) -> int:
    """Check, plan and, where it is asked for, build; what came of it is kept for the next steps. The exit code is
    didgen's own. Raises UsageError for what may not be bought."""
    folder = workspace_of(inputs, job)
    didgen = Runner(folder, environment(inputs, job, os.environ), job.temp)
    begun = Report(name=inputs.name, command=inputs.command, service=inputs.service, sha=job.sha, run=job.url)
    try:
        with commands_stopped():
            report, code = _walk(inputs, job, didgen, begun)
            report = replace(report, code=code, findings=tuple(by_severity([*report.findings, *didgen.found])))
            print(
                f"\n{headline(report)}", *(f"  {row.address}: {'; '.join(row.words)}" for row in report.rows), sep="\n"
            )
    except UsageError as error:
        report = replace(begun, code=error.exit_code, findings=(Finding("error", str(error)),))
        _keep(job, report)
        raise
    _keep(job, report)
    for one in report.findings[:MOST]:
        print(annotation(one))
    manifests = "\n".join(report.manifests)
    numbers = {"changed": report.changed, "rendered": report.rendered, "spent": report.spent}
    more = {"films": (job.temp / FILMS).is_dir(), "save": report.rendered > 0}
    put_outputs({**numbers, "manifest": manifests, **{name: str(value).lower() for name, value in more.items()}})
    return report.code


def _walk(inputs: Inputs, job: Job, didgen: Runner, report: Report) -> tuple[Report, int]:
    """The report, as far as it went, and the exit code."""
    words = words_of(inputs)
    didgen("check", *words)
    if didgen.code:
        return report, didgen.code
    strict = ["--locked"] if inputs.command == "drift" else []
    plan = didgen("plan", *strict, *words)
    if plan is None:
        return report, didgen.code
    own = words_of(inputs, service=False)
    release = (didgen("plan", *own, needed=False) or plan) if inputs.service else plan
    base = base_of(job, didgen.folder)
    difference = didgen("diff", "--json", "--", base, *inputs.projects, needed=False) if base else None
    report = _planned(report, plan, release, difference)
    if inputs.command != "build":
        return report, 0
    paid = any(project["paid"] for project in plan["projects"])
    if paid:
        refuse_buying(inputs, job)
    began = datetime.now(UTC).isoformat(timespec="seconds")
    built = didgen("build", *_build_words(inputs), *words)
    code = didgen.code
    if built is None:  # it was stopped, and may have bought something before
        ledger = didgen("spend", "--json", needed=False) if paid else None
        spent = [one["credits"] for one in (ledger or {"builds": ()})["builds"] if one["began"] >= began]
        return replace(report, spent=sum(spent)), code
    if inputs.publish == "pages":
        didgen("preview", "--export", str(job.temp / FILMS), *words[1:], needed=False)
    report = _built(report, built, rows_of(difference, plan, release, built), didgen.folder, job)
    if inputs.publish.startswith("http"):
        shared = didgen.environ.get("DIDGEN_STORE_PUSH") == "1"
        report = replace(report, rows=tuple(_in_store(row, job.temp / FILMS, shared) for row in report.rows))
    return report, code


def _build_words(inputs: Inputs) -> list[str]:
    budget = ["--budget", inputs.budget] if inputs.budget else []
    # What was restored may be of an older didgen; to render it again costs nothing here.
    return [*budget, "--accept-upgrade"] if inputs.service == "local" else budget


def _planned(
    report: Report, plan: Mapping[str, Any], release: Mapping[str, Any], difference: Mapping[str, Any] | None
) -> Report:
    rows = rows_of(difference, plan, release, None)
    scenes = scenes_of(plan)
    return replace(
        report,
        against=difference["revision"] if difference is not None else "",
        rows=tuple(rows),
        changed=len(rows) if difference is not None else plan["rendered"],
        same=difference["same"] if difference is not None else sum(s["action"] == "reuse" for s in scenes),
        paid=any(project["paid"] for project in release["projects"]),
        credits=release["credits"],
        most=release["most_credits"],
    )


def _built(report: Report, built: Mapping[str, Any], rows: Sequence[Row], folder: Path, job: Job) -> Report:
    places = stage(built, folder, job.temp / FILMS)
    shown = [replace(row, video=v, poster=p) for row in rows for v, p in [places.get(row.address, ("", ""))]]
    counts = {name: built[name] for name in ("rendered", "fetched", "failed", "seconds")}
    top = job.workspace.resolve()
    return replace(
        report,
        rows=tuple(shown),
        spent=built["credits"],
        manifests=tuple((folder / path).relative_to(top).as_posix() for path in manifests_of(built, folder)),
        **counts,
    )


def _in_store(row: Row, films: Path, shared: bool) -> Row:
    """A row whose video is seen where a shared store has it, if it was put there."""
    if not shared or not (row.video and (films / row.video).is_file()):
        return replace(row, video="", poster="")
    with (films / row.video).open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return replace(row, video=f"objects/{digest[:2]}/{digest[2:]}", poster="")


def _keep(job: Job, report: Report) -> None:
    (job.temp / REPORT).write_bytes(written(report))


def _kept(job: Job) -> Report | None:
    """The report of `run`, None when it did not come so far."""
    try:
        return read_own((job.temp / REPORT).read_bytes())
    except FileNotFoundError:
        return None


def remember(inputs: Inputs, job: Job) -> int:
    """Commit didgen.lock back to the branch: the memory of what was bought. Raises PushError."""
    print(commit_locks(job, job.ref_name, workspace_of(inputs, job)))
    return 0


def show(inputs: Inputs, job: Job) -> int:
    """Put the films where a comment can show them: into a branch. Raises PushError."""
    films = job.temp / FILMS
    if job.is_pull_request and not job.may_write:
        print("a pull request of a fork cannot publish; its films are in the artifact")
        return 0
    if not films.is_dir():
        return 0
    name = f"pr-{job.number}" if job.number else "latest"
    try:
        keep = open_numbers(Api(job.api_url, job.token), job.repository)
    except GitHubError:
        keep = None
    for large in publish(job, inputs.branch, name, films, keep):
        print(f"{large} is too large for a branch; it is in the artifact")
    put_outputs({"films": f"{job.server_url}/{job.repository}/raw/{inputs.branch}/{name}"})
    return 0


def report(inputs: Inputs, job: Job) -> int:
    """Write the summary and, for a pull request, say which way its comment goes: by this job, or as an artifact for
    another workflow, as a token of a fork's run may not write."""
    kept = _kept(job)
    if kept is None:
        return 0
    films, page, artifact = (os.environ.get(f"WHERE_{name}", "") for name in ("FILMS", "PAGE", "ARTIFACT"))
    if inputs.publish.startswith("http"):
        films = inputs.publish
    kept = replace(kept, films=films or page, page=page, artifact=artifact)
    _keep(job, kept)
    put_summary(summary(kept, summary_size()))
    way = "none"
    if inputs.comment != "none" and job.number:
        way = "post" if inputs.comment == "auto" and job.may_write else "artifact"
    put_outputs({"comment": way, "report": job.temp / REPORT})
    return 0


def post(inputs: Inputs, job: Job) -> int:
    """Have the pull request show the report: this job's own, or that of the run which this one was started by.

    Raises UsageError for a report that is none; a missing right is a warning.
    """
    api = Api(job.api_url, job.token)
    if inputs.command == "comment":
        told = _foreign(job)
        numbers = pull_requests_of_run(api, job.repository, job.event) if told is not None else []
        if not numbers:
            print("there is nothing to comment: no report, or no open pull request of that commit")
    else:
        told, numbers = _kept(job), [job.number]
    for number in numbers if told is not None else ():
        assert told is not None
        quiet = not (told.changed or told.code)  # who changed no scene is told nothing
        try:
            print(put_comment(api, job.repository, number, marker(told), comment(told), new=not quiet))
        except GitHubError as error:
            if error.status != 403:
                raise
            why = f"{error} (the job needs `pull-requests: write`, or `comment: artifact`)"
            print(annotation(Finding("warning", why)))
    return 0


def _foreign(job: Job) -> Report | None:
    """The report that another run left as its artifact, which may be anything. None where it left none."""
    path = job.temp / FOREIGN / REPORT
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    with open(handle, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    run = job.event.get("workflow_run") or {}
    number = run.get("id") if isinstance(run, Mapping) else None
    return read_foreign(data, f"{job.server_url}/{job.repository}/actions/runs/{int(number or 0)}")
