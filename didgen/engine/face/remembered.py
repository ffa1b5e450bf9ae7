"""The faces of a photo as bytes that a memo keeps, so that a photo is searched once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from didgen.catalog.versions import MODELS
from didgen.digest import canonical_json, sha256_bytes, sha256_file
from didgen.engine.face.drawn import Stroke
from didgen.engine.face.face import Face

FACE_NETS = ("face_landmarks.tflite", "face_blendshapes.tflite", "face_detection_full_range.tflite")


def faces_key(source: Path) -> str:
    """Under which the faces of a photo are remembered: the photo's bytes and the nets that find them."""
    nets = {name: MODELS[name] for name in FACE_NETS}
    return "faces-" + sha256_bytes(canonical_json([2, sha256_file(source), nets]))


def packed(faces: Sequence[Face]) -> bytes:
    """As they are kept."""
    rows = [
        {
            "landmarks": face.landmarks.astype(float).ravel().tolist(),
            "presence": face.presence,
            "blendshapes": face.blendshapes.astype(float).tolist(),
            "pose_deg": face.pose_deg,
            "stroke": face.stroke and [face.stroke.middle.astype(float).ravel().tolist(), face.stroke.thick_px],
        }
        for face in faces
    ]
    return json.dumps(rows).encode()


def unpacked(value: bytes) -> list[Face]:
    """The faces that were kept so."""
    return [
        Face(
            landmarks=np.array(row["landmarks"], np.float32).reshape(-1, 3),
            presence=row["presence"],
            blendshapes=np.array(row["blendshapes"], np.float32),
            pose_deg=tuple(row["pose_deg"]),
            stroke=row["stroke"] and Stroke(np.array(row["stroke"][0], np.float32).reshape(-1, 2), row["stroke"][1]),
        )
        for row in json.loads(value)
    ]
