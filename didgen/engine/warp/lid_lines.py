"""Where the lids of an eye end: its edges, and the fold above the upper one, found in landmarks and picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from didgen.engine.face.lab import lab
from didgen.engine.face.mesh import Eye
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.eyeball import iris_of
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.seam import Floats, Line, Picture, SlitFrame, floats

WHITE_REACH_CM = 0.2  # how far under the landmarks' lower lid the eye's white is looked for
OVERLAP_CM = 0.06  # a shut lid lies this far over the lower one's edge
FOLD_SHARE = 0.8  # of the way from the lid's edge to the landmarks' crease: where the fold is
LEAST_FOLD_CM = 0.09
FOLD_REACH = 1.2  # half widths of the eye
PALE = 0.7  # of the distance from skin: a colour nearer than that to the eye's white is white
_DARKER = 4.0  # a white that much darker than the skin lies in shadow, and shadows reach over skin too
_UNLIKE = 9.0  # least distance of white and skin (see `_colours`) for them to be told apart


@dataclass(frozen=True, slots=True, eq=False)
class LidLines:
    """The edges of an eye in its slit frame, px: upper and lower lid, and the fold above the upper one.

    outer: the sign of u at the outer corner."""

    frame: SlitFrame
    upper: Line
    lower: Line
    fold: Line
    outer: float

    def fall(self, u: Floats, px_per_cm: float) -> Floats:
        """How far the upper lid's edge falls at each u when it shuts; nothing at the corners and beyond."""
        gap = np.maximum(self.lower.at(u) - self.upper.at(u), 0)
        return floats(gap + OVERLAP_CM * px_per_cm * smoothstep(1.0, 0.75, np.abs(u) / self.frame.half))


def find_lid_lines(canvas: Canvas, landmarks: Floats, eye: Eye, px_per_cm: float) -> LidLines:
    """The landmarks' lines, the lower one brought down to where the eye's white really ends."""
    frame = SlitFrame.between(landmarks[eye.up[0]], landmarks[eye.up[-1]])
    up, lo, crease = (frame.uv(landmarks[list(row)]) for row in (eye.up, eye.lo, eye.crease))
    upper, lower = Line.through(up), Line.through(lo)
    outer = float(np.sign(up[0, 0] - up[-1, 0]))
    u = np.linspace(-1.1, 1.1, 45, dtype=np.float32) * frame.half
    reach = _white_below(canvas, landmarks, eye, frame, lower, u, px_per_cm)
    return LidLines(
        frame, upper, Line(u, floats(lower.at(u) + reach)), _fold(frame, up, crease, upper, px_per_cm), outer
    )


def _fold(frame: SlitFrame, up: Floats, crease: Floats, upper: Line, px_per_cm: float) -> Line:
    """An arch over the lid's edge that runs out beyond the corners, as folds do: steeper ones would show as walls."""
    way = Line.through((up + FOLD_SHARE * (crease - up))[1:-1])
    u = np.linspace(-FOLD_REACH, FOLD_REACH, 61, dtype=np.float32) * frame.half
    height = np.maximum(upper.at(u) - way.at(u), LEAST_FOLD_CM * px_per_cm)
    return Line(u, floats(upper.at(u) - height * smoothstep(FOLD_REACH, 0.6, np.abs(u) / frame.half)))


def _white_below(
    canvas: Canvas, marks: Floats, eye: Eye, frame: SlitFrame, lower: Line, u: Floats, px_per_cm: float
) -> Floats:
    """(n,) px at each u: how far the eye's white goes on below the landmarks' line.

    On turned heads the net sets that line too high by up to a quarter of the eye, and a lid that falls to it leaves a
    white sliver. White is what is nearer in colour to the eye's own white than to the skin below the eye.
    """
    down = np.linspace(0, WHITE_REACH_CM * px_per_cm, 25, dtype=np.float32)[:, None]
    strip = _colours(canvas.sampled(frame.xy(u[None] + 0 * down, lower.at(u) + down)))
    white = _eye_white(canvas, marks, eye)
    skin = np.median(_colours(canvas.sampled(marks[None, list(eye.under[2:7]), :2]))[0], 0)
    if np.linalg.norm(white - skin) < _UNLIKE or white[0] < skin[0] - _DARKER:
        return np.zeros(len(u), np.float32)
    pale = np.linalg.norm(strip - white, axis=-1) < PALE * np.linalg.norm(strip - skin, axis=-1)
    reach = np.minimum.accumulate(pale, axis=0).sum(0) * float(down[1, 0])
    x = u / frame.half
    clear = (np.abs(u - frame.uv(marks[eye.iris[0]])[0]) > 0.8 * iris_of(marks, eye)[2]) & (reach < 0.9 * down[-1, 0])
    if clear.sum() < 3:
        return np.zeros(len(u), np.float32)
    # a lid's edge is a plain arc: wet rims and lashes must not make it wavy
    arc = np.polynomial.Polynomial.fit(x[clear], reach[clear], 2)(x)
    return floats(np.clip(arc, 0, down[-1, 0]) * smoothstep(1.1, 0.95, np.abs(x)))


def _eye_white(canvas: Canvas, marks: Floats, eye: Eye) -> Floats:
    """(3,) the colour of the white: the brightest third of what lies between the lids beside the iris."""
    share = np.linspace(0.3, 0.7, 5, dtype=np.float32)[:, None, None]
    places = marks[None, list(eye.up[1:-1]), :2] * (1 - share) + marks[None, list(eye.lo[1:-1]), :2] * share
    x, y, radius = iris_of(marks, eye)
    beside = np.hypot(places[..., 0] - x, places[..., 1] - y) > 1.1 * radius
    colours = _colours(canvas.sampled(places.astype(np.float32)))
    colours = colours[beside] if beside.sum() > 5 else colours.reshape(-1, 3)
    return floats(np.median(colours[colours[:, 0] >= np.percentile(colours[:, 0], 65)], 0))


def _colours(rgb: Picture) -> Floats:
    """(h, w, 3) half the lightness, of 255, then a and b, of CIE Lab: tints tell white from skin, shadows must not."""
    return floats(lab(rgb) * (0.5 * 2.55, 1.0, 1.0))
