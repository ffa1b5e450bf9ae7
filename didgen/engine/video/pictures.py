"""The pictures of somebody's video, one by one, whatever their size, rate and way up."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.shot import FPS
from didgen.engine.video.probe import FORMATS
from didgen.errors import RenderError

SLOWEST_FPS, FASTEST_FPS = 10, 60
_SIDE_PX = 1280  # larger pictures are shrunk: the nets see 256 px of a face
_UNSMOOTHED = {"skip_loop_filter": "noref"}  # of the decoder: on pictures that no other one is made from
_MAX_FPS = 31.0  # of 50 and 60 a second every other one tells enough


class DriverPictures:
    """The pictures of a video file, upright RGB, at most 31 a second; `times` grows along, seconds from the first."""

    def __init__(self, path: Path, limit_s: float) -> None:
        self._path, self._limit_s = path, limit_s
        self._clock: list[float] = []  # of every picture, those left out as well
        self.times: list[float] = []
        self.short_side_px = 1  # of the pictures as they are given out; known from the first one on

    @property
    def fps(self) -> int:
        """The file's own rate in whole pictures a second, once it was read: of a phone that takes its time the usual
        one."""
        steps = np.diff(self._clock)
        steps = steps[steps > 0]
        return int(np.clip(round(1 / float(np.median(steps))), SLOWEST_FPS, FASTEST_FPS)) if len(steps) else FPS

    @property
    def duration_s(self) -> float:
        """Of all pictures, the last one's own time included."""
        return self._clock[-1] + 1 / self.fps if self._clock else 0.0

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        try:
            # An open file, not a name, and no playlists: nothing in it can make the reader open another one.
            with self._path.open("rb") as f, av.open(f, "r", options={"format_whitelist": FORMATS}) as container:
                if not container.streams.video:
                    raise RenderError("BadRequestError", f"{self._path} has no picture", hint="give a video file")
                coded = container.streams.video[0].codec_context
                if _times(coded.width, coded.height) > 1:  # the edges of its blocks are averaged away
                    coded.options = _UNSMOOTHED
                yield from self._decoded(container)
        except (OSError, av.FFmpegError) as error:
            hint, why = "give an MP4, MOV or WebM file of a face", error.strerror or str(error)
            raise RenderError(
                "BadRequestError", f"{self._path} is no video that can be read: {why}", hint=hint
            ) from error

    def _decoded(self, container: Any) -> Iterator[NDArray[np.uint8]]:
        start: float | None = None
        for number, frame in enumerate(container.decode(video=0)):
            time = float(frame.time) if frame.time is not None else number / FPS
            start = time if start is None else start
            if time - start > self._limit_s:
                return
            self._clock.append(time - start)
            if self.times and time - start - self.times[-1] < 0.98 / _MAX_FPS:
                continue
            self.times.append(time - start)
            rgb = _rgb(frame)
            self.short_side_px = min(rgb.shape[:2])
            yield rgb


def _rgb(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """Upright: phones store a turned picture and a note of how far (degrees counter-clockwise)."""
    quarters = round(frame.rotation / 90) % 4
    times = _times(frame.width, frame.height)
    if frame.format.name == "yuv420p" and times > 1:
        return np.ascontiguousarray(np.rot90(_shrunk(frame, times), quarters))
    scale = min(1.0, _SIDE_PX / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _times(width: int, height: int) -> int:
    return ceil(max(width, height) / _SIDE_PX)


def _shrunk(frame: av.VideoFrame, times: int) -> NDArray[np.uint8]:
    """A phone's picture so many times smaller, each px the mean of a square: its planes are shrunk before they become
    colours. A sixth of the cost of shrinking all of it; taken for BT.601, they are a little off, and nobody looks."""
    width, height = (side // (2 * times) * 2 for side in (frame.width, frame.height))
    planes = np.empty((height * 3 // 2, width), np.uint8)
    light, blue, red = planes[:height], *planes[height:].reshape(2, height // 2, width // 2)
    for plane, small in zip(frame.planes, (light, blue, red), strict=True):
        rows, columns = small.shape
        whole = _plane(plane)[: rows * times, : columns * times]
        cv2.resize(whole, (columns, rows), dst=small, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2RGB_I420), np.uint8)


def _plane(plane: Any) -> NDArray[np.uint8]:
    """(height, width) of one plane, without its padding, not copied."""
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
