"""What is seen between parted lips: cavity, tongue, lower and upper teeth, drawn or taken from the photo.

Drawn pieces live in the mouth's slit frame at rest: u to the picture's right, v down, px. Sizes are in cm of the
canonical face and meet the picture through `px_per_cm`.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.colours import Colours
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, over, weaker
from didgen.engine.warp.own_teeth import laid
from didgen.engine.warp.seam import Floats, Picture, Shares, clamp, floats, picture8
from didgen.engine.warp.teeth import Bite, draw_teeth, finished, sheet

OVERBITE_CM = 0.2  # the lower teeth's edge above the upper ones' when the jaw is shut
CAST_CM = 0.36  # how far the upper lip's shadow reaches down
CAST = (0.3, 0.4, 0.43)  # RGB, taken right under it
ABOUT = (0.08, 0.21, 0.24)  # RGB, taken near either lip
NARROW = (0.05, 0.13, 0.16)  # RGB, taken between lips that are hardly parted: their red is all about


HINT_FROM_CM, HINT_CM = 0.52, 0.28  # of opening and of teeth: an oh shows the edge of the upper ones, an oo nothing
BEHIND = 0.8  # raised so far the tongue stays behind the upper teeth; further (th) it comes out under them


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


def draw_interior(colours: Colours, bite: Bite, own_teeth: Layer | None) -> Interior:
    """Everything between the lips. own_teeth: the photo's own, in the slit frame, laid upon ours."""
    upper = draw_teeth(colours, bite, upper=True)
    return Interior(
        _cavity(colours),
        _tongue(colours, bite),
        draw_teeth(colours, bite, upper=False),
        laid(upper, own_teeth) if own_teeth else upper,
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
    return _shadowed(picture, interior, coverage, _light(interior, gape), gape.gap_cm)


def _light(interior: Interior, gape: Gape) -> Floats:
    """(3,) 0..1 RGB, how much comes in: less through a narrow opening, less and warmer between lips pushed forward."""
    colours, narrow = interior.colours, clamp((1.0 - gape.gap_cm) / 0.8, 0, 1)
    shaded = gape.pout * (1 - 0.7 * _hint(gape))
    return floats((1 - narrow * colours.shade(NARROW)) * (1 - shaded * colours.shade((0.18, 0.33, 0.35))))


def _hint(gape: Gape) -> float:
    """0..1, how far round lips are open enough to show the edge of the upper teeth."""
    return clamp((gape.gap_cm - HINT_FROM_CM) / 0.2, 0, 1)


def _pieces(interior: Interior, gape: Gape) -> list[tuple[Layer, NDArray[np.float64], float]]:
    """Tongue, lower teeth, upper teeth with their places and strengths; pieces that are not seen are left out.

    A raised tongue (l, n, d) comes forward over the lower teeth, up behind the edge of the upper ones; of th it comes
    between them and lies on that edge. Lips pushed forward (oo) leave a dark hole: the upper one comes before its
    teeth, which therefore go up behind it; faded alone they would be a grey slab on the way. Of an oh, wide open, their
    edge stays in sight.
    """
    cm, gap = interior.px_per_cm, gape.gap_cm
    edge = _lower_edge(interior, gape)
    low = edge - (0.12 + 0.42 * gap) * cm
    between = clamp((gape.tongue - BEHIND) / (1 - BEHIND), 0, 1)
    tip = low + gape.tongue * min(interior.bite_v - (0.1 + 0.18 * between) * cm - low, 0)
    tongue = interior.tongue, _moved(gape.skull, 0, tip), clamp((gap - 0.18) / 0.2, 0, 1)
    bared = clamp((gape.box[3] - edge) / (0.04 * cm), 0, 1)
    lower = interior.lower_teeth, _moved(gape.skull, gape.jaw_uv[0], edge), bared * (1 - gape.pout)
    hidden = clamp(3.0 * (gape.pout - 0.08), 0, 1)
    hint = _hint(gape)
    up = hidden * max(interior.bite_v - gape.box[1] - hint * HINT_CM * cm, 0)
    upper = interior.upper_teeth, _moved(gape.skull, 0, -up), 1 - (1 - hint) * clamp(2.5 * (hidden - 0.6), 0, 0.95)
    if gape.tongue > BEHIND:
        order = [lower, upper, tongue]
    else:
        order = [lower, tongue, upper] if gape.tongue > 0.5 else [tongue, lower, upper]
    return [piece for piece in order if piece[2] > 0]


def _lower_edge(interior: Interior, gape: Gape) -> float:
    """v of the lower teeth's edge, slit frame. They go with the jaw, so that a lip drawn down bares them, but their
    tips always stand out of a wide open mouth's lower lip, and never more than tips."""
    cm, lip = interior.px_per_cm, gape.box[3]
    least = 0.24 * clamp((gape.gap_cm - 0.9) / 0.4, 0, 1) * (1 - gape.pout)
    with_jaw = interior.bite_v - OVERBITE_CM * cm + gape.jaw_uv[1]
    return clamp(with_jaw, lip - 0.28 * cm, lip - least * cm)


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


def _shadowed(picture: Picture, interior: Interior, coverage: Shares, light: Floats, gap_cm: float) -> Picture:
    """Dark and warm under the lips, the upper one above all; only the seam's colour where they nearly meet.

    light: (3,) 0..1 RGB, how much comes in; gap_cm: the height of the opening.
    """
    cm, colours = interior.px_per_cm, interior.colours
    covered = coverage * np.float32(1 / 255)
    near = cv2.GaussianBlur(covered, (0, 0), 0.16 * cm)  # above a half only where both lips are near
    drop = max(1, int(CAST_CM / 2 * cm))
    cast = cv2.blur(covered, (2 * int(0.1 * cm) + 1, 2 * drop + 1), anchor=(-1, 2 * drop))  # of what lies above
    wide = clamp((gap_cm - 0.3) / 0.5, 0, 1)  # then one lip is near everywhere at its edge: no black line along it
    lit = smoothstep(0.62 + 0.2 * wide, 0.44 + 0.1 * wide, near)
    crisp, shut = colours.crisp, colours.shut
    planes = []  # NumPy is slow over a last axis of three
    for k, (under, about) in enumerate(zip(crisp * colours.shade(CAST), crisp * colours.shade(ABOUT), strict=True)):
        seam = shut[k]
        dim = light[k] - (light[k] * under) * cast - (light[k] * about) * near
        planes.append(seam + (cv2.extractChannel(picture, k) * dim - seam) * lit)
    return picture8(cv2.merge(planes))


def _cavity(colours: Colours) -> Picture:
    """A unit square: darkest behind the upper teeth, warmer towards cheeks and floor, so that corners are not black."""
    v, u = np.mgrid[0:48, 0:64].astype(np.float32)
    u, v = (u - 31.5) / 32, (v - 20) / 28
    wall = smoothstep(0.3, 1.0, np.sqrt(u * u + 0.4 * v * v))[..., None]
    floor = smoothstep(0.0, 0.9, v)[..., None]
    flesh = colours.flesh * colours.shade((0.78, 0.54, 0.52))
    picture = colours.throat + (flesh - colours.throat) * np.maximum(0.42 * wall, 0.8 * floor)
    return picture8(picture)


def _tongue(colours: Colours, bite: Bite) -> Layer:
    """A mound 4 cm wide whose back is at v = 0: it comes out of the dark there, and lies in the light towards the lip,
    with a groove and a moist highlight."""
    u, v, region = sheet(bite.px_per_cm, (bite.u, 0.0), (-2.2, -0.3, 2.2, 2.6))
    depth = v - 0.75 * (1 - np.clip(1 - (u / 2.05) ** 2, 0, 1) ** 0.5)
    light = 0.42 + 0.56 * smoothstep(-0.1, 0.7, depth) - 0.12 * smoothstep(0.9, 1.8, depth)
    light -= 0.07 * np.exp(-((u / 0.2) ** 2)) * smoothstep(0.1, 0.6, depth)
    light *= 1 - 0.4 * smoothstep(0.6, 1.9, np.abs(u))
    gloss = 0.13 * np.exp(-(((np.abs(u) - 0.5) / 0.4) ** 2) - ((depth - 0.42) / 0.18) ** 2)
    flesh = colours.flesh * colours.shade((0.96, 0.80, 0.79))
    rgb = flesh * light[..., None] + gloss[..., None] * colours.lit(u)
    return finished(rgb, smoothstep(-0.12, 0.3, depth) * smoothstep(2.15, 1.6, np.abs(u)), region, colours.blur_px)
