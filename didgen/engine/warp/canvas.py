"""The source a frame is read from: the work picture and a margin, twice as dense as the frame.

Bilinear reading from twice the density looks like bicubic reading from once, at a fifth of the time. Samples lie at
work px k / per_px, so that the px of a picture at rest are samples themselves and come back bit for bit.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """rgb: (h, w, 3); sample (0, 0) lies at work px (-margin, -margin), `per_px` samples a work px."""

    rgb: Picture
    margin: int
    per_px: int

    def sampled(self, places: Floats) -> Picture:
        """(h, w, 3): the source at (h, w, 2) x, y work px."""
        return read(self.rgb, self.samples(places))

    def samples(self, places: Floats) -> Floats:
        """(h, w, 2) work px → x, y among the samples."""
        at: Floats = places * np.float32(self.per_px)
        at += np.float32(self.margin * self.per_px)
        return at

    def at_rest(self) -> Picture:
        """(height, width, 3): the work picture."""
        first, stop = self.margin * self.per_px, -self.margin * self.per_px
        return self.rgb[first : stop : self.per_px, first : stop : self.per_px].copy()


def read(samples: Picture, at: Floats, into: Picture | None = None) -> Picture:
    """(h, w, channels), in a picture of its own or `into` one: bilinear between samples at (h, w, 2) x, y, which OpenCV
    rounds to 1/32; the border's own beyond it."""
    out: Picture = cv2.remap(samples, at, None, cv2.INTER_LINEAR, dst=into, borderMode=cv2.BORDER_REPLICATE)
    return out


def make_canvas(
    photo: Picture,
    work_from_photo: NDArray[np.float64],
    size: tuple[int, int],
    *,
    margin: int,
    per_px: int,
    sharpen: bool,
) -> Canvas:
    """The canvas of a work picture of `size` (width, height). work_from_photo: (2, 3), a scale and a shift.

    Real photo in the margin where there is some, its mirror image (without the border px) beyond the photo's edge.
    """
    matrix = np.asarray(work_from_photo, np.float64) * per_px
    matrix[:, 2] += margin * per_px
    width, height = ((n + 2 * margin) * per_px for n in size)
    photo, matrix = _shrunk(photo, matrix)
    rgb = cv2.warpAffine(photo, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return Canvas(_sharpened(rgb, 1.1 * per_px) if sharpen else rgb, margin, per_px)


def _shrunk(photo: Picture, matrix: NDArray[np.float64]) -> tuple[Picture, NDArray[np.float64]]:
    """The photo averaged down when the canvas is less than half as dense, so that reading it cannot alias."""
    times = int(1 / matrix[0, 0])
    if times < 2:
        return photo, matrix
    height, width = (n // times * times for n in photo.shape[:2])
    small = cv2.resize(photo[:height, :width], (width // times, height // times), interpolation=cv2.INTER_AREA)
    matrix = matrix.copy()
    matrix[:, 2] += matrix[0, 0] * (times - 1) / 2  # px centres of the small picture lie between the large one's
    matrix[:, :2] *= times
    return small, matrix


def _sharpened(rgb: Picture, radius_px: float, amount: float = 0.45) -> Picture:
    """Unsharp mask: what an enlarged face lacks and an encoder takes."""
    soft = cv2.GaussianBlur(rgb, (0, 0), radius_px)
    out: Picture = cv2.addWeighted(rgb, 1 + amount, soft, -amount, 0)
    return out
