"""didgen.engine.speech.pico: real sentences by a voice that runs as a process of its own."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest

from didgen.catalog.local_voices import VOICES
from didgen.engine.shot import TextScript
from didgen.engine.speech.oneshot import ask
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import VISEMES, Speech
from didgen.errors import RenderError

pytest.importorskip("py_nanotts", reason="the pico extra is not installed")

TEXT = "Peter malt einen bunten Baum. Mama kommt um 7 mit dem Auto."


@lru_cache(maxsize=1)
def said() -> Speech:
    return speak(TextScript(TEXT, "pico-de"))


def test_words_come_back_as_written_in_order() -> None:
    """All of them, none over another, inside the sound, at a human pace."""
    speech = said()
    assert TEXT.split() == [w.text for w in speech.words]
    assert all(a.end_s <= b.start_s for a, b in pairwise(speech.words))
    assert 1.5 <= len(speech.words) / speech.duration_s <= 3.5


def test_the_mouth_closes_on_p_b_and_m() -> None:
    """The first sound of "Peter", "malt", "bunten", "Baum" and "Mama" is one of closed lips."""
    speech = said()
    closed = [(p.start_s, p.end_s) for p in speech.phonemes if p.viseme == "PP"]
    for word in speech.words:
        if word.text.strip(".") in {"Peter", "malt", "bunten", "Baum", "Mama"}:
            assert any(a < word.start_s + 0.1 and b > word.start_s - 0.1 for a, b in closed), word
    assert set(VISEMES) >= {p.viseme for p in speech.phonemes}


def test_the_same_sentence_is_the_same_sound_whatever_was_said_before() -> None:
    """Pico differs from call to call inside a process: each sentence has its own."""
    alone = speak(TextScript("Mama kommt um 7 mit dem Auto.", "pico-de"))
    again = speak(TextScript("Mama kommt um 7 mit dem Auto.", "pico-de"))
    assert alone.samples.tobytes() == again.samples.tobytes()
    assert alone.words == again.words
    heard = alone.samples[3000:-6500]
    whole = said().samples
    assert (
        np.abs(whole[np.argmax(np.correlate(whole, heard[:24_000], "valid")) :][:24_000] - heard[:24_000]).max() < 1e-6
    )


@pytest.mark.parametrize(("rate", "factor"), [(0.75, 1 / 0.75), (1.5, 1 / 1.5)])
def test_rate_changes_the_pace(rate: float, factor: float) -> None:
    """Pico's own pace control, within a tenth."""
    slow = speak(TextScript("Mama kommt um 7 mit dem Auto.", "pico-de", rate=rate))
    plain = speak(TextScript("Mama kommt um 7 mit dem Auto.", "pico-de"))
    assert pytest.approx(factor, rel=0.1) == (slow.duration_s - 0.37) / (plain.duration_s - 0.37)


@pytest.mark.parametrize("voice", [v.id for v in VOICES.values() if v.engine == "pico"])
def test_each_voice_speaks(voice: str) -> None:
    """Every language of the six has its sound."""
    speech = speak(TextScript("Radio, taxi, hotel, banana!", voice))
    assert 1.0 < speech.duration_s < 5.0
    assert 4 == len(speech.words)


def test_markup_in_the_text_is_not_an_order() -> None:
    """Pico takes tags for orders; a text may hold any sign."""
    plain = speak(TextScript("Eins zwei drei.", "pico-de"))
    tagged = speak(TextScript("Eins <pitch level='200'> zwei drei.", "pico-de"))
    assert tagged.duration_s > plain.duration_s  # read aloud, or left out, but not obeyed


def test_an_engine_that_hangs_is_given_up() -> None:
    """One clear error that names the sentence; the child is gone."""
    with pytest.raises(RenderError, match=r"pico got stuck for 0\.001 s at 'Hallo'") as caught:
        ask("pico", {"text": "Hallo", "voice": "de-DE", "speed": None}, patience_s=0.001)
    assert "TextToSpeechProviderError" == caught.value.kind


def test_an_engine_that_fails_says_why() -> None:
    """Its last words are in the error."""
    with pytest.raises(RenderError, match=r"pico stopped \(exit code 1: .*voice"):
        ask("pico", {"text": "Hallo", "voice": "xx-XX", "speed": None})
