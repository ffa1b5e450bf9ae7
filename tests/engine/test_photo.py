"""Any photo file becomes upright RGB, or one clear error."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.photo import load_photo, photo_scale
from didgen.errors import RenderError

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners(height: int = 200, width: int = 320) -> np.ndarray:
    """RGB: left top red, right top green, left bottom blue, right bottom white; wider than high: all asymmetric."""
    rgb = np.zeros((height, width, 3), np.uint8)
    top, left = slice(0, height // 2), slice(0, width // 2)
    rgb[:] = WHITE
    rgb[top, left], rgb[top, width // 2 :], rgb[height // 2 :, left] = RED, GREEN, BLUE
    return rgb


def encoded(rgb: np.ndarray, suffix: str = ".png", *options: int) -> bytes:
    return cv2.imencode(suffix, rgb[:, :, ::-1] if rgb.ndim == 3 else rgb, options)[1].tobytes()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *extra: bytes) -> bytes:
    """A PNG by hand, for what OpenCV does not write."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join([header, *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")])


def chunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + name + payload + struct.pack(">I", zlib.crc32(name + payload))


def exif(orientation: int, order: str = "<") -> bytes:
    """A TIFF block that says which way is up."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(order + "IHHHIHHI", 8, 1, 274, 3, 1, orientation, 0, 0)


def with_exif(jpeg: bytes, block: bytes) -> bytes:
    payload = b"Exif\0\0" + block
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


def save(tmp_path: Path, content: bytes, name: str = "photo.jpg") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def corner_colours(rgb: np.ndarray) -> list[tuple[int, ...]]:
    """Left top, right top, left bottom, right bottom, rounded to pure colours (JPEG is not exact)."""
    height, width = rgb.shape[:2]
    spots = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    spots += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return [tuple(int(v > 127) * 255 for v in rgb[spot]) for spot in spots]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_format_is_told_by_magic(tmp_path, suffix):
    """Each format is read in RGB order, whatever its name says."""
    rgb = load_photo(save(tmp_path, encoded(corners(), suffix), "photo.dat"))
    assert (200, 320, 3) == rgb.shape
    assert np.uint8 == rgb.dtype
    assert [RED, GREEN, BLUE, WHITE] == corner_colours(rgb)


UPRIGHT = {  # orientation → where the stored corners (R, G, B, W) stand when looked at, left top first
    1: [RED, GREEN, BLUE, WHITE],
    2: [GREEN, RED, WHITE, BLUE],
    3: [WHITE, BLUE, GREEN, RED],
    4: [BLUE, WHITE, RED, GREEN],
    5: [RED, BLUE, GREEN, WHITE],
    6: [BLUE, RED, WHITE, GREEN],  # turned a quarter clockwise: the left bottom comes to the left top
    7: [WHITE, GREEN, BLUE, RED],
    8: [GREEN, WHITE, RED, BLUE],
}


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


def cmyk_jpeg(side: int, ink: tuple[int, int, int, int]) -> bytes:
    """A baseline JPEG of one CMYK colour by hand, as Adobe writes it: samples are 255 - ink, marker APP14.

    All quantisers are 1, so a block's DC is 8 · (sample - 128). Huffman codes: DC category k is the 5-bit number k (12
    of them), AC knows only "end of block" (0).
    """

    def segment(marker: int, payload: bytes) -> bytes:
        return bytes([0xFF, marker]) + struct.pack(">H", len(payload) + 2) + payload

    def dc(value: int) -> str:
        size = abs(value).bit_length()
        low = value if value > 0 else value + (1 << size) - 1
        return f"{size:05b}" + (f"{low:0{size}b}" if size else "") + "0"

    blocks = (side // 8) ** 2
    bits = "".join(dc(8 * (255 - c - 128)) for c in ink) + dc(0) * (4 * (blocks - 1))
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")
    parts = [
        segment(0xEE, b"Adobe\0\x64\0\0\0\0\0"),
        segment(0xDB, b"\0" + b"\1" * 64),
        segment(0xC0, struct.pack(">BHHB", 8, side, side, 4) + b"".join(bytes([k, 0x11, 0]) for k in range(1, 5))),
        segment(0xC4, b"\0" + bytes([0, 0, 0, 0, 12] + [0] * 11) + bytes(range(12))),
        segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0"),
        segment(0xDA, b"\4" + b"".join(bytes([k, 0]) for k in range(1, 5)) + b"\0\x3f\0"),
    ]
    return b"\xff\xd8" + b"".join(parts) + scan + b"\xff\xd9"


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
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "HEIC, which is not read here"),
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
