"""Captions from spoken words: when a line appears, where it breaks, and the two file formats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

LINE_CHARACTERS = 42
LINES = 2
LONGEST_S = 7.0
SHORTEST_S = 1.0
LINGER_S = 0.5  # how long a caption may stay after its last word when nothing follows at once
PAUSE_S = 0.7  # a silence this long ends a caption
GAP_S = 0.04  # one picture between two captions, so that the eye sees the change

Word = tuple[str, float, float]
"""A word as written, its start and end in seconds."""

REST_S = 0.15  # shorter, and a stop ends no sentence but an abbreviation: voices rest for 0.35 s between sentences

_SENTENCE_ENDS = ("!", "?", "…", "。", "！", "？")
_STOP = (".",)
_CLAUSE_ENDS = (",", ";", ":", "–", "—", "、")
_CLAUSE_WORTH = 10  # characters by which a line may be longer to end with a clause
_CLOSERS = "\"'”’»)]"


@dataclass(frozen=True, slots=True)
class Cue:
    """One caption: seconds from the video's start, and one or two lines of text."""

    start_s: float
    end_s: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def cues(words: Sequence[Word], end_s: float = float("inf")) -> list[Cue]:
    """Captions of at most two lines of 42 characters and 7 s, in order and without overlap.

    They end at the ends of sentences and at pauses first, then at clauses when they grow too long. end_s: the
    video's length; no caption outlasts it. A single word longer than a line stands alone on its line, whole.
    """
    said = [(" ".join(text.split()), start, end) for text, start, end in words if text.strip()]
    groups = [part for sentence in _sentences(said) for part in _fitting(sentence)]
    return _timed(groups, end_s)


def _sentences(words: Sequence[Word]) -> Iterable[list[Word]]:
    """Words between ends of sentences or pauses."""
    group: list[Word] = []
    for k, word in enumerate(words):
        group.append(word)
        rest_s = words[k + 1][1] - word[2] if k + 1 < len(words) else PAUSE_S
        if rest_s >= PAUSE_S or _ends(word, _SENTENCE_ENDS) or (_ends(word, _STOP) and rest_s >= REST_S):
            yield group
            group = []


def _ends(word: Word, marks: tuple[str, ...]) -> bool:
    return word[0].rstrip(_CLOSERS).endswith(marks)


def _fitting(words: list[Word]) -> list[list[Word]]:
    """The words as they are when they fit one caption, else in two parts, each made to fit."""
    if len(words) < 2 or (_fits(words) and words[-1][2] - words[0][1] <= LONGEST_S):
        return [words]
    cut = _best_cut(words)
    return [*_fitting(words[:cut]), *_fitting(words[cut:])]


def _best_cut(words: list[Word]) -> int:
    """Where to part: near the middle, better after a clause than within one."""
    total = len(_text(words))

    def cost(cut: int) -> float:
        share = len(_text(words[:cut])) / total
        return abs(share - 0.5) - (0.25 if _ends(words[cut - 1], _CLAUSE_ENDS) else 0.0)

    return min(range(1, len(words)), key=cost)


def _text(words: Sequence[Word]) -> str:
    return " ".join(text for text, _, _ in words)


def _fits(words: Sequence[Word]) -> bool:
    lines = _lines(words)
    return len(lines) <= LINES and all(len(line) <= LINE_CHARACTERS for line in lines)


def _lines(words: Sequence[Word]) -> tuple[str, ...]:
    """One line if it fits, else two of about the same length, parted after a clause where that costs little."""
    whole = _text(words)
    if len(whole) <= LINE_CHARACTERS or len(words) < 2:
        return (whole,)

    def cost(cut: int) -> tuple[int, int]:
        upper, lower = len(_text(words[:cut])), len(_text(words[cut:]))
        longest = max(upper, lower)
        clause = longest <= LINE_CHARACTERS and _ends(words[cut - 1], _CLAUSE_ENDS)
        return longest - (_CLAUSE_WORTH if clause else 0), upper

    best = min(range(1, len(words)), key=cost)
    return _text(words[:best]), _text(words[best:])


def _timed(groups: Sequence[list[Word]], end_s: float) -> list[Cue]:
    """Each caption from its first word to a little after its last, longer if short, never into the next."""
    made: list[Cue] = []
    for k, group in enumerate(groups):
        start = min(group[0][1], end_s)
        limit = groups[k + 1][0][1] - GAP_S if k + 1 < len(groups) else end_s
        wish = max(group[-1][2] + LINGER_S, start + SHORTEST_S)
        end = max(min(wish, limit, start + LONGEST_S, end_s), min(group[-1][2], limit))
        if end > start:
            made.append(Cue(start, end, _lines(group)))
    return made


def film_cues(clips: Iterable[tuple[Sequence[Cue], float]]) -> list[Cue]:
    """Captions of a film from each clip's captions and exact length in seconds, in order."""
    made: list[Cue] = []
    offset_s = 0.0
    for clip, length_s in clips:
        made += [replace(cue, start_s=cue.start_s + offset_s, end_s=cue.end_s + offset_s) for cue in clip]
        offset_s += length_s
    return made


def to_vtt(captions: Sequence[Cue]) -> str:
    """WebVTT, the format of browsers."""
    blocks = [f"{_clock(c.start_s, '.')} --> {_clock(c.end_s, '.')}\n{_escaped(c.text)}\n" for c in captions]
    return "\n".join(["WEBVTT\n", *blocks])


def to_srt(captions: Sequence[Cue]) -> str:
    """SubRip, the format of players and video sites."""
    blocks = [
        f"{k}\n{_clock(c.start_s, ',')} --> {_clock(c.end_s, ',')}\n{c.text}\n" for k, c in enumerate(captions, start=1)
    ]
    return "\n".join(blocks)


def _clock(seconds: float, point: str) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}{point}{ms % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
