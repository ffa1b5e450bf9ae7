"""Two texts as one line that shows the words in which they differ: "Good [morning → evening], everyone"."""

from __future__ import annotations

import re
from collections import namedtuple
from collections.abc import Sequence
from difflib import SequenceMatcher
from functools import cache

MAX_PLACES = 3  # changes shown of one text
MAX_SIDE = 48  # characters shown of what was, and of what is
CONTEXT = 24  # characters kept on each side of a change
MAX_COMPARED = 3_000  # words; more of them, all different, are shown as one change
CONFETTI = 0.25  # texts with less in common are shown as one change

_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Characters of scripts that put no spaces between words."""
_FIRST_UNSPACED = "\u0e00"

# Not `typing.NamedTuple`: importing that takes longer than telling of a change.
_Word = namedtuple("_Word", ("gap", "text"))
"""gap: the white space before it."""

_Change = namedtuple("_Change", ("was_start", "was_end", "start", "end"))
"""Words [start, end) of the new text stand where [was_start, was_end) of the old one stood."""


def word_diff(old: str, new: str) -> str:
    """One line that shows what differs: replaced words as [old → new], added ones as [+new], removed ones as [−old].

    A long text is shown around its changes only, MAX_PLACES of them. Of equal words it says that the spaces differ.
    """
    was, now = _words(old), _words(new)
    changes = _changes([w.text for w in was], [w.text for w in now])
    if not changes:
        return "spaces or line breaks only"
    shown = changes[:MAX_PLACES]
    line = ""
    at = 0
    for n, change in enumerate(shown):
        line += _between(now[at : change.start], first=n == 0, last=False)
        line += _bracket(was[change.was_start : change.was_end], now[change.start : change.end], bare=not line)
        if not change.end and change.was_end < len(was):  # what begins the new text has no space before it
            line += was[change.was_end].gap
        at = change.end
    if more := len(changes) - len(shown):
        return f"{line} … and {more} more change{'s' * (more != 1)}"
    return line + _between(now[at:], first=False, last=True)


@cache
def _word(*, unspaced: bool) -> re.Pattern[str]:
    """A tag or a character entity, one character of a script that puts no spaces between words, a word or number, or
    one sign of punctuation. unspaced: whether there may be such characters: making the pattern takes 3 ms with them."""
    letter, alone = r"\w", ""
    if unspaced:
        letter, alone = rf"[^\W{_UNSPACED}]", rf"|[{_UNSPACED}][\u0300-\u036f\u0e31\u0e34-\u0e4e]*"
    return re.compile(rf"<[^<>]{{1,400}}>|&\#?\w+;{alone}|{letter}+(?:[.,:'’-]{letter}+)*|\S")


def _words(text: str) -> list[_Word]:
    found, at = [], 0
    for match in _word(unspaced=max(text, default="") >= _FIRST_UNSPACED).finditer(text):
        found.append(_Word(" " if match.start() > at else "", _printable(match[0])))
        at = match.end()
    return found


def _printable(word: str) -> str:
    """What a terminal would take for a command is shown as a name."""
    return word if word.isprintable() else word.encode("unicode_escape").decode()


def _changes(was: Sequence[str], now: Sequence[str]) -> list[_Change]:
    head = _common(was, now)
    tail = _common(was[head:][::-1], now[head:][::-1])
    a, b = was[head : len(was) - tail], now[head : len(now) - tail]
    if not a and not b:
        return []
    whole = [_Change(head, len(was) - tail, head, len(now) - tail)]
    if max(len(a), len(b)) > MAX_COMPARED or not a or not b:
        return whole
    matcher = SequenceMatcher(None, a, b)
    if matcher.ratio() < CONFETTI:
        return whole
    found = [
        _Change(i + head, j + head, k + head, n + head) for op, i, j, k, n in matcher.get_opcodes() if op != "equal"
    ]
    return _together(found, now)


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many words are the same at the beginning."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _together(changes: Sequence[_Change], now: Sequence[str]) -> list[_Change]:
    """Changes with no more than a short word between them as one: a rewritten sentence is not shown in splinters."""
    joined: list[_Change] = []
    for change in changes:
        last = joined[-1] if joined else None
        between = now[last.end : change.start] if last else ()
        if last and len(between) == 1 and len(between[0]) <= 3:
            joined[-1] = _Change(last.was_start, change.was_end, last.start, change.end)
        else:
            joined.append(change)
    return joined


def _bracket(was: Sequence[_Word], now: Sequence[_Word], *, bare: bool) -> str:
    gap = "" if bare else (now or was)[0].gap
    a, b = _cut(_text(was)), _cut(_text(now))
    if not was or not now:
        return f"{gap}[{f'+{b}' if now else f'−{a}'}]"
    return f"{gap}[{a} → {b}]"


def _text(words: Sequence[_Word]) -> str:
    return "".join(word.gap + word.text for word in words).strip()


def _between(words: Sequence[_Word], *, first: bool, last: bool) -> str:
    """Unchanged words: whole when they are few, else those beside the changes."""
    text = "".join(word.gap + word.text for word in words)
    text = text.lstrip() if first else text
    ends = (not first) + (not last)
    if len(text) <= (CONTEXT + 2) * ends:
        return text
    head = "" if first else _head(text)
    tail = "" if last else _tail(text)
    return f"{head}…{tail}"


def _head(text: str) -> str:
    """The beginning, up to a word's end where there is one near."""
    cut = text[:CONTEXT]
    return cut if text[CONTEXT].isspace() or " " not in cut[1:] else cut[: cut.rindex(" ")]


def _tail(text: str) -> str:
    cut = text[-CONTEXT:]
    return cut.lstrip() if text[-CONTEXT - 1].isspace() or " " not in cut[:-1] else cut[cut.index(" ") + 1 :]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_SIDE else f"{text[: MAX_SIDE // 2].rstrip()}…{text[-MAX_SIDE // 2 :].lstrip()}"
