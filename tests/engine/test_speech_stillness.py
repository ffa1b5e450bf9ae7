"""didgen.engine.speech.stillness: silence behind a sentence is not made, but counts."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.speech.stillness import BEHIND, LAST, kept_of

Loudness = np.ndarray[tuple[int], np.dtype[np.float32]]


def _loudness(*runs: tuple[int, float]) -> Loudness:
    return np.concatenate([np.full(count, value, np.float32) for count, value in runs])


def test_the_middle_of_the_silence_behind_a_sentence_is_left_out() -> None:
    """Soft ends and pauses within are part of the sentence."""
    kept = kept_of(_loudness((20, -9), (90, 8), (30, -9), (60, 7), (5, 0), (50, -9)))
    assert (205 + BEHIND, 255 - LAST, 255) == (kept.start, kept.end, kept.count)
    assert 205 + BEHIND + LAST == len(kept.weights)


def test_all_is_kept_where_little_stands_behind() -> None:
    kept = kept_of(_loudness((20, -9), (90, 8), (BEHIND + LAST, -9)))
    assert 20 + 90 + BEHIND + LAST == kept.count
    assert np.all(np.ones(kept.count) == kept.weights)
    assert np.array_equal(np.eye(kept.count), kept.of(np.eye(kept.count, dtype=np.float32)))


def test_frames_left_out_count_with_those_kept_that_are_as_quiet() -> None:
    """A breath behind the sentence with what is kept of the breath; the silence with that before it and at the end."""
    kept = kept_of(_loudness((20, -9), (90, 8), (BEHIND + 16, -3), (24, -9)))
    silence = np.r_[:20, -LAST:0]
    assert 20 + 90 + BEHIND + 16 + 24 == kept.count == pytest.approx(kept.weights.sum(), abs=1e-3)
    assert pytest.approx(20 + 24, abs=1e-3) == kept.weights[silence].sum()
    assert np.all(kept.weights[20:110] == 1)
    assert pytest.approx(BEHIND + 16, abs=1e-3) == kept.weights[110:-LAST].sum()


def test_what_is_kept_goes_back_where_it_was() -> None:
    """Two values a frame, and of the first one more at the end."""
    kept = kept_of(_loudness((20, -9), (90, 8), (60, -9)))
    values = np.arange(1, 342, dtype=np.float32)
    back = kept.put(kept.of(values[:, None], 2)[:-1, 0], 2)
    out = slice(2 * kept.start, 2 * kept.end)
    assert not back[out].any()
    back[out] = values[out]
    assert np.array_equal(values[:-1], back)
