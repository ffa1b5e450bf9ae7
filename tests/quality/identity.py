"""Whether the person stays the same person: dlib's face recognition net, when it is installed.

A development tool only (`make quality` installs it): dlib is under the Boost licence, the net inside the package
face-recognition-models is CC0. Distances on its scale: the same person below 0.6, different people 0.8 to 0.95. The
landmarks are ours: the 68-point predictor beside the net may not be used commercially and is never loaded.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

CHIP_PX = 150
MARGIN = 0.25
EYES_AND_NOSE = ((263, 362), (33, 133), 2)
"""Landmarks of the 5-point scheme: outer and inner corner of the left eye, of the right one, the base of the nose."""


def installed() -> bool:
    """Whether identity can be measured here."""
    return find_spec("dlib") is not None and _net_path() is not None


def describe(rgb: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """(128,) descriptor of the face with these (478, 3) landmarks in an (H, W, 3) RGB picture."""
    import dlib

    (left_out, left_in), (right_out, right_in), nose = EYES_AND_NOSE
    order = (left_out, left_in, right_out, right_in, nose)
    points = [dlib.point(*(round(float(v)) for v in landmarks[k, :2])) for k in order]
    low, high = landmarks[:468, :2].min(0), landmarks[:468, :2].max(0)
    box = dlib.rectangle(*(round(float(v)) for v in (*low, *high)))
    chip = dlib.get_face_chip(np.ascontiguousarray(rgb), dlib.full_object_detection(box, points), CHIP_PX, MARGIN)
    return np.array(_net().compute_face_descriptor(chip))


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Between two descriptors."""
    return float(np.linalg.norm(a - b))


@cache
def _net() -> Any:
    import dlib

    return dlib.face_recognition_model_v1(str(_net_path()))


def _net_path() -> Path | None:
    found = find_spec("face_recognition_models")  # found, not imported: importing it needs setuptools
    if found is None or found.origin is None:
        return None
    path = Path(found.origin).parent / "models" / "dlib_face_recognition_resnet_model_v1.dat"
    return path if path.is_file() else None
