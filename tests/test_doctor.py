"""The doctor: what is in order is said to be, what is broken is said with what to do, and nothing is left behind."""

from __future__ import annotations

import json
import socket
import sqlite3
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from didgen import doctor
from didgen.plan.identity import service_id
from didgen.store import bucket as door
from didgen.store.artifacts import Artifacts
from tests.bank.started import Started, opened
from tests.bucket.server import READER
from tests.bucket.started import opened as opened_bucket
from tests.cli.test_commands import didgen

LOOPBACK = Path(__file__).parent / "data" / "loopback.pem"


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with opened(tmp_path_factory.mktemp("bank"), "--credits", "49") as bank:
        yield bank


def findings(folder: Path, *words: str, **environ: str) -> tuple[int, dict[str, dict[str, str]], str]:
    """Exit code, what was found by its name, and all that was printed."""
    done = didgen(folder, "doctor", "--json", *words, **environ)
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told["broken"] == sum(finding["state"] == "broken" for finding in told["findings"])
    return done.returncode, {finding["what"]: finding for finding in told["findings"]}, done.stdout + done.stderr


def test_everything_in_order(bank: Started, tmp_path: Path) -> None:
    """Every thing looked at is fine, the account answers, and the folder is as empty as before."""
    status, found, printed = findings(tmp_path, "--service", bank.url, D_ID_API_KEY=bank.key)
    assert 0 == status
    assert {"ok"} == {finding["state"] for what, finding in found.items() if what != "disk"}
    assert {"program", "packages", "voices", "disk", "workspace", "file system", "engine", "key", "service", "clock",
            "credits"} == set(found)  # fmt: skip
    assert "1 face found, heart speaks" in found["engine"]["said"]
    assert "as user:secret" in found["key"]["said"]
    assert "49 of 49 credits left" in found["credits"]["said"]
    assert bank.key.split(":")[1] not in printed
    assert [] == list(tmp_path.iterdir())
    assert [] == bank.leaks()


def test_without_a_key_the_rest_is_looked_at(tmp_path: Path) -> None:
    """It is a note, as one may stay with the local engine; for a service that was asked for it is broken."""
    key, keys = doctor.key(service_id("d-id"), {}, wanted=False)
    assert ("note", "set D_ID_API_KEY", None) == (key.state, key.do[:16], keys)
    assert "broken" == doctor.key(service_id("d-id"), {}, wanted=True)[0].state
    assert "DIDGEN_API_KEY" in doctor.key(service_id("https://renders.example.org"), {}, wanted=True)[0].do


def test_a_shared_store_is_tried_and_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read and, where builds put videos there, written; rights that lack, claims that it takes not, and no server."""
    with opened_bucket(tmp_path / "s3") as server:
        for name, value in server.environment().items():
            monkeypatch.setenv(name, value)
        told = doctor.shared_store(server.address, tmp_path, writes=True)
        assert ("ok", "") == (told.state, told.do)
        assert "can be read and written" in told.said
        server.rules({"method": "PUT", "do": "blind"})
        assert "two machines" in doctor.shared_store(server.address, tmp_path, writes=True).do
        server.rules()
        assert {} == server.files()
        for name, value in server.environment(READER).items():
            monkeypatch.setenv(name, value)
        assert "builds put nothing there" in doctor.shared_store(server.address, tmp_path, writes=False).said
        denied = doctor.shared_store(server.address, tmp_path, writes=True)
        assert ("broken", True) == (denied.state, "its rights" in denied.do)
        server.down()
        monkeypatch.setattr(door, "RETRY_S", 0.3)
        away = doctor.shared_store(server.address, tmp_path, writes=False)
        assert ("broken", True) == (away.state, "its network" in away.do)


def test_a_shared_folder_that_is_not_there(tmp_path: Path) -> None:
    """It is broken, or will be made by the first build that writes there; the doctor makes none."""
    assert "broken" == doctor.shared_store("shared", tmp_path, writes=False).state
    assert "broken" == doctor.shared_store("mnt/shared", tmp_path, writes=True).state
    assert "not there yet" in doctor.shared_store("shared", tmp_path, writes=True).said
    assert [] == list(tmp_path.iterdir())
    (tmp_path / "shared").mkdir()
    (tmp_path / "didgen.yaml").write_text("store: shared\nstore_push: true\n")
    assert "ok" == findings(tmp_path)[1]["store"]["state"]
    assert [] == [path for path in (tmp_path / "shared").rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("a:b", "ok", "as user:secret"),
        ("YTpi", "ok", "as base64"),
        ("YTpiOg==", "ok", "as base64 of user:secret:"),
        ("canary", "note", "does not look like a key of D-ID"),
        ("Bearer canary", "broken", "is a Bearer token"),
        ("canary key", "broken", "holds blanks"),
    ],
)
def test_the_form_of_a_key(text: str, state: str, said: str) -> None:
    """Told without telling the key."""
    finding, _ = doctor.key(service_id("d-id"), {"D_ID_API_KEY": text, "D_ID_ELEVENLABS_KEY": "canary"}, wanted=True)
    assert (state, True) == (finding.state, said in finding.said)
    assert "canary" not in str(finding)
    if state == "ok":
        assert "D_ID_ELEVENLABS_KEY is set" in finding.said


def test_a_key_that_is_refused(bank: Started, tmp_path: Path) -> None:
    """The service is there: it is the key, and exit code 1."""
    status, found, printed = findings(tmp_path, "--service", bank.url, D_ID_API_KEY="canary:canary")
    assert (1, "broken") == (status, found["service"]["state"])
    assert "answered 401: user unauthenticated" in found["service"]["said"]
    assert "set DIDGEN_API_KEY to its own key" in found["service"]["do"]
    assert "canary" not in printed


def test_a_clock_that_is_wrong(tmp_path: Path) -> None:
    """The service's Date tells."""
    with opened(tmp_path, "--skew-s", "-7200") as bank:
        keys = doctor.key(service_id(bank.url), {"D_ID_API_KEY": bank.key}, wanted=True)[1]
        assert keys is not None
        found = {finding.what: finding for finding in doctor.account(service_id(bank.url), keys)}
    assert ("ok", "note") == (found["service"].state, found["clock"].state)
    assert "ahead of the service" in found["clock"].said
    assert "s behind the service" in doctor.clock(90).said


def test_a_service_that_is_not_there() -> None:
    """Nobody listens, nobody of that name, and one that is unwell are three things."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert "cannot be reached: Connection refused" in doctor.why_not(f"http://127.0.0.1:{port}")[0]
    assert "the name nobody.invalid is not found" == doctor.why_not("https://nobody.invalid")[0]
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert "" == doctor.why_not(f"http://127.0.0.1:{server.getsockname()[1]}")[0]


@contextmanager
def tls_server(pem: Path | None) -> Iterator[int]:
    """A port of 127.0.0.1 that speaks TLS with a certificate nobody trusts, or says something else."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                if pem is None:
                    connection.sendall(b"220 mail.example.org\r\n" * 20)
                    return
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(pem)
                with suppress(OSError):
                    context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("pem", "said"), [(LOOPBACK, "a certificate that is not trusted"), (None, "does not speak TLS")]
)
def test_a_connection_that_somebody_reads(pem: Path | None, said: str) -> None:
    """A proxy that breaks TLS open, or something else than the service behind its name."""
    with tls_server(pem) as port:
        found, do = doctor.why_not(f"https://127.0.0.1:{port}")
    assert said in found
    assert "something between" in do


MOUNTS = """\
21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:30 / /srv/films rw - nfs4 nas:/films rw
31 30 8:2 / /srv/films/fast\\040disk rw - xfs /dev/sdb1 rw
broken line
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [("/tmp/x", "ext4"), ("/srv/films/work", "nfs4"), ("/srv/films/fast disk/work", "xfs"), ("/srv/filmset", "ext4")],
)
def test_the_file_system_of_a_folder(folder: str, kind: str) -> None:
    """The deepest mount point above it decides; a blank is written as octal."""
    assert kind == doctor.file_system_of(Path(folder), MOUNTS)


def test_a_workspace_on_a_shared_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's log is not safe there."""
    monkeypatch.setattr(doctor, "_mounts", lambda: "1 0 0:1 / / rw - cifs //nas/x rw\n")
    (found,) = [finding for finding in doctor.disk(tmp_path) if finding.what == "file system"]
    assert ("broken", "put the workspace on a disk of this machine") == (found.state, found.do)


def test_a_state_that_is_damaged_or_newer(tmp_path: Path) -> None:
    """It is looked at and left as it is."""

    def state() -> str:
        return {finding.what: f"{finding.state}: {finding.said}" for finding in doctor.disk(tmp_path)}["state"]

    with Artifacts(tmp_path) as store:
        path = store.state.path
    assert "ok: state.sqlite is sound" == state()
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
    assert "written by a newer didgen" in state()
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    before = path.read_bytes()
    assert state().startswith("broken: ")
    assert before == path.read_bytes()


def test_settings_that_cannot_be_read_hide_nothing_else(tmp_path: Path) -> None:
    """A mistake in didgen.yaml is one finding, and the engine is looked at all the same."""
    (tmp_path / "didgen.yaml").write_text("jbs: 3\n")
    status, found, _ = findings(tmp_path, "--service", "local")
    assert (1, "broken", "ok") == (status, found["settings"]["state"], found["engine"]["state"])
    assert "didgen.yaml:1:1: jbs: unknown setting" in found["settings"]["said"]
    assert "key" not in found


def test_an_engine_that_fails_is_told_and_kills_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A killed child and one that cannot import are findings."""
    for code, said in (
        ("import os; os.kill(os.getpid(), 4)", "killed by signal 4"),
        ("import nothing_at_all", "No module"),
    ):
        monkeypatch.setattr(doctor, "ENGINE_TRIAL", code)
        found = doctor.engine()
        assert ("broken", True) == (found.state, said in found.said)


def test_text_for_people(tmp_path: Path) -> None:
    """A sign, a name and a sentence each; what to do stands below."""
    done = didgen(tmp_path, "doctor", "--service", "d-id")
    assert 1 == done.returncode
    assert "✓ program      didgen " in done.stdout
    assert "✗ key          D_ID_API_KEY is not set\n    set D_ID_API_KEY to your account's API key" in done.stdout
