"""Drawn faces in several styles, whose mouths can be drawn open or narrow by known amounts: line art as people make it,
and no picture of the gallery."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Points = NDArray[np.float64]
Colour = tuple[int, int, int]

SIDE_PX, _FINER = 640, 3  # drawn so many times larger and shrunk, for smooth edges
_MIDDLE = 320.0
_INSIDE: Colour = (92, 24, 30)


@dataclass(frozen=True)
class Style:
    """mouth: half its width, how far its middle hangs, how thick its line is, and where it lies, px. lips: filled with
    that colour. tilt_deg: the head, clockwise."""

    skin: Colour
    ink: Colour
    hair: Colour
    ground: Colour
    outline_px: float
    mouth: tuple[float, float, float, float]
    lips: Colour | None = None
    tilt_deg: float = 0.0

    def line(self) -> Points:
        """(n, 2) px: the middle of the closed mouth's line, left to right, in a head that stands upright."""
        half, hang, _, y = self.mouth
        u = np.linspace(-1, 1, 81)
        return np.column_stack([_MIDDLE + half * u, y + hang * (1 - u * u)])

    def turned(self, points: Points) -> Points:
        """The same in the picture as it is tilted."""
        if not self.tilt_deg:
            return points
        matrix = _tilt(self.tilt_deg)
        return points @ matrix[:, :2].T + matrix[:, 2]


STYLES = {
    "thin line": Style((242, 206, 178), (70, 40, 40), (200, 150, 70), (235, 235, 225), 2.5, (46, 8, 2.5, 428)),
    "filled lips": Style(
        (150, 100, 70), (90, 25, 35), (25, 20, 25), (180, 205, 190), 0, (52, 5, 3.5, 427), (200, 82, 90)
    ),
    "bold": Style((250, 250, 250), (20, 20, 24), (20, 20, 24), (255, 255, 255), 7, (62, 22, 8, 420)),
    "tilted": Style((238, 190, 160), (45, 30, 55), (120, 50, 40), (210, 225, 240), 5, (54, 14, 6, 424), None, -13.0),
    "straight": Style((225, 178, 140), (40, 30, 40), (70, 60, 60), (230, 210, 190), 4, (52, 0, 5, 430)),
}


def drawing(style: Style, gap_px: float = 0.0, narrower: float = 0.0) -> Picture:
    """(640, 640, 3) RGB. gap_px: how far the line's two halves lie apart in the middle; narrower: the share of its
    width by which the mouth is drawn together."""
    canvas = _Canvas(style.ground)
    canvas.ellipse((320, 290), (172, 190), style.hair)
    canvas.polygon([(250, 480), (390, 480), (400, 560), (240, 560)], style.skin)
    canvas.ellipse((320, 640), (200, 110), (90, 110, 170))
    canvas.ellipse((320, 330), (145, 180), style.skin)
    if style.outline_px:
        canvas.ellipse((320, 330), (145, 180), style.ink, style.outline_px)
    canvas.ellipse((320, 215), (150, 75), style.hair)
    for side in (-1, 1):
        _eye(canvas, style, _MIDDLE + 62 * side)
        canvas.line([(320 + 32 * side, 274), (320 + 62 * side, 264), (320 + 94 * side, 276)], style.hair, 7)
    canvas.line([(314, 352), (308, 374), (328, 378)], tuple(round(0.75 * c) for c in style.skin), 3)
    _mouth(canvas, style, gap_px, narrower)
    return canvas.finished(style.tilt_deg)


def _eye(canvas: _Canvas, style: Style, x: float) -> None:
    canvas.ellipse((x, 310), (30, 20), (255, 255, 255))
    canvas.ellipse((x, 310), (14, 16), (70, 110, 90))
    canvas.ellipse((x, 310), (7, 8), (15, 15, 20))
    if style.outline_px:
        canvas.ellipse((x, 310), (30, 20), style.ink, max(2.0, 0.6 * style.outline_px))


def _mouth(canvas: _Canvas, style: Style, gap_px: float, narrower: float) -> None:
    half, _, thick, _ = style.mouth
    line = style.line()
    line[:, 0] = _MIDDLE + (line[:, 0] - _MIDDLE) * (1 - narrower)
    u = (line[:, 0] - _MIDDLE) / (half * (1 - narrower))
    upper = line - np.column_stack([0 * u, 0.2 * gap_px * (1 - u * u)])
    lower = line + np.column_stack([0 * u, 0.8 * gap_px * (1 - u * u)])
    if style.lips is not None:
        for edge, tall in ((upper, -13.0), (lower, 22.0)):
            canvas.polygon([*edge, *(edge + np.column_stack([0 * u, tall * (1 - u * u)]))[::-1]], style.lips)
    if gap_px:
        canvas.polygon([*upper, *lower[::-1]], _INSIDE)
    canvas.line(upper, style.ink, thick)
    canvas.line(lower, style.ink, thick)


class _Canvas:
    def __init__(self, ground: Colour) -> None:
        self._rgb = np.full((SIDE_PX * _FINER, SIDE_PX * _FINER, 3), ground, np.uint8)

    def ellipse(self, middle: tuple[float, float], radii: tuple[float, float], colour: Colour, px: float = 0) -> None:
        thick = max(1, round(px * _FINER)) if px else -1
        at, size = (tuple(round(n * _FINER) for n in pair) for pair in (middle, radii))
        cv2.ellipse(self._rgb, at, size, 0, 0, 360, colour, thick, cv2.LINE_AA)

    def polygon(self, points: list[tuple[float, float]], colour: Colour) -> None:
        cv2.fillPoly(self._rgb, [self._px(points)], colour, cv2.LINE_AA)

    def line(self, points: list[tuple[float, float]] | Points, colour: Colour, px: float) -> None:
        cv2.polylines(self._rgb, [self._px(points)], False, colour, max(1, round(px * _FINER)), cv2.LINE_AA)

    def finished(self, tilt_deg: float) -> Picture:
        small = cv2.resize(self._rgb, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
        if not tilt_deg:
            return small
        return cv2.warpAffine(small, _tilt(tilt_deg), small.shape[1::-1], None, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE)

    @staticmethod
    def _px(points: list[tuple[float, float]] | Points) -> NDArray[np.int32]:
        return np.rint(np.asarray(points, np.float64) * _FINER).astype(np.int32)


def _tilt(degrees: float) -> NDArray[np.float64]:
    return cv2.getRotationMatrix2D((_MIDDLE, _MIDDLE), -degrees, 0.95)
