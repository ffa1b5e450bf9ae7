"""How the head turns, told from the pixels: points of skin above the mouth, followed as one stiff body.

The landmark net reads an open or rounded mouth as a turned head, by a degree and more. Skin does not: forehead,
temples, cheekbones and nose are followed by optical flow (Lucas and Kanade 1981, pyramids after Bouguet 2000), each
picture from the first one, so that nothing drifts; then one rotation, scale and shift is fitted to all of them. How
deep these points lie is only known roughly, and with it how many degrees a shift stands for: that factor is the net's,
over the whole clip (`scaled`), where its mistakes with the mouth cancel.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, MESH_POINTS, canonical_mesh
from didgen.engine.face.pose import pose_from_rotation
from didgen.engine.face.retrack import Tracked

STILL = (33, 133, 362, 263, 168, 6, 197, 195, 5, 4, 1)  # landmarks that do not talk: eyes' corners, bridge, tip
POINTS = 200
LEAST_POINTS = 12  # followed into a picture; with fewer the head is taken to stand as before
_LEAST_TURN_DEG = 0.2  # rms: a head that stands still has no factor

Curve = NDArray[np.float64]
Picture = NDArray[np.uint8]
Grey = NDArray[np.uint8]

# Around the upper face: over the forehead from ear to ear, back along the cheekbones and under the nose.
_UPPER: tuple[int, ...] = (127, 162, 21, 54, 103, 67, 109, 10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 425)
_UPPER += (327, 2, 98, 205, 132, 93, 234)
_AROUND_EYE = (1.5, 3.2)  # times its width and height: lids and brows move of themselves
_WINDOW_PX, _LEVELS, _RETURNED_PX = 17, 3, 0.7
_SOFT_PX, _ROUNDS = 0.3, 8  # of the fit: residuals beyond this count less


@dataclass(frozen=True, slots=True)
class Skin:
    """A head as its skin moves it through T pictures, against the first one.

    turned_deg: (T, 3) yaw, pitch, roll, its depth being the canonical head's: roll is measured as it is, yaw and pitch
    are right but for a factor each. still_px: (T, len(STILL), 2) where the landmarks that do not talk stand when the
    head carries those of the first picture along; the net's own where too little skin was seen.
    """

    turned_deg: Curve
    still_px: Curve


def follow_skin(pictures: Iterable[Picture], tracked: Tracked) -> Skin | None:
    """pictures: (H, W, 3) RGB, the T that were tracked. None where the first one shows too little to follow."""
    turns: list[tuple[float, float, float]] = []
    still = tracked.landmarks[:, STILL, :2].astype(np.float64)
    body: _Body | None = None
    for number, rgb in enumerate(pictures):
        grey = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)
        if body is None:
            points = _points_on(grey, tracked.landmarks[0].astype(np.float64))
            if len(points) < 2 * LEAST_POINTS:
                return None
            marks, body = _laid(tracked)[list(STILL)], _Body(grey, _with_depth(points, tracked))
        turns.append(body.turned(grey))
        if body.held:
            still[number] = body.placed(marks)
    return Skin(np.array(turns, np.float64).reshape(-1, 3), still)


def flow_deg(pictures: Iterable[Picture], tracked: Tracked) -> Curve | None:
    """(T, 3) `Skin.turned_deg` alone."""
    skin = follow_skin(pictures, tracked)
    return None if skin is None else skin.turned_deg


def scaled(flow: Curve, net: Curve, trusted: NDArray[np.bool_] | None = None) -> Curve:
    """(T, 3) the flow's yaw and pitch in the net's degrees: each times the slope of the net over it (least squares).

    trusted: (T,) the pictures on which the net's word is taken, where its mistakes would not cancel; None for all.
    flow, net: (T, 3) yaw, pitch, roll, degrees, from the same pictures. An axis about which nothing turns, or on which
    the two do not agree at all, is the net's.
    """
    out = net.copy()
    used = np.ones(len(net), np.bool_) if trusted is None else trusted
    for axis in (0, 1):
        f, n = (rows[used, axis] - rows[used, axis].mean() for rows in (flow, net))
        factor = float(n @ f) / max(float(f @ f), 1e-9)
        if f.std() >= _LEAST_TURN_DEG and factor > 0:
            out[:, axis] = factor * (flow[:, axis] - flow[used, axis].mean()) + net[used, axis].mean()
    out[:, 2] = flow[:, 2] - np.median(flow[:, 2]) + np.median(net[:, 2])
    return out


class _Body:
    """The points of the first picture and how they stand now: picture = s · R · (points - centre) + centre + shift.

    held: whether enough of them were found in the last picture; if not, they stand as before."""

    def __init__(self, grey: Grey, points: Curve) -> None:
        self._grey = grey
        self._first = points[:, :2].astype(np.float32)
        self._centre = points.mean(0)
        self._points = points - self._centre
        self._rotation, self._scale, self._shift = np.eye(3), 1.0, np.zeros(2)
        self._last = self._first
        self.held = True

    def turned(self, grey: Grey) -> tuple[float, float, float]:
        """Follow the points into the next picture: yaw, pitch, roll against the first one."""
        seen, found = _followed(self._grey, grey, self._first, self._last)
        self.held = bool(found.sum() >= LEAST_POINTS)
        if self.held:
            self._fit(self._points[found], seen[found] - self._centre[:2])
        placed = self.placed(self._points + self._centre)
        self._last = np.where(found[:, None], seen, placed).astype(np.float32)
        return pose_from_rotation(self._rotation)

    def placed(self, points: Curve) -> Curve:
        """(n, 2) px: where points (n, 3) of the first picture stand now."""
        turned = (points - self._centre) @ self._rotation.T
        return np.asarray(self._scale * turned[:, :2] + self._centre[:2] + self._shift)

    def _fit(self, points: Curve, seen: Curve) -> None:
        """Gauss and Newton on six unknowns, weights after Charbonnier: brows and cheeks that move on their own count
        little. points: (n, 3) about the centre, seen: (n, 2)."""
        for _ in range(_ROUNDS):
            turned = points @ self._rotation.T
            off = self._scale * turned[:, :2] + self._shift - seen
            weights = 1 / np.sqrt(1 + (off**2).sum(1) / _SOFT_PX**2)
            slopes = np.zeros((len(points), 2, 6))  # by a turn about x, y and z, by scale, by shift
            slopes[:, 0, 1], slopes[:, 0, 2] = self._scale * turned[:, 2], -self._scale * turned[:, 1]
            slopes[:, 1, 0], slopes[:, 1, 2] = -self._scale * turned[:, 2], self._scale * turned[:, 0]
            slopes[:, :, 3], slopes[:, 0, 4], slopes[:, 1, 5] = turned[:, :2], 1, 1
            weighed = slopes * weights[:, None, None]
            square = np.einsum("nij,nik->jk", weighed, slopes)
            step = -np.linalg.solve(square + 1e-9 * np.trace(square) * np.eye(6), np.einsum("nij,ni->j", weighed, off))
            self._rotation = cv2.Rodrigues(step[:3])[0] @ self._rotation
            self._scale += float(step[3])
            self._shift = self._shift + step[4:]
            if np.abs(step[:3]).max() < 1e-6:
                return


def _followed(
    first: Grey, grey: Grey, points: NDArray[np.float32], guess: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Where points of the first picture are in this one, and which of them were found there and back again."""
    how: dict[str, Any] = {"winSize": (_WINDOW_PX, _WINDOW_PX), "maxLevel": _LEVELS, "criteria": (3, 40, 0.003)}
    how["flags"] = cv2.OPTFLOW_USE_INITIAL_FLOW
    seen, there, _ = cv2.calcOpticalFlowPyrLK(first, grey, points, guess.copy(), **how)
    back, again, _ = cv2.calcOpticalFlowPyrLK(grey, first, seen, points.copy(), **how)
    found = (there[:, 0] == 1) & (again[:, 0] == 1) & (np.abs(back - points).max(1) < _RETURNED_PX)
    return np.asarray(seen, np.float32), np.asarray(found, np.bool_)


def _points_on(grey: Grey, landmarks: Curve) -> Curve:
    """(n, 2) px with a pattern to follow, on the face above the mouth, away from lids and brows."""
    mask = np.zeros(grey.shape, np.uint8)
    cv2.fillPoly(mask, [landmarks[list(_UPPER), :2].round().astype(np.int32)], 255)
    for eye in EYES.values():
        rim = landmarks[[*eye.up, *eye.lo], :2]
        around = (rim - rim.mean(0)) * _AROUND_EYE + rim.mean(0)
        cv2.fillConvexPoly(mask, cv2.convexHull(around.round().astype(np.int32)), 0)
    apart_px = max(2.0, 0.03 * float(np.linalg.norm(landmarks[33, :2] - landmarks[263, :2])))
    found = cv2.goodFeaturesToTrack(grey, POINTS, 0.003, apart_px, mask=mask, blockSize=5)
    return np.zeros((0, 2)) if found is None else np.asarray(found[:, 0], np.float64)


def _with_depth(points: Curve, tracked: Tracked) -> Curve:
    """(m, 3) px: these points and their depth on the canonical head, laid on the first picture; those beside it go."""
    mesh = _laid(tracked)
    depth = np.full(len(points), np.inf)
    for a, b, c in mesh[np.asarray(canonical_mesh().triangles)]:
        across = np.array([b[:2] - a[:2], c[:2] - a[:2]]).T
        if abs(np.linalg.det(across)) < 1e-9:
            continue
        u, v = np.linalg.solve(across, (points - a[:2]).T)
        inside = (u >= 0) & (v >= 0) & (u + v <= 1)
        here = a[2] + u * (b[2] - a[2]) + v * (c[2] - a[2])
        depth[inside] = np.minimum(depth[inside], here[inside])  # the nearest surface is the one that is seen
    kept = np.isfinite(depth)
    return np.column_stack([points[kept], depth[kept]])


def _laid(tracked: Tracked) -> Curve:
    """(468, 3) px: the first picture's landmarks, as deep as the canonical head laid on them."""
    mesh = tracked.placements[0].picture_from_canonical(canonical_mesh().vertices_cm)
    mesh[:, :2] = tracked.landmarks[0][:MESH_POINTS, :2]
    return np.asarray(mesh, np.float64)
