"""Picture files made by hand, for tests of what no encoder writes on request."""

from __future__ import annotations

import re
import struct
import zlib
from fractions import Fraction

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


def coded_still(rgb: np.ndarray) -> tuple[bytes, bytes]:
    """(decoder's record, coded picture) of an HEVC key frame, full range, as a phone's encoder makes its tiles."""
    import av

    encoder = av.CodecContext.create("libx265", "w")
    encoder.height, encoder.width = rgb.shape[:2]
    encoder.pix_fmt, encoder.framerate, encoder.time_base = "yuvj420p", Fraction(25), Fraction(1, 25)
    settings = "crf=4:log-level=none:info=0:range=full:colormatrix=smpte170m:repeat-headers=1:frame-threads=1:pools=1"
    encoder.options = {"preset": "ultrafast", "x265-params": settings}
    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    frame = frame.reformat(format="yuvj420p", dst_colorspace=5, dst_color_range=2)
    frame.pts = 0
    stream = b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
    units = [unit for unit in re.split(b"\0*\0\0\1", stream) if unit]
    sets = {unit[0] >> 1: unit for unit in units if unit[0] >> 1 in (32, 33, 34)}
    arrays = [bytes([0x80 | kind, 0, 1]) + struct.pack(">H", len(unit)) + unit for kind, unit in sorted(sets.items())]
    record = b"\1" + sets[33][3:15] + b"\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f" + bytes([len(arrays)]) + b"".join(arrays)
    return record, b"".join(struct.pack(">I", len(unit)) + unit for unit in units if unit[0] >> 1 < 32)


def box(name: bytes, *content: bytes) -> bytes:
    """An ISO 14496-12 box."""
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, name) + body


def full_box(name: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return box(name, struct.pack(">I", version << 24 | flags), *content)


def heic(rgb: np.ndarray, tile: int = 0, turns: int = 0, mirror: int | None = None, profile: bytes = b"") -> bytes:
    """A HEIC by hand. tile: side of the squares of a grid, as phones write them; 0: one picture. turns: quarters
    anticlockwise; mirror: 0 exchanges top and bottom, 1 left and right, after them.
    """
    height, width = rgb.shape[:2]
    rows, columns = (-(-height // tile), -(-width // tile)) if tile else (1, 1)
    padded = np.pad(
        rgb, ((0, rows * (tile or height) - height), (0, columns * (tile or width) - width), (0, 0)), "edge"
    )
    side = (tile or height, tile or width)
    parts = [
        coded_still(np.ascontiguousarray(padded[y * side[0] : (y + 1) * side[0], x * side[1] : (x + 1) * side[1]]))
        for y in range(rows)
        for x in range(columns)
    ]
    count = len(parts)
    shown = count + 1 if tile else 1
    properties = [box(b"hvcC", parts[0][0]), full_box(b"ispe", 0, 0, struct.pack(">II", side[1], side[0]))]
    of_shown = [2] if not tile else [3]
    if tile:
        properties.append(full_box(b"ispe", 0, 0, struct.pack(">II", width, height)))
    more = [box(b"irot", bytes([turns]))] if turns else []
    more += [box(b"imir", bytes([mirror]))] if mirror is not None else []
    more += [box(b"colr", b"prof" + profile)] if profile else []
    of_shown += range(len(properties) + 1, len(properties) + 1 + len(more))
    linked = {number: [1, 2] for number in range(1, count + 1)}
    linked[shown] = [*([1] if not tile else []), *of_shown]
    kinds = [(n, b"hvc1") for n in range(1, count + 1)] + ([(shown, b"grid")] if tile else [])
    infos = [
        full_box(b"infe", 2, 1 if tile and n != shown else 0, struct.pack(">HH4s", n, 0, k), b"\0") for n, k in kinds
    ]
    grid = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height) if tile else b""
    links = [struct.pack(">HB", n, len(p)) + bytes(p) for n, p in sorted(linked.items())]

    made_from = full_box(b"iref", 0, 0, box(b"dimg", struct.pack(f">HH{count}H", shown, count, *range(1, count + 1))))

    def meta(at: int) -> bytes:
        places = []
        for n, (_, coded) in enumerate(parts, 1):
            places.append(struct.pack(">HHHHII", n, 0, 0, 1, at, len(coded)))
            at += len(coded)
        if tile:
            places.append(struct.pack(">HHHHII", shown, 1, 0, 1, 0, len(grid)))
        return full_box(
            b"meta",
            0,
            0,
            full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"pict"), b"\0"),
            full_box(b"pitm", 0, 0, struct.pack(">H", shown)),
            full_box(b"iloc", 1, 0, struct.pack(">HH", 0x4400, len(places)), *places),
            full_box(b"iinf", 0, 0, struct.pack(">H", len(infos)), *infos),
            box(
                b"iprp",
                box(b"ipco", *properties, *more),
                full_box(b"ipma", 0, 0, struct.pack(">I", len(links)), *links),
            ),
            *([made_from, box(b"idat", grid)] if tile else []),
        )

    head = box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", *(coded for _, coded in parts))
