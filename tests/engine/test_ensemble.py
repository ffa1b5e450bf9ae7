"""Several faces of one picture, each moving in its own way, and nothing torn between them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.motion.compose import compose_animation, in_company
from didgen.engine.motion.track import MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.render import render
from didgen.engine.shot import Config, FaceSquare, Shot
from didgen.engine.warp.ensemble import Ensemble
from didgen.engine.warp.frame import draw
from didgen.engine.warp.rig import Rig, build_rig, video_sized
from didgen.quality.clip import pictures_of
from tests.quality.gallery import ROOT
from tests.quality.run import Shelf

GROUP = ROOT / "tests" / "quality" / "group" / "group.jpg"
SIDE_PX = 1280
STILL = MotionTrack.still(60)


@pytest.fixture(scope="module")
def group() -> tuple[list[Face], list[Rig]]:
    """The four women of the photo and a rig for each."""
    photo = load_photo(GROUP)
    faces = find_faces(photo)
    assert len(faces) == 4
    return faces, [
        build_rig(photo, face, stitch=True, longest_px=SIDE_PX, others=[f for f in faces if f is not face])
        for face in faces
    ]


def moving(face: Face, number: int = 0, driver: str = "bank://dance/driver-01") -> MotionTrack:
    """60 pictures of a dance for the `number`th face."""
    track, _ = compose_animation(face, driver, Config(), 1 + number, 60)
    return in_company(track, 1, number) if number else track


def around(face: Face, frame: np.ndarray) -> np.ndarray:
    left, top, right, bottom = (round(side) for side in face.box)
    return frame[top:bottom, left:right].astype(int)


def test_one_face_is_drawn_as_it_is_alone(group) -> None:
    """An ensemble of one is the rig itself, bit for bit."""
    faces, rigs = group
    track = moving(faces[0])
    assert np.array_equal(draw(rigs[0], track, 30), Ensemble(rigs[:1], [track]).draw(30))


def test_at_rest_all_is_the_photo(group) -> None:
    """Four faces with nothing to do leave every bit as it was."""
    _, rigs = group
    ensemble = Ensemble(rigs, [STILL] * 4)
    assert np.array_equal(rigs[0].photo, ensemble.draw(7))
    left, top, width, height = ensemble.part
    assert ensemble.draw_part(7).shape == (height, width, 3)
    assert 0 == left % 2 == top % 2 == width % 2 == height % 2
    ensemble.close()


def test_every_face_moves_and_the_rest_stays(group) -> None:
    """All four change where they are; what no rectangle covers is the photo's to the bit."""
    faces, rigs = group
    ensemble = Ensemble(rigs, [moving(face, k) for k, face in enumerate(faces)])
    frame, photo = ensemble.draw(30), rigs[0].photo
    for face in faces:
        assert np.abs(around(face, frame) - around(face, photo)).mean() > 2
    untouched = np.ones(frame.shape[:2], bool)
    for rig in rigs:
        left, top = rig.corner
        untouched[top : top + rig.geometry.height, left : left + rig.geometry.width] = False
    assert untouched.mean() > 0.1
    assert np.array_equal(frame[untouched], photo[untouched])


@pytest.mark.parametrize("who", range(4))
def test_who_moves_alone_leaves_her_neighbours_alone(who: int, group) -> None:
    """The faces beside a dancer keep every bit, and she dances as she would without them."""
    faces, rigs = group
    tracks = [STILL] * 4
    tracks[who] = moving(faces[who])
    frame, photo = Ensemble(rigs, tracks).draw(30), rigs[0].photo
    alone = draw(rigs[who], tracks[who], 30)
    for k, face in enumerate(faces):
        wanted = alone if k == who else photo
        assert np.abs(around(face, frame) - around(face, wanted)).mean() < (0.5 if k == who else 0.02)


def test_no_edge_is_seen_between_two_heads(group) -> None:
    """Between moving neighbours the picture is as smooth as each of them alone: shares never jump."""
    faces, rigs = group
    ensemble = Ensemble(rigs, [moving(face, k) for k, face in enumerate(faces)])
    for shares in ensemble._shares:
        if shares is not None:
            steps = [np.abs(np.diff(shares[..., 0].astype(int), axis=axis)).max() for axis in (0, 1)]
            assert max(steps) <= 40, "of 256, from one px to the next"
            assert 0 <= shares.min() <= shares.max() <= 256


def test_each_moves_a_little_differently(group) -> None:
    """The same dance, the same length; no two alike, all from rest to rest, still in time."""
    faces, _ = group
    tracks = [moving(face, k) for k, face in enumerate(faces)]
    for k, track in enumerate(tracks):
        assert len(track) == 60
        assert np.abs(track.pose_deg[[0, -1]]).max() < 0.05
        for other in tracks[k + 1 :]:
            assert np.abs(track.pose_deg - other.pose_deg).max() > 0.5
            assert np.corrcoef(track.pose_deg[:, 2], other.pose_deg[:, 2])[0, 1] > 0.3


def test_tracks_and_rigs_belong_together(group) -> None:
    """One track a rig, and a crop shows one face."""
    _, rigs = group
    with pytest.raises(ValueError, match="4 rigs and 1 tracks"):
        Ensemble(rigs, [STILL])
    with pytest.raises(ValueError, match="one face"):
        Ensemble([replace(rig, photo=None) for rig in rigs], [STILL] * 4)


def rendered(tmp_path: Path, config: Config, face: FaceSquare | None = None):
    shot = Shot(GROUP, None, "bank://subtle/driver-03", replace(config, stitch=True, logo=None), face, seed=2)
    return render(shot, tmp_path / "out.mp4", lambda *_: None, SHELF)


SHELF = Shelf()


def changes(video: Path, faces: list[Face]) -> list[float]:
    """How much of each face changes over the film: mean grey levels from the first picture to the middle one."""
    pictures = list(pictures_of(video))
    return [float(np.abs(around(f, pictures[len(pictures) // 2]) - around(f, pictures[0])).mean()) for f in faces]


@pytest.mark.render
def test_as_many_faces_move_as_are_asked_for(group, tmp_path: Path) -> None:
    """`max_animated_faces: 2`: the two largest; the answer names them, and what stays still is said."""
    faces, _ = group
    result = rendered(tmp_path, Config(max_animated_faces=2, output_resolution=SIDE_PX))
    changed = changes(result.video, faces)
    assert min(changed[:2]) > 3 * max(changed[2:])
    assert [0, 1] == [face["face_id"] for face in result.facts["faces"]]
    assert 4 == result.facts["metadata"]["num_faces"]
    assert 1 == len(result.facts["tracks"])
    assert any("2 of 4 faces move" in warning for warning in result.facts["warnings"])


@pytest.mark.render
def test_a_chosen_face_moves_alone(group, tmp_path: Path) -> None:
    """`face:` is one face."""
    faces, _ = group
    left, top, right, bottom = (round(side) for side in faces[2].box)
    size = max(right - left, bottom - top)
    result = rendered(tmp_path, Config(output_resolution=640), FaceSquare(left, top, size))
    assert 1 == len(result.facts["faces"])
    assert not result.facts["tracks"]


def test_the_photo_has_even_sides() -> None:
    """What the tests above take for granted of their picture."""
    photo, scale = video_sized(load_photo(GROUP), SIDE_PX)
    assert scale == 1
    assert photo.shape[1] == SIDE_PX
