"""Rows of teeth, drawn: each an arch seen from where the head is turned to, tooth by tooth.

Sizes are in cm of the canonical face; what is drawn lies in the mouth's slit frame at rest (u to the picture's right,
v down, px) and meets it through `px_per_cm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from didgen.engine.warp.colours import Colours
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, with_alpha
from didgen.engine.warp.seam import Floats, floats, picture8

SUPERSAMPLE = 2
LOWER_SHADE = (0.70, 0.61, 0.56)  # RGB: the lower teeth lie deeper, between tongue and lip
DEEP = (0.40, 0.25, 0.23)  # RGB, of the flesh: what is left of a tooth where no light comes


@dataclass(frozen=True, slots=True)
class Row:
    """One row from its middle outwards, cm along the arch. edge: how far each tooth stands beyond the line of bite;
    round_: how far its corners are rounded off, the one towards the middle and the one away from it. radius: of the
    arch seen from above. fade: along the arch, where the cheek hides it."""

    width: tuple[float, ...]
    height: tuple[float, ...]
    edge: tuple[float, ...]
    round_: tuple[tuple[float, float], ...]
    radius: float
    fade: tuple[float, float]


UPPER = Row(
    (0.86, 0.66, 0.76, 0.70, 0.66),
    (0.98, 0.86, 0.96, 0.80, 0.74),
    (0.0, -0.05, -0.01, -0.07, -0.12),
    ((0.03, 0.07), (0.05, 0.08), (0.07, 0.10), (0.07, 0.07), (0.06, 0.06)),
    2.55,
    (3.3, 2.4),
)
LOWER = Row(
    (0.53, 0.58, 0.68, 0.68, 0.68),
    (0.78, 0.80, 0.88, 0.78, 0.70),
    (0.0, -0.01, -0.02, 0.02, 0.04),
    ((0.02, 0.03), (0.03, 0.04), (0.05, 0.06), (0.05, 0.05), (0.05, 0.05)),
    2.15,
    (2.3, 1.4),
)


@dataclass(frozen=True, slots=True)
class Bite:
    """Where the teeth stand: u, v in the slit frame (px) of the middle of the upper teeth's edge; px_per_cm.

    right, back: (u, v) in the slit frame of a step of 1 to the picture's right along the head, and of 1 into it: so
    the row is seen as the head is turned. arc: how much the edge of the upper row rises for each cm it lies further
    back.
    """

    u: float
    v: float
    px_per_cm: float
    right: tuple[float, float] = (1.0, 0.0)
    back: tuple[float, float] = (0.0, 0.0)
    arc: float = 0.10


def draw_teeth(colours: Colours, bite: Bite, *, upper: bool) -> Layer:
    """One row of teeth: the upper one from the bite, the lower one from v = 0, where it is placed frame by frame."""
    row, box = (UPPER, (-2.9, -1.8, 2.9, 0.7)) if upper else (LOWER, (-2.7, -0.8, 2.7, 1.5))
    u, v, region = sheet(bite.px_per_cm, (bite.u, bite.v if upper else 0.0), box)
    angle, facing = _round_the_arch(u, row.radius, bite)
    along = floats(row.radius * np.abs(angle))
    bounds = np.cumsum((0.0, *row.width))
    k = np.clip(np.searchsorted(bounds, along, side="right") - 1, 0, len(row.width) - 1)
    inside, width = along - bounds[k], np.take(row.width, k)
    across = 2 * inside / width - 1  # -1 towards the middle .. 1 over a tooth
    sign = 1 if upper else -1  # distances are measured from the biting edge towards the gum
    line = _line(angle, row.radius, bite, bite.arc if upper else 0.0)
    rounded = np.where(across < 0, np.take([r[0] for r in row.round_], k), np.take([r[1] for r in row.round_], k))
    crown = sign * (line + np.take(row.edge, k) - v) - rounded * np.abs(across) ** 3
    height = crown / (np.take(row.height, k) - 0.10 * across * across)
    rgb = _enamel(colours, np.minimum(inside, width - inside), across, height, u, along, facing)
    alpha = smoothstep(-0.05, 0.05, crown) * smoothstep(*row.fade, along) * smoothstep(0.03, 0.3, facing)
    if not upper:
        rgb *= colours.shade(LOWER_SHADE)
    return finished(rgb, alpha * smoothstep(1.35, 1.15, crown), region, colours.blur_px)


def upper_line(u: Floats, bite: Bite) -> Floats:
    """(n,) how far below the middle of the upper row's edge that edge lies at u; both in cm from there."""
    return _line(_round_the_arch(u, UPPER.radius, bite)[0], UPPER.radius, bite, bite.arc)


def _line(angle: Floats, radius: float, bite: Bite, arc: float) -> Floats:
    return floats(radius * (np.sin(angle) * bite.right[1] + (1 - np.cos(angle)) * (bite.back[1] - arc)))


def _round_the_arch(u: Floats, radius: float, bite: Bite) -> tuple[Floats, Floats]:
    """(h, w) the angle about the arch's middle at u, cm from the middle of the front, and how squarely the arch faces
    the viewer there, 0..1: at the horizon of a turned head it is 0.

    A point of the arch lies at u = radius · (sin a · right + (1 - cos a) · back): a sine of a, shifted.
    """
    right, back = bite.right[0], bite.back[0]
    length, turn = float(np.hypot(right, back)), float(np.arctan2(back, right))
    seen = np.arcsin(np.clip((u / radius - back) / length, -0.999, 0.999))
    return floats(seen + turn), floats(np.cos(seen))


def _enamel(
    colours: Colours, seam: Floats, across: Floats, height: Floats, u: Floats, along: Floats, facing: Floats
) -> Floats:
    """Colour of the teeth: convex, softly parted, warm at the gum, clearer at the edge, dark to the back.

    seam: cm from where a tooth meets the next; height: 0 at the biting edge, 1 at the gum.
    """
    parted = 1 - 0.13 * np.exp(-((seam / 0.055) ** 2))
    round_ = 1 - 0.08 * across * across
    length = 0.93 + 0.07 * smoothstep(-0.02, 0.22, height) - 0.16 * smoothstep(0.45, 1.0, height)
    back = 1 - 0.80 * smoothstep(0.5, 2.5, along)
    side = 0.68 + 0.32 * smoothstep(0.0, 0.6, facing)
    light = 1 - colours.relief * (1 - parted * round_ * length * back * side)[..., None]
    deep = colours.flesh * colours.shade(DEEP)
    lit = colours.lit(u)
    gloss = colours.wet * 0.16 * np.exp(-(((across + 0.15) / 0.4) ** 2 + ((height - 0.42) / 0.16) ** 2)) * back
    white = deep + (lit - deep) * light + lit * gloss[..., None]
    gum = colours.flesh * colours.shade((0.86, 0.62, 0.62)) * back[..., None]
    at_gum = smoothstep(0.94, 1.03, height)[..., None]
    return floats(white + (gum - white) * at_gum)


def sheet(
    px_per_cm: float, middle: tuple[float, float], box_cm: tuple[float, float, float, float]
) -> tuple[Floats, Floats, Region]:
    """x, y in cm from `middle` (slit frame, px) on a supersampled grid, and the region (slit frame, px) that a box
    about it covers at 2 samples a px."""
    low = np.floor(np.array(middle) + np.array(box_cm[:2]) * px_per_cm).astype(int)
    high = np.ceil(np.array(middle) + np.array(box_cm[2:]) * px_per_cm).astype(int)
    region = Region(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    lag = 0.25 * (1 - 1 / SUPERSAMPLE)  # the middle of the samples that `finished` puts together
    grid = ((region.grid(2 * SUPERSAMPLE) - lag - np.array(middle)) / px_per_cm).astype(np.float32)
    return grid[..., 0], grid[..., 1], region


def finished(rgb: Floats, alpha: Floats, region: Region, blur_px: float) -> Layer:
    """Reduced to 2 samples a px and as soft as the photo."""
    size = (region.width * 2, region.height * 2)
    both = cv2.resize(np.dstack([rgb, alpha * 255]).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(both, (0, 0), max(2 * blur_px, 0.5))
    return Layer(with_alpha(picture8(soft[..., :3]), soft[..., 3] / 255), region, 2)
