"""The lashes of a shut eye: a dark line that hangs from the edge of its lid."""

from __future__ import annotations

import cv2
import numpy as np

from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.lid_sheet import DENSE, THIRDS, Sheet
from didgen.engine.warp.seam import Floats, floats

LINE_CM = (0.1, 0.14)  # how much dark there is along a lid's edge, at least and at most
HANG, ROOT = 1.1, 1.1  # of that: how far lashes hang below the edge of a shut lid, and reach above it
DARKEST = 0.28  # of the lid's own colour: lashes are no lighter than that
NO_DARKER = 0.7  # of the pupil, which is grey in a pale or shaded photo: as dark as that lashes are at most
LASH_SOFT_CM = 0.045  # sigma of their line: lashes are many, and a crisp line looks drawn
LASH_DENSE = 1.8  # what softening thins out is made good by so much
LASH_BLUR = 0.55  # of the sigma of the eye's own edges: no line is sharper than what was photographed


def lash_tone(sheet: Sheet) -> Floats:
    """(columns, 3) the darkest of the lid's edge, within limits."""
    share = np.linspace(-0.06, 0.12, 9, dtype=np.float32)[:, None]
    band = sheet.at(sheet.u[None] + 0 * share, sheet.upper - share * sheet.cm).astype(np.float32)
    k = band.sum(-1).argmin(0)
    tone = np.take_along_axis(band, k[None, :, None], 0)[0]
    return sheet.along(np.maximum(np.minimum(tone, DARKEST * sheet.tone), NO_DARKER * _pupil(sheet)), 0.1)


def _pupil(sheet: Sheet) -> Floats:
    """(3,) the darkest twentieth of what is seen of the eye, by channel."""
    inside = np.abs(sheet.u) < 0.8 * sheet.lines.frame.half
    share = np.linspace(0.2, 0.9, 15, dtype=np.float32)[:, None]
    across = sheet.upper + share * (sheet.lower - sheet.upper)
    return floats(np.percentile(sheet.at(sheet.u[None] + 0 * share, across)[:, inside].reshape(-1, 3), 5, 0))


def _lash_cm(sheet: Sheet) -> Floats:
    """(columns,) how thick the line of the lashes is: as much dark as lies along the edge of the open lid, more of
    it outward, none at the corners."""
    share = np.linspace(-0.04, 0.2, 25, dtype=np.float32)[:, None]
    band = sheet.at(sheet.u[None] + 0 * share, sheet.upper - share * sheet.cm).astype(np.float32)
    dark = np.clip(1 - (band @ THIRDS) / np.maximum(sheet.tone @ THIRDS, 1), 0, 1).mean(0) * float(np.ptp(share))
    thick = np.clip(sheet.along(dark[:, None], 0.2)[:, 0], *LINE_CM)
    x = sheet.lines.outer * sheet.u / sheet.lines.frame.half
    outward = 0.65 + 0.5 * smoothstep(-0.6, 0.6, x)
    return floats(thick * outward * smoothstep(-1.0, -0.4, x) * smoothstep(1.12, 0.85, x))


def lashes(sheet: Sheet, blur_px: float) -> Floats:
    """(h, w) 0..1: a dark line along the edge, thinning out below it and towards the corners."""
    long = _lash_cm(sheet) * sheet.cm
    below = smoothstep(-1.0, 0.1, sheet.low / np.maximum(HANG * long, 0.3))
    above = smoothstep(1.0, 0.2, sheet.low / np.maximum(ROOT * long, 0.3))
    line = floats(np.where(sheet.low < 0, below, above) * smoothstep(0.0, 0.05 * sheet.cm, long))
    return floats(np.minimum(LASH_DENSE * _softened(sheet, line, blur_px), 1))


def _softened(sheet: Sheet, picture: Floats, blur_px: float) -> Floats:
    """(h, w, ...) as soft as lashes are seen, though the lid's edge is drawn together across when it is shut.

    blur_px: sigma of the photo's edges."""
    soft = float(np.hypot(LASH_SOFT_CM * sheet.cm, LASH_BLUR * blur_px)) * DENSE
    return floats(cv2.GaussianBlur(picture, (0, 0), soft, sigmaY=soft * sheet.squeeze()))
