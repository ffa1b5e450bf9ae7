"""A driver's lids: how far they are shut, told from how far they are open."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_WIDE = 85  # percentile of an eye's opening that is its wide one
_SHUT = 0.25  # of the wide opening: less is shut
_STILL_OPEN = 0.2  # of narrowing: eyes that nobody would call closing
_BLINK_S = 0.6  # what lasts longer is no blink but closed eyes, or a look down
_BEGUN = 0.12  # of narrowing: a blink is under way
_DEEP, _ALONG = 0.5, 0.42  # of narrowing: so deep a dip is a blink; so much of it on the other eye makes it one of both
_DOWN = 0.9  # of closure: a lid that nobody would call open
_DIP = (0.25, 0.9)  # of a dip's depth: where its lid begins to fall and where it is down


def narrowing(opening: Floats) -> Floats:
    """(T, 2) 0 wide .. 1 shut from eye openings (T, 2), each against what is wide for that eye."""
    wide = np.maximum(np.percentile(opening, _WIDE, axis=0), 1e-3)
    return np.asarray(np.clip((1 - opening / wide) / (1 - _SHUT), 0, 1))


def lid_weights(narrowed: Floats, fps: float) -> Floats:
    """(T, 2) 0 open .. 1 shut: what `eyeBlink` is to be. Every blink shuts.

    Nobody blinks by half on purpose, but a net that looks at soft lids sees it so, and the very bottom of a blink may
    lie between two pictures. A short dip of one eye is a wink; where the other one goes along it is a blink of both.
    """
    out = np.asarray(np.clip((narrowed - _STILL_OPEN) / (1 - _STILL_OPEN), 0, 1))
    for start, end in _dips(narrowed.max(1), _BLINK_S * fps):
        peaks = narrowed[start:end].max(0)
        if peaks.max() < _DEEP:
            continue
        for eye in np.flatnonzero(peaks >= _ALONG):
            dip = (narrowed[start:end, eye] / peaks[eye] - _DIP[0]) / (_DIP[1] - _DIP[0])
            out[start:end, eye] = np.maximum(out[start:end, eye], np.clip(dip, 0, 1))
    return out


def lids_at(clock: Floats, lids: Floats, times: Floats) -> Floats:
    """(F, 2) closures at the moments clock (F,) from those (T, 2) of pictures at times (T,), seconds, both rising.

    What is shut on a picture is shut on the frame nearest to it: a quick blink is one picture long, and halfway to its
    neighbours it would be half a blink.
    """
    out = np.stack([np.interp(clock, times, lid) for lid in lids.T], 1)
    nearest = np.searchsorted((clock[1:] + clock[:-1]) / 2, times)
    np.maximum.at(out, nearest, np.where(lids >= _DOWN, lids, 0.0))
    return out


def _dips(narrowed: Floats, longest: float) -> list[tuple[int, int]]:
    """First and one past the last picture of every dip whose deeper half is not longer than `longest` pictures."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], narrowed > _BEGUN, [False]]).astype(np.int8)))
    runs = [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]
    parts = [part for run in runs for part in _parted(narrowed, *run)]
    return [(a, b) for a, b in parts if (narrowed[a:b] > narrowed[a:b].max() / 2).sum() <= longest]


def _parted(narrowed: Floats, start: int, end: int) -> list[tuple[int, int]]:
    """A run cut where the lids rise by half between two dips: blinks may follow closely, or sit on a squint."""
    inner, cuts = narrowed[start:end], [0]
    for k in range(1, len(inner) - 1):
        before, after = inner[cuts[-1] : k + 1].max(), inner[k:].max()
        if inner[k] <= min(inner[k - 1], inner[k + 1]) and inner[k] < 0.5 * min(before, after):
            cuts.append(k)
    return list(pairwise([*(start + k for k in cuts), end]))
