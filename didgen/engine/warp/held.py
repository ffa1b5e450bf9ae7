"""What a mouth leaves where it is: the nose, and the outline of the face.

A mouth's shapes fall off about the mouth, and a laughing one is so wide, and so near the nose, that these stand in the
midst of them. Taken along, the nose grows thin and long as the smile goes and lips are drawn together, and the face
narrow: somebody else's. A nose gives way a little, as skin does; what the jaw does to the outline it goes on doing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.warp.geometry import smoothstep

Floats = NDArray[np.float64]

NOSE_WINGS, NOSE_BASE = (358, 129), 2  # left, right; where the nose ends above the upper lip
NOSE_KEPT, EDGE_KEPT = 0.7, 0.7  # of what a mouth would move them by, how much it does not
BESIDE = 2.2  # half widths of the nose from its middle: there all of a mouth's pull is left, on the nose none more
EDGE_CM = 1.5  # from the outline, likewise

_LIPS = np.unique([*LIP_ROWS_UPPER, *LIP_ROWS_LOWER])


def off_nose(mesh_cm: Floats) -> Floats:
    """(478,) how much of a mouth's pull is left at each point of a mesh (478, 3): 1, less on the nose and about it.

    Lips are pulled wholly, however near a smile has brought them; what lies between gives way by and by, else the fold
    beside the nose would be pressed into a crack.
    """
    x, y, _ = mesh_cm.T
    left, right = mesh_cm[list(NOSE_WINGS), 0]
    half, lip = (left - right) / 2, float(y[LIP_ROWS_UPPER[0][5]])
    beside = smoothstep(BESIDE * half, half, np.abs(x - (left + right) / 2))
    return _left(NOSE_KEPT * beside * smoothstep(lip, float(y[NOSE_BASE]), y))


def off_edge(mesh_cm: Floats) -> Floats:
    """(478,) the same of the outline of the face and of what is close to it."""
    outline = mesh_cm[list(FACE_OVAL), :2]
    away = np.hypot(*(mesh_cm[:, None, :2] - outline).transpose(2, 0, 1)).min(1)
    return _left(EDGE_KEPT * smoothstep(EDGE_CM, 0.0, away))


def _left(kept: NDArray[np.floating]) -> Floats:
    out: Floats = 1 - kept.astype(np.float64)
    out[_LIPS] = 1
    return out
