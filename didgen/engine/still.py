"""The pixels of HEIC and AVIF pictures, tile by tile."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
from numpy.typing import NDArray

from didgen.media.heif import Still

if TYPE_CHECKING:
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

_DECODERS = {"HEIC": "hevc", "AVIF": "libdav1d"}
_MATRICES = {1: "ITU709", 9: "BT2020", 10: "BT2020"}  # all others are near enough to 601's


def decode_still(still: Still, data: bytes) -> NDArray[np.uint8] | None:
    """(H, W, 3) BGR as stored, not turned; None where a tile cannot be decoded."""
    height, width = still.tile_height, still.tile_width
    out = np.zeros((still.rows * height, still.columns * width, 3), np.uint8)
    for number in range(len(still.tiles)):
        tile = _tile(still, data, number)
        if tile is None or tile.shape != (height, width, 3):
            return None
        top, left = number // still.columns * height, number % still.columns * width
        out[top : top + height, left : left + width] = tile
    return np.ascontiguousarray(out[: still.height, : still.width])


def _tile(still: Still, data: bytes, number: int) -> NDArray[np.uint8] | None:
    """One tile, by a decoder of its own: nothing of another tile can leak into it."""
    import av

    try:
        decoder = cast("VideoCodecContext", av.CodecContext.create(_DECODERS[still.format], "r"))
        decoder.extradata = still.config if still.format == "HEIC" else still.config[4:]
        decoder.thread_count = 1
        decoder.options = {"err_detect": "explode"}  # no guess at what is missing
        frames = [*decoder.decode(av.Packet(still.tile(data, number))), *decoder.decode(None)]
    except (av.FFmpegError, ValueError):
        return None
    return _bgr(frames[0], still) if frames and not frames[0].is_corrupt else None


def _bgr(frame: VideoFrame, still: Still) -> NDArray[np.uint8]:
    """By the matrix and range that the file names, else the picture's own, else those of JPEG."""
    from av.video.reformatter import ColorRange, Colorspace

    matrix, full = still.nclx or (int(frame.colorspace), int(frame.color_range) != 1)
    space = Colorspace[_MATRICES.get(matrix, "ITU601")]
    given = ColorRange.JPEG if full else ColorRange.MPEG
    made = frame.reformat(format="bgr24", src_colorspace=space, src_color_range=given, dst_color_range=ColorRange.JPEG)
    return np.asarray(made.to_ndarray(), np.uint8)
