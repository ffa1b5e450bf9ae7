"""Any photo file becomes upright RGB, or one clear error."""

from __future__ import annotations

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.photo import load_photo, photo_scale
from didgen.errors import RenderError
from tests.pictures import (
    BLUE,
    GREEN,
    RED,
    UPRIGHT,
    WHITE,
    chunk,
    cmyk_jpeg,
    corner_colours,
    corners,
    encoded,
    exif,
    png,
    with_exif,
)


def save(tmp_path: Path, content: bytes, name: str = "photo.jpg") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_format_is_told_by_magic(tmp_path, suffix):
    """Each format is read in RGB order, whatever its name says."""
    rgb = load_photo(save(tmp_path, encoded(corners(), suffix), "photo.dat"))
    assert (200, 320, 3) == rgb.shape
    assert np.uint8 == rgb.dtype
    assert [RED, GREEN, BLUE, WHITE] == corner_colours(rgb)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", sorted(UPRIGHT))
def test_exif_turns_a_jpeg(tmp_path, orientation, order):
    """All eight EXIF orientations, in both byte orders, come out upright."""
    rgb = load_photo(save(tmp_path, with_exif(encoded(corners(), ".jpg"), exif(orientation, order))))
    assert ((320, 200) if orientation >= 5 else (200, 320)) == rgb.shape[:2]
    assert UPRIGHT[orientation] == corner_colours(rgb)


def test_exif_turns_a_png_once(tmp_path):
    """A PNG's eXIf chunk is obeyed, and only once."""
    plain = encoded(corners())
    content = plain[:33] + chunk(b"eXIf", exif(6)) + plain[33:]
    assert UPRIGHT[6] == corner_colours(load_photo(save(tmp_path, content)))


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
@pytest.mark.parametrize("orientation", sorted(UPRIGHT))
def test_tiff_orientation_is_obeyed_once(tmp_path, orientation, depth):
    """A TIFF's own orientation tag turns it, and only once, at 8 and 16 bits."""
    tiff = encoded(corners().astype(depth) * (257 if depth is np.uint16 else 1), ".tiff")
    (at,) = struct.unpack_from("<I", tiff, 4)
    tag = at + 2 + 12 * 9  # the tenth entry, PlanarConfiguration (1, the default), becomes Orientation
    assert 284 == struct.unpack_from("<H", tiff, tag)[0]
    content = tiff[:tag] + struct.pack("<HHIHH", 274, 3, 1, orientation, 0) + tiff[tag + 12 :]
    assert UPRIGHT[orientation] == corner_colours(load_photo(save(tmp_path, content)))


def test_transparency_lies_over_white(tmp_path):
    """Half-transparent blue becomes light blue, full transparency white."""
    bgra = np.zeros((200, 200, 4), np.uint8)
    bgra[:, :, 0] = 255
    bgra[:, :100, 3] = 128
    rgb = load_photo(save(tmp_path, cv2.imencode(".png", bgra)[1].tobytes()))
    assert [127, 127, 255] == rgb[50, 50].tolist()
    assert [255, 255, 255] == rgb[50, 150].tolist()


def test_sixteen_bits_are_scaled(tmp_path):
    """A 16-bit picture keeps its brightness: 65535 is 255 and 25700 is 100."""
    deep = np.full((200, 200, 3), 25700, np.uint16)
    deep[100:] = 65535
    rgb = load_photo(save(tmp_path, cv2.imencode(".png", deep)[1].tobytes()))
    assert [100, 100, 100] == rgb[0, 0].tolist()
    assert [255, 255, 255] == rgb[150, 0].tolist()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff"])
def test_grey_becomes_rgb(tmp_path, suffix):
    """A grey file has three equal channels."""
    rgb = load_photo(save(tmp_path, encoded(np.full((180, 200), 90, np.uint8), suffix)))
    assert (180, 200, 3) == rgb.shape
    assert np.abs(rgb.astype(int) - 90).max() <= 1


def test_palette_with_transparency(tmp_path):
    """A palette PNG is read, its transparent entry over white."""
    row = b"\0" + bytes([0] * 100 + [1] * 100)
    content = png(200, 200, 8, 3, row * 200, chunk(b"PLTE", bytes([10, 20, 30, 9, 9, 9])), chunk(b"tRNS", b"\xff\0"))
    rgb = load_photo(save(tmp_path, content))
    assert [10, 20, 30] == rgb[0, 0].tolist()
    assert [255, 255, 255] == rgb[0, 150].tolist()


@pytest.mark.parametrize(
    ("ink", "seen"),
    [((0, 0, 0, 0), WHITE), ((0, 255, 255, 0), RED), ((255, 0, 255, 0), GREEN), ((255, 255, 0, 0), BLUE)],
)
def test_print_colours_become_rgb(tmp_path, ink, seen):
    """A CMYK JPEG, as print shops send it, has its colours and is no negative; black ink darkens."""
    rgb = load_photo(save(tmp_path, cmyk_jpeg(160, ink)))
    assert (160, 160, 3) == rgb.shape
    assert seen == pytest.approx(tuple(rgb[80, 80].tolist()), abs=4)
    dark = load_photo(save(tmp_path, cmyk_jpeg(160, (*ink[:3], 128))))
    assert dark.max() == pytest.approx(127, abs=4)


def test_phone_photo_is_shrunk(tmp_path):
    """12 megapixels from a phone work: 4032×3024 held upright becomes 1440×1920."""
    jpeg = with_exif(encoded(corners(3024, 4032), ".jpg"), exif(6))
    path = save(tmp_path, jpeg)
    rgb = load_photo(path)
    assert (1920, 1440) == rgb.shape[:2]
    assert UPRIGHT[6] == corner_colours(rgb)
    assert 1920 / 4032 == photo_scale(path)


def test_small_photo_keeps_its_pixels(tmp_path):
    """What need not be shrunk is returned exactly."""
    rgb = np.random.default_rng(1).integers(0, 256, (200, 321, 3), np.uint8)
    path = save(tmp_path, encoded(rgb))
    assert np.array_equal(rgb, load_photo(path))
    assert 1.0 == photo_scale(path)


@pytest.mark.parametrize(("width", "height"), [(20_000, 20_000), (8_193, 200), (8_000, 5_001)])
def test_huge_picture_is_refused_unread(tmp_path, width, height):
    """Too many pixels are refused from the header: the file below has no pixels to decode."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path = save(tmp_path, b"\x89PNG\r\n\x1a\n" + header)
    with pytest.raises(RenderError, match=f"{width}×{height} px") as caught:
        load_photo(path)
    assert "InvalidImageResolutionError" == caught.value.kind


def test_tiny_picture_is_refused(tmp_path):
    """Below 160×160 px the service says no, and so do we; 160×160 passes."""
    with pytest.raises(RenderError, match="159×400 px") as caught:
        load_photo(save(tmp_path, encoded(corners(400, 159))))
    assert "InvalidImageResolutionError" == caught.value.kind
    assert (160, 160, 3) == load_photo(save(tmp_path, encoded(corners(160, 160)))).shape


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.95, 0.999])
def test_cut_file_is_refused(tmp_path, suffix, share):
    """A file that lost its end is never a half-grey picture, nor an error nobody understands."""
    noise = np.random.default_rng(2).integers(0, 256, (200, 320, 3), np.uint8)
    content = encoded(noise, suffix)
    with pytest.raises(RenderError, match="invalid image") as caught:
        load_photo(save(tmp_path, content[: int(len(content) * share)]))
    assert "BadRequestError" == caught.value.kind


def test_cut_progressive_jpeg_is_refused(tmp_path):
    """A progressive JPEG without its last scans looks whole but is not."""
    content = encoded(corners(), ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    assert (200, 320, 3) == load_photo(save(tmp_path, content)).shape
    with pytest.raises(RenderError, match="cut short"):
        load_photo(save(tmp_path, content[:-40]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"just some text, long enough to be looked at", "not an image"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC, damaged or of a rare kind, which is not read here"),
        (b"GIF89a" + b"\0" * 40, "GIF, which is not read here"),
        (b"\xff\xd8\xff\xe0", "not an image"),
        (b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 40, "not an image"),
    ],
)
def test_no_picture_is_said(tmp_path, content, said):
    """What is not a picture is named, with what would be."""
    with pytest.raises(RenderError, match=said) as caught:
        load_photo(save(tmp_path, content))
    assert "BadRequestError" == caught.value.kind
    assert "JPEG" in caught.value.hint


def test_missing_photo_is_said(tmp_path):
    """A file that is not there, and a folder, are one sentence each."""
    with pytest.raises(RenderError, match="does not exist"):
        load_photo(tmp_path / "nobody.jpg")
    with pytest.raises(RenderError, match="cannot be read"):
        load_photo(tmp_path)


def test_nothing_is_printed(tmp_path, capfd):
    """libpng's complaints about a damaged file do not reach the terminal."""
    content = encoded(corners())
    with pytest.raises(RenderError):
        load_photo(save(tmp_path, content[:-60] + b"damaged!" + content[-52:]))
    assert ("", "") == capfd.readouterr()
