"""The door to a shared store: a folder and an S3-speaking server behave alike."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from didgen.catalog.stores import store_problem
from didgen.errors import UsageError
from didgen.store import bucket as door
from didgen.store import folder
from didgen.store.bucket import AwayError, Bucket
from didgen.store.folder import Folder, open_bucket
from tests.bucket.server import READER
from tests.bucket.started import Started, opened


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    """A server whose lists have three keys a page."""
    with opened(tmp_path_factory.mktemp("s3"), page=3) as started:
        yield started


@pytest.fixture(params=["s3", "folder"])
def bucket(
    request: pytest.FixtureRequest, server: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Bucket | Folder:
    """An empty store of each kind."""
    if request.param == "folder":
        return open_bucket("shared", tmp_path, {}, make=True)
    set_environment(monkeypatch, server)
    return open_bucket(f"{server.address}/{tmp_path.name}", tmp_path, os.environ, make=True)


def set_environment(monkeypatch: pytest.MonkeyPatch, server: Started, *key: tuple[str, str]) -> None:
    """Let this process know the server."""
    for name, value in server.environment(*key).items():
        monkeypatch.setenv(name, value)


def test_what_was_put_is_there(bucket: Bucket | Folder) -> None:
    """Bytes and sizes; what was never put is nowhere; what is put again replaces it."""
    assert (None, -1) == (bucket.get("index/ab/c"), bucket.size("index/ab/c"))
    bucket.put("index/ab/c", b"one")
    bucket.put("index/ab/c", b"four")
    assert (b"four", 4) == (bucket.get("index/ab/c"), bucket.size("index/ab/c"))


def test_a_file_travels_in_parts(bucket: Bucket | Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a part, and exactly as long; of one that turns out shorter what is there."""
    for one in (door, folder):
        monkeypatch.setattr(one, "PART_BYTES", 5 << 20)
    for size in (1, 5 << 20, (11 << 20) + 7):
        data = os.urandom(1 << 16) * (size // (1 << 16)) + os.urandom(size % (1 << 16))
        (tmp_path / "video").write_bytes(data)
        bucket.put_file("objects/v", tmp_path / "video")
        assert data == b"".join(bucket.parts("objects/v", size))
    assert data == b"".join(bucket.parts("objects/v", size + 1))
    assert b"" == b"".join(bucket.parts("objects/none", 10))


def test_only_one_of_many_creates(bucket: Bucket | Folder) -> None:
    """Of sixteen at once one is told that it did, and its bytes are there."""
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda k: bucket.create("claims/x/0", str(k).encode()), range(16)))
    assert 1 == made.count(True)
    assert str(made.index(True)).encode() == bucket.get("claims/x/0")


def test_a_list_is_whole(bucket: Bucket | Folder) -> None:
    """Over pages, with sizes, of one folder and not of another whose name begins so; empty of what is not there."""
    for k in range(8):
        bucket.put(f"claims/ab/{k:08d}", b"x" * k)
    bucket.put("claims/abc/0", b"")
    assert {f"claims/ab/{k:08d}": k for k in range(8)} == bucket.names("claims/ab")
    assert {} == bucket.names("claims/none")


def test_what_is_deleted_is_gone(bucket: Bucket | Folder) -> None:
    """Also a second time."""
    bucket.put("claims/x/0", b"")
    bucket.delete(["claims/x/0", "claims/x/1"])
    bucket.delete(["claims/x/0"])
    assert None is bucket.get("claims/x/0")


def test_who_may_only_read_is_denied_and_told_so(
    server: Started, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another error than that of a store that is away; the secret is in no message."""
    set_environment(monkeypatch, server, READER)
    reader = open_bucket(server.address, tmp_path, os.environ, make=False)
    assert None is reader.get("index/nothing")
    with pytest.raises(AwayError) as caught:
        reader.put("index/x", b"")
    assert caught.value.denied
    set_environment(monkeypatch, server, (READER[0], "not-the-secret"))
    with pytest.raises(AwayError) as caught:
        open_bucket(server.address, tmp_path, os.environ, make=False).get("index/x")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("how", ["nobody listens", "no answer", "busy", "cut off"])
def test_a_store_that_does_not_answer_is_away_soon(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every call ends by itself."""
    monkeypatch.setattr(door, "QUICK_S", 0.3)
    monkeypatch.setattr(door, "RETRY_S", 0.4)
    with opened(tmp_path) as server:
        set_environment(monkeypatch, server)
        doing = {"no answer": {"do": "hang", "s": 3}, "busy": {"do": "503"}, "cut off": {"do": "drop"}}
        server.rules(*[doing[how]] if how in doing else [])
        if how == "nobody listens":
            server.down()
        away = open_bucket(server.address, tmp_path, os.environ, make=False)
        with pytest.raises(AwayError):
            away.get("index/x")
        with pytest.raises(AwayError):
            away.create("claims/x/0", b"")


def test_machines_that_make_a_shared_folder_at_once_all_use_it(tmp_path: Path) -> None:
    """One that lost the race once went on without the store, and bought what the other was buying."""
    processes = get_context("spawn")
    together = processes.Barrier(2)
    machines = [processes.Process(target=make_folders, args=(tmp_path, together)) for _ in range(2)]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join(60)
    assert [0, 0] == [machine.exitcode for machine in machines]


def make_folders(root: Path, together: Barrier) -> None:
    """As one of the machines; ends with an error where a folder could not be used."""
    for number in range(100):
        bucket = open_bucket(str(root / f"shared-{number}"), root, {}, make=True)
        together.wait(30)
        bucket.put("hello", b"hello")


def test_a_share_that_is_not_mounted_is_away(tmp_path: Path) -> None:
    """No folder is made in its place, but for the last part of the name."""
    with pytest.raises(AwayError, match="mnt"):
        open_bucket("mnt/share/didgen", tmp_path, {}, make=True).get("x")
    with pytest.raises(AwayError, match="shared"):
        open_bucket("shared", tmp_path, {}, make=False).get("x")
    assert [] == list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "problem"),
    [
        ("s3://key:secret@bucket/x", "holds no key"),
        ("az://container/x?sv=1&sig=secret", "holds no key"),
        ("ftp://host/x", "unknown kind"),
        ("s3:///x", "no bucket"),
        ("file:///", "no folder"),
        ("", "no folder"),
        *((good, "") for good in ("s3://b", "gs://b/p", "az://c/p", "file:///srv/didgen", "../shared", "~/shared")),
    ],
)
def test_an_address_holds_no_key(address: str, problem: str) -> None:
    """What is wrong is said, and no secret repeated."""
    told = store_problem(address)
    assert problem in told
    assert bool(problem) == bool(told)
    assert "secret" not in told


def test_a_missing_package_is_told_wherever_the_store_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint holds for a store of didgen.yaml as well as for one of the environment."""
    monkeypatch.setattr("didgen.store.bucket.find_spec", {}.get)
    with pytest.raises(UsageError, match="one package more") as caught:
        open_bucket("s3://videos/x", tmp_path, {}, make=True)
    assert "didgen[s3]" in caught.value.hint
    assert "didgen.yaml" in caught.value.hint
    assert isinstance(open_bucket("../videos", tmp_path, {}, make=True), Folder)


def test_a_folder_needs_no_package(tmp_path: Path) -> None:
    """Not even imported: in a process that could not."""
    code = (
        "import sys; sys.modules['obstore'] = None\n"
        "from didgen.store.folder import open_bucket; from pathlib import Path\n"
        "store = open_bucket('shared', Path(sys.argv[1]), {}, make=True)\n"
        "store.put('a/b', b'hello'); print(store.create('a/b', b''), store.get('a/b'), store.names('a'))"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ("False b'hello' {'a/b': 5}\n", "") == (done.stdout, done.stderr)


def test_what_is_unfinished_in_a_folder_is_not_there(tmp_path: Path) -> None:
    """Of this program and of others; what is finished can be read as the umask says."""
    store = open_bucket("shared", tmp_path, {}, make=True)
    store.put("index/ab/c", b"one")
    for name in (".didgen-1-ab", "d#1"):
        (tmp_path / "shared/index/ab" / name).write_bytes(b"half")
    assert {"index/ab/c": 3} == store.names("index")
    umask = os.umask(0)
    os.umask(umask)
    assert 0o666 & ~umask == (tmp_path / "shared/index/ab/c").stat().st_mode & 0o777
