"""Recordings without what they tell beside their sound: titles (a phone names a memo by its place), artists, times.

Samples are not touched: ID3 and APE of an MP3, chunks of a WAV, blocks of a FLAC and boxes of an MP4 are walked.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

_WAV_KEPT = (b"fmt ", b"fact", b"data")
_FLAC_KEPT = (0, 3)  # STREAMINFO, SEEKTABLE
_TOLD = (b"udta", b"meta", b"uuid")
_DATED = (b"mvhd", b"tkhd", b"mdhd")
_INSIDE = (b"moov", b"trak", b"mdia")
_START = b"iTunSMPB"


def without_tags(data: bytes, suffix: str) -> bytes:
    """A whole MP3, WAV, FLAC, M4A or MP4 with the same sound and no word beside it. suffix: as `sniff.suffix_of`.

    Raises ValueError for one that cannot be walked.
    """
    walk: dict[str, Callable[[bytes], bytes]] = {".mp3": _mp3, ".wav": _wav, ".flac": _flac, ".m4a": _mp4, ".mp4": _mp4}
    try:
        return walk[suffix](data)
    except (struct.error, IndexError):
        raise ValueError("damaged or cut short") from None


def _mp3(data: bytes) -> bytes:
    start, end = 0, len(data)
    while data[start : start + 3] == b"ID3":  # the length in four times seven bits, a footer of ten bytes by a flag
        flags, *size = struct.unpack_from(">5x5B", data, start)
        start += 10 + sum((byte & 0x7F) << 7 * (3 - n) for n, byte in enumerate(size)) + (10 if flags & 0x10 else 0)
    if data[end - 128 : end - 125] == b"TAG":
        end -= 128
    if data[end - 32 : end - 24] == b"APETAGEX":  # at the end, with a head like it by a flag
        size, flags = struct.unpack_from("<I4xI", data, end - 20)
        end -= size + (32 if flags & 1 << 31 else 0)
    return data[start : max(start, end)]


def _wav(data: bytes) -> bytes:
    """`data` of a recorder that was cut off, or that wrote into a pipe, gets its true length."""
    parts, at = [], 12
    while at + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, at)
        if name == b"data" and (not length or at + 8 + length > len(data)):
            length = len(data) - at - 8
        body = data[at + 8 : at + 8 + length]
        if name in _WAV_KEPT:
            parts.append(struct.pack("<4sI", name, len(body)) + body + bytes(len(body) % 2))
        at += 8 + length + length % 2
    chunks = b"".join(parts)
    return data[:4] + struct.pack("<I", 4 + len(chunks)) + data[8:12] + chunks


def _flac(data: bytes) -> bytes:
    kept, at, last = [], 4, False
    while not last:
        last, kind = bool(data[at] & 0x80), data[at] & 0x7F
        end = at + 4 + int.from_bytes(data[at + 1 : at + 4], "big")
        if kind in _FLAC_KEPT:
            kept.append(bytearray(data[at:end]))
        at = end
    for block in kept:
        block[0] = block[0] & 0x7F | (0x80 if block is kept[-1] else 0)
    return b"".join([data[:4], *kept, data[at:]])


def _mp4(data: bytes) -> bytes:
    """Boxes become free space of the same size, so that no offset of a sample changes."""
    out = bytearray(data)
    for name, at, start, end in _boxes(data, 0, len(data)):
        if name in _TOLD:
            out[at + 4 : at + 8] = b"free"
            out[start:end] = bytes(end - start)
        elif name in _DATED:
            dates = 16 if data[start] == 1 else 8
            out[start + 4 : start + 4 + dates] = bytes(dates)
    return bytes(out)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """Name, start, first byte of the content and end of each box, and of those inside of _INSIDE.

    Of a `udta` in which Apple's encoders keep where the sound begins that stays: without it all would be late.
    """
    while at + 8 <= end:
        length, name = struct.unpack_from(">I4s", data, at)
        start, stop = at + 8, at + length if length else end
        if length == 1:
            start, stop = at + 16, at + int(struct.unpack_from(">Q", data, at + 8)[0])
        if stop < start or stop > end:
            raise ValueError("damaged or cut short")
        if name == b"udta" and _START in data[start:stop]:
            yield from _items(data, start, stop)
        else:
            yield name, at, start, stop
        if name in _INSIDE:
            yield from _boxes(data, start, stop)
        at = stop


def _items(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int, int]]:
    """The items of iTunes' list in a `udta`, but for the one that says where the sound begins; each as if it were a
    `udta` itself."""
    at = data.find(b"ilst", start, end) + 4
    stop = at - 8 + int(struct.unpack_from(">I", data, at - 8)[0])
    if at < start + 8 or stop > end:
        raise ValueError("damaged or cut short")
    while at + 8 <= stop:
        length = int(struct.unpack_from(">I", data, at)[0])
        if length < 8 or at + length > stop:
            raise ValueError("damaged or cut short")
        if _START not in data[at : at + length]:
            yield b"udta", at, at + 8, at + length
        at += length
