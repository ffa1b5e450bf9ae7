"""A video brought from a link and checked: every byte the server promised, and a whole MP4 or GIF."""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from didgen.errors import StorageError

if TYPE_CHECKING:
    import httpx

CAP_BYTES = 2 << 30


class DamagedDownloadError(Exception):
    """The bytes that came are no whole video, or did not come; a fresh link may help."""


async def download(web: httpx.AsyncClient, url: str, out: Path) -> float:
    """Bring the video at `url` to `out`, whole or not at all; its length in seconds.

    `web` must hold no credentials: links lead to other hosts. Raises DamagedDownloadError, httpx.HTTPError, and
    StorageError when it cannot be written.
    """
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            await _stream(web, url, file)
            file.flush()
            os.fsync(file.fileno())
        length_s = gif_length_s(part) if out.suffix == ".gif" else mp4_length_s(part)
        os.replace(part, out)
        return length_s
    except OSError as error:
        raise StorageError(f"cannot write {out}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


async def _stream(web: httpx.AsyncClient, url: str, file: BinaryIO) -> None:
    async with web.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer:
        if any(hop.url.scheme == "https" for hop in answer.history) and answer.url.scheme != "https":
            raise DamagedDownloadError("the link led from https to http")
        if answer.status_code != 200:
            raise DamagedDownloadError(f"the link answered {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise DamagedDownloadError("the video came compressed though that was not asked for")
        came = 0  # that it is as much as Content-Length says, the transport sees to; without one, the walk over boxes
        async for piece in answer.aiter_raw(1 << 20):
            came += len(piece)
            if came > CAP_BYTES:
                raise DamagedDownloadError(f"the video is larger than {CAP_BYTES >> 30} GB")
            file.write(piece)


def mp4_length_s(path: Path) -> float:
    """The length an MP4 states, in seconds, after a walk over its boxes: they must fill the file exactly and hold a
    `moov` and an `mdat`. Raises DamagedDownloadError.
    """
    size, found = path.stat().st_size, {}
    with path.open("rb") as file:
        at = 0
        while at < size:
            name, start, end = _box(file, at, size)
            found[name] = (start, end)
            at = end
        if not found or next(iter(found)) != b"ftyp" or not {b"moov", b"mdat"} <= found.keys():
            raise DamagedDownloadError("what came is no whole MP4")
        at, end = found[b"moov"]
        while at < end:
            name, start, after = _box(file, at, end)
            if name == b"mvhd":
                return _stated_s(file, start)
            at = after
    raise DamagedDownloadError("the MP4 states no length")


def _box(file: BinaryIO, at: int, limit: int) -> tuple[bytes, int, int]:
    """Name, start of content and end of the box at an offset; it must lie within `limit`."""
    file.seek(at)
    head = file.read(16)
    if len(head) < 8:
        raise DamagedDownloadError("the MP4 ends within a box")
    length, name = struct.unpack(">I4s", head[:8])
    start = at + 8
    if length == 1 and len(head) == 16:
        length, start = struct.unpack(">Q", head[8:])[0], at + 16
    end = limit if length == 0 else at + length
    if end > limit or end < start:
        raise DamagedDownloadError("the MP4 is cut off")
    return name, start, end


def _stated_s(file: BinaryIO, start: int) -> float:
    file.seek(start)
    head = file.read(32)
    if len(head) < 32:
        raise DamagedDownloadError("the MP4 is cut off")
    scale, length = struct.unpack(">IQ", head[20:32]) if head[0] == 1 else struct.unpack(">II", head[12:20])
    if not scale:
        raise DamagedDownloadError("the MP4 states no length")
    return float(length / scale)


def gif_length_s(path: Path) -> float:
    """The time a GIF's pictures stand, in seconds, after a walk over its blocks (GIF89a, appendix A) to its trailer.

    Raises DamagedDownloadError for anything that does not end there.
    """
    data = path.read_bytes()
    if data[:4] != b"GIF8" or len(data) < 13:
        raise DamagedDownloadError("what came is no GIF")
    at, hundredths = 13 + _table_bytes(data[10]), 0
    try:
        while data[at] != 0x3B:
            if data[at] == 0x21:  # an extension; 0xF9 is the one that tells how long the next picture stands
                hundredths += struct.unpack_from("<H", data, at + 4)[0] if data[at + 1] == 0xF9 else 0
                at = _past_blocks(data, at + 2)
            elif data[at] == 0x2C:
                at = _past_blocks(data, at + 11 + _table_bytes(data[at + 9]))
            else:
                raise DamagedDownloadError("the GIF is damaged")
    except (IndexError, struct.error):
        raise DamagedDownloadError("the GIF is cut off") from None
    if at + 1 != len(data):
        raise DamagedDownloadError("the GIF is damaged")
    return hundredths / 100


def _table_bytes(flags: int) -> int:
    """The size of the colour table that a descriptor's flags announce."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _past_blocks(data: bytes, at: int) -> int:
    """The offset after a row of blocks, each led by its length, and the empty one that ends it."""
    while data[at]:
        at += 1 + data[at]
    return at + 1
