"""Where in a picture a small piece of another one is seen again: by its pattern, its contrast and its brightness."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FLAT = 4.0  # grey levels: a pattern with less contrast than that may be noise
_LIGHT = 60.0  # grey levels: with half as many a slope that is lit by an eighth seems to have moved by 1.5 mm


def alike(around: NDArray[np.uint8], piece: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H - h + 1, W - w + 1), at most 1: how much of a grey piece (h, w) is seen again at each place in (H, W).

    Contrast and structure are the second factor of the structural similarity (Wang et al. 2004, equation 13, FLAT² for
    C2). A correlation that is divided by both contrasts takes any slope of light for any other one: the smooth skin of
    a lip fits the bare chin, and the dark between open lips, as well as itself. The brightness is compared loosely:
    lips that are lit or shaded as they come forward are still themselves, the dark inside of a mouth is not.
    """
    h, w = piece.shape
    there = (slice(around.shape[0] - h + 1), slice(around.shape[1] - w + 1))
    together = cv2.matchTemplate(around, piece, cv2.TM_CCOEFF) / piece.size
    mean = cv2.boxFilter(around, cv2.CV_32F, (w, h), anchor=(0, 0))[there]
    squares = cv2.sqrBoxFilter(around, cv2.CV_32F, (w, h), anchor=(0, 0))[there]
    spread = np.maximum(squares - mean**2, 0)
    pattern = (2 * together + FLAT**2) / (spread + float(piece.var()) + FLAT**2)
    return np.asarray(pattern * np.exp(-0.5 * ((mean - float(piece.mean())) / _LIGHT) ** 2), np.float32)
