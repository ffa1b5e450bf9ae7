"""Scenes in order into one film: packets are moved, not encoded again, wherever the streams allow.

Pictures follow each other exactly. Sound lies on AAC's grid of 1,024 samples: each clip's sound starts at the grid
line nearest its first picture, so it is never more than half a packet (11 ms) off and nothing adds up over clips.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

import didgen
from didgen.errors import RenderError, StorageError
from didgen.film.streams import AAC_FRAME, Clip, make_alike, open_video, packets, read_clip, silent_packet

_MARK = f"AI-generated video: joined from generated scenes by didgen {didgen.__version__}"
_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

Heard = tuple[Fraction, bytes]
"""A sound packet: when it starts, in seconds, and what is in it."""


def join(videos: Sequence[Path], out: Path, check: Callable[[], None] = lambda: None) -> float:
    """Join MP4 or MOV files in order into `out`; the film's length in seconds.

    Clips whose picture or sound differs from the first's (size, rate, encoder) are encoded to fit it, letterboxed;
    clips without sound are silent. The file is whole or absent and the same bytes for the same clips. check: called
    before each clip is opened, and stops the joining by what it raises. Raises
    RenderError for what is no video, StorageError when it cannot be written, ValueError for no clips.
    """
    if not videos:
        raise ValueError("a film needs at least one clip")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with tempfile.TemporaryDirectory(prefix="film-", dir=out.parent) as folder:
            clips = make_alike([_read(path, check) for path in videos], Path(folder))
            _write(clips, part, check)
        _sync(part)
        os.replace(part, out)
    except OSError as error:
        raise _translated(error, out) from error
    finally:
        part.unlink(missing_ok=True)
    return float(sum(clip.length_s for clip in clips))


def _read(path: Path, check: Callable[[], None]) -> Clip:
    check()
    return read_clip(path)


def _translated(error: OSError, out: Path) -> Exception:
    if isinstance(error, av.FFmpegError) and error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return RenderError("VideoEnhanceError", f"{out.name} could not be joined: {error}")
    return StorageError(f"cannot write {out}: {error.strerror}", hint="free some disk space and build again")


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _write(clips: Sequence[Clip], part: Path, check: Callable[[], None]) -> None:
    options = {"fflags": "+bitexact", "movflags": "+faststart"}
    tone = next((clip.sound for clip in clips if clip.sound), None)
    with av.open(str(part), "w", format="mp4", options=options) as film:
        film.metadata.update({"comment": _MARK, "description": f"{_MARK}. digitalSourceType={_SOURCE_TYPE}"})
        video = _video_track(film, clips)
        audio = _audio_track(film, clips) if tone else None
        hush = silent_packet(tone) if tone else b""
        start_s, grid = Fraction(0), Grid(tone.rate_hz) if tone else None
        delay = max(clip.picture.delay for clip in clips)
        for k, clip in enumerate(clips):
            check()
            heard: list[Heard] = []
            for packet in _pictures(clip, start_s, delay, video, heard):
                film.mux(packet)
            start_s += clip.length_s
            if grid is not None:
                end = grid.line(start_s) - (k + 1 < len(clips))  # the next clip's lead-in goes before its line
                for packet in _sounds(_payloads(clip, heard), grid, end, audio, hush):
                    film.mux(packet)


def _video_track(film: Any, clips: Sequence[Clip]) -> Any:
    with open_video(clips[0].picture_file) as box:
        return film.add_stream_from_template(box.streams.video[0])


def _audio_track(film: Any, clips: Sequence[Clip]) -> Any:
    path = next(clip.sound_file for clip in clips if clip.sound_file)
    with open_video(path, "audio") as box:
        return film.add_stream_from_template(box.streams.audio[0])


def _pictures(clip: Clip, start_s: Fraction, delay: int, track: Any, heard: list[Heard]) -> Iterator[Any]:
    """The clip's pictures with times from the film's start, decoded `delay` ticks ahead like all of the film's.

    heard: takes the clip's sound packets when they lie in the same file, which then is opened once and not twice: of a
    film of a thousand short clips that is most of the work.
    """
    shift = round(start_s / clip.picture.time_base)
    with open_video(clip.picture_file) as box:
        stream = box.streams.video[0]
        first = stream.start_time or 0
        sound = box.streams.audio[0] if clip.sound_file == clip.picture_file else None
        for packet in packets(box, stream, *filter(None, (sound,))):
            if sound is not None and packet.stream_index == sound.index:
                heard.append((packet.pts * packet.time_base, bytes(packet)))
                continue
            packet.pts += shift - first
            packet.dts += shift - first - (delay - clip.picture.delay)
            packet.stream = track
            yield packet


class Grid:
    """Where sound packets lie: packet n of the film holds samples (n - 1) * 1024 to n * 1024, at `rate_hz`.

    Packet 0 is before the film's start: what a decoder needs to begin, and throws away.
    """

    def __init__(self, rate_hz: int) -> None:
        self.rate_hz = rate_hz
        self.written = 0

    def line(self, time_s: Fraction) -> int:
        """The number of the packet before which a clip that starts at `time_s` has its first sample."""
        return 1 + round(time_s * self.rate_hz / AAC_FRAME)


def _sounds(payloads: Iterator[bytes | None], grid: Grid, end: int, track: Any, hush: bytes) -> Iterator[Any]:
    """A clip's packets, and silence where it has none, up to the film's packet number `end`.

    A clip's own lead-in packet takes the last place of the clip before it, so that its first sound decodes whole.
    """
    for data in payloads:
        if grid.written >= end:
            break
        yield _packet(data or hush, grid, track)
    while grid.written < end:
        yield _packet(hush, grid, track)


def _payloads(clip: Clip, heard: Sequence[Heard]) -> Iterator[bytes | None]:
    """The clip's sound packets from the one just before its start; None where there is none. heard: those that were
    read with the pictures."""
    if clip.sound_file is None or clip.sound is None:
        return
    expected, first = -1, None
    for time_s, data in heard if clip.sound_file == clip.picture_file else _heard(clip.sound_file):
        at = time_s * clip.sound.rate_hz / AAC_FRAME
        first = at if first is None else first
        number = round(first) + round(at - first)
        yield from [None] * (number - expected)
        if number >= expected:
            yield data
            expected = number + 1


def _heard(path: Path) -> Iterator[Heard]:
    with open_video(path, "audio") as box:
        for packet in packets(box, box.streams.audio[0]):
            yield packet.pts * packet.time_base, bytes(packet)


def _packet(data: bytes, grid: Grid, track: Any) -> Any:
    packet = av.Packet(data)
    packet.time_base = Fraction(1, grid.rate_hz)
    packet.pts = packet.dts = (grid.written - 1) * AAC_FRAME
    packet.duration = AAC_FRAME
    packet.is_keyframe = True
    packet.stream = track
    grid.written += 1
    return packet
