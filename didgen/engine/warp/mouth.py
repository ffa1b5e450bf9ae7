"""The mouth: interior, lower lip, upper lip, laid over the warped face."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES
from didgen.engine.motion.track import INDEX
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.field import FlowField, lower_vertices, upper_vertices
from didgen.engine.warp.geometry import Geometry, HeadMove, smoothstep
from didgen.engine.warp.interior import Bite, Colours, Gape, Interior, draw_interior, paint_interior
from didgen.engine.warp.layer import (
    Layer,
    Region,
    hole,
    over,
    paste,
    rigid,
    shares,
    slit_region,
    superellipse,
    weaker,
    whole_shift,
)
from didgen.engine.warp.lips import (
    LOWER_INNER,
    UPPER_INNER,
    LipLines,
    blur_px,
    find_lip_lines,
    lip_layers,
    lip_samples,
    own_teeth,
)
from didgen.engine.warp.seam import Floats, Picture, Shares, clamp, floats

CHEEK_SKIN = (50, 205, 280, 425)  # landmarks on plain skin: two on the picture's left, two on its right
BITE_CM = 0.3  # the upper teeth's edge below the line of closed lips
GREY = np.array([0.299, 0.587, 0.114])  # of red, green and blue
ONE_TONE = (1.8, 3.6)  # Lab, rms: old prints measure up to 1.2, photos in colours from 4.8 on
STEP_PX = 4  # of the lips' flows: the main field's 8 px would round the corners off
INNER = [*UPPER_INNER, *LOWER_INNER]
JAW = [INDEX[name] for name in ("jawOpen", "jawLeft", "jawRight", "jawForward")]
POUT = [INDEX[name] for name in ("mouthFunnel", "mouthPucker")]
CALM_CM = 5.0  # of a calm mouth's inner width, at most: a photo's smile is wider
POUTING = (0.9, 0.72)  # of that: from this width on, and wholly at that one, rounded lips stand forward and shade teeth


@dataclass(frozen=True, slots=True, eq=False)
class Mouth:
    """All that one photo's mouth is drawn from. region: at rest, work px; cover: (h, w), how much is laid over the
    frame. The two fields differ in which lip they hang on.
    inner_uv: (22, 2) where the columns of the inner rows meet the lines, upper then lower, slit frame; basis_uv:
    (44, 22, 2) how far they go per unit weight, jaw_uv: (44, 2) how far the jaw does. middle: (3,) where the teeth
    stand: behind the middle of the lips, work px. frame_at_rest: (3, 3) map from the slit frame to work px."""

    geometry: Geometry
    lines: LipLines
    region: Region
    cover: Shares
    upper_field: FlowField
    lower_field: FlowField
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
        lower, below = self.lower_lip.warped(self.lower_field.backward(weights, move, (dx, dy))[first:])
        upper, above = self.upper_lip.warped(self.upper_field.backward(weights, move, (dx, dy))[:last])
        middle, below = lower[: last - first], below[: last - first]
        clear = cv2.multiply(cv2.bitwise_not(above[first:]), cv2.bitwise_not(below), scale=1 / 255)
        coverage = cv2.bitwise_not(clear)
        box = hole(coverage, int(0.35 * self.geometry.px_per_cm)) if opening.gap_cm > 0 else None
        if box:
            gape = self._gape(opening, turned, (box[1].start, first + box[0].start), tongue)
            inside = paint_interior(self.interior, gape, coverage[box])
            middle[box] = over(inside, middle[box], below[box])
        over(middle, upper[first:], above[first:], middle)
        picture = np.concatenate([upper[:first], lower])
        left, top = self.region.left + dx, self.region.top + dy
        paste(frame, picture, weaker(self.cover, self._share(opening)), left, top)

    def _turned(self, skull: NDArray[np.float64], shift: tuple[int, int]) -> NDArray[np.float64]:
        """(2, 3) map from the slit frame at rest to px of the region, which goes along by whole px."""
        corner = np.array([self.region.left + shift[0], self.region.top + shift[1]])
        out = skull @ self.frame_at_rest
        out[:, 2] -= corner
        return out

    def _rows(self, opening: Opening, turned: NDArray[np.float64]) -> tuple[int, int]:
        """First and last of the region's rows that both lips may reach: above them is the upper one only, below them
        the lower one."""
        n, reach = len(UPPER_INNER), 1.6 * self.lines.frame.half
        right, down, corner = turned[1].tolist()
        rows = opening.inner_uv @ turned[1, :2] + corner
        first_v, last_v = opening.inner_uv[[0, n - 1], 1].tolist()  # lines go on level
        ends = corner + down * first_v - right * reach, corner + down * last_v + right * reach
        spare, height = 0.6 * self.geometry.px_per_cm, self.region.height
        first = int(clamp(min(float(rows.min()), *ends) - spare, 0, height - 1))
        return first, int(clamp(max(float(rows.max()), *ends) + spare, first + 1, height))

    def _share(self, opening: Opening) -> float:
        """How much of the drawn mouth is laid over: it fades in with the first movement, so that starting is no cut;
        where a closed mouth stays closed the photo's own seam is better than any drawn one."""
        if self.lines.parted:
            return min(1.0, opening.change_px / (0.12 * self.geometry.px_per_cm))
        return clamp(opening.gap_cm / 0.1, 0, 1)

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
    lines = find_lip_lines(canvas, geometry.landmarks, cm)
    half = lines.frame.half
    region = slit_region(lines.frame, 1.5 * half, -0.9 * half, 1.75 * half)
    cover = shares(superellipse(lines.frame, 0.425 * half, 1.5 * half, 1.325 * half, region.grid()))
    fields = [
        FlowField.over(geometry, vertices, region.box, STEP_PX) for vertices in (upper_vertices(), lower_vertices())
    ]
    soft = blur_px(canvas, geometry.landmarks)
    upper, lower = lip_layers(canvas, lines, region.grown(int(0.5 * cm)), cm, soft)
    colours = mouth_colours(canvas, lines, geometry, soft)
    u = float(lines.frame.uv(geometry.landmarks[13])[0])
    tilt = float(np.sin(np.radians(geometry.placement.pose_deg[1])))
    if lines.parted:
        teeth, v = own_teeth(canvas, lines, cm)
        interior = draw_interior(colours, Bite(u, v, cm, tilt), teeth)
    else:
        v = float(lines.upper.at(np.array([u]))[0]) + BITE_CM * cm
        interior = draw_interior(colours, Bite(u, v, cm, tilt), None)
    axes = np.column_stack([lines.frame.along, lines.frame.across])
    jaw_uv = np.zeros((len(geometry.shapes_px), 2), np.float32)
    jaw_uv[JAW] = geometry.shapes_px[JAW, 17, :2] @ axes
    depth = float(geometry.landmarks[[13, 14], 2].mean()) + 0.6 * cm
    return Mouth(
        geometry,
        lines,
        region,
        cover,
        fields[0],
        fields[1],
        upper,
        lower,
        interior,
        _inner_uv(geometry, lines),
        floats(geometry.shapes_px[:, INNER, :2] @ axes),
        jaw_uv,
        floats(np.append(lines.frame.origin, depth)),
        np.vstack([np.column_stack([axes, lines.frame.origin]), [0, 0, 1]]).astype(np.float64),
    )


def _inner_uv(geometry: Geometry, lines: LipLines) -> Floats:
    """(22, 2): u of the inner landmarks, v of the lines there."""
    u = lines.frame.uv(geometry.landmarks[INNER])[:, 0]
    n = len(UPPER_INNER)
    return np.column_stack([u, np.append(lines.upper.at(u[:n]), lines.lower.at(u[n:]))])


def mouth_colours(canvas: Canvas, lines: LipLines, geometry: Geometry, soft_px: float) -> Colours:
    """The inside's colours from the photo's lips, skin and whites of the eyes. soft_px: blur of the photo."""
    hole, lips = lip_samples(canvas, lines.frame, lines.upper, lines.lower, geometry.landmarks)
    lip = np.median(lips, 0).astype(np.float32)
    cheeks = canvas.sampled(geometry.landmarks[None, list(CHEEK_SKIN), :2])[0].astype(np.float32)
    skin = np.median(cheeks, 0)
    light = float(np.clip(_luminance(skin) / 165, 0.35, 1.25))
    flesh = 0.55 * np.array([172, 88, 86], np.float32) * light + 0.45 * lip
    sclera = _sclera(canvas, geometry.landmarks)
    sides = cheeks[:2].mean(0), cheeks[2:].mean(0)
    white = (
        np.tile(_teeth_white(hole), (2, 1))
        if lines.parted
        else np.stack([_likely_white((side + skin) / 2, sclera) for side in sides])
    )
    seam = (lip * 0.38 if lines.parted else np.minimum(np.percentile(hole, 20, 0), lip * 0.5)) * (1.0, 0.74, 0.72)
    tinted = float(np.clip(np.ptp(skin) / max(float(skin.max()), 1) / 0.2, 0, 1)) * _coloured(canvas.rgb)
    tone = floats(skin / max(float(skin @ GREY), 1.0))
    white, flesh, seam = (_greyed(colour, tinted, tone) for colour in (white, flesh, seam))
    upscale = float(np.sqrt(abs(np.linalg.det(geometry.work_from_photo[:, :2]))))
    return Colours(white, flesh, seam, max(float(np.clip(0.4 * upscale, 0.3, 1.3)), 0.9 * soft_px), tinted)


def _coloured(rgb: Picture) -> float:
    """1 for a photo (h, w, 3) in colours; 0 for a grey one and for one in a single tone, as old prints are: there the
    tint of every px follows from its lightness."""
    small = cv2.resize(rgb[::4, ::4], (96, 96), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).reshape(-1, 3).astype(np.float64)
    curve = (lab[:, :1] / 255) ** np.arange(4)
    off = lab[:, 1:] - curve @ np.linalg.lstsq(curve, lab[:, 1:], rcond=None)[0]
    return float(smoothstep(*ONE_TONE, np.array(np.sqrt((off**2).sum(1).mean()))))


def _greyed(rgb: NDArray[np.floating], tinted: float, tone: Floats) -> Floats:
    """(..., 3) colours with `tinted` 0..1 of their own tint and the rest of `tone`, the photo's colour of grey: in a
    photo without colours a red mouth is painted on."""
    grey = (rgb @ GREY)[..., None] * tone
    return floats(grey + (rgb - grey) * tinted)


def _teeth_white(hole: Picture) -> Floats:
    """The bright part of what shows between parted lips; the teeth we add stand deeper in the mouth."""
    order = np.argsort(hole.astype(np.float32).sum(1))
    return floats(0.92 * hole[order[int(0.6 * len(order)) :]].mean(0))


def _likely_white(skin: Floats, sclera: Floats) -> Floats:
    """Teeth under the light that falls on skin and whites of the eyes: brighter, and half as coloured.

    Beside red lips a neutral grey looks blue, so the light's own colour, read off the skin, has to be in them.
    """
    bright = float(np.clip(1.4 * max(_luminance(sclera), _luminance(skin)), 40, 240))
    warm = np.array([1.04, 1.0, 0.90])  # enamel is never paper-white
    tint = 0.43 * warm + 0.44 * skin / max(_luminance(skin), 1) + 0.13 * sclera / max(_luminance(sclera), 1)
    return floats(np.clip(bright * tint, 0, 250))


def _sclera(canvas: Canvas, landmarks: Floats) -> Floats:
    """The bright part of what lies between the lids, RGB."""
    pixels = []
    for eye in EYES.values():
        up, lo = landmarks[list(eye.up[1:-1]), :2], landmarks[list(eye.lo[1:-1]), :2]
        share = np.linspace(0.25, 0.75, 8, dtype=np.float32)[:, None, None]
        pixels.append(canvas.sampled(up * share + lo * (1 - share)).reshape(-1, 3))
    both = np.concatenate(pixels).astype(np.float32)
    return both[np.argsort(both.sum(1))[int(0.75 * len(both)) :]].mean(0)  # type: ignore[no-any-return]


def _luminance(rgb: Floats) -> float:
    return float(rgb @ np.array([0.299, 0.587, 0.114], np.float32))
