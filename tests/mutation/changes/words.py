"""What is said: scripts, templates, macros, Markdown, how words sound."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import bodies, meaningful, neutral, pick, texts
from tests.mutation.model import Model
from tests.mutation.projects import Words


@meaningful
def another_word(model: Model, hand: random.Random, words: Words) -> str:
    """A word of a script, inline or in a file, of every locale or of one."""
    body = pick(hand, bodies(model))
    if body is None:
        return ""
    at = hand.choice([n for n, piece in enumerate(body) if piece[0] == "lit"])
    body[at] = ("lit", f"{words.heard()} ")
    return f"a word is {body[at][1]}"


@meaningful
def another_condition_inside(model: Model, hand: random.Random, words: Words) -> str:
    """What one branch of an `if` says."""
    found = [(b, n) for b in bodies(model) for n, piece in enumerate(b) if piece[0].startswith("if ")]
    if not found:
        return ""
    body, at = hand.choice(found)
    piece = list(body[at])
    piece[hand.choice([-1, -2])] = words.one()
    body[at] = tuple(piece)
    return f"a branch is {piece}"


@meaningful
def another_variable(model: Model, hand: random.Random, words: Words) -> str:
    """The value of a variable, of the project or of a shared file; it may be one of a list."""
    where = hand.choice([model.variables, model.shared or model.variables, model.more or model.variables])
    name = hand.choice(sorted(where))
    where[name] = [words.one(), *where[name][1:]] if name == "team" else words.heard()
    return f"{name} is {where[name]}"


@meaningful
def another_macro(model: Model, hand: random.Random, words: Words) -> str:
    """What a macro says."""
    for macros in model.macros.values():
        macros["greet"] = [("lit", f"{words.one()} "), ("var", "who")]
    return "a macro" if model.macros else ""


@meaningful
def another_snippet(model: Model, hand: random.Random, words: Words) -> str:
    """What an included file says."""
    for file, pieces in model.snippets.items():
        model.snippets[file] = [("lit", f"{words.one()} "), *pieces[1:]]
    return "an included file" if model.snippets else ""


@meaningful
def another_sound_of_a_word(model: Model, hand: random.Random, words: Words) -> str:
    """How a word is pronounced."""
    if not model.pronounce:
        return ""
    model.pronounce["kubectl"] = words.one()
    return "how kubectl is said"


@meaningful
def captions_inside(model: Model, hand: random.Random, words: Words) -> str:
    """A track of captions inside the video, or none."""
    one = pick(hand, texts(model))
    if one is None:
        return ""
    one.subtitles = not one.subtitles
    return f"subtitles of {one.id}: {one.subtitles}"


@meaningful
def code_aloud(model: Model, hand: random.Random, words: Words) -> str:
    """Whether code is spoken."""
    one = pick(hand, (one for one in texts(model) if one.kept == "md"))
    if one is None:
        return ""
    one.code = None if one.code else "skip"
    return f"code of {one.id}: {one.code}"


@meaningful
def another_block(model: Model, hand: random.Random, words: Words) -> str:
    """Code or the text of a link in Markdown."""
    marked = [one for one in texts(model) if one.kept == "md"]
    found = [(one, n) for one in marked for n, block in enumerate(one.body) if block[0] in ("code", "link")]
    if not found:
        return ""
    one, at = hand.choice(found)
    one.body[at] = (one.body[at][0], words.one(), *one.body[at][2:])
    return f"a {one.body[at][0]} of {one.id}"


@neutral
def an_unused_macro(model: Model, hand: random.Random, words: Words) -> str:
    """In the file of one that is used."""
    for macros in model.macros.values():
        macros.pop("idle", None)
        macros[hand.choice(["idle", words.one()])] = [("lit", words.one())]
    return "an unused macro" if model.macros else ""


@neutral
def an_unused_word(model: Model, hand: random.Random, words: Words) -> str:
    """How a word is pronounced that nobody says."""
    model.pronounce["unsaid"] = words.one()
    return "how an unused word is said"


@neutral
def another_note(model: Model, hand: random.Random, words: Words) -> str:
    """A comment inside of a template or of Markdown, an address of a link, or a rule."""
    body = pick(hand, bodies(model))
    if body is None:
        return ""
    body.insert(hand.randrange(len(body) + 1), ("note", words.one()))
    for one in texts(model):
        if one.kept == "md":
            one.body = [("link", b[1], f"https://x.org/{words.one()}") if b[0] == "link" else b for b in one.body]
            one.body.insert(hand.randrange(1, len(one.body) + 1), ("comment", words.one()))
    return "a comment in a script"


@neutral
def another_variable_name(model: Model, hand: random.Random, words: Words) -> str:
    """A variable that is used, called otherwise wherever it is."""
    if model.shared or not any(piece == ("var", "product") for body in bodies(model) for piece in body):
        return ""
    name = words.one()
    if "product" not in model.variables:
        return ""
    model.variables[name] = model.variables["product"]
    for body in bodies(model):
        body[:] = [("var", name) if piece == ("var", "product") else piece for piece in body]
    return f"product is called {name}"


@meaningful
def another_piece(model: Model, hand: random.Random, words: Words) -> str:
    """What a text says more, or says no more."""
    body = pick(hand, bodies(model))
    if body is None:
        return ""
    if any(piece[0] == "lit" for piece in body[:-1]) and hand.random() < 0.3:  # a note alone would be no script
        return f"without {body.pop()}"
    known = sorted({"product", "city", "motto"} & model.known.keys())
    body.append(hand.choice([("lit", f" {words.heard()}"), ("var", hand.choice(known)), ("locale",)]))
    return f"and {body[-1]}"


@meaningful
def another_argument(model: Model, hand: random.Random, words: Words) -> str:
    """What a macro is given, or what stands for a variable that is not set."""
    found = [(b, n) for b in bodies(model) for n, piece in enumerate(b) if piece[0] in ("macro", "default")]
    if not found:
        return ""
    body, at = hand.choice(found)
    body[at] = (*body[at][:-1], words.one())
    return f"{body[at]}"


@meaningful
def another_line(model: Model, hand: random.Random, words: Words) -> str:
    """Where a line of a plain text ends."""
    one = pick(hand, (one for one in texts(model) if one.kept in ("inline", "txt")))
    if one is None:
        return ""
    one.body.insert(1, ("break",))
    one.body.insert(2, ("lit", words.heard()))
    return f"two lines in {one.id}"


@meaningful
def another_word_that_sounds(model: Model, hand: random.Random, words: Words) -> str:
    """How a word is said that was said as it is written."""
    body = pick(hand, bodies(model))
    lits = [piece[1].strip() for piece in body or () if piece[0] == "lit" and len(piece[1].split()) == 1]
    if not lits:
        return ""
    word = hand.choice(lits)
    model.pronounce[word] = words.one()
    return f"how {word} is said"


@meaningful
def another_paragraph(model: Model, hand: random.Random, words: Words) -> str:
    """A block more in Markdown, or all in another order."""
    one = pick(hand, (one for one in texts(model) if one.kept == "md"))
    if one is None:
        return ""
    if hand.random() < 0.3:
        hand.shuffle(one.body)
    else:
        one.body.insert(hand.randrange(len(one.body) + 1), ("paragraph", [("lit", words.heard())]))
    return f"blocks of {one.id}"


@neutral
def other_marks(model: Model, hand: random.Random, words: Words) -> str:
    """Bold, bullets, rules, fences, levels of headings and front matter of Markdown."""
    one = pick(hand, (one for one in texts(model) if one.kept == "md"))
    if one is None:
        return ""
    one.marks = hand.randrange(1 << 30)
    return f"marks of {one.id}"


@neutral
def room_around(model: Model, hand: random.Random, words: Words) -> str:
    """Blank lines and spaces before and behind a plain text."""
    one = pick(hand, (one for one in texts(model) if one.kept in ("inline", "txt")))
    if one is None:
        return ""
    one.body.append(("lit", hand.choice([" ", "\n", "  \n\n"])))
    if one.kept == "txt":
        one.body.insert(0, ("lit", "\n "))
    return f"room around {one.id}"
