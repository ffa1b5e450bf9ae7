"""How far the lips part and draw together, told from the pixels: what lies beside their edges is followed.

The landmark net knows bare lips. In a beard, under a moustache, in a print or a drawing it guesses them: it sees closed
lips where a mouth is plainly open, and corners that stay where they were. Hair, hatching and skin move with the lips
that they lie on, whatever they look like. So strips of the first picture, laid one behind the other from each lip (and
from each corner) away from the mouth, are looked for in every later picture; neighbours may not move apart (scanline
stereo after Ohta and Kanade 1985, along one line), nor jump from picture to picture. Where a strip fits in two places,
the net says which.

Nothing here knows what was intended. A strip lies a little beside the edge of its lip, where the jaw carries it
further: an opening measures up to a third too wide, at all openings alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.mesh import LIP_GAP, MOUTH_CORNERS
from didgen.engine.face.retrack import Tracked
from didgen.quality.alike import FLAT, alike
from didgen.quality.turning import STILL

Curve = NDArray[np.float64]
Picture = NDArray[np.uint8]
_Cost = NDArray[np.float32]

PX_PER_CM = 20.0
_HALF_CM, _ABOVE_CM, _BELOW_CM = 5.0, 3.0, 5.0  # of the face-aligned crop about the mouth
_ROWS, _STEP_CM, _DEEP_CM, _HALF_WIDE_CM, _ASIDE_CM = 6, 0.15, 0.35, 0.6, 0.4  # of the strips
_CORNER_CM = 0.3  # of the lips is in the strips beside a corner: on bare skin there is little else to see
_APART = 0.05  # per px that neighbours move apart
_AWAY, _MOST_AWAY = 0.02, 0.4  # per px from where the net sees the lip, and at most: beyond that it is mistaken
_JUMP = 0.012  # per px from picture to picture
_CROSSED, _OVERLAP_CM = 0.1, 0.15  # per px that the lower lip were above the upper one by more than pressing brings
_CLOSED_SHARE = 0.1  # of the pictures: those whose lips are nearest
_LEAST_PATTERN = 0.35  # mean weight of an edge's strips: with less there is nothing to follow, as in a cartoon
_OF_ONE_MIND = 0.93  # r of the net's gap and the followed one: above, both err apart; below, the net sees other lips


@dataclass(frozen=True, slots=True)
class Mouth:
    """(T,) each. gap_cm: between the lips at the middle, 0 closed. width_cm: between the corners. outline_cm: (T, D)
    what else tells shapes apart, of a mouth that the landmark net does not see; None leaves that to the net."""

    gap_cm: Curve
    width_cm: Curve
    outline_cm: Curve | None = None


@dataclass(frozen=True, slots=True)
class _Edge:
    """An edge of the mouth in the first picture and the strips beyond it. at: x, y of the edge, crop px. axis: 0 moves
    along x, 1 along y. away: +1 or -1, where the strips lie. back, forth: how far it may move along the axis, px.
    rooted: whether the farthest strip hardly moves: that below the nose, not that of the chin."""

    at: tuple[int, int]
    axis: int
    away: int
    back: int
    forth: int
    rooted: bool = False

    def boxes(self) -> list[tuple[int, int, int, int]]:
        """Left, top, right, bottom of the strips, the farthest first."""
        out = []
        for i in range(_ROWS - 1, -1, -1):
            near = self.at[self.axis] + self.away * (i * _px(_STEP_CM))
            first, last = sorted((near, near + self.away * _px(_DEEP_CM)))
            a, b = self.at[1 - self.axis] - _px(_HALF_WIDE_CM), self.at[1 - self.axis] + _px(_HALF_WIDE_CM) + 1
            out.append((first, a, last, b) if self.axis == 0 else (a, first, b, last))
        return out


class _Follower:
    """The strips of one edge, looked for in picture after picture."""

    def __init__(self, first: Picture, edge: _Edge) -> None:
        self._edge = edge
        self._boxes = edge.boxes()
        padded = _padded(first)
        self._strips = [padded[t + _PAD : b + _PAD, le + _PAD : r + _PAD] for le, t, r, b in self._boxes]
        self._weights = [float(strip.std()) / (float(strip.std()) + FLAT) for strip in self._strips]
        steps = np.arange(-edge.back, edge.forth + 1)
        self._apart = (_APART * np.abs(steps[:, None] - steps)).astype(np.float32)
        self._far = (_APART * edge.rooted * np.abs(steps)).astype(np.float32)
        self.pattern = float(np.mean(self._weights))
        self._sums: list[_Cost] = []
        self._nearest: list[_Cost] = []

    def add(self, padded: Picture) -> None:
        """Look for the strips in the next picture."""
        costs = [self._cost(padded, *row) for row in zip(self._boxes, self._strips, self._weights, strict=True)]
        total = costs[0] + self._far
        for cost in costs[1:]:
            total = cost + (total[None, :] + self._apart).min(1)
        self._sums.append(total)
        self._nearest.append(costs[-1])

    def _cost(self, padded: Picture, box: tuple[int, int, int, int], strip: Picture, weight: float) -> _Cost:
        """(n,) how badly a strip fits at each step along the axis, at its best place across it."""
        left, top, right, bottom = (value + _PAD for value in box)
        back, forth, aside = self._edge.back, self._edge.forth, _px(_ASIDE_CM)
        if self._edge.axis == 0:
            around = padded[top - aside : bottom + aside, left - back : right + forth]
        else:
            around = padded[top - back : bottom + forth, left - aside : right + aside]
        return np.asarray((1 - alike(around, strip).max(self._edge.axis)) * weight, np.float32)

    def moved(self, net: Curve, least: Curve | None = None) -> Curve:
        """(T,) px along the axis. net: (T,) the same as the landmark net sees it. least: (T,) px that it moves at
        least."""
        steps = np.arange(-self._edge.back, self._edge.forth + 1)
        off = np.minimum(_AWAY * np.abs(steps - net[:, None]), _MOST_AWAY)
        cost = np.stack(self._sums).astype(np.float64) + off
        if least is not None:
            cost = cost + _CROSSED * np.maximum(least[:, None] - steps, 0)
        path = _smoothest(cost, _JUMP)
        return _between(np.stack(self._nearest), path) - self._edge.back


def followed(
    pictures: Iterable[Picture],
    tracked: Tracked,
    photo: tuple[Picture, Face] | None = None,
    *,
    parted: bool = False,
    hidden: bool = False,
    still_px: Curve | None = None,
) -> Mouth:
    """The mouth in T pictures (H, W, 3) RGB that were tracked, against the first one.

    still_px: (T, n, 2) where the head is, as its skin tells (`turning.Skin`); None for the net's word. Eyes behind hair
    it guesses, nearer to each other the rounder the mouth is, and a mouth measured from there has moved.
    photo: what was animated, and its face: where its lips are closed (`parted` False), they are what 0 is. Without one
    the net's word over the most closed pictures is. hidden: whether hair hides the photo's lips (`Sight`); corners are
    followed there, and where lips have no pattern, and are the net's elsewhere: on bare cheeks it finds them better.
    A gap that cannot be followed is the net's; where both agree it is their mean, the followed one counted twice.
    """
    frame = Level(tracked)
    landmarks = tracked.landmarks.copy()
    if still_px is not None:
        landmarks[:, STILL, :2] = still_px
    edges: list[_Follower] = []
    for number, rgb in enumerate(pictures):
        crop = frame.crop(rgb, landmarks[number])
        if not edges:
            edges = [_Follower(crop, edge) for edge in frame.edges()]
            if photo is not None:  # looked at first, before what moves
                rest = _padded(frame.crop(photo[0], photo[1].landmarks))
                for edge in edges:
                    edge.add(rest)
        padded = _padded(crop)
        for edge in edges:
            edge.add(padded)
    shown = list(landmarks) if photo is None else [photo[1].landmarks, *landmarks]
    net = frame.lips(shown) - frame.lips([tracked.landmarks[0]])
    gap = _gap_cm(edges[:2], net, tracked, rest_known=photo is not None and not parted)
    width = _width_cm(edges[2:], net, tracked) if hidden or gap is None else None
    return Mouth(
        tracked.lip_gap_cm if gap is None else _with_net(gap, tracked.lip_gap_cm),
        tracked.mouth_width_cm if width is None else width,
    )


def _gap_cm(lips: Sequence[_Follower], net: Curve, tracked: Tracked, *, rest_known: bool) -> Curve | None:
    """net: (T or one more, 4, 2) px, as seen by the net. rest_known: the first row of all is closed lips."""
    if min(lip.pattern for lip in lips) < _LEAST_PATTERN:
        return None
    upper = lips[0].moved(net[:, 0, 1])
    least = upper - _px(_OVERLAP_CM)
    if rest_known:  # where the first picture is open, the photo's lips lie far above its lower one
        least[0] = -np.inf
    lower = lips[1].moved(net[:, 1, 1], least)
    apart = (lower - upper) / PX_PER_CM
    gap = apart[-len(tracked) :]
    if rest_known:
        return np.asarray(np.maximum(gap - apart[0], 0.0))
    closed = gap <= np.quantile(gap, _CLOSED_SHARE)
    return np.asarray(np.maximum(gap + np.median((tracked.lip_gap_cm - gap)[closed]), 0.0))


def _width_cm(corners: Sequence[_Follower], net: Curve, tracked: Tracked) -> Curve | None:
    if min(corner.pattern for corner in corners) < _LEAST_PATTERN:
        return None
    right, left = (corner.moved(net[:, 2 + k, 0]) for k, corner in enumerate(corners))
    wider = (left - right)[-len(tracked) :] / PX_PER_CM
    return np.asarray(np.maximum(wider + tracked.mouth_width_cm[0], 0.0))


def _with_net(gap: Curve, net: Curve) -> Curve:
    """(T,) the followed gap and the net's, brought to the same size (least squares), where they are of one mind; else
    the followed one."""
    if min(gap.std(), net.std()) < 1e-6 or float(np.corrcoef(gap, net)[0, 1]) < _OF_ONE_MIND:
        return gap
    return np.asarray((2 * gap + float(net @ gap) / float(net @ net) * net) / 3)


class Level:
    """The crop about the mouth, level with the head and of one size, that moves along with what does not talk."""

    def __init__(self, tracked: Tracked) -> None:
        head, self._first = tracked.placements[0], tracked.landmarks[0].astype(np.float64)
        origin, right, down = head.picture_from_canonical(np.array([[0.0, 0, 0], [1, 0, 0], [0, -1, 0]]))[:, :2]
        turn = np.linalg.inv(np.column_stack([right - origin, down - origin])) * PX_PER_CM
        middle = self._first[list(MOUTH_CORNERS), :2].mean(0)
        shift = np.array([_HALF_CM, _ABOVE_CM]) * PX_PER_CM - turn @ middle
        self._level = np.vstack([np.column_stack([turn, shift]), [0, 0, 1]])

    @staticmethod
    def size() -> tuple[int, int]:
        """Width and height of the crop, px."""
        return round(2 * _HALF_CM * PX_PER_CM), round((_ABOVE_CM + _BELOW_CM) * PX_PER_CM)

    def crop(self, rgb: Picture, landmarks: NDArray[np.floating]) -> Picture:
        """(h, w) grey."""
        return self.colours(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), landmarks)

    def colours(self, rgb: Picture, landmarks: NDArray[np.floating]) -> Picture:
        """(h, w) or (h, w, 3), as the picture is."""
        to = self._onto(landmarks)
        shrunk = float(np.sqrt(abs(np.linalg.det(to[:2, :2]))))
        if shrunk < 0.6:  # a photo much larger than its video: fine grain would be drawn as noise
            rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.4 / shrunk), np.uint8)
        return np.asarray(cv2.warpAffine(rgb, to[:2], self.size(), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    def placed(self, landmarks: NDArray[np.floating], points: NDArray[np.floating]) -> Curve:
        """(n, 2) crop px of points of a picture with these landmarks."""
        to = self._onto(landmarks)
        return np.asarray(points.astype(np.float64) @ to[:2, :2].T + to[:2, 2])

    def lips(self, landmarks: Iterable[NDArray[np.floating]]) -> Curve:
        """(T, 4, 2) crop px of the upper and the lower lip's inner middle and the subject's right and left corner."""
        points = [*LIP_GAP, *MOUTH_CORNERS]
        placed = [(self._onto(one) @ np.column_stack([one[points, :2], np.ones(4)]).T)[:2].T for one in landmarks]
        return np.array(placed, np.float64)

    def edges(self) -> list[_Edge]:
        """Upper lip, lower lip, right and left corner in the first picture; the strips keep clear of the lips' own
        edges, which roll in and out, and of the dark line between them, which is gone when they part."""
        upper, lower, right, left = self.lips([self._first])[0]
        x, y = ((upper + lower) / 2).tolist()
        middle, seam = round(x), round(y)
        return [
            _Edge((middle, seam - _px(0.05)), 1, -1, _px(0.6), _px(0.8), rooted=True),
            _Edge((middle, seam + _px(0.2) + 1), 1, 1, _px(0.5), _px(2.4)),
            _Edge((round(float(right[0])) + _px(_CORNER_CM), round(float(right[1]))), 0, -1, _px(0.7), _px(1.5)),
            _Edge((round(float(left[0])) - _px(_CORNER_CM), round(float(left[1]))), 0, 1, _px(1.5), _px(0.7)),
        ]

    def _onto(self, landmarks: NDArray[np.floating]) -> Curve:
        """(3, 3) from a picture to the crop: the similarity that lays its face on the first one, least squares."""
        there, here = landmarks[list(STILL), :2].astype(np.float64), self._first[list(STILL), :2]
        a, b = there - there.mean(0), here - here.mean(0)
        size = float((a**2).sum())
        along, across = float((a * b).sum()) / size, float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / size
        turn = np.array([[along, -across], [across, along]])
        laid = np.vstack([np.column_stack([turn, here.mean(0) - turn @ there.mean(0)]), [0, 0, 1]])
        return np.asarray(self._level @ laid)


def _px(cm: float) -> int:
    return round(cm * PX_PER_CM)


_PAD = _px(3.5)  # around a crop: what is looked for may lie beyond it


def _padded(crop: Picture) -> Picture:
    return np.asarray(cv2.copyMakeBorder(crop, _PAD, _PAD, _PAD, _PAD, cv2.BORDER_REPLICATE), np.uint8)


def _smoothest(cost: Curve, jump: float) -> NDArray[np.intp]:
    """(T,) the steps whose cost (T, n) and jumps from one to the next are least together (Viterbi 1967)."""
    steps = np.arange(cost.shape[1])
    jumps = jump * np.abs(steps[:, None] - steps)
    total, came = cost[0], np.zeros(cost.shape, np.intp)
    for t in range(1, len(cost)):
        ways = total[None, :] + jumps
        came[t] = ways.argmin(1)
        total = cost[t] + ways[steps, came[t]]
    path = np.zeros(len(cost), np.intp)
    path[-1] = total.argmin()
    for t in range(len(cost) - 1, 0, -1):
        path[t - 1] = came[t, path[t]]
    return path


def _between(cost: NDArray[np.floating], path: NDArray[np.intp]) -> Curve:
    """(T,) steps at a fraction: the bottom of the parabola through the cost (T, n) beside each step."""
    inner = path.clip(1, cost.shape[1] - 2)
    before, here, after = (np.take_along_axis(cost, (inner + k)[:, None], 1)[:, 0] for k in (-1, 0, 1))
    bend = (before - 2 * here + after).astype(np.float64)
    off = np.where(bend > 1e-6, 0.5 * (before - after) / np.maximum(bend, 1e-6), 0).clip(-0.5, 0.5)
    return np.asarray(path + np.where(inner == path, off, 0.0), np.float64)
