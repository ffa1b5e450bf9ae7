"""Whether lids really shut, told from the pixels: how much of the open eye is still seen just above the lower lid.

The landmark net guesses where the lids of a shut eye are. Behind glasses, in prints and on grainy photos it is wrong by
half an eye. But an iris between whites is the same pattern as long as it is seen at all, and the lowest quarter of the
opening is what a falling lid covers last. It is looked for a little higher, too: the lower lid comes up to meet the
upper one, and where a narrow eye ends, a tenth of a pixel up or down is a tenth of what is seen of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, Eye
from didgen.engine.face.retrack import Tracked
from didgen.engine.motion.track import INDEX, MotionTrack

BLINK = 0.9  # of weight: a lid asked to close
_OPEN = 0.05  # of weight: an eye that is not asked to close
_NEAR = 12  # pictures before and after a blink among which the eye is looked at open
_COLUMNS, _ROWS = np.linspace(0.12, 0.88, 31), np.linspace(0.68, 0.95, 10)  # of the opening: along it, down it
_HIGHER = 3  # rows: how far up the lowest quarter of an open eye is looked for
_SMOOTH = 0.03  # sigma over the eye's width: grain is no pattern

Curve = NDArray[np.float64]
Picture = NDArray[np.uint8]


def blinks_of(track: MotionTrack) -> list[tuple[int, int]]:
    """First and last picture of each blink of both eyes."""
    closing = track.weights[:, [INDEX["eyeBlinkRight"], INDEX["eyeBlinkLeft"]]].min(1)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], closing >= BLINK, [False]]).astype(np.int8)))
    return [(int(a), int(b) - 1) for a, b in edges.reshape(-1, 2)]


def eyes_left(pictures: Iterable[Picture], tracked: Tracked, track: MotionTrack) -> Curve:
    """(T, 2) of the subject's right and left eye: how much of its pattern is still there, 1 = open, about 0 = shut.

    pictures: (H, W, 3) RGB, the T that were tracked. Looked at only in blinks and on the pictures next to them, NaN
    elsewhere and where the eye is not open nearby.
    """
    left = np.full((len(tracked), 2), np.nan)
    near = {blink: _open_near(blink, track) for blink in blinks_of(track)}
    shown = {blink: range(max(0, blink[0] - 1), min(blink[1] + 2, len(tracked))) for blink in near}
    wanted = {k for blink in near for k in (*near[blink], *shown[blink])}
    patches = _patches(pictures, wanted, tracked)
    for blink, open_ones in near.items():
        if open_ones:
            usual = np.median([patches[k] for k in open_ones], axis=0)
            for k in shown[blink]:
                left[k] = _share(patches[k], usual)
    return left


def _open_near(blink: tuple[int, int], track: MotionTrack) -> list[int]:
    """The pictures about a blink on which neither eye closes."""
    closing = track.weights[:, [INDEX["eyeBlinkRight"], INDEX["eyeBlinkLeft"]]].max(1)
    about = range(max(0, blink[0] - _NEAR), min(blink[1] + _NEAR + 1, len(track)))
    return [k for k in about if closing[k] <= _OPEN]


def _patches(pictures: Iterable[Picture], wanted: set[int], tracked: Tracked) -> Mapping[int, Curve]:
    """Picture number → (2, rows, columns, 3) the lowest third of each eye's opening, where it is when open."""
    lids = np.median(tracked.meshes_cm[sorted(wanted)] if wanted else tracked.meshes_cm, axis=0)
    found = {}
    for k, rgb in enumerate(pictures):
        if k in wanted:
            points = tracked.placements[k].picture_from_canonical(lids)[:, :2]
            found[k] = np.stack([_patch(rgb, points, eye) for eye in EYES.values()])
    return found


def _patch(rgb: Picture, points: Curve, eye: Eye) -> Curve:
    upper, lower = (_along(points[list(row)]) for row in (eye.up, eye.lo))
    at = upper[None] + _ROWS[:, None, None] * (lower - upper)[None]
    sigma = _SMOOTH * float(np.hypot(*(points[eye.up[0]] - points[eye.up[-1]])))
    low, high = np.floor(at.min((0, 1)) - 4 * sigma - 1), np.ceil(at.max((0, 1)) + 4 * sigma + 2)
    size = (high - low).astype(int)
    box = cv2.warpAffine(rgb, np.column_stack([np.eye(2), -low]), tuple(size), borderMode=cv2.BORDER_REPLICATE)
    soft = cv2.GaussianBlur(box, (0, 0), max(sigma, 0.3)).astype(np.float32)
    return np.asarray(cv2.remap(soft, (at - low).astype(np.float32), None, cv2.INTER_LINEAR), np.float64)


def _along(points: Curve) -> Curve:
    """(columns, 2) places along a lid of nine points."""
    knots = np.linspace(0, 1, len(points))
    return np.stack([np.interp(_COLUMNS, knots, points[:, axis]) for axis in (0, 1)], 1)


def _share(patch: Curve, usual: Curve) -> Curve:
    """(2,) how much of the usual pattern of the lowest quarter a patch shows, at the height where that is most. Only
    what changes fast along the eye is pattern: the shade of a lid, the line of its lashes and the light from one side
    are not."""
    shown, known = (p - np.einsum("uk,vk,ervc->eruc", _SLOW, _SLOW, p) for p in (patch, usual))
    known = known[:, _HIGHER:]
    heights = (shown[:, up : up + known.shape[1]] for up in range(_HIGHER + 1))
    return np.asarray(np.max([_alike(part, known) for part in heights], axis=0))


def _alike(shown: Curve, known: Curve) -> Curve:
    """(2,) their cosine, times how much fainter `shown` is; a stronger pattern is no more than the same one."""
    own, other = ((p * p).sum((1, 2, 3)) for p in (known, shown))
    both = np.sqrt(own * np.maximum(own, other))
    return np.asarray((shown * known).sum((1, 2, 3)) / np.maximum(both, 1e-6))


_SLOW = np.linalg.qr(np.linspace(-1, 1, len(_COLUMNS))[:, None] ** np.arange(3))[0]
