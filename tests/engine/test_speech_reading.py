"""didgen.engine.speech.reading: phonemes, and the written words they belong to."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from didgen.engine.shot import TextScript
from didgen.engine.speech.reading import MAX_PHONEMES, align, heard, ids, read, spelled
from didgen.engine.speech.script import utterances
from didgen.errors import RenderError


def words(text: str, **more: bool) -> list[tuple[str, str]]:
    return [(w.text, r.phonemes[w.start : w.end]) for r in read(text, text, **more) for w in r.words]


def test_words_stay_as_written_and_sound_as_spoken() -> None:
    """A title, a price and a number keep their written form over the phonemes that speak it."""
    found = dict(words("Dr. Smith paid $9.99 for 3."))
    assert "dˈɑktəɹ" == found["Dr."]
    assert "nˈIn dˈɑləɹz ænd nˈIndi nˈIn sˈɛnts" == found["$9.99"]
    assert "θɹˈi." == found["3."]


@pytest.mark.parametrize(
    "text",
    [
        "Well — yes, café 😀 at 7:30 pm!",
        "on 3 March, March 3, 2024; call 555-0199 now",
        "3-4 days, 6 km, 20 °C & 5% of R&D",
        "😀 Hello “you”",
        "03/04/2021 2021-03-04 7:30 8:15 9:00 10am",
        "see https://d-id.com/a?b=c or anna@acme.com",
    ],
)
def test_words_joined_give_the_text(text: str) -> None:
    """Whatever is normalised, no written word is lost, doubled or moved, and each can be heard."""
    found = words(text)
    assert text == " ".join(w for w, _ in found)
    assert all(heard(p) for _, p in found)


AWKWARD = (
    "Dr. Mr. 3 3rd $9.99 7:30 pm 10am — - & 😀 km 6km 20°C 5% U.S. e.g. I'm “wow” (half) 03/04/2021 March 3, 2024. 1/2 "
    "½ C++ #1 No. 555-0199 http://a.b/c x@y.com Henry VIII … ... ? ! hello R&D NASA 1,250 -5 'til €5 £3m million ² m² "
    "25:61 1st St. and/or * _ / \" ' [a](b) ]( ~5 = <b> w/ vs. @home ’s ß Ångström naïve"
).split()
SENTENCES = st.lists(st.sampled_from(AWKWARD), min_size=1, max_size=14).map(" ".join)


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(SENTENCES.filter(lambda text: any(c.isalnum() for c in text)))
def test_any_mixture_of_awkward_words_comes_back_whole(text: str) -> None:
    """From script to words: nothing is lost, doubled or moved, and every word can be heard."""
    readings = [r for u in utterances(TextScript(text, "heart")) for r in read(u.written, u.spoken)]
    assert text == " ".join(w.text for r in readings for w in r.words)
    assert all(heard(r.phonemes[w.start : w.end]) for r in readings for w in r.words)


def test_neighbours_that_both_change_are_told_apart() -> None:
    """ "7:30 pm" is spoken as four words: the time takes two, the half of the day the rest."""
    assert [0, 1, 1, 2] == align(
        ["at", "7:30", "pm"], ["at", "seven", "thirty", "P.M."], {"7:30": "seven thirty", "pm": "pm"}.__getitem__
    )


def test_an_unheard_word_joins_the_one_before() -> None:
    """A dash is no word of its own, nor is an emoji."""
    assert ["Well —", "yes 😀"] == [w for w, _ in words("Well — yes 😀")]


def test_a_long_sentence_is_cut_after_punctuation() -> None:
    """No reading is longer than the voices allow, and cuts prefer a comma."""
    text = ("several ordinary English words, " * 40).strip()
    readings = read(text, text)
    assert len(readings) > 1
    assert all(len(r.phonemes) <= MAX_PHONEMES for r in readings)
    assert all(r.phonemes.endswith(",") for r in readings)
    assert text == " ".join(w.text for r in readings for w in r.words)


def test_a_british_voice_reads_british() -> None:
    """The same word has other vowels."""
    assert words("hello there") != words("hello there", british=True)


def test_ids_are_padded() -> None:
    """The models want a zero before and behind."""
    assert [0, *ids("ab")[1:-1], 0] == ids("ab")
    assert 4 == len(ids("ab"))


def test_a_hopeless_number_is_a_clear_error() -> None:
    """What the normaliser chokes on is refused in words, not by a traceback."""
    with pytest.raises(RenderError, match="cannot read '1111"):
        read("1" * 5000, "1" * 5000)


def test_a_voice_that_reads_letters_is_given_the_spoken_text() -> None:
    """Each written word keeps its place in it; what has no letter joins the word before, or the first after."""
    (reading,) = spelled("😀 Dr. Lee — sagt 3!", "😀 Doktor Lee — sagt drei!")
    assert "😀 Doktor Lee — sagt drei!" == reading.phonemes
    found = {w.text: reading.phonemes[w.start : w.end] for w in reading.words}
    assert {"😀 Dr.": "😀 Doktor", "Lee —": "Lee —", "sagt": "sagt", "3!": "drei!"} == found
    assert [] == spelled("… !", "… !")
