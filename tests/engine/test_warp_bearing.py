"""What turns with the head and what stays, on a straight canonical head over shoulders."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.face.mesh import CHIN, FOREHEAD, canonical_mesh
from didgen.engine.face.pose import Placement
from didgen.engine.warp.bearing import Pin, bearing, pinned_edges
from didgen.engine.warp.grid import NodeGrid

FREE = Pin(0.0, 0.0)
GRID = NodeGrid(0, 0, 512, 512, 8)


@pytest.fixture(scope="module")
def landmarks() -> np.ndarray:
    """(468, 3): a face of about 290 px in the middle of 512 x 512."""
    placement = Placement(16.0, np.eye(3), np.array([256.0, 230.0, 0.0]))
    return placement.picture_from_canonical(canonical_mesh().vertices_cm).astype(np.float32)


@pytest.fixture(scope="module")
def matte(landmarks) -> np.ndarray:
    """Person: a column of head and neck, and everything from the shoulders down."""
    x, y = np.moveaxis(GRID.nodes(), -1, 0)
    column = (np.abs(x - 256) < 130) & (y > 40)
    return (column | (y > landmarks[CHIN, 1] + 60)).astype(np.float32)


def _at(values: np.ndarray, x: float, y: float) -> float:
    return float(GRID.sample(values, np.array([[[x, y]]], np.float32))[0, 0])


def _maps(landmarks, matte, edges=(FREE,) * 4, others=(), neck=0.35):
    return bearing(GRID, landmarks, matte, neck, edges, others)


@pytest.mark.parametrize("neck", [0.2, 0.35, 0.5])
def test_the_head_turns_and_the_collar_stays(landmarks, matte, neck):
    """Weight 1 on face and hair, halfway down the neck about a half, nothing at the collar and below."""
    head = _maps(landmarks, matte, neck=neck).head
    chin, top = landmarks[CHIN, 1], landmarks[FOREHEAD, 1]
    assert _at(head, 256, (chin + top) / 2) > 0.98
    assert _at(head, 256, top - 20) > 0.9
    assert 0.2 < _at(head, 256, chin + 0.5 * neck * (chin - top)) < 0.7
    assert _at(head, 256, chin + (neck + 0.1) * (chin - top)) < 0.02


def test_shoulders_as_high_as_the_chin_stay(landmarks, matte):
    """A shoulder beside the jaw, with wall between it and the hair, is body; hair of the same height is head."""
    x, y = np.moveaxis(GRID.nodes(), -1, 0)
    raised = np.maximum(matte, (x < 100) & (y > landmarks[CHIN, 1] - 20)).astype(np.float32)
    place = 60, landmarks[CHIN, 1] - 4
    assert _at(_maps(landmarks, raised).head, *place) < 0.02
    hair = np.maximum(raised, (x < 140) & (y > 60)).astype(np.float32)
    assert _at(_maps(landmarks, hair).head, 60, landmarks[CHIN, 1] - 120) > 0.8


def test_weights_fall_off_without_tearing(landmarks, matte):
    """At most 3 % per px, so that a head 15 px aside leaves no piece of neck less than half its size."""
    head = _maps(landmarks, matte).head
    assert np.abs(np.diff(head, axis=0)).max() < 0.03 * GRID.step
    assert np.abs(np.diff(head, axis=1)).max() < 0.03 * GRID.step
    assert 0 <= head.min()
    assert head.max() <= 1 + 1e-5


def test_breath_lifts_shoulders_only(landmarks, matte):
    """The body begins below the chin and is the person, not the wall beside him."""
    body = _maps(landmarks, matte).body
    assert _at(body, 256, landmarks[FOREHEAD, 1]) == pytest.approx(0, abs=1e-3)
    assert _at(body, 256, 500) > 0.7
    assert _at(body, 20, 200) == pytest.approx(0, abs=1e-3)


def test_a_held_edge_does_not_move(landmarks, matte):
    """Held at the left: exactly nothing moves there, everything does in the middle."""
    held = _maps(landmarks, matte, (Pin(100.0, 1.0), FREE, FREE, FREE))
    free = _maps(landmarks, matte)
    left = GRID.nodes()[..., 0] <= 16
    for name in ("head", "body", "reach"):
        assert not getattr(held, name)[left].any()
    assert free.head[left].max() > 0
    assert _at(held.head, 256, 256) == pytest.approx(_at(free.head, 256, 256))


def test_other_faces_stay(landmarks, matte):
    """Where another face is, nothing moves with this one."""
    alone, beside = _maps(landmarks, matte), _maps(landmarks, matte, others=[(20.0, 60.0, 100.0, 160.0)])
    assert _at(alone.head, 60, 110) > 0.2
    assert 0 == _at(beside.head, 60, 110)
    assert _at(beside.head, 256, 256) > 0.98


def test_which_edges_are_held():
    """A crop holds the photo's own edges, looser where the face comes near; a stitched rectangle holds all."""
    room, face = (200.0, 0.0, 200.0, 0.0), (120.0, 40.0, 400.0, 380.0)
    left, top, right, bottom = pinned_edges((512, 512), room, face, stitch=False)
    assert (FREE, FREE) == (left, right)
    assert bottom.hold == pytest.approx(1.0)
    assert 0.2 < top.hold < 0.6
    left, top, right, bottom = pinned_edges((512, 512), room, face, stitch=True)
    assert (1.0, 1.0) == (left.hold, right.hold)
    assert top.hold < 1
