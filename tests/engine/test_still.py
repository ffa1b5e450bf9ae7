"""HEIC and AVIF: as phones save their photos, read like any other."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import av
import numpy as np
import pytest

from didgen.api.prepare.ask import Preparer
from didgen.engine.photo import load_photo
from didgen.errors import RenderError
from didgen.media.fit import fit_picture
from didgen.media.heif import read_still
from didgen.media.metadata import colour_profile
from didgen.media.photo_header import read_header
from tests.pictures import heic

PROFILE = bytes(16) + b"RGB " + bytes(range(120))


def scene(height: int = 300, width: int = 400) -> np.ndarray:
    """Colours and edges, unlike its mirror images; RGB."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    rgb = np.stack([x / width * 255, y / height * 255, (x + y) / (width + height) * 255], axis=2)
    rgb[: height // 5, : width // 6] = (250, 20, 30)
    return rgb.astype(np.uint8)


def avif(rgb: np.ndarray) -> bytes:
    """By FFmpeg's own muxer."""
    file = io.BytesIO()
    with av.open(file, "w", format="avif") as box:
        stream = box.add_stream("libsvtav1", rate=1, options={"crf": "8", "svtav1-params": "lp=1"})
        stream.height, stream.width = rgb.shape[:2]
        stream.pix_fmt = "yuv420p"
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        frame.pts = 0
        box.mux(stream.encode(frame))
        box.mux(stream.encode(None))
    return file.getvalue()


def difference(one: np.ndarray, other: np.ndarray) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("tile", [0, 128])
def test_a_heic_is_read_whole_or_in_tiles(tmp_path: Path, tile: int) -> None:
    """A grid is put together in reading order and cut to its size; another reader takes our file for one, too."""
    path = tmp_path / "IMG_0001.HEIC"
    path.write_bytes(heic(scene(), tile))
    still = read_still(path.read_bytes())
    assert still is not None
    assert (400, 300, 1) == (still.width, still.height, still.orientation)
    assert ((4, 3) if tile else (1, 1)) == (still.columns, still.rows)
    assert 3 > difference(scene(), load_photo(path))
    with av.open(str(path)) as box:
        assert (12 if tile else 1) == len(list(box.streams.video))


def test_an_avif_is_read(tmp_path: Path) -> None:
    """As FFmpeg writes it."""
    path = tmp_path / "photo.avif"
    path.write_bytes(avif(scene()))
    assert "AVIF" == read_header(path.read_bytes()).format
    assert 3 > difference(scene(), load_photo(path))


@pytest.mark.parametrize("mirror", [None, 0, 1])
@pytest.mark.parametrize("turns", range(4))
def test_turns_and_mirrors_are_obeyed(tmp_path: Path, turns: int, mirror: int | None) -> None:
    """All quarters, then either mirror: against the picture turned by hand."""
    path = tmp_path / "photo.heic"
    path.write_bytes(heic(scene(), 0, turns, mirror))
    expected = np.rot90(scene(), turns)
    expected = expected if mirror is None else expected[:, ::-1] if mirror else expected[::-1]
    assert 3 > difference(expected, load_photo(path))


def test_a_service_gets_a_jpeg_with_its_colours(tmp_path: Path) -> None:
    """Upright, with the profile of the phone's wide colours."""
    data = heic(scene(), 128, 3, profile=PROFILE)
    assert ("will be turned and saved as JPEG before it is sent",) == fit_picture(data).notes
    path = tmp_path / "photo.heic"
    path.write_bytes(data)
    sent = asyncio.run(Preparer().prepared(path, "picture"))
    assert ("JPEG", 300, 400) == (read_header(sent).format, read_header(sent).width, read_header(sent).height)
    assert PROFILE == colour_profile(sent) == colour_profile(data)
    (tmp_path / "sent.jpg").write_bytes(sent)
    assert 3 > difference(np.rot90(scene(), 3), load_photo(tmp_path / "sent.jpg"))


@pytest.mark.parametrize("tile", [0, 128])
def test_a_cut_or_damaged_one_is_refused(tmp_path: Path, tile: int) -> None:
    """At every length and with any byte of its head changed: read, or one clear error."""
    data = heic(scene(), tile)
    head = data.index(b"mdat")
    path = tmp_path / "photo.heic"
    for size in [*range(0, head, 5), head + 100, len(data) - 1]:
        assert None is read_still(data[:size])
    path.write_bytes(data[:-1])
    with pytest.raises(RenderError, match="HEIC"):
        load_photo(path)
    rng = np.random.default_rng(4)
    for at in range(8, head, 3):
        changed = bytearray(data)
        changed[at] = int(rng.integers(0, 256))
        still = read_still(bytes(changed))
        assert still is None or 0 < len(still.tiles) <= 1024
    path.write_bytes(data[: head + 60] + bytes(len(data) - head - 60))
    with pytest.raises(RenderError, match="damaged or cut short"):
        load_photo(path)
