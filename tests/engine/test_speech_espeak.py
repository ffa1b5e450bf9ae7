"""didgen.engine.speech.espeak: draft voices with exact times, and the phonemes of Kokoro's other languages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from didgen.catalog.local_voices import VOICES
from didgen.engine.shot import TextScript
from didgen.engine.speech.breath import readings
from didgen.engine.speech.espeak import chunks
from didgen.engine.speech.oneshot import ask
from didgen.engine.speech.reading import vocabulary
from didgen.engine.speech.speak import speak
from didgen.engine.speech.speech import VISEMES
from didgen.errors import RenderError

pytest.importorskip("espeakng_loader", reason="the espeak extra (GPL) is not installed")


def test_words_and_sounds_come_with_the_times_of_the_synthesiser() -> None:
    """ "papa" and "mama" close the lips twice each, inside their words; words as written, in order."""
    text = "Papa en mama komen om 7 uur."
    speech = speak(TextScript(text, "espeak-nl"))
    assert text.split() == [w.text for w in speech.words]
    assert all(a.end_s <= b.start_s for a, b in pairwise(speech.words))
    for word in (speech.words[0], speech.words[2]):
        inside = [p for p in speech.phonemes if word.start_s - 0.01 <= p.start_s < word.end_s]
        assert 2 == sum(p.viseme == "PP" for p in inside)
    assert set(VISEMES) >= {p.viseme for p in speech.phonemes}


def test_the_same_sentence_is_the_same_sound() -> None:
    """Inside a process espeak remembers; every sentence has its own."""
    first, again = (speak(TextScript("Dobrý den.", "espeak-cs")) for _ in range(2))
    assert first.samples.tobytes() == again.samples.tobytes()


def test_rate_changes_the_pace() -> None:
    """Half as long again at two thirds of the pace, within a tenth."""
    slow, plain = (
        speak(TextScript("Tåget var sent igen, så hon gick längs floden.", "espeak-sv", rate=r)) for r in (2 / 3, 1)
    )
    assert pytest.approx(1.5, rel=0.1) == slow.words[-1].end_s / plain.words[-1].end_s


@pytest.mark.parametrize("name", [v.id for v in VOICES.values() if v.engine == "espeak"])
def test_each_voice_is_one_that_espeak_has(name: str) -> None:
    """A name it does not know would silently be spoken by another voice: the child refuses it."""
    facts, _ = ask("espeak", {"voice": name.removeprefix("espeak-"), "texts": ["7"]})
    assert facts["phonemes"][0].strip()


def test_a_voice_nobody_has_is_an_error() -> None:
    """Not another voice, and not a crash."""
    with pytest.raises(RenderError, match="espeak-ng has no voice xx"):
        ask("espeak", {"voice": "xx", "texts": ["a"]})


@pytest.mark.parametrize(
    ("voice", "text", "sounds"),
    [
        ("ff_siwis", "Les enfants sont là.", {"Les": "lez"}),  # the liaison of the clause, not of the word alone
        ("ef_dora", "Llegó tarde, con 25 niños.", {"Llegó": "ʎeɣˈo", "niños.": "nˈiɲos."}),
        ("if_sara", "La chiesa è bella.", {"chiesa": "kjˈɛza"}),
        ("pf_dora", "Bom dia, gente.", {"dia,": "ʤˈiæ,"}),
    ],
)
def test_phonemes_stand_with_their_words(voice: str, text: str, sounds: dict[str, str]) -> None:
    """In the alphabet of the voices, a number with all its words, punctuation kept."""
    (reading,) = readings(VOICES[voice], text, text)
    found = {w.text: reading.phonemes[w.start : w.end] for w in reading.words}
    assert text.split() == list(found)
    assert all(reading.phonemes[w.start : w.end] for w in reading.words)
    assert sounds == {word: found[word] for word in sounds}
    assert set(reading.phonemes) <= set(vocabulary())


def test_a_foreign_word_is_read_without_the_name_of_its_language() -> None:
    """espeak reads "week-end" as English and says so: "(en)", which the voice would have spoken."""
    assert ["lə", "wˈiːkˈɛnd,", "ˈɛ̃"] == [c.phonemes for c in chunks("fr", "le week-end, hein")]
    spoken = speak(TextScript("Het weekend.", "espeak-nl"))
    assert "hətwikɛnd" == "".join(p.symbol for p in spoken.phonemes)


def test_nothing_but_marks_has_no_phonemes() -> None:
    """An emoji and a dash are words without a sound."""
    assert ["", "—", "o"] == [c.phonemes.strip("ˈˌ") for c in chunks("es", "😀 — o")]
