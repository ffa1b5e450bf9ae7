"""Frames and sound into one MP4 or MOV: H.264 and AAC, the same bytes for the same frames."""

from __future__ import annotations

import errno
import os
import queue
import threading
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from didgen.engine.shot import FPS, preview_path
from didgen.engine.video.colour import lay_i420
from didgen.engine.video.heard import SOUND_HZ, Heard, sound_frame
from didgen.engine.video.preview import Preview
from didgen.errors import DidgenError, RenderError, StorageError

SOUND_BPS = 96_000
QUEUED_FRAMES = 8  # enough to hide the encoder's unevenness; 6 MB at 512², 50 MB at 1080p
KEYFRAME_EVERY_S = 2  # a player seeks to within two seconds
BT709 = 1  # the number of BT.709 in H.273 for primaries, transfer and matrix alike

Sound = tuple[NDArray[np.float32], int]
"""Mono samples in -1..1, (N,), and their rate in Hz."""

_Part = tuple[NDArray[np.uint8], int, int]
"""(h, w, 3) RGB and where it lies in the frame, left and top."""


class Encoder:
    """Writes one video; use it as a context manager: the file is whole at `out` after the block, or absent.

    Frames are encoded on a thread of their own (x264 and numpy's big loops let go of the interpreter), at most
    QUEUED_FRAMES behind. Sound is cut or filled with silence to the picture's length. What the thread meets is raised
    by the next `write` or by `close`: StorageError when the disk is full, RenderError for anything else. While it is
    written, the same pictures and sound can be read from `preview_path(out)`.

    still: (height, width, 3), what every frame shows where nothing is written; left out, frames are written whole.
    """

    def __init__(
        self,
        out: Path,
        width: int,
        height: int,
        sound: Sound | None,
        *,
        crf: int = 18,
        preset: str = "veryfast",
        metadata: Mapping[str, str] | None = None,
        still: NDArray[np.uint8] | None = None,
        fps: int = FPS,
    ) -> None:
        if width % 2 or height % 2:
            raise ValueError(f"H.264 4:2:0 needs even sides, not {width}x{height}")
        self._out = out
        self._part = out.with_name(f".{out.name}.{os.getpid()}.part")
        self._size = (width, height)
        self._failure: BaseException | None = None
        self._closed = False
        self._frames: queue.Queue[_Part | None] = queue.Queue(QUEUED_FRAMES)
        self._muxer = _Muxer(
            self._part, preview_path(out), out.suffix, width, height, sound, crf, preset, dict(metadata or {}), fps
        )
        self._still = still is not None
        if still is not None:
            self._muxer.lay(still, 0, 0)
        self._thread = threading.Thread(target=self._run, name="encoder", daemon=True)
        self._thread.start()

    def write(self, rgb: NDArray[np.uint8], left: int = 0, top: int = 0) -> None:
        """Add one (height, width, 3) RGB frame, or, before a `still`, the one part of it that ever changes, at even px.

        The array is the encoder's from now on: do not draw into it again.
        """
        height, width = rgb.shape[:2]
        if (left, top, left + width, top + height) != (0, 0, *self._size) and not self._still:
            raise ValueError(f"a frame of {rgb.shape} at {left}, {top} in a video of {self._size}")
        self._check()
        self._frames.put((rgb, left, top))

    def close(self) -> None:
        """Finish the file and give it its name."""
        self._stop()
        try:
            self._check()
            os.replace(self._part, self._out)
        except BaseException:
            self._part.unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        """Stop and leave nothing behind."""
        self._stop()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> Encoder:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def _stop(self) -> None:
        if not self._closed:
            self._closed = True
            self._frames.put(None)
            self._thread.join()

    def _check(self) -> None:
        if self._failure is not None:
            raise translated(self._failure, self._out) from self._failure

    def _run(self) -> None:
        """Encode until the end mark. After a failure only empty the queue, so that `write` never blocks for ever."""
        while (frame := self._frames.get()) is not None:
            if self._failure is None:
                self._guard(self._muxer.picture, *frame)
        self._guard(self._muxer.finish if self._failure is None else self._muxer.abandon)

    def _guard(self, step: Any, *args: Any) -> None:
        try:
            step(*args)
        except Exception as error:
            self._failure = self._failure or error


def translated(error: BaseException, out: Path) -> DidgenError:
    """What went wrong in writing `out`, as ours: StorageError where the disk is at fault, else RenderError."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StorageError(f"no space left to write {out}", hint="free some disk space and build again")
    if isinstance(error, OSError) and error.errno in {errno.EACCES, errno.EROFS, errno.ENOENT, errno.EPERM}:
        return StorageError(f"cannot write {out}: {error.strerror}")
    return RenderError("VideoEnhanceError", f"the video could not be encoded: {error}")


class _Muxer:
    """The container with its one or two streams, sound kept just behind the picture so that it lies interleaved."""

    def __init__(
        self,
        path: Path,
        preview: Path,
        suffix: str,
        width: int,
        height: int,
        sound: Sound | None,
        crf: int,
        preset: str,
        metadata: dict[str, str],
        fps: int,
    ) -> None:
        # bitexact: no creation time and no encoder version, so that equal frames give equal bytes.
        self._file = av.open(
            str(path),
            "w",
            format="mov" if suffix == ".mov" else "mp4",
            options={"fflags": "+bitexact", "movflags": "+faststart"},
        )
        self._file.metadata.update(metadata)
        self._video = _video_stream(self._file, width, height, crf, preset, fps)
        self._sound = Heard(*sound) if sound else None
        self._audio = _audio_stream(self._file) if sound else None
        self._preview = Preview(preview, [stream for stream in (self._video, self._audio) if stream is not None])
        self._planes = np.empty((height * 3 // 2, width), np.uint8)
        self._fps = fps
        self._pictures = 0

    def lay(self, rgb: NDArray[np.uint8], left: int, top: int) -> None:
        """Change what is seen from the next picture on."""
        lay_i420(self._planes, rgb, left, top)

    def picture(self, rgb: NDArray[np.uint8], left: int, top: int) -> None:
        self.lay(rgb, left, top)
        # The encoder copies what belongs to nobody (`avcodec_send_frame`); `from_ndarray` would do so once before.
        frame = av.VideoFrame.from_numpy_buffer(self._planes, format="yuv420p")
        frame.pts, frame.time_base = self._pictures, Fraction(1, self._fps)
        frame.color_range, frame.colorspace = av.video.reformatter.ColorRange.MPEG, BT709
        self._mux(self._video.encode(frame))
        self._pictures += 1
        self._hear()

    def finish(self) -> None:
        try:
            self._mux(self._video.encode(None))
            if self._audio is not None:
                self._mux(self._audio.encode(None))
            self._file.close()
        finally:
            self._preview.remove()

    def abandon(self) -> None:
        self._preview.remove()
        self._file.close()

    def _mux(self, packets: Sequence[Any]) -> None:
        self._file.mux(packets)
        self._preview.mux(packets)

    def _hear(self) -> None:
        """Hand over the sound that belongs to the pictures so far, with silence where there is none."""
        if self._audio is None or self._sound is None:
            return
        heard = self._sound.taken
        frame = sound_frame(self._sound.take(self._pictures * SOUND_HZ // self._fps - heard), SOUND_HZ, heard)
        self._mux(self._audio.encode(frame))


def _video_stream(file: Any, width: int, height: int, crf: int, preset: str, fps: int) -> Any:
    options = {"crf": str(crf), "preset": preset, "profile": "high", "flags": "+bitexact", "x264-params": "threads=1"}
    stream = file.add_stream("libx264", rate=fps, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.gop_size, context.thread_count = KEYFRAME_EVERY_S * fps, 1
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = av.video.reformatter.ColorRange.MPEG
    return stream


def _audio_stream(file: Any) -> Any:
    # FFmpeg's quicker coder takes a third of the time and, from 64 kb/s on, comes nearer to the sound: 35 dB, not 28.
    options = {"flags": "+bitexact", "aac_coder": "fast"}
    stream = file.add_stream("aac", rate=SOUND_HZ, layout="mono", options=options)
    stream.bit_rate = SOUND_BPS
    return stream
