"""The eyeball as if there were no lids, and the window's glint on it, which does not turn with the iris."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import Eye
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.layer import Layer, Region
from didgen.engine.warp.seam import Floats, Line, Picture, SlitFrame, picture8

EYEBALL_RADIUS_CM = 1.2  # of the rotation that gaze is (anatomy: 12 mm)
GLINT_SHARE = 0.45  # of the iris's way: the cornea's mirror image lies half as far from the eye's centre as the pupil
_GLINT_LEVELS = 40.0  # a glint is that much brighter than the iris or pupil about it
_SKIN = (205, 425, 50, 280, 1, 4)  # cheeks and nose
_LEAST_DARKER = 0.09  # than the skin below an eye, as a share of the light on the skin; seen: 0.12 and more
_FADE = 2.6  # iris radii from its middle: there nothing moves with the gaze any more


@dataclass(frozen=True, slots=True, eq=False)
class Eyeball:
    """ball: the eye without lids and glint. glint: what the glint adds to it, RGB. iris: x, y, radius in the photo,
    work px."""

    ball: Layer
    glint: Layer
    iris: tuple[float, float, float]

    def seen(self, source: Floats, gaze_px: Floats) -> Picture:
        """(h, w, 3) where `source` (h, w, 2) says to read, with the iris `gaze_px` (2,) further right and down."""
        if not gaze_px.any():
            return cv2.add(self.ball.sampled(source), self.glint.sampled(source))  # type: ignore[no-any-return]
        right, down = (-GLINT_SHARE * gaze_px).tolist()
        ball = self.ball.sampled(self._turned(source, gaze_px))
        return cv2.add(ball, self.glint.sampled(cv2.add(source, (right, down, 0, 0))))  # type: ignore[no-any-return]

    def _turned(self, source: Floats, gaze_px: Floats) -> Floats:
        """Where the turned eye reads; the turn fades out round the iris. By channel: NumPy is slow over pairs."""
        x, y = cv2.split(source)
        across, down = gaze_px.tolist()
        right, below = x - (self.iris[0] + across), y - (self.iris[1] + down)
        right *= right
        below *= below
        right += below
        right *= -1 / (_FADE * self.iris[2]) ** 2
        right += 1
        share = np.maximum(right, 0, out=right)
        share *= share
        return cv2.merge([x - share * across, y - share * down])  # type: ignore[no-any-return]


def iris_of(landmarks: Floats, eye: Eye) -> tuple[float, float, float]:
    """x, y, radius."""
    centre, rim = landmarks[eye.iris[0], :2], landmarks[list(eye.iris[1:]), :2]
    return float(centre[0]), float(centre[1]), float(np.hypot(*(rim - centre).T).mean())


def eye_shows(canvas: Canvas, landmarks: Floats, eye: Eye) -> bool:
    """Whether an open eye is to be seen: its iris is darker than the skin below it. Not so behind dark glasses or hair,
    nor where the eye is shut already: there the landmarks are a guess, and a blink would be drawn on the glasses."""
    x, y, radius = iris_of(landmarks, eye)
    share = np.linspace(0.1, 0.9, 11, dtype=np.float32)[:, None, None]
    between = landmarks[None, list(eye.up[1:-1]), :2] * (1 - share) + landmarks[None, list(eye.lo[1:-1]), :2] * share
    iris = between[np.hypot(between[..., 0] - x, between[..., 1] - y) < 0.8 * radius]
    places = iris.astype(np.float32), landmarks[list(eye.under[2:7]), :2], landmarks[list(_SKIN), :2]
    if not len(iris):
        return False
    dark, below, skin = (float(np.median(_light(canvas.sampled(at[None])))) for at in places)
    return below - dark > _LEAST_DARKER * max(skin, 1.0)


def _light(rgb: Picture) -> Picture:
    return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)  # type: ignore[no-any-return]


def build_eyeball(
    canvas: Canvas,
    frame: SlitFrame,
    lids: tuple[Line, Line],
    iris: tuple[float, float, float],
    region: Region,
    px_per_cm: float,
) -> Eyeball:
    """White carried on under the lids (upper line, lower line), the iris made whole from its visible rings."""
    upper, lower = lids
    grid = region.grid(canvas.per_px)
    uv = frame.uv(grid)
    rim = np.minimum(uv[..., 1] - upper.at(uv[..., 0]) - 0.05 * px_per_cm, lower.at(uv[..., 0]) - uv[..., 1])
    seen = (rim > 0.04 * px_per_cm) & (np.abs(uv[..., 0]) < 0.92 * frame.half)
    rgb = canvas.sampled(grid)
    radius = np.hypot(grid[..., 0] - iris[0], grid[..., 1] - iris[1]) / iris[2]
    dull = _without_glint(rgb, seen & (radius < 1.05), iris[2] * canvas.per_px)
    white = cv2.inpaint(dull, (~seen | (radius < 1.15)).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    rings = _iris_rings(dull, seen & (radius < 1.0), radius)
    whole = white + (rings - white) * smoothstep(1.06, 0.92, radius)[..., None]
    hidden = smoothstep(0.07 * px_per_cm, 0.02 * px_per_cm, rim)
    hidden[np.abs(uv[..., 0]) > 0.92 * frame.half] = 1
    out = dull + (whole - dull) * hidden[..., None]
    glint = rgb.astype(np.float32) - dull
    return Eyeball(Layer(picture8(out), region, canvas.per_px), Layer(picture8(glint), region, canvas.per_px), iris)


def _without_glint(rgb: Picture, inside: NDArray[np.bool_], radius: float) -> Picture:
    """The iris without small bright spots: a morphological opening by a disc of a third of its radius (samples)."""
    size = 2 * max(2, round(0.3 * radius)) + 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    light = rgb.max(-1)
    opened = cv2.morphologyEx(light, cv2.MORPH_OPEN, disc)
    spots = ((light.astype(np.float32) - opened > _GLINT_LEVELS) & inside).astype(np.uint8)
    if not spots.any():
        return rgb
    spots = cv2.dilate(spots, np.ones((3, 3), np.uint8))
    filled: Picture = cv2.inpaint(rgb, spots, 3, cv2.INPAINT_TELEA)
    return np.minimum(rgb, filled)


def _iris_rings(rgb: Picture, seen: NDArray[np.bool_], radius: Floats) -> Floats:
    """(h, w, 3) the median colour of the visible px at the same distance from the middle of the iris (1 = its rim)."""
    edges = np.linspace(0, 1.0, 8)
    colours, middles = [], []
    for inner, outer in pairwise(edges):
        ring = rgb[seen & (radius >= inner) & (radius < outer)]
        if len(ring) >= 4:
            colours.append(np.median(ring, 0))
            middles.append((inner + outer) / 2)
    if not colours:
        return rgb.astype(np.float32)
    table = np.array(colours)
    return np.stack([np.interp(radius, middles, table[:, c]) for c in range(3)], -1).astype(np.float32)
