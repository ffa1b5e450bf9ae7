"""Changes of a model: MEANINGFUL ones alter a pixel or a sample somewhere, NEUTRAL ones nowhere.

Each takes the model, a source of chance and of new words, and changes the model in place; it says what it did, or ""
where the model has nothing to do it to.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from tests.mutation.model import Model, Scene
from tests.mutation.projects import RATES, TALK_DRIVERS, VOICES, Words, scene

Change = Callable[[Model, random.Random, Words], str]
MEANINGFUL: list[Change] = []
NEUTRAL: list[Change] = []


def _meaningful(change: Change) -> Change:
    MEANINGFUL.append(change)
    return change


def _neutral(change: Change) -> Change:
    NEUTRAL.append(change)
    return change


def _texts(model: Model) -> list[Scene]:
    return [one for one in model.scenes if one.kind == "text"]


def _bodies(model: Model) -> Iterator[list[Any]]:
    """Every list of pieces that some scene says, to be changed in place."""
    for one in _texts(model):
        if one.kept == "md":
            yield from (block[1] for block in one.body if isinstance(block[1], list))
        elif one.kept == "locale":
            yield from one.body.values()
        else:
            yield one.body


def _pick(hand: random.Random, found: Any) -> Any:
    found = list(found)
    return hand.choice(found) if found else None


# -- what alters something -------------------------------------------------------------------------------------------


@_meaningful
def another_word(model: Model, hand: random.Random, words: Words) -> str:
    """A word of a script, inline or in a file, of every locale or of one."""
    body = _pick(hand, _bodies(model))
    if body is None:
        return ""
    at = hand.choice([n for n, piece in enumerate(body) if piece[0] == "lit"])
    body[at] = ("lit", f"{words.one()} ")
    return f"a word is {body[at][1]}"


@_meaningful
def another_condition_inside(model: Model, hand: random.Random, words: Words) -> str:
    """What one branch of an `if` says."""
    found = [(b, n) for b in _bodies(model) for n, piece in enumerate(b) if piece[0].startswith("if ")]
    if not found:
        return ""
    body, at = hand.choice(found)
    piece = list(body[at])
    piece[hand.choice([-1, -2])] = words.one()
    body[at] = tuple(piece)
    return f"a branch is {piece}"


@_meaningful
def another_variable(model: Model, hand: random.Random, words: Words) -> str:
    """The value of a variable, of the project or of a shared file; it may be one of a list."""
    where = hand.choice([model.variables, model.shared or model.variables])
    name = hand.choice(sorted(where))
    where[name] = [words.one(), *where[name][1:]] if name == "team" else words.one()
    return f"{name} is {where[name]}"


@_meaningful
def another_cell(model: Model, hand: random.Random, words: Words) -> str:
    """A value of a row."""
    if not model.rows:
        return ""
    row = hand.choice(model.rows)
    column = hand.choice(["name", "name", "plan", "face"])
    other = {"name": [words.one()], "plan": ["pro", "free"], "face": ["anna", "bob", "carl"]}[column]
    row[column] = hand.choice(other)
    return f"{column} of {row['email']} is {row[column]}"


@_meaningful
def another_macro(model: Model, hand: random.Random, words: Words) -> str:
    """What a macro says."""
    for macros in model.macros.values():
        macros["greet"] = [("lit", f"{words.one()} "), ("var", "who")]
    return "a macro" if model.macros else ""


@_meaningful
def another_snippet(model: Model, hand: random.Random, words: Words) -> str:
    """What an included file says."""
    for file, pieces in model.snippets.items():
        model.snippets[file] = [("lit", f"{words.one()} "), *pieces[1:]]
    return "an included file" if model.snippets else ""


@_meaningful
def another_picture(model: Model, hand: random.Random, words: Words) -> str:
    """The bytes of a photo under its old name and of its old size, or not."""
    file = hand.choice(sorted(model.pictures))
    model.pictures[file] = words.number()
    return f"the bytes of {file}"


@_meaningful
def another_sound(model: Model, hand: random.Random, words: Words) -> str:
    """The bytes of a recording."""
    model.sounds = {file: words.number() for file in model.sounds}
    return "the bytes of a recording"


@_meaningful
def another_source(model: Model, hand: random.Random, words: Words) -> str:
    """Which photo a scene, a locale or the project has."""
    file = hand.choice(sorted(model.pictures))
    where = hand.randrange(3)
    if where == 0:
        model.source = file
    elif where == 1:
        model.by_locale.setdefault(hand.choice(["en", "en-GB", "de"]), {})["source"] = file
    else:
        hand.choice(model.scenes).source = file
    return f"source is {file} ({where})"


@_meaningful
def another_voice(model: Model, hand: random.Random, words: Words) -> str:
    """The voice of a locale, or its pace."""
    locale = hand.choice(sorted(model.voices))
    model.voices[locale] = (hand.choice(VOICES[locale]), hand.choice([None, "0.8", *RATES]))
    return f"{locale} is spoken by {model.voices[locale]}"


@_meaningful
def another_pace(model: Model, hand: random.Random, words: Words) -> str:
    """The pace of one scene."""
    one = _pick(hand, _texts(model))
    if one is None:
        return ""
    one.rate = hand.choice([None, "0.85", *RATES])
    return f"pace of {one.id} is {one.rate}"


@_meaningful
def another_driver(model: Model, hand: random.Random, words: Words) -> str:
    """What moves a head."""
    one = _pick(hand, (one for one in model.scenes if one.kind != "animation"))
    if one is None:
        return ""
    one.driver = hand.choice([None, *TALK_DRIVERS])
    return f"driver of {one.id} is {one.driver}"


@_meaningful
def another_config(model: Model, hand: random.Random, words: Words) -> str:
    """A key of a config: of a scene, a locale or all; over another, or written out as it is by default."""
    key, values = hand.choice(
        [
            ("stitch", [True, False]),
            ("output_resolution", [200, 222, 400]),
            ("motion_factor", [0.4, 1.0, 1.5]),
            ("sharpen", [True, False]),
            ("pad_audio", [0.5, 1, 0]),
            ("logo", [True, False]),
        ]
    )
    config = hand.choice([model.config, hand.choice(model.scenes).config, None])
    if config is None:
        config = model.by_locale.setdefault(hand.choice(["en", "en-GB", "de"]), {}).setdefault("config", {})
    config[key] = hand.choice(values)
    return f"config {key} is {config[key]}"


@_meaningful
def another_sound_of_a_word(model: Model, hand: random.Random, words: Words) -> str:
    """How a word is pronounced."""
    if not model.pronounce:
        return ""
    model.pronounce["kubectl"] = words.one()
    return "how kubectl is said"


@_meaningful
def captions_inside(model: Model, hand: random.Random, words: Words) -> str:
    """A track of captions inside the video, or none."""
    one = _pick(hand, _texts(model))
    if one is None:
        return ""
    one.subtitles = not one.subtitles
    return f"subtitles of {one.id}: {one.subtitles}"


@_meaningful
def another_value_of_include(model: Model, hand: random.Random, words: Words) -> str:
    """What `include` gives to a combination."""
    found = [entry for entry in model.include if "city" in entry]
    if not found:
        return ""
    hand.choice(found)["city"] = words.one()
    return "a value of matrix.include"


@_meaningful
def another_locale_of_include(model: Model, hand: random.Random, words: Words) -> str:
    """To which combination it gives it."""
    found = [entry for entry in model.include if "city" in entry]
    if not found:
        return ""
    hand.choice(found)["locale"] = hand.choice(model.axes["locale"])
    return "a combination of matrix.include"


@_meaningful
def code_aloud(model: Model, hand: random.Random, words: Words) -> str:
    """Whether code is spoken."""
    one = _pick(hand, (one for one in _texts(model) if one.kept == "md"))
    if one is None:
        return ""
    one.code = None if one.code else "skip"
    return f"code of {one.id}: {one.code}"


@_meaningful
def another_block(model: Model, hand: random.Random, words: Words) -> str:
    """Code or the text of a link in Markdown."""
    marked = [one for one in _texts(model) if one.kept == "md"]
    found = [(one, n) for one in marked for n, block in enumerate(one.body) if block[0] in ("code", "link")]
    if not found:
        return ""
    one, at = hand.choice(found)
    one.body[at] = (one.body[at][0], words.one(), *one.body[at][2:])
    return f"a {one.body[at][0]} of {one.id}"


# -- what comes and goes: new instances are rendered, no other -------------------------------------------------------


@_meaningful
def a_row_on_top(model: Model, hand: random.Random, words: Words) -> str:
    """A new row."""
    if not model.rows:
        return ""
    row = {**model.rows[0], "email": f"{words.one()}@x.org", "name": words.one()}
    model.rows.insert(0, row)
    return f"a row for {row['email']}"


@_meaningful
def a_new_scene(model: Model, hand: random.Random, words: Words) -> str:
    """One more scene, anywhere."""
    one = scene(words.one(), hand.choice(["text", "animation", "audio"]), model, hand, words, plain=True)
    model.scenes.insert(hand.randrange(len(model.scenes) + 1), one)
    return f"a scene {one.id}"


@_meaningful
def another_condition(model: Model, hand: random.Random, words: Words) -> str:
    """For which rows or combinations a scene is made."""
    one = _pick(hand, (one for one in model.scenes if one.when is not None))
    if one is None:
        return ""
    sort, name, values = one.when
    one.when = hand.choice([None, ("not" if sort != "not" else "is", name, values)])
    return f"when of {one.id} is {one.when}"


# -- what alters nothing ---------------------------------------------------------------------------------------------


@_neutral
def another_hand(model: Model, hand: random.Random, words: Words) -> str:
    """Comments, order of keys and columns, quotes, blocks and lines."""
    model.style = hand.randrange(1 << 30)
    return "written by another hand"


@_neutral
def another_order(model: Model, hand: random.Random, words: Words) -> str:
    """Scenes, rows, values of the matrix, and what is excluded, in another order."""
    for some in (model.scenes, model.rows, model.exclude, *model.axes.values()):
        hand.shuffle(some)
    return "another order"


@_neutral
def another_time(model: Model, hand: random.Random, words: Words) -> str:
    """File times of some files."""
    model.touched = hand.randrange(1, 1 << 30)
    return "file times"


@_neutral
def an_unused_variable(model: Model, hand: random.Random, words: Words) -> str:
    """One more, another value, or another name; of the project or of the shared file."""
    model.variables.pop("unused", None)
    model.variables[hand.choice(["unused", words.one()])] = words.one()
    if model.shared:
        model.shared["idle"] = words.one()
        if "product" in model.variables:
            model.shared["product"] = words.one()  # the project's own wins
    return "an unused variable"


@_neutral
def an_unused_column(model: Model, hand: random.Random, words: Words) -> str:
    """What nobody says of a row."""
    for row in model.rows:
        row["junk"] = words.one()
    return "an unused column" if model.rows else ""


@_neutral
def an_unused_macro(model: Model, hand: random.Random, words: Words) -> str:
    """In the file of one that is used."""
    for macros in model.macros.values():
        macros.pop("idle", None)
        macros[hand.choice(["idle", words.one()])] = [("lit", words.one())]
    return "an unused macro" if model.macros else ""


@_neutral
def an_unused_word(model: Model, hand: random.Random, words: Words) -> str:
    """How a word is pronounced that nobody says."""
    model.pronounce["unsaid"] = words.one()
    return "how an unused word is said"


@_neutral
def an_unread_file(model: Model, hand: random.Random, words: Words) -> str:
    """A file beside those that are read."""
    model.junk[hand.choice(["notes.txt", "lib/unread.txt", f"scripts/{words.one()}.txt"])] = words.one()
    return "an unread file"


@_neutral
def another_note(model: Model, hand: random.Random, words: Words) -> str:
    """A comment inside of a template or of Markdown, an address of a link, or a rule."""
    body = _pick(hand, _bodies(model))
    if body is None:
        return ""
    body.insert(hand.randrange(len(body) + 1), ("note", words.one()))
    for one in _texts(model):
        if one.kept == "md":
            one.body = [("link", b[1], f"https://x.org/{words.one()}") if b[0] == "link" else b for b in one.body]
            one.body.insert(hand.randrange(1, len(one.body) + 1), ("comment", words.one()))
    return "a comment in a script"


@_neutral
def another_variable_name(model: Model, hand: random.Random, words: Words) -> str:
    """A variable that is used, called otherwise wherever it is."""
    if model.shared or not any(piece == ("var", "product") for body in _bodies(model) for piece in body):
        return ""
    name = words.one()
    if "product" not in model.variables:
        return ""
    model.variables[name] = model.variables["product"]
    for body in _bodies(model):
        body[:] = [("var", name) if piece == ("var", "product") else piece for piece in body]
    return f"product is called {name}"


@_neutral
def another_file_name(model: Model, hand: random.Random, words: Words) -> str:
    """A script, a table or a recording, under another name."""
    one = _pick(hand, (one for one in _texts(model) if one.kept in ("txt", "md", "locale")))
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


@_neutral
def another_table(model: Model, hand: random.Random, words: Words) -> str:
    """Rows in another kind of file."""
    model.table = f"people.{hand.choice(['csv', 'json', 'yaml'])}"
    return f"rows in {model.table}" if model.rows else ""


@_neutral
def into_a_file(model: Model, hand: random.Random, words: Words) -> str:
    """A script from the project into a file, or back."""
    one = _pick(hand, (one for one in _texts(model) if one.kept in ("inline", "txt")))
    if one is None:
        return ""
    one.kept, one.file = ("txt", f"scripts/{one.id}.txt") if one.kept == "inline" else ("inline", "")
    return f"the script of {one.id} is {one.kept}"


@_neutral
def into_the_shared_file(model: Model, hand: random.Random, words: Words) -> str:
    """A variable of the project in the file it includes."""
    if not model.shared or "city" not in model.variables:
        return ""
    model.shared["city"] = model.variables.pop("city")
    return "a variable in the shared file"


@_neutral
def an_idle_key(model: Model, hand: random.Random, words: Words) -> str:
    """Keys that a service is told and that change no picture."""
    one = hand.choice(model.scenes)
    one.idle = hand.choice(
        [
            {},
            {"name": words.one()},
            {"user_data": words.one()},
            {"max_seconds": hand.randint(500, 900)},
            {"webhook": f"https://x.org/{words.one()}"},
            {"persist": True},
        ]
    )
    return f"{one.id} has {one.idle}"


@_neutral
def rights_of_a_face(model: Model, hand: random.Random, words: Words) -> str:
    """Who allowed the use of a photo."""
    model.rights[model.source] = words.one()
    return "rights"


@_neutral
def another_place(model: Model, hand: random.Random, words: Words) -> str:
    """Where videos go, and which of them make a film."""
    axes = " ".join(f"{{{{ {axis} }}}}" for axis in model.axes)
    rows = any(one.each for one in model.scenes)
    model.output = None if rows else f"{{{{ project }}}}/{words.one()}/{{{{ scene }}}} {axes}".strip()
    talks = [one.id for one in model.scenes if one.kind != "animation"]
    model.film = hand.choice([None, [], talks[:1]])
    return f"output is {model.output}, film {model.film}"


@_neutral
def a_default_written_out(model: Model, hand: random.Random, words: Words) -> str:
    """What holds anyway."""
    one = hand.choice(model.scenes)
    configs = [one.config, model.config, *(shared.get("config", {}) for shared in model.by_locale.values())]
    for key, value in (("sharpen", True), ("logo", True), ("pad_audio", 0), ("align_driver", True)):
        if not any(key in config for config in configs) and hand.random() < 0.5:
            one.config[key] = value
    if one.driver and not one.driver.startswith("bank://"):
        one.driver = f"bank://{one.driver}"
    if one.kind == "text" and one.subtitles is None:
        one.subtitles = False
    return f"defaults of {one.id}"


@_neutral
def an_unused_locale(model: Model, hand: random.Random, words: Words) -> str:
    """The voice and the defaults of a locale that nobody speaks."""
    model.voices["fr"] = ("pico-fr", hand.choice(RATES))
    model.by_locale["fr"] = {"config": {"output_resolution": hand.randint(200, 900)}}
    return "an unused locale"


@_neutral
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


@_neutral
def another_name(model: Model, hand: random.Random, words: Words) -> str:
    """A scene, or the project, called otherwise: its videos are those of another address."""
    if hand.random() < 0.3:
        model.name = words.one()
        return f"the project is called {model.name}"
    one = hand.choice(model.scenes)
    one.id, model.film = words.one(), None
    return f"a scene is called {one.id}"
