"""What a picture file says of itself, read from its first bytes: 20,000 × 20,000 px are refused without decoding them.

Formats by their magic, never by the name: JPEG (ITU-T T.81), PNG (W3C), WebP (RFC 9649), BMP, TIFF 6.0, HEIC and AVIF
(`heif`); the way up from EXIF 2.3 wherever the format can carry it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from didgen.media.heif import read_still


@dataclass(frozen=True, slots=True)
class Header:
    """format: as people call it. width, height: px as stored. orientation: EXIF 1..8, 1 = upright. whole: the file
    has its end (a cut JPEG would be decoded with a grey rest). plain: 8 bits, grey or RGB, nothing to see through;
    told of JPEG and PNG only."""

    format: str
    width: int
    height: int
    orientation: int = 1
    whole: bool = True
    plain: bool = True


def read_header(data: bytes) -> Header | None:
    """The header of a picture file's bytes; None when it is none of the formats read here, or damaged in front."""
    if data[4:8] == b"ftyp":
        still = read_still(data)
        return Header(still.format, still.width, still.height, still.orientation) if still else None
    readers = (
        (b"\xff\xd8\xff", _jpeg),
        (b"\x89PNG\r\n\x1a\n", _png),
        (b"RIFF", _webp),
        (b"BM", _bmp),
        (b"II*\0", _tiff),
        (b"MM\0*", _tiff),
    )
    for magic, reader in readers:
        if data.startswith(magic):
            try:
                header = reader(data)
            except (struct.error, IndexError):
                return None
            return header if header and header.width > 0 and header.height > 0 else None
    return None


def foreign_format(data: bytes) -> str:
    """What a picture is that `read_header` does not read, if that is known; "" otherwise."""
    if data[4:8] == b"ftyp":
        brand = data[8:12]
        what = "HEIC" if brand in (b"heic", b"heix", b"mif1", b"hevc") else "AVIF" if brand == b"avif" else ""
        return f"{what}, damaged or of a rare kind" if what else ""
    known = ((b"GIF8", "GIF"), (b"8BPS", "PSD"), (b"%PDF", "PDF"), (b"<svg", "SVG"), (b"\xff\x0a", "JPEG XL"))
    return next((name for magic, name in known if data.startswith(magic)), "")


def _jpeg(data: bytes) -> Header | None:
    """Segments up to the scan: FF, marker, 16-bit length, payload. Thumbnails lie inside segments: stepped over."""
    at, orientation, size, plain = 2, 1, (0, 0), True
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # fill bytes
            at += 1
        marker, length = struct.unpack_from(">xBH", data, at)
        payload = data[at + 4 : at + 2 + length]
        if marker == 0xE1 and payload.startswith(b"Exif\0\0"):
            orientation = _orientation(payload[6:])
        elif 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):  # a start of frame
            depth, height, width, channels = struct.unpack_from(">BHHB", payload)
            size, plain = (width, height), depth == 8 and channels in (1, 3)  # four channels are inks
        elif marker == 0xDA:  # the scan: from here on a bare FF D9 can only be the end
            return Header("JPEG", *size, orientation, data.find(b"\xff\xd9", at) >= 0, plain)
        at += 2 + length


def _png(data: bytes) -> Header | None:
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    orientation, whole, plain = 1, False, depth <= 8 and not colour & 4  # bit 2: an alpha channel
    for name, payload in _png_chunks(data):
        if name == b"eXIf":
            orientation = _orientation(payload)
        plain = plain and name != b"tRNS"
        whole = whole or name == b"IEND"
    return Header("PNG", width, height, orientation, whole, plain)


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def _webp(data: bytes) -> Header | None:
    if data[8:12] != b"WEBP":
        return None
    whole = struct.unpack_from("<I", data, 4)[0] + 8 <= len(data)
    size, orientation, at = (0, 0), 1, 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        payload = data[at + 8 : at + 8 + length]
        if size == (0, 0):
            size = _webp_size(name, payload)
        if name == b"EXIF":
            orientation = _orientation(payload.removeprefix(b"Exif\0\0"))
        at += 8 + length + length % 2
    return Header("WebP", *size, orientation, whole)


def _webp_size(name: bytes, payload: bytes) -> tuple[int, int]:
    if name == b"VP8X":  # 24-bit width - 1 and height - 1
        return 1 + int.from_bytes(payload[4:7], "little"), 1 + int.from_bytes(payload[7:10], "little")
    if name == b"VP8L":  # 14 bits each, after the signature byte
        bits = int.from_bytes(payload[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 " and payload[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", payload, 6)
        return width & 0x3FFF, height & 0x3FFF
    return 0, 0


def _bmp(data: bytes) -> Header | None:
    if struct.unpack_from("<I", data, 14)[0] == 12:  # the OS/2 header
        return Header("BMP", *struct.unpack_from("<HH", data, 18))
    width, height = struct.unpack_from("<ii", data, 18)
    return Header("BMP", width, abs(height))  # a negative height: rows from the top


def _tiff(data: bytes) -> Header | None:
    tags = _tiff_tags(data)  # tag 274 is left to OpenCV, which turns TIFFs (and only those) even when told not to
    return Header("TIFF", tags.get(256, 0), tags.get(257, 0))


def _orientation(tiff: bytes) -> int:
    """EXIF orientation 1..8 of a TIFF block; 1 when it has none or cannot be read."""
    try:
        orientation = _tiff_tags(tiff).get(274, 1)
    except (struct.error, IndexError):
        return 1
    return orientation if 1 <= orientation <= 8 else 1


def _tiff_tags(data: bytes) -> dict[int, int]:
    """Tag → value of the first directory, for tags that hold one 16- or 32-bit number."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2], "<")
    (at,) = struct.unpack_from(order + "I", data, 4)
    (entries,) = struct.unpack_from(order + "H", data, at)
    tags = {}
    for entry in range(entries):
        tag, kind, count = struct.unpack_from(order + "HHI", data, at + 2 + 12 * entry)
        if count == 1 and kind in (3, 4):
            (tags[tag],) = struct.unpack_from(order + "HI"[kind - 3], data, at + 10 + 12 * entry)
    return tags
