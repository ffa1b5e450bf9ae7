"""A keeper of the door: loads the decoders once and forks a child for each file, which opens that file and no other.

One order a line on standard input, `{"path", "use"}`; one answer a line on standard output: `{"suffix", "width",
"height", "seconds"}` or `{"kind", "message", "hint"}`. Before a child looks into its file it gives up the right to
open anything more (RLIMIT_NOFILE 0: no file, no socket), to write files and to take more than its share of memory and
time: no playlist, no codec and no bug leads anywhere from there.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import stat
import sys
from contextlib import suppress
from typing import IO, Any

from didgen.catalog.limits import PICTURE_SIDE_PX, SOUND_S
from didgen.errors import RenderError
from didgen.media.photo_header import foreign_format, read_header
from didgen.media.sniff import HEAD_BYTES, SUFFIXES, suffix_of

MEMORY_BYTES = 1 << 30
CPU_S = 10
WALL_S = 20.0
PIXELS = 40_000_000
SIDE_PX = 8_192
VIDEO_SIDE_PX = 4_096
STREAMS = 16
PICTURES = (".jpg", ".png", ".webp")
_LOOK_S = 2.0  # of sound that are decoded; the rest is, where it is rendered
_LOOK_FRAMES = 5


def looked(file: IO[bytes], use: str) -> dict[str, Any]:
    """What an open file is. Raises RenderError."""
    head = file.read(HEAD_BYTES)
    file.seek(0)
    suffix = suffix_of(head)
    if not head:
        raise _refusal("the file is empty")
    if use in ("picture", "logo"):
        return {"suffix": suffix, **_picture(file.read(), suffix, logo=use == "logo")}
    kind, word = ("audio", "sound") if use in ("sound", "recording") else ("video", "video")
    if suffix not in SUFFIXES[kind]:
        raise RenderError("UnsupportedMimeTypeError", f"it is no {word} of a kind that is read here")
    if use == "recording" and suffix in SUFFIXES["video"]:  # a driver may be silent
        try:
            return {"suffix": suffix, **_recording(file, "audio")}
        except RenderError:
            file.seek(0)
            return {"suffix": suffix, **_recording(file, "video")}
    return {"suffix": suffix, **_recording(file, "overlay" if use == "overlay" else kind)}


def _picture(data: bytes, suffix: str, *, logo: bool) -> dict[str, Any]:
    import cv2
    import numpy as np

    header = read_header(data)
    if suffix not in PICTURES or header is None:
        what = foreign_format(data) or "no picture, or its beginning is damaged"
        raise RenderError("UnsupportedMimeTypeError", f"it is {what}", hint="send a JPEG, a PNG or a WebP")
    size = f"it is {header.width} × {header.height} px"
    if max(header.width, header.height) > SIDE_PX or header.width * header.height > PIXELS:
        raise RenderError("InvalidImageResolutionError", size, hint=f"at most {SIDE_PX} px a side and 40 megapixels")
    if not logo and min(header.width, header.height) < PICTURE_SIDE_PX:
        hint = f"at least {PICTURE_SIDE_PX} × {PICTURE_SIDE_PX} px"
        raise RenderError("InvalidImageResolutionError", size, hint=hint)
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if header.whole else None
    if pixels is None:
        raise _refusal("it is damaged or cut short")
    return {"width": header.width, "height": header.height}


def _recording(file: IO[bytes], kind: str) -> dict[str, Any]:
    """Open a recording by the formats that are allowed, and decode its beginning."""
    import av

    from didgen.engine.speech.listen import FORMATS as SOUNDS
    from didgen.engine.video.moving import FORMATS as OVERLAYS
    from didgen.engine.video.probe import FORMATS as VIDEOS

    allowed = {"audio": SOUNDS, "overlay": OVERLAYS}.get(kind, VIDEOS)
    try:
        with av.open(file, "r", options={"format_whitelist": allowed}, metadata_errors="ignore") as box:
            streams = box.streams.audio if kind == "audio" else box.streams.video
            stream: Any = next((s for s in streams if s.codec_context is not None), None)
            if stream is None or len(box.streams) > STREAMS:
                raise _refusal("there is no sound in it" if kind == "audio" else "there is no picture in it")
            seconds = box.duration / av.time_base if box.duration and box.duration > 0 else 0.0
            if seconds > SOUND_S + 1:
                raise RenderError("InvalidAudioDurationError", f"it is longer than {SOUND_S / 60:g} minutes")
            sides = (0, 0) if kind == "audio" else (stream.width, stream.height)
            if max(sides) > VIDEO_SIDE_PX:
                raise RenderError("InvalidImageResolutionError", f"it is larger than {VIDEO_SIDE_PX} px a side")
            stream.codec_context.thread_count = 1
            if not _decodes(box, stream):
                raise _refusal("it is damaged")
            return {"width": sides[0], "height": sides[1], "seconds": round(seconds, 3)}
    except (av.FFmpegError, ValueError, OSError):
        raise _refusal("it is damaged, or of another kind") from None


def _decodes(box: Any, stream: Any) -> bool:
    """Whether something comes of its beginning; damaged packets are skipped, as players do."""
    import av

    came, heard_s = 0, 0.0
    for packet in box.demux(stream):
        try:
            for frame in packet.decode():
                came += 1
                heard_s += getattr(frame, "samples", 0) / (getattr(frame, "sample_rate", 0) or 1)
        except av.FFmpegError:
            continue
        if came >= _LOOK_FRAMES and (stream.type == "video" or heard_s >= _LOOK_S):
            break
    return came > 0


def _refusal(message: str) -> RenderError:
    return RenderError("BadRequestError", message, hint="save it again")


def _obey(order: dict[str, str]) -> dict[str, Any]:
    """In the child: open the file, give everything up, look."""
    try:
        handle = os.open(order["path"], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return {"kind": "BadRequestError", "message": "it is no file", "hint": "send one"}
        with os.fdopen(handle, "rb") as file:
            _give_up()
            return looked(file, order["use"])
    except RenderError as error:
        return {"kind": error.kind, "message": error.message, "hint": error.hint}
    except MemoryError:
        return {"kind": "BadRequestError", "message": "it takes too much memory", "hint": "save it smaller"}
    except OSError:
        return {"kind": "BadRequestError", "message": "it cannot be read", "hint": "send it again"}


def _give_up() -> None:
    signal.setitimer(signal.ITIMER_REAL, WALL_S)
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (most, most))


def _rehearse() -> None:
    """Load everything that a child may need: it can open nothing any more."""
    import io
    import wave

    import cv2
    import numpy as np

    import didgen.engine.speech.listen
    import didgen.engine.video.moving
    import didgen.engine.video.probe  # noqa: F401

    cv2.setNumThreads(0)
    for suffix in (".jpg", ".png", ".webp"):
        done, coded = cv2.imencode(suffix, np.zeros((PICTURE_SIDE_PX, PICTURE_SIDE_PX, 3), np.uint8))
        looked(io.BytesIO(coded.tobytes()), "picture") if done else None
    sound = io.BytesIO()
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    looked(io.BytesIO(sound.getvalue()), "sound")
    for use in ("sound", "video", "overlay"):
        with suppress(RenderError):
            looked(io.BytesIO(b"\0\0\0\x18ftypisom" + bytes(64)), use)


def _child(order: dict[str, str], out: int) -> None:
    answer = json.dumps(_obey(order)).encode()
    os.write(out, answer[:4000] if len(answer) <= 4000 else b"")


def _one(order: dict[str, str]) -> bytes:
    """Fork, wait, and say what the child said; a child that died said that the file is damaged."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reader)
            _child(order, writer)
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        answer = file.read()
    _, status = os.waitpid(pid, 0)
    if status or not answer:
        return json.dumps(
            {"kind": "BadRequestError", "message": "it stopped the program that reads it", "hint": "save it again"}
        ).encode()
    return answer


def main() -> None:
    """Obey orders until standard input ends."""
    out = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)  # what native code prints is not an answer
    os.dup2(nowhere, 2)
    _rehearse()
    for line in sys.stdin.buffer:
        out.write(_one(json.loads(line)) + b"\n")
        out.flush()


if __name__ == "__main__":
    main()
