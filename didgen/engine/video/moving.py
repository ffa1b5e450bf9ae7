"""A video laid over every frame, by time: over it as far as it is not clear, or as light if it has no alpha."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.shot import FPS
from didgen.errors import RenderError

Pixels = NDArray[np.uint8]

FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegvideo"
"""Demuxers an overlay may use: the service's kinds. No playlist format is among them: those open further files."""

_SIDE_PX = 4096  # one picture of it is in memory, as large as it is
_KIND = "VideoEnhanceError"
_HINT = "give an MP4, MOV or MPEG video"


class MovingOverlay:
    """A video that fills the frame in its own shape: the middle of it, where shapes differ. It holds two pictures.

    A picture with an alpha channel lies over the frame (Porter and Duff, 1984: "over"); one without brightens it
    ("screen"), so that its black hides nothing. Raises RenderError(VideoEnhanceError) for a file that is no video, here
    or, where it is damaged further on, by `lay`. `close` it.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._path, self._size = path, (width, height)
        self._layer: tuple[Pixels, Pixels] | None = None
        self._begin()

    def lay(self, frame: Pixels, time_s: float) -> None:
        """Draw into an (H, W, 3) frame what the video shows that long after its first picture; nothing after its end.

        Times grow as a rule; an earlier one than before begins the file again.
        """
        if time_s < self._since_s:
            self.close()
            self._begin()
        while self._now is not None and self._until_s <= time_s:
            self._step()
        if self._now is None:
            return
        if self._layer is None:
            self._layer = _blend(self._now, *self._size)
        ink, clear = self._layer
        frame[:] = cv2.add(cv2.multiply(frame, clear, scale=1 / 255), ink)

    def close(self) -> None:
        """Let go of the file."""
        self._pictures.close()

    def _begin(self) -> None:
        self._pictures = self._decoded()
        self._next: av.VideoFrame | None = None
        self._until_s = 0.0
        try:
            self._step()  # knows of the first picture
            self._step()  # shows it
        except BaseException:
            self.close()
            raise

    def _step(self) -> None:
        """The next picture is the one that is seen. Nothing is, once there is none."""
        self._now, self._since_s = self._next, self._until_s
        self._layer = None
        self._until_s, self._next = next(self._pictures, (self._until_s, None))

    def _decoded(self) -> Any:
        try:
            # An open file, not a name, and no playlists: nothing in it can make the reader open another one.
            with self._path.open("rb") as f, av.open(f, "r", options={"format_whitelist": FORMATS}) as container:
                yield from self._timed(container)
        except (OSError, av.FFmpegError) as error:
            why = error.strerror or error
            raise RenderError(_KIND, f"the overlay {self._path} cannot be read: {why}", hint=_HINT) from error

    def _timed(self, container: Any) -> Iterator[tuple[float, av.VideoFrame | None]]:
        """Pictures with the time they begin at, in seconds from the first; at last the end, without a picture."""
        stream = container.streams.best("video")
        if stream is None or stream.codec_context is None:
            raise RenderError(_KIND, f"the overlay {self._path} has no picture", hint=_HINT)
        self._check_size(stream.width, stream.height)  # before one is decoded
        step_s = 1 / float(stream.average_rate or FPS)
        first_s = end_s = None
        for frame in container.decode(stream):
            self._check_size(frame.width, frame.height)
            at_s = frame.time if frame.time is not None else end_s or 0.0
            first_s = at_s if first_s is None else first_s
            end_s = at_s + (float(frame.duration * frame.time_base) if frame.duration else step_s)
            yield at_s - first_s, frame
        if first_s is None or end_s is None:
            raise RenderError(_KIND, f"the overlay {self._path} has no picture", hint=_HINT)
        yield end_s - first_s, None

    def _check_size(self, width: int, height: int) -> None:
        if max(width, height) > _SIDE_PX:
            message = f"the overlay {self._path} is {width} × {height} px"
            raise RenderError(_KIND, message, hint=f"at most {_SIDE_PX:,} px a side")


def check_overlay(path: Path) -> None:
    """Raises RenderError(VideoEnhanceError) for a file of which no first picture can be read."""
    MovingOverlay(path, 2, 2).close()


def _blend(frame: av.VideoFrame, width: int, height: int) -> tuple[Pixels, Pixels]:
    """What is added to a frame of that size, and how much of 255 is seen of what was there: (height, width, 3) each."""
    if not any(component.is_alpha for component in frame.format.components):
        light = _fitted(_upright(frame, "rgb24"), width, height)
        return light, 255 - light
    rgba = _upright(frame, "rgba")
    alpha = cv2.merge([rgba[..., 3]] * 3)
    # Colours are weighed before they are scaled: what is wholly clear has one, too, and it must not shine through.
    ink = cv2.multiply(np.ascontiguousarray(rgba[..., :3]), alpha, scale=1 / 255)
    return _fitted(ink, width, height), 255 - _fitted(alpha, width, height)


def _upright(frame: av.VideoFrame, form: str) -> Pixels:
    """Phones store a turned picture and a note of how far (degrees counter-clockwise)."""
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format=form), round(frame.rotation / 90) % 4))


def _fitted(picture: Pixels, width: int, height: int) -> Pixels:
    """The largest middle part of that shape, scaled."""
    tall, wide = picture.shape[:2]
    part_w, part_h = min(wide, max(1, round(tall * width / height))), min(tall, max(1, round(wide * height / width)))
    left, top = (wide - part_w) // 2, (tall - part_h) // 2
    part = picture[top : top + part_h, left : left + part_w]
    way = cv2.INTER_AREA if part_w > width else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, (width, height), interpolation=way), np.uint8)
