"""What is seen and who speaks: pictures, sounds, voices, drivers, configs."""

from __future__ import annotations

import random

from tests.mutation.changes.kinds import meaningful, neutral, pick, speaks_english, texts
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
    one.driver = hand.choice([None, *TALK_DRIVERS, *model.motions])
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
            ("fluent", [True, False]),
            ("normalization_factor", [0.5, 1]),
            ("align_expand_factor", [0.3, 0.6]),
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
    if one.driver and one.driver not in model.motions and not one.driver.startswith("bank://"):
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
    about = hand.choice([model.source, *model.sounds, model.voices["en"][0]])
    more = hand.choice([{}, {"scope": words.one()}, {"until": "2999-12-31"}])
    model.rights[about] = {"who": words.one(), **more}
    return "rights"


@meaningful
def another_motion(model: Model, hand: random.Random, words: Words) -> str:
    """The bytes of a driver of one's own."""
    model.motions = {file: words.number() for file in model.motions}
    return "the bytes of a driver"


@meaningful
def another_driver_for_all(model: Model, hand: random.Random, words: Words) -> str:
    """What moves all heads for which nothing else is said, and which it fits."""
    model.driver = hand.choice([None, "lively", "natural", "subtle", "nostalgia", *model.motions])
    return f"all are driven by {model.driver}"


@meaningful
def another_voice_of_a_scene(model: Model, hand: random.Random, words: Words) -> str:
    """Who speaks one scene, whatever the locale; its pace is its own then."""
    one = pick(hand, texts(model))
    if one is None or not speaks_english(model):
        return ""
    one.voice = hand.choice([None, *VOICES["en"], *VOICES["en-GB"]])
    return f"{one.id} is spoken by {one.voice}"


@meaningful
def another_face(model: Model, hand: random.Random, words: Words) -> str:
    """Which face of a photo moves."""
    one = hand.choice(model.scenes)
    one.face = hand.choice([None, (hand.randrange(80, 120), hand.randrange(60), hand.randrange(60))])
    return f"face of {one.id} is {one.face}"


@meaningful
def another_logo(model: Model, hand: random.Random, words: Words) -> str:
    """A picture laid over the video, of one scene or of all."""
    config = hand.choice([model.config, hand.choice(model.scenes).config])
    config["logo"] = {"url": hand.choice(sorted(model.pictures)), "position": [hand.randrange(99), 4]}
    return f"logo {config['logo']}"


@meaningful
def another_mood(model: Model, hand: random.Random, words: Words) -> str:
    """The expression of all who talk."""
    mood = {"start_frame": 0, "expression": hand.choice(["happy", "serious", "surprise"]), "intensity": 0.5}
    model.config["driver_expressions"] = {"expressions": [mood], "transition_frames": hand.randrange(6, 20)}
    return f"moods {mood}"


@meaningful
def another_noise(model: Model, hand: random.Random, words: Words) -> str:
    """Whether noise is taken out of a recording; texts have none."""
    one = pick(hand, (one for one in model.scenes if one.kind == "audio"))
    if one is None:
        return ""
    if hand.random() < 0.5:
        one.noise = not one.noise
    else:
        model.config["reduce_noise"] = not model.config.get("reduce_noise", False)
    return f"noise of {one.id}"


@neutral
def a_pace_written_out(model: Model, hand: random.Random, words: Words) -> str:
    """The same pace as a number, with another zero, or in per cent."""
    same = {None: ["1", "1.0", "100%"], "0.9": ["0.90", "-10%"], "1.1": ["+10%", "1.10"], "1.2": ["120%", "1.2"]}
    locale = hand.choice(sorted(model.voices))
    voice, rate = model.voices[locale]
    if rate not in same:
        return ""
    model.voices[locale] = (voice, hand.choice(same[rate]))
    return f"the pace of {locale} is {model.voices[locale][1]}"


@neutral
def what_does_not_fit(model: Model, hand: random.Random, words: Words) -> str:
    """Of what all share, keys that some kinds of scenes have no use for, and that no scene here has."""
    key, value = hand.choice([("mute", True), ("align_driver", True), ("auto_match", True)])
    if not any(one.kind == "audio" for one in model.scenes) and hand.random() < 0.3:
        key, value = "reduce_noise", True
    model.config[key] = value
    return f"config {key} is {value}"
