"""From a script as written to the words that are spoken. Light: a plan of words alone asks it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

MIN_CHARACTERS = 3
MAX_CHARACTERS = 40_000

MARKUP = re.compile(r"(<[^>]*>)")


class Text:
    """A script's words as written (for captions) and as spoken, and the phrases in which they differ.

    respelled: spoken phrase → written word, only those that occur.
    """

    __slots__ = ("respelled", "spoken", "written")

    def __init__(self, written: str, spoken: str, respelled: Mapping[str, str] | None = None) -> None:
        self.written, self.spoken, self.respelled = written, spoken, respelled or {}


def plain_ends(text: str) -> str:
    """A text with the ends of lines that templates give it: a checkout on Windows says the same as any other."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def speak_text(written: str, pronounce: Mapping[str, str], *, ssml: bool = False) -> Text:
    """Replace whole words by how they are spoken; in SSML only between the tags. Case counts."""
    written = written.strip()
    words = {word: spoken for word, spoken in pronounce.items() if word in written}
    if not words:
        return Text(written, written)
    whole = whole_words(words)
    used: dict[str, str] = {}

    def say(match: re.Match[str]) -> str:
        used[words[match[1]]] = match[1]
        return words[match[1]]

    parts = MARKUP.split(written) if ssml else [written]
    spoken = "".join(part if ssml and part.startswith("<") else whole.sub(say, part) for part in parts)
    return Text(written, spoken, used)


def whole_words(words: Iterable[str]) -> re.Pattern[str]:
    """Any of some words or phrases where it stands by itself, the longest first; as the pattern's one group."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, longest_first))})(?!\w)")


def words_of(markup: str) -> str:
    """What is spoken of an SSML text: without its tags."""
    return MARKUP.sub("", markup).strip()


def length_problem(text: Text, *, ssml: bool = False) -> str:
    """What is wrong with a text's length; "" when nothing is."""
    words = words_of(text.spoken) if ssml else text.spoken
    if not words and not ssml:
        return "is empty"
    if len(text.spoken) < MIN_CHARACTERS:
        return f"has {len(text.spoken)} characters, at least {MIN_CHARACTERS} are needed"
    if len(text.spoken) > MAX_CHARACTERS:
        return f"has {len(text.spoken):,} characters, at most {MAX_CHARACTERS:,} can be spoken"
    return ""


def as_written(
    words: Sequence[tuple[str, float, float]], respelled: Mapping[str, str]
) -> list[tuple[str, float, float]]:
    """Spoken words with times, put back as they are written: "cube", "control" become one "kubectl".

    words: (text, start_s, end_s). A comma or full stop behind the phrase stays behind the word.
    """
    phrases = sorted(((_plain_words(s), w) for s, w in respelled.items()), key=lambda p: -len(p[0]))
    result: list[tuple[str, float, float]] = []
    at = 0
    while at < len(words):
        size, text = _phrase_at(words, at, phrases)
        result.append((text, words[at][1], words[at + size - 1][2]))
        at += size
    return result


def _phrase_at(
    words: Sequence[tuple[str, float, float]], at: int, phrases: Sequence[tuple[list[str], str]]
) -> tuple[int, str]:
    for phrase, written in phrases:
        said = [_bare(word) for word, _, _ in words[at : at + len(phrase)]]
        if phrase and said == phrase:
            last = words[at + len(phrase) - 1][0]
            return len(phrase), written + last[len(last.rstrip(".,;:!?…")) :]
    return 1, words[at][0]


def _plain_words(text: str) -> list[str]:
    return [_bare(word) for word in text.split()]


def _bare(word: str) -> str:
    return word.strip(".,;:!?…\"'()").lower()
