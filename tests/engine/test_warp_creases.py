"""didgen.engine.warp.creases: the folds of a smile go with the smile, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.mesh import FACE_OVAL, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.motion.track import INDEX, SHAPES
from didgen.engine.photo import load_photo
from didgen.engine.warp.creases import FOLDS, Creases
from didgen.engine.warp.grid import Reading
from didgen.engine.warp.rig import Rig, build_rig

ASSETS = Path(__file__).parents[2] / "projects/hello/assets"
FACES = Path(__file__).parents[1] / "quality/faces"


def rig_of(name: str, folder: Path = ASSETS) -> Rig:
    photo = load_photo(folder / name)
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    return build_rig(photo, face)


@pytest.fixture(scope="module")
def smiling() -> Rig:
    return rig_of("eileen.jpg")


def smile(weight: float) -> NDArray[np.float32]:
    weights = np.zeros(len(SHAPES), np.float32)
    weights[[INDEX["mouthSmileLeft"], INDEX["mouthSmileRight"]]] = weight
    return weights


def creases_of(rig: Rig) -> Creases:
    assert rig.creases is not None
    return rig.creases


def still(rig: Rig) -> Reading:
    """Where a frame reads in which nothing moves."""
    grid = rig.geometry.grid
    return grid.reading(np.zeros((grid.rows, grid.columns, 2), np.float32))


def source_of(rig: Rig) -> NDArray[np.uint8]:
    y, x = np.mgrid[0 : rig.height, 0 : rig.width].astype(np.float32)
    return rig.canvas.sampled(np.dstack([x, y]))


def fold_depth(frame: NDArray[np.uint8], rig: Rig) -> float:
    """How much darker the darkest px on the way across each fold is than its surroundings, mean over both, levels."""
    grey = cv2.GaussianBlur(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 1.0)
    across = np.arange(-16, 17)
    depths = []
    for line in FOLDS:
        x, y = rig.geometry.landmarks[list(line[1:4]), :2].mean(0)
        values = grey[round(y), np.clip(np.round(x + across).astype(int), 0, rig.width - 1)]
        depths.append(float(np.median(values) - values.min()))
    return float(np.mean(depths))


def test_a_smile_that_stays_keeps_its_folds(smiling: Rig) -> None:
    """At rest, and smiling more, not a bit is changed."""
    frame = source_of(smiling)
    for weight in (0.0, 0.6):
        painted = frame.copy()
        creases_of(smiling).paint(painted, smile(weight), still(smiling))
        assert np.array_equal(frame, painted)


def test_folds_go_with_the_smile(smiling: Rig) -> None:
    """The less of the smile is left the shallower they are; gone, less than half of their depth stays."""
    frame = source_of(smiling)
    depths = []
    creases = creases_of(smiling)
    for share in (0.0, 0.5, 1.0):
        painted = frame.copy()
        creases.paint(painted, smile(-share * creases.smile), still(smiling))
        depths.append(fold_depth(painted, smiling))
    assert depths[0] > 8
    assert depths[0] > depths[1] > depths[2]
    assert depths[2] < 0.5 * depths[0]
    assert depths[0] - depths[1] > 0.65 * (depths[0] - depths[2])  # they are the first of a smile to go


def test_a_fold_in_another_lamps_light_goes_with_its_colour() -> None:
    """Red on a blue cheek it would stay as a scratch beside a mouth that smiles no more."""
    rig = rig_of("turned.jpg", FACES)
    creases = creases_of(rig)
    frame = source_of(rig)
    painted = frame.copy()
    creases.paint(painted, smile(-creases.smile), still(rig))
    x, y = np.rint(rig.geometry.landmarks[[436, 432, 422], :2].mean(0)).astype(int)
    before, after = (_redder(rgb[y], x, round(0.4 * rig.geometry.px_per_cm)) for rgb in (frame, painted))
    assert before > 20
    assert after < 0.38 * before


def _redder(row: NDArray[np.uint8], x: int, aside: int) -> float:
    """By how much more the red of a row (w, 3) exceeds its blue at x than `aside` px to both sides."""
    red = cv2.GaussianBlur(row[None, :, 0].astype(np.float32) - row[None, :, 2], (0, 0), 1.5)[0]
    return float(red[x] - (red[x - aside] + red[x + aside]) / 2)


def test_lips_and_far_skin_are_left(smiling: Rig) -> None:
    """Only the surroundings of the folds differ: no lip, no eye, nothing beyond the region."""
    frame = np.full((smiling.height, smiling.width, 3), 128, np.uint8)
    creases = creases_of(smiling)
    creases.paint(frame, smile(-creases.smile), still(smiling))
    region = creases.difference.region
    outside = np.ones(frame.shape[:2], bool)
    outside[region.top : region.top + region.height, region.left : region.left + region.width] = False
    assert np.all(frame[outside] == 128)
    lips = np.zeros(frame.shape[:2], np.uint8)
    ring = (*LIP_ROWS_UPPER[2], *LIP_ROWS_LOWER[2][-2:0:-1])
    cv2.fillPoly(lips, [np.rint(smiling.geometry.landmarks[list(ring), :2]).astype(np.int32)], 1)
    own = np.s_[region.top : region.top + region.height, region.left : region.left + region.width]
    change = np.abs(creases.difference.rgba.astype(int) - 128)
    assert change[lips[own] > 0].max() <= 2
    assert change.max() > 12


def test_a_cheek_pushed_out_from_under_the_mesh_is_skin() -> None:
    """Beside a broad laugh the fold lies where the mesh has ended: it goes there, too, and the wall stays."""
    rig = rig_of("laughing.jpg", FACES)
    layer = creases_of(rig).difference
    region = layer.region
    oval = np.rint(rig.geometry.landmarks[list(FACE_OVAL), :2] - (region.left, region.top)).astype(np.int32)
    outside = np.ones((region.height, region.width), np.uint8)
    cv2.fillPoly(outside, [oval], 0)
    far = cv2.distanceTransform(outside, cv2.DIST_L2, 5) / rig.geometry.px_per_cm
    right = np.arange(region.width) > oval[:, 0].mean()
    change = np.abs(layer.rgba.astype(int) - 128).max(-1)
    assert change[(far > 0.1) & right].max() >= 8
    assert change[far > 1.2].max(initial=0) <= 1


def test_a_calm_face_has_none() -> None:
    """Where no smile is taken back nothing is built."""
    assert rig_of("woman-2.jpg").creases is None
