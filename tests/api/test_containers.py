"""What is kept of what a service made: whole, of the kind that was asked for, decodable, and as long as reported."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from didgen.api.containers import DamagedVideoError, Kind, examine
from didgen.api.results import _check_length, _kind

SIDE, PICTURES = 64, 50


def write(path: Path, *, sound: bool = False) -> Path:
    """Two seconds of noise in the container that the name says."""
    chance = np.random.default_rng(1)
    with av.open(str(path), "w") as box:
        stream = box.add_stream("gif" if path.suffix == ".gif" else "libx264", rate=25)
        stream.width = stream.height = SIDE
        stream.pix_fmt = "rgb8" if path.suffix == ".gif" else "yuv420p"
        voice = box.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for k in range(PICTURES):
            picture = chance.integers(0, 255, (SIDE, SIDE, 3), np.uint8)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=stream.pix_fmt)
            frame.pts, frame.time_base = k, Fraction(1, 25)
            box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
        if voice is not None:
            tone = av.AudioFrame.from_ndarray(np.zeros((1, 32_000), np.float32), format="fltp", layout="mono")
            tone.sample_rate, tone.pts = 16_000, 0
            box.mux(voice.encode(tone))
            box.mux(voice.encode(None))
    return path


@pytest.mark.parametrize("kind", ["mp4", "mov", "gif"])
def test_a_whole_video_is_taken_with_its_length(tmp_path: Path, kind: Kind) -> None:
    """Of each kind, with and without sound."""
    assert 2 == pytest.approx(examine(write(tmp_path / f"v.{kind}"), kind), abs=0.1)
    if kind != "gif":
        assert 2 == pytest.approx(examine(write(tmp_path / f"s.{kind}", sound=True), kind), abs=0.2)


@pytest.mark.parametrize(("came", "asked"), [("mp4", "gif"), ("gif", "mp4"), ("gif", "mov"), ("mov", "gif")])
def test_another_kind_than_was_asked_for_is_refused(tmp_path: Path, came: str, asked: Kind) -> None:
    """A GIF under the name of a film plays nowhere, and the other way round."""
    with pytest.raises(DamagedVideoError):
        examine(write(tmp_path / f"v.{came}"), asked)


def test_a_film_in_the_elder_container_is_taken_for_one_in_the_newer(tmp_path: Path) -> None:
    """QuickTime differs in a name at its beginning, which players do not look at."""
    assert 2 == pytest.approx(examine(write(tmp_path / "v.mov"), "mp4"), abs=0.1)


@pytest.mark.parametrize("part", [(0.0, 0.2), (0.8, 1.0), (0.0, 1.0)])
def test_boxes_that_are_whole_around_nothing_are_refused(tmp_path: Path, part: tuple[float, float]) -> None:
    """Zeros at the beginning, at the end or all over, as a download that went on at the wrong place leaves them."""
    path = write(tmp_path / "v.mp4")
    data = bytearray(path.read_bytes())
    at = data.index(b"mdat") + 4
    size = int.from_bytes(data[at - 8 : at - 4], "big") - 8
    first, last = at + int(size * part[0]), at + int(size * part[1])
    data[first:last] = bytes(last - first)
    path.write_bytes(data)
    with pytest.raises(DamagedVideoError, match="decoded"):
        examine(path, "mp4")


@pytest.mark.parametrize("length", [0, 7, 100, 0.5, 0.99])
def test_what_is_cut_off_is_refused(tmp_path: Path, length: float) -> None:
    """At any byte."""
    path = write(tmp_path / "v.mp4")
    data = path.read_bytes()
    path.write_bytes(data[: int(length * len(data)) if isinstance(length, float) else length])
    with pytest.raises(DamagedVideoError):
        examine(path, "mp4")


@pytest.mark.parametrize(
    ("length_s", "job", "good"),
    [
        (10.0, {"duration": 10}, True),
        (8.1, {"duration": 10}, True),
        (7.9, {"duration": 10}, False),
        (12.0, {"duration": "10.0"}, True),
        (12.2, {"duration": "10.0"}, False),
        (17.0, {"duration": 10, "config": {"pad_audio": "5"}}, True),
        (10.0, {"duration": 10, "config": {"pad_audio": 5}}, True),
        (18.0, {"duration": 10, "config": {"pad_audio": 5}}, False),
        (0.2, {"duration": 1}, True),
        (3.0, {}, True),
        (3.0, {"duration": None}, True),
        (3.0, {"duration": "long", "config": []}, True),
    ],
)
def test_a_length_is_that_of_the_report(length_s: float, job: dict[str, Any], good: bool) -> None:
    """To a tenth and a second; the padding may be in it or not; where nothing is reported anything goes."""
    if good:
        _check_length(length_s, job)
        return
    with pytest.raises(DamagedVideoError, match="the service says"):
        _check_length(length_s, job)


@pytest.mark.parametrize(
    ("config", "url", "kind"),
    [
        ({"result_format": ".mp4"}, "https://b/x.mov?a", "mp4"),
        ({"result_format": "MOV"}, "https://b/x.mp4", "mov"),
        ({"result_format": "gif"}, "https://b/x", "gif"),
        ({"result_format": "webm"}, "https://b/x.mov?Signature=.gif", "mov"),
        (None, "https://b/x.GIF", "gif"),
        ([], "https://b/x", "mp4"),
    ],
)
def test_the_kind_is_what_the_service_says_it_made(config: object, url: str, kind: str) -> None:
    """With a dot or without; else what the link is called."""
    assert kind == _kind({"config": config}, url)
