"""A still picture laid over every frame: somebody's logo, or the mark that says a video is AI-generated."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.photo import decode_picture, read_picture, to_rgba, turn
from didgen.engine.shot import Logo
from didgen.errors import RenderError

Pixels = NDArray[np.uint8]

_SMALLEST_PX = 18  # height of the mark: below that its letters are no letters
_SHARE = 0.065  # of the frame's shorter side
_FINE = 8  # the mark is drawn this much larger and averaged down

# The mark in heights of its own: a rounded plate with a thin rim, letters of five ninths of its height.
_WIDTH, _RADIUS, _RIM = 1.52, 0.3, 0.055
_CAP, _STROKE, _LETTER_WIDTH, _GAP = 0.54, 0.125, 0.58, 0.13
_PLATE, _PLATE_ALPHA, _RIM_ALPHA = 20, 0.66, 0.55  # dark enough for white letters over white walls


@dataclass(frozen=True, slots=True, eq=False)
class Overlay:
    """A picture where it lies in the frame, cut to the frame. ink: (h, w, 3) colour times alpha, 0..255²; clear:
    (h, w, 1) 255 minus alpha."""

    left: int
    top: int
    ink: NDArray[np.uint16]
    clear: NDArray[np.uint16]

    def lay(self, frame: Pixels) -> None:
        """Draw into an (H, W, 3) frame, only where the picture is. Where it is clear the frame keeps its bytes."""
        height, width = self.clear.shape[:2]
        under = frame[self.top : self.top + height, self.left : self.left + width]
        under[:] = (under * self.clear + self.ink + np.uint16(127)) // np.uint16(255)

    def within(self, left: int, top: int, width: int, height: int) -> Overlay | None:
        """The same overlay in px of a part of the frame, cut to it; None where it does not reach it."""
        x0, y0 = max(left, self.left), max(top, self.top)
        x1, y1 = (
            min(left + width, self.left + self.ink.shape[1]),
            min(top + height, self.top + self.ink.shape[0]),
        )
        if x0 >= x1 or y0 >= y1:
            return None
        seen = np.s_[y0 - self.top : y1 - self.top, x0 - self.left : x1 - self.left]
        return Overlay(x0 - left, y0 - top, self.ink[seen], self.clear[seen])


def overlay_of(logo: Logo | str | None, width: int, height: int) -> Overlay | None:
    """What is laid over a video of that size: the mark for "ai", a logo, or nothing. Raises RenderError(LogoError)."""
    if logo is None:
        return None
    return placed_logo(logo, width, height) if isinstance(logo, Logo) else ai_badge(width, height)


def placed_logo(logo: Logo, width: int, height: int) -> Overlay:
    """A logo in px of the frame. A negative position is added to the frame's side: -100 begins 100 px before its end.

    What lies beyond the frame is cut off. Raises RenderError(LogoError) for a file that is no picture and for a logo
    that lies wholly outside.
    """
    rgba = load_logo(logo.path)
    left, top = (at + side if at < 0 else at for at, side in ((logo.left, width), (logo.top, height)))
    x0, y0 = max(left, 0), max(top, 0)
    seen = rgba[y0 - top : max(0, height - top), x0 - left : max(0, width - left)]
    if not seen.size:
        where = f"position [{logo.left}, {logo.top}] of a {rgba.shape[1]}×{rgba.shape[0]} px logo"
        raise RenderError("LogoError", f"{where} is outside of the {width}×{height} px video")
    return _overlay(x0, y0, seen)


def load_logo(path: Path) -> Pixels:
    """(H, W, 4) RGBA of a PNG or JPEG (or WebP, BMP, TIFF) file, upright. Raises RenderError(LogoError)."""
    try:
        data, header = read_picture(path)
        return turn(to_rgba(decode_picture(data, header, path)), header.orientation)
    except RenderError as error:
        raise RenderError("LogoError", f"the logo cannot be used: {error.message}", hint=error.hint) from error


def ai_badge(width: int, height: int) -> Overlay:
    """The letters AI on a dark plate in the lower right corner, sized by the frame's shorter side."""
    tall = max(_SMALLEST_PX, round(_SHARE * min(width, height)))
    wide, margin = round(_WIDTH * tall), round(0.4 * tall)
    return _overlay(width - margin - wide, height - margin - tall, _badge(tall, wide))


def _badge(tall: int, wide: int) -> Pixels:
    """(tall, wide, 4) RGBA. Layers are drawn as masks of four times the edges' precision, then mixed."""
    plate, rim, letters = _plate(tall, wide, 0.0), _plate(tall, wide, _RIM), _letters(tall, wide)
    outline = plate - rim
    alpha = np.maximum(_PLATE_ALPHA * rim + np.maximum(_RIM_ALPHA, _PLATE_ALPHA) * outline, letters)
    white = np.maximum(letters, outline * _RIM_ALPHA)
    grey = _PLATE + (255 - _PLATE) * white
    return np.dstack([grey, grey, grey, 255 * alpha]).round().astype(np.uint8)


def _plate(tall: int, wide: int, inset: float) -> NDArray[np.float64]:
    """(tall, wide) 0..1: a rounded rectangle, `inset` heights inside the edge."""
    unit = tall * _FINE
    mask = np.zeros((unit, wide * _FINE), np.uint8)
    edge, radius = round(inset * unit), round((_RADIUS - inset) * unit)
    x0, x1, y0, y1 = edge, wide * _FINE - 1 - edge, edge, unit - 1 - edge
    cv2.rectangle(mask, (x0 + radius, y0), (x1 - radius, y1), 255, -1)
    cv2.rectangle(mask, (x0, y0 + radius), (x1, y1 - radius), 255, -1)
    for x in (x0 + radius, x1 - radius):
        for y in (y0 + radius, y1 - radius):
            cv2.circle(mask, (x, y), radius, 255, -1)
    return _averaged(mask, tall, wide)


def _letters(tall: int, wide: int) -> NDArray[np.float64]:
    """(tall, wide) 0..1: A and I, drawn as shapes, so that no font has to be there."""
    unit = tall * _FINE
    mask = np.zeros((unit, wide * _FINE), np.uint8)
    top, bottom = (0.5 - _CAP / 2) * unit, (0.5 + _CAP / 2) * unit
    left = (wide * _FINE - (_LETTER_WIDTH + _GAP + _STROKE) * unit) / 2
    middle, foot = left + _LETTER_WIDTH / 2 * unit, _STROKE * 1.08 * unit  # slanted strokes look thinner than upright
    right = left + _LETTER_WIDTH * unit
    outer = [(left, bottom), (middle - foot / 2, top), (middle + foot / 2, top), (right, bottom)]
    slope = (middle - foot / 2 - left) / (bottom - top)  # px to the side for each px up
    peak, bar = top + foot / 2 / slope, bottom - 0.36 * (bottom - top)

    def inside(y: float) -> float:
        """Half the width between the strokes at height y."""
        return max(0.0, (y - peak) * slope)

    high, low = bar, bar + 0.85 * _STROKE * unit
    hole = [(middle, peak), (middle - inside(high), high), (middle + inside(high), high)]
    gate = [(middle - inside(low), low), (middle - inside(bottom), bottom)]
    gate += [(middle + inside(bottom), bottom), (middle + inside(low), low)]
    for points, value in ((outer, 255), (hole, 0), (gate, 0)):
        cv2.fillPoly(mask, [np.round(points).astype(np.int32)], value)
    x = right + _GAP * unit
    cv2.rectangle(mask, (round(x), round(top)), (round(x + _STROKE * unit), round(bottom)), 255, -1)
    return _averaged(mask, tall, wide)


def _averaged(mask: Pixels, tall: int, wide: int) -> NDArray[np.float64]:
    return np.asarray(cv2.resize(mask, (wide, tall), interpolation=cv2.INTER_AREA), np.float64) / 255


def _overlay(left: int, top: int, rgba: Pixels) -> Overlay:
    alpha = rgba[:, :, 3:].astype(np.uint16)
    return Overlay(left, top, rgba[:, :, :3].astype(np.uint16) * alpha, 255 - alpha)
