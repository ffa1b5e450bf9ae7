"""What lies in a shared store, and what of it is believed."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from didgen.digest import canonical_json, sha256_bytes
from didgen.store.artifacts import Artifacts
from didgen.store.folder import open_bucket
from didgen.store.objects import DamagedObjectError
from didgen.store.rows import Artifact, JobRow
from didgen.store.shared import Entry, Shared

SERVICE = "https://videos.example"


class Machine:
    """A workspace and its view of the shared store, which is a folder beside it."""

    def __init__(self, root: Path, *, writes: bool = True) -> None:
        root.mkdir()
        self.store = Artifacts(root)
        self.said: list[str] = []
        self.bucket = open_bucket("../shared", root, {}, make=True)
        self.shared = Shared(self.bucket, "shared", writes=writes, on_notice=self.said.append)

    def made(self, word: str, job: str = "") -> Artifact:
        """A finished video that was made from a word."""
        identity = {"script": word}
        video = self.store.home / "new.mp4"
        video.write_bytes(f"a video of {word} ".encode() * 100)
        facts = {"duration_s": 1.5, "words": [[word, 0.0, 1.0]]}
        return self.store.keep(video, sha256_bytes(canonical_json(identity)), f"hello/{word}", identity, facts, job)

    def brought(self, fingerprint: str) -> Artifact | None:
        """As a build brings it."""
        entry = self.shared.entry(fingerprint)
        if entry is None or not self.shared.bring(entry, self.store.objects):
            return None
        return self.store.take_in(entry.sidecar, entry.record)


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[tuple[Machine, Machine]]:
    """One that made two videos and shared them, and one that has nothing."""
    (tmp_path / "shared").mkdir()
    a, b = Machine(tmp_path / "a"), Machine(tmp_path / "b")
    for word in ("one", "two"):
        assert a.shared.publish(a.made(word), a.store)
    yield a, b
    a.store.state.close()
    b.store.state.close()


def of(word: str) -> str:
    return sha256_bytes(canonical_json({"script": word}))


def file_of(tmp_path: Path, what: str, word: str) -> Path:
    """The file in the shared folder."""
    if what == "index":
        return tmp_path / "shared" / "index" / of(word)[:2] / of(word)[2:]
    digest = sha256_bytes(f"a video of {word} ".encode() * 100)
    return tmp_path / "shared" / "objects" / digest[:2] / digest[2:]


def test_what_is_brought_is_all_that_was_known(machines: tuple[Machine, Machine]) -> None:
    """The same bytes, sidecar and row; nothing of what nobody made."""
    a, b = machines
    artifact = b.brought(of("one"))
    assert a.store.find(of("one")) == artifact == b.store.find(of("one"))
    assert a.store.sidecar(of("one")) == b.store.sidecar(of("one"))
    assert None is b.brought(of("three"))
    assert {of("one"), of("two")} == b.shared.fingerprints()
    assert [] == b.said


DAMAGES = ("first bit", "last bit", "cut", "longer", "other", "empty", "missing")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("what", ["objects", "index"])
def test_what_is_damaged_is_told_once_kept_nowhere_and_replaced(
    what: str, damage: str, machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    """Whoever makes it again puts it there whole."""
    _, b = machines
    path = file_of(tmp_path, what, "one")
    data = path.read_bytes()
    other = file_of(tmp_path, what, "two").read_bytes()
    bad = {"first bit": bytes([data[0] ^ 1]) + data[1:], "last bit": data[:-1] + bytes([data[-1] ^ 1])}
    bad |= {"cut": data[:-1], "longer": data + b" ", "other": other, "empty": b""}
    path.unlink()
    if damage != "missing":
        path.write_bytes(bad[damage])
    assert (None, None) == (b.brought(of("one")), b.brought(of("one")))
    assert (what, damage) == ("index", "missing") or 1 == sum("not used" in line for line in b.said)
    assert [] == [p for p in (tmp_path / "b" / ".didgen" / "objects").rglob("*") if p.is_file()]
    assert b.shared.publish(b.made("one"), b.store)
    assert b.store.find(of("one")) == Machine(tmp_path / "c").brought(of("one"))


def test_every_cut_of_an_entry_is_seen(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    """At each byte."""
    _, b = machines
    path = file_of(tmp_path, "index", "one")
    data = path.read_bytes()
    path.unlink()
    for end in range(len(data)):
        path.write_bytes(data[:end])
        assert None is b.shared.entry(of("one")), end


def lies(good: dict[str, Any]) -> dict[str, object]:
    job = {"id": "n", "service": "s", "remote": "r", "credits": 1, "seconds": 1.0, "build": "b", "began": 1.0}
    return {
        "path": {**good, "object": "../../../../" + "x" * 52},
        "capitals": {**good, "object": good["object"].upper().replace("0", "A")},
        "no size": {**good, "size": 0},
        "true size": {**good, "size": True},
        "length": {**good, "duration_s": float("nan")},
        "of another": {**good, "fingerprint": "0" * 64},
        "not its identity": {**good, "identity": {"script": "other"}},
        "job": {**good, "job": {**job, "id": []}},
        "job as text": {**good, "job": "n"},
        "newer": {**good, "didgen": 99},
        "list": [],
        "null": None,
    }


@pytest.mark.parametrize("lie", [*lies({"object": ""}), "deep", "not JSON"])
def test_what_cannot_be_ours_is_refused(lie: str, machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    """Whole by its digest, but no entry that we write."""
    _, b = machines
    path = file_of(tmp_path, "index", "one")
    good = json.loads(path.read_bytes().partition(b"\n")[2])
    data = {"deep": b"[" * 10**5, "not JSON": b"\xff"}.get(lie) or json.dumps(lies(good)[lie]).encode()
    path.unlink()
    path.write_bytes(sha256_bytes(data).encode() + b"\n" + data)
    assert None is b.brought(of("one"))
    assert 1 == sum("not used" in line for line in b.said)


def test_a_huge_video_is_not_fetched(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    """Its size is asked for first: what is not as long as the entry says is not even begun."""
    _, b = machines
    with open(file_of(tmp_path, "objects", "one"), "r+b") as file:
        file.truncate(1 << 40)
    assert None is b.brought(of("one"))
    assert "not as long as it was" in b.said[0]


def test_the_first_video_of_a_fingerprint_stays(machines: tuple[Machine, Machine]) -> None:
    """Unless somebody asked for another one."""
    a, b = machines
    video = b.store.home / "other.mp4"
    video.write_bytes(b"another machine's bytes")
    facts = {"duration_s": 1.5}
    other = b.store.keep(video, of("one"), "hello/one", {"script": "one"}, facts)
    b.shared.publish(other, b.store)
    first = a.store.find(of("one"))
    assert isinstance(entry := b.shared.entry(of("one")), Entry)
    assert first == entry.artifact
    b.shared.publish(other, b.store, anew=True)
    assert isinstance(entry := b.shared.entry(of("one")), Entry)
    assert other == entry.artifact


def test_what_is_damaged_here_is_not_shared(machines: tuple[Machine, Machine]) -> None:
    """Neither a video nor its sidecar."""
    a, _ = machines
    three, four = a.made("three"), a.made("four")
    path = a.store.objects.path(three.object_digest)
    os.chmod(path, 0o600)
    path.write_bytes(b"damaged")
    a.store.sidecar_path(four.fingerprint).unlink()
    for one in (three, four):
        with pytest.raises(DamagedObjectError):
            a.shared.publish(one, a.store)
    assert {of("one"), of("two")} == a.shared.fingerprints()


def test_jobs_are_known_to_all_who_use_their_service(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    """From the moment their id is known, and when the video there is damaged; never those of another service."""
    a, b = machines
    row = JobRow("n" * 32, of("three"), "hello/three", SERVICE, "submitted", "tlk_1", 2, 20.0, "b1", began=5.0)
    a.shared.note_job(row)
    assert [row] == b.shared.jobs(of("three"), SERVICE)
    assert [] == b.shared.jobs(of("three"), "d-id")
    a.store.state.know(row)
    bought = a.made("three", row.id)
    a.shared.publish(bought, a.store)
    (tmp_path / "shared" / "jobs" / of("three") / "tlk_1").write_bytes(b"damaged")
    assert ["tlk_1"] == [one.remote for one in b.shared.jobs(of("three"), SERVICE)]
    (tmp_path / "shared" / "jobs" / of("three") / "tlk_1").unlink()
    assert [] == b.shared.jobs(of("three"), SERVICE)
    file_of(tmp_path, "objects", "three").unlink()
    assert None is b.brought(of("three"))
    assert ["tlk_1"] == [one.remote for one in b.shared.jobs(of("three"), SERVICE)]


def test_a_job_of_ours_ends_with_the_video_that_another_machine_fetched(machines: tuple[Machine, Machine]) -> None:
    """By its id at the service, or by our own; the ledger counts it once."""
    a, b = machines
    mine = JobRow("m" * 32, of("three"), "hello/three", SERVICE, "submitted", "tlk_1", 2)
    theirs = JobRow("t" * 32, of("three"), "hello/three", SERVICE, "submitted", "tlk_1", 0)
    lost = JobRow("l" * 32, of("four"), "hello/four", SERVICE, "intent")
    found = JobRow("l" * 32, of("four"), "hello/four", SERVICE, "submitted", "tlk_2", 3)
    for machine, rows in ((b, (mine, lost)), (a, (theirs, found))):
        for row in rows:
            machine.store.state.begin(row)
    for word, row in (("three", theirs), ("four", found)):
        a.shared.publish(a.made(word, row.id), a.store)
        assert b.brought(of(word))
    assert [] == b.store.state.open_jobs(SERVICE)
    assert 5 == sum(row.credits for row in b.store.state.jobs())
    assert {"tlk_1", "tlk_2"} == {row.remote for row in b.store.state.jobs()}


def test_who_does_not_write_leaves_nothing(machines: tuple[Machine, Machine], tmp_path: Path) -> None:
    """Publishing says that it is not there."""
    reader = Machine(tmp_path / "reader", writes=False)
    before = sorted((tmp_path / "shared").rglob("*"))
    assert not reader.shared.publish(reader.made("three"), reader.store)
    assert before == sorted((tmp_path / "shared").rglob("*"))
    assert reader.brought(of("one"))
