"""action.yml from its first step to its last, in an empty folder: what a pull request shows, and what nobody can make
it do."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bank.started import Started
from tests.cli.test_commands import didgen
from tests.github.hub import REPOSITORY, TOKEN, Hub, opened, pull
from tests.github.runner import Done, Runner
from tests.jobs.paid import photo

MAIN = "Good morning."
PROJECT = """\
didgen: 1
name: tiny
service: {service}
defaults: {{source: face.jpg}}
scenes:
  - id: one
    script: {script}
  - id: two
    script: "Good evening."
"""
FACE = Path(__file__).resolve().parents[2] / "projects" / "hello" / "assets" / "eileen.jpg"


class Repository:
    """The repository `owner/videos`: a checkout that is pushed to origin, and a runner."""

    def __init__(self, home: Path, hub: Hub) -> None:
        self.home, self.hub = home, hub
        self.runner = Runner(home, hub.url)
        self.git(home, "init", "-q", "--bare", "-b", "main", str(self.runner.origin))
        self.main = self.clone("main", new=True)
        self.write(self.main, MAIN)
        (self.main / "projects" / "tiny" / "face.jpg").write_bytes(FACE.read_bytes())
        self.commit(self.main, "First")
        self.git(self.main, "push", "-q", "origin", "HEAD:main")

    @staticmethod
    def git(folder: Path, *words: str) -> str:
        who = ["-c", "user.name=Anna", "-c", "user.email=anna@example.org"]
        done = subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def clone(self, name: str, *, new: bool = False) -> Path:
        """A fresh checkout, as a runner makes one."""
        folder = self.home / "checkouts" / name
        folder.mkdir(parents=True)
        self.git(folder, "init", "-q", "-b", "main")
        self.git(folder, "remote", "add", "origin", f"file://{self.runner.origin}")
        if not new:
            self.git(folder, "fetch", "-q", "--depth=2", "origin", "main")
            self.git(folder, "checkout", "-q", "FETCH_HEAD")
        return folder

    def write(self, folder: Path, script: str, service: str = "local") -> None:
        home = folder / "projects" / "tiny"
        home.mkdir(parents=True, exist_ok=True)
        (home / "project.yaml").write_text(PROJECT.format(script=json.dumps(script), service=service))

    def commit(self, folder: Path, message: str) -> str:
        self.git(folder, "add", "-A")
        self.git(folder, "commit", "-q", "--allow-empty", "-m", message)
        return self.git(folder, "rev-parse", "HEAD")

    def proposal(self, name: str, script: str, *, fork: bool = False) -> tuple[Path, dict[str, object]]:
        """A pull request's merge, checked out, and its event."""
        folder = self.clone(name)
        self.write(folder, script)
        head = self.commit(folder, "Say something else")
        theirs = "stranger/videos" if fork else REPOSITORY
        event = {
            "pull_request": {
                "number": 7,
                "head": {"sha": head, "ref": "patch", "repo": {"full_name": theirs}},
                "base": {"sha": self.git(self.main, "rev-parse", "HEAD")},
            },
            "sender": {"login": "anna"},
        }
        label = f"{theirs.partition('/')[0]}:patch"
        self.hub.change(pulls=[pull(7, label, head, repository=2 if fork else 1)])
        return folder, event

    def preview(self, folder: Path, event: object, **inputs: str) -> Done:
        return self.runner.run(folder, "pull_request", event, ref="refs/pull/7/merge", **inputs)

    def comment_for(self, proposed: dict[str, object], run: int, **changed: object) -> Done:
        """The workflow that comments, in an empty folder."""
        asked = proposed["pull_request"]
        assert isinstance(asked, dict)
        owner = asked["head"]["repo"]["full_name"].partition("/")[0]
        started = {
            "id": run,
            "event": "pull_request",
            "head_branch": "patch",
            "head_sha": asked["head"]["sha"],
            "head_repository": {"id": 2 if owner == "stranger" else 1, "owner": {"login": owner}},
            "pull_requests": [],
            **changed,
        }
        empty = self.home / f"empty-{self.runner.runs}"
        empty.mkdir()
        return self.runner.run(empty, "workflow_run", {"workflow_run": started}, command="comment")


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """A repository of two scenes on main, and GitHub's API."""
    with opened(tmp_path) as hub:
        yield Repository(tmp_path, hub)


def test_a_pull_request_is_rendered_and_shown_in_one_comment(repository: Repository) -> None:
    """Its changed words, lengths and films; a second push changes that comment, and renders what it changed only."""
    folder, event = repository.proposal("first", "Good afternoon.")
    done = repository.preview(folder, event, command="build", publish="branch")
    assert (0, "success") == (done.code, done.steps["Comment"]), done.log
    assert ("1", "2", "0") == tuple(done.outputs[name] for name in ("changed", "rendered", "spent"))
    assert "output/tiny/manifest.json" == done.outputs["manifest"]
    (body,) = repository.hub.bodies
    assert body.startswith("<!-- didgen:didgen -->\n### didgen: 1 scene changed, 2 rendered, 1 the same\n")
    assert "| **tiny/one**" in body
    assert "script changed: Good &#91;morning → afternoon&#93;." in body
    for text in (body, done.summary):
        assert "| scene | changed words | length | cost |" in text
        assert f"[films](https://github.example/{REPOSITORY}/artifacts/1)" in text
    published = repository.git(repository.runner.origin, "ls-tree", "-r", "--name-only", "didgen-previews").split()
    assert {"pr-7/tiny/one.mp4", "pr-7/tiny/one.jpg", "pr-7/tiny/manifest.json", "pr-7/tiny/film.mp4"} <= set(published)
    kept = repository.home / "artifacts" / "1" / "didgen" / "tiny"
    assert {"one.mp4", "two.mp4", "one.vtt", "film.mp4"} <= {path.name for path in kept.iterdir()}

    folder, event = repository.proposal("second", "Good night.")
    done = repository.preview(folder, event, command="build", publish="pages")
    assert ("1", "1") == (done.outputs["changed"], done.outputs["rendered"]), done.log
    (body,) = repository.hub.bodies
    assert "Good &#91;morning → night&#93;." in body
    page = "https://owner.example/videos/"
    assert f'<a href="{page}tiny/one.mp4"><img src="{page}tiny/one.jpg"' in body
    assert f"[page]({page})" in body
    assert "Good night." in (repository.home / "pages" / "index.html").read_text()
    assert (repository.home / "pages" / "tiny" / "one.jpg").is_file()


def test_nothing_changed_is_nothing_said(repository: Repository) -> None:
    """No comment is begun; one that is there is set right."""
    folder, event = repository.proposal("same", MAIN)
    assert ("0", []) == (repository.preview(folder, event, command="plan").outputs["changed"], repository.hub.bodies)
    bot = {"login": "github-actions[bot]", "type": "Bot"}
    old = {"id": 5, "issue": 7, "user": bot, "html_url": "x", "body": "<!-- didgen:didgen -->\nold"}
    repository.hub.change(comments=[old])
    repository.preview(folder, event, command="plan")
    (body,) = repository.hub.bodies
    assert "### didgen: nothing changed, 2 the same\n" in body


def test_a_fork_needs_no_right_and_is_commented_by_another_workflow(repository: Repository) -> None:
    """Its own run writes nothing anywhere; the other one has nothing of it but values, and finds its pull request by
    the event."""
    repository.hub.change(rights="read")
    folder, event = repository.proposal("fork", "Good @octocat <img src=x>.", fork=True)
    done = repository.preview(folder, event, command="plan", publish="branch")
    assert (0, "skipped") == (done.code, done.steps["Comment"]), done.log
    assert [] == repository.hub.account["requests"]
    repository.hub.change(rights="write")
    other = pull(8, "stranger:patch", "0" * 40, repository=2)
    foreign = pull(9, "stranger:patch", event["pull_request"]["head"]["sha"], repository=3)  # type: ignore[index]
    repository.hub.change(pulls=[*repository.hub.account["pulls"], other, foreign])
    done = repository.comment_for(event, 1)
    assert (0, "skipped", "skipped") == (done.code, done.steps["Run didgen"], done.steps["Summarise"]), done.log
    (comment,) = repository.hub.account["comments"]
    assert (7, True) == (comment["issue"], "1 scene changed" in comment["body"])
    assert "@octocat" not in comment["body"]
    assert "<img" not in comment["body"]
    repository.comment_for(event, 1)
    assert 1 == len(repository.hub.bodies)


def test_what_a_fork_leaves_is_checked(repository: Repository) -> None:
    """A report that is none, a link to another file, no report: refused in one line, or nothing to say. One full of
    addresses shows none."""
    folder, event = repository.proposal("fork", "Good afternoon.", fork=True)
    repository.preview(folder, event, command="plan")
    path = repository.home / "artifacts" / "1" / "didgen-comment" / "report.json"
    good = json.loads(path.read_bytes())
    path.write_bytes(b"[" * 100_000)
    done = repository.comment_for(event, 1)
    assert (2, 1, False) == (done.code, len(done.annotations), "Traceback" in done.log)
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert 0 == repository.comment_for(event, 1).code
    path.unlink()
    assert 0 == repository.comment_for(event, 1).code
    assert [] == repository.hub.bodies
    evil = "https://evil.example/x"
    links = dict.fromkeys(("films", "page", "artifact", "run"), evil)
    rows = [{"address": f"[x]({evil})", "words": [f"![x]({evil}) @octocat"], "video": "../../x", "poster": evil}]
    path.write_text(json.dumps({**good, **links, "rows": rows, "name": "--><script>", "sha": evil, "against": evil}))
    assert 0 == repository.comment_for(event, 1).code
    (body,) = repository.hub.bodies
    assert [] == [word for word in ("://evil", "<script", "@octocat", "![", "](https://evil") if word in body]


def test_a_run_of_something_else_is_not_commented(repository: Repository) -> None:
    """A push, or a commit that the pull request has left behind."""
    folder, event = repository.proposal("fork", "Good afternoon.", fork=True)
    repository.preview(folder, event, command="plan")
    assert 2 == repository.comment_for(event, 1, event="push").code
    assert 0 == repository.comment_for(event, 1, head_sha="1" * 40).code
    assert 0 == repository.comment_for(event, 1, head_repository={"id": 5, "owner": {"login": "stranger"}}).code
    assert [] == repository.hub.bodies


def test_a_comment_that_people_wrote_is_left_alone(repository: Repository) -> None:
    """Also one that begins as ours do; and ours is found behind more than a page of others."""
    person = {"login": "eve", "type": "User"}
    text = "<!-- didgen:didgen -->\nmine"
    many = [{"id": n, "issue": 7, "user": person, "html_url": "x", "body": text} for n in range(130)]
    repository.hub.change(comments=many)
    folder, event = repository.proposal("first", "Good night.")
    for _ in range(2):
        assert 0 == repository.preview(folder, event, command="plan").code
    bodies = repository.hub.bodies
    assert ([text] * 130, 131, True) == (bodies[:130], len(bodies), "night" in bodies[-1])


def test_a_missing_right_is_a_warning(repository: Repository) -> None:
    """The plan stands; what the job needs is said."""
    repository.hub.change(rights="read")
    folder, event = repository.proposal("first", "Good afternoon.")
    done = repository.preview(folder, event, command="plan")
    assert 0 == done.code
    (told,) = done.annotations
    assert told.startswith("::warning ")
    assert "pull-requests: write" in told


def test_a_mistake_is_annotated_summarised_and_commented(repository: Repository) -> None:
    """At its line from the repository's root, with didgen's own exit code."""
    folder, event = repository.proposal("wrong", "Good {{ nobody }}.")
    done = repository.preview(folder, event)
    assert (2, "skipped") == (done.code, done.steps["Save what was rendered"])
    (told,) = done.annotations
    assert told.startswith("::error file=projects/tiny/project.yaml,line=7,col=")
    (body,) = repository.hub.bodies
    for text in (body, done.summary):
        assert "### ❌ didgen: it could not be planned" in text
        assert "projects/tiny/project.yaml:7:" in text


CANARY = "touch canary"
INJECTIONS = [
    f"$({CANARY})",
    f"`{CANARY}`",
    f"'; {CANARY}; '",
    f'"; {CANARY}; "',
    f"x\n{CANARY}",
    f"x && {CANARY} #",
    f"| {CANARY} |",
    "${{ github.token }}",
    f"--out=canary --config={CANARY}",
    "::add-mask::x\n::error::gone\n##[add-mask]x",
    "x\nEOF\nname=evil\nend-0<<x",
    "../../etc",
    "a\x1b]0;x\x07\u202e",
]


def test_nothing_that_a_stranger_writes_is_executed(repository: Repository) -> None:
    """As scripts, a branch, a commit's author and every input: no file appears, no output, no command to the runner,
    no token in the log."""
    folder, event = repository.proposal("evil", "Good night.")
    home = folder / "projects" / "tiny" / "project.yaml"
    scenes = [f"  - id: s{n}\n    script: {json.dumps(text.replace('{{', '{'))}\n" for n, text in enumerate(INJECTIONS)]
    home.write_text(home.read_text() + "".join(scenes))
    repository.commit(folder, "Evil")
    every = "".join(INJECTIONS)
    event["pull_request"]["head"]["ref"] = event["head_commit"] = every  # type: ignore[index]
    named = {"GITHUB_HEAD_REF": every, "GITHUB_ACTOR": every, "GITHUB_REF": every, "GITHUB_REF_NAME": every}
    names = ("command", "projects", "service", "budget", "store", "comment", "publish", "working_directory", "artifact")
    tries = [{"command": "plan"}]
    tries += [{"command": "plan", name: INJECTIONS[k]} for k, name in enumerate(names)]
    for given in tries:
        done = repository.runner.run(folder, "pull_request", event, github=named, **given)
        assert [] == list(repository.home.rglob("canary*")), given
        assert {"changed", "rendered", "spent", "manifest"} == set(done.outputs)
        told = [line for line in done.annotations if not line.startswith(("::error title=didgen::", "::error file="))]
        assert [] == told, given
        assert TOKEN not in done.log + done.summary + repository.hub.bodies[0]
        assert "Traceback" not in done.log
        if given == tries[0]:
            assert [] == [n for n in range(len(INJECTIONS)) if f"tiny/s{n}**" not in repository.hub.bodies[0]]


def test_refused_before_anything_is_installed(repository: Repository) -> None:
    """What must never run: pull_request_target, buying for a proposal, off a protected branch or without a memory."""
    folder, event = repository.proposal("first", "Good afternoon.")
    run = repository.runner.run
    tries = [
        (run(folder, "pull_request_target", event), "pull_request_target"),
        (repository.preview(folder, event, service="d-id", store="git"), "nothing is bought for a pull request"),
        (run(folder, "push", {}, service="d-id", store="git"), "is not protected"),
        (run(folder, "push", {}, protected=True, service="d-id"), "nothing would remember"),
        (run(folder, "push", {}, protected=True, service="d-id", store="films"), "nothing would remember"),
        (run(folder, "workflow_run", {"workflow_run": {}}), "only command: comment"),
        (run(folder, "push", {}, working_directory="../.."), "working-directory"),
    ]
    for done, words in tries:
        (told,) = done.annotations
        assert (2, True, "skipped") == (done.code, words in told, done.steps["Run didgen"]), done.log
    assert [] == repository.hub.account["requests"]


def test_a_drift_from_the_lock_is_an_error_at_its_line(repository: Repository) -> None:
    """Without drift it is a run that says so."""
    folder = repository.clone("nightly")
    assert 0 == didgen(folder, "update").returncode
    assert 0 == repository.runner.run(folder, "schedule", {}, command="drift").code
    repository.write(folder, "Good night.")
    done = repository.runner.run(folder, "schedule", {}, command="drift")
    (told,) = done.annotations
    assert (2, True) == (done.code, told.startswith("::error file=projects/tiny/didgen.lock,line="))
    assert "something has left its lock" in done.summary


# -- a service that costs -----------------------------------------------------------------------------------------


@pytest.fixture
def released(repository: Repository, bank: Started) -> Repository:
    """The same, released by a bank."""
    repository.write(repository.main, MAIN, bank.url)
    (repository.main / "projects" / "tiny" / "face.jpg").write_bytes(photo())
    (repository.main / "didgen.yaml").write_text("credit_s: 15\npaid: true\n")
    repository.commit(repository.main, "Release it")
    repository.git(repository.main, "push", "-q", "origin", "HEAD:main")
    repository.runner.environ = {"D_ID_API_KEY": bank.key}
    return repository


def test_two_pushes_buy_once_and_the_lock_comes_back(released: Repository, bank: Started) -> None:
    """The second run, on another machine and checked out before the first committed its lock, finds what was bought;
    and so does a third, which has the lock."""
    wish = {"service": "project", "store": "git", "budget": "5"}
    first, second = released.clone("first"), released.clone("second")
    done = released.runner.run(first, "push", {}, protected=True, **wish)
    assert (0, "2") == (done.code, done.outputs["spent"]), done.log
    assert "has the new lock" in done.log
    done = released.runner.run(second, "push", {}, protected=True, **wish)
    assert (0, "0") == (done.code, done.outputs["spent"]), done.log
    third = released.clone("third")
    assert (third / "projects" / "tiny" / "didgen.lock").is_file()
    done = released.runner.run(third, "push", {}, protected=True, **wish)
    assert (0, "0") == (done.code, done.outputs["spent"]), done.log
    assert (2, 0) == (len(bank.bought()), bank.duplicates())
    log = released.git(released.runner.origin, "log", "--format=%an %s", "main").splitlines()
    assert ["github-actions[bot] Lock", "Anna Release it"] == [log[0][:24], log[1]]


def test_a_shared_store_remembers_for_all_and_shows_films(released: Repository, bank: Started) -> None:
    """What main bought is there for the next machine, and a pull request writes nothing there; by the store's public
    address it can be seen."""
    store = released.home / "store"
    store.mkdir()
    wish = {"service": "project", "store": f"file://{store}", "budget": "5", "publish": "https://films.example/v"}
    done = released.runner.run(released.clone("first"), "push", {}, protected=True, **wish)
    assert (0, "2") == (done.code, done.outputs["spent"]), done.log
    done = released.runner.run(released.clone("second"), "push", {}, protected=True, **wish)
    assert (0, "0", "0") == (done.code, done.outputs["spent"], done.outputs["rendered"]), done.log
    assert (2, 2) == (len(bank.bought()), len(bank.seen("POST", "/talks")))
    before = sorted(path.as_posix() for path in store.rglob("*"))
    folder, event = released.proposal("proposed", "Good afternoon.")
    text = (folder / "projects" / "tiny" / "project.yaml").read_text()
    (folder / "projects" / "tiny" / "project.yaml").write_text(text.replace("service: local", f"service: {bank.url}"))
    done = released.preview(folder, event, command="plan", store=wish["store"])
    assert (0, before) == (done.code, sorted(path.as_posix() for path in store.rglob("*"))), done.log
    changed = released.clone("third")
    released.write(changed, "Good night.", bank.url)
    released.commit(changed, "Say something else")
    event = {"before": released.git(changed, "rev-parse", "HEAD^")}
    done = released.runner.run(changed, "push", event, protected=True, **wish)
    (link,) = re.findall(r'<a href="https://films.example/v/(objects/[^"]+)">video</a>', done.summary)
    assert (store / link).is_file()


def test_a_branch_that_moved_on_keeps_its_lock(released: Repository) -> None:
    """An older run that ends later does not write over it; its purchases are found on the account."""
    old = released.clone("old")
    released.write(released.main, "Good night.")
    released.commit(released.main, "Newer")
    released.git(released.main, "push", "-q", "origin", "HEAD:main")
    done = released.runner.run(old, "push", {}, protected=True, service="project", store="git", budget="5")
    assert (0, True) == (done.code, "main has moved on" in done.log), done.log
    assert "didgen.lock" not in released.git(released.runner.origin, "ls-tree", "-r", "--name-only", "main")


def test_a_project_that_costs_is_not_bought_by_surprise(released: Repository, bank: Started) -> None:
    """`project` may be anything: it is looked at before the first request. And without a budget nothing is bought."""
    folder = released.clone("one")
    run = released.runner.run
    refused = run(folder, "push", {}, service="project", store="git", budget="5")
    assert (2, 1, True) == (refused.code, len(refused.annotations), "is not protected" in refused.annotations[0])
    poor = run(folder, "push", {}, protected=True, service="project", store="git")
    assert (4, "0") == (poor.code, poor.outputs["spent"])
    assert "--budget" in poor.summary
    assert [] == bank.bought()


def test_a_pull_request_shows_what_its_release_would_cost(released: Repository) -> None:
    """It is planned by the local engine without a key, and priced by the project's own service."""
    released.runner.environ = {}
    folder = released.clone("priced")
    text = (folder / "projects" / "tiny" / "project.yaml").read_text()
    (folder / "projects" / "tiny" / "project.yaml").write_text(text.replace("evening", "night"))
    head = released.commit(folder, "Say something else")
    base = released.git(released.main, "rev-parse", "HEAD")
    asked = {"number": 7, "head": {"sha": head, "repo": {"full_name": REPOSITORY}}, "base": {"sha": base}}
    done = released.preview(folder, {"pull_request": asked}, command="plan")
    assert 0 == done.code, done.log
    (body,) = released.hub.bodies
    assert "A release of this buys 2 credits, less what was bought already." in body
    (row,) = [line for line in body.splitlines() if line.startswith("| **tiny/two")]
    assert row.endswith("| 1 credit |")
