"""The face detector's arithmetic."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.face.detect import anchors, decode, detect, iou, letterbox, weighted_nms


def test_letterbox_keeps_the_shape():
    """A wide picture fills the square's width; its middle row stays in the middle, bars are grey (0)."""
    rgb = np.full((100, 400, 3), 255, np.uint8)
    square, scale, left, top = letterbox(rgb)
    assert (192, 192, 3) == square.shape
    assert (0.48, 0.0, 72.0) == (scale, left, top)
    assert np.all(square[72:120] == 1)
    assert np.all(square[:72] == 0)
    assert np.all(square[120:] == 0)


def test_anchor_order():
    """Anchors run along rows: the second is right of the first, the 49th below it."""
    assert (2304, 2) == anchors().shape
    assert [[2, 2], [6, 2]] == anchors()[:2].tolist()
    assert [2, 6] == anchors()[48].tolist()


def test_decode_box_and_points():
    """Centre and size become corners, key points are moved by their anchor; x and y are not mixed up."""
    raw = np.zeros((1, 16))
    raw[0, :6] = (1, 2, 10, 20, 3, 4)  # centre +1 +2, 10 wide, 20 high, first key point +3 +4
    out = decode(raw, np.array([[100.0, 50.0]]))[0]
    assert [96, 42, 106, 62] == out[:4].tolist()
    assert [103, 54] == out[4:6].tolist()


def test_iou_of_known_boxes():
    """A half-shifted box shares a third; one far away nothing; itself everything."""
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], float)
    assert [1, 1 / 3, 0] == pytest.approx(iou(boxes[0], boxes).tolist())
    assert [0, 0, 0] == iou(np.zeros(4), boxes).tolist()


def test_nms_averages_by_score():
    """Two overlapping candidates become one at their weighted mean; a third stays itself; best first."""
    shapes = np.zeros((3, 16))
    shapes[0, :4], shapes[1, :4], shapes[2, :4] = (50, 50, 60, 60), (0, 0, 10, 10), (0, 2, 10, 12)
    merged = weighted_nms(shapes, np.array([0.6, 0.9, 0.3]))
    assert [0.9, 0.6] == [score for score, _ in merged]
    assert [0, 0.5, 10, 10.5] == pytest.approx(merged[0][1][:4].tolist())
    assert [50, 50, 60, 60] == merged[1][1][:4].tolist()


def test_nothing_to_detect():
    """A grey wall has no face."""
    assert [] == detect(np.full((300, 500, 3), 130, np.uint8))
