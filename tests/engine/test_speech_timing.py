"""didgen.engine.speech.timing: when a phoneme is heard, from hand-made durations."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.engine.speech.speech import Phoneme
from didgen.engine.speech.timing import Sound, heard, phonemes_of, tiled, time_symbols

EVERYWHERE = Sound(0.0, 10.0, np.ones(1000, bool))


def edges(*durations: float) -> np.ndarray:
    return np.concatenate([[0.0], np.cumsum(durations)])


def times(phonemes: str, *durations: float, sound: Sound = EVERYWHERE) -> dict[str, tuple[float, float]]:
    timed = time_symbols(phonemes, edges(*durations), sound)
    return {t.symbol: (round(t.start_s, 4), round(t.end_s, 4)) for t in timed if t.symbol}


def test_everything_is_45_ms_earlier_than_the_model_says() -> None:
    """Raw times run late against the sound."""
    assert {"m": (0.255, 0.355), "a": (0.355, 0.455)} == times("ma", 0.3, 0.1, 0.1, 0.1)


def test_a_stress_mark_gives_half_to_either_side() -> None:
    """It has time in the model but no shape of its own."""
    assert {"m": (0.255, 0.375), "a": (0.375, 0.495)} == times("mˈa", 0.3, 0.1, 0.04, 0.1, 0.1)


def test_a_length_mark_belongs_to_its_vowel() -> None:
    """A long vowel is long itself."""
    assert {"a": (0.255, 0.455), "m": (0.455, 0.555)} == times("aːm", 0.3, 0.1, 0.1, 0.1, 0.1)


def test_a_short_gap_between_words_is_shared_a_long_one_is_a_rest() -> None:
    """0.1 s is no reason to close the mouth, 0.4 s is."""
    assert {"m": (0.255, 0.405), "a": (0.405, 0.555)} == times("m a", 0.3, 0.1, 0.1, 0.1, 0.1)
    assert {"m": (0.255, 0.355), "a": (0.755, 0.855)} == times("m a", 0.3, 0.1, 0.4, 0.1, 0.1)


def test_the_last_sound_ends_where_it_is_heard_to_end() -> None:
    """The model lets the last phoneme of a phrase swallow the silence after it."""
    loud = np.zeros(100, bool)
    loud[25:50] = True
    found = times("ma.", 0.3, 0.1, 0.4, 0.05, 0.1, sound=Sound(0.25, 0.5, loud))
    assert (0.355, 0.5) == found["a"]


def test_a_closure_inside_a_word_is_not_mistaken_for_a_rest() -> None:
    """The silence of a p between vowels stays a p."""
    loud = np.ones(100, bool)
    loud[36:45] = False
    assert (0.355, 0.455) == times("apa", 0.3, 0.1, 0.1, 0.1, 0.1, sound=Sound(0.2, 0.6, loud))["p"]


def test_heard_finds_the_loud_part() -> None:
    """A tone from 0.5 to 1.5 s, 60 dB over the noise, is found within 20 ms."""
    rng = np.random.default_rng(1)
    x = (rng.standard_normal(48_000) * 1e-4).astype(np.float32)
    x[12_000:36_000] += np.sin(np.arange(24_000) * 0.1).astype(np.float32)
    sound = heard(x, 24_000)
    assert (pytest.approx(0.5, abs=0.02), pytest.approx(1.5, abs=0.02)) == (sound.start_s, sound.end_s)
    assert 0.0 == heard(np.zeros(2400, np.float32), 24_000).end_s


def test_a_diphthong_becomes_two_shapes_of_equal_length() -> None:
    """ "I" of "my" from 0.255 s on, moved by the offset."""
    timed = time_symbols("I", edges(0.3, 0.2, 0.1), EVERYWHERE)
    first, second = phonemes_of(timed, 1.0)
    assert ("aa", "E") == (first.viseme, second.viseme)
    assert (1.255, 1.355, 1.455) == tuple(round(s, 4) for s in (first.start_s, second.start_s, second.end_s))


def test_tiles_cover_the_sound_without_overlap() -> None:
    """Gaps become silence, overlaps are cut, nothing reaches over the end."""
    given = [Phoneme("a", "aa", 0.1, 0.3), Phoneme("m", "PP", 0.25, 0.4), Phoneme("i", "I", 0.6, 1.2)]
    assert (
        Phoneme("", "sil", 0.0, 0.1),
        Phoneme("a", "aa", 0.1, 0.3),
        Phoneme("m", "PP", 0.3, 0.4),
        Phoneme("", "sil", 0.4, 0.6),
        Phoneme("i", "I", 0.6, 1.0),
    ) == tiled(given, 1.0)


def test_sums_of_floats_leave_no_slivers() -> None:
    """0.1 + 0.2 is not 0.3: no silence of 1e-17 s stands between two sounds, nor after the last."""
    given = [Phoneme("a", "aa", 0.0, 0.3), Phoneme("m", "PP", 0.1 + 0.2, 0.7 + 0.1)]
    found = tiled(given, 0.8)
    assert ["aa", "PP"] == [p.viseme for p in found]
    assert 0.8 == found[-1].end_s
