"""GIFs, decoded and measured."""

from __future__ import annotations

import resource
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.video.gif import GifEncoder
from didgen.engine.video.mark import ai_mark
from didgen.errors import StorageError

WIDTH, HEIGHT, FRAMES = 96, 64, 10
MARK = ai_mark(synthetic_voice=True)


def picture(k: int) -> NDArray[np.uint8]:
    """A still gradient of many colours and a light square that walks."""
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    rgb[..., 0] = np.linspace(30, 220, WIDTH)
    rgb[..., 1] = np.linspace(200, 40, HEIGHT)[:, None]
    rgb[20:30, 5 * k : 5 * k + 10] = 250
    return rgb


def encode(out: Path, frames: int = FRAMES) -> Path:
    with GifEncoder(out, WIDTH, HEIGHT, [picture(k) for k in (0, 5, 9)], MARK) as encoder:
        for k in range(frames):
            encoder.write(picture(k))
    return out


def test_frames_come_back_in_time_and_colour(tmp_path: Path) -> None:
    """Every picture, 80 ms each, of any colour within what 256 of them can do, and the rest of it at rest."""
    with av.open(str(encode(tmp_path / "a.gif"))) as file:
        assert "gif" == file.format.name
        frames = list(file.decode(video=0))
    assert FRAMES == len(frames)
    assert np.allclose(np.arange(FRAMES) * 0.08, [float(frame.time or 0) for frame in frames])
    seen = [frame.to_ndarray(format="rgb24").astype(int) for frame in frames]
    assert all(np.abs(seen[k] - picture(k)).mean() < 6 for k in range(FRAMES))
    assert (np.abs(seen[0] - seen[-1])[31:] == 0).all()


def test_it_runs_for_ever_and_says_that_it_is_generated(tmp_path: Path) -> None:
    """The loop block has the count 0; the comment is the mark of every video of ours; the file ends as it should."""
    data = encode(tmp_path / "a.gif").read_bytes()
    at = data.index(b"NETSCAPE2.0")
    assert b"\x03\x01\x00\x00" == data[at + 11 : at + 15]
    assert data.endswith(b";")
    with av.open(str(tmp_path / "a.gif")) as file:
        assert MARK["description"] == file.metadata["comment"]


def test_the_same_frames_are_the_same_bytes(tmp_path: Path) -> None:
    """No clock and no chance in it."""
    assert encode(tmp_path / "a.gif").read_bytes() == encode(tmp_path / "b.gif").read_bytes()


def test_one_frame_is_a_gif(tmp_path: Path) -> None:
    """The shortest."""
    with av.open(str(encode(tmp_path / "a.gif", 1))) as file:
        assert 1 == len(list(file.decode(video=0)))


def test_a_failed_render_and_a_full_disk_leave_nothing(tmp_path: Path) -> None:
    """An exception between the frames, a file that may not grow, a folder that is not there."""
    with pytest.raises(KeyError), GifEncoder(tmp_path / "a.gif", WIDTH, HEIGHT, [picture(0)], MARK):
        raise KeyError
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, hard))
    try:
        with pytest.raises(StorageError, match="no space left"):
            encode(tmp_path / "a.gif")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    with pytest.raises(StorageError, match=r"nowhere.a\.gif"):
        encode(tmp_path / "nowhere" / "a.gif")
    assert [] == list(tmp_path.iterdir())
