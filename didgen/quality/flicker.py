"""Whether what should stand still stands still: the background's restlessness from picture to picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.matte import person_matte

BLOCK_PX = 16
LOOK_EVERY = 25  # pictures between two looks at where the person is
_PERSON = 0.1  # of matte: a block with more of it anywhere is not background
_NEAR_BLOCKS = 2  # blocks about the person that may move with the hair
_LEAST_BLOCKS = 4


class Flicker:
    """Fed picture by picture; holds two of them, whatever the length of the clip.

    `level`: the mean over time and background blocks (16 px) of the absolute second difference of a block's mean
    grey, in grey levels 0..255: steady light and slow drift measure 0, light that jumps to and fro by 1 measures 2.
    None when the picture has no background to speak of.
    """

    def __init__(self) -> None:
        self._means: list[NDArray[np.float32]] = []
        self._person: NDArray[np.bool_] | None = None
        self._count = 0
        self._sum: NDArray[np.float64] | None = None

    def add(self, rgb: NDArray[np.uint8]) -> None:
        """The next (H, W, 3) RGB picture; all of one size."""
        size = max(1, rgb.shape[1] // BLOCK_PX), max(1, rgb.shape[0] // BLOCK_PX)
        if self._count % LOOK_EVERY == 0:
            person = _block_maximum(person_matte(rgb), size) > _PERSON
            self._person = person if self._person is None else self._person | person
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
        self._means = [*self._means[-2:], cv2.resize(grey, size, interpolation=cv2.INTER_AREA)]
        self._count += 1
        if len(self._means) == 3:
            before, here, after = self._means
            jump = np.abs(after - 2 * here + before).astype(np.float64)
            self._sum = jump if self._sum is None else self._sum + jump

    @property
    def level(self) -> float | None:
        if self._sum is None or self._person is None:
            return None
        side = 2 * _NEAR_BLOCKS + 1
        near = cv2.dilate(self._person.astype(np.uint8), np.ones((side, side), np.uint8)) > 0
        if np.count_nonzero(~near) < _LEAST_BLOCKS:
            return None
        return float(self._sum[~near].mean() / (self._count - 2))


def _block_maximum(matte: NDArray[np.float32], size: tuple[int, int]) -> NDArray[np.float32]:
    """(rows, columns) the largest value in each block, by way of a dilation and the middle of the block."""
    spread = cv2.dilate(matte, np.ones((BLOCK_PX, BLOCK_PX), np.uint8))
    return np.asarray(cv2.resize(spread, size, interpolation=cv2.INTER_NEAREST), np.float32)
