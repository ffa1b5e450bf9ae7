"""The state file: committed rows survive, other versions and damage are never thrown away."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from didgen.errors import StorageError
from didgen.store import state as states
from didgen.store import walks
from didgen.store.artifacts import Artifacts
from didgen.store.damage import open_state
from didgen.store.rows import Artifact, JobRow
from didgen.store.state import State

OLD = Path(__file__).parents[1] / "data" / "state-1.sqlite"
ONE = Artifact("f" * 64, "0" * 64, 5, "1" * 64, 2.5)
IDENTITY = {"kind": "talk", "request": {"script": {"input": "Grüße"}}}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.sqlite"


def test_job_and_artifact_are_committed_together(path: Path) -> None:
    """Before `keep` the job is open and the artifact absent; after it neither."""
    state = State(path)
    state.begin(JobRow("n1", ONE.fingerprint, "hello/welcome", "local", "intent"))
    state.submitted("n1", "tlk_1")
    other = State(path)
    assert [JobRow("n1", ONE.fingerprint, "hello/welcome", "local", "submitted", "tlk_1")] == other.open_jobs("local")
    assert [] == other.open_jobs("d-id")
    assert None is other.artifact(ONE.fingerprint)
    state.keep(ONE, "hello/welcome", IDENTITY, "n1")
    assert [] == other.open_jobs("local")
    assert ONE == other.artifact(ONE.fingerprint)
    assert {ONE.fingerprint: ONE} == other.artifacts()
    assert IDENTITY == other.last_identity("hello/welcome")
    assert None is other.last_identity("hello")


def test_many_are_asked_for_at_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one by one, also where it takes several statements, and for what is not there or asked for twice."""
    monkeypatch.setattr(states, "MANY_KEYS", 3)
    state = State(path)
    kept = [replace(ONE, fingerprint=str(n) * 64, size=n) for n in range(8)]
    for n, one in enumerate(kept):
        state.keep(one, f"demo/{n}", {**IDENTITY, "n": n})
    asked = [*(str(n) * 64 for n in range(1, 8)), "e" * 64, "1" * 64]
    assert {one.fingerprint: one for one in kept[1:]} == state.artifacts_of(asked)
    addresses = [*(f"demo/{n}" for n in range(1, 8)), "demo/none"]
    assert {one: state.last_identity(one) for one in addresses} == state.last_identities(addresses)
    assert {} == state.artifacts_of([]) == state.last_identities([])


def test_a_killed_writer_loses_nothing_it_committed(path: Path) -> None:
    """kill -9 right after commit: the row is there. In the middle of a transaction: it is not."""
    code = (
        "import os, sys\nfrom pathlib import Path\n"
        "from didgen.store.rows import JobRow\nfrom didgen.store.state import State\n"
        "state = State(Path(sys.argv[1]))\nstate.begin(JobRow('n1', 'f', 'a', 'd-id', 'intent'))\n"
        "with state._transaction():\n"
        "    state._set_job('n1', 'failed')\n    os.kill(os.getpid(), 9)\n"
    )
    assert -9 == subprocess.run([sys.executable, "-c", code, str(path)], check=False).returncode
    assert ["intent"] == [job.state for job in State(path).open_jobs("d-id")]


def test_a_newer_state_stops_the_program(path: Path) -> None:
    """And is left as it is."""
    State(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="written by a newer didgen") as caught:
        open_state(path)
    assert 6 == caught.value.exit_code
    assert before == path.read_bytes()


def test_an_older_state_is_migrated_after_a_backup(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step runs once, rows stay, and the file as it was lies beside."""
    state = State(path)
    state.keep(ONE, "a", IDENTITY)
    state.close()
    steps = (*states.STEPS, "ALTER TABLE artifacts ADD COLUMN note TEXT NOT NULL DEFAULT ''")
    monkeypatch.setattr(states, "STEPS", steps)
    migrated, lost = open_state(path)
    assert not lost
    assert ONE == migrated.artifact(ONE.fingerprint)
    assert ["note"] == [row[1] for row in migrated._db.execute("PRAGMA table_info(artifacts)")][6:]
    backup = sqlite3.connect(f"{path}.v{len(steps) - 1}")
    assert (len(steps) - 1,) == backup.execute("PRAGMA user_version").fetchone()
    assert (1,) == backup.execute("SELECT count(*) FROM artifacts").fetchone()


def test_a_file_of_version_1_is_brought_up(path: Path) -> None:
    """Written by the didgen of that version: every row stays, jobs that were open still are, and cost nothing known."""
    shutil.copy(OLD, path)
    state, lost = open_state(path)
    assert not lost
    assert ONE == state.artifact(ONE.fingerprint)
    assert IDENTITY == state.last_identity("hello/welcome")
    assert {"key": None} == state.walks()  # as those were kept it is no record any more
    sent = JobRow("n2", "e" * 64, "hello/sent", "d-id", "submitted", "tlk_2")
    assert [JobRow("n1", "d" * 64, "hello/lost", "d-id", "intent"), sent] == state.open_jobs("d-id")
    assert ["intent", "submitted", "done", "failed"] == [job.state for job in state.jobs()]
    assert [(0, 0.0, "", "")] * 4 == [(job.credits, job.seconds, job.build, job.why) for job in state.jobs()]
    state.close()
    assert walks.VERSION == len(states.STEPS) == 3
    assert 1 == sqlite3.connect(f"{path}.v1").execute("PRAGMA user_version").fetchone()[0]
    assert 4 == sqlite3.connect(f"{path}.v1").execute("SELECT count(*) FROM jobs").fetchone()[0]


def test_a_job_keeps_its_reckoning_through_every_state(path: Path) -> None:
    """Only a done, failed or forgotten one is not open; what it cost and why it stands so is kept."""
    state = State(path)
    job = JobRow("n", "f" * 64, "a", "d-id", "intent", "", 2, 17.5, "20260101-120000-ab")
    state.begin(job)
    seen = []
    for change in (
        lambda: state.uncertain("n", "the answer was lost"),
        lambda: state.submitted("n", "tlk_1", "found"),
        lambda: state.failed("n", "no face"),
        lambda: state.forgotten("n", "by a person"),
    ):
        change()
        (row,) = state.jobs()
        assert (row.credits, row.seconds, row.build) == (job.credits, job.seconds, job.build)
        assert 0 < row.began <= row.changed
        seen.append((row.state, row.remote, row.why, state.open_jobs("d-id") == [row]))
    assert [
        ("uncertain", "", "the answer was lost", True),
        ("submitted", "tlk_1", "found", True),
        ("failed", "tlk_1", "no face", False),
        ("forgotten", "tlk_1", "by a person", False),
    ] == seen


def test_a_damaged_state_is_moved_aside(path: Path) -> None:
    """A file that is no database is kept under another name, and an empty state takes its place."""
    path.write_bytes(b"not a database at all" * 100)
    state, lost = open_state(path)
    assert lost
    assert {} == state.artifacts()
    (aside,) = path.parent.glob("state.sqlite.damaged-*")
    assert aside.read_bytes().startswith(b"not a database")


def test_the_state_is_rebuilt_from_sidecars(tmp_path: Path) -> None:
    """Fingerprint, object, length, address and identity come back; half a sidecar and one without object do not."""
    video = tmp_path / "video.mp4"
    with Artifacts(tmp_path) as store:
        for k in range(4):
            video.write_bytes(b"video %d" % k)
            store.keep(video, f"{k}" * 64, f"hello/{k}", {**IDENTITY, "k": k}, {"duration_s": k / 2})
        video.write_bytes(b"poster")
        store.keep(video, "4" * 64, "hello/0#poster", IDENTITY, {})
        whole = store.state.artifacts()
        cut = store.sidecar_path("2" * 64)
        cut.chmod(0o644)
        cut.write_bytes(cut.read_bytes()[:-5])
        store.objects.path(whole["3" * 64].object_digest).unlink()
    for path in (tmp_path / ".didgen").glob("state.sqlite*"):
        os.unlink(path)
    with Artifacts(tmp_path) as store:
        assert "the state was rebuilt from 2 finished scenes" == store.notice
        assert {key: whole[key] for key in ("0" * 64, "1" * 64, "4" * 64)} == store.state.artifacts()
        assert {**IDENTITY, "k": 1} == store.state.last_identity("hello/1")
        assert None is store.state.last_identity("hello/2")
        assert {} == store.sidecar("2" * 64)
    with Artifacts(tmp_path) as store:
        assert "" == store.notice


def test_a_hit_counts_only_while_its_object_exists(tmp_path: Path) -> None:
    """In full size."""
    (tmp_path / "video.mp4").write_bytes(b"video")
    with Artifacts(tmp_path) as store:
        artifact = store.keep(tmp_path / "video.mp4", ONE.fingerprint, "a", IDENTITY, {"duration_s": 1.0})
        assert artifact == store.find(ONE.fingerprint)
        assert {ONE.fingerprint: artifact, "e": None} == store.find_all([ONE.fingerprint, "e"])
        path = store.objects.path(artifact.object_digest)
        path.chmod(0o644)
        path.write_bytes(b"vid")
        assert None is store.find(ONE.fingerprint)
        assert {ONE.fingerprint: None} == store.find_all([ONE.fingerprint])
        path.unlink()
        assert None is store.find(ONE.fingerprint)


def test_the_folder_is_private_and_ignored(tmp_path: Path) -> None:
    """Nobody else reads it, git and backup tools leave it out."""
    with Artifacts(tmp_path) as store:
        assert 0o700 == store.home.stat().st_mode & 0o777
        assert "*\n" == (store.home / ".gitignore").read_text()
        assert (store.home / "CACHEDIR.TAG").read_text().startswith("Signature: 8a477f597d28d172789f06886806bc55")
