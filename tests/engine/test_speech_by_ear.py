"""didgen.engine.speech.by_ear: words found in the sound of a voice whose own times are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from didgen.engine.shot import TextScript
from didgen.engine.speech.by_ear import expected_visemes, follow
from didgen.engine.speech.lipnet import SAMPLE_RATE_HZ, viseme_probabilities
from didgen.engine.speech.listen import resampled
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import VISEMES

TEXT = "My brother bought a small house near the old church, and nobody knows why it is so cold."


def test_words_are_found_where_the_voice_says_they_are() -> None:
    """Half of them within a picture (40 ms), nine in ten within a tenth of a second, in order."""
    speech = speak(TextScript(TEXT, "heart"))
    visemes = viseme_probabilities(resampled(speech.samples, speech.sample_rate_hz, SAMPLE_RATE_HZ))
    times = follow(visemes, TEXT.split(), "en").times_s
    off_s = np.abs([start_s - word.start_s for (start_s, _), word in zip(times, speech.words, strict=True)])
    assert np.median(off_s) < 0.04
    assert np.percentile(off_s, 90) < 0.1
    assert all(a[1] <= b[0] for a, b in pairwise(times))


def test_a_clear_case_is_found_exactly() -> None:
    """Half a second of rest, "ma" and "so" of 200 ms a sound with a rest between them, and a rest."""
    row = {v: np.eye(len(VISEMES), dtype=np.float32)[k] for k, v in enumerate(VISEMES)}
    spoken = [("sil", 50), ("PP", 20), ("aa", 20), ("sil", 10), ("SS", 20), ("O", 20), ("sil", 50)]
    visemes = np.concatenate([np.tile(row[v], (n, 1)) for v, n in spoken])
    assert np.allclose([(0.5, 0.9), (1.0, 1.4)], follow(visemes, ["ma", "so"], "it").times_s)


def test_sound_shorter_than_its_words_is_shared_out() -> None:
    """No frame for every word: equal parts, and no word at all from nothing."""
    assert [(0.0, 0.0), (0.0, 0.0)] == follow(np.zeros((0, 15), np.float32), ["a", "b"], "en").times_s
    assert [] == follow(np.ones((9, 15), np.float32) / 15, [], "en").times_s


def test_letters_stand_for_the_shapes_of_their_language() -> None:
    """ "sch" is one sound in German; "h" is none in Spanish; a digit may be anything."""
    assert ["CH", "nn", "E"] == expected_visemes("Schnee", "de")
    assert ["O", "DD", "aa"] == expected_visemes("hola", "es")
    assert ["?"] * 3 == expected_visemes("7", "de")[:3]
