"""Which weights explain a moved face: a bounded ridge fit of tracked meshes by the warp's own shapes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import EYES, LIP_GAP, LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.motion.track import INDEX, SHAPES

Floats = NDArray[np.float64]

_CHEEKS_AND_CHIN = (50, 280, 205, 425, 36, 266, 187, 411, 129, 358, 152, 148, 377, 176, 400)
_LIPS = tuple(sorted({k for row in (0, 2, 3) for k in LIP_ROWS_UPPER[row] + LIP_ROWS_LOWER[row]}))
_BROWS = EYES["Right"].brow + EYES["Left"].brow
POINTS = np.array((*_LIPS, *_BROWS, *_CHEEKS_AND_CHIN))
"""What is fitted. Lids are left out: their opening is measured, not fitted."""

FITTED = np.array([INDEX[name] for name in SHAPES if not name.startswith(("eye", "lid", "seal"))])

_LIP_WEIGHT, _DEPTH_WEIGHT = 2.0, 0.35  # lips are looked at; a single camera hardly sees z
_RIDGE = 0.5  # cm² per unit weight²: shapes that would cancel each other stay small
_SWEEPS = 60  # of coordinate descent: the last one moves no weight by more than 0.002


def fit_weights(moved_cm: Floats, basis_cm: Floats) -> Floats:
    """(T, 44) weights 0..1 of meshes displaced by moved_cm (T, 478, 3) from the mesh that basis_cm (44, 478, 3) is of.

    Lids and seal stay 0. jawOpen is corrected at the end so that the gap between the lips is the measured one.
    """
    scale = np.where(np.isin(POINTS, _LIPS), _LIP_WEIGHT, 1.0)[:, None] * np.array([1, 1, _DEPTH_WEIGHT])
    columns = (basis_cm[FITTED][:, POINTS] * scale).reshape(len(FITTED), -1)
    targets = (moved_cm[:, POINTS] * scale).reshape(len(moved_cm), -1)
    out = np.zeros((len(moved_cm), len(SHAPES)))
    out[:, FITTED] = _bounded_ridge(columns, targets)
    return with_gap(out, moved_cm, basis_cm)


def with_gap(weights: Floats, moved_cm: Floats, basis_cm: Floats) -> Floats:
    """The same weights with jawOpen such that the lips' gap (13 to 14) grows as it did in moved_cm, within 0..1.

    What a jaw that is shut cannot take back, the other shapes that part the lips give up, by the least change in all.
    """
    jaw = INDEX["jawOpen"]
    per_unit = _gap(basis_cm)
    if per_unit[jaw] < 1e-6:
        return weights
    missing = _gap(moved_cm) - weights @ per_unit
    out = weights.copy()
    out[:, jaw] = np.clip(out[:, jaw] + missing / per_unit[jaw], 0, 1)
    parting = np.where(out > 0, np.maximum(per_unit, 0), 0)
    parting[:, jaw] = 0
    spare = np.minimum(_gap(moved_cm) - out @ per_unit, 0)
    out += (spare / np.maximum((parting**2).sum(1), 1e-9))[:, None] * parting
    return np.maximum(out, 0)


def _gap(displacements: Floats) -> Floats:
    """(N,) how much N displacements (N, 478, 3) part the lips, cm."""
    upper, lower = LIP_GAP
    return np.asarray(displacements[:, upper, 1] - displacements[:, lower, 1])


def _bounded_ridge(columns: Floats, targets: Floats) -> Floats:
    """(T, K) argmin |c · columns - target|² + ridge · |c|², 0 ≤ c ≤ 1; columns (K, N), targets (T, N).

    Coordinate descent, all frames at once: gradient steps would crawl, because the jaw's column is a hundred times
    longer than a brow's.
    """
    gram = columns @ columns.T + _RIDGE * np.eye(len(columns))
    wanted = targets @ columns.T
    out = np.zeros_like(wanted)
    for _ in range(_SWEEPS):
        for k in range(len(columns)):
            out[:, k] = np.clip(out[:, k] + (wanted[:, k] - out @ gram[:, k]) / gram[k, k], 0, 1)
    return out
