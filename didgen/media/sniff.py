"""What a file is, by its first bytes: never by its name or by what a server calls it."""

from __future__ import annotations

HEAD_BYTES = 16

_MAGIC = (
    (b"\xff\xd8\xff", ".jpg"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"BM", ".bmp"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"ID3", ".mp3"),
    (b"fLaC", ".flac"),
    (b"OggS", ".ogg"),
    (b"\x1aE\xdf\xa3", ".webm"),
    (b"\0\0\x01\xba", ".mpg"),
)
_RIFF = {b"WEBP": ".webp", b"WAVE": ".wav", b"AVI ": ".avi"}
_STILLS = {b"heic": ".heic", b"heix": ".heic", b"mif1": ".heic", b"avif": ".avif"}  # pictures in an MP4's clothes
_STILLS |= dict.fromkeys((b"hevc", b"msf1", b"avis"), "")  # series of them, not read

SUFFIXES = {
    "image": (".jpg", ".png", ".webp", ".heic", ".avif", ".bmp", ".tif"),
    "audio": (".mp3", ".wav", ".flac", ".ogg", ".aac", ".m4a", ".mp4", ".mov", ".webm"),
    "video": (".mp4", ".mov", ".webm", ".mpg", ".avi"),
}
"""The kinds of input and what each may be; a recording may lie in a video's box."""


def suffix_of(head: bytes) -> str:
    """The suffix that fits a file of ours which starts with `head` (HEAD_BYTES); "" for what no input can be."""
    for magic, suffix in _MAGIC:
        if head.startswith(magic):
            return suffix
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "")
    if head[4:8] == b"ftyp":
        return _box_suffix(head[8:12])
    if head[4:8] in (b"moov", b"wide", b"mdat"):  # QuickTime from before `ftyp`
        return ".mov"
    return _frame_suffix(head)


def _box_suffix(brand: bytes) -> str:
    if brand in _STILLS:
        return _STILLS[brand]
    return {b"M4A ": ".m4a", b"qt  ": ".mov"}.get(brand, ".mp4")


def _frame_suffix(head: bytes) -> str:
    """Bare sound frames: MPEG audio (ISO 11172-3, 11 sync bits and a layer) or AAC in ADTS (layer 0)."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    return ".mp3" if head[1] & 0x06 else ".aac"
