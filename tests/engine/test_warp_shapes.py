"""Shapes on the canonical mesh: what each must do to a face, in its own axes."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.face.mesh import (
    CHIN,
    EYES,
    FACE_OVAL,
    LIP_GAP,
    LIP_ROWS_LOWER,
    LIP_ROWS_UPPER,
    MOUTH_CORNERS,
    canonical_mesh,
)
from didgen.engine.motion.mouth import SHAPES_OF
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.warp.held import NOSE_WINGS
from didgen.engine.warp.shapes import shape_basis

GAP_CM = 0.55  # the canonical mesh parts its lips


@pytest.fixture(scope="module")
def mesh() -> np.ndarray:
    """The canonical head with irises, made symmetric."""
    points = canonical_mesh().vertices_cm
    irises = [points[list(EYES[side].up)].mean(0) for side in ("Right", "Left") for _ in range(5)]
    return np.concatenate([points, irises])


@pytest.fixture(scope="module")
def basis(mesh) -> np.ndarray:
    return shape_basis(mesh, True, GAP_CM)


def _mirror(mesh: np.ndarray) -> np.ndarray:
    """Number of each point's mirror image."""
    flipped = mesh * (-1, 1, 1)
    return np.array([int(np.argmin(((mesh - p) ** 2).sum(1))) for p in flipped[:468]])


def test_every_shape_moves_something_and_all_are_finite(basis):
    """44 shapes of 478 points; none is empty."""
    assert (44, 478, 3) == basis.shape
    assert np.isfinite(basis).all()
    assert [] == [n for n in SHAPES if np.abs(basis[INDEX[n]]).max() < 0.1]


def test_the_subjects_left_is_the_pictures_right(mesh, basis):
    """mouthSmileLeft raises the corner at x > 0 and leaves the other."""
    right, left = MOUTH_CORNERS
    smile = basis[INDEX["mouthSmileLeft"]]
    assert mesh[left, 0] > 0
    assert smile[left, 1] > 0.4
    assert smile[left, 0] > 0.4
    assert abs(smile[right, 1]) < 0.02


@pytest.mark.parametrize("name", [n for n in SHAPES if n.endswith("Left")])
def test_sides_are_mirror_images(mesh, basis, name):
    """Each ...Right is its ...Left with x turned round."""
    mirror = _mirror(mesh)
    left, right = basis[INDEX[name]][:468], basis[INDEX[name.replace("Left", "Right")]][:468]
    assert left[mirror] * (-1, 1, 1) == pytest.approx(right, abs=0.03)


@pytest.mark.parametrize("name", [n for n in SHAPES if n.startswith(("jaw", "mouth", "seal"))])
def test_mouths_do_not_pull_at_eyes(basis, name):
    """Lids stay where they are whatever the mouth does."""
    lids = [p for eye in EYES.values() for p in (*eye.up, *eye.lo)]
    assert np.abs(basis[INDEX[name]][lids]).max() < 0.01


def test_the_jaw_drops_the_chin_and_leaves_the_nose(basis):
    """At full weight the chin goes down by more than a centimetre, the lower lip too, nose and upper lip hardly."""
    jaw = basis[INDEX["jawOpen"]]
    assert jaw[CHIN, 1] < -1.0
    assert jaw[LIP_GAP[1], 1] < -1.0
    assert abs(jaw[LIP_GAP[0], 1]) < 0.05
    assert np.abs(jaw[1]).max() < 0.05


def test_a_mouth_leaves_the_nose_and_the_outline_of_the_face(mesh, basis):
    """A laughing mouth that says "oo" narrows the nose by less than a tenth and lowers its wings by less than 2 mm; jaw
    and cheeks come in by less than that."""
    laughing = mesh + 1.2 * (basis[INDEX["mouthSmileLeft"]] + basis[INDEX["mouthSmileRight"]])
    of_her = shape_basis(laughing, True, GAP_CM)
    said = {"mouthSmileLeft": -1.2, "mouthSmileRight": -1.2, "mouthPucker": 0.5, "mouthFunnel": 0.4}
    moved = sum(weight * of_her[INDEX[name]] for name, weight in said.items())
    left, right = NOSE_WINGS
    assert moved[right, 0] - moved[left, 0] < 0.1 * (laughing[left, 0] - laughing[right, 0])
    assert np.abs(moved[[left, right], 1]).max() < 0.2
    assert np.abs(moved[list(FACE_OVAL), :2]).max() < 0.2
    assert moved[MOUTH_CORNERS[0], 0] > 1.0


def test_u_is_round_and_i_is_wide(mesh, basis):
    """The mouth of "oo" is at most 0.8 as wide as that of "ee"."""

    def width(**weights: float) -> float:
        moved = mesh + sum(w * basis[INDEX[n]] for n, w in weights.items())
        return float(np.hypot(*(moved[MOUTH_CORNERS[1]] - moved[MOUTH_CORNERS[0]])[:2]))

    oo = width(mouthPucker=0.85, mouthFunnel=0.3)
    ee = width(mouthStretchLeft=0.42, mouthStretchRight=0.42)
    assert oo <= 0.8 * ee
    assert oo >= 0.45 * ee  # a mouth, not a dot


def test_rounded_lips_open_in_the_middle_only(mesh, basis):
    """A jaw alone opens the mouth along its length; funnel and pucker close it again towards the corners."""
    upper, lower = LIP_ROWS_UPPER[3], LIP_ROWS_LOWER[3]

    def aside(**named: float) -> float:
        """The opening next to the corners as a share of that in the middle."""
        moved = sum(value * basis[INDEX[name]] for name, value in named.items())
        opened = moved[list(upper), 1] - moved[list(lower), 1]
        return float(opened[[1, 9]].mean() / opened[5])

    assert aside(jawOpen=0.5) > 0.5
    assert aside(jawOpen=0.5, mouthFunnel=0.5, mouthPucker=0.3) < 0.4
    assert aside(jawOpen=0.16, mouthFunnel=0.2, mouthPucker=0.75) < 0


def test_a_round_mouth_that_opens_is_an_oval(mesh):
    """Closed lips rounded over a jaw half down are taller than wide, what is open between them is no slit and no
    diamond, and the chin is lower; said in talk, an o is about as tall as wide."""
    basis = shape_basis(mesh, False, 0.0)
    upper, lower = LIP_ROWS_UPPER, LIP_ROWS_LOWER

    def tall_over_wide(lips: np.ndarray) -> float:
        wide = np.hypot(*(lips[MOUTH_CORNERS[1]] - lips[MOUTH_CORNERS[0]])[:2])
        return float((lips[upper[0][5], 1] - lips[lower[0][5], 1]) / wide)

    round_open = {"jawOpen": 0.6, "mouthFunnel": 0.65, "mouthPucker": 0.5}
    moved, said = (
        sum(value * basis[INDEX[name]] for name, value in shape.items()) for shape in (round_open, SHAPES_OF["O"])
    )
    assert tall_over_wide(mesh + moved) > 1.2 > tall_over_wide(mesh + said) > 0.9
    opened = moved[list(upper[3]), 1] - moved[list(lower[3]), 1]
    assert opened[5] > 0.58 * np.ptp((mesh + moved)[list(upper[3]), 0])
    assert 0.3 < opened[[1, 9]].mean() / opened[5] < 0.6  # of an ellipse 0.5; of a diamond nothing
    assert moved[CHIN, 1] < -0.8


def test_the_top_of_a_round_hole_is_an_arch(basis):
    """What shuts the sides of a round mouth comes from above and below: of the lower lip alone it left a flat top."""
    upper, lower = LIP_ROWS_UPPER[3], LIP_ROWS_LOWER[3]
    for shape in (SHAPES_OF["O"], SHAPES_OF["U"]):
        moved = sum(value * basis[INDEX[name]][:, 1] for name, value in shape.items() if name in INDEX)
        down, up = (moved[rows[5]] - moved[[rows[2], rows[8]]].mean() for rows in (upper, lower))
        assert down > 0.5 * -up > 0


def test_a_round_lip_is_as_full_beside_the_hole_as_under_it(basis):
    """The outer edge of the lower lip comes in by half of what its inner one does, but for the corners."""
    pucker = np.abs(basis[INDEX["mouthPucker"]][:, 0])
    outer, inner = LIP_ROWS_LOWER[0], LIP_ROWS_LOWER[3]
    assert (pucker[[outer[3], outer[7]]] < 0.6 * pucker[[inner[3], inner[7]]]).all()
    assert pucker[list(MOUTH_CORNERS)].min() > pucker[[inner[3], inner[7]]].max()


def test_a_crooked_mouth_opens_at_its_middle(mesh):
    """Where the lips' middle is nearer to one corner, u is 0 there and 1 at either corner: round lips part there."""
    crooked = mesh.copy()
    middle = [LIP_ROWS_UPPER[0][5], LIP_ROWS_UPPER[3][5], LIP_ROWS_LOWER[0][5], LIP_ROWS_LOWER[3][5]]
    crooked[middle, 0] += 0.5
    funnel = shape_basis(crooked, False, 0.0)[INDEX["mouthFunnel"]]
    assert abs(funnel[middle, 0]).max() < 0.01
    assert funnel[MOUTH_CORNERS[0], 0] == pytest.approx(-funnel[MOUTH_CORNERS[1], 0], rel=0.02)


def test_a_crooked_mouth_is_rounded_under_the_nose(mesh):
    """Lips whose middle is half a centimetre nearer to one corner: an o takes half of the difference off, for it is
    drawn together about the middle of the lips."""
    crooked = mesh.copy()
    crooked[np.unique([LIP_ROWS_UPPER, LIP_ROWS_LOWER])[:, None], 0] += 0.5
    crooked[list(MOUTH_CORNERS), 0] = mesh[list(MOUTH_CORNERS), 0]
    basis = shape_basis(crooked, False, 0.0)
    said = crooked + sum(SHAPES_OF["O"][name] * basis[INDEX[name]] for name in ("mouthPucker", "mouthFunnel"))

    def uneven(points: np.ndarray) -> float:
        return float(points[list(MOUTH_CORNERS), 0].sum() - 2 * points[LIP_GAP[0], 0])

    assert abs(uneven(crooked)) > 0.9
    assert abs(uneven(said)) < 0.5 * abs(uneven(crooked))


def test_the_corners_of_round_lips_come_forward_from_behind_the_teeth(mesh, basis):
    """In an oh corners and middle lie nearly in one plane, which turns with the head: bent as at rest, the hole's arch
    and the hole slid over to the side a head is turned to."""
    said = mesh + sum(SHAPES_OF["O"][name] * basis[INDEX[name]] for name in ("mouthPucker", "mouthFunnel"))

    def behind(points: np.ndarray) -> float:
        return float(points[list(LIP_GAP), 2].mean() - points[list(MOUTH_CORNERS), 2].mean())

    assert behind(mesh) > 1.0
    assert behind(said) < 0.45 * behind(mesh)
    assert said[LIP_GAP[0], 2] > mesh[LIP_GAP[0], 2] + 0.3


def test_a_smile_taken_back_goes_down_and_in(mesh, basis):
    """A negative smile moves both corners down and towards each other."""
    calm = mesh - 0.7 * (basis[INDEX["mouthSmileLeft"]] + basis[INDEX["mouthSmileRight"]])
    for corner in MOUTH_CORNERS:
        assert calm[corner, 1] < mesh[corner, 1] - 0.3
        assert abs(calm[corner, 0]) < abs(mesh[corner, 0]) - 0.3


def test_seal_closes_parted_lips_and_only_those(mesh, basis):
    """The inner lips meet over the middle of the mouth; on closed lips the shape is nothing."""
    sealed = mesh + basis[INDEX["seal"]]
    upper, lower = list(LIP_ROWS_UPPER[3][3:-3]), list(LIP_ROWS_LOWER[3][3:-3])
    assert np.abs(sealed[upper, 1] - sealed[lower, 1]).max() < 0.05
    assert (mesh[upper, 1] - mesh[lower, 1]).max() > 0.4
    assert not shape_basis(mesh, False, GAP_CM)[INDEX["seal"]].any()


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_a_blink_closes_the_lids_of_one_eye(mesh, basis, side):
    """The lids of that eye meet; brows and the other eye stay."""
    eye, other = EYES[side], EYES["Right" if side == "Left" else "Left"]
    blink = basis[INDEX[f"eyeBlink{side}"]]
    closed = mesh + blink
    assert np.abs(closed[list(eye.up)] - closed[list(eye.lo)]).max() < 0.02
    assert not blink[[*other.up, *other.lo, *eye.brow]].any()


def test_brows_rise_without_the_lids(basis):
    """A raised brow goes up by half a centimetre; the lids below follow by a tenth of that."""
    eye = EYES["Left"]
    raised = basis[INDEX["browOuterUpLeft"]] + basis[INDEX["browInnerUp"]]
    assert raised[list(eye.brow), 1].min() > 0.3
    assert np.abs(raised[list(eye.up)]).max() < 0.1


def test_a_smile_pulls_lips_thin(mesh, basis):
    """Lips taken out of a smile are taller than in it, both of them; what parts them stays where it is."""
    smile = basis[INDEX["mouthSmileLeft"]] + basis[INDEX["mouthSmileRight"]]
    for rows in (LIP_ROWS_UPPER, LIP_ROWS_LOWER):
        outer, inner = (row[len(row) // 2] for row in (rows[0], rows[3]))
        tall = abs(mesh[outer, 1] - mesh[inner, 1])
        smiling = abs((mesh + smile)[outer, 1] - (mesh + smile)[inner, 1])
        assert 0.6 < smiling / tall < 0.93
