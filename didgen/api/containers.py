"""A video file: whether it is whole, of the kind that was wanted and can be decoded, and how long it is."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO, Literal

Kind = Literal["mp4", "mov", "gif"]
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,gif"
"""Demuxers that may be used. No playlist format is among them: those open further files."""
_QUICKTIME_FIRST = frozenset({b"ftyp", b"wide", b"free", b"skip", b"mdat", b"moov"})


class DamagedVideoError(Exception):
    """A file is no whole video of the kind that was wanted."""


def examine(path: Path, kind: Kind) -> float:
    """The length of a whole video in seconds. Raises DamagedVideoError for anything else, OSError."""
    length_s = gif_length_s(path) if kind == "gif" else mp4_length_s(path, quicktime=kind == "mov")
    _decode_ends(path)
    return length_s


def _decode_ends(path: Path) -> None:
    """Decode the first picture, the first sound, and from the last key frame to the end."""
    import av

    try:
        # An open file, not a name: nothing in it can make the reader open another one.
        with path.open("rb") as f, av.open(f, "r", options={"format_whitelist": FORMATS}) as box:
            if not box.streams.video:
                raise DamagedVideoError("the video has no picture")
            video = box.streams.video[0]
            if not all(next(box.decode(stream), None) for stream in (video, *box.streams.audio[:1])):
                raise DamagedVideoError("the video cannot be decoded")
            box.seek(max(0, (video.start_time or 0) + (video.duration or 1) - 1), stream=video)
            if not [frame for frame in box.decode(video) if isinstance(frame, av.VideoFrame) and not frame.is_corrupt]:
                raise DamagedVideoError("the end of the video cannot be decoded")
    except av.FFmpegError as error:
        raise DamagedVideoError(f"the video cannot be decoded: {error.strerror}") from error


def mp4_length_s(path: Path, *, quicktime: bool = False) -> float:
    """The length an MP4 states, in seconds, after a walk over its boxes: they must fill the file exactly and hold a
    `moov` and an `mdat`. quicktime: a `.mov`, which need not begin with `ftyp`. Raises DamagedVideoError.
    """
    size, found = path.stat().st_size, {}
    with path.open("rb") as file:
        at = 0
        while at < size:
            name, start, end = _box(file, at, size)
            found[name] = (start, end)
            at = end
        first = _QUICKTIME_FIRST if quicktime else {b"ftyp"}
        if not found or next(iter(found)) not in first or not {b"moov", b"mdat"} <= found.keys():
            raise DamagedVideoError("what came is no whole MP4")
        at, end = found[b"moov"]
        while at < end:
            name, start, after = _box(file, at, end)
            if name == b"mvhd":
                return _stated_s(file, start)
            at = after
    raise DamagedVideoError("the MP4 states no length")


def _box(file: BinaryIO, at: int, limit: int) -> tuple[bytes, int, int]:
    """Name, start of content and end of the box at an offset; it must lie within `limit`."""
    file.seek(at)
    head = file.read(16)
    if len(head) < 8:
        raise DamagedVideoError("the MP4 ends within a box")
    length, name = struct.unpack(">I4s", head[:8])
    start = at + 8
    if length == 1 and len(head) == 16:
        length, start = struct.unpack(">Q", head[8:])[0], at + 16
    end = limit if length == 0 else at + length
    if end > limit or end < start:
        raise DamagedVideoError("the MP4 is cut off")
    return name, start, end


def _stated_s(file: BinaryIO, start: int) -> float:
    file.seek(start)
    head = file.read(32)
    if len(head) < 32:
        raise DamagedVideoError("the MP4 is cut off")
    scale, length = struct.unpack(">IQ", head[20:32]) if head[0] == 1 else struct.unpack(">II", head[12:20])
    if not scale:
        raise DamagedVideoError("the MP4 states no length")
    return float(length / scale)


def gif_length_s(path: Path) -> float:
    """The time a GIF's pictures stand, in seconds, after a walk over its blocks (GIF89a, appendix A) to its trailer.

    Raises DamagedVideoError for anything that does not end there.
    """
    data = path.read_bytes()
    if data[:4] != b"GIF8" or len(data) < 13:
        raise DamagedVideoError("what came is no GIF")
    at, hundredths = 13 + _table_bytes(data[10]), 0
    try:
        while data[at] != 0x3B:
            if data[at] == 0x21:  # an extension; 0xF9 is the one that tells how long the next picture stands
                hundredths += struct.unpack_from("<H", data, at + 4)[0] if data[at + 1] == 0xF9 else 0
                at = _past_blocks(data, at + 2)
            elif data[at] == 0x2C:
                at = _past_blocks(data, at + 11 + _table_bytes(data[at + 9]))
            else:
                raise DamagedVideoError("the GIF is damaged")
    except (IndexError, struct.error):
        raise DamagedVideoError("the GIF is cut off") from None
    if at + 1 != len(data):
        raise DamagedVideoError("the GIF is damaged")
    return hundredths / 100


def _table_bytes(flags: int) -> int:
    """The size of the colour table that a descriptor's flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(data: bytes, at: int) -> int:
    """The offset after a row of blocks, each led by its length, and the empty one that ends it."""
    while data[at]:
        at += 1 + data[at]
    return at + 1
