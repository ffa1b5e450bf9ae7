"""Whether a viewer could tell sounds apart by the lips: six groups of visemes, read back from re-tracked lips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from didgen.engine.face.mesh import LIP_ROWS_LOWER, LIP_ROWS_UPPER
from didgen.engine.speech.speech import Phoneme
from didgen.quality.clip import Clip

GROUPS = ("closed", "lip-teeth", "round", "wide", "open", "teeth")
"""p b m; f v; oo w; ee; aa; s z sh ch."""

_OF_VISEME = {"PP": "closed", "FF": "lip-teeth", "U": "round", "I": "wide", "aa": "open", "SS": "teeth", "CH": "teeth"}
_REDUCED = frozenset("ɐə")  # unstressed: no shape of their own
_LONG_S = 0.05
_LEAST = 3  # of each group, else nothing is said
_SHRINK = 0.3  # of the spread within groups, towards its mean: a few dozen sounds do not tell a covariance
_COLUMNS = (2, 4, 5, 6, 8)  # of the lip rows, between the corners


def told_apart(clip: Clip) -> float | None:
    """Share 0..1 of the sounds whose group is told from the lips, the mean over the six groups (chance: 0.17).

    Lip geometry in the head's own centimetres, averaged over each sound's pictures and centred for this face; each
    sentence is judged by what was learned from the others. None with too few sounds or only one sentence.
    """
    sounds = [(p, group) for p in clip.phonemes if (group := group_of(p)) is not None]
    if len({group for _, group in sounds}) < len(GROUPS):
        return None
    shapes = lip_shapes(clip)
    rows = np.stack([shapes[clip.during(p)].mean(0) for p, _ in sounds])
    labels = np.array([GROUPS.index(group) for _, group in sounds])
    return judged(rows, labels, sentences(clip, [p for p, _ in sounds]))


def group_of(phoneme: Phoneme) -> str | None:
    """The group of a sound; None for one that belongs to none or is too short or too weak to shape the lips."""
    if phoneme.symbol[:1] in _REDUCED:
        return None
    group = _OF_VISEME.get(phoneme.viseme)
    lasting = group in ("closed", "lip-teeth") or phoneme.end_s - phoneme.start_s >= _LONG_S
    return group if lasting else None


def lip_shapes(clip: Clip) -> NDArray[np.float64]:
    """(T, D) centimetres: gap, width, the rows of the lips up and down, and how far they stand out; of a drawn
    mouth its outline."""
    if clip.mouth is not None and clip.mouth.outline_cm is not None:
        return np.column_stack([clip.gap_cm, clip.width_cm, clip.mouth.outline_cm])
    meshes = clip.tracked.meshes_cm
    rows = [[row[k] for k in _COLUMNS] for row in (*LIP_ROWS_UPPER[::3], *LIP_ROWS_LOWER[::3])]
    nose = meshes[:, 1:2, :]  # the nose does not talk
    points = meshes[:, np.ravel(rows)] - nose
    height, depth = points[..., 1], points[..., 2].reshape(len(meshes), len(rows), -1).mean(2)
    corners = meshes[:, [61, 291]] - nose
    lift = corners[..., 1].mean(1)
    inner = np.ptp(meshes[:, [78, 308], 0], axis=1)
    return np.column_stack([clip.gap_cm, clip.width_cm, inner, lift, height, depth])


def sentences(clip: Clip, sounds: list[Phoneme]) -> NDArray[np.intp]:
    """(N,) which sentence each sound belongs to: a word with a final stop ends one."""
    ends = [w.end_s for w in clip.words if w.text.rstrip("\"'”’)").endswith((".", "?", "!"))]
    return np.searchsorted(np.array(ends), [p.start_s for p in sounds])


def judged(rows: NDArray[np.float64], labels: NDArray[np.intp], parts: NDArray[np.intp]) -> float | None:
    """Mean recall over the groups of a linear discriminant that never saw the part it judges.

    rows: (N, D) features. labels: (N,) group. parts: (N,) sentence. None with one part, or with fewer than three of a
    group to learn from.
    """
    guesses = np.full(len(labels), -1)
    for part in np.unique(parts):
        learn = parts != part
        known = [np.count_nonzero(labels[learn] == g) for g in range(len(GROUPS))]
        if min(known) < _LEAST:
            return None
        guesses[~learn] = _discriminant(rows[learn], labels[learn], rows[~learn])
    hits = [np.mean(guesses[labels == g] == g) for g in range(len(GROUPS))]
    return float(np.mean(hits))


def _discriminant(rows: NDArray[np.float64], labels: NDArray[np.intp], asked: NDArray[np.float64]) -> NDArray[np.intp]:
    """The nearest group centre of each asked row, distances measured in the spread within groups (Fisher; the
    covariance is shrunk as Friedman 1989 does)."""
    scale = rows.std(0) + 1e-9
    rows, asked = rows / scale, asked / scale
    centres = np.stack([rows[labels == g].mean(0) for g in range(len(GROUPS))])
    within = np.cov((rows - centres[labels]).T)
    within = (1 - _SHRINK) * within + _SHRINK * np.trace(within) / len(within) * np.eye(len(within))
    off = asked[:, None] - centres
    distance = np.einsum("ngd,de,nge->ng", off, np.linalg.inv(within), off)
    return np.asarray(distance.argmin(1))
