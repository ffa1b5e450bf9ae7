"""The two lists of changes, and what changes look for in a model."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.mutation.model import Model, Scene
from tests.mutation.projects import Words

Change = Callable[[Model, random.Random, Words], str]
MEANINGFUL: list[Change] = []
NEUTRAL: list[Change] = []


def meaningful(change: Change) -> Change:
    """One that alters a pixel or a sample somewhere."""
    MEANINGFUL.append(change)
    return change


def neutral(change: Change) -> Change:
    """One that alters none, anywhere."""
    NEUTRAL.append(change)
    return change


def texts(model: Model) -> list[Scene]:
    """Scenes that speak words."""
    return [one for one in model.scenes if one.kind == "text"]


def bodies(model: Model) -> Iterator[list[Any]]:
    """Every list of pieces that some scene says, to be changed in place."""
    for one in texts(model):
        if one.kept == "md":
            yield from (block[1] for block in one.body if isinstance(block[1], list))
        elif one.kept == "locale":
            yield from one.body.values()
        else:
            yield one.body


def pick(hand: random.Random, found: Iterable[Any]) -> Any:
    """Any of them, None where there is none."""
    found = list(found)
    return hand.choice(found) if found else None
