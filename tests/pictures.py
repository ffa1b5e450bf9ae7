"""Picture files made by hand, for tests of what no encoder writes on request."""

from __future__ import annotations

import struct
import zlib

import cv2
import numpy as np

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


def corner_colours(rgb: np.ndarray) -> list[tuple[int, ...]]:
    """Left top, right top, left bottom, right bottom, rounded to pure colours (JPEG is not exact)."""
    height, width = rgb.shape[:2]
    spots = [(height // 4, width // 4), (height // 4, 3 * width // 4)]
    spots += [(3 * height // 4, width // 4), (3 * height // 4, 3 * width // 4)]
    return [tuple(int(v > 127) * 255 for v in rgb[spot]) for spot in spots]


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
