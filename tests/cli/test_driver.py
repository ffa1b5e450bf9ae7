"""`didgen driver`: a bank of one's own, from a video to a scene that moves by it."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.photo import load_photo
from didgen.engine.video.encode import Encoder
from didgen.media.motion import read_motion
from tests.cli.test_commands import didgen

PHOTO = Path(__file__).parents[2] / "projects" / "hello" / "assets" / "woman-2.jpg"
PROJECT = """\
didgen: 1
name: team
scenes:
  - id: alive
    source: face.jpg
    driver: drivers/anna.motion
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, and a video of somebody who turns the head."""
    folder = tmp_path_factory.mktemp("team")
    photo = cv2.resize(load_photo(PHOTO), (384, 384))
    with Encoder(folder / "anna.mp4", 384, 384, None, metadata={}, fps=24) as encoder:
        for tilt in 8 * np.sin(np.arange(24) / 4):
            matrix = cv2.getRotationMatrix2D((192, 192), -tilt, 1.0)
            encoder.write(cv2.warpAffine(photo, matrix, (384, 384), borderMode=cv2.BORDER_REPLICATE))
    shutil.copy(PHOTO, folder / "face.jpg")
    (folder / "team.yaml").write_text(PROJECT)
    return folder


def test_a_video_becomes_a_driver(workspace: Path) -> None:
    """Its motion is kept in drivers/, told in a line, listed with the banks, and planned for its own length."""
    done = didgen(workspace, "driver", "anna.mp4", "--name", "anna")
    assert (0, "") == (done.returncode, done.stderr)
    assert done.stdout.startswith("drivers/anna.motion  1.0 s, 24 fps, yaw ")
    motion = read_motion((workspace / "drivers" / "anna.motion").read_bytes())
    assert (24, 24, "anna.mp4") == (motion.fps, motion.frames, motion.made_from)
    low, high = motion.span("roll_deg")
    assert high - low == pytest.approx(16, abs=2)
    listed = didgen(workspace, "drivers").stdout
    assert "your own:\n  drivers/anna.motion  1.0 s" in listed
    assert "team/alive  animation, about 1 s" in didgen(workspace, "plan", "team.yaml").stdout
    kept = (workspace / "drivers" / "anna.motion").read_bytes()
    again = didgen(workspace, "driver", "anna.mp4", "--name", "anna")
    assert (2, True) == (again.returncode, "--replace" in again.stderr)
    assert 0 == didgen(workspace, "driver", "anna.mp4", "--name", "anna", "--replace").returncode
    assert kept == (workspace / "drivers" / "anna.motion").read_bytes()


def test_a_damaged_driver_is_told_at_its_place(workspace: Path) -> None:
    """File, line and column, what is wrong and what to do; services are told to do without."""
    bad = workspace / "bad" / "drivers" / "anna.motion"
    bad.parent.mkdir(parents=True)
    bad.write_text('{"format": "didgen motion"')
    (workspace / "bad" / "team.yaml").write_text(PROJECT.replace("face.jpg", "../face.jpg"))
    done = didgen(workspace, "check", "bad/team.yaml")
    assert 1 < done.returncode
    where = "bad/team.yaml:6:13: scenes[0].driver: bad/drivers/anna.motion is no motion file, or damaged"
    assert where in done.stdout + done.stderr
    assert "cannot be used" not in didgen(workspace, "drivers").stdout
    told = didgen(workspace, "drivers", str(bad))
    assert (2, True) == (told.returncode, "make it again: didgen driver" in told.stderr)
    shutil.copy(workspace / "drivers" / "anna.motion", bad)
    there = didgen(workspace, "plan", "bad/team.yaml", "--service", "d-id")
    assert "only the local engine moves by one" in there.stdout + there.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gone.mp4", "--name", "x"), "gone.mp4: no such video"),
        (("face.jpg", "--name", "../x"), "cannot name a driver"),
        (("team.yaml", "--name", "x"), "team.yaml is a text file, not a video (give an MP4, MOV, WebM or MKV video)"),
    ],
)
def test_what_is_no_driver_is_said(workspace: Path, words: tuple[str, ...], said: str) -> None:
    """One line, an exit code, and nothing is written."""
    done = didgen(workspace, "driver", *words)
    assert done.returncode != 0
    assert said in done.stderr
    assert 1 == len(done.stderr.splitlines())
    assert not (workspace / "drivers" / "x.motion").exists()
