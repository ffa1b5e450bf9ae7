"""How and where the same is written: by which hand, in which file, under which name, at what time, to which place."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import neutral, pick, texts
from tests.mutation.model import Model
from tests.mutation.projects import Words


@neutral
def another_hand(model: Model, hand: random.Random, words: Words) -> str:
    """Comments, order of keys and columns, quotes, blocks and lines."""
    model.style = hand.randrange(1 << 30)
    return "written by another hand"


@neutral
def another_order(model: Model, hand: random.Random, words: Words) -> str:
    """Scenes, rows, values of the matrix, and what is excluded, in another order."""
    for some in (model.scenes, model.rows, model.exclude, *model.axes.values()):
        hand.shuffle(some)
    return "another order"


@neutral
def another_time(model: Model, hand: random.Random, words: Words) -> str:
    """File times of some files."""
    model.touched = hand.randrange(1, 1 << 30)
    return "file times"


@neutral
def an_unused_variable(model: Model, hand: random.Random, words: Words) -> str:
    """One more, another value, or another name; of the project or of the shared file."""
    model.variables.pop("unused", None)
    model.variables[hand.choice(["unused", words.one()])] = words.one()
    if model.shared:
        model.shared["idle"] = words.one()
        if "product" in model.variables:
            model.shared["product"] = words.one()  # the project's own wins
    return "an unused variable"


@neutral
def an_unread_file(model: Model, hand: random.Random, words: Words) -> str:
    """A file beside those that are read."""
    model.junk[hand.choice(["notes.txt", "lib/unread.txt", f"scripts/{words.one()}.txt"])] = words.one()
    return "an unread file"


@neutral
def another_file_name(model: Model, hand: random.Random, words: Words) -> str:
    """A script, a table or a recording, under another name."""
    one = pick(hand, (one for one in texts(model) if one.kept in ("txt", "md", "locale")))
    if one is not None:
        end = ".md" if one.kept == "md" else ".{{ locale }}.txt" if one.kept == "locale" else ".txt"
        one.file = f"scripts/deep/{words.one()}{end}"
    model.table = f"{words.one()}.{model.table.rpartition('.')[2]}"
    name = f"audio/{words.one()}.wav"
    (sound,) = model.sounds.values()
    model.sounds = {name: sound}
    for other in model.scenes:
        other.audio = name if other.kind == "audio" else ""
    return "files under other names"


@neutral
def another_table(model: Model, hand: random.Random, words: Words) -> str:
    """Rows in another kind of file."""
    model.table = f"people.{hand.choice(['csv', 'json', 'yaml'])}"
    return f"rows in {model.table}" if model.rows else ""


@neutral
def into_a_file(model: Model, hand: random.Random, words: Words) -> str:
    """A script from the project into a file, or back."""
    one = pick(hand, (one for one in texts(model) if one.kept in ("inline", "txt")))
    if one is None:
        return ""
    one.kept, one.file = ("txt", f"scripts/{one.id}.txt") if one.kept == "inline" else ("inline", "")
    return f"the script of {one.id} is {one.kept}"


@neutral
def into_the_shared_file(model: Model, hand: random.Random, words: Words) -> str:
    """A variable of the project in the file it includes."""
    if not model.shared or "city" not in model.variables:
        return ""
    model.shared["city"] = model.variables.pop("city")
    return "a variable in the shared file"


@neutral
def another_place(model: Model, hand: random.Random, words: Words) -> str:
    """Where videos go, and which of them make a film."""
    axes = " ".join(f"{{{{ {axis} }}}}" for axis in model.axes)
    rows = any(one.each for one in model.scenes)
    model.output = None if rows else f"{{{{ project }}}}/{words.one()}/{{{{ scene }}}} {axes}".strip()
    talks = [one.id for one in model.scenes if one.kind != "animation"]
    model.film = hand.choice([None, [], talks[:1]])
    return f"output is {model.output}, film {model.film}"
