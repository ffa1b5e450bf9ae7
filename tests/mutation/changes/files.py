"""How and where the same is written: by which hand, in which file, under which name, at what time, to which place."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import bodies, configs, neutral, pick, texts
from tests.mutation.model import Model
from tests.mutation.projects import LENT, Words


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


@neutral
def other_line_ends(model: Model, hand: random.Random, words: Words) -> str:
    """Lines that end as on Windows, and marks of the encoding, in some of the texts."""
    model.ends = hand.randrange(1, 1 << 30)
    return "other line ends"


@neutral
def written_anew(model: Model, hand: random.Random, words: Words) -> str:
    """Some files as new ones with the old bytes."""
    model.copied = hand.randrange(1, 1 << 30)
    return "files written anew"


@neutral
def a_link(model: Model, hand: random.Random, words: Words) -> str:
    """Files that are links to others, or are again files."""
    names = [*model.pictures, *model.sounds, *model.motions, *model.macros, *model.snippets, model.table]
    names += [one.file for one in texts(model) if one.kept in ("txt", "md")]
    model.linked ^= set(hand.sample(names, min(2, len(names))))
    return f"{model.linked} are links"


@neutral
def another_folder(model: Model, hand: random.Random, words: Words) -> str:
    """The project in another folder, under its old name."""
    model.folder = words.one()
    return f"the project is in {model.folder}"


@neutral
def another_picture_name(model: Model, hand: random.Random, words: Words) -> str:
    """A photo under another name, wherever it is named."""
    named = {one.source for one in model.scenes} | {shared.get("source") for shared in model.by_locale.values()}
    free = [file for file in sorted(model.pictures) if not file.startswith("faces/") or not model.rows]
    if not free:
        return ""
    old, new = hand.choice(free), f"deep/{words.one()}.jpg"
    model.pictures = {new if file == old else file: seed for file, seed in model.pictures.items()}
    model.source = new if model.source == old else model.source
    for shared in (*model.by_locale.values(),):
        if shared.get("source") == old:
            shared["source"] = new
    for one in model.scenes:
        one.source = new if one.source == old else one.source
    for config in configs(model):
        logo = config.get("logo")
        if isinstance(logo, dict) and logo["url"] == old:
            config["logo"] = {**logo, "url": new}
    return f"{old} is called {new}{' and named' if old in named else ''}"


@neutral
def another_library_name(model: Model, hand: random.Random, words: Words) -> str:
    """Files of macros, and files that are included, under other names."""
    names = {file: f"lib/{words.one()}.txt" for file in (*model.macros, *model.snippets)}
    if not names:
        return ""
    model.macros = {names[file]: macros for file, macros in model.macros.items()}
    model.snippets = {names[file]: pieces for file, pieces in model.snippets.items()}
    for body in bodies(model):
        body[:] = [(p[0], names[p[1]], *p[2:]) if p[0] in ("macro", "include") else p for p in body]
    return f"files are called {names}"


@neutral
def another_shared_file(model: Model, hand: random.Random, words: Words) -> str:
    """The included file elsewhere, and what of the project stands in it."""
    if not model.shared:
        return ""
    model.shared_file = f"{hand.choice(['', 'common/', 'far/off/'])}{words.one()}.yaml"
    model.lent = {key for key in LENT if hand.random() < 0.5}
    return f"{sorted(model.lent)} are in {model.shared_file}"


@neutral
def another_setting(model: Model, hand: random.Random, words: Words) -> str:
    """Of the workspace."""
    model.settings = hand.choice([{}, {"jobs": hand.randint(1, 4)}, {"budget": hand.randrange(99)}])
    return f"settings are {model.settings}"
