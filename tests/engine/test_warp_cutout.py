"""The head over its background: a real portrait before a wall of straight lines and beside a cord, and drawings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import find_faces
from didgen.engine.face.matte import person_matte
from didgen.engine.motion.track import INDEX, MotionTrack
from didgen.engine.photo import load_photo
from didgen.engine.warp.cutout import EDGE, build_cutout
from didgen.engine.warp.frame import draw
from didgen.engine.warp.neck import LONGEST, SHORTEST, neck_length
from didgen.engine.warp.opacity import opacity_of
from didgen.engine.warp.rig import Rig, build_rig

ASSETS = Path(__file__).parents[2] / "projects" / "hello" / "assets"


def _wall(height: int, width: int) -> np.ndarray:
    """A light wall with a dark line every 24 px, upright and level."""
    wall = np.full((height, width, 3), (200, 205, 190), np.uint8)
    wall[::24] = wall[1::24] = (70, 60, 90)
    wall[:, ::24] = wall[:, 1::24] = (70, 60, 90)
    return wall


@pytest.fixture(scope="module")
def before_wall() -> tuple[Rig, np.ndarray]:
    """The rig of a portrait cut out and put before the wall, and (512, 512) how much of it is the person."""
    rgb = load_photo(ASSETS / "eileen.jpg")
    person = np.clip(1.4 * person_matte(rgb) - 0.2, 0, 1)[..., None]
    photo = np.rint(person * rgb + (1 - person) * _wall(*rgb.shape[:2])).astype(np.uint8)
    rig = build_rig(photo, find_faces(rgb)[0], sharpen=False)
    at = rig.geometry.work_from_photo
    return rig, cv2.warpAffine(person[..., 0].astype(np.float32), at, (512, 512), flags=cv2.INTER_LINEAR)


def _frame(rig: Rig, pose=(0, 0, 0), translation=(0, 0, 0), breath_cm: float = 0.0, **weights: float) -> np.ndarray:
    track = MotionTrack.still(1)
    track.pose_deg[0], track.translation_cm[0], track.breath_cm[0] = pose, translation, breath_cm
    for name, weight in weights.items():
        track.weights[0, INDEX[name]] = weight
    return draw(rig, track, 0)


@pytest.mark.parametrize("pose", [(8, 0, 0), (-8, 0, 0), (0, 5, 0), (0, 0, 5), (0, 0, -5)])
def test_lines_behind_a_moving_head_stay_straight(before_wall, pose):
    """Away from where the head is or was, not one px of the wall changes; nearer than that nearly none does."""
    rig, person = before_wall
    change = np.abs(_frame(rig, pose).astype(int) - _frame(rig)).max(-1)
    above_shoulders = np.arange(512)[:, None] < rig.geometry.landmarks[152, 1] - 20
    moved = 0.10 * np.ptp(rig.geometry.landmarks[:, 1])  # what the outline goes aside by, generously
    away = cv2.distanceTransform((person < 0.02).astype(np.uint8), cv2.DIST_L2, 5)
    far, near = (away > moved + 8) & above_shoulders, (away > 8) & above_shoulders
    assert 0 == change[far].max()
    assert (change[near] > 24).mean() < 0.12
    assert far.sum() > 20_000


def test_the_head_itself_moves(before_wall):
    """The same turn takes the face along."""
    rig, _ = before_wall
    face = cv2.fillConvexPoly(np.zeros((512, 512), np.uint8), rig.geometry.landmarks[:, :2].astype(int), 1) > 0
    assert np.abs(_frame(rig, (8, 0, 0)).astype(int) - _frame(rig))[face].mean() > 8


def test_shoulders_and_collar_stay(before_wall):
    """Below the collar a turn changes nothing."""
    rig, _ = before_wall
    change = np.abs(_frame(rig, (8, 3, 5)).astype(int) - _frame(rig))
    chin, height = rig.geometry.landmarks[152, 1], np.ptp(rig.geometry.landmarks[:, 1])
    assert change[int(chin + 0.35 * height) :].max() <= 2


@pytest.fixture(scope="module")
def beside_cord() -> Rig:
    """A portrait with a bright upright cord right beside her hair, which the matte cannot tell from her."""
    rgb = load_photo(ASSETS / "eileen.jpg")
    face = find_faces(rgb)[0]
    x = _cord_column(rgb, face)
    photo = rgb.copy()
    photo[:, x : x + 3] = (255, 0, 255)
    return build_rig(photo, face, sharpen=False)


def _cord_column(rgb: np.ndarray, face: Face) -> int:
    """The first column to the left of the hair at the height of the eyes."""
    row = int(face.landmarks[33, 1])
    return int(np.flatnonzero(person_matte(rgb)[row] > 0.5)[0]) - 5


@pytest.mark.parametrize("pose", [(7, 0, 0), (-7, 0, 0), (3, 2, 2), (0, 0, 4), (0, 0, -4)])
def test_a_cord_beside_the_head_is_neither_cut_nor_doubled(beside_cord, pose):
    """In every row from the crown to the jaw it is there once, and next to where it is in the row above."""
    frame = _frame(beside_cord, pose).astype(int)
    cord = np.minimum(frame[..., 0], frame[..., 2]) - frame[..., 1] > 110
    top, jaw = (int(beside_cord.geometry.landmarks[k, 1]) for k in (10, 234))
    before = None
    for row in cord[top:jaw]:
        columns = np.flatnonzero(row)
        assert len(columns)
        assert np.ptp(columns) < 20
        middle = columns.mean()
        assert before is None or abs(middle - before) < 3
        before = middle


def test_hollows_of_the_outline_wave_nothing_about_beside_them(before_wall):
    """Beside a hollow as between a hat and an ear the background follows about as far as above and below it."""
    rig, _ = before_wall
    opacity = np.zeros((512, 512), np.float32)
    opacity[:, 256:] = 1
    opacity[230:270, 256:330] = 0
    cutout = build_cutout(rig.canvas, rig.geometry.grid, opacity, 280.0)
    nodes = cutout.grid.nodes()[0, :, 0]
    beside = cutout.follows[:, int(np.abs(nodes - 246).argmin()), 0]
    assert 0.4 < beside.min()
    assert np.ptp(beside) < 0.25


def test_what_is_left_undrawn_does_not_change(before_wall):
    """Drawn whole and over everything, a frame is the same but for rounding: parts only save time."""
    rig, _ = before_wall
    reading = rig.field.reading(np.zeros(44), rig.geometry.head_move((5, 2, 3), (0, 0, 0), 0.1))
    whole = replace(rig.cutout, shown=np.full_like(rig.cutout.shown, EDGE)).drawn(reading).astype(int)
    change = np.abs(rig.cutout.drawn(reading) - whole)
    assert change.max() < 24
    assert (change > 4).mean() < 2e-3


@pytest.mark.parametrize("opaque", [0.0, 1.0])
def test_without_an_outline_nothing_is_parted(before_wall, opaque):
    """All person (a drawing): the whole picture goes with the flow. Nobody: it stays."""
    rig, _ = before_wall
    opacity = np.full((64, 64), opaque, np.float32)
    cutout = build_cutout(rig.canvas, rig.geometry.grid, opacity, 300.0)
    reading = rig.field.reading(np.zeros(44), rig.geometry.head_move((5, 2, 3), (0, 0, 0), 0.0))
    bent = rig.canvas.sampled(rig.geometry.grid.dense_map(reading.back)) if opaque else cutout.rest
    assert np.abs(cutout.drawn(reading).astype(int) - bent).max() <= 2


def test_only_what_hangs_together_with_the_face_moves(before_wall):
    """A second person in the matte is background; a wide grey patch is made to decide."""
    landmarks = before_wall[0].geometry.landmarks
    matte = np.zeros((512, 512), np.float32)
    cv2.fillConvexPoly(matte, cv2.convexHull(landmarks[:, :2].astype(int)), 1.0)
    matte[60:200, 5:50] = 1
    matte[10:90, 400:480] = 0.4
    opacity = opacity_of(matte, landmarks)
    x, y = landmarks[1, :2].astype(int)
    assert opacity[y, x] == pytest.approx(1)
    assert 0 == opacity[60:200, 5:40].max()
    assert 0 == opacity[30:70, 420:460].max()


def test_a_trace_on_the_crown_is_a_hat(before_wall):
    """What the net half sees right above the head moves with it; the same beside the head does not."""
    landmarks = before_wall[0].geometry.landmarks
    matte = cv2.fillConvexPoly(np.zeros((512, 512), np.float32), cv2.convexHull(landmarks[:, :2].astype(int)), 1.0)
    top, x, height = int(landmarks[10, 1]), int(landmarks[10, 0]), int(np.ptp(landmarks[:, 1]))
    matte[top - 60 : top - 5, x - 60 : x + 60] = 0.35
    matte[top : top + 90, x + int(0.5 * height) :] = 0.35
    opacity = opacity_of(matte, landmarks)
    assert opacity[top - 50, x] > 0.95
    assert opacity[top + 45, x + int(0.6 * height)] < 0.05


def test_where_the_net_finds_nobody_everything_moves(before_wall):
    """A matte without a person says nothing; one with a hole in the face is mended."""
    landmarks = before_wall[0].geometry.landmarks
    assert np.array_equal(np.ones((512, 512), np.float32), opacity_of(np.zeros((512, 512), np.float32), landmarks))
    matte = cv2.fillConvexPoly(np.zeros((512, 512), np.float32), cv2.convexHull(landmarks[:, :2].astype(int)), 1.0)
    x, y = landmarks[1, :2].astype(int)
    matte[y - 15 : y + 15, x - 15 : x + 15] = 0
    assert opacity_of(matte, landmarks)[y - 15 : y + 15, x - 15 : x + 15].min() == pytest.approx(1)


@pytest.mark.parametrize("name", ["eileen", "woman", "woman-2", "man"])
def test_a_portrait_is_cut_out_crisply(name):
    """Less than a tenth of the head is half background, hair and all; the neck's length is one a person can have."""
    rgb = load_photo(ASSETS / f"{name}.jpg")
    rig = build_rig(rgb, find_faces(rgb)[0])
    opacity = rig.cutout.opacity
    head = rig.geometry.grid.sample(rig.geometry.head, _px(rig)) > 0.9
    edge = rig.canvas.margin * rig.canvas.per_px
    inner = opacity[edge : -edge : rig.canvas.per_px, edge : -edge : rig.canvas.per_px]
    soft = (inner > 25) & (inner < 230) & head
    assert soft.sum() < 0.09 * ((inner > 230) & head).sum()
    assert SHORTEST <= neck_length(rig.canvas, rig.geometry.landmarks) <= LONGEST


def _px(rig: Rig) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(rig.geometry.width), np.arange(rig.geometry.height)), -1).astype(np.float32)
