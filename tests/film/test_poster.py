from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.video.encode import Encoder
from didgen.engine.video.gif import GifEncoder
from didgen.errors import RenderError, StorageError
from didgen.film.poster import poster


def video(path: Path, greys: list[int]) -> Path:
    with Encoder(path, 64, 48, None) as encoder:
        for grey in greys:
            rgb = np.full((48, 64, 3), grey, np.uint8)
            rgb[:, :16] = (200, 30, 30) if grey else (0, 0, 0)
            encoder.write(rgb)
    return path


def test_a_poster_is_the_frame_a_third_into_the_video(tmp_path: Path) -> None:
    """Its size and colours are the video's: red stays red, left stays left."""
    poster(video(tmp_path / "a.mp4", [60 + k for k in range(90)]), tmp_path / "a.jpg")
    bgr = cv2.imread(str(tmp_path / "a.jpg"))
    assert (48, 64, 3) == bgr.shape
    assert 90 == pytest.approx(bgr[:, 32:].mean(), abs=3)
    assert [30, 30, 200] == pytest.approx(bgr[24, 6].tolist(), abs=25)


def test_a_black_frame_is_passed_over(tmp_path: Path) -> None:
    """A video that is dark in its first half shows its second."""
    poster(video(tmp_path / "a.mp4", [0] * 20 + [150] * 20), tmp_path / "a.jpg")
    assert cv2.imread(str(tmp_path / "a.jpg")).mean() > 60


def test_a_video_of_one_frame_has_a_poster(tmp_path: Path) -> None:
    """There is only that one."""
    poster(video(tmp_path / "a.mp4", [150]), tmp_path / "a.jpg")
    assert cv2.imread(str(tmp_path / "a.jpg")).mean() > 60


def test_a_gif_has_a_poster(tmp_path: Path) -> None:
    """A third into it, as of a video."""
    rising = [np.full((48, 64, 3), 60 + 4 * k, np.uint8) for k in range(30)]
    with GifEncoder(tmp_path / "a.gif", 64, 48, rising[::5], {}) as encoder:
        for rgb in rising:
            encoder.write(rgb)
    poster(tmp_path / "a.gif", tmp_path / "a.jpg")
    assert 100 == pytest.approx(cv2.imread(str(tmp_path / "a.jpg")).mean(), abs=12)


def test_what_is_no_video_leaves_no_poster(tmp_path: Path) -> None:
    """One clear error, no file."""
    (tmp_path / "a.mp4").write_bytes(b"\0" * 500)
    with pytest.raises(RenderError, match="cannot be read as a video"):
        poster(tmp_path / "a.mp4", tmp_path / "a.jpg")
    assert not (tmp_path / "a.jpg").exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """The disk's refusal comes as one of ours."""
    with pytest.raises(StorageError, match="cannot write"):
        poster(video(tmp_path / "a.mp4", [150]), tmp_path / "gone" / "a.jpg")
