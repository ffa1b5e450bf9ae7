"""What a page is sent: cards and the rest of a board as plain JSON values. Files go by name, never by path."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from didgen.film.captions import cues
from didgen.page.board import Board, Card, Changes, Clip

AT_ONCE = 50
"""Cards in one message, so that no message is large and a page of a thousand scenes fills from the top."""

Link = Callable[[Path, str], str]
"""Where a page finds a file. The second is what it is: mp4, mov, gif, jpg, or "growing"."""


def card_answer(card: Card, link: Link) -> dict[str, Any]:
    """One scene. Seconds; clips are null where there is none."""
    return {
        "address": card.address,
        "title": card.title,
        "project": card.project,
        "group": card.group or card.project,
        "locale": card.locale,
        "row": card.row,
        "state": card.state,
        "stage": card.stage,
        "progress": round(card.progress, 3),
        "script": card.script,
        "reason": card.reason,
        "place": card.place,
        "why": list(card.why),
        "seconds": round(card.seconds, 2),
        "credits": card.credits,
        "clip": clip_answer(card.clip, link),
        "former": clip_answer(card.former, link),
        "growing": link(card.growing, "growing") if card.growing is not None else None,
    }


def clip_answer(clip: Clip | None, link: Link) -> dict[str, Any] | None:
    """One video. words: [text, start_s, end_s]; cues: [start_s, end_s, lines], as the caption files have them."""
    if clip is None:
        return None
    return {
        "video": link(clip.video, clip.kind),
        "kind": clip.kind,
        "poster": link(clip.poster, "jpg") if clip.poster is not None else None,
        "seconds": round(clip.duration_s, 3),
        "words": [[text, round(start, 3), round(end, 3)] for text, start, end in clip.words],
        "cues": [[round(c.start_s, 3), round(c.end_s, 3), c.text] for c in cues(clip.words, clip.duration_s)],
    }


def board_answer(board: Board, changes: Changes) -> dict[str, Any]:
    """What a page knows beside the scenes. order: null when it is as it was."""
    return {
        "title": board.title,
        "live": board.live,
        "form": board.form,
        "order": changes.order,
        "films": [{"address": address, "scenes": scenes} for address, scenes in changes.films.items()],
        "problems": [
            {"message": p.message, "place": str(p.place or ""), "field": p.field, "hint": p.hint}
            for p in changes.problems
        ],
    }


def batches(cards: Sequence[Card], link: Link) -> Iterator[list[dict[str, Any]]]:
    """Cards as they are sent, a few at a time."""
    for start in range(0, len(cards), AT_ONCE):
        yield [card_answer(card, link) for card in cards[start : start + AT_ONCE]]
