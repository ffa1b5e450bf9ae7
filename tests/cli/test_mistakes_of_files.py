"""A file that is not what a project takes it for, or not there: one line, at its place, before anything is rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import ProjectError
from didgen.media.kinds import unfit_for
from didgen.walk import steps
from tests import fakes, pictures
from tests.cli.test_commands import didgen

PROJECT = """\
didgen: 1
name: p
defaults: {{source: assets/anna.jpg}}
scenes:
  - id: a
    {key}: {value}
    {other}
"""
PICTURES = "give a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file"
SOUNDS = "give a WAV, MP3, M4A, FLAC, Ogg or WebM file"
VIDEOS = "give an MP4, MOV, WebM or MKV video"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace with a picture and a script."""
    (tmp_path / "projects/p/assets").mkdir(parents=True)
    (tmp_path / "projects/p/scripts").mkdir()
    (tmp_path / "projects/p/assets/anna.jpg").write_bytes(fakes.photo())
    (tmp_path / "projects/p/scripts/intro.txt").write_text("Good morning.")
    return tmp_path


def told(root: Path, key: str, value: str, other: str = "") -> str:
    """What is wrong with one scene with that key, as `check` and `plan` say it; "" for nothing."""
    (root / "projects/p/project.yaml").write_text(PROJECT.format(key=key, value=value, other=other))
    try:
        steps.check(steps.wish(root))
    except ProjectError as error:
        return str(error)
    return ""


def asset(root: Path, name: str, data: bytes) -> str:
    (root / "projects/p/assets" / name).write_bytes(data)
    return f"assets/{name}"


@pytest.mark.parametrize(
    ("key", "name", "data", "said"),
    [
        ("source", "a.jpg", b"Just words.\n", f"is a text file, not a picture ({PICTURES})"),
        ("source", "a.bmp", b"BMW is a car.\n", f"is a text file, not a picture ({PICTURES})"),
        ("source", "a.jpg", b"%PDF-1.4\n%\xff\xff", f"is a PDF, not a picture ({PICTURES})"),
        ("source", "a.jpg", b"\xff\xd8\xff" + bytes(90), "is a picture that is damaged or cut short (save it again as"),
        ("source", "a.jpg", b"", f"is empty ({PICTURES})"),
        ("source", "a.jpg", b"<!DOCTYPE html>\n<html>", f"is a web page, not a picture ({PICTURES})"),
        (
            "source",
            "a.jpg",
            b"version https://git-lfs.github.com/spec/v1\n",
            "a pointer of Git LFS, not a picture (fetch",
        ),
        ("source", "a.jpg", bytes(600), f"is not a picture, or its beginning is damaged ({PICTURES})"),
        ("source", "a.png", pictures.encoded(pictures.corners(90, 90)), "is 90 × 90 px (at least 160 × 160 px"),
        ("driver", "a.mp4", b"Just words.\n", f"is a text file, not a video ({VIDEOS})"),
        ("driver", "a.mp4", fakes.photo(), f"is a JPEG picture, not a video ({VIDEOS})"),
        ("driver", "a.avi", b"RIFF\x10\0\0\0AVI LIST", f"is an AVI video, not a video that is read here ({VIDEOS})"),
        ("driver", "a.mp4", fakes.wav(), f"is a WAV recording, not a video ({VIDEOS})"),
    ],
)
def test_a_file_of_another_kind_is_refused_at_its_place(
    root: Path, key: str, name: str, data: bytes, said: str
) -> None:
    """By `check` and by `plan`: what it is, and what is taken."""
    value = asset(root, name, data)
    complaint = told(root, key, value, "script: Hello there.")
    start = f"projects/p/project.yaml:6:{len(key) + 7}: scenes[0].{key}: projects/p/{value} "
    assert (start, 1) == (complaint[: len(start)], len(complaint.splitlines()))
    assert said in complaint


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Just words.\n", f"is a text file, not a recording ({SOUNDS})"),
        (fakes.photo(), f"is a JPEG picture, not a recording ({SOUNDS})"),
        (b"", f"is empty ({SOUNDS})"),
        (b"\1\2\3" * 99, f"is not a recording, or its beginning is damaged ({SOUNDS})"),
    ],
)
def test_a_recording_that_is_none_is_refused_at_its_place(root: Path, data: bytes, said: str) -> None:
    """As pictures are."""
    complaint = told(root, "script", f"{{audio: {asset(root, 'a.mp3', data)}}}")
    assert f"projects/p/project.yaml:6:21: scenes[0].script.audio: projects/p/assets/a.mp3 {said}" == complaint


@pytest.mark.parametrize("command", ["check", "plan"])
def test_commands_say_it_before_anything_is_rendered(root: Path, command: str) -> None:
    """One line each, and exit code 2."""
    value = asset(root, "notes.txt", b"Just words.\n")
    told(root, "source", value, f"script: {{audio: {value}}}")
    done = didgen(root, command)
    assert (2, 2) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert all("projects/p/assets/notes.txt is a text file, not a " in line for line in done.stderr.splitlines())


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.heic", pictures.heic(pictures.corners())),
        ("misnamed.png", fakes.photo()),
        ("a.bmp", pictures.encoded(pictures.corners(), ".bmp")),
        ("a.tif", pictures.encoded(pictures.corners(), ".tif")),
        ("a.webp", pictures.encoded(pictures.corners(), ".webp")),
    ],
)
def test_pictures_of_all_kinds_are_taken(root: Path, name: str, data: bytes) -> None:
    """Whatever they are called."""
    assert "" == told(root, "source", asset(root, name, data))


@pytest.mark.parametrize(
    "data", [fakes.wav(), b"RF64\xff\xff\xff\xffWAVEds64", bytes(99) + 9 * (b"\xff\xfb\x90\0" + bytes(413))]
)
def test_recordings_that_the_engine_reads_are_taken(root: Path, data: bytes) -> None:
    """Also a WAV of its large form, and an MP3 with something in front of it."""
    assert "" == told(root, "script", f"{{audio: {asset(root, 'a.wav', data)}}}")


def test_a_new_picture_is_opened_once_to_see_what_it_is(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it is looked at, from its first bytes to its last."""
    whole, cut = root / "anna.jpg", root / "cut.jpg"
    whole.write_bytes(fakes.photo())
    cut.write_bytes(fakes.photo()[:-2])
    opened, take = [], Path.open
    monkeypatch.setattr(Path, "open", lambda self, *words, **more: opened.append(self) or take(self, *words, **more))
    assert ("", "") == unfit_for("source_url", whole, whole=True)
    assert "cut short" in unfit_for("source_url", cut, whole=True)[0]
    assert [whole, cut] == opened


def test_a_driver_that_is_no_driver_hears_what_one_is(root: Path) -> None:
    """A picture is no misspelt bank; a misspelt bank is."""
    told_of_file = told(root, "driver", "assets/anna.jpg", other="script: Hello there.")
    assert "6:13: scenes[0].driver: there is no driver 'assets/anna.jpg' (a driver is natural, lively" in told_of_file
    assert "or a file: a video (mp4, mov, webm, mkv) or a .motion file)" in told_of_file
    assert "there is no driver 'livly' (did you mean 'lively'?)" in told(root, "driver", "livly", other="script: Hey")


@pytest.mark.parametrize(
    ("key", "value", "near"),
    [
        ("source", "assets/ana.jpg", "'assets/anna.jpg'"),
        ("source", "anna.jpg", "'assets/anna.jpg'"),
        ("source", "asset/anna.png", "'assets/anna.jpg'"),
        ("source", "assets/Anna.JPG", "'assets/anna.jpg'"),
        ("script", "{file: scripts/intr.txt}", "'scripts/intro.txt'"),
        ("script", "{file: intro.txt}", "'scripts/intro.txt'"),
    ],
)
def test_the_nearest_file_is_named_for_one_that_is_not_there(root: Path, key: str, value: str, near: str) -> None:
    """As it is written in the file that names it."""
    complaint = told(root, key, value)
    assert 1 == len(complaint.splitlines())
    assert f"does not exist (did you mean {near}?)" in complaint


def test_nothing_is_named_that_is_not_like_it(root: Path) -> None:
    """And a link that leads nowhere is called one."""
    assert told(root, "source", "assets/zzzz.png").endswith("projects/p/assets/zzzz.png does not exist")
    (root / "projects/p/assets/link.jpg").symlink_to("gone.jpg")
    complaint = told(root, "source", "assets/link.jpg")
    assert "projects/p/assets/link.jpg is a link, and projects/p/assets/gone.jpg does not exist" in complaint
