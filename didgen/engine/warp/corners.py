"""The corners of the mouth: dark beside the teeth of a smile, in shadow between closed lips."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import over, shares
from didgen.engine.warp.lip_lines import LipLines
from didgen.engine.warp.seam import Floats, Picture, floats

MOST_SHADOW = 0.4  # of what lies about the corners of closed lips: more that is dark is hair, hatching or paint
SEAM_DARK, SEAM_CM = (0.35, 0.44, 0.44), 0.07  # RGB, what closed lips lose where they meet at the corners; how high
BLEND_CM = 0.115  # how far the edge of a lip is blended with the dark between parted ones
LIP_RED = 2.5  # a* of Lab: by so much more the edges of painted lips are redder than skin, those of bare ones by 1


def corner_seam(lines: LipLines, uv: Floats, px_per_cm: float) -> Floats:
    """(h, w) 0..1, the line in which the lips of a smile meet at its corners once it shuts: a photo of parted ones has
    none, and without it a mouth seems to end in the middle of the skin, and not to smile."""
    past = np.minimum((uv[..., 1] - lines.upper.at(uv[..., 0])) / px_per_cm + 0.5 * SEAM_CM, 0)
    u = np.abs(uv[..., 0]) / lines.frame.half
    return floats(np.exp(-((past / SEAM_CM) ** 2)) * smoothstep(0.55, 0.85, u) * smoothstep(1.12, 1.0, u))


def without_corner_shadow(
    rgb: Picture, lines: LipLines, uv: Floats, per_cm: float, px_per_cm: float
) -> tuple[Picture, bool]:
    """The dark beyond the lines at the corners painted over: else lips keep two black wedges as they close, or part;
    and whether the edges of bare lips went with it. per_cm: samples of (h, w, 3) rgb."""
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
        return rgb, False
    if lines.parted:
        dark |= (u > 0.6) & (u < 1.1) & (v > lines.upper.at(uv[..., 0])) & (v < lines.lower.at(uv[..., 0]))
    shadow = cv2.dilate(dark.astype(np.uint8), np.ones((3, 3), np.uint8))
    mask = _blended(rgb, shadow, round(BLEND_CM * per_cm)) if lines.parted else shadow
    painted = cv2.inpaint(rgb, mask, 3, cv2.INPAINT_TELEA)
    # It fades in along the line: where it began at once, the dark beside it was drawn out into a smudge on the lip.
    return over(rgb, painted, shares(smoothstep(0.3, 0.6, u))), mask is not shadow


def _blended(rgb: Picture, dark: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """(h, w) 1 for the dark and where up to so many samples beside it the skin's edge is blended with it: corners
    painted from that were grey patches on closed lips. Painted lips, redder than skin, end at the dark."""
    wide = cv2.dilate(dark, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    ring = wide > dark
    if not ring.any():
        return dark
    skin = cv2.inpaint(rgb, wide, 3, cv2.INPAINT_TELEA)
    red, bare = (cv2.cvtColor(picture, cv2.COLOR_RGB2LAB)[..., 1][ring] for picture in (rgb, skin))
    return wide if float(np.mean(red.astype(float) - bare)) < LIP_RED else dark
