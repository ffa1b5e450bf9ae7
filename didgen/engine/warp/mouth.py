"""The mouth: interior, lower lip, upper lip, laid over the warped face."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.track import INDEX
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.colours import mouth_colours
from didgen.engine.warp.field import FlowField, TwoFields, lower_vertices, upper_vertices
from didgen.engine.warp.geometry import Geometry, HeadMove
from didgen.engine.warp.interior import Gape, Interior, draw_interior, paint_interior
from didgen.engine.warp.layer import (
    Layer,
    Region,
    hole,
    over,
    paste,
    rigid,
    shares,
    slit_region,
    split,
    superellipse,
    weaker,
    whole_shift,
)
from didgen.engine.warp.lip_lines import LOWER_INNER, UPPER_INNER, LipLines, blur_px, find_lip_lines
from didgen.engine.warp.lips import lip_layers
from didgen.engine.warp.own_teeth import own_teeth, row_behind
from didgen.engine.warp.seam import Floats, Picture, Shares, clamp, floats
from didgen.engine.warp.teeth import Bite
from didgen.engine.warp.teeth_seen import Teeth, find_teeth

BITE_CM = 0.34  # the upper teeth's edge below the line of closed lips
BEHIND_CM = 0.5  # the teeth's front, behind the line where lips meet
STEEPEST = 0.12  # a row of teeth leans no further against its lips: what is more is a crooked smile
STEP_PX = 4  # of the lips' flows: the main field's 8 px would round the corners off
INNER = [*UPPER_INNER, *LOWER_INNER]
ROLL = (0.30, 0.40, 0.40)  # RGB, taken from a lip at its edge, where it turns inwards
PARTED_ROLL = 0.5  # of that where the photo's lips are parted: shut, their two dark edges look like a gap
JAW = [INDEX[name] for name in ("jawOpen", "jawLeft", "jawRight", "jawForward")]
POUT = [INDEX[name] for name in ("mouthFunnel", "mouthPucker")]
AROUND_CM = (0.9, 1.3)  # above and below the rows that both lips may reach: what is drawn of the skin about them
FADE_PX = 6  # over so many rows that ends
FULL, THIN = (6, 0.75), (8, 0.45)  # rounds and damping of the inverse: beside a line, skin stretches several times
CALM_CM = 5.0  # of a calm mouth's inner width, at most: a photo's smile is wider
POUTING = (0.9, 0.72)  # of that: from this width on, and wholly at that one, rounded lips stand forward and shade teeth


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """All that one photo's mouth is drawn from. region: at rest, work px; cover: (h, w), how much is laid over the
    frame. The two fields, upper lip's and lower lip's, differ in which lip they hang on.
    inner_uv: (22, 2) where the columns of the inner rows meet the lines, upper then lower, slit frame; basis_uv:
    (44, 22, 2) how far they go per unit weight, jaw_uv: (44, 2) how far the jaw does. middle: (3,) where the teeth
    stand: behind the middle of the lips, work px. frame_at_rest: (3, 3) map from the slit frame to work px."""

    geometry: Geometry
    lines: LipLines
    region: Region
    cover: Shares
    fields: TwoFields
    upper_lip: Layer
    lower_lip: Layer
    interior: Interior
    inner_uv: Floats
    basis_uv: Floats
    jaw_uv: Floats
    middle: Floats
    frame_at_rest: NDArray[np.float64]

    def paint(self, frame: Picture, weights: NDArray[np.floating], move: HeadMove, tongue: float) -> None:
        """Draws the mouth over an (h, w, 3) frame in place; nothing where the lips do not move apart or together."""
        opening = _opening(self, weights)
        if opening.change_px < 0.02 or not self._share(opening):
            return
        skull = rigid(self.geometry, move, self.middle)
        dx, dy = whole_shift(skull, self.lines.frame.origin)
        turned = self._turned(skull, (dx, dy))
        first, last = self._rows(opening, turned)
        top, bottom = self._band(first, last)
        upper_at, lower_at = self.fields.readings(weights, move, (dx, dy))
        lower, below = split(self.lower_lip.read_by(lower_at, lower_at.fine.band(first, bottom)))
        upper, above = split(self.upper_lip.read_by(upper_at, upper_at.fine.band(top, last)))
        middle, below = lower[: last - first], below[: last - first]
        edge, above = upper[first - top :], above[first - top :]
        clear = cv2.multiply(cv2.bitwise_not(above), cv2.bitwise_not(below), scale=1 / 255)
        coverage = cv2.bitwise_not(clear)
        box = hole(coverage, int(0.35 * self.geometry.px_per_cm)) if opening.gap_cm > 0 else None
        if box:
            gape = self._gape(opening, turned, (box[1].start, first + box[0].start), tongue)
            inside = paint_interior(self.interior, gape, coverage[box])
            middle[box] = over(inside, middle[box], below[box])
        over(middle, edge, above, middle)
        picture = np.concatenate([upper[: first - top], lower])
        cover = weaker(self._cover(top, bottom), self._share(opening))
        paste(frame, picture, cover, self.region.left + dx, self.region.top + dy + top)

    def _turned(self, skull: NDArray[np.float64], shift: tuple[int, int]) -> NDArray[np.float64]:
        """(2, 3) map from the slit frame at rest to px of the region, which goes along by whole px."""
        corner = np.array([self.region.left + shift[0], self.region.top + shift[1]])
        out = skull @ self.frame_at_rest
        out[:, 2] -= corner
        return out

    def _rows(self, opening: Opening, turned: NDArray[np.float64]) -> tuple[int, int]:
        """First and last of the region's rows that both lips may reach, on the sides of the fields' cells: above them
        is the upper one only, below them the lower one."""
        n, reach = len(UPPER_INNER), 1.6 * self.lines.frame.half
        right, down, corner = turned[1].tolist()
        rows = opening.inner_uv @ turned[1, :2] + corner
        first_v, last_v = opening.inner_uv[[0, n - 1], 1].tolist()  # lines go on level
        ends = corner + down * first_v - right * reach, corner + down * last_v + right * reach
        spare, height = 0.6 * self.geometry.px_per_cm, self.region.height
        first = int(clamp(min(float(rows.min()), *ends) - spare, 0, height - 1)) // STEP_PX * STEP_PX
        last = clamp(max(float(rows.max()), *ends) + spare, first + 1, height)
        return first, min(ceil(last / STEP_PX) * STEP_PX, height)

    def _band(self, first: int, last: int) -> tuple[int, int]:
        """First and last of the region's rows that are drawn, on the sides of the fields' cells: further from the rows
        of both lips the face below is drawn alike."""
        above, below = (round(cm * self.geometry.px_per_cm / STEP_PX) * STEP_PX for cm in AROUND_CM)
        return max(first - above, 0), min(last + below, self.region.height)

    def _cover(self, top: int, bottom: int) -> Shares:
        """(bottom - top, w) how much of those rows is laid over, fading where they end within the region."""
        out = self.cover[top:bottom].copy()
        rows = min(FADE_PX, len(out))
        fade = np.arange(1, rows + 1, dtype=np.float32)[:, None] / (FADE_PX + 1)
        if top:
            out[:rows] = out[:rows] * fade
        if bottom < self.region.height:
            out[-rows:] = out[-rows:] * fade[::-1]
        return out

    def _share(self, opening: Opening) -> float:
        """How much of the drawn mouth is laid over: it fades in with the first movement, so that starting is no cut;
        where a closed mouth stays closed the photo's own seam is better than any drawn one."""
        if self.lines.parted:
            return min(1.0, opening.change_px / (0.12 * self.geometry.px_per_cm))
        return clamp((opening.gap_cm + self.lines.ink_cm(self.geometry.px_per_cm)) / 0.1, 0, 1)

    def _gape(self, opening: Opening, turned: NDArray[np.float64], corner: tuple[int, int], tongue: float) -> Gape:
        """corner: x, y px of the region where what is drawn begins."""
        placed = turned.copy()
        placed[:, 2] -= corner
        return Gape(placed, opening.box, opening.gap_cm, opening.jaw_uv, opening.pout, tongue)


@dataclass(frozen=True, slots=True, eq=False)
class Opening:
    """How one frame's weights part the lips, in the slit frame, px. inner_uv: (22, 2) as in `Mouth`; box as in `Gape`;
    jaw_uv: how far the jaw goes; pout: 0..1, how far forward the lips come; change_px: how much further apart or nearer
    they are than in the photo."""

    inner_uv: Floats
    box: tuple[float, float, float, float]
    gap_cm: float
    jaw_uv: tuple[float, float]
    pout: float
    change_px: float


def _opening(mouth: Mouth, weights: NDArray[np.floating]) -> Opening:
    weights = weights.astype(np.float32)
    moved_uv = (weights @ mouth.basis_uv.reshape(len(weights), -1)).reshape(-1, 2)
    now = mouth.inner_uv + moved_uv
    n = len(UPPER_INNER)
    u, upper, lower = now[:, 0], now[:n, 1], now[n:, 1]
    jaw_u, jaw_v = (weights @ mouth.jaw_uv).tolist()
    funnel, pucker = weights[POUT].tolist()
    calm = min(float(np.ptp(mouth.inner_uv[:, 0])), CALM_CM * mouth.geometry.px_per_cm)
    wide, narrow = POUTING
    forward = clamp((wide - (float(u.max()) - float(u.min())) / calm) / (wide - narrow), 0, 1)
    return Opening(
        floats(now),
        (float(u.min()), float(upper.min()), float(u.max()), float(lower.max())),
        float((lower - upper).max()) / mouth.geometry.px_per_cm,
        (jaw_u, jaw_v),
        clamp(0.5 * funnel + pucker, 0, 1) * forward,
        float(np.abs(moved_uv[n:] - moved_uv[:n]).max()),
    )


def build_mouth(geometry: Geometry, canvas: Canvas) -> Mouth:
    """canvas: the source, in the geometry's work px."""
    cm = geometry.px_per_cm
    lines = find_lip_lines(canvas, geometry.landmarks, cm, geometry.stroke)
    half = lines.frame.half
    region = slit_region(lines.frame, 1.5 * half, -0.9 * half, 1.75 * half)
    cover = shares(superellipse(lines.frame, 0.425 * half, 1.5 * half, 1.325 * half, region.grid()))
    rounds, damping = THIN if lines.drawn else FULL
    fields = [
        FlowField.over(geometry, vertices, region.box, STEP_PX, rounds=rounds, damping=damping)
        for vertices in (upper_vertices(), lower_vertices())
    ]
    soft = blur_px(canvas, geometry.landmarks)
    teeth = find_teeth(canvas, lines.frame, lines.upper, lines.lower, cm) if lines.parted else None
    colours = mouth_colours(canvas, lines, geometry, soft, teeth_seen=teeth is not None)
    roll = colours.shade(ROLL) * np.float32(colours.crisp * (PARTED_ROLL if lines.parted else 1))
    upper, lower = lip_layers(canvas, lines, region.grown(int(0.5 * cm)), cm, soft, roll)
    axes = np.column_stack([lines.frame.along, lines.frame.across])
    bite, own = _bite(geometry, lines, axes, teeth)
    jaw_uv = np.zeros((len(geometry.shapes_px), 2), np.float32)
    jaw_uv[JAW] = geometry.shapes_px[JAW, 17, :2] @ axes
    depth = float(geometry.landmarks[[13, 14], 2].mean()) + 0.6 * cm
    return Mouth(
        geometry,
        lines,
        region,
        cover,
        TwoFields.of(*fields),
        upper,
        lower,
        draw_interior(colours, bite, own),
        _inner_uv(geometry, lines),
        floats(geometry.shapes_px[:, INNER, :2] @ axes),
        jaw_uv,
        floats(np.append(lines.frame.origin, depth)),
        np.vstack([np.column_stack([axes, lines.frame.origin]), [0, 0, 1]]).astype(np.float64),
    )


def _bite(geometry: Geometry, lines: LipLines, axes: Floats, teeth: Teeth | None) -> tuple[Bite, Layer | None]:
    """Where the teeth stand, behind the middle of the lips, and the photo's own if it shows them. axes: (2, 2) work px
    → slit frame."""
    cm = geometry.px_per_cm
    (right_u, right_v), (back_u, back_v) = (geometry.placement.R0[:2, [0, 2]].T @ axes).tolist()
    u = float(lines.frame.uv(geometry.landmarks[13])[0]) + back_u * BEHIND_CM * cm
    slope = clamp(right_v, -STEEPEST, STEEPEST)
    v = float(lines.upper.at(np.array([u]))[0]) + BITE_CM * cm
    bite = Bite(u, v, cm, (right_u, slope), (back_u, back_v))
    if teeth is None:
        return bite, None
    behind = row_behind(bite, teeth, STEEPEST)
    return behind, own_teeth(teeth, lines.lower, behind)


def _inner_uv(geometry: Geometry, lines: LipLines) -> Floats:
    """(22, 2): u of the inner landmarks, v of the lines there."""
    u = lines.frame.uv(geometry.landmarks[INNER])[:, 0]
    n = len(UPPER_INNER)
    return np.column_stack([u, np.append(lines.upper.at(u[:n]), lines.lower.at(u[n:]))])
