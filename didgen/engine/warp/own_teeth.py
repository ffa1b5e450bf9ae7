"""The teeth that a photo shows: a piece of it, and a drawn row that goes on where the photo's end."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, with_alpha
from didgen.engine.warp.lips import LipLines
from didgen.engine.warp.seam import Floats, Picture, clamp, floats, picture8
from didgen.engine.warp.teeth import UPPER, Bite

TEETH_REACH_CM = 0.45  # how far the photo's teeth are carried on under the lips
HIDDEN_CM = 0.06  # of the teeth's edge behind the lower lip, or lost in the blend of both
FRONT_CM = 1.7  # to either side of the middle: the teeth whose edge tells how the row lies
MOST_ARC = 0.45  # see `Bite.arc`


def own_teeth(canvas: Canvas, lines: LipLines, px_per_cm: float) -> tuple[Layer, Floats]:
    """The photo's teeth as a piece of their own in the slit frame, carried on under the lips and darkened there, and
    (n, 2) u, v of their edge, px."""
    frame, cm = lines.frame, px_per_cm
    top = float(lines.upper.v.min()) - TEETH_REACH_CM * cm
    low = Region.around(np.array([[-frame.half, top], [frame.half, float(lines.lower.v.max())]], np.float32), 2)
    uv = low.grid(2)
    u, v = uv[..., 0], uv[..., 1]
    rgb = canvas.sampled(frame.xy(u, v))
    rim = np.minimum(v - lines.upper.at(u), lines.lower.at(u) - v) - 0.05 * cm  # < 0: lip, or its shadow's edge
    known = (rim > 0) & (np.abs(u) < frame.half)
    wanted = rim > -(TEETH_REACH_CM + 0.1) * cm
    filled = cv2.inpaint(rgb, (wanted & ~known).astype(np.uint8), 4, cv2.INPAINT_TELEA)
    light = cv2.cvtColor(filled, cv2.COLOR_RGB2GRAY).astype(np.float32)
    bright = float(np.percentile(light[known], 85)) if known.any() else 255.0
    edge = _biting_edge(light > 0.55 * bright, known, v, lines.lower.at(u[0]) - 0.12 * cm, cm)
    alpha = smoothstep(0.22, 0.5, light / bright) * smoothstep(0.05 * cm, -0.04 * cm, v - edge)
    shade = 1 - 0.45 * smoothstep(0.0, TEETH_REACH_CM * cm, -rim)
    layer = Layer(with_alpha((filled * shade[..., None]).astype(np.uint8), alpha), low, 2)
    return layer, floats(np.column_stack([u[0], edge]))


def _biting_edge(
    bright: NDArray[np.bool_], known: NDArray[np.bool_], v: Floats, lowest: Floats, px_per_cm: float
) -> Floats:
    """(columns,) v of the lowest bright pixel of the hole per column, smooth, at most `lowest`."""
    tooth = bright & known & (v < lowest)
    found = np.where(tooth, v, -np.inf).max(0)
    edge = np.where(np.isfinite(found), found, lowest).astype(np.float32)
    smooth: Floats = cv2.GaussianBlur(edge[None], (0, 0), 0.12 * px_per_cm, borderType=cv2.BORDER_REPLICATE)[0]
    return np.minimum(smooth, lowest)


def row_behind(bite: Bite, edge: Floats, steepest: float) -> Bite:
    """Where a drawn row stands that goes on where the photo's teeth end: along their edge (n, 2), hardly below it.

    steepest: the most that the row leans against the lips. The edge is read as a parabola about the middle:
    an arch of radius R that rises by `arc` a cm of its depth rises by arc · u² / 2R.
    """
    cm = bite.px_per_cm
    front = edge[np.abs(edge[:, 0] - bite.u) < FRONT_CM * cm].astype(np.float64) / cm
    middle, lean, bend = np.polynomial.Polynomial.fit(front[:, 0] - bite.u / cm, front[:, 1], 2).convert().coef
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
