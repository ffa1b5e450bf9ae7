"""Machines that share a store: what one made the others fetch, whatever becomes of it or of the store."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.errors import UnreachableError, UsageError
from didgen.store import bucket as door
from didgen.walk import sharing, steps
from tests import fakes
from tests.bucket.server import READER
from tests.bucket.started import Started, opened
from tests.walk.machine import ended, started

SCRIPTS = {"one": "The first scene.", "two": "The second scene.", "three": "The third scene."}


class Team:
    """Clones of one workspace, `a`, `b` and so on, and the store they share."""

    def __init__(self, folder: Path, store: str) -> None:
        self.folder, self.store = folder, store
        self.said: list[str] = []

    def clone(self, name: str, scripts: dict[str, str] = SCRIPTS, *, push: bool = True) -> Path:
        """A machine that has nothing but what is committed."""
        root = self.folder / name
        home = root / "projects" / "hello"
        home.mkdir(parents=True)
        lines = ["didgen: 1", "name: hello", "defaults: {source: anna.jpg}", "film: []", "scenes:"]
        lines += [f"  - {{id: {one}, script: {json.dumps(text)}}}" for one, text in scripts.items()]
        (home / "project.yaml").write_text("\n".join(lines) + "\n")
        (home / "anna.jpg").write_bytes(fakes.photo())
        (root / "didgen.yaml").write_text(f"store: {self.store}\nstore_push: {str(push).lower()}\n")
        return root

    def build(self, root: Path, **options: object) -> list[str]:
        """Build in this process; what was done about each scene."""
        summary = steps.build(steps.wish(root, **options), on_notice=self.said.append, command=fakes.COMMAND)  # type: ignore[arg-type]
        assert summary.error is None, summary.scenes
        return [scene.action for scene in summary.scenes]

    @property
    def rendered(self) -> list[str]:
        """Scripts that any machine has rendered, sorted."""
        log = self.folder / "rendered.log"
        return sorted(log.read_text().splitlines()) if log.exists() else []


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with opened(tmp_path_factory.mktemp("s3"), page=4) as one:
        yield one


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Machines that share a folder."""
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return Team(tmp_path, str(tmp_path / "shared"))


@pytest.fixture
def s3(server: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    """Machines that share a bucket."""
    return bucket_team(server, tmp_path, monkeypatch)


@pytest.fixture(params=["folder", "s3"])
def team(request: pytest.FixtureRequest) -> Team:
    """Either."""
    found: Team = request.getfixturevalue(request.param)
    return found


def bucket_team(server: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Team:
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    return Team(tmp_path, f"{server.address}/{tmp_path.name}")


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Started]:
    """A server that a test may do with as it likes."""
    with opened(tmp_path / "s3") as one:
        yield one


def outputs(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / "output" / "hello").glob("*.mp4"))}


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


def test_what_is_damaged_there_is_told_rendered_here_and_mended(folder: Team) -> None:
    """The next machine finds it whole."""
    a, b = folder.clone("a"), folder.clone("b")
    folder.build(a)
    video = next(path for path in Path(folder.store, "objects").rglob("*") if path.is_file())
    data = video.read_bytes()
    video.unlink()
    video.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])
    assert 1 == folder.build(b).count("rendered")
    assert 1 == len([line for line in folder.said if "not used" in line]), folder.said
    assert outputs(a) == outputs(b)
    assert ["restored"] * 3 == folder.build(folder.clone("c"))
    assert 4 == len(folder.rendered)


def test_who_may_only_read_writes_nothing_and_says_so_once(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fork's CI: by its settings it does not try; where the server says no it goes on reading."""
    team = bucket_team(own, tmp_path, monkeypatch)
    team.build(team.clone("a", {"one": SCRIPTS["one"]}))
    lay = len(own.files())
    for name, value in own.environment(READER).items():
        monkeypatch.setenv(name, value)
    tried = len(own.seen("PUT"))
    assert ["restored", "rendered", "rendered"] == team.build(team.clone("fork", push=False))
    assert (tried, lay) == (len(own.seen("PUT")), len(own.files()))
    team.said.clear()
    assert ["restored", "rendered", "rendered"] == team.build(team.clone("stranger"))
    assert 1 == len([line for line in team.said if "lets nothing be written" in line]), team.said
    assert lay == len(own.files())
    with pytest.raises(UnreachableError, match="lets nothing be written"):
        sharing.push(tmp_path / "stranger", team.said.append)


@pytest.mark.parametrize("how", ["down", "hang"])
def test_a_store_that_is_away_is_one_warning(
    how: str, own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The build goes on without it, soon; push and pull say that it is away."""
    monkeypatch.setattr(door, "QUICK_S", 0.3)
    monkeypatch.setattr(door, "RETRY_S", 0.4)
    team = bucket_team(own, tmp_path, monkeypatch)
    own.down() if how == "down" else own.rules({"do": how, "s": 2})
    a = team.clone("a")
    assert ["rendered"] * 3 == team.build(a)
    assert 1 == len(team.said)
    assert "goes on without it" in team.said[0]
    with pytest.raises(UnreachableError):
        sharing.push(a, team.said.append)
    with pytest.raises(UnreachableError):
        sharing.pull(steps.wish(team.clone("b")), team.said.append)


def test_a_store_that_goes_away_in_the_midst_of_a_build_is_one_warning(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was uploaded by half is nowhere; push makes up for it."""
    monkeypatch.setattr(door, "RETRY_S", 0.3)
    monkeypatch.setattr(door, "PART_S", 1.0)
    team = bucket_team(own, tmp_path, monkeypatch)
    own.rules({"method": "PUT", "key": "objects/", "do": "drop"})
    a = team.clone("a")
    assert ["rendered"] * 3 == team.build(a)
    assert 1 == len(team.said)
    assert {} == own.files("objects") | own.files("index")
    own.rules()
    assert sharing.Moved(3, 0) == sharing.push(a, team.said.append)
    assert ["restored"] * 3 == team.build(team.clone("b"))


def test_what_could_not_be_put_there_is_by_the_next_build_that_finds_the_store(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though it has nothing else to do; until then each build warns once, and after that it asks no store."""
    monkeypatch.setattr(door, "QUICK_S", 0.3)
    monkeypatch.setattr(door, "RETRY_S", 0.3)
    monkeypatch.setattr(door, "PART_S", 1.0)
    team = bucket_team(own, tmp_path, monkeypatch)
    own.rules({"method": "PUT", "key": "objects/", "do": "drop"})
    a = team.clone("a")
    assert ["rendered"] * 3 == team.build(a)
    own.down()
    team.said.clear()
    assert ["reused"] * 3 == team.build(a)
    assert [True] == ["goes on without it" in line for line in team.said]
    own.up()
    own.rules()
    with monkeypatch.context() as hasty:
        hasty.setattr(sharing, "PAY_BACK_S", 0.0)
        team.said.clear()
        assert ["reused"] * 3 == team.build(a)
    assert [f"3 scenes made here not in {team.store} yet: the next build goes on with that"] == team.said
    team.said.clear()
    assert ["reused"] * 3 == team.build(a)
    assert [f"3 scenes made earlier put into {team.store}"] == team.said
    asked = len(own.seen())
    assert ["reused"] * 3 == team.build(a)
    assert asked == len(own.seen())
    assert ["restored"] * 3 == team.build(team.clone("b"))
    assert 3 == len(team.rendered)


def test_what_is_owed_is_forgotten_where_there_is_nothing_to_pay_with(folder: Team) -> None:
    """Pushed by hand, or its video is gone; who may only read owes nothing."""
    a = folder.clone("a")
    owed = a / ".didgen" / "unshared"
    Path(folder.store).write_bytes(b"no folder")
    folder.build(a)
    assert 3 == len(list(owed.iterdir()))
    Path(folder.store).unlink()
    assert sharing.Moved(3, 0) == sharing.push(a, folder.said.append)
    assert [] == list(owed.iterdir())
    (owed / ("0" * 64)).touch()
    folder.build(a, force=True)
    assert [] == list(owed.iterdir())
    reader = folder.clone("reader", {"four": "The fourth scene."}, push=False)
    folder.build(reader)
    assert not (reader / ".didgen" / "unshared").exists()


def test_a_store_without_conditions_takes_no_claims(
    own: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told once, videos are shared all the same."""
    team = bucket_team(own, tmp_path, monkeypatch)
    own.rules({"method": "PUT", "do": "blind"})
    assert ["rendered"] * 3 == team.build(team.clone("a"))
    assert 1 == len([line for line in team.said if "at one scene at once" in line]), team.said
    assert {} == own.files("claims")
    assert ["restored"] * 3 == team.build(team.clone("b"))


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
