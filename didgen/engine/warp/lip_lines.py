"""Where the lips of the photo part, and what is seen of them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from didgen.engine.face.drawn import Stroke
from didgen.engine.face.mesh import LIP_ROWS_LOWER, LIP_ROWS_UPPER, MESH_POINTS
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.seam import (
    Floats,
    Line,
    Picture,
    SlitFrame,
    darkest_seam,
    floats,
    shows_teeth,
    widest_gap,
)

UPPER_INNER, LOWER_INNER = LIP_ROWS_UPPER[3], LIP_ROWS_LOWER[3]
SHARP_PX = 2.2  # sigma of the edges of a face in a sharp photo
INK_EDGE_PX = 0.8  # of a drawn line's edge are half ground
DIP_CM = 0.3  # at most this much of a dip in the seam is the upper lip's alone
SEAM_DEGREE = 6  # of its polynomial: the bow of the lips, and corners that turn down or up
SEAM_REACH_CM = 0.30  # how far from the landmarks the seam of closed lips is looked for


@dataclass(frozen=True, slots=True)
class LipLines:
    """Where the lips of the photo part. `parted` is false for a closed mouth: then `upper` is its one dark seam and
    `lower` the same line without its dips, nowhere below the seam (see `_bow`). Of a `drawn` one either lip keeps the
    whole stroke, so that an open mouth has its line all around: `upper` is the stroke's lower edge, `lower` its upper
    one."""

    frame: SlitFrame
    upper: Line
    lower: Line
    parted: bool
    drawn: bool = False

    def ink_cm(self, px_per_cm: float) -> float:
        """By how much the lips of a drawn mouth overlap: its line; else 0."""
        return max(float((self.upper.v - self.lower.v).max()), 0.0) / px_per_cm if self.drawn else 0.0


def blur_px(canvas: Canvas, landmarks: Floats) -> float:
    """Sigma of the blur of this face's sharpest edges, work px, beyond what a sharp photo has once scaled; 0 for such.

    An edge of height A blurred by sigma rises by A / (sigma √2π) at its steepest.
    """
    low, high = landmarks[:MESH_POINTS, :2].min(0), landmarks[:MESH_POINTS, :2].max(0)
    grid = np.stack(np.meshgrid(*(np.arange(a, b, dtype=np.float32) for a, b in zip(low, high, strict=True))), -1)
    light = cv2.cvtColor(canvas.sampled(grid), cv2.COLOR_RGB2GRAY).astype(np.float32)
    steep = np.hypot(*(cv2.Sobel(light, cv2.CV_32F, dx, 1 - dx, scale=1 / 8) for dx in (1, 0)))
    around = np.ones((13, 13), np.uint8)
    height = cv2.dilate(light, around) - cv2.erode(light, around)
    edges = steep >= max(float(np.percentile(steep, 99)), 1e-3)
    if not edges.any():
        return 0.0
    sigma = float(np.median(height[edges] / steep[edges])) / np.sqrt(2 * np.pi)
    return float(np.sqrt(max(sigma * sigma - SHARP_PX**2, 0.0)))


def find_lip_lines(canvas: Canvas, landmarks: Floats, px_per_cm: float, stroke: Stroke | None = None) -> LipLines:
    """The lines from (478, 3) landmarks in work px, corrected by the picture.

    The landmark net sees a gap in closed lips and sets the inner rows beside the seam: a mouth opened there tears the
    lip. So lines of a closed mouth are the darkest path between the corners; of a drawn one they are its stroke.
    """
    if stroke is not None:
        return _along_stroke(stroke)
    frame = SlitFrame.between(landmarks[78], landmarks[308])
    upper = Line.through(frame.uv(landmarks[list(UPPER_INNER)]))
    lower = Line.through(frame.uv(landmarks[list(LOWER_INNER)]))
    hole, lip = lip_samples(canvas, frame, upper, lower, landmarks)
    if shows_teeth(hole, lip, widest_gap(upper, lower) / px_per_cm):
        return LipLines(frame, upper, lower, True)
    seam = _seam(canvas, frame, upper, lower, px_per_cm)
    return LipLines(frame, seam, _bow(seam, px_per_cm), False)


def _along_stroke(stroke: Stroke) -> LipLines:
    frame = SlitFrame.between(stroke.middle[0], stroke.middle[-1])
    line = Line.through(frame.uv(stroke.middle))
    half = max(0.5 * stroke.thick_px - INK_EDGE_PX, 0.0)
    aside = floats(half * np.hypot(1, np.gradient(line.v, line.u)))
    return LipLines(frame, Line(line.u, line.v + aside), Line(line.u, line.v - aside), parted=False, drawn=True)


def _bow(seam: Line, px_per_cm: float) -> Line:
    """The edge of the lower lip when it comes off the upper one. Closed lips fit into each other; the fold of the upper
    lip's middle is not the lower one's shape, and opened along it the mouth would be a V."""
    u = seam.u / np.abs(seam.u).max()
    even = floats(np.polynomial.Polynomial.fit(u, seam.v, 2)(u))
    dip = np.clip(seam.v - even, 0, DIP_CM * px_per_cm) * smoothstep(1.0, 0.7, np.abs(u))
    return Line(seam.u, seam.v - floats(dip))


def _seam(canvas: Canvas, frame: SlitFrame, upper: Line, lower: Line, px_per_cm: float) -> Line:
    """The darkest path near the middle of the two lines, with its ends held at the corners."""
    u = np.arange(-frame.half, frame.half, 0.5, dtype=np.float32)
    middle = (upper.at(u) + lower.at(u)) / 2
    reach = SEAM_REACH_CM * px_per_cm + (lower.at(u) - upper.at(u)).max() / 2
    offsets = np.arange(-reach, reach, 0.5, dtype=np.float32)
    strip = canvas.sampled(frame.xy(u[None], middle[None] + offsets[:, None]))
    light = cv2.GaussianBlur(cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.5)
    path = darkest_seam(light, np.full(len(u), len(offsets) / 2, np.float32))
    free = smoothstep(1.0, 0.85, np.abs(u) / frame.half)
    found = middle + free * np.interp(path, np.arange(len(offsets)), offsets).astype(np.float32)
    knots = np.linspace(-frame.half, frame.half, 33)
    # Smooth as a lip is: what follows the photo's px opens as a ragged edge.
    even = np.polynomial.Polynomial.fit(u, found, SEAM_DEGREE, w=1 + 2 * (np.abs(u) > 0.9 * frame.half))(knots)
    return Line(floats(knots), floats(even))


def lip_samples(
    canvas: Canvas, frame: SlitFrame, upper: Line, lower: Line, landmarks: Floats
) -> tuple[Picture, Picture]:
    """(n, 3) pixels of the hole between the inner lines, and of both lips between their inner and middle rows."""
    u = np.linspace(-0.8, 0.8, 60, dtype=np.float32) * frame.half
    share = np.linspace(0.15, 0.85, 12, dtype=np.float32)[:, None]
    hole = canvas.sampled(frame.xy(u[None] + 0 * share, upper.at(u) * (1 - share) + lower.at(u) * share))
    lips = []
    for rows, inner in ((LIP_ROWS_UPPER, upper), (LIP_ROWS_LOWER, lower)):
        outer = Line.through(frame.uv(landmarks[list(rows[1])]))
        lips.append(canvas.sampled(frame.xy(u[None] + 0 * share, outer.at(u) * share + inner.at(u) * (1 - share))))
    return hole.reshape(-1, 3), np.concatenate(lips).reshape(-1, 3)
