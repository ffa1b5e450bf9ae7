"""What lies behind a person: the background carried on a little way under her outline.

Only the strip that a moving head uncovers is ever seen, a few px wide. So the background is mirrored at the outline,
along its own lines where it has some (a mirrored line goes straight on), and smooth where there is nothing to mirror.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.geometry import smoothstep

Picture = NDArray[np.uint8]
Floats = NDArray[np.float32]

_FIELD_PX = 6.0  # how far the lines and the outline are smoothed, px of the half-size picture
_OUTLINE_PX = 3.0  # what counts as the outline: curls and notches below that mirror nothing, px of the same
_BEYOND_PX = 24.0  # no further outside than this is mirrored
_CLEAR_PX = 22.0  # inside: up to here what has no lines is mirrored, ever fainter
_SOFT_PX = 7  # over so many px a mirror image goes over into the smooth filling
_STEEPEST = 0.45  # cosine between the way across the outline and along a line: flatter lines are mirrored straight


def fill_behind(rgb: Picture, hole: NDArray[np.bool_]) -> Picture:
    """(h, w, 3): the picture with the hole (h, w) filled from what surrounds it. A picture that is all hole is grey."""
    if hole.all():
        return np.full_like(rgb, 128)
    known = ~hole
    smooth = _smooth_fill(rgb, known)
    places, clear = _mirrored_places(rgb, hole)
    seen = cv2.remap(rgb, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101).astype(np.float32)
    whole = cv2.erode(known.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)  # no px beside it a hole's
    sure = cv2.remap(whole, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    sure = (clear * cv2.blur(cv2.erode(sure, np.ones((_SOFT_PX, _SOFT_PX), np.uint8)), (_SOFT_PX, _SOFT_PX)))[..., None]
    out = rgb.copy()
    out[hole] = np.rint(smooth + sure * (seen - smooth)).astype(np.uint8)[hole]
    return out


def _smooth_fill(rgb: Picture, known: NDArray[np.bool_]) -> Floats:
    """(h, w, 3) weighted means of the known px, the nearer the more; at half the size, for all of it is smooth."""
    size = (rgb.shape[1] + 1) // 2, (rgb.shape[0] + 1) // 2
    weight = cv2.resize(known.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    colours = cv2.resize(rgb * known[..., None].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    out = np.full(colours.shape, 128, np.float32)
    for reach in (255, 127, 63, 31, 15, 7, 3):
        near, sums = (_twice_blurred(values, reach) for values in (weight, colours))
        out += smoothstep(0.0, 0.35, near)[..., None] * (sums / np.maximum(near, 1e-6)[..., None] - out)
    return np.asarray(cv2.resize(out, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _twice_blurred(values: Floats, reach: int) -> Floats:
    half = reach // 2 | 1
    return np.asarray(cv2.blur(cv2.blur(values, (reach, reach)), (half, half)), np.float32)


def _mirrored_places(rgb: Picture, hole: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(h, w, 2) x, y that each px of the hole is the mirror image of, on the other side of the hole's outline; and
    (h, w) 0..1, how clear an image that is: further in, a curved mirror only scatters what has no lines."""
    height, width = hole.shape
    size = (width + 1) // 2, (height + 1) // 2
    half = cv2.resize(hole.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    even = cv2.GaussianBlur(half, (0, 0), _OUTLINE_PX) > 0.4
    depth = cv2.GaussianBlur(cv2.distanceTransform(even.astype(np.uint8), cv2.DIST_L2, 5), (0, 0), 1.5)
    gentle = cv2.GaussianBlur(depth, (0, 0), 2 * _OUTLINE_PX)
    out_x, out_y = _unit(-_slope(gentle, 1, 0), -_slope(gentle, 0, 1))
    along_x, along_y, coherence = _lines(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), half < 0.05)
    across = along_x * out_x + along_y * out_y
    along_x, along_y, across = along_x * np.sign(across), along_y * np.sign(across), np.abs(across)
    lined, crossing = smoothstep(0.35, 0.6, coherence), smoothstep(_STEEPEST, _STEEPEST + 0.2, across)
    share = lined * crossing
    way_x, way_y = _unit(out_x + share * (along_x - out_x), out_y + share * (along_y - out_y))
    there = 2 * depth / np.maximum(way_x * out_x + way_y * out_y, _STEEPEST)  # half size
    reach = there + _BEYOND_PX * np.tanh(there / _BEYOND_PX)
    faint = smoothstep(_CLEAR_PX, 0.25 * _CLEAR_PX, 2 * depth)
    clear = np.maximum(share, faint * (1 - lined * (1 - crossing)))  # lines along the outline would wave with it
    fields = np.dstack([way_x * reach, way_y * reach, clear]).astype(np.float32)
    fields = cv2.resize(fields, (width, height), interpolation=cv2.INTER_LINEAR)
    here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
    return (fields[..., :2] + here).astype(np.float32), np.ascontiguousarray(fields[..., 2])


def _lines(rgb: Picture, known: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """x, y of the direction of the lines near each px and how much they agree, 0..1: the structure tensor (Förstner
    and Gülch 1987) of the known px, which goes on into the unknown ones."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    inside = cv2.erode(known.astype(np.uint8), np.ones((5, 5), np.uint8)).astype(np.float32)
    x, y = _slope(grey, 1, 0) * inside, _slope(grey, 0, 1) * inside
    xx, xy, yy = (cv2.GaussianBlur(v, (0, 0), _FIELD_PX) for v in (x * x, x * y, y * y))
    angle = 0.5 * np.arctan2(2 * xy, xx - yy) + np.pi / 2
    agree = np.hypot(xx - yy, 2 * xy) / (xx + yy + 0.5)
    return np.cos(angle), np.sin(angle), agree


def _slope(values: Floats, x: int, y: int) -> Floats:
    return np.asarray(cv2.Sobel(values, cv2.CV_32F, x, y, ksize=3, scale=1 / 8), np.float32)


def _unit(x: NDArray[Any], y: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    length = np.maximum(np.hypot(x, y), 1e-6)
    return x / length, y / length
