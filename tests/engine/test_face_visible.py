"""A hidden mouth or eye, and a blurred photo, are told from good ones; the whole gallery in tests/quality."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.face.visible import (
    CLOSED_EYES,
    MAX_BRIDGE,
    MIN_DETAIL,
    bridge_contrast,
    detail,
    eye_opening,
    look_at,
    point_scatter,
)
from didgen.engine.photo import load_photo

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"
CHIN, NOSE_TIP, BROW = 200, 4, 105


@pytest.fixture(scope="module")
def woman() -> np.ndarray:
    return load_photo(ASSETS / "woman.jpg")


@pytest.fixture(scope="module")
def found(woman) -> Face:
    return find_faces(woman)[0]


def said(photo: np.ndarray) -> str:
    """All that is said about the largest face of a picture."""
    return " ".join(look_at(photo, find_faces(photo)[0]).warnings())


def covered(photo: np.ndarray, face: Face, first: int, last: int, colour: tuple[int, int, int]) -> np.ndarray:
    """The picture with a bar over the face, from ear to ear, between the heights of two points of the mesh."""
    left, _, right, _ = face.box
    top, bottom = sorted(float(face.landmarks[point, 1]) for point in (first, last))
    painted = photo.copy()
    painted[round(top) : round(bottom), round(left) : round(right)] = colour
    return painted


def test_nothing_is_said_about_a_clear_face(woman, found):
    """Nor about the same photo at half the size, twice the size, darker, or without colour."""
    half, double = (cv2.resize(woman, None, fx=f, fy=f, interpolation=cv2.INTER_AREA) for f in (0.5, 2.0))
    grey = np.repeat(cv2.cvtColor(woman, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    for photo in (woman, half, double, woman // 2, grey):
        assert "" == said(photo)


def test_a_bar_over_the_mouth_hides_it(woman, found):
    """A bar from the nose to the chin: the mouth is named, the eyes are not."""
    told = said(covered(woman, found, NOSE_TIP, CHIN, (60, 90, 160)))
    assert "the mouth can hardly be made out" in told
    assert "the eyes" not in told


def test_a_cloth_over_nose_and_chin_is_a_mask_and_a_bar_of_skin_is_not(woman, found):
    """Blue, white or black, it is told as a mask; of the skin's own colour only the mouth is named."""
    bottom = 152  # the chin's point
    for colour in ((60, 90, 160), (235, 235, 235), (20, 20, 25)):
        told = said(covered(woman, found, 195, bottom, colour))
        assert "a mask?" in told, colour
        assert "can hardly" not in told
    skin = tuple(int(v) for v in woman[tuple(found.landmarks[151, [1, 0]].astype(int))])
    assert "the mouth can hardly" in said(covered(woman, found, 195, bottom, skin))


def test_a_bar_over_the_eyes_hides_them(woman, found):
    """As newspapers do it: the eyes are named."""
    assert "the eyes can hardly be made out" in said(covered(woman, found, BROW, NOSE_TIP, (10, 10, 10)))


@pytest.mark.parametrize("colour", [(20, 20, 20), (170, 110, 50), (200, 200, 210)], ids=["black", "brown", "silver"])
def test_a_frame_across_the_nose_is_glasses(woman, found, colour):
    """Two rings and a bridge, painted, are told as glasses; the eyes in them are still seen."""
    painted, (right, left) = woman.copy(), (found.landmarks[eye, :2] for eye in (468, 473))
    radius = round(0.36 * found.eye_distance_px)
    for eye in (right, left):
        cv2.circle(painted, np.round(eye).astype(int).tolist(), radius, colour, 4, cv2.LINE_AA)
    inner = [np.round(eye + (other - eye) * 0.36).astype(int).tolist() for eye, other in ((right, left), (left, right))]
    cv2.line(painted, *inner, colour, 5, cv2.LINE_AA)
    assert bridge_contrast(painted, found) > MAX_BRIDGE > 2 * bridge_contrast(woman, found)
    assert "the face wears glasses" in said(painted)


def test_closed_eyes_are_told(found):
    """With the upper lids on the lower ones; a half closed eye is none, and nothing changes with size or axis."""
    shut, half = found.landmarks.copy(), found.landmarks.copy()
    for upper, lower in ((160, 144), (159, 145), (158, 153), (387, 373), (386, 374), (385, 380)):
        shut[upper] = 0.9 * shut[lower] + 0.1 * shut[upper]
        half[upper] = 0.3 * half[lower] + 0.7 * half[upper]
    openings = [eye_opening(replace(found, landmarks=landmarks)) for landmarks in (shut, half, found.landmarks)]
    assert openings[0] < CLOSED_EYES < openings[1] < openings[2]
    assert 0.3 < openings[2] < 0.36
    swapped = found.landmarks[:, [1, 0, 2]] * np.float32(2)
    assert openings[2] == pytest.approx(eye_opening(replace(found, landmarks=swapped)), rel=1e-5)


def test_scatter_is_in_eye_distances(woman, found):
    """Every point has one; a picture twice the size gives about the same."""
    here = point_scatter(woman, found)
    double = cv2.resize(woman, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    there = point_scatter(double, find_faces(double)[0])
    assert (478,) == here.shape
    assert 0.003 < here.mean() < 0.015
    assert here.mean() == pytest.approx(there.mean(), rel=0.35)


def test_detail_falls_with_blur_and_not_with_size(woman, found):
    """Each wider blur has less detail, the widest is warned of; half the size has no less than the whole."""
    blurred = [cv2.GaussianBlur(woman, (0, 0), sigma) for sigma in (1, 2, 4)]
    details = [detail(photo, found) for photo in (woman, *blurred)]
    assert sorted(details, reverse=True) == details
    assert details[1] > MIN_DETAIL > details[3]
    assert "the photo is blurred" in said(blurred[2])
    half = cv2.resize(woman, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    assert detail(half, find_faces(half)[0]) > MIN_DETAIL
