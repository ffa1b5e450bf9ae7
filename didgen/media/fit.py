"""What has to be made of a file before a service takes it, told from its header. Decides; `api.prepare` makes.

A decision here is part of what is sent: when a rule changes, so does `catalog.versions.PREPARED`.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Literal

from didgen.catalog import limits
from didgen.errors import DidgenError
from didgen.media.photo_header import foreign_format, read_header
from didgen.media.recordings import has_video, recording_s
from didgen.media.sniff import HEAD_BYTES, SUFFIXES, suffix_of

Use = Literal["picture", "logo", "sound"]

READ_BYTES = 64 << 20
READ_PIXELS = 100_000_000
SHRUNK_PIXELS = 3200 * 2400
"""What is too large becomes this large: more than any result shows, and well inside the limit."""

_SAVE = "save it as JPEG or PNG"
_AS_PICTURE = f"the service takes pictures of at least {limits.PICTURE_SIDE_PX} × {limits.PICTURE_SIDE_PX} px"


class UnfitError(DidgenError):
    """A file that cannot be made to fit; the message goes on from the file's name, the hint says the limit."""

    def __init__(self, kind: str, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind


@dataclass(frozen=True, slots=True)
class Fit:
    """How a file is sent. remade: pixels or samples are made anew. notes: what the writer should know, each going on
    from the file's name. width, height: px of a picture as sent, upright;
    scale: those per px of the file, at most 1.
    """

    remade: bool = False
    notes: tuple[str, ...] = ()
    width: int = 0
    height: int = 0
    scale: float = 1.0


def fit_picture(data: bytes, *, logo: bool = False) -> Fit:
    """How a picture is sent: upright JPEG or PNG in 8 bits, within the service's limits.

    A logo keeps its size and what is transparent in it. Raises UnfitError.
    """
    if len(data) > READ_BYTES:
        size = f"is {len(data) / 1e6:,.0f} MB"
        raise UnfitError("InvalidFileSizeError", size, hint=f"at most {READ_BYTES >> 20} MB can be shrunk")
    header = read_header(data)
    if header is None or not header.whole:
        raise _no_picture(data, cut=header is not None)
    width, height = header.width, header.height
    if width * height > READ_PIXELS:
        hint = f"at most {READ_PIXELS // 10**6} megapixels can be shrunk: save it smaller"
        raise UnfitError("InvalidImageResolutionError", f"is {width:,} × {height:,} px", hint=hint)
    if header.orientation >= 5:
        width, height = height, width
    made = ["turned"] if header.orientation != 1 else []
    shrunk = 1.0 if logo else _scale(width, height)
    if shrunk < 1:
        width, height = int(width * shrunk), int(height * shrunk)
        made.append(f"shrunk to {width:,} × {height:,}")
    if not logo:
        _check_sides(header.width, header.height, min(width, height))
    if not header.plain and not logo:
        made.append("changed to plain 8-bit colours")
    if header.format not in ("JPEG", "PNG"):
        made.append("saved as JPEG" if header.format in ("HEIC", "AVIF") and not logo else "saved as PNG or JPEG")
    if not made and len(data) > limits.PICTURE_BYTES:
        if logo:
            hint = f"the service takes at most {limits.PICTURE_BYTES // 10**6} MB"
            raise UnfitError("InvalidFileSizeError", f"is {len(data) / 1e6:.1f} MB", hint=hint)
        made.append(f"compressed to {limits.PICTURE_BYTES // 10**6} MB")
    notes = [f"will be {_listed(made)} before it is sent"] if made else []
    if not logo and min(width, height) < limits.SAFE_SIDE_PX:
        notes.append(f"has a side of {min(width, height)} px: the service may find it too small")
    return Fit(bool(made), tuple(notes), width, height, shrunk)


def fit_sound(path: Path) -> Fit:
    """How a recording is sent. Raises UnfitError for one that is no sound or too long, OSError."""
    with path.open("rb") as file:
        suffix, size = suffix_of(file.read(HEAD_BYTES)), file.seek(0, 2)
    if suffix not in SUFFIXES["audio"]:
        raise UnfitError("UnsupportedMimeTypeError", "is no sound", hint="save it as wav, mp3, m4a or flac")
    seconds = recording_s(path)
    if seconds is not None:
        check_length(seconds)
    if suffix not in limits.SOUND_SUFFIXES:
        why = f"the service takes no {suffix[1:]}"
    elif size > limits.SOUND_BYTES:
        why = f"the service takes at most {limits.SOUND_BYTES // 10**6} MB"
    elif suffix in (".m4a", ".mp4") and has_video(path):
        why = "its pictures stay here"
    else:
        return Fit()
    one = ", perhaps with its two sides in one," if seconds is not None and seconds > limits.STEREO_S else ""
    return Fit(remade=True, notes=(f"will be saved as FLAC or AAC{one} before it is sent: {why}",))


def check_length(seconds: float) -> None:
    """Raises UnfitError for a recording that is longer than the service takes."""
    if seconds > limits.SOUND_S:
        long = f"is {int(seconds // 60)} min {int(seconds % 60)} s long"
        hint = f"the service takes at most {limits.SOUND_S / 60:.0f} minutes: split it into several scenes"
        raise UnfitError("InvalidAudioDurationError", long, hint=hint)


def _scale(width: int, height: int) -> float:
    area = width * height
    return 1.0 if area <= limits.PICTURE_PIXELS else sqrt(SHRUNK_PIXELS / area)


def _check_sides(width: int, height: int, shortest: int) -> None:
    if min(width, height) < limits.PICTURE_SIDE_PX:
        raise UnfitError("InvalidImageResolutionError", f"is {width} × {height} px", hint=_AS_PICTURE)
    if shortest < limits.PICTURE_SIDE_PX:
        most = f"{limits.PICTURE_PIXELS / 1e6:.1f} megapixels"
        hint = f"the service takes at most {most} and at least {limits.PICTURE_SIDE_PX} px a side: crop it"
        raise UnfitError("InvalidImageResolutionError", f"is {width:,} × {height:,} px", hint=hint)


def _no_picture(data: bytes, *, cut: bool) -> UnfitError:
    if cut:
        return UnfitError("BadRequestError", "is damaged or cut short", hint="save it again as JPEG or PNG")
    foreign = foreign_format(data)
    what = f"is {foreign}, which the service does not take" if foreign else "is no picture, or its beginning is damaged"
    return UnfitError("UnsupportedMimeTypeError", what, hint=_SAVE)


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
