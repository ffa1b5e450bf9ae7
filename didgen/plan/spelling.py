"""Words as they are written and as they are spoken: what a plan quotes is what somebody wrote.

An identity holds the words as they are spoken, as those decide the video; of a former text nothing else is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from didgen.project.script import MARKUP, whole_words

LONGEST_WORD = 80  # characters of one word as it was spoken
ALIKE = 0.5  # of difflib's ratio


class Spelling:
    """A text as it is written now, and how words of its project are spoken (`pronounce`). Light: a plan of other words
    makes one."""

    __slots__ = ("pronounce", "written")

    def __init__(self, written: str, pronounce: Mapping[str, str]) -> None:
        self.written, self.pronounce = written, pronounce

    def as_written(self, spoken: str) -> str:
        """A former text in its written words, as far as the present `pronounce` tells them. What the present text says
        in just those words without being such a word (a sequel, where SQL is one) is left alone."""
        words = {
            said: word for word, said in self.pronounce.items() if said and not whole_words([said]).search(self.written)
        }
        if not any(said in spoken for said in words):
            return spoken
        whole = whole_words(words)
        parts = MARKUP.split(spoken)
        return "".join(p if p.startswith("<") else whole.sub(lambda match: words[match[1]], p) for p in parts)

    def differs_in_sound_only(self, spoken: str) -> bool:
        """Whether a former text was this one, with words of `pronounce` spoken in another way: as they are written, or
        one of them as nobody says it any more. Another word in the place of one is another text."""
        words = [word for word in self.pronounce if word in self.written]
        pieces = whole_words(words).split(self.written) if words else []  # text, word, text, …
        if len(pieces) < 2:
            return False
        number, at = self._misfit(pieces, spoken, {})
        if number < 0:
            return True
        if number % 2 == 0:
            return False
        word, behind = pieces[number], pieces[number + 1]
        for end in range(at + 1, min(len(spoken), at + LONGEST_WORD) + 1):
            said = spoken[at:end]
            if spoken.startswith(behind, end) and self._misfit(pieces, spoken, {word: said})[0] < 0:
                return self._sounds_like(word, said)
        return False

    def _misfit(self, pieces: Sequence[str], spoken: str, formerly: Mapping[str, str]) -> tuple[int, int]:
        """The first piece that a former text goes on without, and where it does; (-1, 0) for none."""
        at = 0
        for number, piece in enumerate(pieces):
            behind = pieces[number + 1] if number % 2 else ""
            forms = (self.pronounce[piece], formerly.get(piece, piece), piece) if number % 2 else (piece,)
            form = next((form for form in forms if spoken.startswith(form + behind, at)), None)
            if form is None:
                return number, at
            at += len(form)
        return (-1, 0) if at == len(spoken) else (len(pieces) - 1, at)

    def _sounds_like(self, word: str, said: str) -> bool:
        from difflib import SequenceMatcher

        if any(said in (other, self.pronounce[other]) for other in self.pronounce if other != word):
            return False
        pairs = ((said, self.pronounce[word]), (re.sub(r"\W", "", said), word))
        return any(SequenceMatcher(None, a.lower(), b.lower()).ratio() >= ALIKE for a, b in pairs)
