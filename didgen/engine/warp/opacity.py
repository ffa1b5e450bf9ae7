"""How opaque the animated person is: the net's matte, made to decide, and of one person only."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.geometry import Floats, oval_rings, rings_out, smoothstep, upright

_CLEAR, _SOLID = 0.06, 0.94  # of the matte: below is background, above is the person
_JOINED = 0.3  # of the matte: what is less than this joins nothing
_FOUND = 0.6  # of the face: with less the net did not take it for a person, and cannot tell where she ends
_SOFT = 0.045  # of a face height: a matte that is grey further than this from either side does not know


def opacity_of(matte: Floats, landmarks: Floats) -> Floats:
    """(h, w) 0..1, as the matte (h, w). landmarks: (478, 3) px of the matte.

    The matte is stretched to be clear and solid, and what is not joined to the face is clear: other people stay. Where
    it is grey over a wide place it does not know what it sees, and a half moved background would show twice; there it
    has to decide. Beside the neck even a trace is the person: shoulders hardly move, and shall stay in one piece;
    and on the crown, where it is a hat that the net does not know.
    Where the net finds nobody (a drawing) everything is opaque: then the background goes along with the head.
    """
    face = landmarks[:, :2]
    oval = _oval(face, matte.shape)
    if matte[oval].mean() < _FOUND:
        return np.ones_like(matte)
    soft = _SOFT * float(np.ptp(face[:, 1]))
    opacity = np.clip((matte - _CLEAR) / (_SOLID - _CLEAR), 0, 1) * _joined(matte, face)
    far = [cv2.distanceTransform((~side).astype(np.uint8), cv2.DIST_L2, 3) for side in (opacity > 0.9, opacity < 0.1)]
    unsure = smoothstep(0.7 * soft, soft, np.maximum(*far))
    opacity += unsure * (smoothstep(0.4, 0.65, cv2.blur(opacity, (5, 5))) - opacity)
    opacity[oval] = 1
    traces = cv2.blur(matte, (5, 5))
    beside, above = _where_traces_count(landmarks, matte.shape)
    opacity = np.maximum(opacity, smoothstep(0.03, 0.2, traces) * beside)
    return np.asarray(np.maximum(opacity, smoothstep(0.1, 0.3, traces) * above), np.float32)


def _where_traces_count(landmarks: Floats, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """(h, w) twice: 1 from the mouth down, outside the face; 1 on the crown, where hats are; 0 elsewhere."""
    y, x = np.indices(shape, np.float32)
    points = np.dstack([x, y])
    across, down = np.moveaxis(upright(landmarks, points) / float(np.ptp(landmarks[:, 1])), -1, 0)
    beside = smoothstep(0.18, 0.28, down) * smoothstep(1.05, 1.15, rings_out(landmarks, points))
    return beside, smoothstep(-0.5, -0.6, down) * smoothstep(0.5, 0.4, np.abs(across))


def _oval(face: Floats, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """(h, w): the face, a little within its outline; its middle px where none of it is in the picture."""
    oval = oval_rings(face, (0.9,))
    out = cv2.fillConvexPoly(np.zeros(shape, np.uint8), np.rint(oval).astype(np.int32), 1) > 0
    if not out.any():
        out[shape[0] // 2, shape[1] // 2] = True
    return np.asarray(out, bool)


def _joined(matte: Floats, face: Floats) -> NDArray[np.bool_]:
    """(h, w): what hangs together with the face, (n, 2) px."""
    count, labels = cv2.connectedComponents((matte > _JOINED).astype(np.uint8))
    x, y = np.clip(np.rint(face), 0, np.array(matte.shape[::-1]) - 1).astype(int).T
    hers = labels == int(np.bincount(labels[y, x], minlength=count).argmax())
    return np.asarray(cv2.dilate(hers.astype(np.uint8), np.ones((9, 9), np.uint8)), bool)
