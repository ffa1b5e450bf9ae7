"""Videos laid over a video: what is seen of them, when, and what is refused. Clips and results are decoded pixels."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.photo import load_photo
from didgen.engine.render import render
from didgen.engine.shot import Config, Rendered, Shot
from didgen.engine.video.moving import MovingOverlay, check_overlay
from didgen.errors import RenderError

PHOTO = Path(__file__).parents[2] / "projects/hello/assets/eileen.jpg"
GREY = 100
SIDE = 64

Pixels = NDArray[np.uint8]


class Shelf(dict[str, bytes]):
    """A memo that remembers faces for all tests of this file."""

    def put(self, key: str, value: bytes) -> None:
        self[key] = value


SHELF = Shelf()


def clip(
    path: Path, pictures: Sequence[Pixels], rate: int = 25, codec: str = "libx264", pix_fmt: str = "yuv444p"
) -> Path:
    """A video of (H, W, 3) RGB or (H, W, 4) RGBA pictures."""
    height, width = pictures[0].shape[:2]
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream(codec, rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if codec == "libx264":
            stream.options = {"crf": "1"}
        for number, picture in enumerate(pictures):
            frame: Any = av.VideoFrame.from_ndarray(picture, format="rgba" if picture.shape[2] == 4 else "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def plain(*colour: int, side: int = SIDE) -> Pixels:
    return np.full((side, side, len(colour)), colour, np.uint8)


def half_clear() -> Pixels:
    """RGBA: left half clear (and white), then a quarter of half-clear red, then opaque green."""
    picture = plain(255, 255, 255, 0)
    picture[:, SIDE // 2 :] = (255, 0, 0, 128)
    picture[:, 3 * SIDE // 4 :] = (0, 255, 0, 255)
    return picture


def seen(path: Path, *times: float, size: tuple[int, int] = (SIDE, SIDE)) -> list[Pixels]:
    """What becomes of a grey frame at each of these times, one after the other."""
    frames = [np.full((size[1], size[0], 3), GREY, np.uint8) for _ in times]
    with closing(MovingOverlay(path, *size)) as overlay:
        for frame, time in zip(frames, times, strict=True):
            overlay.lay(frame, time)
    return frames


ALPHA = [("qtrle", "argb"), ("prores_ks", "yuva444p10le"), ("png", "rgba")]


@pytest.mark.parametrize(("codec", "pix_fmt"), ALPHA, ids=[codec for codec, _ in ALPHA])
def test_a_clip_that_knows_how_clear_it_is_lies_over_the_frame(tmp_path: Path, codec: str, pix_fmt: str) -> None:
    """Clear px keep the frame's bytes, whatever colour they have; half clear ones are between; opaque ones hide it."""
    path = clip(tmp_path / "a.mov", [half_clear()], codec=codec, pix_fmt=pix_fmt)
    (frame,) = seen(path, 0.02)
    near = 0 if codec != "prores_ks" else 6
    assert np.abs(frame[:, : SIDE // 2 - 8].astype(int) - GREY).max() <= near
    assert np.abs(frame[:, SIDE // 2 + 5 : 3 * SIDE // 4 - 4].astype(int) - (178, 50, 50)).max() <= near + 1
    assert np.abs(frame[:, 3 * SIDE // 4 + 4 :].astype(int) - (0, 255, 0)).max() <= near


def test_a_clip_that_knows_no_clearness_is_light(tmp_path: Path) -> None:
    """Black hides nothing and white is white; between, as two lights on one screen: 1 - (1 - a)(1 - b)."""
    picture = plain(0, 0, 0)
    picture[:, SIDE // 2 :], picture[SIDE // 2 :] = (128, 128, 128), (255, 255, 255)
    path = clip(tmp_path / "a.mp4", [picture])
    (frame,) = seen(path, 0.02)
    middle = 255 - (255 - 128) * (255 - GREY) / 255
    quarter = SIDE // 4
    assert np.abs(frame[quarter, quarter].astype(int) - GREY).max() <= 2
    assert np.abs(frame[quarter, 3 * quarter] - middle).max() <= 2
    assert frame[3 * quarter, quarter].min() >= 253


@pytest.mark.parametrize("side", [300, 20])
def test_it_is_scaled_to_the_frame_and_nothing_clear_bleeds(tmp_path: Path, side: int) -> None:
    """Larger or smaller: the edges of it are the frame's edges. White that is clear leaves no rim."""
    path = clip(tmp_path / "a.mov", [half_clear()], codec="qtrle", pix_fmt="argb")
    (frame,) = seen(path, 0.0, size=(side, side))
    assert (frame[:, : side // 2 - 3] == GREY).all()
    assert (frame[:, -1] == (0, 255, 0)).all()
    assert frame[:, : 3 * side // 4 - 3, 1].max() <= GREY  # only red is added there, and green is taken away


def test_it_keeps_its_shape_and_its_middle_fills_the_frame(tmp_path: Path) -> None:
    """A square in the middle stays square in a frame of any shape, and the longer sides are cut alike."""
    picture = plain(255, 0, 0, 255)
    picture[SIDE // 4 : 3 * SIDE // 4, SIDE // 4 : 3 * SIDE // 4] = (0, 255, 0, 255)
    path = clip(tmp_path / "a.mov", [picture], codec="qtrle", pix_fmt="argb")
    for width, height in ((200, 120), (60, 100), (300, 20)):
        (frame,) = seen(path, 0.0, size=(width, height))
        longest = max(width, height)
        y, x = np.mgrid[:height, :width] + 0.5
        away = np.maximum(abs(x - width / 2), abs(y - height / 2)) - longest / 4
        assert (frame[away < -longest / 50] == (0, 255, 0)).all()
        assert (frame[away > longest / 50] == (255, 0, 0)).all()


def test_pictures_come_by_time_and_after_the_end_nothing_does(tmp_path: Path) -> None:
    """Ten pictures a second over any rate: each from its beginning to the next one's; the last has its own time."""
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    path = clip(tmp_path / "a.mov", [plain(*c, 255) for c in colours], rate=10, codec="qtrle", pix_fmt="argb")
    frames = seen(path, 0.0, 0.09, 0.11, 0.19, 0.21, 0.29, 0.31, 5.0)
    expected = [colours[0]] * 2 + [colours[1]] * 2 + [colours[2]] * 2 + [(GREY,) * 3] * 2
    assert expected == [tuple(frame[5, 5].tolist()) for frame in frames]
    again = seen(path, 0.31, 0.05, 0.25, 0.15)
    assert [(GREY,) * 3, colours[0], colours[2], colours[1]] == [tuple(frame[5, 5].tolist()) for frame in again]


def test_an_mpeg_is_read(tmp_path: Path) -> None:
    """The service's third kind."""
    path = clip(tmp_path / "a.mpeg", [plain(255, 255, 255)] * 5, codec="mpeg2video", pix_fmt="yuv420p")
    inside, after = seen(path, 0.1, 0.3)
    assert inside.min() >= 250
    assert (after == GREY).all()


def test_what_is_no_video_is_refused(tmp_path: Path) -> None:
    """Words, a sound, a picture of another kind of box, a film as large as a wall, nothing at all: one message each."""
    (tmp_path / "words.mp4").write_text("no video")
    with av.open(str(tmp_path / "sound.mp4"), "w") as file:
        stream: Any = file.add_stream("aac", rate=48000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        sound.sample_rate = 48000
        file.mux([*stream.encode(sound), *stream.encode(None)])
    clip(tmp_path / "wall.mov", [np.zeros((2, 4100, 3), np.uint8)], codec="png", pix_fmt="rgb24")
    clip(tmp_path / "other.mkv", [plain(1, 2, 3)])
    for name, said in [
        ("words.mp4", "cannot be read"),
        ("sound.mp4", "has no picture"),
        ("wall.mov", "is 4100 × 2 px"),
        ("other.mkv", "cannot be read"),
        ("none.mp4", "No such file"),
    ]:
        with pytest.raises(RenderError, match=said) as caught:
            check_overlay(tmp_path / name)
        assert "VideoEnhanceError" == caught.value.kind
        assert str(tmp_path / name) in caught.value.message


def test_damage_further_on_is_told_when_it_is_met(tmp_path: Path) -> None:
    """A file that is cut off in the middle does not end in a traceback."""
    noise = np.random.default_rng(3).integers(0, 255, (6, SIDE, SIDE, 4), np.uint8)
    whole = clip(tmp_path / "whole.mov", list(noise), codec="png", pix_fmt="rgba").read_bytes()
    start = whole.index(b"mdat")
    broken = bytearray(whole)
    broken[start + 40_000 : start + 60_000] = bytes(20_000)
    (tmp_path / "broken.mov").write_bytes(broken)
    check_overlay(tmp_path / "broken.mov")
    with pytest.raises(RenderError, match=r"broken\.mov cannot be read"):
        seen(tmp_path / "broken.mov", 0.01, 0.05, 0.09, 0.13, 0.17, 0.21)


# -- in a finished video -----------------------------------------------------------------------------------------------


def taken(folder: Path, **options: Any) -> Rendered:
    """Half a second of an animation; its driver is a video in which nothing moves."""
    config = Config(output_resolution=256, **options)
    out = folder / f"{len(list(folder.iterdir()))}.{config.result_format}"
    return render(Shot(PHOTO, None, driver(folder), config, seed=3), out, lambda *_: None, SHELF)


def driver(folder: Path) -> Path:
    path = folder / "driver.mp4"
    return path if path.exists() else clip(path, [load_photo(PHOTO)] * 12, pix_fmt="yuv420p")


def pictures(take: Rendered) -> NDArray[np.int16]:
    with av.open(str(take.video)) as file:
        decoded = [f.to_ndarray(format="rgb24", src_colorspace="ITU709") for f in file.decode(video=0)]
    return np.stack(decoded).astype(np.int16)


def strip() -> Pixels:
    """RGBA: the upper fifth is opaque blue, the rest clear."""
    picture = plain(0, 0, 0, 0, side=100)
    picture[:20] = (0, 0, 255, 255)
    return picture


@pytest.mark.render
@pytest.mark.parametrize("stitch", [False, True])
def test_an_animation_has_it_on_every_frame_while_it_lasts(tmp_path: Path, stitch: bool) -> None:
    """Whole also where only a part of the photo is drawn anew; then the photo is back. The mark lies on top."""
    path = clip(tmp_path / "over.mov", [strip()] * 2, rate=10, codec="qtrle", pix_fmt="argb")  # a fifth of a second
    over, without = pictures(taken(tmp_path, stitch=stitch, overlay=path)), pictures(taken(tmp_path, stitch=stitch))
    assert over.shape == without.shape
    high = over.shape[1]
    top = np.s_[:, 2 : high // 5 - 4]
    assert np.abs(over[:5][top] - (0, 0, 255)).mean((1, 2, 3)).max() < 8
    assert np.abs(over - without)[5:].mean() < 2
    assert np.abs(over - without)[:5, high // 5 + 8 :].mean() < 2


@pytest.mark.render
def test_the_mark_lies_on_top(tmp_path: Path) -> None:
    """What says that a video is made by a machine cannot be covered."""
    path = clip(tmp_path / "over.mov", [plain(0, 255, 0, 255)] * 12, codec="qtrle", pix_fmt="argb")
    marked, bare = pictures(taken(tmp_path, overlay=path)), pictures(taken(tmp_path, overlay=path, logo=None))
    assert np.abs(bare - (0, 255, 0)).mean() < 3
    corner = marked[:, -30:, -45:]
    assert (corner.min(3).max((1, 2)) > 200).all()  # white letters


@pytest.mark.render
def test_a_gif_has_it_too(tmp_path: Path) -> None:
    """From the first picture on, though its palette looked at later ones before."""
    path = clip(tmp_path / "over.mov", [strip()] * 2, rate=10, codec="qtrle", pix_fmt="argb")
    shown = pictures(taken(tmp_path, overlay=path, result_format="gif"))
    high = shown.shape[1]
    blue = np.abs(shown[:, 2 : high // 5 - 4] - (0, 0, 255)).mean((1, 2, 3)) < 30
    assert [True] * 3 + [False] * (len(shown) - 3) == blue.tolist()


def test_an_overlay_that_is_none_costs_no_time(tmp_path: Path) -> None:
    """It is told before anything else is done, and nothing is written."""
    (tmp_path / "over.mp4").write_text("hello")
    stages: list[str] = []
    shot = Shot(PHOTO, None, config=Config(overlay=tmp_path / "over.mp4"))
    with pytest.raises(RenderError, match="the overlay") as caught:
        render(shot, tmp_path / "a.mp4", lambda stage, *_: stages.append(stage), SHELF)
    assert ("VideoEnhanceError", []) == (caught.value.kind, stages)
    assert ["over.mp4"] == [path.name for path in tmp_path.iterdir()]
