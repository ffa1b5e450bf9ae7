"""Faces are found where they are, described with the right signs, chosen and refused with figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import as_response, choose_face, find_faces, outside_share
from didgen.engine.face.landmarks import Region, cut, find_landmarks, region_of_landmarks
from didgen.engine.photo import load_photo
from didgen.engine.shot import FaceSquare
from didgen.errors import RenderError

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"


def photo(name: str) -> np.ndarray:
    return load_photo(ASSETS / f"{name}.jpg")


@pytest.fixture(scope="module")
def woman() -> np.ndarray:
    return photo("woman")


@pytest.fixture(scope="module")
def found(woman) -> Face:
    (face,) = find_faces(woman)
    return face


@pytest.fixture(scope="module")
def couple() -> np.ndarray:
    """Two people side by side: the woman (larger) at the right, Eileen at the left."""
    left, right = photo("eileen"), photo("woman")
    return np.hstack([cv2.copyMakeBorder(left, 0, len(right) - len(left), 0, 0, cv2.BORDER_REPLICATE), right])


@pytest.fixture(scope="module")
def faces(couple) -> list[Face]:
    return find_faces(couple)


def test_known_points_of_eileen():
    """NASA's portrait: pupils and lips are where a person sees them, within 2 px; she smiles and looks ahead."""
    (face,) = find_faces(photo("eileen"))
    seen = {468: (203.5, 101), 473: (246.5, 103), 13: (225, 143.5), 14: (224.5, 149.5)}
    for point, place in seen.items():
        assert place == pytest.approx(face.landmarks[point, :2].tolist(), abs=2), point
    assert face.eye_distance_px == pytest.approx(43, abs=1)
    assert face.blendshapes[44:46].min() > 0.7
    assert face.presence > 0.9
    assert abs(face.pose_deg[0]) < 4


def test_mirror_turns_the_other_way(woman, found):
    """Mirrored, the face is found mirrored: yaw and roll change sign, pitch stays."""
    (mirrored,) = find_faces(np.ascontiguousarray(woman[:, ::-1]))
    yaw, pitch, roll = found.pose_deg
    assert yaw > 8
    assert (-yaw, pitch, -roll) == pytest.approx(mirrored.pose_deg, abs=3)
    assert woman.shape[1] - found.landmarks[473, 0] == pytest.approx(mirrored.landmarks[468, 0], abs=2)


@pytest.mark.parametrize("degrees", [-35, 25])
def test_turned_picture_rolls(woman, found, degrees):
    """A picture turned clockwise by some degrees shows a head with that much more roll, and the same yaw and pitch."""
    height, width = woman.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 0.8)  # OpenCV counts the other way round
    (turned,) = find_faces(cv2.warpAffine(woman, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE))
    yaw, pitch, roll = found.pose_deg
    assert (yaw, pitch, roll + degrees) == pytest.approx(turned.pose_deg, abs=3)
    assert cv2.transform(found.landmarks[None, :, :2], matrix)[0] == pytest.approx(turned.landmarks[:, :2], abs=6)


def test_shift_moves_the_points(woman, found):
    """A picture moved by 7 right and 4 down moves every point by just that: no half pixel is lost."""
    moved = cv2.copyMakeBorder(woman, 4, 0, 7, 0, cv2.BORDER_REPLICATE)
    region = region_of_landmarks(found.landmarks)
    here, _ = find_landmarks(woman, region)
    there, _ = find_landmarks(moved, Region(region.x + 7, region.y + 4, region.side, region.angle))
    assert (here[:, :2] + (7, 4)) == pytest.approx(there[:, :2], abs=0.05)
    assert here[:, 2] == pytest.approx(there[:, 2], abs=0.05)


def test_doubled_picture_doubles_the_points(woman, found):
    """Twice as large a picture has its points at twice the place (measured at pixel edges), within a pixel."""
    height, width = woman.shape[:2]
    large = cv2.resize(woman, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC)
    region = region_of_landmarks(found.landmarks)
    here, _ = find_landmarks(woman, region)
    there, _ = find_landmarks(large, Region(2 * region.x, 2 * region.y, 2 * region.side, region.angle))
    assert np.abs((2 * here - there)[:, :2].mean(0)).max() < 0.2
    assert np.abs((2 * here - there)[:, :2]).max() < 1.5


def test_region_is_square_to_the_eyes():
    """A region's affine takes its centre to the square's centre and its turned right side to the right."""
    region = Region(200.0, 100.0, 64.0, np.radians(30))
    matrix = region.roi_from_picture(256)
    edge = np.array([200 + 32 * np.cos(np.radians(30)), 100 + 32 * np.sin(np.radians(30))])
    centre, right = (matrix @ [*(place - np.array([0.5, 0.5])), 1] for place in (np.array([200.0, 100.0]), edge))
    assert [127.5, 127.5] == pytest.approx(centre.tolist())
    assert [255.5, 127.5] == pytest.approx(right.tolist())


def test_faces_come_largest_first(faces):
    """Both people are found, the larger one first."""
    assert 2 == len(faces)
    assert faces[0].landmarks[1, 0] > 512 > faces[1].landmarks[1, 0]


def test_no_face_in_a_landscape():
    """A picture without a face gives none, and an error in the words of the kind asked for."""
    y = np.linspace(0, 255, 400, dtype=np.uint8)
    scene = np.stack([np.tile(y[:, None], (1, 600))] * 3, 2)
    assert [] == find_faces(scene)
    with pytest.raises(RenderError, match="no face was found") as caught:
        choose_face([], None, "talk", scene.shape)
    assert "InvalidFaceError" == caught.value.kind
    with pytest.raises(RenderError) as caught:
        choose_face([], None, "animation", scene.shape)
    assert "FaceError" == caught.value.kind


def test_largest_face_is_used_and_said(couple, faces):
    """Of several faces the largest is used, and the user is told how to choose another."""
    face, warnings = choose_face(faces, None, "talk", couple.shape)
    assert face is faces[0]
    assert any("2 faces" in w and "face:" in w for w in warnings)


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_answered_square_chooses_the_same_face(couple, faces, scale):
    """What an answer says of a face, given back as the square, chooses it, also when the photo was shrunk."""
    for face in faces:
        answer = as_response(face, scale)
        square = FaceSquare(*answer["top_left"], answer["size"])
        chosen, warnings = choose_face(faces, square, "talk", couple.shape, scale)
        assert chosen is face
        assert not any("largest" in w for w in warnings)


def test_square_without_a_face_is_refused(couple, faces):
    """A square that holds no face's centre is refused, and the squares that would do are named."""
    with pytest.raises(RenderError, match=r"\[0, 300\] size 60") as caught:
        choose_face(faces, FaceSquare(0, 300, 60), "talk", couple.shape)
    assert str(as_response(faces[0])["top_left"]) in caught.value.hint


def resized(face: Face, eyes_px: float) -> Face:
    return replace(face, landmarks=face.landmarks * np.float32(eyes_px / face.eye_distance_px))


def test_small_faces(found):
    """Eyes under 40 px apart are refused, under 100 px warned of, with the figure."""
    with pytest.raises(RenderError, match="39 px apart, 40"):
        choose_face([resized(found, 39.3)], None, "talk", (640, 640, 3))
    assert "41 px" in choose_face([resized(found, 41)], None, "talk", (640, 640, 3))[1][0]
    for enough in (99.6, 101):  # what is said as 100 px is enough
        assert not any("px apart" in w for w in choose_face([resized(found, enough)], None, "talk", (640, 640, 3))[1])


@pytest.mark.parametrize(
    ("pose", "said"),
    [
        ((26.0, 8.0, 0.0), "26° to the picture's right"),
        ((-31.0, 8.0, 0.0), "31° to the picture's left"),
        ((0.0, 36.0, 0.0), "28° downwards"),
        ((0.0, -20.0, 0.0), "28° upwards"),
        ((0.0, 8.0, -87.0), r"lies on its side \(tilted -87°\)"),
    ],
)
def test_turned_faces_are_refused(woman, found, pose, said):
    """More than 25° to any side is refused, saying how far and where to; so is a photo that lies on its side."""
    with pytest.raises(RenderError, match=said):
        choose_face([replace(found, pose_deg=pose)], None, "talk", woman.shape)


def test_half_turned_faces_are_warned_of(woman, found):
    """15° to 25° is a warning; below there is none, and a tilted head (roll) is no turned one."""
    _, warnings = choose_face([replace(found, pose_deg=(-17.0, 8.0, 0.0))], None, "talk", woman.shape)
    assert ["the face is turned 17° to the picture's left; up to 15° looks best"] == warnings
    assert [] == choose_face([replace(found, pose_deg=(14.0, 8.0, 40.0))], None, "talk", woman.shape)[1]


def test_cut_faces_are_refused(found):
    """A face with a third of its area beyond the picture's edge is refused; with a tenth it passes."""
    left, top, right, _ = found.box
    assert 0 == pytest.approx(outside_share(found, (632, 631)), abs=1e-6)
    third = (632, int(right - 0.3 * (right - left)), 3)
    share = outside_share(found, third)
    assert 0.2 < share < 0.35
    with pytest.raises(RenderError, match=f"{share:.0%} of the face is outside"):
        choose_face([found], None, "talk", third)
    tenth = (632, int(right - 0.1 * (right - left)), 3)
    chosen, warnings = choose_face([found], None, "talk", tenth)
    assert chosen is found
    assert [f"{outside_share(found, tenth):.0%} of the face is outside"] == [
        w[: w.index(" the picture")] for w in warnings
    ]
    assert [] == choose_face([found], None, "talk", (632, 631, 3))[1]
    above = replace(found, landmarks=found.landmarks - np.float32([0, top + 120, 0]))
    assert outside_share(above, (632, 631)) > 0.4


def test_cut_photo_is_refused_as_a_whole(woman, found):
    """A photo that is cut through the forehead and the chin shows a face all the same, and says how much is missing."""
    left, top, right, bottom = (int(v) for v in found.box)
    cut = np.ascontiguousarray(woman[top + 45 : bottom - 35, left:right])
    with pytest.raises(RenderError, match="of the face is outside the picture"):
        choose_face(find_faces(cut), None, "talk", cut.shape)


def test_response_shape(found):
    """The service's response shape: whole numbers, a square about the face, detection as left, top, right, bottom."""
    answer = as_response(found)
    assert -1 == answer["mask_confidence"]
    assert "no" == answer["overlap"]
    left, top, right, bottom = answer["detection"]
    assert left < found.landmarks[1, 0] < right
    assert top < found.landmarks[1, 1] < bottom
    assert answer["size"] == round(1.5 * max(right - left, bottom - top))
    assert all(isinstance(v, int) for v in (*answer["top_left"], *answer["detection"], answer["size"]))


@pytest.mark.parametrize(
    "region", [Region(600, 450, 467, 0.2), Region(610.3, 444.7, 900, -0.6), Region(1200, 850, 1000, 0.4)]
)
def test_a_large_region_is_cut_as_if_sampled_densely(region):
    """To half a hundredth of the light, also over the picture's edge, and no px beside."""
    soft = cv2.GaussianBlur(np.random.default_rng(0).integers(0, 255, (900, 1300, 3), np.uint8), (0, 0), 6)
    side = 4 * 256
    how = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}
    dense = cv2.warpAffine(soft, region.roi_from_picture(side), (side, side), **how)
    want = cv2.resize(dense, (256, 256), interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    assert np.abs(cut(soft, region) - want).mean() < 0.004
    aside = Region(region.x + region.side / 256, region.y, region.side, region.angle)
    assert np.abs(cut(soft, aside) - want).mean() > 2 * np.abs(cut(soft, region) - want).mean()
