"""What the lips do, against what is said: closures, openings, widths, and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from didgen.engine.speech.lipnet import FRAME_RATE_HZ
from didgen.engine.speech.speech import VISEMES, Phoneme
from didgen.quality.clip import Clip, Curve, gap_of, intended_gap_cm, lips_parted, mesh_of

CLOSED_SHARE = 0.18  # of the way from the closed end of a face's gap (2nd percentile) to the open one (95th)
CLOSED_CM = 0.15  # and no gap wider than this is closed: what a viewer sees as dark between the lips
OWN_MARGIN_CM = 0.05
BOTTOM_SHARE = 0.4  # of that limit: how far down a closure's middle is looked for; higher up its slopes weigh in
LEAST_RANGE_CM = 0.25  # lips that move by less say nothing: none of their closures counts
REACH_S = 0.12  # how far from its sound a closure is still its own
HEARS_LATE_S = 0.015
"""The lip-shape net's own delay: the openness it hears comes 12 to 18 ms after the sounds of six voices whose times are
known. Taken off, so that lips in step with the sounds measure 0."""
LAGS_S = 0.24  # how far sound and lips are looked for apart

_OPEN_LIPS = {"aa": 1.0, "O": 0.7, "E": 0.6, "I": 0.4, "U": 0.3, "RR": 0.3, "kk": 0.3, "DD": 0.25, "nn": 0.25}
_OPEN_LIPS |= {"TH": 0.25, "CH": 0.2, "SS": 0.2, "FF": 0.1, "PP": 0.0, "sil": 0.0}
OPENNESS = np.array([_OPEN_LIPS[viseme] for viseme in VISEMES])
"""(15,) how far each viseme opens anybody's lips, 0..1: for lags, where only the order matters."""

ROUND_SYMBOLS, WIDE_SYMBOLS = ("u", "ʊ", "w"), ("i",)
_LONG_S = 0.06  # a shorter "ee" is not held


@dataclass(frozen=True, slots=True)
class Closures:
    """wanted: p, b and m spoken. found: those with closed lips in reach. offsets_s: of the found ones, lips after the
    middle of the sound."""

    wanted: int
    found: int
    offsets_s: tuple[float, ...]


def closures(clip: Clip) -> Closures:
    """For every p, b and m: whether the lips close within it (a picture of grace on each side), and how far the middle
    of that closure lies from the middle of the sound."""
    gap, sounds = clip.gap_cm, clip.spoken(["PP"])
    low, high = np.percentile(gap, [2, 95])
    limit = min(low + CLOSED_SHARE * (high - low), closed_cm(clip))
    if high - low < LEAST_RANGE_CM:
        return Closures(len(sounds), 0, ())
    found, offsets = 0, []
    for p in sounds:
        grace = 0.5 / clip.fps
        inside = np.flatnonzero((clip.times >= p.start_s - grace) & (clip.times <= p.end_s + grace))
        found += bool(len(inside)) and bool(gap[inside].min() <= limit)
        middle = _closure_middle(clip, p, low + BOTTOM_SHARE * max(limit - low, 0.0))
        if middle is not None:
            offsets.append(middle - (p.start_s + p.end_s) / 2)
    return Closures(len(sounds), found, tuple(offsets))


def closed_cm(clip: Clip) -> float:
    """How far apart lips may measure that count as closed: CLOSED_CM, or a little more than the photo's own closed ones
    measure (smooth lips without a line between them measure up to 0.3 cm)."""
    own = 0.0 if clip.photo is None else gap_of(mesh_of(clip.photo))
    return CLOSED_CM if lips_parted(clip, own) else max(CLOSED_CM, own + OWN_MARGIN_CM)


def _closure_middle(clip: Clip, p: Phoneme, limit: float) -> float | None:
    """Seconds: where the closure nearest to a sound has its middle, between the two moments when the gap crosses the
    limit; None when it is out of reach, a rest (lips closed for longer than a sound closes them), or two sounds'."""
    gap, times = clip.gap_cm, clip.times
    middle = (p.start_s + p.end_s) / 2
    near = np.flatnonzero((np.abs(times - middle) <= REACH_S) & (gap <= limit))
    if not len(near):
        return None
    first = last = int(near[np.argmin(np.abs(times[near] - middle))])
    while first > 0 and gap[first - 1] <= limit:
        first -= 1
    while last + 1 < len(gap) and gap[last + 1] <= limit:
        last += 1
    if first == 0 or last + 1 == len(gap) or (last - first) / clip.fps > 2 * REACH_S:
        return None
    if sum(times[first] <= (q.start_s + q.end_s) / 2 <= times[last] for q in clip.spoken(["PP"])) > 1:
        return None  # lips that stay closed from one to the next: the middle is neither's
    edges = [times[first] - _crossing(gap[first], gap[first - 1], limit) / clip.fps]
    edges.append(times[last] + _crossing(gap[last], gap[last + 1], limit) / clip.fps)
    return float(np.mean(edges))


def _crossing(inside: float, outside: float, limit: float) -> float:
    """0..1: how far from a closed picture to the open one beside it the gap crosses the limit."""
    return float((limit - inside) / max(outside - inside, 1e-9))


def gap_correlation(clip: Clip) -> float | None:
    """Pearson's r of the seen and the intended lip gap while talking; None without a track, a sound or a wish
    to move."""
    if clip.track is None or not clip.phonemes:
        return None
    wanted, seen = intended_gap_cm(clip)[clip.talking], clip.gap_cm[clip.talking]
    return correlation(wanted, seen)


def sound_lag_s(clip: Clip) -> float | None:
    """Seconds that the lips come after the video's own sound, at a fraction of a picture; None without speech.

    The sound is heard again by the lip-shape net: the openness of the shapes it hears, at 100 Hz, is moved along the
    seen gap until both agree best.
    """
    if not len(clip.heard):
        return None
    heard = _smoothed(clip.heard @ OPENNESS, 3.0)
    lag = best_lag_s(heard, FRAME_RATE_HZ, clip.gap_cm, clip.times)
    return None if lag is None else lag + HEARS_LATE_S


def best_lag_s(leader: Curve, rate_hz: float, follower: Curve, times: Curve) -> float | None:
    """Seconds by which `follower`, seen at `times`, comes after `leader` (sample i at (i + 0.5) / rate_hz).

    Their correlation at lags 10 ms apart, and the top of the parabola through the best three. None when either stands
    still, or when they agree best at the very end of the lags: then they have nothing to do with each other.
    """
    clock = (np.arange(len(leader)) + 0.5) / rate_hz
    lags = np.arange(-LAGS_S, LAGS_S + 0.005, 0.01)
    agreed = [correlation(np.interp(times - lag, clock, leader), follower) for lag in lags]
    if any(r is None for r in agreed):
        return None
    r = np.array(agreed, np.float64)
    k = int(np.argmax(r))
    if k in (0, len(r) - 1):
        return None
    bend = r[k - 1] - 2 * r[k] + r[k + 1]
    return float(lags[k] + 0.01 * 0.5 * (r[k - 1] - r[k + 1]) / bend)


def correlation(a: NDArray[np.floating], b: NDArray[np.floating]) -> float | None:
    """Pearson's r of two (N,) curves; None when one of them stands still."""
    if len(a) < 3 or np.std(a) < 1e-6 or np.std(b) < 1e-6:
        return None
    return float(np.corrcoef(a, b)[0, 1])


def round_over_wide(clip: Clip) -> float | None:
    """Median width of the mouth in oo and w over that in ee; None with fewer than three of either."""
    width = clip.width_cm
    rounded = [p for p in clip.spoken(["U"]) if p.symbol in ROUND_SYMBOLS]
    wide = [p for p in clip.spoken(["I"], _LONG_S) if p.symbol in WIDE_SYMBOLS]
    if min(len(rounded), len(wide)) < 3:
        return None
    at_round, at_wide = (np.median([width[clip.during(p)].mean() for p in group]) for group in (rounded, wide))
    return float(at_round / at_wide)


def _smoothed(values: Curve, sigma: float) -> Curve:
    reach = np.arange(-int(4 * sigma), int(4 * sigma) + 1)
    kernel = np.exp(-0.5 * (reach / sigma) ** 2)
    padded = np.pad(values, len(reach) // 2, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")
