"""All voices are equally loud, sentence by sentence."""

from __future__ import annotations

import numpy as np
import pytest

from didgen.catalog.local_voices import VOICES, language
from didgen.catalog.voices import installed
from didgen.engine.shot import TextScript
from didgen.engine.speech.gains import GAIN_DB
from didgen.engine.speech.loudness import PEAK_DB, TARGET_LUFS, integrated_lufs, true_peaks
from didgen.engine.speech.speak import speak
from tests.bench.sentences import SENTENCES

TRIED = ("heart", "pico-de", "pico-en-US", "pico-en-GB", "pico-es", "pico-fr", "pico-it", "espeak-nl", "am_fenrir")
"""One of the slow Kokoro voices stands for all: the gain of each was measured over ten sentences or so."""


@pytest.mark.parametrize("name", TRIED)
def test_a_voice_is_as_loud_as_the_others(name: str) -> None:
    """Some sentences of its language: -16 LUFS within 1 LU, true peaks under -1.5 dB."""
    if name not in installed():
        pytest.skip(f"{name} is not installed")
    text = " ".join(SENTENCES[language(VOICES[name].locale)][: 1 if VOICES[name].engine == "kokoro" else 3])
    speech = speak(TextScript(text, name))
    assert pytest.approx(TARGET_LUFS, abs=1.0) == integrated_lufs(speech.samples, speech.sample_rate_hz)
    assert true_peaks(speech.samples).max() <= 10 ** (PEAK_DB / 20) * 1.01


def test_a_sentence_sounds_the_same_whatever_stands_around_it() -> None:
    """Loud or soft neighbours change no sample of it: an edited sentence leaves the others as they were."""
    alone = speak(TextScript("See you soon.", "heart")).samples
    for before in ("Hm.", "What a loud and long sentence this is, with all that shouting in it!"):
        whole = speak(TextScript(f"{before} See you soon.", "heart")).samples
        assert np.array_equal(alone[2880:], whole[-len(alone) + 2880 :])


def test_every_voice_has_a_gain_of_its_own_or_of_its_engine() -> None:
    """Only espeak's languages share one."""
    assert {v.engine for v in VOICES.values() if v.id not in GAIN_DB} <= {"espeak"}
