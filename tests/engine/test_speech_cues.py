"""didgen.engine.speech.cues: shapes with times from probabilities."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from didgen.engine.speech.cues import closures, mouth_cues
from didgen.engine.speech.speech import VISEMES, Phoneme

SIL, PP, AA, I = (VISEMES.index(v) for v in ("sil", "PP", "aa", "I"))


def certain(*runs: tuple[int, int]) -> np.ndarray:
    """Probabilities of 0.9 for one shape at a time: (shape, frames)."""
    out = np.full((sum(n for _, n in runs), 15), 0.1 / 14, np.float32)
    at = 0
    for shape, frames in runs:
        out[at : at + frames, shape] = 0.9
        at += frames
    return out


def shapes(cues: tuple[Phoneme, ...]) -> list[tuple[str, float, float]]:
    return [(c.viseme, round(c.start_s, 3), round(c.end_s, 3)) for c in cues]


def test_runs_become_cues_that_tile_the_sound() -> None:
    """Start and end in seconds, the last one to the end of the sound."""
    found = mouth_cues(certain((SIL, 10), (AA, 20), (SIL, 10)), 0.405)
    assert [("sil", 0.0, 0.1), ("aa", 0.1, 0.3), ("sil", 0.3, 0.405)] == shapes(found)
    assert all(a.end_s == b.start_s for a, b in pairwise(found))


def test_a_stumble_goes_to_its_likelier_neighbour() -> None:
    """Two frames of another shape in a vowel are noise."""
    p = certain((AA, 10), (I, 2), (AA, 10), (SIL, 10))
    assert ["aa", "sil"] == [c.viseme for c in mouth_cues(p, 0.32)]


def test_lips_that_nearly_close_do_close() -> None:
    """A peak of the closed lips under another shape's probability is kept, 40 ms long."""
    p = certain((AA, 30))
    p[14:17, AA], p[14:17, PP] = 0.5, 0.45
    closed = [c for c in mouth_cues(p, 0.3) if c.viseme == "PP"]
    assert 1 == len(closed)
    assert 0.04 <= closed[0].end_s - closed[0].start_s + 1e-9
    assert closed[0].start_s <= 0.15 <= closed[0].end_s


def test_a_weak_hint_of_closed_lips_is_none() -> None:
    """Only peaks of 0.3 or more count, and one peak counts once."""
    assert [] == closures(np.array([0.0, 0.2, 0.29, 0.1], np.float32)).tolist()
    assert [2] == closures(np.array([0.0, 0.5, 0.9, 0.9, 0.1], np.float32)).tolist()
    assert [0] == closures(np.array([0.8, 0.1], np.float32)).tolist()


def test_no_frames_are_silence() -> None:
    """A sound shorter than a frame has a closed mouth."""
    assert (Phoneme("", "sil", 0.0, 0.005),) == mouth_cues(np.zeros((0, 15), np.float32), 0.005)
