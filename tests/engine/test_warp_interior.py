"""didgen.engine.warp.interior: the cavity behind the teeth, and the tongue."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.face.mesh import LIP_ROWS_LOWER, LIP_ROWS_UPPER
from tests.engine.mouths import Head, weighted


def test_the_cavity_is_neither_black_nor_flat(closed: Head) -> None:
    """Between upper teeth and tongue the mouth is dark and warm, with a gradient and nothing at black."""
    frame = closed.drawn(jawOpen=1.0, mouthLowerDownLeft=0.3, mouthLowerDownRight=0.3)
    x, y = closed.geometry.landmarks[13, :2].astype(int)
    inside = frame[y + 8 : y + 26, x - 15 : x + 15].astype(float).reshape(-1, 3)
    assert inside.mean(1).min() > 12
    assert inside[:, 0].mean() > 1.3 * inside[:, 2].mean()
    assert inside.mean(1).std() > 5


def test_a_wide_mouth_is_lit_within(closed: Head) -> None:
    """In ah no px between the lips is nearly black, and the tongue lies in the light low in the mouth: redder than
    grey, and twice as bright as the dark behind the teeth."""
    wide = {"jawOpen": 0.85, "mouthLowerDownLeft": 0.3, "mouthLowerDownRight": 0.3}
    frame, cm = closed.drawn(**wide).astype(float), closed.geometry.px_per_cm
    x, top, low = closed.inner_lips(**wide)
    inside = frame[top + int(0.55 * cm) : low - int(0.35 * cm), x - 12 : x + 13].mean(1)
    light = inside.mean(1)
    assert light.min() > 28
    assert light[-1] > 2 * light.min()
    assert inside[-1, 0] > 1.6 * inside[-1, 1]


def test_the_tongue_rises(closed: Head) -> None:
    """The tongue channel changes the lower part of an open mouth towards flesh."""
    low, high = (closed.drawn(jawOpen=0.8, tongue=tongue).astype(float) for tongue in (0.0, 1.0))
    x, y = closed.geometry.landmarks[13, :2].astype(int)
    part = np.s_[y + 6 : y + 40, x - 15 : x + 15]
    assert (high - low)[part][..., 0].mean() > 2
    assert np.abs(high - low)[: y - 20].max() == 0


def test_the_tongue_of_th_comes_between_the_teeth(closed: Head) -> None:
    """It lies on the edge of the upper teeth, redder than they are; that of n or l stays behind them."""
    th = {"jawOpen": 0.3, "mouthLowerDownLeft": 0.18, "mouthLowerDownRight": 0.18}
    x, top, low = closed.inner_lips(**th)
    middle = (top + low) // 2
    redness = []
    for tongue in (0.0, 0.7, 1.0):
        rgb = closed.drawn(tongue=tongue, **th)[middle - 1 : middle + 3, x - 8 : x + 9].astype(float).mean((0, 1))
        redness.append(rgb[0] / rgb[1])
    calm, behind, between = redness
    assert behind == pytest.approx(calm, abs=0.25)
    assert between > 1.3 * calm


def test_tongue_and_teeth_stay_between_the_lips(closed: Head, smiling: Head) -> None:
    """However wide the mouth, what the lips cover whole is drawn from the photo alone: the tongue changes nothing
    there."""
    wide = {"jawOpen": 1.0, "mouthLowerDownLeft": 0.5, "mouthLowerDownRight": 0.5}
    for head in (closed, smiling):
        changed = np.abs(head.drawn(**wide).astype(int) - head.drawn(tongue=1.0, **wide)).sum(2) > 0
        inner = head.geometry.moved(weighted(**wide), head.move())[[*LIP_ROWS_UPPER[3], *LIP_ROWS_LOWER[3]], :2]
        rows, columns = np.nonzero(changed)
        margin = 0.35 * head.geometry.px_per_cm
        assert len(rows) > 50
        assert inner[:, 1].min() - margin < rows.min()
        assert rows.max() < inner[:, 1].max() + margin
        assert inner[:, 0].min() - margin < columns.min()
        assert columns.max() < inner[:, 0].max() + margin
