"""Machines that share a store: what one made the others fetch, whatever becomes of it or of the store."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.errors import UsageError
from didgen.walk import sharing, steps
from tests import fakes
from tests.bucket.started import Started, opened
from tests.walk.machine import ended, started
from tests.walk.team import SCRIPTS, Team, bucket_team, outputs


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with opened(tmp_path_factory.mktemp("s3"), page=4) as one:
        yield one


@pytest.fixture
def s3(server: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Machines that share a bucket."""
    return bucket_team(server, tmp_path, monkeypatch)


@pytest.fixture(params=["folder", "s3"])
def team(request: pytest.FixtureRequest) -> Team:
    """Either."""
    found: Team = request.getfixturevalue(request.param)
    return found


def test_a_fresh_clone_renders_nothing(team: Team) -> None:
    """Every video is brought, and is the same; then nothing is to be done."""
    a, b = team.clone("a"), team.clone("b")
    assert ["rendered"] * 3 == team.build(a)
    assert ["restored"] * 3 == team.build(b)
    assert sorted(SCRIPTS.values()) == team.rendered
    assert outputs(a) == outputs(b)
    assert [f"3 scenes brought from {team.store}"] == team.said
    assert ["reused"] * 3 == team.build(b)


def test_pull_brings_all_and_push_shares_what_was_made_alone(s3: Team) -> None:
    """A machine that does not push builds, and pushes by hand; another pulls, plans, and builds without a render."""
    a, b = s3.clone("a", push=False), s3.clone("b", push=False)
    s3.build(a)
    assert sharing.Moved(3, 0) == sharing.push(a, s3.said.append)
    assert sharing.Moved(0, 3) == sharing.push(a, s3.said.append)
    assert sharing.Moved(3, 0) == sharing.pull(steps.wish(b), s3.said.append)
    assert sharing.Moved(0, 3) == sharing.pull(steps.wish(b), s3.said.append)
    (planned,) = steps.plan(steps.wish(b))
    assert ["restore"] * 3 == [decision.action for decision in planned.plan.decisions]
    assert ["restored"] * 3 == s3.build(b)
    assert 3 == len(s3.rendered)
    assert outputs(a) == outputs(b)


def test_what_is_not_there_is_told_by_pull(s3: Team) -> None:
    """A store that has nothing, one that nobody made yet, and a workspace that has none."""
    a = s3.clone("a")
    assert sharing.Moved(0, 0, 3) == sharing.pull(steps.wish(a), s3.said.append)
    (a / "didgen.yaml").write_text("store: ../nowhere\n")
    with pytest.raises(UsageError, match=r"no folder .*nowhere \(mount it or correct `store`"):
        sharing.pull(steps.wish(a), s3.said.append)
    (a / "didgen.yaml").write_text("store: ../no/where\n")
    with pytest.raises(UsageError, match=r"no folder .*no \("):
        sharing.push(a, s3.said.append)
    assert [] == s3.said
    (a / "didgen.yaml").write_text("")
    with pytest.raises(UsageError, match="no shared store"):
        sharing.pull(steps.wish(a), s3.said.append)


def test_two_machines_at_once_render_each_scene_once(team: Team) -> None:
    """Both end with every video, the same ones; nobody waits for ever."""
    scripts = {f"s{k}": f"Scene number {k} !slow" for k in range(6)}
    roots = [team.clone("a", scripts), team.clone("b", scripts)]
    results = [ended(machine) for machine in [started(root) for root in roots]]
    assert [0, 0] == [one["exit"] for one in results], results
    assert sorted(scripts.values()) == team.rendered
    done = [list(one["actions"].values()) for one in results]
    assert 6 == sum(actions.count("rendered") for actions in done)
    assert outputs(roots[0]) == outputs(roots[1])
    if "://" not in team.store:
        assert [] == [path for path in Path(team.store, "claims").rglob("*") if path.is_file()]
        assert [] == list(Path(team.store, "builds").iterdir())


def test_the_claim_of_a_killed_machine_is_taken_over(s3: Team) -> None:
    """After a while without a sign of life, not before; what it had finished is not rendered again."""
    a, b = s3.clone("a", {"slow": "It takes for ever !hang"}), s3.clone("b", {"slow": "It takes for ever !hang"})
    machine = started(a, 2.0)
    while "It takes for ever !hang" not in s3.rendered:
        assert machine.poll() is None
        time.sleep(0.02)
    os.killpg(machine.pid, signal.SIGKILL)
    machine.communicate()
    other = started(b, 2.0)
    killed = time.monotonic()
    while 2 > len(s3.rendered):
        assert other.poll() is None
        time.sleep(0.02)
    waited = time.monotonic() - killed
    os.killpg(other.pid, signal.SIGKILL)
    other.communicate()
    assert 1.5 < waited


def test_a_scene_that_failed_is_free_for_others(folder: Team) -> None:
    """The other machine tries it itself, without waiting."""
    scripts = {"good": "All is well.", "bad": "No face !refuse"}
    for name in ("a", "b"):
        wanted = steps.wish(folder.clone(name, scripts))
        summary = steps.build(wanted, on_notice=folder.said.append, command=fakes.COMMAND)
    assert ["restored", "failed"] == [scene.action for scene in summary.scenes]
    assert [] == [line for line in folder.said if "waiting" in line]
    assert 2 == folder.rendered.count("No face !refuse")


def test_with_force_the_shared_video_is_replaced(folder: Team) -> None:
    """Somebody wants another one: nothing is brought, and what was there gives way."""
    a, b = folder.clone("a"), folder.clone("b")
    folder.build(a)
    assert ["rendered"] * 3 == folder.build(b, force=True)
    assert 6 == len(folder.rendered)
    assert ["restored"] * 3 == folder.build(folder.clone("c"))


def test_a_build_with_nothing_to_do_knows_no_store(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request, and nothing of obstore imported."""
    team = bucket_team(own, tmp_path, monkeypatch)
    a = team.clone("a")
    team.build(a)
    before = len(own.seen())
    program = (
        "import sys; from didgen.cli import main; sys.argv = ['didgen', 'build', '-C', sys.argv[1]]\n"
        "try: main.main()\n"
        "except SystemExit as end: assert not end.code\n"
        "assert not [name for name in sys.modules if 'obstore' in name or 'didgen.store.shared' in name]"
    )
    done = subprocess.run([sys.executable, "-c", program, str(a)], capture_output=True, text=True)
    assert (0, "") == (done.returncode, done.stderr)
    assert "up to date" in done.stdout
    assert before == len(own.seen())


def test_no_secret_is_kept_or_told(own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in the workspace nor in the store nor in what is said."""
    team = bucket_team(own, tmp_path, monkeypatch)
    team.build(team.clone("a"))
    own.down()
    shutil.rmtree(tmp_path / "a" / ".didgen")
    team.build(team.clone("b"))
    lines = "\n".join(team.said).encode()
    lay = b"".join(path.read_bytes() for path in [*own.files().values(), *tmp_path.rglob("*")] if path.is_file())
    assert b"writers-secret" not in lines + lay
