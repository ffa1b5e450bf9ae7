"""No damaged byte leaves the store: videos cut at every boundary, flipped, emptied or swapped, in a real build."""

from __future__ import annotations

import json
import random
import shutil
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from didgen.digest import sha256_bytes, sha256_file
from didgen.store import sidecars
from didgen.store.objects import DamagedObjectError, Objects
from didgen.store.rows import Artifact
from didgen.walk import steps
from tests import fakes

NESTED = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"udta", b"moof", b"traf")

PROJECT = """\
didgen: 1
name: hello
defaults: {source: anna.jpg}
scenes:
  - id: one
    script: "The first of them."
  - id: two
    script: "And the second one."
"""


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("video") / "a.mp4"
    fakes.write_video(path, 100)
    return path.read_bytes()


def edges(data: bytes, start: int = 0, end: int | None = None) -> Iterator[int]:
    """Where a box of an MP4 begins, where its header ends and where it ends, nested ones too."""
    at, end = start, len(data) if end is None else end
    while at + 8 <= end:
        size, name = struct.unpack(">I4s", data[at : at + 8])
        assert size >= 8
        yield from (at, at + 4, at + 8, at + size)
        if name in NESTED:
            yield from edges(data, at + 8, at + size)
        at += size


def damaged(objects: Objects, data: bytes, instead: bytes, to: Path) -> None:
    """An object with other bytes than its own is not delivered, not used, and set aside."""
    digest = sha256_bytes(data)
    path = objects.path(digest)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(instead)
    with pytest.raises(DamagedObjectError):
        objects.deliver(digest, to)
    assert not to.exists()
    assert -1 == objects.size(digest)
    path.write_bytes(instead)
    with pytest.raises(DamagedObjectError):
        objects.check(digest)
    assert (objects.quarantine / digest).read_bytes() == instead


def test_every_cut_is_seen(video: bytes, tmp_path: Path) -> None:
    """At every edge of every box, one byte before and after, and at two hundred places between."""
    places = {near for edge in edges(video) for near in (edge - 1, edge, edge + 1)}
    assert len(places) > 100
    places |= set(random.Random(5).sample(range(len(video)), 200))
    for length in sorted(places & set(range(len(video)))):
        damaged(Objects(tmp_path / "s"), video, video[:length], tmp_path / "out.mp4")


def test_every_flip_is_seen(video: bytes, tmp_path: Path) -> None:
    """One bit, in the headers and anywhere; a byte more; the right size and nothing in it."""
    objects, chance = Objects(tmp_path / "s"), random.Random(6)
    for place in [*range(64), *chance.sample(range(len(video)), 200)]:
        flipped = bytearray(video)
        flipped[place] ^= 1 << chance.randrange(8)
        damaged(objects, video, bytes(flipped), tmp_path / "out.mp4")
    for instead in (b"", bytes(len(video)), video + b"\0"):
        damaged(objects, video, instead, tmp_path / "out.mp4")


def test_every_cut_and_flip_of_a_sidecar_is_seen(tmp_path: Path) -> None:
    """At every byte, without the state's help; what is taken all the same says what it said."""
    path = tmp_path / "sidecar.json"
    facts = {"words": [["Grüße", 0.0, 0.4], ["everybody", 0.5, 1.25]], "duration_s": 1.5}
    video = Artifact("f" * 64, "a" * 64, 5, "", 1.5)
    record = sidecars.record_of(video, "hello/one", {"kind": "talk"}, facts, None)
    sidecars.write_sidecar(path, record)
    whole, chance = path.read_bytes(), random.Random(8)
    assert (record, sha256_bytes(whole)) == sidecars.read_sidecar(path)
    path.chmod(0o644)
    for place in range(len(whole)):
        path.write_bytes(whole[:place])
        assert sidecars.read_sidecar(path) is None
        path.write_bytes(whole[:place] + bytes((whole[place] ^ 1 << chance.randrange(8),)) + whole[place + 1 :])
        read = sidecars.read_sidecar(path)
        assert read is None or record == {name: read[0][name] for name in record}
    path.write_bytes(json.dumps(record).encode())  # one of an older didgen
    assert (record, sha256_file(path)) == sidecars.read_sidecar(path)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "work" / "projects" / "hello"
    home.mkdir(parents=True)
    (home / "project.yaml").write_text(PROJECT)
    (home / "anna.jpg").write_bytes(fakes.photo())
    monkeypatch.setenv("DIDGEN_FAKE_LOG", str(tmp_path / "rendered.log"))
    return tmp_path / "work"


def build(root: Path) -> steps.Summary:
    return steps.build(steps.wish(root), command=fakes.COMMAND)


def outputs(root: Path) -> dict[str, bytes]:
    found = sorted((root / "output").rglob("*.*"))
    return {path.name: path.read_bytes() for path in found if path.name != "manifest.json"}


def object_of(root: Path, output: str) -> Path:
    digest = sha256_file(root / "output/hello" / output)
    return root / ".didgen/objects" / digest[:2] / digest[2:]


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    path.unlink()
    new = {"flip": bytes((data[0] ^ 1,)) + data[1:], "cut": data[:-1], "empty": b""}[how]
    path.write_bytes(new)


@pytest.mark.parametrize("how", ["flip", "cut", "empty"])
def test_a_damaged_store_is_made_good_by_the_next_build(root: Path, how: str) -> None:
    """Every object damaged and every output gone: all comes back as it was, and not one damaged byte of it."""
    build(root)
    before = outputs(root)
    for path in (root / ".didgen/objects").glob("??/*"):
        if path.suffix != ".json":
            spoil(path, how)
    for path in (root / "output").rglob("*.*"):
        path.unlink()
    assert build(root).error is None
    assert before == outputs(root)


def test_no_stored_file_is_delivered_damaged(root: Path, tmp_path: Path) -> None:
    """Whatever a build stores: videos, film, captions, posters. Cut at every byte of what is small and at hundreds of
    others, flipped likewise, and every object under every other's name; all of it is seen."""
    build(root)
    objects, chance, seen = Objects(root / ".didgen"), random.Random(9), 0
    stored = {digest: objects.path(digest).read_bytes() for digest in objects.names()}
    assert {b"WEBV", b"\xff\xd8\xff\xe0", b"\0\0\0 "} <= {data[:4] for data in stored.values()}
    for digest, data in stored.items():
        places = range(len(data)) if len(data) < 400 else sorted(chance.sample(range(len(data)), 150))
        spoiled = [data[:place] for place in places]
        spoiled += [data[:k] + bytes((data[k] ^ 1 << chance.randrange(8),)) + data[k + 1 :] for k in places]
        spoiled += [other for name, other in stored.items() if name != digest]
        for number, instead in enumerate(spoiled):
            path = objects.path(digest)
            path.unlink(missing_ok=True)
            path.write_bytes(instead)
            with pytest.raises(DamagedObjectError):
                objects.check(digest) if number % 8 else objects.deliver(digest, tmp_path / "out")
            assert not path.exists()
            seen += 1
        objects.receive(digest, [data])
    assert seen > 2000
    assert not (tmp_path / "out").exists()


def test_a_damaged_sidecar_is_not_believed_when_the_state_is_gone(root: Path) -> None:
    """A letter of a spoken word changed: the scene is rendered again, and its captions are what they were."""
    build(root)
    before = outputs(root)
    (path,) = [p for p in (root / ".didgen/objects").glob("??/*.json") if b'"words":[["The"' in p.read_bytes()]
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data.replace(b'"words":[["The"', b'"words":[["Thy"'))
    for name in (root / ".didgen").glob("state.sqlite*"):
        name.unlink()
    shutil.rmtree(root / "output")
    assert ["rendered", "restored"] == [scene.action for scene in build(root).scenes]
    assert before == outputs(root)


def test_swapped_objects_are_seen(root: Path) -> None:
    """Two videos of the same project under each other's names: neither is taken for the other."""
    build(root)
    before = outputs(root)
    one, two = object_of(root, "one.mp4"), object_of(root, "two.mp4")
    first, second = one.read_bytes(), two.read_bytes()
    for path, data in ((one, second), (two, first)):
        path.unlink()
        path.write_bytes(data)
    (root / "output/hello/one.mp4").unlink()
    (root / "output/hello/two.mp4").unlink()
    assert build(root).error is None
    assert before == outputs(root)


def test_a_film_is_not_joined_from_a_damaged_video(root: Path) -> None:
    """A scene that was not touched is whole in output/ and damaged in the store: the film takes the whole one."""
    build(root)
    kept = (root / "output/hello/one.mp4").read_bytes()
    spoil(object_of(root, "one.mp4"), "flip")
    path = root / "projects/hello/project.yaml"
    path.write_text(path.read_text().replace("second one", "quite another one"))
    assert build(root).error is None
    assert object_of(root, "one.mp4").read_bytes() == kept
    joined = (root / "output/hello/film.mp4").read_bytes()
    for name in (".didgen", "output"):
        (root / name).rename(root / f"former-{name}")
    build(root)
    assert joined == (root / "output/hello/film.mp4").read_bytes()


def test_captions_are_not_written_from_a_damaged_sidecar(root: Path) -> None:
    """One letter of a spoken word changed in it: the next build says so and drops it, the one after renders again."""
    build(root)
    captions = (root / "output/hello/one.vtt").read_bytes()
    paths = [p for p in (root / ".didgen/objects").glob("??/*.json") if b'"words":[["The"' in p.read_bytes()]
    data = paths[0].read_bytes()
    paths[0].unlink()
    paths[0].write_bytes(data.replace(b'"words":[["The"', b'"words":[["Thy"'))
    for name in ("one.vtt", "film.vtt"):
        (root / "output/hello" / name).unlink()
    (steps,) = [p for p in (root / ".didgen/objects").glob("??/*") if sha256_bytes(captions) == p.parent.name + p.name]
    steps.unlink()
    with pytest.raises(DamagedObjectError, match="build again"):
        build(root)
    assert build(root).error is None
    assert captions == (root / "output/hello/one.vtt").read_bytes()
