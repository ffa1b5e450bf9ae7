"""All the faces of one picture that move, each with a rig and a track of its own, drawn into one frame.

Every face moves a rectangle of the photo about it, and where rectangles overlap, what a px owes to each of them is
decided once: by how much each rig moves it. A px that one head alone moves is that head's, to the bit; between two
heads both change it by their share, so that nothing tears and no edge is seen; what nothing reaches is the photo's.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from didgen.engine.motion.track import MotionTrack
from didgen.engine.warp.canvas import Picture
from didgen.engine.warp.frame import draw, draw_work
from didgen.engine.warp.rig import Rig

Shares = NDArray[np.int16]
"""(h, w, 1) of 256: how much of what a rig changes is seen there."""

AT_ONCE = 2  # faces drawn side by side: most of a frame's work holds no lock
_FAINT = 0.02  # of weight: what moves by less shares with nobody, so that shares never jump


class Ensemble:
    """The moving faces of a picture. rigs: one a face, of the same photo; tracks: of equal length, one a rig."""

    def __init__(self, rigs: Sequence[Rig], tracks: Sequence[MotionTrack]) -> None:
        if len(rigs) != len(tracks) or not rigs:
            raise ValueError(f"{len(rigs)} rigs and {len(tracks)} tracks")
        if len(rigs) > 1 and any(rig.photo is None for rig in rigs):
            raise ValueError("a crop shows one face")
        self.rigs, self.tracks = tuple(rigs), tuple(tracks)
        boxes = [_box(rig) for rig in rigs]
        self._box = tuple(f(side) for f, side in zip((min, min, max, max), zip(*boxes, strict=True), strict=True))
        self._shares = _shares(self.rigs, boxes)
        self._beside = ThreadPoolExecutor(AT_ONCE, "face") if len(rigs) > 1 else None

    def __len__(self) -> int:
        """T, pictures."""
        return len(self.tracks[0])

    @property
    def fps(self) -> int:
        return self.tracks[0].fps

    @property
    def width(self) -> int:
        return self.rigs[0].width

    @property
    def height(self) -> int:
        return self.rigs[0].height

    @property
    def photo(self) -> Picture | None:
        """What stays where nothing moves; None for a crop."""
        return self.rigs[0].photo

    @property
    def part(self) -> tuple[int, int, int, int]:
        """Left, top, width and height of the part of the frame in which anything ever moves, px, even."""
        left, top, right, bottom = self._box
        return left, top, right - left, bottom - top

    def draw(self, index: int) -> Picture:
        """(height, width, 3) uint8 RGB: frame `index`."""
        if self.photo is None or len(self.rigs) == 1:
            return draw(self.rigs[0], self.tracks[0], index)
        left, top, right, bottom = self._box
        frame = self.photo.copy()
        frame[top:bottom, left:right] = self.draw_part(index)
        return frame

    def draw_part(self, index: int) -> Picture:
        """(h, w, 3) uint8 RGB: the part of frame `index` at `part`."""
        if self._beside is None or self.photo is None:
            return draw_work(self.rigs[0], self.tracks[0], index)
        works = list(self._beside.map(lambda k: draw_work(self.rigs[k], self.tracks[k], index), range(len(self.rigs))))
        left, top, right, bottom = self._box
        frame = self.photo[top:bottom, left:right].copy()
        for rig, work, shares in zip(self.rigs, works, self._shares, strict=True):
            x0, y0, x1, y1 = _box(rig)
            here = frame[y0 - top : y1 - top, x0 - left : x1 - left]
            if shares is None:
                here[:] = work
                continue
            changed = work.astype(np.int16) - self.photo[y0:y1, x0:x1]
            here[:] = np.clip(here + (changed * shares.astype(np.int32) + 128 >> 8), 0, 255)
        return frame

    def close(self) -> None:
        """Let go of the threads."""
        if self._beside is not None:
            self._beside.shutdown()


def _box(rig: Rig) -> tuple[int, int, int, int]:
    left, top = rig.corner
    return left, top, left + rig.geometry.width, top + rig.geometry.height


def _shares(rigs: Sequence[Rig], boxes: Sequence[tuple[int, int, int, int]]) -> list[Shares | None]:
    """For each rig its share of every px of its rectangle; None for one whose rectangle meets no other."""
    weights = [_weight(rig) for rig in rigs]
    out: list[Shares | None] = []
    for k, (x0, y0, x1, y1) in enumerate(boxes):
        total, met = weights[k].copy(), False
        for j, other in enumerate(boxes):
            left, top, right, bottom = max(x0, other[0]), max(y0, other[1]), min(x1, other[2]), min(y1, other[3])
            if j == k or left >= right or top >= bottom:
                continue
            met = True
            part = weights[j][top - other[1] : bottom - other[1], left - other[0] : right - other[0]]
            total[top - y0 : bottom - y0, left - x0 : right - x0] += part
        share = (weights[k] + _FAINT) / (total + _FAINT)
        out.append(np.round(256 * share).astype(np.int16)[..., None] if met else None)
    return out


def _weight(rig: Rig) -> NDArray[np.float32]:
    """(h, w) 0..1: how much a rig may move each px of its work picture."""
    geometry = rig.geometry
    nodes = np.maximum(np.maximum(geometry.head, geometry.body), geometry.reach)
    y, x = np.mgrid[: geometry.height, : geometry.width].astype(np.float32)
    dense: NDArray[np.float32] = np.clip(geometry.grid.sample(nodes, np.stack([x, y], 2)), 0, 1)
    return dense
