"""What is seen between parted lips: cavity, tongue, lower and upper teeth, drawn or taken from the photo.

Drawn pieces live in the mouth's slit frame at rest: u to the picture's right, v down, px. Sizes are in cm of the
canonical face and meet the picture through `px_per_cm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, over, weaker, with_alpha
from didgen.engine.warp.seam import Floats, Picture, Shares, clamp, floats, picture8

UPPER_WIDTHS_CM = (0.84, 0.66, 0.74, 0.66, 0.62)  # from the middle outwards, along the arch
UPPER_HEIGHTS_CM = (0.98, 0.86, 0.96, 0.80, 0.74)
UPPER_EDGE_CM = (0.0, -0.07, -0.03, -0.12, -0.18)  # how far each edge stands below the middle one's
LOWER_WIDTHS_CM = (0.53, 0.58, 0.68, 0.68, 0.68)
LOWER_HEIGHTS_CM = (0.78, 0.80, 0.88, 0.78, 0.70)
LOWER_EDGE_CM = (0.0, -0.02, -0.05, 0.04, 0.08)
UPPER_ARCH_CM, LOWER_ARCH_CM = 2.55, 2.15  # radius of the arch seen from above
OVERBITE_CM = 0.2  # the lower teeth's edge above the upper ones' when the jaw is shut
LOWER_SHADE = (0.92, 0.87, 0.84)  # RGB: the lower teeth lie deeper, between tongue and lip
SUPERSAMPLE = 2


@dataclass(frozen=True, slots=True)
class Colours:
    """The inside of one person's mouth under one photo's light, RGB 0..255, and how soft that photo is.

    white: (2, 3), teeth on the picture's left and right: light seldom falls on both sides alike. tinted: 0..1, how
    much colour the photo has: in a grey one shadows are grey, too.
    """

    white: Floats
    flesh: Floats
    seam: Floats
    blur_px: float
    tinted: float

    def shade(self, rgb: tuple[float, float, float]) -> Floats:
        """(3,) a coloured shadow, as coloured as the photo is."""
        grey = np.mean(rgb)
        return floats(grey + (np.array(rgb) - grey) * self.tinted)

    @property
    def throat(self) -> Floats:
        return floats(self.flesh * self.shade((0.24, 0.15, 0.15)))


@dataclass(frozen=True, slots=True)
class Gape:
    """How the mouth stands open in one frame.

    skull: (2, 3) map from the slit frame at rest to the region drawn, px. box: left, top, right, bottom of the opening
    in the slit frame, px. gap_cm: its height. jaw_uv: how far the jaw has gone, slit frame, px. pout: 0..1, how far
    the lips are pushed forward; tongue: 0..1, how high it is raised.
    """

    skull: NDArray[np.float64]
    box: tuple[float, float, float, float]
    gap_cm: float
    jaw_uv: tuple[float, float]
    pout: float
    tongue: float


@dataclass(frozen=True, slots=True)
class Interior:
    """Pieces in the slit frame (`cavity` in a unit square; tongue and lower teeth with their upper edge at v = 0) and
    the photo's own teeth, if it shows them. bite_v: of the upper teeth's edge, slit frame, px."""

    cavity: Picture
    tongue: Layer
    lower_teeth: Layer
    upper_teeth: Layer
    colours: Colours
    bite_v: float
    px_per_cm: float


@dataclass(frozen=True, slots=True)
class Bite:
    """Where the teeth stand: u, v in the slit frame (px) of the middle of the upper teeth's edge; px_per_cm.

    tilt: sine of how far the head of the photo looks down: teeth further back stand higher on the picture then.
    """

    u: float
    v: float
    px_per_cm: float
    tilt: float


def draw_interior(colours: Colours, bite: Bite, own_teeth: Layer | None) -> Interior:
    """Everything between the lips. own_teeth: the photo's own, in the slit frame, drawn instead of ours."""
    return Interior(
        _cavity(colours),
        _tongue(colours, bite),
        _teeth(colours, bite, upper=False),
        own_teeth or _teeth(colours, bite, upper=True),
        colours,
        bite.v,
        bite.px_per_cm,
    )


def paint_interior(interior: Interior, gape: Gape, coverage: Shares) -> Picture:
    """The picture between the lips, (h, w, 3).

    coverage: (h, w), what the lips hide. Near a lip the interior lies in its shadow; where the opening is so
    narrow that both lips are near, only the dark seam is left: no slivers of teeth.
    """
    shape = (coverage.shape[0], coverage.shape[1])
    picture = _placed_cavity(interior, gape, shape)
    for layer, move, strength in _pieces(interior, gape):
        colours, alpha = layer.placed(move, shape)
        picture = over(picture, colours, weaker(alpha, strength))
    return _shadowed(picture, interior, coverage, _light(interior, gape))


def _light(interior: Interior, gape: Gape) -> Floats:
    """(3,) 0..1 RGB, how much comes in: less through a narrow opening, less and warmer between lips pushed forward."""
    narrow = 0.9 + 0.1 * clamp((gape.gap_cm - 0.2) / 0.6, 0, 1)
    return floats(narrow * (1 - gape.pout * interior.colours.shade((0.52, 0.64, 0.66))))


def _pieces(interior: Interior, gape: Gape) -> list[tuple[Layer, NDArray[np.float64], float]]:
    """Tongue, lower teeth, upper teeth with their places and strengths; pieces that are not seen are left out.

    A raised tongue (th, l, n, d) comes forward over the lower teeth, up to the edge of the upper ones. Lips pushed far
    forward (oo) leave a dark hole.
    """
    cm, gap = interior.px_per_cm, gape.gap_cm
    edge = _lower_edge(interior, gape)
    low = edge - (0.08 + 0.28 * gap) * cm
    tip = low + gape.tongue * min(interior.bite_v + 0.02 * cm - low, 0)
    tongue = interior.tongue, _moved(gape.skull, 0, tip), clamp((gap - 0.18) / 0.2, 0, 1)
    lower = interior.lower_teeth, _moved(gape.skull, gape.jaw_uv[0], edge), clamp((gap - 0.3) / 0.3, 0, 1)
    upper = interior.upper_teeth, gape.skull, 1 - clamp(1.4 * (gape.pout - 0.4), 0, 0.8)
    order = [lower, tongue, upper] if gape.tongue > 0.5 else [tongue, lower, upper]
    return [piece for piece in order if piece[2] > 0]


def _lower_edge(interior: Interior, gape: Gape) -> float:
    """v of the lower teeth's edge, slit frame. They go with the jaw, but a little of them always stands out of an open
    mouth's lower lip, and never a whole row of them."""
    cm, lip = interior.px_per_cm, gape.box[3]
    least = 0.3 * clamp((gape.gap_cm - 0.3) / 1.0, 0, 1) * (1 - gape.pout)
    with_jaw = interior.bite_v - OVERBITE_CM * cm + gape.jaw_uv[1]
    return clamp(with_jaw, lip - 0.4 * cm, lip - least * cm)


def _moved(affine: NDArray[np.float64], du: float, dv: float) -> NDArray[np.float64]:
    """The map applied after a shift of du, dv."""
    out = affine.copy()
    out[:, 2] += affine[:, :2] @ (du, dv)
    return out


def _placed_cavity(interior: Interior, gape: Gape, shape: tuple[int, int]) -> Picture:
    left, top, right, bottom = gape.box
    rows, columns = interior.cavity.shape[:2]
    whole = _moved(gape.skull, left, top)
    whole[:, :2] *= ((right - left) / columns, max(bottom - top, 1.0) / rows)
    out: Picture = cv2.warpAffine(
        interior.cavity, whole, shape[::-1], flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return out


def _shadowed(picture: Picture, interior: Interior, coverage: Shares, light: Floats) -> Picture:
    """Dark and warm under the lips, the upper one above all; only the seam's colour where they nearly meet.

    light: (3,) 0..1 RGB, how much comes in.
    """
    cm = interior.px_per_cm
    covered = coverage * np.float32(1 / 255)
    near = cv2.GaussianBlur(covered, (0, 0), 0.16 * cm)  # above a half only where both lips are near
    drop = max(1, int(0.16 * cm))
    cast = cv2.blur(covered, (3, 2 * drop + 1), anchor=(1, 2 * drop))  # of what lies above
    dim, lit = 1 - 0.34 * cast, smoothstep(0.62, 0.44, near)
    colours = interior.colours
    planes = []  # NumPy is slow over a last axis of three
    for k, tint in enumerate(colours.shade((0.10, 0.20, 0.22))):
        seam = colours.seam[k]
        planes.append(seam + (cv2.extractChannel(picture, k) * (light[k] * dim * (1 - near * tint)) - seam) * lit)
    return picture8(cv2.merge(planes))


def _cavity(colours: Colours) -> Picture:
    """A unit square: darkest behind the upper teeth, warmer towards cheeks and floor, so that corners are not black."""
    v, u = np.mgrid[0:48, 0:64].astype(np.float32)
    u, v = (u - 31.5) / 32, (v - 20) / 28
    wall = smoothstep(0.35, 1.05, np.sqrt(u * u + 0.4 * v * v))[..., None]
    floor = smoothstep(0.1, 1.0, v)[..., None]
    flesh = colours.flesh * colours.shade((0.72, 0.54, 0.52))
    picture = colours.throat + (flesh - colours.throat) * np.maximum(0.8 * wall, 0.9 * floor)
    return picture8(picture)


def _tongue(colours: Colours, bite: Bite) -> Layer:
    """A dome 3.7 cm wide whose tip is at v = 0, lit from above, with a groove and a moist highlight."""
    u, v, region = _sheet(bite.px_per_cm, (bite.u, 0.0), (-2.0, -0.3, 2.0, 2.6))
    dome = 1.9 * (1 - np.clip(1 - (u / 1.85) ** 2, 0, 1) ** 0.5) * 0.45
    depth = v - dome
    light = 0.56 + 0.46 * smoothstep(-0.05, 0.45, depth) - 0.20 * smoothstep(0.6, 1.8, depth)
    light -= 0.10 * np.exp(-((u / 0.16) ** 2)) * smoothstep(0.05, 0.5, depth)
    light *= 1 - 0.35 * smoothstep(0.7, 1.8, np.abs(u))
    gloss = 0.16 * np.exp(-(((np.abs(u) - 0.45) / 0.35) ** 2) - ((depth - 0.32) / 0.14) ** 2)
    flesh = colours.flesh * colours.shade((0.96, 0.78, 0.78))
    rgb = flesh * light[..., None] + gloss[..., None] * _lit(colours, u)
    return _finished(rgb, smoothstep(-0.05, 0.12, depth) * smoothstep(1.95, 1.6, np.abs(u)), region, colours.blur_px)


def _teeth(colours: Colours, bite: Bite, *, upper: bool) -> Layer:
    """One row of teeth: the upper one from the bite, the lower one from v = 0, where it is placed frame by frame."""
    widths, heights, edges, arch = (
        (UPPER_WIDTHS_CM, UPPER_HEIGHTS_CM, UPPER_EDGE_CM, UPPER_ARCH_CM)
        if upper
        else (LOWER_WIDTHS_CM, LOWER_HEIGHTS_CM, LOWER_EDGE_CM, LOWER_ARCH_CM)
    )
    box = (-2.6, -1.8, 2.6, 0.6) if upper else (-2.6, -0.8, 2.6, 1.5)
    u, v, region = _sheet(bite.px_per_cm, (bite.u, bite.v if upper else 0.0), box)
    along = arch * np.arcsin(np.clip(np.abs(u) / arch, 0, 0.999))
    bounds = np.cumsum((0.0, *widths))
    k = np.clip(np.searchsorted(bounds, along, side="right") - 1, 0, len(widths) - 1)
    across = 2 * (along - bounds[k]) / np.take(widths, k) - 1  # -1..1 over a tooth
    fade = (2.4, 1.8) if upper else (1.9, 1.3)  # into the dark of the cheeks
    sign = 1 if upper else -1  # distances are measured from the biting edge towards the gum
    back = arch - np.sqrt(np.clip(arch * arch - u * u, 0, None))  # cm behind the middle ones
    edge = -back * (bite.tilt + (0.10 if upper else 0.0))
    crown = sign * (edge + np.take(edges, k) - v) - 0.06 * np.abs(across) ** 3
    height = np.take(heights, k) - 0.10 * across * across
    rgb = _enamel(colours, along - bounds[k], np.take(widths, k), across, crown / height, u)
    alpha = smoothstep(-0.03, 0.03, crown) * smoothstep(*fade, np.abs(u))
    return _finished(
        rgb * (1.0 if upper else colours.shade(LOWER_SHADE)),
        alpha * smoothstep(1.35, 1.15, crown),
        region,
        colours.blur_px,
    )


def _lit(colours: Colours, u: Floats) -> Floats:
    """(h, w, 3) the white of teeth at u, cm from the middle: from one side's light over to the other's."""
    right = smoothstep(-1.8, 1.8, u)[..., None]
    return floats(colours.white[0] + (colours.white[1] - colours.white[0]) * right)


def _enamel(colours: Colours, inside: Floats, width: Floats, across: Floats, height: Floats, u: Floats) -> Floats:
    """Colour of the teeth: convex, softly parted, warm at the gum, a little grey at the edge, dark to the back."""
    parted = 1 - (0.16 + 0.14 * smoothstep(0.3, 0.0, height)) * np.exp(
        -((np.minimum(inside, width - inside) / 0.035) ** 2)
    )
    round_ = 1 - 0.10 * across * across + 0.06 * np.exp(-(((across + 0.15) / 0.4) ** 2 + ((height - 0.45) / 0.25) ** 2))
    length = 0.88 + 0.12 * smoothstep(-0.05, 0.25, height) - 0.10 * smoothstep(0.5, 1.0, height)
    back = 1 - 0.58 * smoothstep(0.7, 2.3, np.abs(u))
    white = _lit(colours, u) * (parted * round_ * length * back)[..., None]
    gum = colours.flesh * colours.shade((0.86, 0.62, 0.62)) * back[..., None]
    at_gum = smoothstep(0.94, 1.03, height)[..., None]
    return floats(white + (gum - white) * at_gum)


def _sheet(
    px_per_cm: float, middle: tuple[float, float], box_cm: tuple[float, float, float, float]
) -> tuple[Floats, Floats, Region]:
    """x, y in cm from `middle` (slit frame, px) on a supersampled grid, and the region (slit frame, px) that a box
    about it covers at 2 samples a px."""
    low = np.floor(np.array(middle) + np.array(box_cm[:2]) * px_per_cm).astype(int)
    high = np.ceil(np.array(middle) + np.array(box_cm[2:]) * px_per_cm).astype(int)
    region = Region(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    lag = 0.25 * (1 - 1 / SUPERSAMPLE)  # the middle of the samples that `_finished` puts together
    grid = ((region.grid(2 * SUPERSAMPLE) - lag - np.array(middle)) / px_per_cm).astype(np.float32)
    return grid[..., 0], grid[..., 1], region


def _finished(rgb: Floats, alpha: Floats, region: Region, blur_px: float) -> Layer:
    """Reduced to 2 samples a px and as soft as the photo."""
    size = (region.width * 2, region.height * 2)
    both = cv2.resize(np.dstack([rgb, alpha * 255]).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(both, (0, 0), max(2 * blur_px, 0.5))
    return Layer(with_alpha(picture8(soft[..., :3]), soft[..., 3] / 255), region, 2)
