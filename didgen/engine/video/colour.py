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


def i420(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The Y, U and V planes of an (h, w, 3) RGB picture with even sides, stacked as (h * 3 / 2, w).

    `cv2.cvtColor` knows BT.601 only and swscale takes four times as long; both byte roundings together stay within
    one step of the exact value. Chroma is the mean of its four pixels.
    """
    height, width = rgb.shape[:2]
    planes = np.empty((height * 3 // 2, width), np.uint8)
    planes[:height] = _mix(cv2.split(rgb), _Y, 16)
    half = cv2.split(cv2.resize(rgb, (width // 2, height // 2), interpolation=cv2.INTER_AREA))
    chroma = planes[height:].reshape(2, height // 2, width // 2)
    chroma[0] = _mix(half, _CB, 128)
    chroma[1] = _mix(half[::-1], _CR[::-1], 128)
    return planes


def _mix(channels: Sequence[Any], factors: Sequence[float], offset: float) -> Any:
    """Weighted sum of three planes. The two small or negative factors go first, so that no byte saturates."""
    low = cv2.addWeighted(channels[0], factors[0], channels[1], factors[1], offset)
    return cv2.addWeighted(low, 1.0, channels[2], factors[2], 0.0)
