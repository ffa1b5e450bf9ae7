"""The background alone in the strip between the person and a long line beside her (`giving.py`).

Such a strip is a few px wide and may be drawn out threefold where she moves away. The photo's own px there are no good
for that: her dark fringe and the grain of the photo would become streaks. So there the background is what lies in the
strip a little farther from her, or where hardly anything does, beyond the line: soft, without grain.
"""

from __future__ import annotations

import cv2
import numpy as np

from didgen.engine.warp.canvas import Picture
from didgen.engine.warp.geometry import smoothstep
from didgen.engine.warp.giving import TRACE, Way
from didgen.engine.warp.seam import Floats, floats

_FRINGE = 0.03  # of a face height: nearer to the person the photo shows something of her
_NEAR, _FAR = 0.012, 0.028  # of a face height from her: up to the one all is made anew, from the other on nothing
_HERS = 0.3  # of opacity: less of her is not missed, and more is hardly drawn out
_INTO_PX = 1.5  # from the end of the way on: there it becomes the photo
_WIDE = 0.14  # of a face height beyond the end of the way: what is about the line
_CLEAR_PX = 11  # across: so near to a line it is not yet what is about it
_AROUND = 0.05  # of a face height, sigma: for what is about the line
_SOFT, _ENOUGH = (0.03, 0.015, 0.01), (0.02, 0.03, 0.05)  # of a face height, sigmas for the strip; of a px's weight


def strip_plate(rest: Picture, opacity: Floats, way: Way, face_height: float) -> tuple[Picture, Floats]:
    """(h, w, 3) the strip's plain colours, and (h, w) 0..1 how much of them is to be taken. rest: (h, w, 3); opacity:
    (h, w) 0..1; way: on the same px; face_height: of the same px."""
    person = (opacity > TRACE).astype(np.uint8)
    away = floats(cv2.distanceTransform(1 - person, cv2.DIST_L2, 5))
    left = way.end - way.outside
    plain = smoothstep(0.0, _FRINGE * face_height, away) ** 2 * (left > 0.5) * (1 - way.line)
    about = (left < 0) & (left > -_WIDE * face_height) & (way.share > 0) & (away > 0)
    about &= cv2.dilate(way.line, np.ones((_CLEAR_PX, _CLEAR_PX))) == 0
    # The line may lie before the end of the way: right beside her, and where the way ends less and less by it.
    taken = smoothstep(-_INTO_PX, 0.0, left) * smoothstep(0.5, 1.0, way.share) * (1 - way.line)
    taken *= smoothstep(_FAR * face_height, _NEAR * face_height, away) * smoothstep(_HERS, TRACE, opacity)
    out = rest.astype(np.float32)
    _fill(out, rest, floats(about), _AROUND * face_height, 1e-4)
    for sigma, enough in zip(_SOFT, _ENOUGH, strict=True):
        _fill(out, rest, floats(plain), sigma * face_height, enough)
    return np.rint(np.clip(out, 0, 255)).astype(np.uint8), floats(taken)


def _fill(out: Floats, rest: Picture, weight: Floats, sigma: float, enough: float) -> None:
    """Soft colours of px of some weight (h, w) in place over `out` (h, w, 3), where there is enough of it about."""
    total = cv2.GaussianBlur(weight, (0, 0), sigma)[..., None]
    mean = cv2.GaussianBlur(rest * weight[..., None], (0, 0), sigma) / np.maximum(total, 1e-6)
    out += (mean - out) * (total / (total + enough))
