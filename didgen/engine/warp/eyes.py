"""The eyes: eyeball, lower lid, upper lid, laid over the warped face."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, Eye
from didgen.engine.motion.track import INDEX
from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.field import FlowField, without
from didgen.engine.warp.geometry import Geometry, HeadMove, smoothstep
from didgen.engine.warp.layer import (
    Layer,
    Region,
    hole,
    over,
    paste,
    rigid,
    slit_region,
    superellipse,
    whole_shift,
    with_alpha,
)
from didgen.engine.warp.seam import Floats, Line, Picture, SlitFrame, floats, picture8, widest_gap

STEP_PX = 2
LASH_CM = 0.05  # the upper lid's lashes hang this far below the landmarks' line and move with the lid
WHITE_REACH_CM = 0.3  # how far under the landmarks' lower lid the eye's white is looked for
EYEBALL_RADIUS_CM = 1.2  # of the rotation that gaze is (anatomy: 12 mm)


@dataclass(frozen=True, slots=True, eq=False)
class EyeSlit:
    """All that one eye is drawn from; see `Mouth` for the parts.

    lit_lid: the upper lid as it looks when shut. opening_px: between the lids in the photo. lids: landmark numbers of
    the inner columns of the upper and lower lid. iris: x, y, radius in the photo, work px. grid: (h, w, 2) the region's
    px.
    """

    geometry: Geometry
    frame: SlitFrame
    region: Region
    cover: Floats
    upper_field: FlowField
    lower_field: FlowField
    upper_lid: Layer
    lower_lid: Layer
    eyeball: Layer
    lit_lid: Layer
    opening_px: float
    lids: tuple[tuple[int, ...], tuple[int, ...]]
    iris: tuple[float, float, float]
    grid: Floats

    def paint(
        self, frame: Picture, weights: NDArray[np.floating], move: HeadMove, gaze_deg: NDArray[np.floating]
    ) -> None:
        """Draws the eye over an (h, w, 3) frame in place; nothing where neither lids nor gaze move."""
        apart = self._lids_apart(weights)
        change = float(np.abs(apart).max() + np.abs(self._gaze_px(gaze_deg)).max())
        if change < 0.02:
            return
        skull = rigid(self.geometry, move, self._middle())
        dx, dy = whole_shift(skull, self.frame.origin)
        weights = weights * _firmly()
        source = self.lower_field.backward(weights, move, (dx, dy))
        lower, below = self.lower_lid.warped(source)
        if np.abs(apart).max() > 0.02:  # else the lids go together, and one flow serves both
            source = self.upper_field.backward(weights, move, (dx, dy))
        upper, above = self.upper_lid.warped(source)
        shut = float(np.clip(-1.2 * apart.min() / self.opening_px - 0.2, 0, 1))
        if shut:  # what was folded away in shadow is stretched into the light
            upper = cv2.addWeighted(self.lit_lid.sampled(source), shut, upper, 1 - shut, 0)
        coverage = 1 - (1 - above) * (1 - below)
        box = hole(coverage, int(0.2 * self.geometry.px_per_cm))
        if box:
            ball = self.eyeball.sampled(self._ball_map(skull, box, (dx, dy), gaze_deg))
            lower[box] = over(_under_lid(ball, above[box], self.geometry.px_per_cm), lower[box], below[box])
        picture = over(lower, upper, above)
        fade = min(1.0, change / (0.04 * self.geometry.px_per_cm))
        paste(frame, picture, self.cover * np.float32(fade), self.region.left + dx, self.region.top + dy)

    def _lids_apart(self, weights: NDArray[np.floating]) -> Floats:
        """(7,) how much further the lids stand apart than in the photo, px; negative in a blink."""
        up, lo = self.lids
        shapes = self.geometry.shapes_px[..., :2]
        return floats(np.tensordot(weights, shapes[:, lo] - shapes[:, up], 1) @ self.frame.across)

    def _middle(self) -> Floats:
        depth = self.geometry.landmarks[[self.lids[0][0], self.lids[0][-1]], 2].mean()
        return np.append(self.frame.origin, depth).astype(np.float32)

    def _gaze_px(self, gaze_deg: NDArray[np.floating]) -> Floats:
        turn = np.sin(np.radians(np.asarray(gaze_deg, np.float64)))
        return (EYEBALL_RADIUS_CM * self.geometry.px_per_cm * turn).astype(np.float32)

    def _ball_map(
        self,
        skull: NDArray[np.float64],
        box: tuple[slice, slice],
        shift: tuple[int, int],
        gaze_deg: NDArray[np.floating],
    ) -> Floats:
        """(h, w, 2) work px read by each px of a box of the region: head, then gaze, which fades out round the iris."""
        inverse = cv2.invertAffineTransform(skull)
        inverse[:, 2] += inverse[:, :2] @ np.array(shift)
        source = floats(cv2.transform(self.grid[box], inverse))
        gaze = self._gaze_px(gaze_deg)
        if np.any(gaze):
            x, y, radius = self.iris
            offset = source - np.array([x, y], np.float32) - gaze
            away = (offset**2).sum(-1) / (2.6 * radius) ** 2
            source -= (np.clip(1 - away, 0, 1) ** 2)[..., None] * gaze
        return source


@cache
def _firmly() -> Floats:
    """(44,) factors on the weights: a blink of 1 leaves a hair's breadth open on the mesh, and closes here."""
    factors = np.ones(len(INDEX), np.float32)
    factors[[INDEX["eyeBlinkLeft"], INDEX["eyeBlinkRight"]]] = 1.06
    return factors


def _under_lid(ball: Picture, above: Floats, px_per_cm: float) -> Picture:
    """The eyeball in the upper lid's soft shadow."""
    reach = max(1, int(0.09 * px_per_cm))
    cast = cv2.blur(above, (3, 2 * reach + 1), anchor=(1, 2 * reach))
    return picture8(ball * (1 - 0.30 * cast)[..., None])


def build_eye(geometry: Geometry, canvas: Canvas, eye: Eye) -> EyeSlit:
    """canvas: the source, in the geometry's work px."""
    cm, landmarks = geometry.px_per_cm, geometry.landmarks
    frame = SlitFrame.between(landmarks[eye.up[0]], landmarks[eye.up[-1]])
    upper = Line.through(frame.uv(landmarks[list(eye.up)]))
    lower = Line.through(frame.uv(landmarks[list(eye.lo)]))
    iris = _iris(landmarks, eye)
    region = slit_region(frame, 1.45 * frame.half, -1.15 * frame.half, 0.95 * frame.half)
    cover = superellipse(frame, -0.1 * frame.half, 1.45 * frame.half, 1.05 * frame.half, region.grid())
    lids = (eye.up[1:-1], eye.lo[1:-1])
    geometry = _closing_on(geometry, eye, _white_below(canvas, geometry, eye, frame, lower), frame)
    upper_field, lower_field = (
        FlowField.over(geometry, without(other), region.box, STEP_PX, rounds=8, damping=0.55)
        for other in (lids[1], lids[0])
    )
    source = region.grown(int(0.3 * cm))
    upper_lid, lower_lid = _lid_layers(canvas, frame, upper, lower, source, cm)
    return EyeSlit(
        geometry=geometry,
        frame=frame,
        region=region,
        cover=cover,
        upper_field=upper_field,
        lower_field=lower_field,
        upper_lid=upper_lid,
        lower_lid=lower_lid,
        eyeball=_eyeball(canvas, frame, upper, lower, iris, region.grown(int(0.2 * cm)), cm),
        lit_lid=_lit_lid(upper_lid, frame, upper, _skin(canvas, landmarks, eye), cm),
        opening_px=max(widest_gap(upper, lower), 1.0),
        lids=lids,
        iris=iris,
        grid=region.grid(),
    )


def _white_below(canvas: Canvas, geometry: Geometry, eye: Eye, frame: SlitFrame, lower: Line) -> Floats:
    """(9,) px over the lower lid's points: how far the eye's white goes on below the landmarks' line.

    On turned heads the net sets that line too high by up to a quarter of the eye, and a lid that falls to it leaves a
    white sliver. White is told from skin by its lack of colour; under the iris, which has colour, its neighbours count.
    """
    cm, marks = geometry.px_per_cm, geometry.landmarks
    u = np.linspace(-0.9, 0.9, 37, dtype=np.float32) * frame.half
    down = np.linspace(0, WHITE_REACH_CM * cm, 25, dtype=np.float32)[:, None]
    strip = canvas.sampled(frame.xy(u[None] + 0 * down, lower.at(u) + down)).astype(np.float32)
    inner = [*eye.up[2:7], *eye.lo[2:7]]
    middles = canvas.sampled(((marks[None, inner[:5], :2] + marks[None, inner[5:], :2]) / 2).astype(np.float32))
    white, skin = _colourfulness(middles).min(), _colourfulness(_skin(canvas, marks, eye)[None])[0]
    if skin - white < 0.2:
        return np.zeros(len(eye.lo), np.float32)
    pale = _colourfulness(strip) < white + 0.6 * (skin - white)
    reach = np.minimum.accumulate(pale, axis=0).sum(0) * float(down[1, 0])
    lit = strip[0].sum(-1)
    known = lit > 0.6 * np.percentile(lit, 80)
    reach = np.interp(u, u[known], reach[known]) if known.any() else 0 * u
    even = cv2.GaussianBlur(reach.astype(np.float32)[None], (0, 0), 3)[0]
    return floats(np.interp(frame.uv(marks[list(eye.lo)])[:, 0], u, even))


def _colourfulness(rgb: NDArray[np.generic]) -> Floats:
    """(...) saturation 0..1 of (..., 3) RGB."""
    light = rgb.max(-1).astype(np.float32)
    return floats((light - rgb.min(-1)) / np.maximum(light, 1))


def _closing_on(geometry: Geometry, eye: Eye, further: Floats, frame: SlitFrame) -> Geometry:
    """The geometry whose upper lid, in a blink, falls further by (9,) px: to where the lower lid really is."""
    shapes = geometry.shapes_px.copy()
    shape = INDEX["eyeBlinkLeft" if eye is EYES["Left"] else "eyeBlinkRight"]
    shapes[shape, list(eye.up[1:-1]), :2] += further[1:-1, None] * frame.across
    return replace(geometry, shapes_px=shapes)


def _iris(landmarks: Floats, eye: Eye) -> tuple[float, float, float]:
    centre, rim = landmarks[eye.iris[0], :2], landmarks[list(eye.iris[1:]), :2]
    return float(centre[0]), float(centre[1]), float(np.hypot(*(rim - centre).T).mean())


def _lid_layers(
    canvas: Canvas, frame: SlitFrame, upper: Line, lower: Line, region: Region, px_per_cm: float
) -> tuple[Layer, Layer]:
    """The lids with the skin around them; the upper one has its lashes."""
    grid = region.grid(canvas.per_px)
    uv = frame.uv(grid)
    u, v = uv[..., 0], uv[..., 1]
    beyond = np.maximum(np.abs(u) - frame.half, 0)
    lash = LASH_CM * px_per_cm * np.clip(1.2 - np.abs(u) / frame.half, 0, 1)
    above = np.clip((upper.at(u) + lash - v) / (0.8 + 0.5 * beyond) + 0.5, 0, 1)
    below = np.clip((v - lower.at(u) + 3 * beyond) / 0.8 + 0.5, 0, 1)
    rgb = canvas.sampled(grid)
    return (
        Layer(with_alpha(rgb, floats(above)), region, canvas.per_px),
        Layer(with_alpha(rgb, floats(below)), region, canvas.per_px),
    )


def _skin(canvas: Canvas, landmarks: Floats, eye: Eye) -> Floats:
    """The colour of the skin about the eye: above its crease and below its lower lid."""
    places = landmarks[None, [*eye.up2[2:7], *eye.under[2:7]], :2]
    return floats(np.median(canvas.sampled(places)[0], 0))


def _lit_lid(lid: Layer, frame: SlitFrame, upper: Line, skin: Floats, px_per_cm: float) -> Layer:
    """The upper lid with the shadow of its fold taken out, all but the lashes: darker broad areas brought towards the
    skin's own light, detail kept."""
    rgb = lid.rgba[..., :3].astype(np.float32)
    broad = cv2.GaussianBlur(rgb, (0, 0), 0.16 * px_per_cm * lid.per_px)
    gain = np.clip(0.9 * skin / np.maximum(broad, 8), 1, 2.2)
    uv = frame.uv(lid.region.grid(lid.per_px))
    height = (upper.at(uv[..., 0]) - uv[..., 1]) / px_per_cm  # above the lid's edge
    where = smoothstep(0.06, 0.2, height) * smoothstep(1.1, 0.6, height)
    where *= smoothstep(1.15, 0.85, np.abs(uv[..., 0]) / frame.half)
    lit = rgb * (1 + 0.6 * (gain - 1) * where[..., None])
    return Layer(picture8(lit), lid.region, lid.per_px)


def _eyeball(
    canvas: Canvas,
    frame: SlitFrame,
    upper: Line,
    lower: Line,
    iris: tuple[float, float, float],
    region: Region,
    px_per_cm: float,
) -> Layer:
    """The eye as if there were no lids: white carried on under them, the iris made whole from its visible rings."""
    grid = region.grid(canvas.per_px)
    uv = frame.uv(grid)
    rim = np.minimum(uv[..., 1] - upper.at(uv[..., 0]) - LASH_CM * px_per_cm, lower.at(uv[..., 0]) - uv[..., 1])
    seen = (rim > 0.04 * px_per_cm) & (np.abs(uv[..., 0]) < 0.92 * frame.half)
    rgb = canvas.sampled(grid)
    radius = np.hypot(grid[..., 0] - iris[0], grid[..., 1] - iris[1]) / iris[2]
    white = cv2.inpaint(rgb, (~seen | (radius < 1.15)).astype(np.uint8), 3, cv2.INPAINT_TELEA)
    whole = (
        white + (_iris_rings(rgb, seen & (radius < 1.0), radius) - white) * smoothstep(1.06, 0.92, radius)[..., None]
    )
    hidden = smoothstep(0.07 * px_per_cm, 0.02 * px_per_cm, rim)
    hidden[np.abs(uv[..., 0]) > 0.92 * frame.half] = 1
    out = rgb + (whole - rgb) * hidden[..., None]
    return Layer(picture8(out), region, canvas.per_px)


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
