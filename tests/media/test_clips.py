"""How long a video is, by its header: as PyAV counts its pictures, whatever else is in the file."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from didgen.media.clips import clip_s


def clip(path: Path, frames: int, sound_s: float = 0.0, options: dict[str, str] | None = None) -> Path:
    """A video of so many pictures at 20 a second, perhaps with sound that lasts as it likes."""
    webm = path.suffix in (".webm", ".mkv")
    with av.open(str(path), "w", options=options or {}) as box:
        video = box.add_stream("libvpx" if webm else "mpeg4", rate=20)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sound = box.add_stream("libopus" if webm else "aac", rate=48_000) if sound_s else None
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 255, np.uint8), format="rgb24")
            box.mux(video.encode(frame))
        box.mux(video.encode(None))
        if sound is not None:
            samples = np.zeros((1, round(sound_s * 48_000)), np.float32)
            part = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            part.sample_rate, part.time_base = 48_000, Fraction(1, 48_000)
            for packets in (sound.encode(part), sound.encode(None)):
                box.mux(packets)
    return path


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.webm", "a.mkv", "a.m4v"])
def test_a_header_tells_how_long_the_pictures_are(tmp_path: Path, name: str) -> None:
    """To a picture; nothing is decoded."""
    assert pytest.approx(3.65, abs=0.051) == clip_s(clip(tmp_path / name, 73))


def test_sound_that_lasts_longer_does_not_count(tmp_path: Path) -> None:
    """A driver is followed as long as it is seen. (WebM tells one length for all.)"""
    assert pytest.approx(2.0, abs=0.051) == clip_s(clip(tmp_path / "a.mp4", 40, 5.0))


def test_where_the_header_stands_does_not_matter(tmp_path: Path) -> None:
    """In front, as for the web, or behind; one that was streamed in parts is passed over where it does not tell."""
    assert pytest.approx(2.0, abs=0.051) == clip_s(clip(tmp_path / "a.mp4", 40, options={"movflags": "faststart"}))
    parts = clip_s(clip(tmp_path / "b.mp4", 40, options={"movflags": "frag_keyframe+empty_moov"}))
    assert parts is None or pytest.approx(2.0, abs=0.1) == parts


@pytest.mark.parametrize("name", ["a.mp4", "a.webm"])
def test_damage_is_no_length_and_no_error(tmp_path: Path, name: str) -> None:
    """Cut anywhere, changed anywhere."""
    data = clip(tmp_path / name, 12, 0.5).read_bytes()
    draw = random.Random(5)
    damaged = tmp_path / "damaged"
    for size in range(0, len(data), max(1, len(data) // 150)):
        damaged.write_bytes(data[:size])
        assert clip_s(damaged) in (None, clip_s(tmp_path / name))
    for _ in range(300):
        changed = bytearray(data)
        changed[draw.randrange(min(len(data), 3_000))] = draw.randrange(256)
        damaged.write_bytes(changed)
        seconds = clip_s(damaged)
        assert seconds is None or seconds > 0
