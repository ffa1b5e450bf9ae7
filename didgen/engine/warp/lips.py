"""The lips of the photo: where they part, and each as a layer of its own."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.drawn import Stroke
from didgen.engine.face.mesh import LIP_ROWS_LOWER, LIP_ROWS_UPPER, MESH_POINTS
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, over, shares, with_alpha
from didgen.engine.warp.seam import (
    Floats,
    Line,
    Picture,
    SlitFrame,
    darkest_seam,
    floats,
    picture8,
    shows_teeth,
    widest_gap,
)

UPPER_INNER, LOWER_INNER = LIP_ROWS_UPPER[3], LIP_ROWS_LOWER[3]
SHARP_PX = 2.2  # sigma of the edges of a face in a sharp photo
INK_EDGE_PX = 0.8  # of a drawn line's edge are half ground
FOLD = 1.45  # past its edge a lip goes on as half a mirror image
DIP_CM = 0.3  # at most this much of a dip in the seam is the upper lip's alone
SEAM_KEPT = 0.6  # of the depth of the seam's dark, where the lower lip goes on as a mirror image
MOST_SHADOW = 0.4  # of what lies about the corners of closed lips: more that is dark is hair, hatching or paint
SEAM_DEGREE = 6  # of its polynomial: the bow of the lips, and corners that turn down or up
EDGE_CM = 0.07  # how far the lower lip reaches over its line
ROLL_CM = 0.14  # how far from its edge a lip begins to turn inwards, away from the light
BLEND_CM = 0.115  # how far the edge of a lip is blended with the dark between parted ones
LIP_RED = 2.5  # a* of Lab: by so much more the edges of painted lips are redder than skin, those of bare ones by 1
SEAM_DARK, SEAM_CM = (0.35, 0.44, 0.44), 0.07  # RGB, what closed lips lose where they meet at the corners; how high
SPITTLE_CM, GLOSS_CM, NOISE = 0.42, 0.8, 8  # widths of light spots on lips; grey levels that make none
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


def lip_layers(
    canvas: Canvas, lines: LipLines, region: Region, px_per_cm: float, soft_px: float, roll: Floats
) -> tuple[Layer, Layer]:
    """Upper and lower lip with the skin around them, over `region` (work px). soft_px: blur of the photo (`blur_px`).
    roll: (3,) RGB 0..1, taken from a lip at its edge, where it turns inwards.

    Beyond its line each goes on as lip (mirrored), so that neither a soft edge nor the overlap shows teeth.
    """
    grid = region.grid(canvas.per_px)
    above, below = _masks(lines, grid, px_per_cm, 1.1 + 1.5 * soft_px)
    uv = lines.frame.uv(grid)
    photo = canvas.sampled(grid)
    clear = photo
    if not lines.drawn:
        per_cm = canvas.per_px * px_per_cm
        clear = _without_corner_shadow(photo, lines, uv, per_cm, px_per_cm)
        clear, photo = (_without_flecks(rgb, lines, uv, per_cm, px_per_cm) for rgb in (clear, photo))
    # Closed lips part at their corners' shadow: it stays above, and below it would be drawn out into a dark spot.
    skins = [Layer(rgb, region, canvas.per_px) for rgb in (clear if lines.parted else photo, clear)]
    # On a parted mouth the photo's own edge is a blend of lip and teeth. On a closed one the upper lip keeps the seam's
    # shadow, in which it lies when open too; of the whole of it the lower one would get a dark rim before the tongue.
    if lines.parted:
        up = down = np.full(uv.shape[:2], 0.05 * px_per_cm, np.float32)
        fold_ends = 1.1, 0.9
    elif lines.drawn:  # ink goes on as ink
        up = down = np.full(uv.shape[:2], -0.02 * px_per_cm, np.float32)
        fold_ends = 1.1, 0.9
    else:  # towards its corners a lip keeps the shadow that goes on beyond them, else it ends in a pale spike
        fold_ends = 1.02, 0.7
        up = np.full(uv.shape[:2], -0.02 * px_per_cm, np.float32)
        raised = lines.upper.at(uv[..., 0]) - lines.lower.at(uv[..., 0])
        down = raised + SEAM_KEPT * _seam_depth(canvas, lines, px_per_cm).at(uv[..., 0])
    layers = []
    for skin, line, sign, alpha, reach in (
        (skins[0], lines.upper, 1, above, up),
        (skins[1], lines.lower, -1, below, down),
    ):
        past = sign * (uv[..., 1] - line.at(uv[..., 0])) + reach
        inside = smoothstep(*fold_ends, np.abs(uv[..., 0]) / lines.frame.half)
        folded = uv[..., 1] - sign * np.maximum(past, 0) * FOLD * inside
        rgb = skin.sampled(lines.frame.xy(uv[..., 0], folded))
        if not lines.drawn:
            edge = line.at(uv[..., 0]) - np.float32(0 if sign > 0 else EDGE_CM * px_per_cm)
            past_cm = floats(sign * (uv[..., 1] - edge) / px_per_cm)
            dark = _turned_in(past_cm, uv[..., 0] / lines.frame.half)[..., None] * roll
            if lines.parted and sign > 0:
                dark = dark + floats(SEAM_DARK) * _corner_seam(lines, uv, px_per_cm)[..., None]
            rgb = (rgb * (1 - dark)).astype(np.uint8)
        layers.append(Layer(with_alpha(rgb, alpha), region, canvas.per_px))
    return layers[0], layers[1]


def _seam_depth(canvas: Canvas, lines: LipLines, px_per_cm: float) -> Line:
    """How far the dark of closed lips reaches down from the seam, px over u: most of the way to the lip's own light."""
    u = np.linspace(-1, 1, 81, dtype=np.float32) * lines.frame.half
    down = np.linspace(0, 0.4, 33, dtype=np.float32)[:, None] * px_per_cm
    strip = canvas.sampled(lines.frame.xy(u[None] + 0 * down, lines.upper.at(u) + down))
    light = cv2.GaussianBlur(cv2.cvtColor(strip, cv2.COLOR_RGB2GRAY).astype(np.float32), (5, 1), 0)
    lit = light > light[0] + 0.92 * (light[8:].max(0) - light[0])
    depth = np.where(lit.any(0), down[lit.argmax(0), 0], 0)
    even = cv2.GaussianBlur(cv2.dilate(depth.astype(np.float32)[None], np.ones((1, 5))), (0, 0), 2.5)[0]
    held = np.minimum(even, 0.36 * px_per_cm) * smoothstep(1.0, 0.8, np.abs(u) / lines.frame.half)
    return Line(u[::4], floats(held[::4]))


def _turned_in(past_cm: Floats, u: Floats) -> Floats:
    """0..1, how much light a lip loses as it turns inwards, to its edge at 0; not beyond the corners."""
    return (np.exp(-((np.minimum(past_cm, 0) / ROLL_CM) ** 2)) * smoothstep(1.05, 0.85, np.abs(u))).astype(np.float32)


def _corner_seam(lines: LipLines, uv: Floats, px_per_cm: float) -> Floats:
    """(h, w) 0..1, the line in which the lips of a smile meet at its corners once it shuts: a photo of parted ones has
    none, and without it a mouth seems to end in the middle of the skin, and not to smile."""
    past = np.minimum((uv[..., 1] - lines.upper.at(uv[..., 0])) / px_per_cm + 0.5 * SEAM_CM, 0)
    u = np.abs(uv[..., 0]) / lines.frame.half
    return floats(np.exp(-((past / SEAM_CM) ** 2)) * smoothstep(0.55, 0.85, u) * smoothstep(1.12, 1.0, u))


def _without_corner_shadow(rgb: Picture, lines: LipLines, uv: Floats, per_cm: float, px_per_cm: float) -> Picture:
    """The dark beyond the lines at the corners painted over: else lips keep two black wedges as they close, or part.
    per_cm: samples of (h, w, 3) rgb."""
    u, v = np.abs(uv[..., 0]) / lines.frame.half, uv[..., 1]
    middle = (lines.upper.at(uv[..., 0]) + lines.lower.at(uv[..., 0])) / 2
    near = (np.abs(v - middle) < 0.55 * px_per_cm) & (u > 0.2) & (u < 1.25)
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    around = (np.abs(v - middle) < 1.2 * px_per_cm) & (u < 1.2)
    least = 0.62 * float(np.percentile(light[around], 60))
    if not lines.parted:  # closed lips reach into their corners, and painted ones are dark there as everywhere
        below = v - lines.lower.at(uv[..., 0])
        lip = (np.abs(below - 0.25 * px_per_cm) < 0.15 * px_per_cm) & (u < 0.6)
        least = min(least, 0.8 * float(np.median(light[lip])))
    dark = near & (light < least)
    if not lines.parted and dark.sum() > MOST_SHADOW * near.sum():
        return rgb
    if lines.parted:
        dark |= (u > 0.6) & (u < 1.1) & (v > lines.upper.at(uv[..., 0])) & (v < lines.lower.at(uv[..., 0]))
    mask = cv2.dilate(dark.astype(np.uint8), np.ones((3, 3), np.uint8))
    if lines.parted:
        mask = _blended(rgb, mask, round(BLEND_CM * per_cm))
    painted = cv2.inpaint(rgb, mask, 3, cv2.INPAINT_TELEA)
    # It fades in along the line: where it began at once, the dark beside it was drawn out into a smudge on the lip.
    return over(rgb, painted, shares(smoothstep(0.3, 0.6, u)))


def _blended(rgb: Picture, dark: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """(h, w) 1 for the dark and where up to so many samples beside it the skin's edge is blended with it: corners
    painted from that were grey patches on closed lips. Painted lips, redder than skin, end at the dark."""
    wide = cv2.dilate(dark, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    skin = cv2.inpaint(rgb, wide, 3, cv2.INPAINT_TELEA)
    red, bare = (cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 1][wide > dark] for picture in (rgb, skin))
    return wide if float(np.mean(red.astype(float) - bare)) < LIP_RED else dark


def _without_flecks(rgb: Picture, lines: LipLines, uv: Floats, per_cm: float, px_per_cm: float) -> Picture:
    """Light spots taken off the corners, and off the edge of an upper lip that a smile has made thin: spittle stays
    behind as a white dot when lips part, and a gloss is drawn out into a scar as the lip grows higher again.
    per_cm: samples of (h, w, 3) rgb."""
    u, above = uv[..., 0], (lines.upper.at(uv[..., 0]) - uv[..., 1]) / px_per_cm
    from_corner = np.hypot((np.abs(u) - lines.frame.half) / px_per_cm, above)
    out = _evened(rgb, SPITTLE_CM * per_cm, smoothstep(0.45, 0.2, from_corner), 0.03 * per_cm)
    if not lines.parted:
        return out
    edge = smoothstep(0.6, 0.2, above) * smoothstep(-0.2, 0.0, above)  # the lower lip shines on
    edge = edge * smoothstep(0.85, 0.6, np.abs(u) / lines.frame.half)
    return _evened(out, GLOSS_CM * per_cm, edge, 0.03 * per_cm)


def _evened(rgb: Picture, wide: float, share: Floats, soft: float) -> Picture:
    """(h, w, 3) without so much (h, w) of what is lighter than all about it and narrower than `wide`, samples."""
    calm = cv2.morphologyEx(rgb, cv2.MORPH_OPEN, np.ones((1, 2 * round(wide / 2) + 1), np.uint8))
    excess = rgb - cv2.GaussianBlur(calm, (0, 0), soft).astype(np.float32) - NOISE
    return picture8(rgb - np.maximum(excess, 0) * share[..., None])


def _masks(lines: LipLines, grid: Floats, px_per_cm: float, edge_px: float) -> tuple[Floats, Floats]:
    """Alpha above the upper and below the lower line on an (h, w, 2) grid, rising over `edge_px`.

    The lower lip reaches a little over its line, and far over it beyond the corners, where nothing may open: there the
    two always cover the ground together.
    """
    uv = lines.frame.uv(grid)
    u, v = uv[..., 0], uv[..., 1]
    beyond = np.maximum(np.abs(u) - lines.frame.half, 0)
    above = np.clip((lines.upper.at(u) - v) / (edge_px + 0.5 * beyond) + 0.5, 0, 1)
    under = 0.0 if lines.drawn else EDGE_CM * px_per_cm
    below = np.clip((v - lines.lower.at(u) + under + 3 * beyond) / edge_px + 0.5, 0, 1)
    return above.astype(np.float32), below.astype(np.float32)
