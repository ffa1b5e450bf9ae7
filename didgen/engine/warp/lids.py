"""The lids: what one looks like that slides out of its fold.

An upper lid does not stretch when it falls: it slides out from under the fold above it. So the lid is a layer of its
own in the slit frame (u along, v across the eye). Its lower part is the photo's; what comes out from under the fold is
drawn in the tones of the skin about the eye, with the grain of the skin below it.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.lashes import lash_tone, lashes
from didgen.engine.warp.layer import Layer, Region, with_alpha
from didgen.engine.warp.lid_lines import LidLines
from didgen.engine.warp.lid_sheet import DENSE, Sheet, Shut, lit, skin_share
from didgen.engine.warp.seam import Floats, Picture, clamp, floats, picture8

LASH_CM = 0.05  # the upper lid's lashes hang this far below the landmarks' line and move with the lid
BULGE = 0.13  # lighter in its middle, where it bulges
FOLD_OVER_CM = 0.15  # how far the skin above the fold of a shut lid thins out over it: an edge there would look cut
FOLD_SOFT_CM = 0.09  # half the width of the line that is left of the fold
FOLD_SHADE = 0.06  # darker than the skin above it
RIM_CM = 0.22  # below the edge of the lower lid: what is lighter there than the skin below is its wet rim
CORNER = (0.75, 1.1)  # half widths of the eye: from there on a shut lid is the photo again
CREASE_LEFT = 1.2  # of its darkness
NEAR_CM = 0.22  # above the fold, where its own dark goes as it unfolds


@dataclass(frozen=True, slots=True, eq=False)
class LidLayers:
    """skin: what lies about the opening, RGBA on the photo; its fourth channel is 255 above the fold, 0 under the
    lower lid's edge, 128 between. shut_skin: the same without lashes and fold. lid: the upper lid in the slit frame,
    RGBA, opaque above its edge. shut_lid: the same as it looks when shut."""

    skin: Layer
    shut_skin: Layer
    lid: Layer
    shut_lid: Layer


def build_lids(canvas: Canvas, lines: LidLines, region: Region, px_per_cm: float, shut: Shut) -> LidLayers:
    """region: of the skin's layers, work px. shut: how the skin lies about the shut eye."""
    sheet = Sheet(canvas, lines, px_per_cm, shut)
    clean = _clean(sheet)
    grid = region.grid(canvas.per_px)
    rgb = canvas.sampled(grid)
    blur_px = _blur_px(rgb, canvas.per_px)
    uv = lines.frame.uv(grid)
    side, even_side = (_side(lines, uv, blur_px, over * px_per_cm) for over in (0.0, FOLD_OVER_CM))
    even = _even_skin(sheet, rgb, uv, canvas.per_px, blur_px)
    return LidLayers(
        skin=Layer(np.dstack([rgb, side]), region, canvas.per_px),
        shut_skin=Layer(np.dstack([even, even_side]), region, canvas.per_px),
        lid=_lid(sheet, clean, blur_px),
        shut_lid=_shut_lid(sheet, clean, blur_px),
    )


def _side(lines: LidLines, uv: Floats, blur_px: float, over_px: float = 0.0) -> Picture:
    """(h, w) 255 above the fold, 0 below the lower edge, 128 between; as soft as the photo's edges are.

    over_px: how far what is above the fold reaches over the lid, thinning out."""
    u, v = uv[..., 0], uv[..., 1]
    fold, lower = lines.fold.at(u), lines.lower.at(u)
    soft = max(1.0, 1.5 * blur_px)
    over = fold + soft + np.minimum(over_px, 0.7 * (lower - fold))
    above = smoothstep(0, 1, (over - v) / (over - fold + soft))
    below = np.clip((v - lower) / _soft_px(blur_px) + 0.5, 0, 1)
    return picture8(127.5 + 127.5 * (above - below) + 0.5)


def _blur_px(rgb: Picture, per_px: int) -> float:
    """Sigma, work px, of the sharpest edges about an eye (h, w, 3), `per_px` samples a px: how soft the photo is there.

    An edge of contrast c that is blurred by sigma is c / (sigma · √2π) steep."""
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    steep = np.hypot(*(cv2.Sobel(light, cv2.CV_32F, dx, 1 - dx, scale=per_px / 8) for dx in (0, 1)))
    contrast = np.percentile(light, 98) - np.percentile(light, 2)
    return float(contrast / max(float(np.percentile(steep, 98)), 1e-3) / np.sqrt(2 * np.pi))


def _soft_px(blur_px: float) -> float:
    """How wide the edge of a layer is, so as not to look cut out of a photo whose edges have this sigma."""
    return clamp(1.5 * blur_px, 0.8, 3.0)


def _alpha(sheet: Sheet, blur_px: float) -> Floats:
    """The lid ends in an edge as soft as the photo's, below its lashes; beyond the corners it covers the line that
    is left."""
    outward = np.abs(sheet.u) / sheet.lines.frame.half
    soft = _soft_px(blur_px)
    lash = LASH_CM * sheet.cm * np.clip(1.2 - outward, 0, 1) + (soft + 0.7) * smoothstep(0.96, 1.04, outward)
    return floats(np.clip((sheet.height + lash) / soft + 0.5, 0, 1))


def _lid(sheet: Sheet, clean: Floats, blur_px: float) -> Layer:
    """The lid's own px; what is hidden in its fold is as when shut. blur_px: sigma of the photo's edges."""
    plate = sheet.upper - sheet.fold
    hidden = smoothstep(0.0, 0.12 * sheet.cm, sheet.height - plate)[..., None]
    rgb = sheet.rgb + hidden * (clean - sheet.rgb)
    return Layer(with_alpha(picture8(rgb), _alpha(sheet, blur_px)), sheet.region, DENSE)


def _shut_lid(sheet: Sheet, clean: Floats, blur_px: float) -> Layer:
    """Even skin down to the line of the lashes, which hang from its edge; at the corners the photo again."""
    line = lashes(sheet, blur_px)
    dark = np.minimum(lash_tone(sheet), clean)
    rgb = floats(clean + line[..., None] * (dark - clean))
    x = np.abs(sheet.u)[:, None] / sheet.lines.frame.half
    white = smoothstep(1.1, 1.4, sheet.light(sheet.rgb) / np.maximum(sheet.light(sheet.tone), 1e-3))
    corner = sheet.rgb + smoothstep(1.1, 1.0, x) * white * (sheet.tone - sheet.rgb)
    rgb += smoothstep(*CORNER, x) * (corner - rgb)
    return Layer(with_alpha(picture8(rgb), np.maximum(_alpha(sheet, blur_px), line)), sheet.region, DENSE)


def _clean(sheet: Sheet) -> Floats:
    """(h, w, 3) the lid's skin from its edge up to where the fold is when it is shut, lit like a ball from above."""
    s = np.clip(sheet.low / np.maximum(sheet.tall, 1), 0, 1)
    x = np.clip(np.abs(sheet.u) / sheet.lines.frame.half, 0, 1)[None]
    colour = sheet.tone + smoothstep(0.5, 1.0, s)[..., None] * (sheet.join - sheet.tone)
    colour = colour + smoothstep(0.65, 0.95, x)[..., None] * (sheet.ends - colour)
    bulge = (BULGE + sheet.shine)[None] * np.exp(-(((s - 0.45) / 0.25) ** 2)) * (1 - x**2)
    colour = lit(colour, floats(1 + bulge - 0.08 * smoothstep(0.4, 0.0, s) - 0.05 * x**2)[..., None])
    return floats(colour + sheet.grain(sheet.uv[..., 0], sheet.low) * sheet.light(colour))


def _even_skin(sheet: Sheet, rgb: Picture, uv: Floats, per_px: int, blur_px: float) -> Picture:
    """The photo with the skin above the fold as it is over a shut eye: no lashes on it, its fold a soft line; and
    without the wet edge of the lower lid, which a shut one covers."""
    size = 2 * max(1, round(0.09 * sheet.cm * per_px)) + 1
    closed = cv2.morphologyEx(rgb, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)).astype(np.float32)
    skin = skin_share(sheet.light(closed)[..., 0])  # neither brow nor glasses
    share = skin[..., None] + 1e-3
    closed = cv2.GaussianBlur(closed * share, (0, 0), 0.5 * size)
    closed /= cv2.GaussianBlur(share, (0, 0), 0.5 * size)[..., None]
    height = (sheet.lines.fold.at(uv[..., 0]) - uv[..., 1]) / sheet.cm
    depth = (uv[..., 1] - sheet.lines.lower.at(uv[..., 0])) / sheet.cm
    x = np.abs(uv[..., 0]) / sheet.lines.frame.half
    soft = blur_px / sheet.lines.frame.half
    beside = smoothstep(1.3 + 3 * soft, 1.0 + soft, x)
    near = smoothstep(NEAR_CM, 0.0, height)[..., None]
    near *= 0.8 + 0.2 * smoothstep(0.0, -0.1, height)[..., None]
    wide = float(np.hypot(FOLD_SOFT_CM, blur_px / sheet.cm))
    fold = FOLD_SOFT_CM / wide * np.exp(-((height / wide) ** 2))[..., None]
    arch = smoothstep(1.0, 0.7, x)[..., None]
    shade = (1 - FOLD_SHADE * near * arch) * (1 - CREASE_LEFT * fold * sheet.columns(sheet.crease(), uv))
    even = lit(floats(closed + near * (sheet.columns(sheet.join, uv) - closed)), shade)
    even += sheet.grain(uv[..., 0], sheet.seen_above_edge(uv)) * sheet.light(closed)
    unfolded = smoothstep(-0.5, -0.3, height) * smoothstep(1.1, 0.9, x) * smoothstep(0.0, -0.08, depth)
    share = (np.where(height > 0, smoothstep(0.38, 0.12, height) * beside, unfolded) * skin)[..., None]
    even = floats(rgb + share * (even - rgb))
    rim = smoothstep(-0.15, -0.1, depth) * smoothstep(RIM_CM, 0.6 * RIM_CM, depth) * smoothstep(1.12, 1.0, x)
    under = sheet.columns(sheet.under, uv)
    pale = smoothstep(1.1, 1.4, sheet.light(even) / np.maximum(sheet.light(under), 1e-3))
    return picture8(even + rim[..., None] * pale * (under - even))
