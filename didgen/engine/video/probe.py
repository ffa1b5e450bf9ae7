"""What a media file says about itself, read without decoding it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import av

from didgen.errors import RenderError

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm"
"""Demuxers a video may use. No playlist format is among them: those open further files."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A video's streams. `audio_rate` is 0 and `audio_s` 0.0 when it has no sound."""

    width: int
    height: int
    fps: float
    frames: int
    duration_s: float  # of the picture
    audio_rate: int
    audio_s: float
    metadata: Mapping[str, str]


def probe(path: Path) -> Facts:
    """Facts of a local video file.

    Raises RenderError("BadRequestError") when it is missing, of another kind, damaged or without a picture.
    """
    try:
        # An open file, not a name: nothing in it can make the reader open another one.
        with path.open("rb") as f, av.open(f, "r", options={"format_whitelist": FORMATS}) as file:
            if not file.streams.video:
                raise RenderError("BadRequestError", f"{path} has no picture", hint="give a video file")
            return _facts(file)
    except (OSError, av.FFmpegError) as error:
        raise RenderError("BadRequestError", f"{path} is not a video that can be read: {error}") from error


def _facts(file: av.container.InputContainer) -> Facts:
    video = file.streams.video[0]
    audio = file.streams.audio[0] if file.streams.audio else None
    rate = video.average_rate
    return Facts(
        width=video.width,
        height=video.height,
        fps=float(rate) if rate else 0.0,
        frames=video.frames,
        duration_s=_seconds(video),
        audio_rate=audio.rate if audio else 0,
        audio_s=_seconds(audio) if audio else 0.0,
        metadata=dict(file.metadata),
    )


def _seconds(stream: av.stream.Stream) -> float:
    return float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
