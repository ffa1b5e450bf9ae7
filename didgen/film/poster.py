"""A picture that stands for a video."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from didgen.errors import RenderError, StorageError
from didgen.film.streams import JOINED, open_video

_AT = 1 / 3  # past the first breath, before the end's pause
_CANDIDATES = (_AT, 0.5, 0.2, 0.8, 0.0)
_BLACK = 20  # mean grey of a frame nobody wants to see
_QUALITY = 90


def poster(video: Path, out: Path) -> None:
    """Write a frame of the video, about a third in and not black, as JPEG to `out`; whole or absent.

    Raises RenderError when the video cannot be read, StorageError when the picture cannot be written.
    """
    import cv2

    rgb = _frame(video)
    whole, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not whole:
        raise RenderError("VideoEnhanceError", f"no poster could be made of {video.name}")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        part.write_bytes(data.tobytes())
        os.replace(part, out)
    except OSError as error:
        raise StorageError(f"cannot write {out}: {error.strerror}") from error
    finally:
        part.unlink(missing_ok=True)


def _frame(video: Path) -> Any:
    """(H, W, 3) RGB uint8: the first candidate that is not black, else the brightest."""
    best = None
    for share in _CANDIDATES:
        rgb = _frame_at(video, share)
        if rgb.mean() > _BLACK:
            return rgb
        best = rgb if best is None or rgb.mean() > best.mean() else best
    return best


def _frame_at(video: Path, share: float) -> Any:
    """The frame at a share of the video's length, exactly: from the key frame before it."""
    with open_video(video, formats=f"{JOINED},gif") as box:
        stream = box.streams.video[0]
        target = (stream.start_time or 0) + int((stream.duration or 0) * share)
        box.seek(target, stream=stream)
        last = None
        for frame in box.decode(stream):
            last = frame
            if frame.pts is not None and frame.pts >= target:
                break
    if last is None:
        raise RenderError("VideoEnhanceError", f"{video.name} has no pictures in it")
    return last.to_ndarray(format="rgb24")
