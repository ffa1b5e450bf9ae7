"""Options of a talk, each seen in the pixels or heard in the samples of a finished file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.render import render
from didgen.engine.shot import Config, Logo, Rendered, Shot, TextScript

pytestmark = pytest.mark.render

PHOTO = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
SAYING = TextScript("Map.", "heart")

Frames = NDArray[np.int16]


class Shelf(dict[str, bytes]):
    """A memo that remembers speech and faces for all tests of this file."""

    def put(self, key: str, value: bytes) -> None:
        self[key] = value


Take = Callable[..., Rendered]


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Render a short talk with some options, each set of options once."""
    shelf, done, folder = Shelf(), {}, tmp_path_factory.mktemp("takes")

    def rendered(photo: Path = PHOTO, **options: Any) -> Rendered:
        key = repr((photo, sorted(options.items())))
        if key not in done:
            config = Config(**options)
            shot = Shot(photo, SAYING, "bank://natural/driver-1", config, seed=11)
            done[key] = render(shot, folder / f"{len(done)}.{config.result_format}", lambda *_: None, shelf)
        return done[key]

    return rendered


def pictures(take: Rendered) -> Frames:
    """(T, H, W, 3) as a player shows them."""
    with av.open(str(take.video)) as file:
        decoded = [f.to_ndarray(format="rgb24", src_colorspace="ITU709") for f in file.decode(video=0)]
    return np.stack(decoded).astype(np.int16)


def test_the_mark_is_seen_unless_it_is_taken_away(take: Take) -> None:
    """Unset: every frame has it in the lower right corner, bright letters on a dark plate; false: the same video
    without it. Elsewhere the two do not differ by more than the coding of it."""
    marked, plain = pictures(take()), pictures(take(logo=None))
    corner = (slice(None), slice(465, 498), slice(448, 500))
    assert (marked[corner].max((1, 2, 3)) > 235).all()
    assert (np.abs(marked[corner] - plain[corner]).mean((1, 2, 3)) > 20).all()
    assert np.abs(marked[:, :448] - plain[:, :448]).mean() < 1.5


def test_ones_own_logo_takes_the_marks_place(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Where it was asked for, counted from the far edge, half clear; and the corner of the mark is the photo's."""
    path = tmp_path_factory.mktemp("logo") / "logo.png"
    cv2.imwrite(str(path), np.dstack([np.full((40, 60), v, np.uint8) for v in (255, 0, 0, 128)]))  # BGRA: blue
    branded, plain = pictures(take(logo=Logo(path, -100, 20))), pictures(take(logo=None))
    inside = (slice(None), slice(22, 58), slice(414, 470))
    expected = plain[inside] / 2 + np.array([0, 0, 127.5])
    assert np.abs(branded[inside] - expected).mean() < 4
    outside = np.ones(plain.shape[1:3], bool)
    outside[10:70, 402:482] = False
    assert np.abs(branded - plain)[:, outside].mean() < 1.5


def test_the_longest_side_is_limited(take: Take) -> None:
    """`output_resolution`: a smaller crop shows the same, a stitched photo keeps its shape, sides stay even."""
    small, large = pictures(take(output_resolution=201, logo=None)), pictures(take(logo=None))
    assert (200, 200) == small.shape[1:3]
    shrunk = np.stack([cv2.resize(p.astype(np.uint8), (200, 200), interpolation=cv2.INTER_AREA) for p in large])
    assert np.abs(shrunk.astype(int) - small).mean() < 5
    facts = take(stitch=True, output_resolution=300).facts
    assert [300, 300] == facts["resolution"] == facts["metadata"]["resolution"]
    assert (300, 300) == pictures(take(stitch=True, output_resolution=300)).shape[1:3]


def test_a_crop_of_a_large_photo_may_be_larger(take: Take, tmp_path_factory: pytest.TempPathFactory) -> None:
    """As large as the photo is there, not enlarged: the limit alone makes no pixels."""
    path = tmp_path_factory.mktemp("large") / "large.png"
    cv2.imwrite(str(path), cv2.resize(cv2.imread(str(PHOTO)), (1800, 1800), interpolation=cv2.INTER_CUBIC))
    (width, height), (usual, _) = (
        take(path, **given).facts["resolution"] for given in ({"output_resolution": 1080}, {})
    )
    assert 512 == usual
    assert 600 < width == height < 700
    assert [512, 512] == take(output_resolution=1080).facts["resolution"]


def test_what_the_answer_says_is_what_the_file_shows(take: Take) -> None:
    """Frames, size, length, bytes, the driver it came from and the face's place in the photo are measured values."""
    made = take()
    facts, metadata = made.facts, made.facts["metadata"]
    frames = pictures(made)
    assert metadata["num_frames"] == len(frames)
    assert metadata["resolution"] == [frames.shape[2], frames.shape[1]]
    assert facts["duration_s"] == len(frames) / 25
    assert metadata["size_kib"] == pytest.approx(made.video.stat().st_size / 1024, abs=0.1)
    assert metadata["driver_url"] == "bank://natural/driver-1/original"
    assert (True, 1) == (metadata["mouth_open"], metadata["num_faces"])
    assert metadata["processing_fps"] > 0
    left, top, right, bottom = facts["face"]["detection"]
    assert (230, 110) == pytest.approx(
        ((left + right) / 2, (top + bottom) / 2), abs=15
    )  # the face in eileen.jpg, by eye
    assert facts["face"]["size"] > right - left


def test_a_gif_shows_the_same_at_half_the_rate(take: Take) -> None:
    """Every second frame of the video, in 256 colours; its facts count what is in the file; there is no sound."""
    made, video = take(result_format="gif"), pictures(take())
    frames = pictures(made)
    assert (made.facts["frames"], made.facts["duration_s"]) == (len(frames), len(frames) * 0.08)
    assert len(frames) == (len(video) + 1) // 2
    assert np.abs(frames - video[::2]).mean() < 6
    with av.open(str(made.video)) as file:
        assert not file.streams.audio
