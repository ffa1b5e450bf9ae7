"""The pictures of somebody's video, one by one, whatever their size, rate and way up."""

from __future__ import annotations

from collections.abc import Iterator
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
_BLACK = 16  # of a picture's light as it is stored
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
    if frame.format.name == "yuv420p" and _SIDE_PX < max(frame.width, frame.height) <= 2 * _SIDE_PX:
        return np.ascontiguousarray(np.rot90(_halved(frame), quarters))
    scale = min(1.0, _SIDE_PX / max(frame.width, frame.height))
    width, height = (max(2, round(side * scale / 2) * 2) for side in (frame.width, frame.height))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    return np.ascontiguousarray(np.rot90(pixels, quarters))


def _halved(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """A phone's picture at half its size: colours are stored so, only its light is averaged. A quarter of the cost of
    shrinking all of it; taken for BT.601, its colours are a little off, and nobody looks at them."""
    width, height = frame.width // 2 * 2, frame.height // 2 * 2
    light, *colours = (_plane(plane) for plane in frame.planes)
    light = cv2.resize(light[:height, :width], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    light = cv2.convertScaleAbs(cv2.max(light, _BLACK), alpha=255 / 219, beta=-_BLACK * 255 / 219)
    colours = [
        cv2.convertScaleAbs(plane[: height // 2, : width // 2], alpha=255 / 224, beta=128 - 128 * 255 / 224)
        for plane in colours
    ]
    return np.asarray(cv2.cvtColor(cv2.merge([light, *colours]), cv2.COLOR_YUV2RGB), np.uint8)


def _plane(plane: Any) -> NDArray[np.uint8]:
    """(height, width) of one plane, without its padding, not copied."""
    rows = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]
