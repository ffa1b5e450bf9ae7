"""Two texts as one line that shows the words in which they differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.plan.wording import _FIRST_UNSPACED, _word, word_diff

NIGHT = "It was a dark and stormy night; the rain fell in torrents, except at occasional intervals. "


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("Good morning, everyone", "Good evening, everyone", "Good [morning → evening], everyone"),
        ("Good morning.", "Hello.", "[Good morning → Hello]."),
        ("Hello.", "Hello, Anna.", "Hello[+, Anna]."),
        ("So, hello.", "hello.", "[−So,] hello."),
        ("Hello, Anna.", "Hello.", "Hello[−, Anna]."),
        ("It costs 3.50 today", "It costs 3.75 today", "It costs [3.50 → 3.75] today"),
        ("早上好，大家", "晚上好，大家", "[早 → 晚]上好，大家"),
        ("สวัสดีตอนเช้า", "สวัสดีตอนเย็น", "สวัสดีตอนเ[ช้า → ย็น]"),
        ('<speak>So <break time="1s"/> it is</speak>', '<speak>So <break time="2s"/> it is</speak>',
         '<speak>So [<break time="1s"/> → <break time="2s"/>] it is</speak>'),
        ("one  two", "one\ntwo", "spaces or line breaks only"),
        ("go\x1b[2J home", "go home", "go[−\\x1b[2J] home"),
    ],
)  # fmt: skip
def test_changed_words_stand_in_brackets(old: str, new: str, line: str) -> None:
    """Replaced, added and removed words; tags and numbers whole; scripts without spaces by character."""
    assert line == word_diff(old, new)


def test_a_long_script_is_shown_around_its_changes() -> None:
    """Whole words beside each change, and an ellipsis for the rest."""
    before = NIGHT * 3
    after = before.replace("except at", "save for", 1).replace("dark", "bright", 1)
    assert (
        "It was a [dark → bright] and stormy night; the rain fell in torrents, [except at → save for] occasional "
        "intervals.…"
    ) == word_diff(before, after)


def test_of_many_changes_the_first_are_shown() -> None:
    """The rest are counted."""
    before = " ".join(f"This is the sentence that has number {n} in it and some more words." for n in range(9))
    shown = word_diff(before, before.replace("sentence", "phrase"))
    assert 3 == shown.count("[sentence → phrase]")
    assert shown.endswith("and 6 more changes")


def test_texts_with_nothing_in_common_are_one_change() -> None:
    """No splinters of words that happen to be in both."""
    assert "[We open at nine on every day but Sunday → Please leave a message after the tone]" == word_diff(
        "We open at nine on every day but Sunday", "Please leave a message after the tone"
    )


words = st.lists(
    st.sampled_from([*"abcdefgh", "早", "上", "<b>", ",", "word", "longer-word", "\n", "\x1b"]), max_size=200
)


@given(words, words)
def test_what_is_shown_is_one_bounded_line(a: list[str], b: list[str]) -> None:
    """Whatever changed: a few hundred characters, printable, and brackets exactly when words differ."""
    shown = word_diff(" ".join(a), " ".join(b))
    assert len(shown) <= 550
    assert shown.isprintable()
    assert ("[" in shown) == ([w for w in a if w != "\n"] != [w for w in b if w != "\n"])


@given(st.text(st.characters(max_codepoint=ord(_FIRST_UNSPACED) - 1)))
def test_where_all_words_have_spaces_the_short_pattern_finds_the_same(text: str) -> None:
    """It is there because it is made in no time, and is used for whatever has no letter from Thai on."""
    assert _word(unspaced=True).findall(text) == _word(unspaced=False).findall(text)
