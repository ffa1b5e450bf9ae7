"""Head pose: what the angles mean, and that they are measured as they are made."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.face.mesh import NOSE_TIP, canonical_mesh
from didgen.engine.face.pose import F, place_head, pose_from_rotation, rotation_from_pose

POSES = [(0, 0, 0), (20, 0, 0), (0, 15, 0), (0, 0, 10), (-12.5, 7.25, -31), (24, -18, 40), (-60, 30, 100)]


def drawn(pose_deg, s=11.0, t0=(310.0, 205.0, -40.0)):
    """The canonical head as landmarks (468, 3), posed, at s px per cm."""
    return s * canonical_mesh().vertices_cm @ F @ rotation_from_pose(pose_deg).T + t0


def nose(pose_deg):
    """Where the nose of a posed head points: picture x (right), y (down)."""
    return (drawn(pose_deg)[NOSE_TIP] - drawn(pose_deg).mean(0))[:2]


def test_yaw_turns_to_the_pictures_right():
    """yaw > 0 moves the nose to larger x, and hardly to another y."""
    moved = nose((20, 0, 0)) - nose((0, 0, 0))
    assert moved[0] > 10
    assert abs(moved[1]) < 1


def test_pitch_looks_down():
    """pitch > 0 moves the nose to larger y (the picture's bottom), and to no other x."""
    moved = nose((0, 15, 0)) - nose((0, 0, 0))
    assert moved[1] > 8
    assert abs(moved[0]) < 0.5


def test_roll_is_clockwise():
    """roll > 0 brings the forehead to the picture's right, as a clock's hand at twelve goes."""
    forehead, chin = drawn((0, 0, 15))[[10, 152]]
    assert forehead[0] > chin[0] + 20


def test_rotation_is_proper():
    """Rotations keep lengths and are no mirrors; a stack of poses gives the same as one at a time."""
    stack = rotation_from_pose(POSES)
    assert (len(POSES), 3, 3) == stack.shape
    for pose, rotation in zip(POSES, stack, strict=True):
        assert np.allclose(np.eye(3), rotation @ rotation.T)
        assert np.linalg.det(rotation) == pytest.approx(1)
        assert np.allclose(rotation_from_pose(pose), rotation)


@pytest.mark.parametrize("pose", POSES)
def test_pose_comes_back(pose):
    """Angles → rotation → angles, and angles → landmarks → angles, size and place."""
    assert pytest.approx(pose, abs=1e-6) == pose_from_rotation(rotation_from_pose(pose))
    placement = place_head(drawn(pose, s=7.5, t0=(90, 400, 12)))
    assert pytest.approx(pose, abs=1e-4) == placement.pose_deg
    assert placement.s == pytest.approx(7.5)
    assert pytest.approx([90, 400, 12], abs=1e-3) == placement.t0.tolist()


def test_canonical_and_picture_are_inverse():
    """Picture px → canonical cm → picture px gives back the points; the posed head becomes the canonical one."""
    points = drawn((13, -4, 8))
    placement = place_head(points)
    mesh = placement.canonical_from_picture(points)
    assert np.allclose(canonical_mesh().vertices_cm, mesh, atol=1e-4)
    assert np.allclose(points, placement.picture_from_canonical(mesh))


def test_mouth_hardly_moves_the_pose():
    """An open jaw (chin and lower lip 2 cm down) is hardly a nod: few weighted points lie on it."""
    mesh = canonical_mesh().vertices_cm.copy()
    mesh[mesh[:, 1] < -5] -= (0, 2, 0)
    yaw, pitch, roll = place_head(10 * mesh @ F).pose_deg
    assert abs(pitch) < 3
    assert abs(yaw) + abs(roll) < 0.2
