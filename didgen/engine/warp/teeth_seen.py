"""Where a photo shows teeth: told from its lips by their colour."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from didgen.engine.warp.canvas import Canvas
from didgen.engine.warp.layer import Region
from didgen.engine.warp.seam import Floats, Line, Picture, SlitFrame, floats

MARGIN_CM = 0.5  # of the grid, above and below the lips' lines
ROW_DEGREE = 4  # of the polynomial along a row of teeth
LIP_CM = 0.08, 0.40  # beyond either line: the lips that teeth are told from
CORE = 0.25, 0.85  # of the way from line to line: there is no lip; its lightest px are teeth
SIDE_CM = 0.35  # light changes from side to side: lip and teeth are compared within about as much
DIMMEST = 0.6  # of the light of front teeth: those at the side that are still seen as teeth
DARK = 0.62  # of the light of the teeth above or beside it: the hole behind them
PALER = 1.08  # teeth in the light are that much lighter than the lip; what is darker lies in shadow, or is no tooth
STRAY_CM = 0.3  # at most this far beyond their lines lips show teeth


@dataclass(frozen=True, slots=True)
class Teeth:
    """What a photo shows of teeth, on a grid of two samples a px in the slit frame. rgb: (h, w, 3) the photo;
    top, edge: (w,) v of the first and last px of teeth in a column; seen: (w,) whether there are any."""

    region: Region
    rgb: Picture
    top: Floats
    edge: Floats
    seen: NDArray[np.bool_]

    @property
    def u(self) -> Floats:
        return self.region.grid(2)[0, :, 0]


def find_teeth(canvas: Canvas, frame: SlitFrame, upper: Line, lower: Line, px_per_cm: float) -> Teeth | None:
    """None where none are light enough to be told from lips. upper, lower: the lips' inner rows of landmarks, which
    often lie a little within the lip."""
    cm = px_per_cm
    first, last = float(upper.v.min()) - MARGIN_CM * cm, float(lower.v.max()) + MARGIN_CM * cm
    region = Region.around(np.array([[-frame.half, first], [frame.half, last]], np.float32), 2)
    u, v = np.moveaxis(region.grid(2), -1, 0)
    rgb = canvas.sampled(frame.xy(u, v))
    lab = cv2.GaussianBlur(cv2.cvtColor(rgb, cv2.COLOR_RGB2LAB), (0, 0), 1).astype(np.float32)
    lab[..., 0] *= 0.16  # of 255 to 40: light differs more than colour, and says less
    up, low = upper.at(u[0]), lower.at(u[0])
    share = (v - up) / np.maximum(low - up, 1e-3)
    core = (share > CORE[0]) & (share < CORE[1]) & (low - up > 0.25 * cm)
    if not core.any():
        return None
    light = lab[..., 0]
    brightest = np.where(core, light, 0).max(0)
    clear = core & (light > np.maximum(0.85 * brightest, DIMMEST * np.percentile(light[core], 90)))
    tooth = _by_side(lab, clear, cm)
    lips = [
        _by_side(lab, (beyond > LIP_CM[0] * cm) & (beyond < LIP_CM[1] * cm), cm)
        for beyond in (up - v, v - low - 0.1 * cm)
    ]
    front = np.abs(u[0]) < 0.5 * frame.half
    if np.median(tooth[front, 0]) < PALER * np.median(lips[0][front, 0]):
        return None
    likeness = np.minimum(*(_unlike(lab, lip, tooth) for lip in lips))
    likeness *= (v > up - STRAY_CM * cm) & (v < low + STRAY_CM * cm) & (light > DARK * tooth[:, 0])
    inside = (likeness > 0.5) & (v > up) & (v < low)
    seen = _run(inside.sum(0) > 0.12 * cm * 2, int(0.3 * cm))
    if np.count_nonzero(seen) < 2 * cm:
        return None
    top, edge = _ends(floats(likeness), v, inside)
    return Teeth(region, rgb, _even(top, seen), _even(edge, seen), seen)


def _by_side(lab: Floats, mask: NDArray[np.bool_], px_per_cm: float) -> Floats:
    """(w, 3) the mean colour of masked px about each column."""
    weight, sigma = mask.astype(np.float32), 2 * SIDE_CM * px_per_cm
    sums = np.dstack([(lab * weight[..., None]).sum(0)[None], weight.sum(0)[None]])
    even = cv2.GaussianBlur(sums, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)[0]
    return floats(even[:, :3] / np.maximum(even[:, 3:], 1e-6))


def _unlike(lab: Floats, lip: Floats, tooth: Floats) -> Floats:
    """(h, w) 0..1: how far from the lip's colour to the tooth's of its column a px lies."""
    way = tooth - lip
    return floats(np.clip(((lab - lip) * way).sum(-1) / np.maximum((way * way).sum(-1), 1), 0, 1))


def _run(seen: NDArray[np.bool_], gap: int) -> NDArray[np.bool_]:
    """The longest run of columns; gaps up to so many are bridged."""
    closed = cv2.morphologyEx(seen.astype(np.uint8)[None], cv2.MORPH_CLOSE, np.ones((1, 2 * (gap // 2) + 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(closed)
    stats[0, cv2.CC_STAT_AREA] = 0
    run: NDArray[np.bool_] = labels[0] == int(stats[:, cv2.CC_STAT_AREA].argmax())
    return run


def _ends(likeness: Floats, v: Floats, inside: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """(w,) v of both ends of the run of teeth through each column's surest px."""
    start = np.where(inside, likeness, -1).argmax(0)
    rows = np.arange(len(v))[:, None]
    gap = likeness < 0.5
    first = np.where(gap & (rows < start), rows, -1).max(0) + 1
    last = np.where(gap & (rows > start), rows, len(v)).min(0) - 1
    columns = np.arange(v.shape[1])
    return v[first, columns], v[last, columns]


def _even(line: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Even as a row of teeth is; unseen columns take after the last beside them."""
    columns = np.linspace(-1, 1, len(line))
    inside = np.clip(columns, *columns[seen][[0, -1]])
    weights = np.ones(np.count_nonzero(seen))
    for _ in range(3):  # a px that strays, at a gap between teeth or a gloss, counts little
        even = np.polynomial.Polynomial.fit(columns[seen], line[seen], ROW_DEGREE, w=weights)
        off = np.abs(line[seen] - even(columns[seen]))
        weights = 1 / (1 + off / max(float(np.median(off)), 0.25))
    return floats(even(inside))


def soft_columns(seen: NDArray[np.bool_], sigma_px: float) -> Floats:
    """(w,) 0..1; sigma in px, two samples each."""
    return floats(cv2.GaussianBlur(seen.astype(np.float32)[None], (0, 0), 2 * sigma_px)[0])
