"""What a service takes as a file: told when it is planned, from headers, with neither key nor network."""

from __future__ import annotations

import subprocess
import sys
import wave
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.catalog import versions
from didgen.errors import ProjectError
from didgen.plan.identity import service_id
from didgen.plan.reasons import changes
from didgen.plan.resolve import resolve
from didgen.plan.scene import Input, Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from didgen.walk.record import surroundings
from tests import fakes
from tests.pictures import chunk, encoded, exif, png, with_exif

SIX_MB = "the service takes at most 6 MB"
SERVICES = ["d-id", "https://renders.example.org", "http://127.0.0.1:8000"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    header = chunk(b"IHDR", (4032).to_bytes(4, "big") + (3024).to_bytes(4, "big") + bytes([8, 2, 0, 0, 0]))
    phone = b"\x89PNG\r\n\x1a\n" + header + chunk(b"eXIf", exif(6)) + chunk(b"IEND", b"")  # no pixel to decode
    files = {
        "fits.jpg": fakes.photo(), "phone.png": phone, "tiny.jpg": fakes.photo(side=150), "words.jpg": b"just words",
        "turned.jpg": with_exif(fakes.photo(), exif(8)), "cut.jpg": fakes.photo()[:-2],
        "small.jpg": fakes.photo(side=200),
        "clear.png": encoded(np.zeros((300, 300, 3), np.uint8)), "drawn.gif": b"GIF89a" + bytes(40),
        "logo.png": fakes.photo(side=40), "moves.mp4": b"a video", "photo.webp": _webp(),
    }  # fmt: skip
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    for name, seconds in (("short.wav", 3), ("large.wav", 400), ("long.wav", 601)):
        with wave.open(str(tmp_path / name), "wb") as sound:
            sound.setparams((1, 2, 8_000, 0, "NONE", ""))
            sound.writeframes(bytes(2 * 8_000 * seconds))
    return tmp_path


def _webp() -> bytes:
    return bytes(cv2.imencode(".webp", np.zeros((300, 300, 3), np.uint8))[1].tobytes())


def scene(folder: Path, keys: str, service: str = "d-id", **options: object) -> Scene:
    written = f"didgen: 1\nname: demo\nscenes:\n  - {{id: a, {keys}}}\n"
    (folder / "project.yaml").write_text(written)
    files = Files(folder)
    project = load_project(folder / "project.yaml", files)
    (found,) = resolve(project, files, service_id(service), **options)  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize(
    ("keys", "said", "limit"),
    [
        (
            "script: Hello, source: tiny.jpg",
            "4:36: scenes[0].source: tiny.jpg is 150 × 150 px",
            "at least 160 × 160 px",
        ),
        ("script: Hello, source: words.jpg", "4:36: scenes[0].source: words.jpg is no picture", "JPEG or PNG"),
        ("script: Hello, source: cut.jpg", "4:36: scenes[0].source: cut.jpg is damaged or cut short", "again"),
        ("source: drawn.gif", "4:21: scenes[0].source: drawn.gif is GIF, which the service does not take", "JPEG"),
        (
            "script: {audio: long.wav}, source: fits.jpg",
            "4:29: scenes[0].script.audio: long.wav is 10 min 1 s long",
            "10 minutes",
        ),
        ("script: {audio: words.jpg}, source: fits.jpg", "4:29: scenes[0].script.audio: words.jpg is no sound", "flac"),
        (
            "script: Hello, source: fits.jpg, driver: moves.mp4",
            "scenes[0].driver: is a file, and services take a driver video by https link only",
            "web",
        ),
        (
            "source: fits.jpg, config: {logo: {url: drawn.gif, position: [0, 0]}}",
            "scenes[0].config.logo.url: drawn.gif is GIF",
            "JPEG or PNG",
        ),
    ],
)
def test_what_cannot_fit_is_refused_at_its_place_with_the_limit(
    folder: Path, service: str, keys: str, said: str, limit: str
) -> None:
    """One problem each, before a key is asked for; the local engine has its own ways with files."""
    with pytest.raises(ProjectError) as caught:
        scene(folder, keys, service)
    (problem,) = map(str, caught.value.problems)
    assert said in problem
    assert limit in problem


@pytest.mark.parametrize(
    ("keys", "notes", "prepared"),
    [
        ("script: Hello, source: fits.jpg", [], {}),
        ("script: Hello, source: clear.png", [], {}),
        (
            "source: phone.png",
            ["phone.png will be turned and shrunk to 2,400 × 3,200 before it is sent"],
            {"source_url"},
        ),
        ("source: turned.jpg", ["turned.jpg will be turned before it is sent"], {"source_url"}),
        ("source: photo.webp", ["photo.webp will be saved as PNG or JPEG before it is sent"], {"source_url"}),
        ("source: small.jpg", ["small.jpg has a side of 200 px: the service may find it too small"], {}),
        ("script: {audio: short.wav}, source: fits.jpg", [], {}),
        (
            "script: {audio: large.wav}, source: fits.jpg",
            ["large.wav will be saved as FLAC or AAC, perhaps with its two sides in one, before it is sent: " + SIX_MB],
            {"audio_url"},
        ),
        ("source: fits.jpg, config: {logo: {url: logo.png, position: [0, 0]}}", [], {}),
    ],
)
def test_what_is_made_to_fit_is_noted_and_counts(folder: Path, keys: str, notes: list[str], prepared: set[str]) -> None:
    """Also for an input fetched by URL; what goes as it is has the fingerprint it always had."""
    found = scene(folder, keys, "https://renders.example.org")
    assert notes == list(found.notes)
    assert {name: versions.PREPARED if name in prepared else 0 for name in found.inputs} == {
        name: given.prepared for name, given in found.inputs.items()
    }
    assert ("prepared" in str(found.identity)) == bool(prepared)
    here = scene(folder, keys, "local")
    assert ([], {0}) == (list(here.notes), {given.prepared for given in here.inputs.values()})


def test_a_copy_of_a_link_is_called_by_its_link(folder: Path) -> None:
    """Whoever wrote the link knows no file of ours."""
    link = "https://example.org/anna.png"

    def remote(url: str, kind: str) -> Input:
        return Input(folder / "phone.png", "d" * 64, url)

    (note,) = scene(folder, f"script: Hello, source: '{link}'", remote=remote).notes
    assert note.startswith(f"{link} will be turned and shrunk")


def test_a_new_way_of_making_renders_only_what_is_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says why. Nothing that goes as it is is bought again, nothing local is rendered again."""
    made, fits = "source: turned.jpg", "source: fits.jpg"
    before = [scene(folder, made), scene(folder, fits), scene(folder, made, "local")]
    monkeypatch.setattr("didgen.plan.inputs.PREPARED", versions.PREPARED + 1)
    after = [scene(folder, made), scene(folder, fits), scene(folder, made, "local")]
    assert [False, True, True] == [a.fingerprint == b.fingerprint for a, b in zip(before, after, strict=True)]
    assert ("source image is made to fit the service in another way",) == changes(before[0].identity, after[0].identity)


def test_a_new_way_of_making_is_never_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """The short cut of a build with nothing to do depends on it as well."""
    before = surroundings()
    monkeypatch.setattr(versions, "PREPARED", versions.PREPARED + 1)
    assert before != surroundings()


def test_an_edited_picture_is_looked_at_again(folder: Path) -> None:
    """In one process too, as `watch` is."""
    assert scene(folder, "source: fits.jpg")
    (folder / "fits.jpg").write_bytes((folder / "tiny.jpg").read_bytes())
    with pytest.raises(ProjectError, match="150 × 150 px"):
        scene(folder, "source: fits.jpg")
    (folder / "fits.jpg").write_bytes(png(300, 300, 8, 2, (b"\0" + bytes(900)) * 300))
    assert scene(folder, "source: fits.jpg")


def test_planning_for_a_service_decodes_nothing(folder: Path) -> None:
    """Neither arrays nor pictures nor sounds are loaded for it, and no connection."""
    scene(folder, "script: {audio: large.wav}, source: phone.png")
    code = (
        "import sys; from pathlib import Path; from didgen.plan.identity import service_id; "
        "from didgen.plan.resolve import resolve; from didgen.project.files import Files; "
        "from didgen.project.load import load_project; folder = Path(sys.argv[1]); files = Files(folder); "
        "(one,) = resolve(load_project(folder / 'project.yaml', files), files, service_id('d-id')); "
        "assert 2 == len(one.notes), one.notes; "
        "print([name for name in ('numpy', 'cv2', 'av', 'httpx', 'sqlite3') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True)
    assert "[]" == done.stdout.strip()
