"""Flows and their inverse on a synthetic face: the canonical head, straight, in the middle of a 512 px picture."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.face.mesh import MESH_POINTS, canonical_mesh
from didgen.engine.face.pose import F, Placement
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.warp.field import FlowField, TwoFields, lower_vertices, main_field, upper_vertices
from didgen.engine.warp.geometry import Geometry, depth_map
from didgen.engine.warp.grid import NodeGrid
from didgen.engine.warp.shapes import shape_basis

SIDE, PX_PER_CM = 512, 16.0
STILL = np.zeros(len(SHAPES), np.float32)


@pytest.fixture(scope="module")
def geometry() -> Geometry:
    """All of the picture is head, so that every flow reaches everywhere."""
    points = canonical_mesh().vertices_cm
    mesh = np.concatenate([points, points[:10]])
    placement = Placement(PX_PER_CM, np.eye(3), np.array([256.0, 256.0, 0.0]))
    landmarks = placement.picture_from_canonical(mesh).astype(np.float32)
    grid = NodeGrid(0, 0, SIDE, SIDE, 8)
    whole = np.ones((grid.rows, grid.columns), np.float32)
    return Geometry(
        width=SIDE,
        height=SIDE,
        work_from_photo=np.eye(2, 3),
        landmarks=landmarks,
        placement=placement,
        mesh_cm=mesh,
        shapes_px=(PX_PER_CM * shape_basis(mesh, True, 0.5) @ F).astype(np.float32),
        mouth_open=True,
        gap_cm=0.5,
        grid=grid,
        depth=depth_map(landmarks, 240.0, grid.nodes()),
        head=whole,
        body=whole,
        reach=whole,
    )


@pytest.fixture(scope="module")
def field(geometry) -> FlowField:
    return main_field(geometry)


def _identity() -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(SIDE), np.arange(SIDE)), -1).astype(np.float32)


def _weights(**named: float) -> np.ndarray:
    weights = STILL.copy()
    for name, weight in named.items():
        weights[INDEX[name]] = weight
    return weights


def test_at_rest_every_px_reads_itself(geometry, field):
    """No weight and no move: the identity map, exactly."""
    assert np.array_equal(_identity(), field.backward(STILL, geometry.head_move((0, 0, 0), (0, 0, 0), 0.0)))


def test_a_move_to_the_right_reads_from_the_left(geometry, field):
    """A centimetre right and half a one down shifts the map by 16 px and 8 px the other way."""
    back = field.backward(STILL, geometry.head_move((0, 0, 0), (1, 0.5, 0), 0.0))
    assert np.abs(back - (_identity() - (16, 8))).max() < 0.02


def test_breath_lifts_the_body(geometry, field):
    """Half a centimetre of breath: what is seen was 8 px lower in the photo."""
    back = field.backward(STILL, geometry.head_move((0, 0, 0), (0, 0, 0), 0.5))
    assert np.abs(back - (_identity() - (0, -8))).max() < 0.02


def test_nearer_is_larger(geometry, field):
    """A head that comes 6 cm nearer grows by a ninth about its pivot."""
    move = geometry.head_move((0, 0, 0), (0, 0, -6), 0.0)
    assert move.matrix[0, 0] == pytest.approx(60 / 54 - 1)
    nose, chin = geometry.moved(STILL, move)[[1, 152]]
    assert np.hypot(*(nose - chin)[:2]) == pytest.approx(
        10 / 9 * np.hypot(*np.ptp(geometry.landmarks[[1, 152]], 0)[:2])
    )


@pytest.mark.parametrize(
    ("pose", "axis", "sign"), [((8, 0, 0), 0, 1), ((-8, 0, 0), 0, -1), ((0, 8, 0), 1, 1), ((0, -8, 0), 1, -1)]
)
def test_axes_of_a_turn(geometry, field, pose, axis, sign):
    """yaw > 0 takes the nose to the picture's right against the face's edge, pitch > 0 takes it down."""
    moved = geometry.moved(STILL, geometry.head_move(pose, (0, 0, 0), 0.0)) - geometry.landmarks
    nose, edge = moved[1], moved[[10, 152, 234, 454]].mean(0)
    assert sign * (nose - edge)[axis] > 6
    assert abs((nose - edge)[1 - axis]) < 2


def test_roll_is_clockwise(geometry):
    """roll > 0: the forehead goes to the right of the chin."""
    moved = geometry.moved(STILL, geometry.head_move((0, 0, 10), (0, 0, 0), 0.0))
    assert moved[10, 0] - moved[152, 0] > 40


@pytest.mark.parametrize(
    ("pose", "weights"),
    [((7, 4, 6), {}), ((0, 0, 0), {"jawOpen": 0.4, "mouthFunnel": 0.3}), ((-6, 3, -5), {"browDownLeft": 1})],
)
def test_the_inverse_undoes_the_flow(geometry, field, pose, weights):
    """What a px reads goes to that px: forward after backward is a quarter px off at most in all but the mouth."""
    named, move = _weights(**weights), geometry.head_move(pose, (0.3, -0.2, 0), 0.0)
    back = field.backward(named, move)
    there = back + field.grid.sample(field.forward(named, move), back)
    error = np.hypot(*np.moveaxis(there - _identity(), -1, 0))[48:-48, 48:-48]
    assert np.percentile(error, 96) < 0.25
    assert error.max() < 4  # where the two lips' fields meet in a step, which one smooth map cannot follow


def test_a_shifted_rectangle_is_the_same_map(geometry):
    """A small field asked for a shifted rectangle reads what a field over that rectangle reads."""
    move = geometry.head_move((1, 1, 1), (0.5, 0.25, 0), 0.0)
    here = FlowField.over(geometry, np.arange(MESH_POINTS), (160, 240, 96, 80), 2).backward(STILL, move, (8, 4))
    there = FlowField.over(geometry, np.arange(MESH_POINTS), (168, 244, 96, 80), 2).backward(STILL, move)
    inside = np.s_[16:-16, 16:-16]  # near its border the second field lacks the photo that the head comes from
    assert here[inside] == pytest.approx(there[inside], abs=0.1)


def test_two_fields_computed_as_one_are_the_two(geometry):
    """But for the first one's bottom and the second one's top, where they meet; neither is the other. To a 32nd of a
    px, to which OpenCV rounds where it reads."""
    region, move = (176, 256, 160, 120), geometry.head_move((3, 2, 1), (0.2, 0.1, 0), 0.05)
    upper, lower = (FlowField.over(geometry, v, region, 4) for v in (upper_vertices(), lower_vertices()))
    named = _weights(jawOpen=0.5, mouthPucker=0.3)
    first, second = TwoFields.of(upper, lower).readings(named, move, (2, 1))
    alone = [field.reading(named, move, (2, 1)) for field in (upper, lower)]
    assert first.places[:24] == pytest.approx(alone[0].places[:24], abs=1 / 32)
    assert second.places[10:] == pytest.approx(alone[1].places[10:], abs=1 / 32)
    assert np.abs(first.places - second.places).max() > 5


def test_the_lips_have_fields_of_their_own(geometry):
    """Below the lips' line the upper lip's field stays while the lower lip's goes down with the jaw."""
    region = (216, 300, 80, 48)
    upper, lower = (FlowField.over(geometry, v, region, 2) for v in (upper_vertices(), lower_vertices()))
    jaw, still = _weights(jawOpen=0.5), geometry.head_move((0, 0, 0), (0, 0, 0), 0.0)
    x, y = geometry.landmarks[14, :2]
    at = np.array([[[x, y]]], np.float32)
    down_upper, down_lower = (f.grid.sample(f.forward(jaw, still), at)[0, 0, 1] for f in (upper, lower))
    assert down_lower > 6
    assert down_upper < 0.6 * down_lower


def test_a_lip_moves_as_one_past_its_edge(geometry):
    """The net often sets the inner edge inside the lip: what lies between it and the seam is not drawn out."""
    region = (200, 280, 112, 112)
    still = geometry.head_move((0, 0, 0), (0, 0, 0), 0.0)
    for vertices, edge, past, named in (
        (lower_vertices(), 14, -1, {"jawOpen": 0.5}),
        (upper_vertices(), 13, 1, {"mouthUpperUpLeft": 1.0, "mouthUpperUpRight": 1.0}),
    ):
        field = FlowField.over(geometry, vertices, region, 2)
        x, y = geometry.landmarks[edge, :2]
        at = np.array([[[x, y], [x, y + past * 0.4 * geometry.px_per_cm]]], np.float32)
        on_edge, beyond = field.grid.sample(field.forward(_weights(**named), still), at)[0, :, 1]
        assert beyond == pytest.approx(on_edge, rel=0.08)


@pytest.mark.parametrize("step", [1, 2, 8, 16])
def test_a_dense_map_keeps_every_px_in_its_place(step):
    """No shift on the nodes is no shift on any px, exactly, whatever the size; a smooth one arrives where it was."""
    grid = NodeGrid(3, 5, 71, 50, step)
    nodes = grid.nodes()
    still = grid.dense_map(np.zeros_like(nodes))
    assert np.array_equal(np.stack(np.meshgrid(np.arange(3, 74), np.arange(5, 55)), -1).astype(np.float32), still)
    ramp = grid.dense_map(0.1 * nodes) - still
    assert np.abs(ramp - 0.1 * still).max() < 0.006 * step  # cubics ripple by 4 %
    assert grid.sample(nodes, nodes[3:5, 3:6] + 0.4)[0, 0] == pytest.approx(nodes[3, 3] + 0.4, abs=0.05 * step)
