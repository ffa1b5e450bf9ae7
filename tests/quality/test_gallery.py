"""The gallery's faces are there, sourced, and as their index says."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from didgen.engine.face.face import Face
from didgen.engine.face.find import choose_face, find_faces
from didgen.engine.face.visible import detail, look_at
from didgen.engine.photo import load_photo
from tests.quality.gallery import FACES, Entry, gallery

SMILE_LEFT, SMILE_RIGHT = 44, 45  # mouthSmile among the blendshape scores
CHEEKS = (50, 280)  # points of the face mesh
UPPER_LIP, LOWER_LIP = 13, 14  # its inner edges, in the middle

every_face = pytest.mark.parametrize("entry", gallery(), ids=lambda entry: entry.id)


@cache
def seen(path: Path) -> tuple[np.ndarray, Face]:
    photo = load_photo(path)
    return photo, find_faces(photo)[0]


def sources_of(entry: Entry) -> list[str]:
    """The first cell of every row of the table beside the picture."""
    lines = (entry.path.parent / "SOURCES.md").read_text().splitlines()
    return [line.split("|")[1] for line in lines if line.startswith("| `")]


@every_face
def test_a_face_is_small_sourced_and_measures_what_its_index_says(entry):
    """At most 130 kB, one row in SOURCES.md, the stated eye distance within 5 px and yaw within 3°."""
    _, face = seen(entry.path)
    assert entry.path.stat().st_size <= 130_000
    assert 1 == sum(f"`{entry.path.name}`" in name for name in sources_of(entry))
    assert entry.eye_distance_px == pytest.approx(face.eye_distance_px, abs=5)
    assert entry.yaw_deg == pytest.approx(face.pose_deg[0], abs=3)


@every_face
def test_tags_that_can_be_measured_are_true(entry):
    """Smiling, open or closed, turned or frontal, small, grey, sharp or soft: by figures, not by the file's name."""
    photo, face = seen(entry.path)
    smile = float(face.blendshapes[[SMILE_LEFT, SMILE_RIGHT]].mean())
    gap = float(np.hypot(*(face.landmarks[UPPER_LIP] - face.landmarks[LOWER_LIP])[:2])) / face.eye_distance_px
    facts = {
        "smiling": smile > 0.6,
        "closed": gap < 0.03,
        "teeth": gap > 0.1,
        "turned": abs(face.pose_deg[0]) >= 12,
        "frontal": abs(face.pose_deg[0]) < 15,
        "tilted": abs(face.pose_deg[2]) > 12,
        "down": face.pose_deg[1] > 23,
        "small": face.eye_distance_px < 90,
        "grey": colourfulness(photo) < 20,
        "soft": detail(photo, face) < 0.07,
        "sharp": detail(photo, face) > 0.08,
        "dark": lightness(photo, face) < 110,
        "light": lightness(photo, face) > 140,
    }
    assert [] == [tag for tag in sorted(entry.tags & facts.keys()) if not facts[tag]]


@every_face
def test_a_face_is_warned_about_exactly_where_its_index_says(entry):
    """Each warning is one that the index expects, none is missing: nothing for a good photo."""
    photo, _ = seen(entry.path)
    face, warnings = choose_face(find_faces(photo), None, "talk", photo.shape)
    warnings += look_at(photo, face).warnings()
    assert len(entry.warned) == len(warnings)
    assert [] == [(word, text) for word, text in zip(entry.warned, warnings, strict=True) if word not in text]


def test_every_picture_of_the_folder_is_in_the_index():
    """No face without an entry, no entry twice."""
    entries = gallery()
    assert sorted(FACES.glob("*.jpg")) == sorted(entry.path for entry in entries if entry.path.parent == FACES)
    assert len({entry.id for entry in entries}) == len(entries)


def test_the_gallery_has_every_kind():
    """The kinds that the engine is judged on."""
    kinds = "closed smiling teeth beard moustache glasses dark light older younger turned soft sharp painting masked"
    assert [] == [kind for kind in kinds.split() if not gallery(kind)]


def lightness(photo: np.ndarray, face: Face) -> float:
    """0..255: CIE L* (8 bit) of the cheeks, the median of two spots a sixth of the eye distance wide."""
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)[:, :, 0]
    radius = max(1, round(face.eye_distance_px / 12))
    spots = [face.landmarks[point, :2].astype(int) for point in CHEEKS]
    return float(np.median([lab[y - radius : y + radius + 1, x - radius : x + radius + 1] for x, y in spots]))


def colourfulness(photo: np.ndarray) -> float:
    """Mean distance from grey in CIE a*b*."""
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)[:, :, 1:].astype(np.float32) - 128
    return float(np.hypot(lab[..., 0], lab[..., 1]).mean())
