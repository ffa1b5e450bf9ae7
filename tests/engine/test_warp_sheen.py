"""Highlights that stay with the light, on portraits of projects/hello."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from didgen.engine.face.find import find_faces
from didgen.engine.face.mesh import EYES, FACE_OVAL
from didgen.engine.motion.track import MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import Rig, build_rig

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"


@cache
def rig_of(name: str, stitch: bool = False) -> Rig:
    photo = load_photo(ASSETS / f"{name}.jpg")
    return build_rig(photo, find_faces(photo)[0], stitch=stitch)


def change(rig: Rig, pose_deg: tuple[float, float, float]) -> NDArray[np.int_]:
    """(H, W) what the sheen adds to a frame with the head turned so, grey levels."""
    track = MotionTrack.still(1)
    track.pose_deg[0] = pose_deg
    assert rig.sheen is not None
    dull = replace(rig, sheen=replace(rig.sheen, light=0 * rig.sheen.light))
    pair = [draw(each, track, 0).astype(int) for each in (rig, dull)]
    return np.asarray((pair[0] - pair[1]).sum(-1))


@pytest.mark.parametrize("pose_deg", [(0, 0, 0), (0, 0, 7)])
def test_a_head_that_does_not_turn_keeps_its_highlights_to_the_bit(pose_deg: tuple[float, float, float]) -> None:
    """Rolling leaves what faces the camera facing it."""
    assert not change(rig_of("eileen"), pose_deg).any()


@pytest.mark.parametrize(
    ("pose_deg", "axis", "sign"), [((6, 0, 0), 1, 1), ((-6, 0, 0), 1, -1), ((0, 5, 0), 0, 1), ((0, -5, 0), 0, -1)]
)
def test_highlights_lag_behind_a_turn(pose_deg: tuple[float, float, float], axis: int, sign: int) -> None:
    """A face that turns right (or nods down) is brighter left of (above) where its highlights were painted on."""
    added = change(rig_of("eileen"), pose_deg)
    assert 10 < np.abs(added).max() < 3 * 46
    where = np.indices(added.shape)[axis]
    brighter, darker = (np.clip(part, 0, None) for part in (added, -added))
    lag = (where * darker).sum() / darker.sum() - (where * brighter).sum() / brighter.sum()
    assert sign * lag > 1.0


def test_highlights_are_on_bare_skin_alone() -> None:
    """None on eyes, on brows, on lips or at the rectangle's border."""
    rig = rig_of("woman")
    assert rig.sheen is not None
    sheen, marks = rig.sheen, rig.geometry.landmarks[:, :2]
    assert sheen.light.max() > 8
    assert not np.concatenate([sheen.light[[0, -1]].ravel(), sheen.light[:, [0, -1]].ravel()]).any()
    bare = [*EYES["Left"].iris, *EYES["Right"].iris, *EYES["Left"].up, 0, 13, 14, 17]
    column, row = np.rint((marks[bare] - sheen.fine.first) / sheen.fine.step).astype(int).T
    assert sheen.light[row, column].max() < 0.5


def test_only_the_face_changes() -> None:
    """Stitched, no px beyond the turned face's outline differs."""
    rig = rig_of("woman", stitch=True)
    rows, columns = np.nonzero(change(rig, (5, 3, 0)))
    move = rig.geometry.head_move((5, 3, 0), (0, 0, 0), 0.0)
    outline = rig.geometry.moved(np.zeros(len(rig.geometry.shapes_px)), move)[list(FACE_OVAL), :2] + rig.corner
    (left, top), (right, bottom) = outline.min(0), outline.max(0)
    assert left < columns.min() < columns.max() < right
    assert top < rows.min() < rows.max() < bottom
