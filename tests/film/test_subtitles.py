"""Captions inside of a video, read back from the finished file."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.video.encode import Encoder
from didgen.engine.video.mark import ai_mark
from didgen.errors import RenderError
from didgen.film.captions import Cue
from didgen.film.join import join
from didgen.film.subtitles import embed

CUES = [Cue(0.3, 0.9, ("Good evening,", "Größe.")), Cue(1.2, 1.96, ("日本 & <b>",))]
MARK = ai_mark(synthetic_voice=True)


@pytest.fixture(params=[".mp4", ".mov"])
def video(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / f"a{request.param}"
    tone = (0.3 * np.sin(np.arange(48_000) * 0.05)).astype(np.float32)
    with Encoder(path, 64, 48, (tone, 24_000), metadata=MARK) as encoder:
        for k in range(50):
            encoder.write(np.full((48, 64, 3), 40 + 3 * k, np.uint8))
    return path


def shown(path: Path) -> list[tuple[int, int, str]]:
    """Start and end in ms and the text of each sample that has one."""
    with av.open(str(path)) as box:
        (track,) = box.streams.subtitles
        samples = [(p.pts, p.pts + p.duration, bytes(p)) for p in box.demux(track) if p.size]
    return [(start, end, data[2:].decode()) for start, end, data in samples if data[:2] != b"\0\0"]


def seen_and_heard(path: Path) -> tuple[list[float], NDArray[np.uint8], NDArray[np.float32]]:
    with av.open(str(path)) as box:
        frames = list(box.decode(video=0))
    with av.open(str(path)) as box:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in box.decode(audio=0)])
    return [float(f.time or 0) for f in frames], np.stack([f.to_ndarray(format="gray") for f in frames]), sound


def test_captions_are_there_in_their_time_and_nothing_else_changes(video: Path) -> None:
    """Text, lines and times as given, in a track with its language; pictures, sound and mark are what they were."""
    before = seen_and_heard(video)
    embed(video, CUES, "eng")
    assert [(300, 900, "Good evening,\nGröße."), (1200, 1960, "日本 & <b>")] == shown(video)
    after = seen_and_heard(video)
    assert before[0] == after[0]
    assert all(np.array_equal(a, b) for a, b in zip(before[1:], after[1:], strict=True))
    with av.open(str(video)) as box:
        assert "eng" == box.streams.subtitles[0].metadata["language"]
        assert MARK["comment"] == box.metadata["comment"]
    data = video.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert [video] == list(video.parent.iterdir())


def test_equal_inputs_give_equal_bytes(video: Path) -> None:
    """As every step of a build."""
    plain = video.read_bytes()
    embed(video, CUES)
    once = video.read_bytes()
    video.write_bytes(plain)
    embed(video, CUES)
    assert once == video.read_bytes()
    video.write_bytes(plain)
    embed(video, [])
    assert plain == video.read_bytes()


def test_a_film_is_joined_from_videos_with_captions(video: Path, tmp_path: Path) -> None:
    """Its pictures and sound are moved; the track stays behind, as films have files of captions."""
    bare = tmp_path / f"b{video.suffix}"
    bare.write_bytes(video.read_bytes())
    embed(video, CUES)
    join([video, bare], tmp_path / "film.mp4")
    with av.open(str(tmp_path / "film.mp4")) as box:
        assert 100 == len(list(box.decode(video=0)))
        assert not box.streams.subtitles


def test_what_is_no_video_stays_as_it_is(tmp_path: Path) -> None:
    """One clear error."""
    (tmp_path / "a.mp4").write_bytes(b"\0" * 300)
    with pytest.raises(RenderError, match="cannot be read as a video"):
        embed(tmp_path / "a.mp4", CUES)
    assert b"\0" * 300 == (tmp_path / "a.mp4").read_bytes()
    assert 1 == len(list(tmp_path.iterdir()))
