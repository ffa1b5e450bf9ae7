"""How well a face can be seen: whether its mouth and eyes are really there, and whether the photo is sharp.

The landmark net always answers, also behind a beard, a mask or dark glasses: there it guesses. Guesses give themselves
away: when the net looks at the same face through a region that is a little shifted, scaled or turned, points that it
sees stay where they are, and points that it guesses scatter. The limits were measured on the gallery
(`tests/quality/faces`) and 25 more faces: seen lips scatter by 0.7 to 1.4 % of the eye distance, hidden ones by 1.8 to
3.1; seen eyes by 0.5 to 1.5, the worse
of two hidden ones by 2.4 to 5.4.
"""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.landmarks import Region, find_landmarks, region_of_landmarks

MAX_LIP_SCATTER, MAX_EYE_SCATTER = 0.015, 0.019  # in eye distances; warned above
MIN_DETAIL = 0.065  # warned below

_LOOKS = (  # shift right and down in regions, scale, turn in radians
    (0.05, 0.0, 1.0, 0.05),
    (-0.05, 0.0, 1.0, -0.05),
    (0.0, 0.05, 1.06, 0.05),
    (0.0, -0.05, 1.06, -0.05),
    (0.03, 0.03, 0.92, 0.0),
    (-0.03, -0.03, 0.92, 0.0),
)
_LIPS = (61, 291, 13, 14, 0, 17, 40, 270, 91, 321)
_EYES = ((33, 133, 159, 145, 160, 144, 158, 153), (263, 362, 386, 374, 387, 373, 385, 380))  # right, left
_DETAIL_EYES_PX = 100  # the size at which detail is measured: about what a video shows


def unclear(rgb: NDArray[np.uint8], face: Face) -> Iterator[str]:
    """What of a face of an (H, W, 3) picture cannot be seen well enough to move well, one sentence each."""
    scatter = point_scatter(rgb, face)
    if scatter[list(_LIPS)].mean() > MAX_LIP_SCATTER:
        yield "the mouth can hardly be made out (a beard, a mask, a hand?): the lips may move in the wrong place"
    if max(scatter[list(eye)].mean() for eye in _EYES) > MAX_EYE_SCATTER:
        yield "the eyes can hardly be made out (dark glasses, hair?): lids and gaze may move in the wrong place"
    if detail(rgb, face) < MIN_DETAIL:
        yield "the photo is blurred: teeth and the edges of lips and lids will look sharper than the face"


def point_scatter(rgb: NDArray[np.uint8], face: Face) -> NDArray[np.float64]:
    """(478,): how far each point wanders when the net looks again: its standard deviation, in eye distances."""
    region = region_of_landmarks(face.landmarks)
    again = [find_landmarks(rgb, _seen_from(region, *look))[0] for look in _LOOKS]
    points = np.stack([face.landmarks, *again])[:, :, :2].astype(np.float64)
    wander = points.std(0)
    spread: NDArray[np.float64] = np.hypot(wander[:, 0], wander[:, 1]) / face.eye_distance_px
    return spread


def detail(rgb: NDArray[np.uint8], face: Face) -> float:
    """How much of the face's contrast is fine detail: the Laplacian's deviation over the brightness's.

    Measured at one size, eyes 100 px apart: sharp photos give 0.09 to 0.4, a blur of 3 px gives 0.05.
    """
    scale = _DETAIL_EYES_PX / face.eye_distance_px
    left, top, right, bottom = (max(0, round(side)) for side in face.box)
    grey = cv2.cvtColor(rgb[top : bottom + 1, left : right + 1], cv2.COLOR_RGB2GRAY)
    sized = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return float(cv2.Laplacian(sized, cv2.CV_32F).std() / max(float(sized.std()), 1e-6))


def _seen_from(region: Region, right: float, down: float, scale: float, turn: float) -> Region:
    x, y = region.x + right * region.side, region.y + down * region.side
    return Region(x, y, region.side * scale, region.angle + turn)
