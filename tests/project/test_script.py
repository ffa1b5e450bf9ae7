"""Words as written and as spoken."""

from __future__ import annotations

import pytest

from didgen.project.script import Text, as_written, length_problem, speak_text

SAY = {"kubectl": "cube control", "nginx": "engine x", "C++": "see plus plus", "AI": "A I"}


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Run kubectl, then nginx.", "Run cube control, then engine x."),
        ("kubectls mykubectl Kubectl", "kubectls mykubectl Kubectl"),
        ("C++ and AI", "see plus plus and A I"),
        ("AIM for AI!", "AIM for A I!"),
        ("  padded  ", "padded"),
    ],
)
def test_whole_words_are_respelled(written: str, spoken: str) -> None:
    """Only whole words, only in the spoken text, and case counts; the written text stays."""
    text = speak_text(written, SAY)
    assert (written.strip(), spoken) == (text.written, text.spoken)


def test_longer_words_win_over_their_parts() -> None:
    """`foo bar` is respelled as itself, not as `foo` and the rest."""
    assert "one two" == speak_text("foo bar baz", {"foo": "x", "foo bar": "one", "baz": "two"}).spoken


def test_tags_of_ssml_are_left_alone() -> None:
    """A word inside a tag is no speech."""
    text = speak_text('<p title="AI">AI</p>', SAY, ssml=True)
    assert '<p title="AI">A I</p>' == text.spoken


def test_captions_show_what_was_written() -> None:
    """The words of a respelled phrase become the written word again, with its time and its comma."""
    text = speak_text("Run kubectl, then AI.", SAY)
    said = [
        ("Run", 0.0, 0.2),
        ("cube", 0.2, 0.5),
        ("control,", 0.5, 1.0),
        ("then", 1.1, 1.3),
        ("A", 1.3, 1.4),
        ("I.", 1.4, 1.6),
    ]
    assert [("Run", 0.0, 0.2), ("kubectl,", 0.2, 1.0), ("then", 1.1, 1.3), ("AI.", 1.3, 1.6)] == as_written(
        said, text.respelled
    )


def test_captions_without_respelling_stay() -> None:
    """Nothing respelled, nothing changed; an unfinished phrase at the end is no phrase."""
    words = [("cube", 0.0, 1.0)]
    assert words == as_written(words, {})
    assert words == as_written(words, {"cube control": "kubectl"})


@pytest.mark.parametrize(
    ("spoken", "ssml", "problem"),
    [
        ("", False, "is empty"),
        ("ab", False, "has 2 characters, at least 3 are needed"),
        ("abc", False, ""),
        ("x" * 40_000, False, ""),
        ("x" * 40_001, False, "has 40,001 characters, at most 40,000 can be spoken"),
        ('<break time="5000ms"/>', True, ""),
    ],
)
def test_length_of_a_text(spoken: str, ssml: bool, problem: str) -> None:
    """Between 3 and 40,000 characters; SSML may be a pause and nothing else."""
    assert problem == length_problem(Text(spoken, spoken), ssml=ssml)
