"""Buying through the real program: what a person at a terminal sees and answers, and what CI is told."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.bank.started import Started, opened

ROOT = Path(__file__).parents[2]
PROJECT = """\
didgen: 1
name: tiny
service: {url}
defaults: {{source: a.jpg}}
scenes:
  - id: one
    script: "Good morning to everybody."
  - id: two
    script: "Good evening to everybody."
"""


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Started]:
    with opened(tmp_path / "bank", "--queue-s", "0", "--render-s", "0") as bank:
        yield bank


@pytest.fixture
def workspace(tmp_path: Path, bank: Started) -> Path:
    return make(tmp_path, bank)


def make(tmp_path: Path, bank: Started) -> Path:
    """A workspace with the paid project `tiny`: two talks of a second or two."""
    folder = tmp_path / "work" / "projects" / "tiny"
    folder.mkdir(parents=True)
    (folder / "project.yaml").write_text(PROJECT.format(url=bank.url))
    photo = ROOT / "projects" / "hello" / "assets"
    (folder / "a.jpg").write_bytes(next(photo.glob("*.jpg")).read_bytes())
    return tmp_path / "work"


def environment(bank: Started, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    return {**kept, "DIDGEN_PAID": "1", "DIDGEN_API_KEY": bank.key, "TERM": "xterm", "COLUMNS": "200", **more}


def didgen(folder: Path, bank: Started, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "didgen", *words]
    environ = environment(bank, **more)
    return subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL
    )


def at_a_terminal(folder: Path, bank: Started, *words: str, answer: str = "", **more: str) -> tuple[int, str]:
    """Exit code and everything seen by a person who types `answer` when asked."""
    master, slave = pty.openpty()
    command = [sys.executable, "-m", "didgen", *words]
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment(bank, **more),
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    seen, until, answered = b"", time.monotonic() + 120, False
    while time.monotonic() < until:
        ready, _, _ = select.select([master], [], [], 0.2)
        try:
            data = os.read(master, 65536) if ready else b""
        except OSError:  # the other end is closed
            break
        seen += data
        if not answered and b"[y/N]" in seen:
            os.write(master, answer.encode() + b"\n")
            answered = True
        if not ready and process.poll() is not None:
            break
    code = process.wait(30)
    os.close(master)
    return code, re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode()).replace("\r", "")


def test_a_terminal_is_asked_once_and_told_who_what_and_how_much(workspace: Path, bank: Started) -> None:
    """Every scene with seconds and credits, the service, the total; yes buys it, and the next build asks nothing."""
    code, seen = at_a_terminal(workspace, bank, "build", answer="y")
    assert 0 == code, seen
    host = bank.url.removeprefix("http://")
    for part in (
        "tiny/one  talk, about 2 s, 1 credit",
        "tiny/two  talk, about 2 s, 1 credit",
        f"to buy: 2 scenes from {host}, about 3 s: 2 credits\n",
        f"the account at {host} has 1000 credits left\n",
        "2 rendered, 2 credits spent",
    ):
        assert part in seen
    assert 1 == seen.count("[y/N]")
    assert 2 == len(bank.bought())
    code, seen = at_a_terminal(workspace, bank, "build", "--force", "tiny/one", answer="")
    assert (4, 2) == (code, len(bank.bought()))
    code, seen = at_a_terminal(workspace, bank, "build")
    assert (0, 0, 2) == (code, seen.count("[y/N]"), len(bank.bought())), seen


@pytest.mark.parametrize("answer", ["", "n", "what?\nn"])
def test_no_is_the_default_answer(workspace: Path, bank: Started, answer: str) -> None:
    """Enter buys nothing, exits 4 and says what would agree."""
    code, seen = at_a_terminal(workspace, bank, "build", answer=answer)
    assert (4, []) == (code, bank.bought()), seen
    assert "--budget 2" in seen


def test_ci_is_not_asked_even_with_a_terminal(workspace: Path, bank: Started) -> None:
    """Some CI services give a job a terminal, and nobody sits there."""
    code, seen = at_a_terminal(workspace, bank, "build", CI="true")
    assert (4, 0, []) == (code, seen.count("[y/N]"), bank.bought())
    assert "--budget 2" in seen


def test_without_a_terminal_nothing_is_bought_unless_a_budget_says_so(workspace: Path, bank: Started) -> None:
    """Exit 4 and one line that says what to type; a budget comes from the flag, the environment or the settings."""
    done = didgen(workspace, bank, "build")
    assert (4, []) == (done.returncode, bank.bought())
    assert "2 credits; nobody agreed to that, so nothing was sent (add --budget 2" in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert 4 == didgen(workspace, bank, "build", "--budget", "1").returncode
    (workspace / "didgen.yaml").write_text("budget: 1\n")
    assert 4 == didgen(workspace, bank, "build").returncode
    assert [] == bank.bought()
    assert 0 == didgen(workspace, bank, "build", "tiny/one").returncode
    assert 0 == didgen(workspace, bank, "build", DIDGEN_BUDGET="5").returncode
    assert 2 == len(bank.bought())


def test_what_is_stored_needs_no_budget(workspace: Path, bank: Started) -> None:
    """An output that was lost is put back, and an edit undone is delivered from the store, at budget 0."""
    assert 0 == didgen(workspace, bank, "build", "--budget", "2").returncode
    (workspace / "output" / "tiny" / "one.mp4").unlink()
    done = didgen(workspace, bank, "build", "--budget", "0")
    assert 0 == done.returncode, done.stderr
    assert (workspace / "output" / "tiny" / "one.mp4").exists()
    assert "1 restored, 1 up to date, " in done.stdout
    assert 2 == len(bank.bought())


def test_what_the_account_had_is_fetched_and_not_called_rendered(workspace: Path, bank: Started) -> None:
    """Without state: the total says that nothing was bought, to people and to programs; what is new beside it was."""
    assert "2 rendered, 2 credits spent, " in didgen(workspace, bank, "build", "--budget", "2").stdout
    shutil.rmtree(workspace / ".didgen")
    shutil.rmtree(workspace / "output")
    (workspace / "projects" / "tiny" / "didgen.lock").unlink()
    done = didgen(workspace, bank, "build", "tiny/one")
    assert "1 fetched, nothing bought, " in done.stdout, done.stderr
    assert "rendered" not in done.stdout
    told = json.loads(didgen(workspace, bank, "build", "--json").stdout)
    assert (0, 1, 0) == (told["rendered"], told["fetched"], told["credits"])
    assert ["reused", "fetched"] == [scene["action"] for scene in told["scenes"]]
    assert 2 == len(bank.bought())


def test_a_plan_tells_the_price_without_key_and_network(workspace: Path, bank: Started) -> None:
    """As text and as JSON; what is up to date costs nothing."""
    bank.down()
    text = didgen(workspace, bank, "plan", DIDGEN_API_KEY="").stdout
    assert "+ tiny/one  talk, about 2 s, 1 credit\n" in text
    assert "about 3 s: 2 credits; a build first looks for them on the account" in text
    assert "cheaper: tiny/one to two: 2 talks" in text
    plan = json.loads(didgen(workspace, bank, "plan", "--json", DIDGEN_API_KEY="").stdout)
    assert (2, 2, 1) == (plan["credits"], plan["most_credits"], len(plan["hints"]))
    (project,) = plan["projects"]
    assert (True, 2) == (project["paid"], project["credits"])
    assert [1, 1] == [scene["credits"] for scene in project["scenes"]]
    free = json.loads(didgen(workspace, bank, "plan", "--json", "--service", "local").stdout)
    assert (0, False) == (free["credits"], free["projects"][0]["paid"])


def test_a_plan_of_an_unknown_price_says_so(workspace: Path, bank: Started) -> None:
    """In words, and as null for programs: not as 0."""
    words = ("plan", "--service", "https://talks.example")
    assert "price unknown" in didgen(workspace, bank, *words).stdout
    plan = json.loads(didgen(workspace, bank, *words, "--json").stdout)
    assert (None, None) == (plan["credits"], plan["projects"][0]["scenes"][0]["credits"])
    (workspace / "didgen.yaml").write_text("credit_s: 1\n")
    assert 4 == json.loads(didgen(workspace, bank, *words, "--json").stdout)["credits"]


def test_a_plan_bills_nothing_that_was_sent_before(tmp_path: Path) -> None:
    """Jobs that run at the service, and those that a lock or sidecar knows by their id, cost nothing again."""
    with opened(tmp_path / "bank", "--queue-s", "0", "--render-s", "3600") as bank:
        folder = make(tmp_path, bank)
        command = [sys.executable, "-m", "didgen", "build", "--budget", "2", "-q"]
        build = subprocess.Popen(command, cwd=folder, env=environment(bank), stdin=subprocess.DEVNULL)
        until = time.monotonic() + 60
        while sorted(states(folder)) != ["submitted", "submitted"]:
            assert time.monotonic() < until
            time.sleep(0.05)
        build.kill()
        build.wait(30)
        text = didgen(folder, bank, "plan").stdout
        assert "+ tiny/one  talk, about 2 s, bought already, being made\n" in text
        assert "bought already: 2 scenes, fetched for 0 credits\nto buy: nothing\n" in text
        plan = json.loads(didgen(folder, bank, "plan", "--json").stdout)
        assert (0, ["submitted"] * 2) == (plan["credits"], [scene["sent"] for scene in plan["projects"][0]["scenes"]])
        assert 0 == json.loads(didgen(folder, bank, "plan", "--json", "--force").stdout)["credits"]  # taken up, too
    with opened(tmp_path / "quick" / "bank", "--queue-s", "0", "--render-s", "0") as bank:
        folder = make(tmp_path / "quick", bank)
        assert 0 == didgen(folder, bank, "build", "--budget", "2").returncode
        shutil.rmtree(folder / ".didgen")
        shutil.rmtree(folder / "output")
        plan = json.loads(didgen(folder, bank, "plan", "--json").stdout)
        assert (0, ["done"] * 2) == (plan["credits"], [scene["sent"] for scene in plan["projects"][0]["scenes"]])
        assert 2 == json.loads(didgen(folder, bank, "plan", "--json", "--force").stdout)["credits"]


def states(folder: Path) -> list[str]:
    """Of the jobs in the state file, read without the product."""
    try:
        with closing(sqlite3.connect(f"file:{folder}/.didgen/state.sqlite?mode=ro", uri=True)) as db:
            return [state for (state,) in db.execute("SELECT state FROM jobs")]
    except sqlite3.OperationalError:  # not there yet
        return []


def test_an_account_with_too_little_is_told_before_and_buys_what_it_can(tmp_path: Path) -> None:
    """The service refuses the second scene, which stays planned; the first one is done."""
    with opened(tmp_path / "bank", "--credits", "1") as bank:
        folder = make(tmp_path, bank)
        code, seen = at_a_terminal(folder, bank, "build", answer="y")
        assert "has 1 credits left, which is not enough" in seen
        assert (1, 1) == (code, len(bank.bought())), seen
        assert "not enough credits" in seen


def test_what_each_build_spent_is_told_and_outlives_the_state(workspace: Path, bank: Started) -> None:
    """By the true lengths; a job that was found on the account costs nothing the second time."""
    assert "nothing was bought here" in didgen(workspace, bank, "spend").stdout
    assert 0 == didgen(workspace, bank, "build", "tiny/one", "--budget", "2").returncode
    assert 0 == didgen(workspace, bank, "build", "--budget", "2").returncode
    spent = json.loads(didgen(workspace, bank, "spend", "--json").stdout)
    assert (2, [(1, 1), (1, 1)]) == (spent["credits"], [(one["credits"], one["bought"]) for one in spent["builds"]])
    true_s = {job["name"].split(" ")[0]: job["duration_s"] for job in bank.bought()}
    assert pytest.approx(sum(true_s.values()), abs=0.1) == sum(one["seconds"] for one in spent["builds"])
    text = didgen(workspace, bank, "spend").stdout
    assert "2 credits in all" in text
    assert " 1 credit " in didgen(workspace, bank, "jobs").stdout

    (workspace / ".didgen" / "state.sqlite").unlink()
    again = didgen(workspace, bank, "spend", "--json")
    assert spent == json.loads(again.stdout)
    shutil.rmtree(workspace / ".didgen")
    shutil.rmtree(workspace / "output")
    assert 0 == didgen(workspace, bank, "build").returncode  # needs no budget
    (found,) = json.loads(didgen(workspace, bank, "spend", "--json").stdout)["builds"]
    assert (0, 0, 2, 2) == (found["credits"], found["bought"], found["found"], len(bank.bought()))


def test_watch_spends_one_budget_for_all_of_its_builds(workspace: Path, bank: Started) -> None:
    """Two credits: the first build takes them, the next change stays unbought; without --live nothing is bought."""
    project = workspace / "projects" / "tiny" / "project.yaml"
    with watching(workspace, bank) as said:
        wait_for(said, "watch buys only with --live --budget")
    assert [] == bank.bought()
    with watching(workspace, bank, "--live", "--budget", "2") as said:
        wait_for(said, "2 credits spent")
        wait_for(said, "watching")
        text = project.read_text().replace("morning", "afternoon")
        wait_for(said, "1 credit, and the budget is 0; nothing was sent", lambda: project.write_text(text))
    assert 2 == len(bank.bought())


@contextmanager
def watching(folder: Path, bank: Started, *words: str) -> Iterator[Path]:
    """`didgen watch` of the paid project while the block runs; the file holds what it said so far."""
    said = folder.parent / f"watch-{len(words)}.log"
    command = [sys.executable, "-m", "didgen", "watch", "--service", bank.url, *words]
    with open(said, "wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment(bank, PYTHONUNBUFFERED="1"), stdout=log, stderr=log,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield said
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)


def wait_for(said: Path, text: str, again: Callable[[], object] = bool) -> None:
    """Until it was said. again: what is done every second until then; a file saved once may be saved too early."""
    for k in range(1200):
        if text in said.read_text():
            return
        if k % 20 == 0:
            again()
        time.sleep(0.05)
    raise AssertionError(said.read_text())
