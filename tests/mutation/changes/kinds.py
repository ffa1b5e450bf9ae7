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


def configs(model: Model) -> Iterator[dict[str, Any]]:
    """Every config there is, to be changed in place."""
    yield model.config
    yield from (one.config for one in model.scenes)
    yield from (shared["config"] for shared in model.by_locale.values() if "config" in shared)


def locales(model: Model) -> set[str]:
    """All that any combination has."""
    named = [entry["locale"] for entry in model.include if "locale" in entry]
    return {*model.axes.get("locale", [model.locale]), *named}


def speaks_english(model: Model) -> bool:
    """Whether an English voice can speak all of it."""
    return all(locale.startswith("en") for locale in locales(model))
