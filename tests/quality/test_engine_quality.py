"""The engine as it is, measured on one short talk: nothing may be worse than what is written down.

`make quality` does the same on every face of the gallery with six sentences; `make baseline` writes down anew.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from didgen.engine.face.find import find_faces
from didgen.engine.motion.track import MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.warp.rig import Rig, build_rig
from didgen.quality.figures import falls
from didgen.quality.outside import changed_outside
from tests.quality import baseline
from tests.quality.gallery import gallery
from tests.quality.run import Shelf, measure_face

pytestmark = pytest.mark.render

FACES = ("eileen", "woman-2")  # a small photo with teeth, a closed mouth turned aside
SHELF = Shelf()


@pytest.mark.parametrize("name", FACES)
def test_a_short_talk_is_no_worse_than_its_baseline(name: str) -> None:
    """Closures, lag, lip gap, lids, head, smile and background of one sentence, each within its tolerance."""
    (path,) = (entry.path for entry in gallery() if entry.id == name)
    row = measure_face(path, [1], SHELF, whole=False).row
    known = baseline.read(baseline.key([1]))[name]
    assert len(known.to_json()) >= 12
    assert [] == [str(fall) for fall in falls(row, known)]


@pytest.fixture(scope="module")
def stitched() -> Rig:
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == "eileen"))
    return build_rig(photo, find_faces(photo)[0], stitch=True)


@pytest.fixture(scope="module")
def turning() -> MotionTrack:
    track = MotionTrack.still(3)
    track.pose_deg[1:] = (5, -3, 2), (-5, 2, -2)
    return track


def test_what_no_flow_reaches_is_the_photo(stitched: Rig, turning: MotionTrack) -> None:
    """On raw stitched frames not one px is changed where nothing may change it, with the head turned either way."""
    assert 0 == changed_outside(stitched, turning, range(3))


def test_one_changed_px_is_counted(stitched: Rig, turning: MotionTrack) -> None:
    """A px at the work picture's corner that is not the photo's is seen, whatever the head does."""
    left, top = (round(-shift) for shift in stitched.geometry.work_from_photo[:, 2])
    photo = stitched.photo.copy()
    photo[top + 1, left + 1] ^= 1
    assert 1 == changed_outside(replace(stitched, photo=photo), turning, range(3))
    with pytest.raises(ValueError, match="not stitched"):
        changed_outside(replace(stitched, photo=None), turning, [0])
