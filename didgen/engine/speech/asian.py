"""What Japanese and Chinese share on their way to phonemes: their punctuation, and the foreign words in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from didgen.engine.speech.reading import english_chunks
from didgen.engine.speech.visemes import PAUSES

PUNCTUATION: Final = dict(
    zip("、，。．！？：；「」『』《》【】（）・…—～,.!?:;()", ",,..!?:;“”“”“”“”() …——,.!?:;()", strict=True)
)


def english(word: str) -> str:
    """Phonemes of a word in Latin letters."""
    return " ".join(chunk.phonemes for chunk in english_chunks(word, british=False))


def joined(words: Sequence[str]) -> str:
    """Phonemes of words with spaces between, punctuation without one before it."""
    out = ""
    for word in words:
        out += word if not out or (word and word in PAUSES and word not in "(“") else f" {word}"
    return " ".join(out.split())
