"""Each lip of the photo as a layer of its own."""

from __future__ import annotations

import cv2
import numpy as np

from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.corners import SEAM_DARK, corner_seam, without_corner_shadow
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, with_alpha
from didgen.engine.warp.lip_lines import LipLines
from didgen.engine.warp.seam import Floats, Line, Picture, floats, picture8

FOLD = 1.45  # past its edge a lip goes on as half a mirror image
SEAM_KEPT = 0.6  # of the depth of the seam's dark, where the lower lip goes on as a mirror image
EDGE_CM = 0.07  # how far the lower lip reaches over its line
ROLL_CM = 0.14  # how far from its edge a lip begins to turn inwards, away from the light
SPITTLE_CM, GLOSS_CM, NOISE = 0.42, 0.8, 8  # widths of light spots on lips; grey levels that make none


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
    clear, bare = photo, False
    if not lines.drawn:
        per_cm = canvas.per_px * px_per_cm
        clear, bare = without_corner_shadow(photo, lines, uv, per_cm, px_per_cm)
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
            if bare and sign > 0:
                dark = dark + floats(SEAM_DARK) * corner_seam(lines, uv, px_per_cm)[..., None]
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
