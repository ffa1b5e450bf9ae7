"""Which scenes there are: matrix, rows, conditions, and what comes and goes."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import locales, meaningful, neutral, pick, texts
from tests.mutation.model import Model, combinations
from tests.mutation.projects import Words, scene


@meaningful
def another_cell(model: Model, hand: random.Random, words: Words) -> str:
    """A value of a row."""
    if not model.rows:
        return ""
    row = hand.choice(model.rows)
    column = hand.choice(["name", "name", "plan", "face", "seats"])
    other = {
        "name": [words.heard()],
        "seats": [words.one()[4:]],
        "plan": ["pro", "free"],
        "face": ["anna", "bob", "carl"],
    }[column]
    row[column] = hand.choice(other)
    return f"{column} of {row[model.key]} is {row[column]}"


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
    row = {**model.rows[0], model.key: f"{words.one()}@x.org", "name": words.heard()}
    model.rows.insert(0, row)
    return f"a row for {row[model.key]}"


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


@meaningful
def another_value_of_the_matrix(model: Model, hand: random.Random, words: Words) -> str:
    """One more combination; a locale is spoken by its own voice."""
    english = any(one.voice for one in model.scenes)
    left = sorted({"en", "en-GB", *([] if english else ["de"])} - locales(model))
    if "level" in model.axes and hand.random() < 0.6:
        model.axes["level"].insert(hand.randrange(3), words.one())
    elif "locale" in model.axes and left:
        _speak_also(model, hand.choice(left), words)
    else:
        return ""
    return f"the matrix is {model.axes}"


def _speak_also(model: Model, locale: str, words: Words) -> None:
    model.axes["locale"].insert(0, locale)
    for one in texts(model):
        if one.kept == "locale":
            one.body.setdefault(locale, [("lit", words.one())])


@meaningful
def less_excluded(model: Model, hand: random.Random, words: Words) -> str:
    """A combination that was left out."""
    if not model.exclude:
        return ""
    model.exclude.pop()
    return "a combination is not excluded any more"


@meaningful
def a_combination_included(model: Model, hand: random.Random, words: Words) -> str:
    """A combination of its own."""
    if set(model.axes) != {"locale", "level"}:
        return ""
    model.include.append({"locale": hand.choice(model.axes["locale"]), "level": words.one(), "city": words.heard()})
    return f"included {model.include[-1]}"


@meaningful
def a_row_between(model: Model, hand: random.Random, words: Words) -> str:
    """A new row anywhere, or another person in the place of one."""
    if not model.rows:
        return ""
    row = {**hand.choice(model.rows), model.key: f"{words.one()}@x.org", "name": words.heard()}
    at = hand.randrange(len(model.rows) + 1)
    model.rows[at : at + hand.randrange(2)] = [row]
    return f"a row for {row[model.key]} at {at}"


@meaningful
def other_values_of_a_condition(model: Model, hand: random.Random, words: Words) -> str:
    """For which values a scene is made."""
    one = pick(hand, (one for one in model.scenes if one.when is not None))
    if one is None:
        return ""
    sort, name, _ = one.when
    every = ["pro", "free"] if name.startswith("row.") else sorted(locales(model))
    one.when = (sort, name, hand.sample(every, hand.randint(1, len(every))))
    return f"when of {one.id} is {one.when}"


@neutral
def the_same_condition(model: Model, hand: random.Random, words: Words) -> str:
    """As a mapping, as an expression, or as another one."""
    one = pick(hand, (one for one in model.scenes if one.when is not None and one.when[0] != "not"))
    if one is None:
        return ""
    one.when = (hand.choice(["is", "expression", "any"]), *one.when[1:])
    return f"when of {one.id} is {one.when}"


@neutral
def a_condition_that_holds(model: Model, hand: random.Random, words: Words) -> str:
    """In every combination."""
    one = pick(hand, (one for one in model.scenes if one.when is None))
    if one is None:
        return ""
    one.when = (hand.choice(["is", "expression", "any"]), "locale", sorted(locales(model)))
    return f"when of {one.id} is {one.when}"


@neutral
def another_key(model: Model, hand: random.Random, words: Words) -> str:
    """The data, or the column that rows are known by, called otherwise: videos have other addresses."""
    if not model.rows:
        return ""
    model.data, old, model.key = words.one(), model.key, words.one()
    model.rows = [
        {model.key if column == old else column: value for column, value in row.items()} for row in model.rows
    ]
    return f"rows of {model.data} are known by {model.key}"


@neutral
def a_name_in_every_address(model: Model, hand: random.Random, words: Words) -> str:
    """A key of the matrix with one value that nobody says."""
    if not model.axes or any("level" not in model.axes and "level" in entry for entry in model.include):
        return ""
    if any(not set(entry) >= set(model.axes) for entry in model.include if "city" not in entry):
        return ""
    key = words.one()
    model.axes[key] = [words.one()]
    return f"the matrix has a key {key}"


@neutral
def a_value_less(model: Model, hand: random.Random, words: Words) -> str:
    """A combination less: a value of the matrix, what is included, or one that is excluded."""
    if model.axes.get("level", [])[1:] and hand.random() < 0.5:
        model.exclude.append({"level": hand.choice(model.axes["level"])})
    elif model.include and "city" not in model.include[-1]:
        model.include.pop()
    elif model.axes.get("level", [])[1:]:
        gone = model.axes["level"].pop()
        model.exclude = [out for out in model.exclude if out.get("level") != gone]
    else:
        return ""
    if any(axis not in known for known, _ in combinations(model) for axis in model.axes):
        return ""  # nothing was left that `include` could add to: what it says has become a combination of its own
    return f"the matrix is {model.axes} without {model.exclude}"
