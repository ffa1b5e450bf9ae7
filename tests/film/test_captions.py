from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from didgen.film.captions import GAP_S, LONGEST_S, Cue, Word, cues, film_cues, to_srt, to_vtt


def spoken(text: str, start_s: float = 0.0, word_s: float = 0.3) -> list[Word]:
    """Words at a steady pace."""
    return [(word, start_s + k * word_s, start_s + k * word_s + 0.25) for k, word in enumerate(text.split())]


words_in_time = st.lists(
    st.tuples(
        st.text("abcdefgh.,!?", min_size=1, max_size=12),
        st.floats(0, 1.5, allow_nan=False),
        st.floats(0.05, 1, allow_nan=False),
    ),
    max_size=60,
)


@given(words_in_time)
def test_captions_hold_every_word_once_in_order_and_within_the_limits(
    pieces: list[tuple[str, float, float]],
) -> None:
    """Whatever is said, at whatever pace: at most 2 lines of 42, at most 7 s, no overlap, nothing lost."""
    words: list[Word] = []
    now = 0.0
    for text, pause, length in pieces:
        words.append((text, now + pause, now + pause + length))
        now += pause + length
    made = cues(words, now)
    assert [text for text, _, _ in words] == " ".join(cue.text for cue in made).split()
    for cue in made:
        assert 1 <= len(cue.lines) <= 2
        assert max(len(line) for line in cue.lines) <= 42
        assert 0 < cue.end_s - cue.start_s <= LONGEST_S + 1e-9
    for before, after in itertools.pairwise(made):
        assert before.end_s <= after.start_s


def test_a_sentence_ends_its_caption() -> None:
    """Two short sentences are two captions, each from its first word on."""
    made = cues([*spoken("Good morning."), *spoken("How are you today?", 0.9)], 3.0)
    assert ["Good morning.", "How are you today?"] == [cue.text for cue in made]
    assert [0.0, 0.9] == [round(cue.start_s, 3) for cue in made]
    assert 0.9 - GAP_S == made[0].end_s


def test_an_abbreviation_ends_no_caption() -> None:
    """A stop after which nobody rests belongs to its word."""
    assert ["Dr. Lee lives in St. Ives."] == [cue.text for cue in cues(spoken("Dr. Lee lives in St. Ives."), 3.0)]


def test_a_pause_ends_a_caption_where_no_sentence_does() -> None:
    """What is said after a second of silence does not stand there before it is said."""
    made = cues([*spoken("and then"), *spoken("nothing happened", 2.0)], 5.0)
    assert ["and then", "nothing happened"] == [cue.text for cue in made]
    assert made[0].end_s < 2.0 == made[1].start_s


def test_a_long_sentence_parts_at_its_comma() -> None:
    """A caption that would not fit breaks between clauses when one ends near the middle."""
    text = "When the morning light reached the old harbour wall, every gull on it rose at once and screamed."
    made = cues(spoken(text), 20)
    assert made[0].text.replace("\n", " ").endswith("wall,")


def test_lines_are_of_about_the_same_length() -> None:
    """Two balanced lines are read faster than a full and an empty one."""
    (cue,) = cues(spoken("The quick brown fox jumps over the lazy dog tonight."), 10)
    assert ("The quick brown fox jumps", "over the lazy dog tonight.") == cue.lines


def test_a_line_ends_with_its_clause_where_that_costs_little() -> None:
    """ "…photograph, / on a bare machine", not "…one / photograph, on…"."""
    (cue,) = cues(spoken("This film was made from one photograph, on a bare machine.", word_s=0.3), 10)
    assert ("This film was made from one photograph,", "on a bare machine.") == cue.lines


def test_a_short_word_stays_long_enough_to_be_read() -> None:
    """ "No." takes a quarter of a second to say and longer to read."""
    (cue,) = cues([("No.", 0.5, 0.7)], 10)
    assert (0.5, 1.5) == (cue.start_s, cue.end_s)


def test_no_caption_outlasts_the_video() -> None:
    """The last one ends with the picture."""
    (cue,) = cues([("Bye.", 1.0, 1.2)], 1.24)
    assert 1.24 == cue.end_s


def test_captions_of_a_film_are_those_of_its_clips_moved() -> None:
    """The second clip's begin after the first clip's length, not after its last word."""
    clip = cues([("Hello.", 0.2, 0.5)], 4.0)
    film = film_cues([(clip, 4.0), ([], 2.5), (clip, 4.0)])
    assert [0.2, 6.7] == [round(cue.start_s, 6) for cue in film]
    assert ["Hello.", "Hello."] == [cue.text for cue in film]


def test_the_two_formats_say_the_same_in_their_own_ways() -> None:
    """WebVTT has points and escapes; SubRip has numbers and commas."""
    captions = [Cue(3.5, 5.25, ("Tom & Ann", "say <hi>")), Cue(3725.0, 3726.001, ("Later.",))]
    assert (
        "WEBVTT\n\n00:00:03.500 --> 00:00:05.250\nTom &amp; Ann\nsay &lt;hi&gt;\n\n"
        "01:02:05.000 --> 01:02:06.001\nLater.\n"
    ) == to_vtt(captions)
    assert (
        "1\n00:00:03,500 --> 00:00:05,250\nTom & Ann\nsay <hi>\n\n2\n01:02:05,000 --> 01:02:06,001\nLater.\n"
    ) == to_srt(captions)


def test_a_video_without_words_has_an_empty_but_valid_caption_file() -> None:
    """An animation says nothing."""
    assert "WEBVTT\n" == to_vtt(cues([]))
    assert "" == to_srt([])
