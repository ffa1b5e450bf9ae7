"""The light on lips that come forward: seen from the front that is all that tells them from lips drawn together.

A warp moves the photo's light along with the skin. Lips that stand out catch more of it, under them and beside their
corners the skin lies in shadow. By how much is the same for every photo, where is measured once; light from above is
taken for granted.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER, MOUTH_CORNERS
from didgen.engine.motion.track import INDEX
from didgen.engine.warp.creases import on_cells, polygon, to_edges
from didgen.engine.warp.geometry import Geometry
from didgen.engine.warp.grid import NodeGrid, Reading
from didgen.engine.warp.layer import Layer, Region
from didgen.engine.warp.seam import Floats, Picture, SlitFrame, floats

LIT = 0.12  # of its own light, what the middle of a lip gains that is wholly put forward
UNDER, BESIDE, PHILTRUM = (
    0.14,
    0.12,
    0.05,
)  # what the skin loses under the lower lip, at the corners, over the upper lip
WARM = (0.85, 1.0, 1.05)  # RGB: shadows on skin are redder than it
ONE = 128  # a gain of 1 as a byte
REACH_CM = 1.6  # from the lips; there nothing is left of it

_PUCKER, _FUNNEL = INDEX["mouthPucker"], INDEX["mouthFunnel"]


@dataclass(frozen=True, slots=True, eq=False)
class Pout:
    """gain: RGB, of the photo's light under wholly rounded lips, about ONE. grid: nodes of the frame's flow over its
    region."""

    gain: Layer
    grid: NodeGrid

    def paint(self, frame: Picture, weights: NDArray[np.floating], reading: Reading) -> None:
        """Lights an (h, w, 3) work frame in place, as far as the lips are forward; lips at rest are left to the bit."""
        amount = min(max(float(weights[_PUCKER] + 0.4 * weights[_FUNNEL]), 0.0), 1.0)
        if amount < 0.02:
            return
        left, top, width, height = self.gain.region.box
        here = frame[top : top + height, left : left + width]
        moved = self.gain.read_by(reading, self.grid, every=2)  # soft as it is, a quarter of its px will do
        gain = cv2.convertScaleAbs(moved, alpha=amount, beta=ONE * (1 - amount))
        cv2.multiply(here, cv2.resize(gain, (width, height)), dst=here, scale=1 / ONE)


def build_pout(geometry: Geometry) -> Pout:
    """Once per face."""
    lips = [*LIP_ROWS_UPPER[0], *LIP_ROWS_LOWER[0]]
    region = on_cells(Region.around(geometry.landmarks[lips], REACH_CM * geometry.px_per_cm), geometry)
    change = _light(geometry, region)[..., None]
    rgb = np.where(change < 0, change * floats(WARM), change)
    gain = np.clip(np.rint(ONE * (1 + rgb)), 0, 255).astype(np.uint8)
    return Pout(Layer(gain, region, 1), NodeGrid(*region.box, geometry.grid.fine_step))


def _light(geometry: Geometry, region: Region) -> Floats:
    """(h, w) by what share of itself the light grows, in the lips' own frame, so that it leans and turns with them."""
    cm, marks = geometry.px_per_cm, geometry.landmarks[:, :2]
    frame = SlitFrame.between(*marks[list(MOUTH_CORNERS)])
    upper, lower = (frame.uv(marks[[rows[0][5], rows[3][5]]]) for rows in (LIP_ROWS_UPPER, LIP_ROWS_LOWER))
    middle = float(np.mean([upper[:, 0], lower[:, 0]]))
    uv = frame.uv(region.grid())
    u = (uv[..., 0] - middle) / (
        frame.half - np.sign(uv[..., 0] - middle) * middle
    )  # -1..1 of a mouth from the side, too
    v = uv[..., 1] / cm

    def spot(at_u: float, at_v: float, wide: float, tall_cm: float) -> Floats:
        return floats(np.exp(-0.5 * (((u - at_u) / wide) ** 2 + ((v - at_v) / tall_cm) ** 2)))

    (top, inner_top), (bottom, inner_bottom) = upper[:, 1] / cm, lower[:, 1] / cm
    lit = spot(0, (bottom + 2 * inner_bottom) / 3, 0.42, 0.3 * max(bottom - inner_bottom, 0.4))
    lit += 0.5 * spot(0, (top + 2 * inner_top) / 3, 0.42, 0.3 * max(inner_top - top, 0.4))
    dark = UNDER * spot(0, bottom + 0.34, 0.45, 0.28) + PHILTRUM * spot(0, top - 0.25, 0.4, 0.2)
    dark += BESIDE * (spot(-1.22, 0.05, 0.16, 0.5) + spot(1.22, 0.05, 0.16, 0.5))
    edge = np.minimum.reduce(to_edges(region)) / (0.4 * cm)
    return floats((LIT * lit - dark) * np.clip(edge, 0, 1) * _on_face(geometry, region))


def _on_face(geometry: Geometry, region: Region) -> Floats:
    """(h, w) 1 on the face, 0 beyond its outline, soft: what is behind a cheek from the side has no lips."""
    mask = np.zeros((region.height, region.width), np.float32)
    cv2.fillPoly(mask, [polygon(geometry, FACE_OVAL, region)], 1.0, cv2.LINE_AA)
    return floats(cv2.GaussianBlur(mask, (0, 0), 0.15 * geometry.px_per_cm))
