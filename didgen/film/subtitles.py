"""Captions as a track inside of a video, where players have a button for them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import av

from didgen.api.wire import RenderRequest, TalkRequest, TextScript
from didgen.errors import StorageError
from didgen.film.captions import Cue, cues
from didgen.film.streams import open_video, packets
from didgen.project.script import as_written

SUFFIXES = (".mp4", ".mov")
"""Videos that can hold such a track."""

_CLOCK = Fraction(1, 1000)
_STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, BackColour, Bold, Italic, Underline, Alignment
Style: Default,Arial,16,&Hffffff,&H0,0,0,0,2
"""  # what the encoder of timed text makes its sample description from


def wants_subtitles(request: RenderRequest) -> bool:
    """Whether a text is spoken and captions of it were asked for; nobody knows the words of a recording."""
    return isinstance(request, TalkRequest) and isinstance(request.script, TextScript) and request.script.subtitles


def add_subtitles(
    video: Path,
    request: RenderRequest,
    facts: Mapping[str, Any],
    respelled: Mapping[str, str] = MappingProxyType({}),
    locale: str = "en",
) -> None:
    """Do what `subtitles: true` asks for to a video of the local engine, when it can hold captions.

    facts: the engine's, with its words; respelled: spoken phrase → as the author wrote it. Raises as `embed` does.
    """
    if not wants_subtitles(request) or video.suffix not in SUFFIXES:
        return
    words = as_written(
        [(str(text), float(start), float(end)) for text, start, end in facts.get("words", ())], respelled
    )
    embed(video, cues(words, float(facts["duration_s"])), "eng" if locale.lower().startswith("en") else "")


def embed(video: Path, captions: Sequence[Cue], language: str = "") -> None:
    """Put captions into an MP4 or MOV as timed text (3GPP TS 26.245), in place; pictures and sound stay as they are.

    language: ISO 639-2, e.g. "eng". The same inputs give the same bytes. Nothing is done without captions. Raises
    RenderError for a file that is no video, StorageError when it cannot be written; the file is as it was then.
    """
    if not captions:
        return
    part = video.with_name(f".{video.name}.{os.getpid()}.part")
    try:
        _write(video, part, captions, language)
        os.replace(part, video)
    except OSError as error:
        raise StorageError(f"cannot write {video}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _write(video: Path, part: Path, captions: Sequence[Cue], language: str) -> None:
    form = "mov" if video.suffix == ".mov" else "mp4"
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    with open_video(video) as source, av.open(str(part), "w", format=form, options=options) as target:
        target.metadata.update({k: v for k, v in source.metadata.items() if k in ("comment", "description")})
        kept = [*source.streams.video[:1], *source.streams.audio[:1]]
        twins = {stream.index: target.add_stream_from_template(stream) for stream in kept}
        track: Any = target.add_stream("mov_text")
        track.codec_context.subtitle_header, track.codec_context.time_base = _STYLE, _CLOCK
        if language:
            track.metadata["language"] = language
        lines = iter([_line(cue, track) for cue in captions])
        line = next(lines, None)
        for packet in packets(source, kept):
            while line is not None and line.pts * _CLOCK <= packet.dts * packet.time_base:
                target.mux(line)
                line = next(lines, None)
            packet.stream = twins[packet.stream.index]
            target.mux(packet)
        for late in [] if line is None else [line, *lines]:
            target.mux(late)


def _line(cue: Cue, track: Any) -> Any:
    """A text sample: the length of the text in two bytes, then the text in UTF-8. The muxer adds what clears it."""
    data = cue.text.encode()
    start_ms, end_ms = round(cue.start_s * 1000), round(cue.end_s * 1000)
    packet = av.Packet(len(data).to_bytes(2, "big") + data)
    packet.time_base, packet.pts, packet.dts, packet.duration = _CLOCK, start_ms, start_ms, end_ms - start_ms
    packet.stream, packet.is_keyframe = track, True
    return packet
