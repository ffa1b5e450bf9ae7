"""The lids: what one looks like that slides out of its fold.

An upper lid does not stretch when it falls: it slides out from under the fold above it. So the lid is a layer of its
own in the slit frame (u along, v across the eye). Its lower part is the photo's; what comes out from under the fold is
drawn in the tones of the skin about the eye, with the grain of the skin below it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region, with_alpha
from didgen.engine.warp.lid_lines import LidLines
from didgen.engine.warp.seam import Floats, Picture, floats, picture8

LASH_CM = 0.05  # the upper lid's lashes hang this far below the landmarks' line and move with the lid
LEAST_LIGHT = 0.78  # of a shut lid, as a share of that of the skin below the eye
SEEN_SHARE = (0.5, 0.85)  # of a lid's colour that is what is seen of it in the photo: in its middle, at its corners
CREASE_CM = 0.1  # below the fold: where its line lies on a shut lid
CREASE_LEFT = 0.7  # of its darkness
DEEPEST_FOLD = 0.35  # at most so much darker than the skin is a fold; beyond it is a brow or a rim
LID_COLOUR = 1.1  # of the colour of the skin about it: a lid is thin and warm, and paler it looks dead
HANG_CM = 0.13  # how far the lashes of a shut eye hang below its edge
ABOVE_CM = 0.06  # how far their roots' dark line reaches above it
DARKEST = 0.44  # of the lid's own colour: lashes are no lighter than that
NO_SKIN = 0.1  # of the light of the skin below: brows and rims of glasses are darker, and stay as they are
NEAR_CM = 0.22  # above the fold, where its own dark goes as it unfolds
LASH_SOFT_CM = 0.045  # sigma of their line: lashes are many, and a crisp line looks drawn
LASH_DENSE = 1.2  # what softening thins out is made good by so much
LASH_BLUR = 0.55  # of the sigma of the eye's own edges: no line is sharper than what was photographed
GRAIN_BELOW_CM, GRAIN_DEPTH_CM = 0.45, 0.6  # under the lower lid: the skin whose grain a shut lid has
GRAIN_CM = 0.08  # sigma: what is coarser than that is shape and shade, not grain
SPECK = 2.5  # of the median grain: what stands out further than that is a mole or a lash, not grain
REACH = 1.45  # half widths of the eye: how far along it the layers go
DENSE = 2  # samples a px of the lid's layer
THIRDS = np.full(3, 1 / 3, np.float32)  # a product is five times faster than a mean over three


Shut = Callable[[Floats], Floats]
"""Places of the photo (h, w, 2), work px → where the skin there goes when the eye is shut."""


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
    sheet = _Sheet(canvas, lines, px_per_cm, shut)
    grid = region.grid(canvas.per_px)
    rgb = canvas.sampled(grid)
    side = _side(lines, grid)
    uv = lines.frame.uv(grid)
    even = sheet.even_skin(rgb, uv, canvas.per_px)
    return LidLayers(
        skin=Layer(np.dstack([rgb, side]), region, canvas.per_px),
        shut_skin=Layer(np.dstack([even, side]), region, canvas.per_px),
        lid=sheet.lid(),
        shut_lid=sheet.shut_lid(_blur_px(rgb, canvas.per_px)),
    )


def _side(lines: LidLines, grid: Floats) -> Picture:
    """(h, w) 255 above the fold, 0 below the lower edge, 128 between; soft."""
    uv = lines.frame.uv(grid)
    u, v = uv[..., 0], uv[..., 1]
    above = np.clip((lines.fold.at(u) - v) / 2.0 + 0.5, 0, 1)
    below = np.clip((v - lines.lower.at(u)) / 0.8 + 0.5, 0, 1)
    return picture8(127.5 + 127.5 * (above - below) + 0.5)


def _blur_px(rgb: Picture, per_px: int) -> float:
    """Sigma, work px, of the sharpest edges about an eye (h, w, 3), `per_px` samples a px: how soft the photo is there.

    An edge of contrast c that is blurred by sigma is c / (sigma · √2π) steep."""
    light = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    steep = np.hypot(*(cv2.Sobel(light, cv2.CV_32F, dx, 1 - dx, scale=per_px / 8) for dx in (0, 1)))
    contrast = np.percentile(light, 98) - np.percentile(light, 2)
    return float(contrast / max(float(np.percentile(steep, 98)), 1e-3) / np.sqrt(2 * np.pi))


def _at_least(tone: Floats, least: Floats) -> Floats:
    """(n, 3) a colour, made as light as another where it is darker, at most twice as light."""
    gain = least.mean(-1, keepdims=True) / np.maximum(tone.mean(-1, keepdims=True), 1)
    return floats(tone * np.clip(gain, 1, 2))


def _skin(light: Floats) -> Floats:
    """0..1 how surely this is skin. light: as a share of that of the skin below the eye."""
    return smoothstep(NO_SKIN, NO_SKIN + 0.2, light)


class _Sheet:
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
        self.rgb = self._at(u[None] + 0 * self.uv[..., 0], self.uv[..., 1]).astype(np.float32)
        self.height = floats(self.upper[None] - self.uv[..., 1])  # above the lid's edge
        self.low = self._low(self.uv + np.dstack([0 * self.height, 0 * self.height + self.fall]))
        self.under = self._tone(self.lower + 0.12 * px_per_cm, self.lower + 0.5 * px_per_cm, 45)
        self.plate = self._tone(self.fold, self.upper - 0.08 * px_per_cm, 65)
        above = self._tone(self.fold - 0.25 * px_per_cm, self.fold - 0.02 * px_per_cm, 65)
        lids = _at_least(self.plate, LEAST_LIGHT * self.under)  # where the rim of glasses or a brow is above
        self.above = floats(lids + _skin(self._light(above)) * (above - lids))

    def _low(self, uv: Floats) -> Floats:
        """(h, w) px above the edge of the shut lid, as they are seen, of what lies at (h, w, 2) u, v of the photo: the
        skin about a shut eye is drawn together, and what is painted on the lid with it."""
        frame = self.lines.frame
        edge = frame.uv(self.shut(frame.xy(self.u, self.upper + self.fall)[None]))[0]
        seen = frame.uv(self.shut(frame.xy(uv[..., 0], uv[..., 1])))
        return floats(np.interp(seen[..., 0], edge[:, 0], edge[:, 1]) - seen[..., 1])

    def _light(self, colours: Floats) -> Floats:
        """(..., 1) the light of colours (..., 3) as a share of that of the skin below the eye."""
        return floats((colours @ THIRDS)[..., None] / max(float(self.under.mean()), 1))

    def _at(self, u: NDArray[np.floating], v: NDArray[np.floating]) -> Picture:
        return self.canvas.sampled(self.lines.frame.xy(u, v))

    def _tone(self, top: Floats, bottom: Floats, percentile: float) -> Floats:
        """(columns, 3) the colour of a band of skin, evened along u. percentile: of its light, so as to pass over
        lashes and lines."""
        share = np.linspace(0, 1, 13, dtype=np.float32)[:, None]
        inside = np.clip(self.u, -1.05 * self.lines.frame.half, 1.05 * self.lines.frame.half)
        band = self._at(inside[None] + 0 * share, top + share * (bottom - top)).astype(np.float32)
        order = np.argsort(band.sum(-1), axis=0)
        k = round(percentile / 100 * (len(share) - 1))
        picked = np.take_along_axis(band, order[k - 1 : k + 2, :, None], 0).mean(0)
        return floats(cv2.GaussianBlur(picked[None], (0, 0), 0.3 * self.cm * DENSE, borderType=cv2.BORDER_REPLICATE)[0])

    def _alpha(self) -> Floats:
        """The lid ends in a soft edge below its lashes; beyond the corners it covers the line that is left."""
        outward = np.abs(self.u) / self.lines.frame.half
        lash = LASH_CM * self.cm * np.clip(1.2 - outward, 0, 1) + 1.5 * smoothstep(0.96, 1.04, outward)
        return floats(np.clip((self.height + lash) / 0.8 + 0.5, 0, 1))

    def lid(self) -> Layer:
        """The lid's own px; what is hidden in its fold is as when shut."""
        plate = self.upper - self.fold
        hidden = smoothstep(0.0, 0.12 * self.cm, self.height - plate)[..., None]
        rgb = self.rgb + hidden * (self.clean - self.rgb)
        return Layer(with_alpha(picture8(rgb), self._alpha()), self.region, DENSE)

    def shut_lid(self, blur_px: float) -> Layer:
        """Even skin down to the line of the lashes, which is the photo's own dark edge; the lashes hang from it.

        blur_px: sigma of the photo's edges."""
        clean = self.clean
        edge = self._softened(np.minimum(self.rgb, clean), blur_px)
        share = smoothstep(0.13 * self.cm, -0.03 * self.cm, self.low)[..., None]
        share = np.maximum(share, self._beyond()[..., None])
        rgb = clean + share * (edge - clean)
        lashes = self._lashes(blur_px)
        dark = np.minimum(self._lash_tone(), clean)
        rgb = floats(rgb + lashes[..., None] * (dark - rgb))
        return Layer(with_alpha(picture8(rgb), np.maximum(self._alpha(), lashes)), self.region, DENSE)

    def _lash_tone(self) -> Floats:
        """(columns, 3) the darkest of the lid's edge."""
        share = np.linspace(-0.06, 0.12, 9, dtype=np.float32)[:, None]
        band = self._at(self.u[None] + 0 * share, self.upper - share * self.cm).astype(np.float32)
        k = band.sum(-1).argmin(0)
        tone = np.take_along_axis(band, k[None, :, None], 0)[0]
        tone = np.minimum(tone, DARKEST * self._lid_tone())
        return floats(cv2.GaussianBlur(tone[None], (0, 0), 0.1 * self.cm * DENSE, borderType=cv2.BORDER_REPLICATE)[0])

    def _lashes(self, blur_px: float) -> Floats:
        """(h, w) 0..1: a dark line along the edge, thinning out below it and towards the corners."""
        long = HANG_CM * self.cm * smoothstep(1.02, 0.6, np.abs(self.u) / self.lines.frame.half)
        below = np.clip(1 + self.low / np.maximum(long, 0.3), 0, 1)
        above = smoothstep(ABOVE_CM * self.cm, 0.0, self.low)
        line = floats(np.where(self.low < 0, below, above) * smoothstep(0.0, 0.03 * self.cm, long))
        return floats(np.minimum(LASH_DENSE * self._softened(line, blur_px), 1))

    def _softened(self, picture: Floats, blur_px: float) -> Floats:
        """(h, w, ...) as soft as lashes are seen, though the lid's edge is drawn together across when it is shut.

        blur_px: sigma of the photo's edges."""
        soft = float(np.hypot(LASH_SOFT_CM * self.cm, LASH_BLUR * blur_px)) * DENSE
        return floats(cv2.GaussianBlur(picture, (0, 0), soft, sigmaY=soft * self._squeeze()))

    def _squeeze(self) -> float:
        """How much the lid's lower end is drawn together across when it is shut."""
        at_edge = np.abs(self.low) < 0.05 * self.cm
        rise = np.gradient(self.low, axis=0)[at_edge] * DENSE
        return float(np.clip(-1 / np.median(rise), 1, 4)) if len(rise) else 1.0

    def _beyond(self) -> Floats:
        """(h, w) 1 where a shut lid is the photo again: beyond the corners."""
        return floats(
            np.broadcast_to(smoothstep(0.72, 1.02, np.abs(self.u) / self.lines.frame.half), self.height.shape)
        )

    @cached_property
    def clean(self) -> Floats:
        """(h, w, 3) the lid's skin from its edge up to where the fold is when it is shut, lit like a ball."""
        whole = np.maximum(self.upper - self.fold + self.fall, 1)
        s = np.clip(self.height / whole, 0, 1)
        tone = self._lid_tone()
        colour = tone + smoothstep(0.5, 1.0, s)[..., None] * (self.above - tone)
        round_ = 0.05 * np.sin(np.pi * s) - 0.07 * smoothstep(0.75, 1.0, s) - 0.08 * smoothstep(0.3, 0.0, s)
        round_ = round_ - 0.08 * np.clip(np.abs(self.u) / self.lines.frame.half, 0, 1)[None] ** 2
        line = np.exp(-((((whole - self.height) / self.cm - CREASE_CM) / 0.06) ** 2))
        colour = floats(colour * (1 - CREASE_LEFT * line[..., None] * self._crease()))
        return floats(colour * (1 + round_)[..., None] + self._grain(self.uv[..., 0], self.low) * self._light(colour))

    def _lid_tone(self) -> Floats:
        """(columns, 3) a shut lid's own colour: between what is seen of it and the skin about it, and never as dark as
        the shadow under a brow, since it bulges into the light."""
        outward = smoothstep(0.2, 1.0, np.abs(self.u) / self.lines.frame.half)[:, None]
        seen = SEEN_SHARE[0] + (SEEN_SHARE[1] - SEEN_SHARE[0]) * outward
        about = 0.58 * self.above + 0.42 * self.under
        tone = _at_least(floats(about + seen * (self.plate - about)), LEAST_LIGHT * self.under)
        grey = (tone @ THIRDS)[:, None]
        return floats(grey + LID_COLOUR * (tone - grey))

    def _crease(self) -> Floats:
        """(columns, 3) 0..1 how much darker than the skin about it the fold is: as much is left of it on a shut lid."""
        fold = self._tone(self.fold - 0.08 * self.cm, self.fold + 0.08 * self.cm, 10)
        darker = 1 - fold / np.maximum((self.above + self.plate) / 2, 1)
        return floats(
            np.clip(darker, 0, DEEPEST_FOLD) * smoothstep(1.0, 0.7, np.abs(self.u) / self.lines.frame.half)[:, None]
        )

    def _grain(self, u: Floats, low: Floats) -> Floats:
        """(h, w, 3) the detail of the skin under the eye, mirrored about both its ends: pores, film or paint.

        u: along the eye; low: px above the shut lid's edge, both (h, w)."""
        depth = round(GRAIN_DEPTH_CM * self.cm)
        down = np.arange(depth * DENSE + 1, dtype=np.float32)[:, None] / DENSE + GRAIN_BELOW_CM * self.cm
        inside = np.clip(self.u, -self.lines.frame.half, self.lines.frame.half)
        skin = self._at(inside[None] + 0 * down, self.lower + down).astype(np.float32)
        fine = skin - cv2.GaussianBlur(skin, (0, 0), GRAIN_CM * self.cm * DENSE)
        most = max(5.0, SPECK * float(np.median(np.abs(fine))))
        row = np.abs((low + 8 * depth) % (2 * depth) - depth) * DENSE
        column = (u - self.region.left) * DENSE
        return floats(cv2.remap(np.clip(fine, -most, most), floats(column), floats(row), cv2.INTER_LINEAR))

    def even_skin(self, rgb: Picture, uv: Floats, per_px: int) -> Picture:
        """The photo with the skin above the fold as it is over a shut eye: no lashes on it, its fold smoothed out."""
        size = 2 * max(1, round(0.09 * self.cm * per_px)) + 1
        closed = cv2.morphologyEx(rgb, cv2.MORPH_CLOSE, np.ones((size, size), np.uint8)).astype(np.float32)
        skin = _skin(self._light(closed)[..., 0])  # neither brow nor glasses
        share = skin[..., None] + 1e-3
        closed = cv2.GaussianBlur(closed * share, (0, 0), 0.5 * size)
        closed /= cv2.GaussianBlur(share, (0, 0), 0.5 * size)[..., None]
        at = np.dstack([(uv[..., 0] - self.region.left) * DENSE, np.zeros_like(uv[..., 0])]).astype(np.float32)
        above = cv2.remap(self.above[None], at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        height = (self.lines.fold.at(uv[..., 0]) - uv[..., 1]) / self.cm
        beside = smoothstep(1.15, 0.9, np.abs(uv[..., 0]) / self.lines.frame.half)
        near = smoothstep(NEAR_CM, 0.0, height)[..., None]
        even = closed + 0.8 * near * (above * 0.93 - closed)
        even += self._grain(uv[..., 0], self._low(uv)) * self._light(closed)
        share = (smoothstep(0.5, 0.15, height) * (height > -0.2) * beside * skin)[..., None]
        return picture8(rgb + share * (even - rgb))
