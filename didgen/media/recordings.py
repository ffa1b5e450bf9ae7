"""How long a recording is, read from its file: WAV, FLAC, MP3, MP4 and M4A, the kinds that services take, and Ogg.

Lengths decide prices, so they are read and not guessed from a size. Nothing is decoded: headers are enough, and for an
MP3 without a table the four bytes at the head of each frame.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

MOOV_BYTES = 16 << 20
MOST_BOXES = 10_000  # of a file; a real one has a dozen
LEAST_MP3_PART = 0.9
"""A table of frames that tells less than this part of what the size tells at the highest bit rate is not believed."""

_KBIT_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)  # MPEG 1, layer III
_KBIT_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # MPEG 2 and 2.5, layer III
_RATES_HZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}  # by version
_RESYNC_BYTES = 1 << 16
_OGG_TAIL_BYTES = 1 << 16  # a page has at most 65,307


def recording_s(path: Path) -> float | None:
    """The length of a recording in seconds, as its headers tell it; None for other kinds, damaged ones and streams
    whose header leaves it open. Raises OSError."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(12)
        if head[:4] == b"RIFF" and head[8:] == b"WAVE":
            return _wav_s(file, size)
        if head[:4] == b"fLaC":
            return _flac_s(file)
        if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
            return _mp4_s(file, size)
        if head[:4] == b"OggS":
            return _ogg_s(file, size)
        if head[:3] == b"ID3" or _frame(head) is not None:
            return _mp3_s(file)
    return None


def begins_in(path: Path) -> bool:
    """Whether an MP3 begins within the first 64 KiB of a file, behind whatever stands in front. Raises OSError."""
    with open(path, "rb") as file:
        return _sync(file.read(2 * _RESYNC_BYTES), 0) is not None


# -- WAV, FLAC and Ogg ---------------------------------------------------------------------------------------------


def _wav_s(file: BinaryIO, size: int) -> float | None:
    """From the chunks: 4 bytes of name, 4 of length, padded to even. A stream's length is what is there."""
    at, bytes_per_s = 12, 0
    while at + 8 <= size:
        file.seek(at)
        head = file.read(8)
        length = int.from_bytes(head[4:], "little")
        if head[:4] == b"fmt ":
            bytes_per_s = int.from_bytes(file.read(12)[8:], "little")
        elif head[:4] == b"data":
            return min(length or size, size - at - 8) / bytes_per_s if bytes_per_s else None
        at += 8 + length + length % 2
    return None


def _flac_s(file: BinaryIO) -> float | None:
    """From STREAMINFO: 20 bits of rate in Hz, 3 of channels, 5 of depth, 36 of samples."""
    file.seek(18)
    data = file.read(8)
    packed = _number(data) if len(data) == 8 else 0
    rate_hz, samples = packed >> 44, packed & (1 << 36) - 1
    return samples / rate_hz if rate_hz and samples else None


def _ogg_s(file: BinaryIO, size: int) -> float | None:
    """From the position of the last page (RFC 3533), in Opus always counted at 48 kHz, in Vorbis at its own rate."""
    file.seek(0)
    first = file.read(64)
    rate_hz = 48_000 if first[28:36] == b"OpusHead" else 0
    if first[28:35] == b"\1vorbis":
        rate_hz = int.from_bytes(first[40:44], "little")
    file.seek(max(0, size - _OGG_TAIL_BYTES))
    tail = file.read()
    last = tail.rfind(b"OggS")
    position = int.from_bytes(tail[last + 6 : last + 14], "little", signed=True)
    return position / rate_hz if last >= 0 and rate_hz and position > 0 else None


# -- MP4 ----------------------------------------------------------------------------------------------------------


def _mp4_s(file: BinaryIO, size: int) -> float | None:
    """From `moov/mvhd`, or `moov/mvex/mehd` of a fragmented one: 32 bits in version 0, 64 in version 1."""
    moov = moov_of(file, size)
    if moov is None:
        return None
    inside = {name: (start, end) for name, start, end in boxes(file, *moov)}
    if b"mvhd" not in inside:
        return None
    file.seek(inside[b"mvhd"][0])
    data = file.read(32)
    scale, duration = _number(data[20:24]), _number(data[24:32])
    if not data or not data[0]:
        scale, duration = _number(data[12:16]), _number(data[16:20])
    if not duration and b"mvex" in inside:
        duration = _fragments(file, *inside[b"mvex"])
    unknown = duration in (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    return None if unknown or not scale else duration / scale


def has_video(path: Path) -> bool:
    """Whether an MP4 or M4A holds a video track. Raises OSError."""
    with open(path, "rb") as file:
        moov = moov_of(file, file.seek(0, 2))
        if moov is None:
            return False
        file.seek(moov[0])
        data = file.read(min(moov[1] - moov[0], MOOV_BYTES))
    return b"vide" in (data[at.end() + 8 : at.end() + 12] for at in re.finditer(b"hdlr", data))


def moov_of(file: BinaryIO, size: int) -> tuple[int, int] | None:
    """First byte and end of the content of an MP4's `moov`; None without one. size: of the file."""
    return next(((start, end) for name, start, end in boxes(file, 0, size) if name == b"moov"), None)


def _fragments(file: BinaryIO, start: int, end: int) -> int:
    for name, body, _ in boxes(file, start, end):
        if name == b"mehd":
            file.seek(body)
            data = file.read(12)
            return _number(data[4:12] if data[:1] == b"\1" else data[4:8])
    return 0


def boxes(file: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte of the content and its end, of each box in a span; those that reach beyond it end it."""
    for _ in range(MOST_BOXES):
        if start + 8 > end:
            return
        file.seek(start)
        head = file.read(16)
        length, header = _number(head[:4]), 8
        if length == 1:
            length, header = _number(head[8:16]), 16
        stop = start + length if length else end
        if stop > end or (length and length < header):
            return
        yield head[4:8], start + header, stop
        start = stop


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


# -- MP3 ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Frame:
    """One frame of an MP3. size: in bytes, with its head. table_at: where a table of all frames would begin."""

    size: int
    samples: int
    rate_hz: int
    table_at: int


def _frame(head: bytes) -> _Frame | None:
    """The frame that begins with these four bytes, if one does: layer III with a fixed bit rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    rate, kbit = head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or layer != 1 or rate == 3 or not 0 < kbit < 15:
        return None
    first, mono = version == 3, head[3] >> 6 == 3
    samples = 1152 if first else 576
    rate_hz = _RATES_HZ[version][rate]
    bits_per_s = 1000 * (_KBIT_1 if first else _KBIT_2)[kbit]
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return _Frame(samples // 8 * bits_per_s // rate_hz + (head[2] >> 1 & 1), samples, rate_hz, 4 + side)


def _mp3_s(file: BinaryIO) -> float | None:
    """From the table in the first frame, else by counting frames."""
    file.seek(_after_tag(file))
    data = file.read()
    at = _sync(data, 0)
    first = _frame(data[at : at + 4]) if at is not None else None
    if at is None or first is None:
        return None
    frames = _table(data[at : at + first.size], first.table_at)
    told_s = frames * first.samples / first.rate_hz
    if told_s >= LEAST_MP3_PART * len(data) / 40_000:  # 320 kbit/s
        return told_s
    return sum(frame.samples / frame.rate_hz for frame in _walk(data, at))


def _after_tag(file: BinaryIO) -> int:
    """Where the sound begins behind an ID3 tag: its length is in four bytes of seven bits, without its own head."""
    file.seek(0)
    head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    length = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    return 10 + length + (10 if head[5] & 0x10 else 0)


def _sync(data: bytes, at: int) -> int | None:
    """The next frame that another one, or the end, follows: four bytes alone are found by chance."""
    end = min(len(data), at + _RESYNC_BYTES)
    while (at := data.find(b"\xff", at, end)) >= 0:
        frame = _frame(data[at : at + 4])
        if frame is not None:
            after = data[at + frame.size : at + frame.size + 4]
            if len(after) < 4 or after[:3] == b"TAG" or _frame(after) is not None:
                return at
        at += 1
    return None


def _table(frame: bytes, at: int) -> int:
    """How many frames the table of a Xing, Info (LAME) or VBRI head tells of; 0 without one."""
    if frame[at : at + 4] in (b"Xing", b"Info") and frame[at + 7 : at + 8] and frame[at + 7] & 1:
        return _number(frame[at + 8 : at + 12])
    return _number(frame[50:54]) if frame[36:40] == b"VBRI" else 0


def _walk(data: bytes, at: int | None) -> Iterator[_Frame]:
    while at is not None:
        frame = _frame(data[at : at + 4])
        if frame is None:
            if data[at : at + 3] == b"TAG":
                return
            at = _sync(data, at)
            continue
        yield frame
        at += frame.size
