"""The teeth that a photo shows, as a piece of their own, and a drawn row that goes on where they end."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, with_alpha
from didgen.engine.warp.seam import Line, Picture, clamp, floats, picture8
from didgen.engine.warp.teeth import UPPER, Bite, upper_line
from didgen.engine.warp.teeth_seen import Teeth, soft_columns

TEETH_REACH_CM = 0.45  # how far the photo's teeth are carried on under the upper lip
BLEND_CM = 0.1  # past either end of the teeth a photo has a blend of tooth and lip
LONGER_CM = 0.25  # at most: a tooth whose edge is hidden
HIDDEN_CM = 0.06  # of the teeth's edge behind the lower lip, or lost in the blend of both
FRONT_CM = 1.7  # to either side of the middle: the teeth whose edge tells how the row lies
MOST_ARC = 0.22  # see `Bite.arc`; the lower lip of a smile hides edges at the side, which rise less than it does


def own_teeth(teeth: Teeth, lower: Line, bite: Bite) -> Layer:
    """The photo's teeth as a piece of their own in the slit frame: carried on under the upper lip and darkened there,
    and where the lower lip hides their edges, down to the line of the row at `bite`."""
    cm = bite.px_per_cm
    u, v = np.moveaxis(teeth.region.grid(2), -1, 0)
    top, edge = teeth.top, teeth.edge
    hidden = smoothstep(0.4 * cm, 0.2 * cm, lower.at(u[0]) - edge) * teeth.seen
    line = bite.v + cm * upper_line(floats((u[0] - bite.u) / cm), bite)
    more = np.clip(line - edge, 0, LONGER_CM * cm) * hidden
    low = edge + cv2.GaussianBlur(floats(more)[None], (0, 0), 0.4 * cm)[0]
    within = top + (v - top) * (edge - top) / np.maximum(low - top, 1)
    clear = np.minimum(np.maximum(np.where(v > top, within, v), top + BLEND_CM * cm), edge - 0.5 * BLEND_CM * cm)
    photo = Layer(teeth.rgb, teeth.region, 2).sampled(floats(np.dstack([u, clear])))
    shade = 1 - 0.45 * smoothstep(0.0, TEETH_REACH_CM * cm, top - v)
    alpha = smoothstep(0.05 * cm, -0.04 * cm, v - low) * soft_columns(teeth.seen, 0.15 * cm)
    return Layer(with_alpha(picture8(photo * shade[..., None]), floats(alpha)), teeth.region, 2)


def row_behind(bite: Bite, teeth: Teeth, steepest: float) -> Bite:
    """Where a drawn row stands that goes on where the photo's teeth end: along their edge, hardly below it.

    steepest: the most that the row leans against the lips. The edge is read as a parabola about the middle:
    an arch of radius R that rises by `arc` a cm of its depth rises by arc · u² / 2R.
    """
    cm = bite.px_per_cm
    u = (teeth.u - bite.u) / cm
    front = teeth.seen & (np.abs(u) < FRONT_CM)
    if np.count_nonzero(front) < cm:
        return bite
    middle, lean, bend = np.polynomial.Polynomial.fit(u[front], teeth.edge[front] / cm, 2).convert().coef
    arc = clamp(bite.back[1] - 2 * UPPER.radius * float(bend), 0, MOST_ARC)
    right = bite.right[0], clamp(float(lean), -steepest, steepest)
    return replace(bite, v=(float(middle) + HIDDEN_CM) * cm, right=right, arc=arc)


def laid(under: Layer, upon: Layer) -> Layer:
    """Both as one, over the ground of both; of as many samples to a px."""
    left, top = min(under.region.left, upon.region.left), min(under.region.top, upon.region.top)
    right = max(under.region.left + under.region.width, upon.region.left + upon.region.width)
    low = max(under.region.top + under.region.height, upon.region.top + upon.region.height)
    region = Region(left, top, right - left, low - top)
    below, above = (_grown(layer, region).astype(np.float32) for layer in (under, upon))
    a, b = above[..., 3:] / 255, below[..., 3:] / 255 * (1 - above[..., 3:] / 255)
    whole = np.maximum(a + b, 1e-3)
    rgb = np.where(a + b > 0, (above[..., :3] * a + below[..., :3] * b) / whole, below[..., :3])
    return Layer(with_alpha(picture8(floats(rgb)), floats((a + b)[..., 0])), region, under.per_px)


def _grown(layer: Layer, region: Region) -> Picture:
    """Its RGBA over a larger region: its colours go on, and are not seen."""
    k, own = layer.per_px, layer.region
    left, top = (own.left - region.left) * k, (own.top - region.top) * k
    right, low = (region.width - own.width) * k - left, (region.height - own.height) * k - top
    rgba = cv2.copyMakeBorder(layer.rgba, top, low, left, right, cv2.BORDER_REPLICATE)
    rgba[..., 3] = cv2.copyMakeBorder(layer.rgba[..., 3].copy(), top, low, left, right, cv2.BORDER_CONSTANT, value=0)
    return rgba  # type: ignore[no-any-return]
