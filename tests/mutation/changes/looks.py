"""What is seen and who speaks: pictures, sounds, voices, drivers, configs."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import meaningful, neutral, pick, texts
from tests.mutation.model import Model
from tests.mutation.projects import RATES, TALK_DRIVERS, VOICES, Words


@meaningful
def another_picture(model: Model, hand: random.Random, words: Words) -> str:
    """The bytes of a photo under its old name and of its old size, or not."""
    file = hand.choice(sorted(model.pictures))
    model.pictures[file] = words.number()
    return f"the bytes of {file}"


@meaningful
def another_sound(model: Model, hand: random.Random, words: Words) -> str:
    """The bytes of a recording."""
    model.sounds = {file: words.number() for file in model.sounds}
    return "the bytes of a recording"


@meaningful
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


@meaningful
def another_voice(model: Model, hand: random.Random, words: Words) -> str:
    """The voice of a locale, or its pace."""
    locale = hand.choice(sorted(model.voices))
    model.voices[locale] = (hand.choice(VOICES[locale]), hand.choice([None, "0.8", *RATES]))
    return f"{locale} is spoken by {model.voices[locale]}"


@meaningful
def another_pace(model: Model, hand: random.Random, words: Words) -> str:
    """The pace of one scene."""
    one = pick(hand, texts(model))
    if one is None:
        return ""
    one.rate = hand.choice([None, "0.85", *RATES])
    return f"pace of {one.id} is {one.rate}"


@meaningful
def another_driver(model: Model, hand: random.Random, words: Words) -> str:
    """What moves a head."""
    one = pick(hand, (one for one in model.scenes if one.kind != "animation"))
    if one is None:
        return ""
    one.driver = hand.choice([None, *TALK_DRIVERS])
    return f"driver of {one.id} is {one.driver}"


@meaningful
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


@neutral
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


@neutral
def an_unused_locale(model: Model, hand: random.Random, words: Words) -> str:
    """The voice and the defaults of a locale that nobody speaks."""
    model.voices["fr"] = ("pico-fr", hand.choice(RATES))
    model.by_locale["fr"] = {"config": {"output_resolution": hand.randint(200, 900)}}
    return "an unused locale"


@neutral
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


@neutral
def rights_of_a_face(model: Model, hand: random.Random, words: Words) -> str:
    """Who allowed the use of a photo."""
    model.rights[model.source] = words.one()
    return "rights"
