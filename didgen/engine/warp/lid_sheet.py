"""The photo about one eye as its lids see it: skin in the slit frame (u along, v across), its tones and its grain."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Region
from didgen.engine.warp.lid_lines import LidLines
from didgen.engine.warp.seam import Floats, Picture, floats

LEAST_LIGHT = 0.78  # of a shut lid, as a share of that of the skin below the eye
SEEN_SHARE = 0.5  # of a lid's colour that is what is seen of it in the photo, where much of it is seen
PLATE_LIGHT = (
    0.92,
    1.05,
)  # of what is seen of it, as a share of that of the skin about it: beyond are lashes and shine
LID_LIGHT = 0.98  # of a shut lid, as a share of that
FOLD_DEPTH = (0.1, 0.35)  # darker than the skin is a fold: at least, or the lid is flat; beyond are brows and rims
LID_COLOUR = 1.1  # of the colour of the skin about it: a lid is thin and warm, and paler it looks dead
SHINE_SHARE, MOST_SHINE = 0.9, 0.4  # of how much a lid shines in the photo: so much of it, and of so much at most
WARM = np.array([-0.25, 0, 0.25], np.float32)  # added to the power of the light by which red, green, blue of skin fall
RED = 0.25  # share of red beyond blue, from which on it is wholly so
NO_SKIN = 0.2  # of the light of the skin below: brows and rims of glasses are darker, and stay as they are
GRAIN_BELOW_CM, GRAIN_DEPTH_CM = 0.45, 0.6  # under the lower lid: the skin whose grain a shut lid has
GRAIN_CM = 0.08  # sigma: what is coarser than that is shape and shade, not grain
GRAIN = 0.6  # of it: more would look scratched where a lid is drawn together
SPECKS = (5.0, 12.0)  # levels, at least and at most
SPECK = 2.5  # of the median grain: what stands out further than that is a mole or a lash, not grain
REACH = 1.32  # half widths of the eye: how far along it the layers go
DENSE = 2  # samples a px of the lid's layer
THIRDS = np.full(3, 1 / 3, np.float32)  # a product is five times faster than a mean over three


Shut = Callable[[Floats], Floats]
"""Places of the photo (h, w, 2), work px → where the skin there goes when the eye is shut."""


def _at_least(tone: Floats, least: Floats) -> Floats:
    """(n, 3) a colour, made as light as another where it is darker, at most twice as light."""
    gain = least.mean(-1, keepdims=True) / np.maximum(tone.mean(-1, keepdims=True), 1)
    return floats(tone * np.clip(gain, 1, 2))


def skin_share(light: Floats) -> Floats:
    """0..1 how surely this is skin. light: as a share of that of the skin below the eye."""
    return smoothstep(NO_SKIN, NO_SKIN + 0.25, light)


def lit(colours: Floats, light: Floats) -> Floats:
    """(..., 3) skin in so much more or less light (..., 1): what is darker of it is redder too, or it looks dirty;
    not in prints without colour, nor under blue light."""
    red = (colours[..., :1] - colours[..., 2:]) / np.maximum(colours[..., :1], 1)
    return floats(colours * np.maximum(light, 0.05) ** (1 + WARM * np.clip(red / RED, 0, 1)))


class Sheet:
    """The photo about one eye in the slit frame, columns along u, and the tones of its skin."""

    def __init__(self, canvas: Canvas, lines: LidLines, px_per_cm: float, shut: Shut) -> None:
        self.lines, self.cm, self.shut = lines, px_per_cm, shut
        half = lines.frame.half
        fall = float(lines.fall(np.linspace(-half, half, 33, dtype=np.float32), px_per_cm).max())
        top = -1.15 * half - fall
        self.region = Region(
            int(np.floor(-REACH * half)), int(np.floor(top)), int(2 * REACH * half) + 2, int(0.95 * half - top) + 2
        )
        self.canvas = canvas
        self.uv = self.region.grid(DENSE)
        u = self.uv[0, :, 0]
        self.u = u
        self.upper, self.lower, self.fold = lines.upper.at(u), lines.lower.at(u), lines.fold.at(u)
        self.fall = lines.fall(u, px_per_cm)
        self.rgb = self.at(u[None] + 0 * self.uv[..., 0], self.uv[..., 1]).astype(np.float32)
        self.height = floats(self.upper[None] - self.uv[..., 1])  # above the lid's edge
        self.low = self.seen_above_edge(self.uv + np.dstack([0 * self.height, 0 * self.height + self.fall]))
        self.under = self.band(self.lower + 0.12 * px_per_cm, self.lower + 0.5 * px_per_cm, 45)
        self.plate = self.band(self.fold, self.upper - 0.08 * px_per_cm, 65)
        above = self.band(self.fold - 0.25 * px_per_cm, self.fold - 0.02 * px_per_cm, 65)
        lids = _at_least(self.plate, LEAST_LIGHT * self.under)  # where the rim of glasses or a brow is above
        self.above = floats(lids + skin_share(self.light(above)) * (above - lids))

    def seen_above_edge(self, uv: Floats) -> Floats:
        """(h, w) px above the edge of the shut lid, as they are seen, of what lies at (h, w, 2) u, v of the photo: the
        skin about a shut eye is drawn together, and what is painted on the lid with it."""
        frame = self.lines.frame
        edge = frame.uv(self.shut(frame.xy(self.u, self.upper + self.fall)[None]))[0]
        seen = frame.uv(self.shut(frame.xy(uv[..., 0], uv[..., 1])))
        return floats(np.interp(seen[..., 0], edge[:, 0], edge[:, 1]) - seen[..., 1])

    def light(self, colours: Floats) -> Floats:
        """(..., 1) the light of colours (..., 3) as a share of that of the skin below the eye."""
        return floats((colours @ THIRDS)[..., None] / max(float(self.under.mean()), 1))

    def at(self, u: NDArray[np.floating], v: NDArray[np.floating]) -> Picture:
        return self.canvas.sampled(self.lines.frame.xy(u, v))

    def band(self, top: Floats, bottom: Floats, percentile: float) -> Floats:
        """(columns, 3) the colour of a band of skin, evened along u. percentile: of its light, so as to pass over
        lashes and lines."""
        share = np.linspace(0, 1, 13, dtype=np.float32)[:, None]
        inside = np.clip(self.u, -1.05 * self.lines.frame.half, 1.05 * self.lines.frame.half)
        band = self.at(inside[None] + 0 * share, top + share * (bottom - top)).astype(np.float32)
        order = np.argsort(band.sum(-1), axis=0)
        k = round(percentile / 100 * (len(share) - 1))
        picked = np.take_along_axis(band, order[k - 1 : k + 2, :, None], 0).mean(0)
        return floats(cv2.GaussianBlur(picked[None], (0, 0), 0.3 * self.cm * DENSE, borderType=cv2.BORDER_REPLICATE)[0])

    def along(self, columns: Floats, sigma_cm: float) -> Floats:
        """(columns, n) evened along the eye."""
        sigma = sigma_cm * self.cm * DENSE
        return floats(cv2.GaussianBlur(columns, (1, 0), 1e-3, sigmaY=sigma, borderType=cv2.BORDER_REPLICATE)).reshape(
            columns.shape
        )

    def squeeze(self) -> float:
        """How much the lid's lower end is drawn together across when it is shut."""
        at_edge = np.abs(self.low) < 0.05 * self.cm
        rise = np.gradient(self.low, axis=0)[at_edge] * DENSE
        return float(np.clip(-1 / np.median(rise), 1, 4)) if len(rise) else 1.0

    @cached_property
    def ends(self) -> Floats:
        """(columns, 3) the colour that a lid's ends, which are narrow, have all over: between its fold's, the skin's
        above it and its own, or they would end in a step."""
        fold = self.band(self.fold - 0.08 * self.cm, self.fold + 0.02 * self.cm, 50)
        return floats((fold + self.above + self.tone) / 3)

    @cached_property
    def tall(self) -> Floats:
        """(columns,) px from the edge of the shut lid to its fold, as they are seen."""
        return self.along(self.seen_above_edge(np.dstack([self.u, self.fold]))[0][:, None], 0.1)[:, 0]

    @cached_property
    def tone(self) -> Floats:
        """(columns, 3) a shut lid's own colour: that of the skin about it, and what is seen of the lid in the photo the
        more there is of it. Never much darker than the skin about it, since it bulges into the light, nor lighter."""
        about = 0.6 * self.above + 0.4 * self.under
        seen = SEEN_SHARE * smoothstep(0.05, 0.25, (self.upper - self.fold) / self.cm)[:, None]
        gain = self.light(self.plate) / np.maximum(self.light(about), 1e-3)
        light = 1 + seen * (np.clip(gain, *PLATE_LIGHT) - 1)
        dull = smoothstep(1.4, 1.1, gain)  # its own colour, where it does not shine in the light's
        tint = about + 0.5 * seen * dull * (self.plate / np.maximum(gain, 1e-3) - about)
        tone = self.along(floats(LID_LIGHT * light * tint), 0.3)
        grey = (tone @ THIRDS)[:, None]
        return floats(grey + LID_COLOUR * (tone - grey))

    @cached_property
    def join(self) -> Floats:
        """(columns, 3) the colour about the fold of a shut lid: half the skin's above it, half its own; at the ends,
        where the photo goes on, the skin's."""
        x = np.abs(self.u)[:, None] / self.lines.frame.half
        return floats(self.above + 0.5 * smoothstep(1.0, 0.4, x) * (self.tone - self.above))

    @cached_property
    def shine(self) -> Floats:
        """(columns,) how much lighter than a lid mostly is it shines where it bulges: oily and dark ones do."""
        gain = self.light(self.plate) / np.maximum(self.light(self.tone), 1e-3)
        return self.along(floats(SHINE_SHARE * np.clip(gain - 1, 0, MOST_SHINE)), 0.3)[:, 0]

    def crease(self) -> Floats:
        """(columns, 1) 0..1 how much darker than the skin about it the fold is: as much is left of it on a shut lid."""
        fold = self.band(self.fold - 0.08 * self.cm, self.fold + 0.08 * self.cm, 10)
        darker = 1 - fold / np.maximum((self.above + self.plate) / 2, 1)
        deep = np.clip(darker @ THIRDS, *FOLD_DEPTH) * smoothstep(1.0, 0.7, np.abs(self.u) / self.lines.frame.half)
        return floats(deep[:, None])

    def grain(self, u: Floats, low: Floats) -> Floats:
        """(h, w, 3) the detail of the skin under the eye, mirrored about both its ends: pores, film or paint.

        u: along the eye; low: px above the shut lid's edge, both (h, w)."""
        depth = round(GRAIN_DEPTH_CM * self.cm)
        down = np.arange(depth * DENSE + 1, dtype=np.float32)[:, None] / DENSE + GRAIN_BELOW_CM * self.cm
        inside = np.clip(self.u, -self.lines.frame.half, self.lines.frame.half)
        skin = self.at(inside[None] + 0 * down, self.lower + down).astype(np.float32)
        fine = skin - cv2.GaussianBlur(skin, (0, 0), GRAIN_CM * self.cm * DENSE)
        most = float(np.clip(SPECK * np.median(np.abs(fine)), *SPECKS))
        row = np.abs((low + 8 * depth) % (2 * depth) - depth) * DENSE
        column = (u - self.region.left) * DENSE
        return floats(cv2.remap(GRAIN * np.clip(fine, -most, most), floats(column), floats(row), cv2.INTER_LINEAR))

    def columns(self, columns: Floats, uv: Floats) -> Floats:
        """(h, w, n) what (columns, n) say at (h, w, 2) u, v."""
        at = np.dstack([(uv[..., 0] - self.region.left) * DENSE, np.zeros_like(uv[..., 0])]).astype(np.float32)
        return floats(cv2.remap(columns[None], at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)).reshape(
            *uv.shape[:2], -1
        )
