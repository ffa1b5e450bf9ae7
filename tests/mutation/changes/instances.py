"""Which scenes there are: matrix, rows, conditions, and what comes and goes."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import meaningful, neutral, pick
from tests.mutation.model import Model
from tests.mutation.projects import Words, scene


@meaningful
def another_cell(model: Model, hand: random.Random, words: Words) -> str:
    """A value of a row."""
    if not model.rows:
        return ""
    row = hand.choice(model.rows)
    column = hand.choice(["name", "name", "plan", "face"])
    other = {"name": [words.one()], "plan": ["pro", "free"], "face": ["anna", "bob", "carl"]}[column]
    row[column] = hand.choice(other)
    return f"{column} of {row['email']} is {row[column]}"


@meaningful
def another_value_of_include(model: Model, hand: random.Random, words: Words) -> str:
    """What `include` gives to a combination."""
    found = [entry for entry in model.include if "city" in entry]
    if not found:
        return ""
    hand.choice(found)["city"] = words.one()
    return "a value of matrix.include"


@meaningful
def another_locale_of_include(model: Model, hand: random.Random, words: Words) -> str:
    """To which combination it gives it."""
    found = [entry for entry in model.include if "city" in entry]
    if not found:
        return ""
    hand.choice(found)["locale"] = hand.choice(model.axes["locale"])
    return "a combination of matrix.include"


@meaningful
def a_row_on_top(model: Model, hand: random.Random, words: Words) -> str:
    """A new row."""
    if not model.rows:
        return ""
    row = {**model.rows[0], "email": f"{words.one()}@x.org", "name": words.one()}
    model.rows.insert(0, row)
    return f"a row for {row['email']}"


@meaningful
def a_new_scene(model: Model, hand: random.Random, words: Words) -> str:
    """One more scene, anywhere."""
    one = scene(words.one(), hand.choice(["text", "animation", "audio"]), model, hand, words, plain=True)
    model.scenes.insert(hand.randrange(len(model.scenes) + 1), one)
    return f"a scene {one.id}"


@meaningful
def another_condition(model: Model, hand: random.Random, words: Words) -> str:
    """For which rows or combinations a scene is made."""
    one = pick(hand, (one for one in model.scenes if one.when is not None))
    if one is None:
        return ""
    sort, name, values = one.when
    one.when = hand.choice([None, ("not" if sort != "not" else "is", name, values)])
    return f"when of {one.id} is {one.when}"


@neutral
def an_unused_column(model: Model, hand: random.Random, words: Words) -> str:
    """What nobody says of a row."""
    for row in model.rows:
        row["junk"] = words.one()
    return "an unused column" if model.rows else ""


@neutral
def without_a_row(model: Model, hand: random.Random, words: Words) -> str:
    """A row, a scene or a value of the matrix less: nothing else is rendered for it."""
    if len(model.rows) > 1:
        model.rows.pop(hand.randrange(len(model.rows)))
        return "a row less"
    plain = [one for one in model.scenes if one.when is None and not one.each]
    if len(plain) > 1:
        model.scenes.remove(hand.choice(plain))
        model.film = None
        return "a scene less"
    return ""


@neutral
def another_name(model: Model, hand: random.Random, words: Words) -> str:
    """A scene, or the project, called otherwise: its videos are those of another address."""
    if hand.random() < 0.3:
        model.name = words.one()
        return f"the project is called {model.name}"
    one = hand.choice(model.scenes)
    one.id, model.film = words.one(), None
    return f"a scene is called {one.id}"
