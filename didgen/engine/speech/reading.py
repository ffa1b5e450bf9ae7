"""From words to phonemes and back: what the voice is given, and which written word each phoneme belongs to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from didgen.engine.speech.visemes import PAUSES, shapes
from didgen.errors import RenderError

if TYPE_CHECKING:
    from hibari.g2p import G2P

MAX_PHONEMES: Final = 400
"""Longest string the voices are given at once; Kokoro's own limit is 510."""


_NO: Final = re.compile(r"\b(no)\.(?!\s*\d|\s+of\b)")
"""A "no." that is an answer: the normaliser takes each for "number"."""

MAX_CHUNKS: Final = 12
"""Most spoken words one written word becomes, where it stands among others that changed too."""

MAX_TABLE: Final = 1500
"""Written times spoken words that are compared one with one; a larger stretch without an anchor is dealt out evenly."""


@dataclass(frozen=True, slots=True)
class Span:
    """A written word and the phonemes [start, end) that speak it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Phonemes of one breath in the voices' alphabet, and its words in order; joined by spaces they give the text."""

    phonemes: str
    words: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What stands between two spaces of the normalised text ("fourth,") and its phonemes."""

    text: str
    phonemes: str


def read(written: str, spoken: str, given: Sequence[str | None] = (), *, british: bool = False) -> list[Reading]:
    """Readings of one sentence, each of at most MAX_PHONEMES. given: phonemes of written words that are not to be
    found out, None for the others.

    Numbers, dates and abbreviations are written out by the voices' own normaliser; the words keep their written form:
    "Dr. Lee has 3" is four words, of which the last is spoken "three". Words that are not heard (an emoji, a dash)
    join the word before them.
    """
    return readings_of(written, english_chunks(spoken, british=british), given, _normalised)


def readings_of(
    written: str, chunks: list[Chunk], given: Sequence[str | None] = (), normalised: Callable[[str], str] = str
) -> list[Reading]:
    """Readings of one sentence whose spoken words have their phonemes. normalised: a written word as it is spoken."""
    owners = align(written.split(), [c.text for c in chunks], normalised)
    pieces = _pieces(written.split(), chunks, owners, given)
    return [_reading(group) for group in _groups(pieces)]


def spelled(written: str, spoken: str) -> list[Reading]:
    """The reading of one sentence for a voice that reads letters: its "phonemes" are the spoken text itself.

    Words without a letter or digit, such as an emoji, join the word before them, or the first one after.
    """
    words, said = written.split(), spoken.split()
    runs: list[list[str]] = [[] for _ in words]
    for word, owner in zip(said, align(words, said, str), strict=True):
        runs[owner].append(word)
    spans: list[Span] = []
    text = ""
    for word, run in zip(words, runs, strict=True):
        start = len(text) + 1 if text and run else len(text)
        text += " " * (start - len(text)) + " ".join(run)
        last = spans[-1] if spans else None
        if last and not (_letters(text[start:]) and _letters(text[last.start : last.end])):
            spans[-1] = Span(f"{last.text} {word}", last.start, len(text))
        else:
            spans.append(Span(word, start, len(text)))
    return [Reading(text, tuple(spans))] if _letters(text) else []


def _letters(text: str) -> bool:
    return any(c.isalnum() for c in text)


def english_chunks(spoken: str, *, british: bool) -> list[Chunk]:
    """The words of an English text, numbers and abbreviations written out, with their phonemes."""
    g2p = _g2p(british)
    try:
        tokens = g2p.phonemize_tokens(g2p.tokenize(_normalised(spoken)))
    except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as e:
        raise RenderError(
            "TextToSpeechProviderError", f"the voice cannot read {spoken[:60]!r} ({e})", hint="write it another way"
        ) from e
    chunks, text, phonemes = [], "", ""
    for token in tokens:
        text += token.text
        phonemes += "".join(c for c in token.phonemes or "" if c in vocabulary())
        if token.whitespace:
            chunks.append(Chunk(text, phonemes.strip()))
            text, phonemes = "", ""
    if text:
        chunks.append(Chunk(text, phonemes.strip()))
    return chunks


@lru_cache(maxsize=2)
def _g2p(british: bool) -> G2P:
    from hibari.g2p import G2P

    return G2P(british=british)


def _normalised(text: str) -> str:
    from hibari.g2p import normalize

    return str(normalize(_NO.sub(r"\1 .", text)))


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, int]:
    """Every symbol the voices know, and its number."""
    import json
    from importlib.resources import files

    table: dict[str, int] = json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
    return table


def ids(phonemes: str) -> list[int]:
    """Model input of a phoneme string: one id a symbol, with the pad (0) in front and behind."""
    table = vocabulary()
    return [0, *(table[c] for c in phonemes), 0]


def align(written: list[str], spoken: list[str], normalised: Callable[[str], str]) -> list[int]:
    """Index of the written word that each spoken chunk belongs to, never falling.

    Equal words anchor the alignment; between anchors a written word takes the chunks most like its own normal form.
    """
    owners: list[int] = []
    matcher = SequenceMatcher(None, [_bare(w) for w in written], [_bare(s) for s in spoken], autojunk=False)
    for kind, w0, w1, s0, s1 in matcher.get_opcodes():
        if kind == "equal":
            owners += range(w0, w1)
        elif s1 > s0 and w1 - w0 <= 1:
            owners += [min(w0, len(written) - 1)] * (s1 - s0)
        elif s1 > s0:
            owners += [w0 + k for k in shared([normalised(w) for w in written[w0:w1]], spoken[s0:s1])]
    return owners


def _bare(word: str) -> str:
    return "".join(c for c in word.lower() if c.isalnum()) or word


def shared(forms: list[str], spoken: list[str]) -> list[int]:
    """Cut the spoken chunks into as many runs (some empty) as there are forms, each as like its form as can be."""
    n = len(spoken)
    if n * len(forms) > MAX_TABLE:
        return [k * len(forms) // n for k in range(n)]
    # best[j]: score and cuts when the first j chunks are given away
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    best += [(float("-inf"), ())] * n
    for form in forms:
        best = [max(_extended(best, form, spoken, j)) for j in range(n + 1)]
    cuts = (0, *best[n][1])
    return [k for k, (start, end) in enumerate(pairwise(cuts)) for _ in range(start, end)]


def _extended(
    best: list[tuple[float, tuple[int, ...]]], form: str, spoken: list[str], end: int
) -> Iterator[tuple[float, tuple[int, ...]]]:
    for start in range(max(0, end - MAX_CHUNKS), end + 1):
        score, cuts = best[start]
        yield score + _likeness(form, spoken[start:end]), (*cuts, end)


def _likeness(form: str, run: list[str]) -> float:
    """How many letters of the run stand in the form, in order; letters left over count against it."""
    a, b = _bare(form), "".join(_bare(s) for s in run)
    same = sum(block.size for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks())
    return 3.0 * same - len(a) - len(b)


def _pieces(written: list[str], chunks: list[Chunk], owners: list[int], given: Sequence[str | None]) -> list[Chunk]:
    """One piece a heard word: its written text, followed by the unheard words after it, and its phonemes."""
    phonemes = [""] * len(written)
    for chunk, owner in zip(chunks, owners, strict=True):
        phonemes[owner] = f"{phonemes[owner]} {chunk.phonemes}".strip()
    for k, own in enumerate(given):
        if own is not None:
            found = phonemes[k]
            phonemes[k] = own + found[len(found.rstrip("".join(PAUSES))) :]  # a comma behind the word stays
    pieces: list[Chunk] = []
    for text, sound in zip(written, phonemes, strict=True):
        if pieces and not (heard(sound) and heard(pieces[-1].phonemes)):
            last = pieces[-1]
            pieces[-1] = Chunk(f"{last.text} {text}", f"{last.phonemes} {sound}".strip())
        else:
            pieces.append(Chunk(text, sound))
    return [p for piece in pieces for p in _cut(piece)]


def heard(phonemes: str) -> bool:
    """Whether a phoneme string has any sound, not only stress and punctuation."""
    return any(shapes(c) not in {(), ("sil",)} for c in phonemes)


def _cut(piece: Chunk) -> list[Chunk]:
    """A word too long for the voice in pieces it can say; the text stays with the first."""
    sounds = [piece.phonemes[k : k + MAX_PHONEMES] for k in range(0, max(1, len(piece.phonemes)), MAX_PHONEMES)]
    return [Chunk(piece.text if k == 0 else "", sound) for k, sound in enumerate(sounds)]


def _groups(pieces: list[Chunk]) -> list[list[Chunk]]:
    """Pieces in groups of at most MAX_PHONEMES, parted after the last punctuation where there is one."""
    groups: list[list[Chunk]] = [[]]
    for piece in pieces:
        if groups[-1] and _length([*groups[-1], piece]) > MAX_PHONEMES:
            cut = _last_clause(groups[-1])
            groups[-1:] = [groups[-1][:cut], groups[-1][cut:]]
        groups[-1].append(piece)
    return [g for g in groups if any(heard(p.phonemes) for p in g)]


def _length(pieces: list[Chunk]) -> int:
    return sum(len(p.phonemes) + 1 for p in pieces) - 1


def _last_clause(pieces: list[Chunk]) -> int:
    ends = [k for k, p in enumerate(pieces, 1) if p.phonemes and p.phonemes[-1] in PAUSES]
    usable = [k for k in ends if 2 * _length(pieces[:k]) >= _length(pieces)]
    return usable[-1] if usable else len(pieces)


def _reading(pieces: list[Chunk]) -> Reading:
    text, words = "", []
    for piece in pieces:
        text += " " if text else ""
        if piece.text:
            words.append(Span(piece.text, len(text), len(text) + len(piece.phonemes)))
        text += piece.phonemes
    return Reading(text, tuple(words))
