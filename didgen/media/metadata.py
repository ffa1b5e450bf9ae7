"""Pictures without what they tell of their maker: place, time, camera, thumbnails and whatever hangs on behind.

Pixels are not touched: JPEG segments (ITU-T T.81, B.1) and PNG chunks (W3C) are walked; what decides a colour stays.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from didgen.media.heif import read_still

MAX_PROFILE_BYTES = 4 << 20

_ICC = b"ICC_PROFILE\0"
_ICC_PART_BYTES = 0xFFFF - 2 - len(_ICC) - 2
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs")
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"


def without_metadata(data: bytes) -> bytes:
    """A whole JPEG or PNG with the same pixels and colours and nothing else; any other file as it is.

    Raises ValueError for a damaged one.
    """
    try:
        if data.startswith(_SOI):
            return b"".join([_SOI, *(part for part in _jpeg_parts(data) if _kept(part)), _EOI])
        if data.startswith(_PNG):
            return b"".join([_PNG, *(chunk for name, chunk in _chunks(data) if name in _PNG_KEPT)])
    except (struct.error, IndexError):
        raise ValueError("damaged or cut short") from None
    return data


def colour_profile(data: bytes) -> bytes:
    """The ICC profile of a whole JPEG, PNG, HEIC or AVIF, if it is one for RGB; b"" when there is none to be read."""
    try:
        profile = _profile(data)
    except (struct.error, IndexError, zlib.error, ValueError):
        return b""
    return profile if profile[16:20] == b"RGB " and len(profile) <= MAX_PROFILE_BYTES else b""


def _profile(data: bytes) -> bytes:
    if data.startswith(_SOI):
        return _jpeg_profile(data)
    if data.startswith(_PNG):
        return _png_profile(data)
    still = read_still(data)
    return still.profile if still is not None else b""


def with_profile(data: bytes, profile: bytes) -> bytes:
    """A JPEG or PNG that has no profile, with this one."""
    if not profile:
        return data
    if data.startswith(_PNG):
        payload = b"icc\0\0" + zlib.compress(profile)
        chunk = struct.pack(">I4s", len(payload), b"iCCP") + payload + struct.pack(">I", zlib.crc32(b"iCCP" + payload))
        behind_header = len(_PNG) + 25
        return data[:behind_header] + chunk + data[behind_header:]
    parts = [profile[at : at + _ICC_PART_BYTES] for at in range(0, len(profile), _ICC_PART_BYTES)]
    marked = (_ICC + bytes([n, len(parts)]) + part for n, part in enumerate(parts, 1))
    return _SOI + b"".join(b"\xff\xe2" + struct.pack(">H", len(part) + 2) + part for part in marked) + data[2:]


def _jpeg_parts(data: bytes) -> Iterator[bytes]:
    """Segments, each scan with the pixels that follow it, up to the end of the picture."""
    at = 2
    while True:
        while data[at] == 0xFF and data[at + 1] == 0xFF:  # fill bytes
            at += 1
        if data[at] != 0xFF:
            raise ValueError("damaged or cut short")
        code = data[at + 1]
        if code == 0xD9:
            return
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if code == 0xDA:
            end = _scan_end(data, end)
        yield data[at:end]
        at = end


def _scan_end(data: bytes, at: int) -> int:
    """Where the marker behind the pixels from `at` on stands: FF 00 is a pixel's FF, FF D0 to D7 are restarts."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0:
            raise ValueError("damaged or cut short")
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7:
            return at
        at += 2


def _kept(part: bytes) -> bool:
    """Whether a segment decides a pixel: of those of applications, JFIF, the ICC profile and Adobe's transform."""
    code = part[1]
    if 0xE0 <= code <= 0xEF:
        return code == 0xEE or part[4:].startswith({0xE0: b"JFIF\0", 0xE2: _ICC}.get(code, b"\0none"))
    return code != 0xFE  # a comment


def _jpeg_profile(data: bytes) -> bytes:
    parts = {}
    for part in _jpeg_parts(data):
        if part[1] == 0xE2 and part[4:].startswith(_ICC):
            parts[part[16]] = part[18:]
    return b"".join(parts[number] for number in sorted(parts))


def _png_profile(data: bytes) -> bytes:
    for name, chunk in _chunks(data):
        if name == b"iCCP":
            packed = chunk[8:-4].partition(b"\0")[2][1:]
            return zlib.decompressobj().decompress(packed, MAX_PROFILE_BYTES + 1)
    return b""


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Names and whole chunks of a PNG up to its end."""
    at = len(_PNG)
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise ValueError("damaged or cut short")
        yield name, data[at:end]
        if name == b"IEND":
            return
        at = end
