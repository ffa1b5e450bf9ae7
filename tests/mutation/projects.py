"""Projects at random, over the breadth of what can be written."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from typing import Any

from tests.mutation.model import Model, Piece, Scene

VOICES = {
    "en": ("heart", "af_bella", "am_puck"),
    "en-GB": ("bf_emma", "bm_george"),
    "de": ("pico-de",),
    "fr": ("pico-fr",),
}
TALK_DRIVERS = ("lively", "subtle", "natural")
RATES = ("0.9", "1.1", "1.2", "+5%")
PLAIN = 0.25  # of the projects have no template: those that are planned by their words alone
LENT = ("voices", "pronounce", "config", "rights", "locales")
LINE = "{{ project }}/{{ scene }}"


class Words:
    """Words that nobody said before, so that every change is one."""

    def __init__(self, seed: int) -> None:
        self._count = itertools.count()
        self._seed = seed

    def one(self) -> str:
        """A word of its own."""
        return f"word{next(self._count)}"

    def heard(self) -> str:
        """A word of its own to be said, now and then one that is written in other letters or looks like no word."""
        count = next(self._count)
        odd = {3: "wörd{}", 4: "naïve{}", 5: "0{}", 6: "{}:30", 7: "señor{}", 8: "it’s{}"}
        return odd.get(count % 16, "word{}").format(count)

    def number(self) -> int:
        """A number of its own, for bytes of a file."""
        return self._seed * 1_000_003 + next(self._count)


def generate(hand: random.Random, words: Words, name: str = "one", *, small: bool = False) -> Model:
    """A project with some of everything. small: of one to three scenes in at most two locales."""
    model = Model(name, [], style=hand.randrange(1 << 30))
    model.plain = hand.random() < PLAIN
    model.pictures = {f"faces/{who}.jpg": words.number() for who in ("anna", "bob", "carl")}
    model.sounds = {"audio/quote.wav": words.number()}
    model.motions = {"moves/nod.motion": words.number()}
    model.driver = hand.choice([None, None, "lively", "subtle", "nostalgia", "moves/nod.motion"])
    model.variables = {name: words.heard() for name in ("product", "city", "unused")}
    model.variables["team"] = [words.one(), words.one()]
    if hand.random() < 0.5 and not model.plain:
        model.shared = {"motto": words.one(), "product": words.one(), "idle": words.one()}
        model.shared_file = hand.choice(["shared.yaml", "common/all.yaml"])
        model.lent = {key for key in LENT if hand.random() < 0.3}
        if hand.random() < 0.5:
            model.more = {"motto": words.one()}
    _matrix(model, hand, words, most=2 if small else 3)
    for locale in ("en", "en-GB", "de"):
        model.voices[locale] = (hand.choice(VOICES[locale]), hand.choice([None, *RATES]))
    if hand.random() < 0.6:
        model.rows = [_row(number, hand, words) for number in range(hand.randint(1, 3))]
        model.table = f"people.{hand.choice(['csv', 'json', 'yaml'])}"
    model.pronounce = {"kubectl": words.one(), "unsaid": words.one()} if hand.random() < 0.5 else {}
    if hand.random() < 0.5:
        model.config = {"stitch": True}
    if hand.random() < 0.4:
        model.by_locale["en-GB"] = {"config": {"output_resolution": 256}}
    if hand.random() < 0.5 and not model.plain:
        model.macros["lib/macros.txt"] = {
            "greet": [("lit", f"{words.one()} "), ("var", "who")],
            "idle": [("lit", words.one())],
        }
    if hand.random() < 0.5 and not model.plain:
        model.snippets["lib/end.txt"] = [("lit", f"{words.one()} "), ("var", "city"), ("lit", " "), ("locale",)]
    if not model.rows and not model.plain and hand.random() < 0.3:
        model.output = f"{LINE} {' '.join(f'{{{{ {axis} }}}}' for axis in model.axes)}".strip()
    model.junk = {"notes.txt": words.one(), "lib/unread.txt": words.one()}
    kinds = ["text"] * 4 + ["audio", "animation"]
    count = hand.randint(1, 2) if small else hand.randint(2, 5)
    model.scenes = [scene(f"s{number}", hand.choice(kinds), model, hand, words) for number in range(count)]
    if not any(one.when is None and not one.each for one in model.scenes):
        model.scenes.append(scene("last", "text", model, hand, words, plain=True))
    return model


def _matrix(model: Model, hand: random.Random, words: Words, *, most: int) -> None:
    if hand.random() < 0.25:
        return
    model.axes["locale"] = hand.sample(["en", "en-GB", "de"], hand.randint(1, most))
    if hand.random() < 0.4:
        model.axes["level"] = ["basic", "expert"][: hand.randint(1, 2)]
    if "level" in model.axes and len(model.axes["level"]) == 2 and hand.random() < 0.4:
        model.exclude = [{"locale": model.axes["locale"][0], "level": "basic"}]
    if hand.random() < 0.4:
        model.include = [{"locale": hand.choice(model.axes["locale"]), "city": words.one()}]
    if "level" in model.axes and hand.random() < 0.3:
        model.include.append({"locale": "en", "level": "special"})


def _row(number: int, hand: random.Random, words: Words) -> dict[str, str]:
    plan, face = hand.choice(["pro", "free"]), hand.choice(["anna", "bob", "carl"])
    return {
        "email": f"p{number}@x.org",
        "name": words.one(),
        "plan": plan,
        "face": face,
        "seats": str(number + 2),
        "junk": words.one(),
    }


def scene(name: str, kind: str, model: Model, hand: random.Random, words: Words, *, plain: bool = False) -> Scene:
    """One scene. plain: an instance of it is there whatever else is."""
    one = Scene(name, kind)
    if not plain:
        one.each = bool(model.rows) and hand.random() < 0.6
        one.when = _when(model, one, hand)
    sources = ["faces/{{ row.face }}.jpg"] if one.each and not model.plain else []
    one.source = hand.choice([None, None, sorted(model.pictures)[1], *sources])
    if hand.random() < 0.3:
        one.config = hand.choice([{"stitch": False}, {"output_resolution": 300}, {"motion_factor": 0.5}])
    one.face = hand.choice([None, None, None, (100, 20, 30)])
    if kind == "audio":
        one.audio, one.noise = next(iter(model.sounds)), hand.choice([None, None, True])
        return one
    if kind == "animation":
        one.driver = hand.choice([None, "nostalgia", "bank://nostalgia", *model.motions])
        return one
    one.driver = hand.choice([None, None, *TALK_DRIVERS, *model.motions])
    one.rate = hand.choice([None, None, *RATES])
    one.subtitles = hand.choice([None, None, True])
    kinds = ["inline", "inline", "txt", "md", "locale"]
    one.kept = hand.choice(["txt"] if model.plain else kinds)
    if one.kept == "locale":
        one.file = f"scripts/{name}.{{{{ locale }}}}.txt"
        one.body = {locale: list(_pieces(model, one, hand, words)) for locale in _locales(model)}
        return one
    if one.kept == "md":
        one.file, one.code, one.marks = f"scripts/{name}.md", hand.choice([None, "skip"]), hand.randrange(1 << 30)
        one.body = list(_blocks(model, one, hand, words))
        return one
    one.file = f"scripts/{name}.txt" if one.kept == "txt" else ""
    one.body = list(_pieces(model, one, hand, words))
    return one


def _locales(model: Model) -> list[str]:
    named = [entry["locale"] for entry in model.include if "locale" in entry]
    return list(dict.fromkeys([*model.axes.get("locale", [model.locale]), *named]))


def _when(model: Model, one: Scene, hand: random.Random) -> Any:
    chance = hand.random()
    sort = hand.choice(["is", "expression", "not"])
    if chance < 0.15 and "locale" in model.axes:
        return sort, "locale", [hand.choice(model.axes["locale"])]
    if chance < 0.3 and one.each:
        return sort, "row.plan", ["pro"]
    return None


def _pieces(model: Model, one: Scene, hand: random.Random, words: Words) -> Iterator[Piece]:
    """A text: it begins with a word of its own, so that no two scenes ever say the same."""
    yield ("lit", f"{words.heard()} ")
    for _ in range(hand.randrange(4)):
        if not model.plain:
            yield hand.choice(list(_choices(model, one, words)))
        yield ("lit", f" {words.one()} ")
    if hand.random() < 0.3:
        yield ("lit", "kubectl ")


def _choices(model: Model, one: Scene, words: Words) -> Iterator[Piece]:
    yield from (("var", "product"), ("upper", "city"), ("locale",), ("list", "team"), ("note", words.one()))
    yield from (("if locale", "en", words.one(), words.one()), ("default", "level", words.one()))
    if one.kept != "md":
        yield ("break",)
    if one.each:
        yield from (("row", "name"), ("row", "seats"), ("if row", "plan", "pro", words.one(), words.one()))
    if model.macros:
        yield ("macro", next(iter(model.macros)), "greet", words.one())
    if model.snippets:
        yield ("include", next(iter(model.snippets)))
    if model.shared:
        yield ("var", "motto")


def _blocks(model: Model, one: Scene, hand: random.Random, words: Words) -> Iterator[tuple[Any, ...]]:
    yield ("heading", [("lit", words.one())])
    yield ("paragraph", list(_pieces(model, one, hand, words)))
    for sort in hand.sample(["item", "link", "code", "comment", "rule"], hand.randrange(4)):
        if sort == "item":
            yield (sort, list(_pieces(model, one, hand, words)))
        elif sort == "link":
            yield (sort, words.one(), f"https://x.org/{words.one()}")
        else:
            yield (sort, words.one())
