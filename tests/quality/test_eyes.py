"""Whether lids are shut is told from the pixels: drawn blinks, also of faces whose lids the landmark net misreads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.retrack import retrack
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import Rig, build_rig
from didgen.quality.eyes import blinks_of, eyes_left
from didgen.quality.head import SHUT
from tests.quality.gallery import gallery

pytestmark = pytest.mark.render

LIDS = [INDEX["eyeBlinkRight"], INDEX["eyeBlinkLeft"]]
BLINK = 5  # picture
LONG = 9  # pictures


@pytest.fixture(scope="module", params=["eileen", "glasses", "moustache", "dark-beard"])
def rig(request: pytest.FixtureRequest) -> Rig:
    photo = load_photo(next(entry.path for entry in gallery() if entry.id == request.param))
    face, _ = choose_face(find_faces(photo), None, "talk", photo.shape)
    return build_rig(photo, face)


def blink(right: float, left: float) -> MotionTrack:
    """A head that turns through 4 degrees, and lids that close by so much on one picture of it."""
    track = MotionTrack.still(LONG)
    track.pose_deg[:, 0] = np.linspace(-2, 2, LONG)
    track.weights[BLINK, LIDS] = right, left
    return track


def left_of(rig: Rig, right: float, left: float) -> np.ndarray:
    """(2,) what is seen of the eyes on the picture on which both were asked to shut, drawn with these weights."""
    drawn = blink(right, left)
    pictures = [draw(rig, drawn, k) for k in range(LONG)]
    seen = eyes_left(pictures, retrack(pictures), blink(1, 1))
    assert np.isnan(seen[: BLINK - 1]).all()  # elsewhere nobody looked
    assert seen[BLINK - 1] == pytest.approx(1, abs=0.25)  # the eye was open just before
    return seen[BLINK]


def test_shut_lids_leave_nothing_of_the_eye(rig: Rig) -> None:
    """Skin and a line of lashes: below the limit on faces whose lids the landmark net takes for half open."""
    assert (left_of(rig, 1, 1) <= SHUT).all()


def test_half_shut_lids_are_caught(rig: Rig) -> None:
    """At half a blink most of the lowest quarter of both eyes is there, well beyond the limit."""
    assert left_of(rig, 0.5, 0.5).min() > 1.2 * SHUT


def test_each_eye_speaks_for_itself(rig: Rig) -> None:
    """One shut, one drooping: the subject's right is the first."""
    right, left = left_of(rig, 1, 0.3)
    assert right <= SHUT
    assert left > 1.2 * SHUT


def test_a_net_that_is_off_by_a_third_of_a_pixel_reads_the_same(rig: Rig) -> None:
    """A narrow eye ends within a pixel or two: where exactly the net puts its lower lid must not decide."""
    pictures = [draw(rig, blink(0.3, 0.3), k) for k in range(LONG)]
    tracked = retrack(pictures)
    readings = []
    for down_px in (-0.35, 0.0, 0.35):
        landmarks = tracked.landmarks + np.array([0, down_px, 0], np.float32)
        moved = replace(tracked, landmarks=landmarks)
        readings.append(eyes_left(pictures, moved, blink(1, 1))[BLINK])
    assert np.ptp(readings, axis=0).max() < 0.06


def test_only_blinks_of_both_eyes_count() -> None:
    """A wink is none; two pictures in a row are one."""
    track = MotionTrack.still(LONG)
    track.weights[1, LIDS[0]] = 1
    track.weights[3:5, LIDS] = 1
    track.weights[8, LIDS] = 0.8
    assert [(3, 4)] == blinks_of(track)
