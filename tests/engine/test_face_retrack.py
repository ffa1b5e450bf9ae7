"""A face is followed through pictures, and its measures mean what they say."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import EYES, canonical_mesh
from didgen.engine.face.pose import F, rotation_from_pose
from didgen.engine.face.retrack import Tracked, retrack
from didgen.engine.photo import load_photo
from didgen.errors import RenderError

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"


def turned(rgb: np.ndarray, degrees: float, right: float = 0.0, size: float = 1.0) -> np.ndarray:
    """The picture turned clockwise about its middle, scaled, and moved to the right."""
    height, width = rgb.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, size)
    matrix[0, 2] += right
    return cv2.warpAffine(rgb, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return load_photo(ASSETS / "woman-2.jpg")


def test_head_is_followed(photo):
    """Pictures that turn, move and shrink give just that roll, place and size, frame by frame."""
    angles = np.linspace(0, 24, 9)
    tracked = retrack(turned(photo, a, right=2 * a, size=1 - a / 100) for a in angles)
    assert (9, 478, 3) == tracked.landmarks.shape
    assert np.all(tracked.found)
    assert angles == pytest.approx(tracked.pose_deg[:, 2] - tracked.pose_deg[0, 2], abs=1.5)
    assert np.ptp(tracked.pose_deg[:, 0]) < 3
    sizes = np.array([placement.s for placement in tracked.placements])
    assert 1 - angles / 100 == pytest.approx(sizes / sizes[0], rel=0.02)


def test_tracking_agrees_with_finding(photo):
    """The region of the frame before gives the same points as a search from scratch."""
    frames = [turned(photo, a) for a in (0, 3, 6)]
    tracked = retrack(frames)
    (face,) = find_faces(frames[-1])
    assert face.landmarks[:, :2] == pytest.approx(tracked.landmarks[-1, :, :2], abs=3)


def test_lost_face_is_held_and_found_again(photo):
    """Pictures without a face keep the last one and say so; a face elsewhere afterwards is found."""
    wall = np.full_like(photo, 90)
    tracked = retrack([wall, photo, wall, wall, turned(photo, 10, right=-60)])
    assert [False, True, False, False, True] == tracked.found.tolist()
    assert np.array_equal(tracked.landmarks[1], tracked.landmarks[0])
    assert np.array_equal(tracked.landmarks[1], tracked.landmarks[3])
    assert tracked.landmarks[4, 1, 0] < tracked.landmarks[1, 1, 0] - 30


def test_of_several_faces_the_named_one_is_followed(photo):
    """Two in one picture: the larger one by itself, the smaller one when its landmarks say where it is."""
    small = cv2.resize(photo, None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    both = np.full((photo.shape[0], photo.shape[1] + small.shape[1], 3), 90, np.uint8)
    both[:, : photo.shape[1]] = photo
    both[: small.shape[0], photo.shape[1] :] = small
    (face,) = find_faces(small)
    near = face.landmarks + np.float32([photo.shape[1] + 2, 1, 0])
    by_itself, named = retrack([both] * 2).landmarks[:, 1, 0], retrack([both] * 2, near).landmarks[:, 1, 0]
    assert np.all(by_itself < photo.shape[1])
    assert np.all(named > photo.shape[1])


def test_no_face_at_all():
    """Pictures without any face are one clear error, as is no picture."""
    with pytest.raises(RenderError, match="in 2 pictures"):
        retrack([np.full((200, 200, 3), 90, np.uint8)] * 2)
    with pytest.raises(RenderError, match="in 0 pictures"):
        retrack([])


def made(change=lambda _mesh: None, pose=(9.0, -6.0, 20.0), s=14.0) -> Tracked:
    """A tracked canonical head of one picture, changed in canonical cm, then posed."""
    mesh = np.zeros((478, 3))
    mesh[:468] = canonical_mesh().vertices_cm
    for eye in EYES.values():
        mesh[list(eye.iris)] = mesh[[eye.up[0], eye.up[-1]]].mean(0)
    change(mesh)
    points = (s * mesh @ F @ rotation_from_pose(pose).T + (300, 260, 0)).astype(np.float32)
    return Tracked(points[None], np.zeros((1, 52), np.float32), np.array([True]))


def test_gap_and_width_are_canonical_cm():
    """Measures are centimetres of the canonical head, whatever the pose and size; crossed lips are a gap of 0."""
    rest = made()
    gap = canonical_mesh().vertices_cm[13, 1] - canonical_mesh().vertices_cm[14, 1]
    assert gap == pytest.approx(rest.lip_gap_cm[0], abs=1e-3)

    def apart(mesh):
        mesh[14, 1] -= 1.25
        mesh[61, 0] -= 0.5

    assert gap + 1.25 == pytest.approx(made(apart).lip_gap_cm[0], abs=1e-3)
    assert rest.mouth_width_cm[0] + 0.5 == pytest.approx(made(apart).mouth_width_cm[0], abs=1e-2)
    assert rest.lip_gap_cm[0] == pytest.approx(made(pose=(-20, 5, -70), s=5).lip_gap_cm[0], abs=1e-3)

    def crossed(mesh):
        mesh[14, 1] = mesh[13, 1] + 0.2

    assert 0 == made(crossed).lip_gap_cm[0]


def test_eyes_are_told_apart():
    """Column 0 is the subject's right eye, column 1 the left; a closed one measures about 0."""

    def right_shut(mesh):
        mesh[list(EYES["Right"].up[1:-1]), 1] = mesh[list(EYES["Right"].lo[1:-1]), 1]

    right, left = made(right_shut).eye_opening[0]
    assert 0 == pytest.approx(right, abs=1e-4)
    assert left > 0.15


def test_gaze_axes():
    """Irises .3 cm to the picture's right and .1 cm down look 14.5° right and 4.8° down."""
    assert [0, 0] == pytest.approx(made().gaze_deg[0].tolist(), abs=0.01)

    def look(mesh):
        for eye in EYES.values():
            mesh[eye.iris[0]] += (0.3, -0.1, 0)

    assert [14.48, 4.78] == pytest.approx(made(look).gaze_deg[0].tolist(), abs=0.05)
