"""The face nets in the package are the ones their README and the fingerprints speak of."""

from __future__ import annotations

import hashlib
import importlib.util

import numpy as np
import pytest

from didgen.catalog.versions import MODELS
from didgen.engine.face.mesh import (
    EYES,
    FACE_OVAL,
    LIP_ROWS_LOWER,
    LIP_ROWS_UPPER,
    SCORE_INDEX,
    SCORE_POINTS,
    SCORES,
    canonical_mesh,
)
from didgen.engine.face.nets import MODELS_DIR

FILES = sorted(p.name for p in MODELS_DIR.iterdir() if p.suffix in (".tflite", ".npz"))


@pytest.mark.parametrize("name", FILES)
def test_model_file_is_the_one_named(name):
    """Each model's sha256 is the one in the catalog and in its README."""
    digest = hashlib.sha256((MODELS_DIR / name).read_bytes()).hexdigest()
    assert MODELS[name] == digest
    assert digest in (MODELS_DIR / "README.md").read_text()


def test_licence_is_beside_the_models():
    """The models' licence travels with them."""
    assert "Apache License" in (MODELS_DIR / "LICENSE").read_text()


def test_canonical_mesh_axes():
    """x to the picture's right (the subject's left eye), y up, z towards the camera; 33 points carry the fit."""
    mesh = canonical_mesh()
    assert (468, 3) == mesh.vertices_cm.shape
    assert mesh.vertices_cm[263, 0] > 0 > mesh.vertices_cm[33, 0]
    assert mesh.vertices_cm[10, 1] > mesh.vertices_cm[152, 1]
    assert mesh.vertices_cm[1, 2] > mesh.vertices_cm[234, 2]
    assert 33 == np.count_nonzero(mesh.weights)
    assert 468 == len(np.unique(mesh.triangles))


def test_lists_are_symmetric():
    """Rows run from one corner to the other: their canonical points are each other's mirror image."""
    x = canonical_mesh().vertices_cm[:, 0]
    for row in LIP_ROWS_UPPER + LIP_ROWS_LOWER:
        assert np.all(np.diff(x[list(row)]) > -0.1)
        assert x[list(row)] == pytest.approx(-x[list(row)][::-1], abs=0.01)
    for row in ("up", "lo", "crease", "up2", "under", "brow"):
        right, left = (x[list(getattr(EYES[side], row))] for side in ("Right", "Left"))
        assert np.all(right < 0)
        assert right == pytest.approx(-left, abs=0.01)
    assert 36 == len(set(FACE_OVAL))


def test_score_lists():
    """52 scores and 146 points, each once."""
    assert 52 == len(set(SCORES)) == len(SCORE_INDEX)
    assert 146 == len(set(SCORE_POINTS.tolist()))
    assert (44, 45) == (SCORE_INDEX["mouthSmileLeft"], SCORE_INDEX["mouthSmileRight"])


def test_metadata_is_read_field_by_field():
    """The extraction script reads vertices, triangles and weights out of a message made by hand."""
    spec = importlib.util.spec_from_file_location("extract", MODELS_DIR / "extract.py")
    extract = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(extract)

    def field(number, kind, payload):
        head = bytes([number << 3 | kind])
        return head + (bytes([len(payload)]) if kind == 2 else b"") + payload

    vertices = [(1, 2, 3), (4, 5, 6), (7, 8, 9)]
    mesh = b"".join(field(3, 5, np.float32(v).tobytes()) for p in vertices for v in (*p, 0.5, 0.5))
    mesh += b"".join(field(4, 0, bytes([k])) for k in (0, 2, 1))
    basis = field(1, 0, b"\xac\x02") + field(2, 5, np.float32(0.25).tobytes())  # landmark 300
    arrays = np.load(__import__("io").BytesIO(extract.canonical_mesh(field(1, 2, mesh) + field(2, 2, basis))))
    assert np.array_equal(np.float32(vertices), arrays["vertices_cm"])
    assert [[0, 2, 1]] == arrays["triangles"].tolist()
    assert [300] == np.flatnonzero(arrays["weights"]).tolist()
    assert 0.25 == arrays["weights"][300]
