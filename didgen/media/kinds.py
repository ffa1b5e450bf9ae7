"""Whether a file can be what a project takes it for, told from its first bytes: nothing is decoded.

What is accepted is what the local engine reads; a service has more to say (`fit`).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from didgen.catalog import limits
from didgen.media.photo_header import foreign_format, read_header
from didgen.media.recordings import begins_in
from didgen.media.sniff import suffix_of

BEGINNING_BYTES = 512

_NAMES = {
    ".jpg": "a JPEG picture", ".png": "a PNG picture", ".webp": "a WebP picture", ".heic": "a HEIC picture",
    ".avif": "an AVIF picture", ".bmp": "a BMP picture", ".tif": "a TIFF picture", ".mp3": "an MP3 recording",
    ".wav": "a WAV recording", ".flac": "a FLAC recording", ".ogg": "an Ogg recording", ".aac": "an AAC recording",
    ".m4a": "an M4A recording", ".mp4": "an MP4 video", ".mov": "a QuickTime video", ".webm": "a WebM or MKV video",
    ".mpg": "an MPEG video", ".avi": "an AVI video",
}  # fmt: skip
_OTHERS = (
    (b"version https://git-lfs", "a pointer of Git LFS"),
    (b"PK\3\4", "a ZIP archive or office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"SQLite format 3", "a database"),
)
_MPEG_STREAM = b"\0\0\1\xb3"  # pictures without a container
_WAVES = (b"RF64", b"BW64", b"RIFX")  # WAV of more than 4 GB, and with the high byte first


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What an input has to be. suffixes: as `sniff.suffix_of` has them; accepted: what a writer is told to give."""

    what: str
    accepted: str
    suffixes: tuple[str, ...]


_PICTURE = "give a JPEG, PNG, WebP, HEIC, AVIF, BMP or TIFF file"
_STILLS = (".jpg", ".png", ".webp", ".heic", ".avif", ".bmp", ".tif")
_SOUNDS = (".mp3", ".wav", ".flac", ".ogg", ".aac", ".m4a", ".mp4", ".mov", ".webm")

WANTED = {
    "source_url": _Wanted("a picture", _PICTURE, _STILLS),
    "logo_url": _Wanted("a picture", _PICTURE, _STILLS),
    "audio_url": _Wanted("a recording", "give a WAV, MP3, M4A, FLAC, Ogg or WebM file", _SOUNDS),
    "driver_url": _Wanted("a video", "give an MP4, MOV, WebM or MKV video", (".mp4", ".mov", ".webm")),
    "overlay_url": _Wanted("a video", "give an MP4, MOV or MPEG video", (".mp4", ".mov", ".mpg")),
}
"""By the request's member."""


def unfit_for(member: str, path: Path, *, whole: bool) -> tuple[str, str]:
    """Why a file cannot be that member of a request, going on from its name, and what to do; ("", "") when it can.

    whole: look at all of a picture, also whether it is cut short and how large it is. Raises OSError.
    """
    wanted = WANTED[member]
    with path.open("rb") as file:
        head = file.read(BEGINNING_BYTES)
        if _suffix(member, head, path) not in wanted.suffixes:
            return _foreign(head, wanted)
        if not whole or wanted.accepted != _PICTURE:
            return "", ""
        size = os.fstat(file.fileno()).st_size
        if size > limits.LOCAL_PICTURE_BYTES:
            return f"is {size >> 20} MiB", f"at most {limits.LOCAL_PICTURE_BYTES >> 20} MiB: save it smaller"
        data = head + file.read()
    return _picture_fault(member, data)


def _suffix(member: str, head: bytes, path: Path) -> str:
    """As `suffix_of`, and what else the engine's readers know: they try more than the first bytes."""
    if not head or is_text(head):  # "BMW" is no BMP
        return ""
    if known := suffix_of(head):
        return known
    if head[4:8] in (b"free", b"skip"):
        return ".mov"
    if member == "overlay_url" and head.startswith(_MPEG_STREAM):
        return ".mpg"
    if member == "audio_url" and head[:4] in _WAVES:
        return ".wav"
    return ".mp3" if member == "audio_url" and begins_in(path) else ""


def _foreign(head: bytes, wanted: _Wanted) -> tuple[str, str]:
    what = what_is(head)
    hint = "fetch the file itself: git lfs pull" if "Git LFS" in what else wanted.accepted
    if not what:
        return f"is not {wanted.what}, or its beginning is damaged", hint
    near = " that is read here" if what.endswith(wanted.what.split()[-1]) else ""  # an AVI is a video, too
    return f"is {what}, not {wanted.what}{near}", hint


def what_is(head: bytes) -> str:
    """What a file is that begins so, in words with their article; "" where nobody knows."""
    if not head:
        return "empty"
    for magic, name in _OTHERS:
        if head.startswith(magic):
            return name
    if foreign := foreign_format(head):
        return f"a {foreign}" if foreign[0] not in "AHS" else f"an {foreign}"
    if not is_text(head):
        return _NAMES.get(suffix_of(head), "")
    return "a web page" if head.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")) else "a text file"


def is_text(head: bytes) -> bool:
    """Whether a file that begins so can be read by people."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    try:
        text = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:  # else a letter is cut at the end
            return False
        text = head[: error.start].decode("utf-8-sig")
    return not any(letter < " " and letter not in "\t\n\r\f" for letter in text)


def _picture_fault(member: str, data: bytes) -> tuple[str, str]:
    header = read_header(data)
    if header is None or not header.whole:
        return "is a picture that is damaged or cut short", "save it again as JPEG or PNG"
    side, pixels = max(header.width, header.height), header.width * header.height
    big = f"is {header.width} × {header.height} px"
    if side > limits.LOCAL_SIDE_PX or pixels > limits.LOCAL_PICTURE_PIXELS:
        most = f"at most {limits.LOCAL_SIDE_PX:,} px a side and {limits.LOCAL_PICTURE_PIXELS // 10**6} megapixels"
        return big, f"{most}: save it smaller"
    if member == "source_url" and min(header.width, header.height) < limits.PICTURE_SIDE_PX:
        least = limits.PICTURE_SIDE_PX
        return big, f"at least {least} × {least} px: use a larger photo"
    return "", ""
