"""The sheen of skin: highlights on nose, forehead and cheeks stay with the light while the skin turns beneath them.

Painted on, they are what tells a warped photo from a head. So the photo's highlights (what is whiter than the skin
about it, coarser than pores) are measured once on a coarse grid; a turned head has them taken off where they were and
laid on a little behind.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.warp.canvas import Canvas, Picture
from didgen.engine.warp.geometry import Geometry, HeadMove, smoothstep
from didgen.engine.warp.grid import PAD, NodeGrid, Reading
from didgen.engine.warp.seam import Floats, floats

LAG_CM = 2.4  # of a highlight behind the skin, per unit of the turn's sine: a third of what a ball like a head has
MOST_CM = 0.5
PORE_CM, CHEEK_CM = 0.18, 1.1  # sigmas between which a highlight lies
LEAST, MOST = 3.0, 45.0  # grey levels over the skin about it
_FINE_PX = 4  # step of the grid that highlights are kept on
_CLEAR_CM, _EDGE_CM = 0.3, 0.6  # what is left out about eyes, brows and lips, and along the face's outline
_ZERO = 128.0
_SPARE_CM = 1.5  # a head that moves takes its highlights along
_SEEN = 0.1  # grey levels


@dataclass(frozen=True, slots=True, eq=False)
class Sheen:
    """fine: nodes over the rectangle of the face, those of the frame's flow there. light: (h, w) grey levels that the
    photo's highlights add, on them; zero at the border."""

    fine: NodeGrid
    light: Floats
    px_per_cm: float

    def paint(self, frame: Picture, move: HeadMove, reading: Reading) -> None:
        """Lets the highlights of the (h, w, 3) work frame lag behind a turned head, in place; a head that does not
        turn is left to the bit."""
        lag = -LAG_CM * move.matrix[:, 2]  # what faces the camera lies at negative z
        lag = lag * self.px_per_cm * min(1.0, MOST_CM / max(float(np.hypot(*lag)), 1e-6))
        if float(np.abs(lag).max()) < 0.05:
            return
        places = reading.over(self.fine)
        right, down = lag.tolist()
        change = cv2.subtract(self._light(places, right, down), self._light(places))
        bytes_ = cv2.convertScaleAbs(change, alpha=1, beta=_ZERO)
        dense = cv2.resize(bytes_, None, fx=self.fine.step, fy=self.fine.step, interpolation=cv2.INTER_LINEAR)
        cut = PAD * self.fine.step
        added = cv2.cvtColor(dense[cut : cut + self.fine.height, cut : cut + self.fine.width], cv2.COLOR_GRAY2RGB)
        x, y = self.fine.left - reading.grid.left, self.fine.top - reading.grid.top
        here = frame[y : y + self.fine.height, x : x + self.fine.width]
        cv2.addWeighted(here, 1, added, 1, -_ZERO, dst=here)

    def _light(self, places: Floats, right: float = 0.0, down: float = 0.0) -> Floats:
        """(rows, columns) of the light so far right of and below the places."""
        x, y = self.fine.first
        k = 1 / self.fine.step
        at = cv2.transform(places, np.array([[k, 0, k * (right - x)], [0, k, k * (down - y)]]))
        return floats(cv2.remap(self.light, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))


def build_sheen(geometry: Geometry, canvas: Canvas) -> Sheen:
    """Once per face."""
    main, marks = geometry.grid, geometry.landmarks[list(FACE_OVAL), :2]
    corner, step = np.array([main.left, main.top]), main.step
    cells = np.array([main.columns, main.rows]) - 2 * PAD
    spare = _SPARE_CM * geometry.px_per_cm
    low = np.clip(np.floor((marks.min(0) - spare - corner) / step).astype(int), 0, cells - 1)
    high = np.clip(np.ceil((marks.max(0) + spare - corner) / step).astype(int), 1, cells)
    width, height = (int(n) for n in np.minimum(high * step, (main.width, main.height)) - low * step)
    left, top = (int(n) for n in corner + low * step)
    fine = NodeGrid(left, top, width, height, min(_FINE_PX, step))
    light = _highlights(geometry, canvas, fine)
    return Sheen(*_where_it_shines(fine, light, math.ceil(spare / fine.step)), geometry.px_per_cm)


def _where_it_shines(grid: NodeGrid, light: Floats, spare: int) -> tuple[NodeGrid, Floats]:
    """The cells of the grid, and their nodes, within `spare` cells of light that anybody could see."""
    x, y, width, height = cv2.boundingRect((light > _SEEN).view(np.uint8))
    left, top = max(x - PAD - spare, 0), max(y - PAD - spare, 0)
    right = min((x - PAD + width + spare) * grid.step, grid.width)
    bottom = min((y - PAD + height + spare) * grid.step, grid.height)
    size = max(right - left * grid.step, grid.step), max(bottom - top * grid.step, grid.step)
    part = NodeGrid(grid.left + left * grid.step, grid.top + top * grid.step, *size, grid.step)
    return part, np.ascontiguousarray(light[top : top + part.rows, left : left + part.columns])


def _highlights(geometry: Geometry, canvas: Canvas, grid: NodeGrid) -> Floats:
    """(rows, columns) how much whiter the skin is than what is about it. The darkest channel tells: highlights are the
    colour of the light, skin has little blue."""
    per_cm = geometry.px_per_cm / grid.step
    skin = _skin(geometry, grid)
    white = canvas.sampled(grid.nodes()).min(-1).astype(np.float32)

    def mean(sigma_cm: float) -> NDArray[np.float32]:
        weight = np.maximum(cv2.GaussianBlur(skin, (0, 0), sigma_cm * per_cm), 0.05)
        return floats(cv2.GaussianBlur(white * skin, (0, 0), sigma_cm * per_cm) / weight)

    over = np.clip(mean(PORE_CM) - mean(CHEEK_CM) - LEAST, 0, MOST)
    inside = cv2.distanceTransform(skin.astype(np.uint8), cv2.DIST_L2, 5) / per_cm
    head = np.clip(geometry.grid.sample(geometry.head, grid.nodes()), 0, 1)
    return floats(cv2.GaussianBlur(over * smoothstep(0.0, 0.5, inside), (0, 0), 0.15 * per_cm) * head)


def _skin(geometry: Geometry, grid: NodeGrid) -> Floats:
    """(rows, columns) 1 on the face's bare skin, 0 elsewhere."""
    per_cm = geometry.px_per_cm / grid.step

    def filled(*outlines: tuple[int, ...]) -> NDArray[np.uint8]:
        mask = np.zeros((grid.rows, grid.columns), np.uint8)
        for outline in outlines:
            points = (geometry.landmarks[list(outline), :2] - grid.first) / grid.step
            cv2.fillPoly(mask, [np.rint(points).astype(np.int32)], 1)
        return mask

    eyes = [eye.up2 + eye.under[::-1] for eye in EYES.values()]
    brows = [eye.brow[:5] + eye.brow[:4:-1] for eye in EYES.values()]
    square = np.ones((3, 3), np.uint8)
    bare = cv2.erode(filled(FACE_OVAL), square, iterations=max(1, round(_EDGE_CM * per_cm)))
    taken = filled(LIP_ROWS_UPPER[0] + LIP_ROWS_LOWER[0][::-1], *eyes, *brows)
    taken = cv2.dilate(taken, square, iterations=max(1, round(_CLEAR_CM * per_cm)))
    return floats(bare * (1 - taken))
