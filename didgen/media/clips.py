"""How long a video is, read from the header of its container: MP4, MOV, WebM and MKV. Nothing is decoded.

Boxes of ISO 14496-12; EBML elements of RFC 8794 with the names of RFC 9559.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from didgen.media.recordings import boxes, moov_of, recording_s

_EBML = b"\x1a\x45\xdf\xa3"
_SEGMENT, _INFO, _SCALE, _DURATION, _CLUSTER = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489, 0x1F43B675
_MOST_ELEMENTS = 1_000  # before the header's own; a real file has a handful
_USUAL_SCALE_NS = 1_000_000


def clip_s(path: Path) -> float | None:
    """The length of a video's pictures in seconds; None where its header leaves it open, or is damaged, and for other
    kinds of file. Raises OSError."""
    with path.open("rb") as file:
        if file.read(4) == _EBML:
            return _webm_s(file, file.seek(0, 2))
        known = _pictures_s(file, file.seek(0, 2))
    return recording_s(path) if known is None else known


def _pictures_s(file: BinaryIO, size: int) -> float | None:
    """Of the first track of pictures, `moov/trak/mdia/mdhd`: the sound may be longer."""
    moov = moov_of(file, size)
    for trak in _inside(file, moov, b"trak"):
        for mdia in _inside(file, trak, b"mdia"):
            parts = {name: (start, end) for name, start, end in boxes(file, *mdia)}
            if _bytes(file, parts.get(b"hdlr"), 12)[8:12] == b"vide":
                return _told_s(_bytes(file, parts.get(b"mdhd"), 32))
    return None


def _told_s(head: bytes) -> float | None:
    """From an `mdhd`: time scale and length, of 32 bits in version 0 and 64 in version 1."""
    try:
        scale, length = (
            struct.unpack_from(">IQ", head, 20) if head[:1] == b"\1" else struct.unpack_from(">II", head, 12)
        )
    except struct.error:
        return None
    unknown = length in (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return None if unknown or not scale else length / scale


def _inside(file: BinaryIO, span: tuple[int, int] | None, wanted: bytes) -> Iterator[tuple[int, int]]:
    found = boxes(file, *span) if span is not None else ()
    yield from [(start, end) for name, start, end in found if name == wanted]


def _bytes(file: BinaryIO, span: tuple[int, int] | None, most: int) -> bytes:
    if span is None:
        return b""
    file.seek(span[0])
    return file.read(min(most, span[1] - span[0]))


def _webm_s(file: BinaryIO, size: int) -> float | None:
    """`Segment/Info`: Duration, a float in units of TimestampScale, nanoseconds."""
    segment = _element(file, 0, size, _SEGMENT)
    info = _element(file, *segment, _INFO) if segment is not None else None
    if info is None:
        return None
    scale, length = _element(file, *info, _SCALE), _bytes(file, _element(file, *info, _DURATION), 8)
    if len(length) not in (4, 8):
        return None
    (units,) = struct.unpack(">f" if len(length) == 4 else ">d", length)
    scale_ns = int.from_bytes(_bytes(file, scale, 8), "big") or _USUAL_SCALE_NS
    seconds = float(units) * scale_ns / 1e9
    return seconds if 0 < seconds < 1e6 else None


def _element(file: BinaryIO, start: int, end: int, wanted: int) -> tuple[int, int] | None:
    """First byte and end of the content of the first element of that name in a span; None without one."""
    for _ in range(_MOST_ELEMENTS):
        if start >= end:
            return None
        file.seek(start)
        head = file.read(12)
        name_bytes = _width(head[:1])
        length_bytes = _width(head[name_bytes : name_bytes + 1])
        at = name_bytes + length_bytes
        if not name_bytes or not length_bytes or len(head) < at:
            return None
        name, coded = int.from_bytes(head[:name_bytes], "big"), int.from_bytes(head[name_bytes:at], "big")
        length = coded & (1 << 7 * length_bytes) - 1
        unknown = length == (1 << 7 * length_bytes) - 1  # of a stream: up to the end
        stop = end if unknown else min(end, start + at + length)
        if name == wanted:
            return start + at, stop
        if name == _CLUSTER or unknown:
            return None
        start = stop
    return None


def _width(first: bytes) -> int:
    """How many bytes a number takes that begins with this one: as many as zeros lead it, and one; 0 for none."""
    return 9 - first[0].bit_length() if first and first[0] else 0
