"""The head told from its skin: pictures moved by known amounts must be read as those."""

from __future__ import annotations

from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.face import Face
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.mesh import MOUTH_CORNERS, canonical_mesh
from didgen.engine.face.pose import place_head, rotation_from_pose
from didgen.engine.face.retrack import Tracked
from didgen.engine.photo import load_photo
from didgen.quality.head import _seen_well
from didgen.quality.mouthing import Mouth
from didgen.quality.turning import STILL, flow_deg, follow_skin, scaled
from tests.quality.gallery import gallery

SIDE_PX = 420


@pytest.fixture(scope="module")
def portrait() -> tuple[NDArray[np.uint8], Face]:
    """A frontal photo, small, and its face."""
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == "woman-2"))
    small = cv2.resize(photo, None, fx=SIDE_PX / photo.shape[1], fy=SIDE_PX / photo.shape[1])
    return small, choose_face(find_faces(small), None, "talk", small.shape)[0]


def turned(photo: NDArray[np.uint8], face: Face, pose_deg: tuple[float, float, float]) -> NDArray[np.uint8]:
    """The photo with its head turned as a canonical head would turn: every pixel shifted as the mesh under it."""
    placement = place_head(face.landmarks)
    points = placement.picture_from_canonical(canonical_mesh().vertices_cm)
    points[:, :2] = face.landmarks[:468, :2]
    centre = points.mean(0)
    moved = (points - centre) @ rotation_from_pose(pose_deg).T + centre
    shift = np.zeros((*photo.shape[:2], 2), np.float32)
    for corners in np.asarray(canonical_mesh().triangles):
        here, there = moved[corners, :2].astype(np.float32), points[corners, :2].astype(np.float32)
        affine = cv2.getAffineTransform(here, there)
        inside = np.zeros(photo.shape[:2], np.uint8)
        cv2.fillConvexPoly(inside, here.round().astype(np.int32), 1)
        y, x = np.nonzero(inside)
        at = np.column_stack([x, y, np.ones(len(x))]) @ affine.T
        shift[y, x] = at - np.column_stack([x, y])
    y, x = np.mgrid[: photo.shape[0], : photo.shape[1]].astype(np.float32)
    return cv2.remap(photo, x + shift[..., 0], y + shift[..., 1], cv2.INTER_CUBIC)


def seen(pictures: list[NDArray[np.uint8]], face: Face) -> NDArray[np.float64]:
    """What is read from these pictures; only the first one's landmarks are looked at."""
    landmarks = np.repeat(face.landmarks[None], len(pictures), axis=0)
    tracked = Tracked(landmarks, np.zeros((len(pictures), 52), np.float32), np.ones(len(pictures), np.bool_))
    found = flow_deg(pictures, tracked)
    assert found is not None
    return found


@pytest.mark.parametrize("pose_deg", [(4, 0, 0), (-5, 0, 0), (0, 3, 0), (3, -2, 1)])
def test_a_turned_head_is_read_in_degrees(pose_deg: tuple[float, float, float], portrait) -> None:
    """About each axis and all three at once, but for a seventh: the factor that `scaled` takes from the net."""
    photo, face = portrait
    assert seen([photo, turned(photo, face, pose_deg)], face)[1] == pytest.approx(pose_deg, rel=0.15, abs=0.2)


def test_a_picture_that_is_rolled_and_brought_nearer_only_rolls(portrait) -> None:
    """Two degrees clockwise, a twentieth larger, a few pixels aside."""
    photo, face = portrait
    affine = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), -2, 1.05) + np.array([[0, 0, 4], [0, 0, -3]])
    rolled = cv2.warpAffine(photo, affine, photo.shape[1::-1], flags=cv2.INTER_CUBIC)
    assert seen([photo, rolled], face)[1] == pytest.approx((0, 0, 2), abs=0.1)


def test_what_does_not_talk_is_carried_by_the_skin(portrait) -> None:
    """Rolled, nearer and moved aside, unlike in x and y: the eyes' corners go where the picture goes, whatever the net
    says; where there is no skin to be seen, it says."""
    photo, face = portrait
    affine = cv2.getRotationMatrix2D((SIDE_PX / 2, SIDE_PX / 2), -2, 1.05) + np.array([[0, 0, 4], [0, 0, -3]])
    rolled = cv2.warpAffine(photo, affine, photo.shape[1::-1], flags=cv2.INTER_CUBIC)
    landmarks = np.stack([face.landmarks, face.landmarks + 9, face.landmarks + 9])
    tracked = Tracked(landmarks, np.zeros((3, 52), np.float32), np.ones(3, np.bool_))
    skin = follow_skin([photo, rolled, np.full_like(photo, 128)], tracked)
    assert skin is not None
    first = face.landmarks[list(STILL), :2].astype(np.float64)
    assert skin.still_px[0] == pytest.approx(first, abs=0.01)
    assert skin.still_px[1] == pytest.approx(first @ affine[:, :2].T + affine[:, 2], abs=0.6)
    assert skin.still_px[2] == pytest.approx(first + 9, abs=1e-4)


def test_a_mouth_turns_no_head(portrait) -> None:
    """Whatever stands where the mouth is: the head stands still."""
    photo, face = portrait
    other = photo.copy()
    (x0, y), (x1, _) = face.landmarks[list(MOUTH_CORNERS), :2].round().astype(int)
    cv2.ellipse(other, ((x0 + x1) // 2, int(y)), ((x1 - x0) // 3, (x1 - x0) // 3), 0, 0, 360, (60, 10, 10), -1)
    assert seen([photo, other], face)[1] == pytest.approx((0, 0, 0), abs=0.1)


def test_nothing_to_follow_is_nothing_read(portrait) -> None:
    """A face without a pattern gives no figure rather than a wrong one."""
    photo, face = portrait
    tracked = Tracked(face.landmarks[None], np.zeros((1, 52), np.float32), np.ones(1, np.bool_))
    assert flow_deg([np.full_like(photo, 128)], tracked) is None


def test_the_net_says_how_far_and_the_skin_says_when() -> None:
    """A net that is right on the whole and wrong by the mouth: its factor is kept, its mistakes are not."""
    rng = np.random.default_rng(3)
    truth = np.cumsum(rng.normal(0, 0.4, (600, 3)), 0)
    net = truth + rng.normal(0, 1, (600, 3)) + (5, -3, 1)
    out = scaled(truth * (1.5, 1.2, 1), net)
    off = out - truth - (5, -3, 1)
    assert np.abs(off - np.median(off, 0)).mean() < 0.25
    assert np.abs(np.median(off, 0)).max() < 0.5


def test_a_head_that_stands_still_is_left_to_the_net() -> None:
    """Nothing turns: there is no factor to find."""
    net = np.random.default_rng(4).normal(0, 1, (50, 3))
    assert np.array_equal(net[:, :2], scaled(np.zeros((50, 3)), net)[:, :2])


def test_a_net_that_sees_another_head_with_every_open_mouth_is_asked_when_it_is_closed() -> None:
    """As in drawings: it reads a third of each turn while the mouth is open; the skin's degrees stay right."""
    rng = np.random.default_rng(5)
    truth = np.cumsum(rng.normal(0, 0.4, (600, 3)), 0)
    closed = np.arange(600) % 4 == 0
    net = np.where(closed[:, None], truth, truth / 3) + rng.normal(0, 0.2, (600, 3))
    flow = truth * (1.5, 1.2, 1)
    trusting, asking = (scaled(flow, net, trusted)[:, 0] for trusted in (None, closed))
    assert np.polyfit(truth[:, 0], trusting, 1)[0] < 0.7
    assert np.polyfit(truth[:, 0], asking, 1)[0] == pytest.approx(1, abs=0.03)


def test_only_a_drawn_mouth_has_the_net_asked_when_it_is_closed() -> None:
    """The net knows photos with open mouths; with hardly a closed picture there is nobody to ask."""
    open_, some = np.full(100, 0.8), np.where(np.arange(100) < 40, 0.02, 0.8)
    for gap, outline, counted in (
        (some, np.zeros((100, 1)), 40),
        (some, None, None),
        (open_, np.zeros((100, 1)), None),
    ):
        clip = SimpleNamespace(mouth=Mouth(gap, gap, outline))
        seen = _seen_well(clip)
        assert (None if seen is None else int(seen.sum())) == counted
