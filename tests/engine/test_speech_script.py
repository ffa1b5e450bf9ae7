"""didgen.engine.speech.script: what is said in one breath, and what is refused."""

from __future__ import annotations

import pytest

from didgen.engine.shot import TextScript
from didgen.engine.speech.script import (
    MAX_WORDS,
    PARAGRAPH_PAUSE_S,
    SENTENCE_PAUSE_S,
    Utterance,
    clean,
    utterances,
)
from didgen.errors import RenderError


def said(text: str, *, ssml: bool = False) -> list[str]:
    return [u.written for u in utterances(TextScript(text, "heart", ssml=ssml))]


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One. Two! Three? Four…", ["One.", "Two!", "Three?", "Four…"]),
        ("“Yes.” He left.", ["“Yes.”", "He left."]),
        ("Dr. Lee met J. K. Rowling.", ["Dr. Lee met J. K. Rowling."]),
        ("The U.S. Embassy is open. Come in.", ["The U.S. Embassy is open.", "Come in."]),
        ("approx. five", ["approx. five"]),
        ("Is it? No. It is not. See no. 5.", ["Is it?", "No.", "It is not.", "See no. 5."]),
        ("Wait... what?", ["Wait... what?"]),
        ("one\nline", ["one line"]),
        ("Hello. 😀", ["Hello. 😀"]),
        ("… 😀! Hello. Bye.", ["… 😀! Hello.", "Bye."]),
    ],
)
def test_sentences_end_where_a_reader_would_rest(text: str, sentences: list[str]) -> None:
    """Stops end sentences, but not after titles or initials or before small letters."""
    assert sentences == said(text)


def test_a_paragraph_rests_longer_than_a_sentence() -> None:
    """A blank line, spaces in it or not, makes the longer pause."""
    found = utterances(TextScript("A one. A two.\n \nB one.", "heart"))
    assert [SENTENCE_PAUSE_S, PARAGRAPH_PAUSE_S, PARAGRAPH_PAUSE_S] == [u.pause_s for u in found]


def test_an_endless_sentence_is_parted_at_a_clause() -> None:
    """No stretch is longer than MAX_WORDS, none of the words is lost, and commas are preferred."""
    words = [f"w{k}," if k == 40 else f"w{k}" for k in range(200)]
    parts = said(" ".join(words))
    assert words == " ".join(parts).split()
    assert max(len(p.split()) for p in parts) <= MAX_WORDS
    assert parts[0].endswith("w40,")


def test_what_cannot_be_seen_is_not_spoken() -> None:
    """Control, zero-width and private characters vanish; typographic alphabets become plain letters."""
    assert "Hello word caf\u00e9 Hi" == clean("He\x00llo w\u200bo\u00adrd cafe\u0301 𝐇𝐢\uf8ff")


@pytest.mark.parametrize("text", ["", " \n\t", "😀", "— … !", "\u200b"])
def test_a_script_without_a_word_is_refused(text: str) -> None:
    """Nothing to say is an error, not a silent film."""
    with pytest.raises(RenderError, match="nothing to say") as caught:
        utterances(TextScript(text, "heart"))
    assert "ValidationError" == caught.value.kind


def test_the_service_s_length_limit_holds() -> None:
    """40,000 characters pass, one more does not."""
    assert utterances(TextScript("a" * 40_000, "heart"))
    with pytest.raises(RenderError, match="40,001 characters"):
        utterances(TextScript("a" * 40_001, "heart"))


@pytest.mark.parametrize(
    ("text", "name", "word"),
    [
        ("Say мир now", "Cyrillic", "мир"),
        ("こんにちは", "Hiragana", "こんにちは"),
        ("你好", "CJK", "你好"),
        ("α", "Greek", "α"),
    ],
)
def test_writing_the_voice_cannot_read_is_named(text: str, name: str, word: str) -> None:
    """Another script would be spoken as nonsense: the error says which and where."""
    with pytest.raises(RenderError, match=f"cannot read {name} writing: '{word}'"):
        utterances(TextScript(text, "heart"))


def test_latin_letters_of_any_language_and_signs_pass() -> None:
    """Accents, units and currency are read."""
    assert ["Łódź, 5 µm, £3, 20 °C: café."] == said("Łódź, 5 µm, £3, 20 °C: café.")


def test_plain_text_is_not_markup() -> None:
    """Angle brackets and ampersands are ordinary characters without ssml."""
    assert (Utterance("a < b & c", "a < b & c", PARAGRAPH_PAUSE_S),) == utterances(TextScript("a < b & c", "heart"))


def test_a_small_number_with_a_stop_is_an_ordinal_where_it_is_written_so() -> None:
    """German: the third of May. English: an end. A year ends a sentence in both."""
    text = "Wir kommen am 3. Mai. Das war 1999. Danach nie mehr."
    german = [u.written for u in utterances(TextScript(text, "pico-de"))]
    assert ["Wir kommen am 3. Mai.", "Das war 1999.", "Danach nie mehr."] == german
    assert 2 == len(utterances(TextScript("We had 3. Then more came.", "heart")))
