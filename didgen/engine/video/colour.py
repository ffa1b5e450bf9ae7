"""RGB to the encoder's planes: I420 in BT.709, limited range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# ITU-R BT.709-6: 3.2 (luma, colour differences) scaled to the 219 and 224 steps of 3.4.
_Y = (0.2126 * 219 / 255, 0.7152 * 219 / 255, 0.0722 * 219 / 255)
_CB = (-0.2126 / 1.8556 * 224 / 255, -0.7152 / 1.8556 * 224 / 255, 0.5 * 224 / 255)
_CR = (0.5 * 224 / 255, -0.7152 / 1.5748 * 224 / 255, -0.0722 / 1.5748 * 224 / 255)

_STRIP_PX = 1 << 16  # turned at a time: what is in between stays in the cache


def i420(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The Y, U and V planes of an (h, w, 3) RGB picture with even sides, stacked as (h * 3 / 2, w).

    `cv2.cvtColor` knows BT.601 only and swscale takes four times as long; both byte roundings together stay within
    one step of the exact value. Chroma is the mean of its four pixels.
    """
    height, width = rgb.shape[:2]
    planes = np.empty((height * 3 // 2, width), np.uint8)
    lay_i420(planes, rgb, 0, 0)
    return planes


def lay_i420(planes: NDArray[np.uint8], rgb: NDArray[np.uint8], left: int, top: int) -> None:
    """Write an (h, w, 3) RGB picture into the planes of a larger one, as `i420` of the whole would have it there.

    planes: (H * 3 / 2, W), as `i420` gives them. left, top, h and w must be even: four pixels share a chroma.
    """
    height, width = rgb.shape[:2]
    if (left | top | height | width) % 2:
        raise ValueError(f"a part of {width}x{height} at {left}, {top}: 4:2:0 needs even numbers")
    whole_height, whole_width = planes.shape[0] * 2 // 3, planes.shape[1]
    chroma = planes[whole_height:].reshape(2, whole_height // 2, whole_width // 2)
    rows = max(_STRIP_PX // width // 2 * 2, 2)
    for y in range(0, height, rows):
        red_green_blue = cv2.split(rgb[y : y + rows])
        bottom = min(y + rows, height)
        _mix(red_green_blue, _Y, 16, planes[top + y : top + bottom, left : left + width])
        size = (width // 2, (bottom - y) // 2)
        half = [cv2.resize(channel, size, interpolation=cv2.INTER_AREA) for channel in red_green_blue]
        here = np.s_[(top + y) // 2 : (top + bottom) // 2, left // 2 : (left + width) // 2]
        _mix(half, _CB, 128, chroma[0][here])
        _mix(half[::-1], _CR[::-1], 128, chroma[1][here])


def _mix(channels: Sequence[Any], factors: Sequence[float], offset: float, into: NDArray[np.uint8]) -> None:
    """Weighted sum of three planes. The two small or negative factors go first, so that no byte saturates."""
    low = cv2.addWeighted(channels[0], factors[0], channels[1], factors[1], offset)
    cv2.addWeighted(low, 1.0, channels[2], factors[2], 0.0, dst=into)
