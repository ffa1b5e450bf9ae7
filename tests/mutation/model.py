"""A project as the generator knows it, and what each of its scenes shows and says.

This is the oracle: it shares no line with the program, knows no YAML, no Jinja and no fingerprint, and works out from
the model alone which instances there are and what decides each.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Piece = tuple[Any, ...]
"""A part of a text: ("lit", words), ("var", name), ("upper", name), ("locale",), ("row", column), ("list", name),
("if locale", value, words, else words), ("if row", column, value, words, else words), ("macro", file, name, words),
("include", file), ("default", name, words where it is not set), ("break",) a line end, ("note", words nobody hears)."""

Said = tuple[Any, ...]
"""What decides one instance: equal for two when, and only when, they are the same video."""


@dataclass
class Scene:
    """One scene. kind: text, audio or animation. kept: where a text stands: inline, txt, md or locale (a file for each
    locale). body: pieces; of md blocks (sort, …); of locale a mapping from locale to pieces. marks: of which kind
    those of its Markdown are. noise: whether it is taken out of a recording. face: size, x, y."""

    id: str
    kind: str
    kept: str = "inline"
    file: str = ""
    body: Any = ()
    code: str | None = None
    each: bool = False
    when: Any = None
    source: str | None = None
    audio: str = ""
    driver: str | None = None
    rate: str | None = None
    voice: str | None = None
    face: tuple[int, int, int] | None = None
    noise: bool | None = None
    marks: int = 0
    config: dict[str, Any] = field(default_factory=dict)
    subtitles: bool | None = None
    idle: dict[str, Any] = field(default_factory=dict)  # keys that alter nothing: name, user_data, max_seconds, …


@dataclass
class Model:
    """A workspace of one project. style: of how it is written; junk: files nobody reads; touched: which times files
    have; ends: of how lines end, and files begin; linked: files that are links to others; copied: which files were
    written anew as they were; lent: keys of the project that stand in the file it includes."""

    name: str
    scenes: list[Scene]
    folder: str = "one"
    variables: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)  # variables of an included file
    more: dict[str, Any] = field(default_factory=dict)  # and of the one that is included after it
    shared_file: str = "shared.yaml"
    lent: set[str] = field(default_factory=set)
    axes: dict[str, list[str]] = field(default_factory=dict)
    exclude: list[dict[str, str]] = field(default_factory=list)
    include: list[dict[str, str]] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    data: str = "people"
    key: str = "email"
    table: str = "people.csv"
    voices: dict[str, tuple[str, str | None]] = field(default_factory=dict)  # locale → voice, rate
    pronounce: dict[str, str] = field(default_factory=dict)
    source: str = "faces/anna.jpg"
    driver: str | None = None
    config: dict[str, Any] = field(default_factory=dict)
    by_locale: dict[str, dict[str, Any]] = field(default_factory=dict)  # locale → {"source", "config"}
    macros: dict[str, dict[str, Sequence[Piece]]] = field(default_factory=dict)  # file → name → pieces; "who" is given
    snippets: dict[str, Sequence[Piece]] = field(default_factory=dict)
    pictures: dict[str, int] = field(default_factory=dict)
    sounds: dict[str, int] = field(default_factory=dict)
    motions: dict[str, int] = field(default_factory=dict)
    rights: dict[str, dict[str, str]] = field(default_factory=dict)
    film: list[str] | None = None
    output: str | None = None
    junk: dict[str, str] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)  # of the workspace
    plain: bool = False  # without a template, when it was made
    style: int = 0
    touched: int = 0
    ends: int = 0
    linked: set[str] = field(default_factory=set)
    copied: int = 0

    @property
    def locale(self) -> str:
        """Of scenes without a matrix."""
        return "en"

    @property
    def known(self) -> dict[str, Any]:
        """All variables; the project's own win."""
        return {**self.shared, **self.more, **self.variables}


def said(model: Model) -> dict[str, Said]:
    """Address → what decides it, for every instance."""
    return {address: _decides(model, scene, env) for address, scene, env in instances(model)}


def instances(model: Model) -> Iterator[tuple[str, Scene, dict[str, Any]]]:
    """Address, scene and variables of every instance."""
    for known, more in combinations(model):
        for scene in model.scenes:
            for row in model.rows if scene.each else [None]:
                env = {"locale": model.locale, **model.known, **known, **more}
                keys = dict(known)
                if row is not None:
                    env["row"] = row
                    keys[model.data] = row[model.key]
                if _holds(scene.when, env):
                    inside = ",".join(f"{key}={keys[key]}" for key in sorted(keys))
                    yield f"{model.name}/{scene.id}{f'[{inside}]' if inside else ''}", scene, env


def combinations(model: Model) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Of the matrix: values that tell apart, and values that `include` adds."""
    product = [dict(zip(model.axes, values, strict=True)) for values in itertools.product(*model.axes.values())]
    left = [one for one in product if not any(out.items() <= one.items() for out in model.exclude)]
    found: list[tuple[dict[str, str], dict[str, str]]] = [(one, {}) for one in left]
    for entry in model.include:
        own = {key: value for key, value in entry.items() if key in model.axes}
        hit = [more for one, more in found[: len(left)] if own.items() <= one.items()]
        for more in hit:
            more.update({key: value for key, value in entry.items() if key not in own})
        if not hit:
            found.append((own, {key: value for key, value in entry.items() if key not in own}))
    return found


def is_whole(model: Model) -> bool:
    """Whether every instance has all that `output` names; else the project is refused, and rightly."""
    named = [axis for axis in model.axes if f"{{{{ {axis} }}}}" in (model.output or "")]
    return all(axis in known or axis in more for known, more in combinations(model) for axis in named)


def _holds(when: Any, env: Mapping[str, Any]) -> bool:
    if when is None:
        return True
    sort, name, values = when
    found = env["row"][name[4:]] if name.startswith("row.") else env[name]
    return (found in values) if sort in ("is", "expression", "any") else (found not in values)


def _decides(model: Model, scene: Scene, env: Mapping[str, Any]) -> Said:
    locale = env["locale"]
    shared = [model.by_locale[key] for key in (locale, locale.partition("-")[0]) if key in model.by_locale]
    source = scene.source or next((one["source"] for one in shared if "source" in one), model.source)
    if source.endswith("{{ row.face }}.jpg"):
        source = f"faces/{env['row']['face']}.jpg"
    config = {**model.config}
    for one in reversed(shared):
        config |= one.get("config", {})
    config |= scene.config
    driver = _driver(model, scene)
    shown = _config(model, config, scene.kind, followed=isinstance(driver, tuple))
    told = (scene.kind, ("picture", model.pictures[source]), shown, driver, scene.face)
    if scene.kind == "audio":
        quiet = bool(scene.noise or config.get("reduce_noise"))
        return (*told, ("sound", model.sounds[scene.audio]), quiet)
    if scene.kind == "animation":
        return told
    written = _written(model, scene, env)
    voice, rate = (scene.voice, None) if scene.voice else model.voices[locale]
    rate = scene.rate or rate
    spoken = tuple(_pronounced(model, part) for part in written)
    shown = (written,) if scene.subtitles else ()  # the track shows the words as they are written
    return (*told, ("voice", voice, round(_pace(rate), 6)), spoken, bool(scene.subtitles), *shown)


def _config(model: Model, config: Mapping[str, Any], kind: str, *, followed: bool) -> tuple[Any, ...]:
    """What of a config is seen or heard; defaults written out. followed: a driver of one's own says how long it is."""
    stitch, logo, moods = config.get("stitch", False), config.get("logo", True), config.get("driver_expressions")
    return (
        stitch,
        config.get("output_resolution"),
        0.0 if followed and kind == "animation" else float(config.get("pad_audio", 0)),
        float(config.get("motion_factor", 1.0 if kind != "animation" else 0.75)),
        float(config.get("normalization_factor", 1)),
        None if stitch else (config.get("sharpen", True), config.get("align_expand_factor", 0.3)),
        (model.pictures[logo["url"]], *logo["position"]) if isinstance(logo, dict) else logo,
        config.get("fluent", False),
        repr(moods) if moods and kind != "animation" else None,
    )


TALKS, ANIMATIONS = ("lively", "subtle", "natural"), ("nostalgia", "subtle")


def _driver(model: Model, scene: Scene) -> Any:
    """The scene's own, else the project's if it is for such scenes; a file by its bytes."""
    fits = ANIMATIONS if scene.kind == "animation" else TALKS
    name = scene.driver or (model.driver if model.driver in (*fits, *model.motions) else None)
    if name in model.motions:
        return ("motion", model.motions[name])
    return None if name is None else name.removeprefix("bank://").rstrip("/")


def _pace(rate: str | None) -> float:
    if rate is None:
        return 1.0
    if not rate.endswith("%"):
        return float(rate)
    return float(rate[:-1]) / 100 + (rate[0] in "+-")


def _written(model: Model, scene: Scene, env: Mapping[str, Any]) -> tuple[str, ...]:
    """A text as captions show it; of Markdown a part for each block that is heard."""
    if scene.kept == "md":
        heard = [block for block in scene.body if block[0] not in ("comment", "rule")]
        heard = [block for block in heard if block[0] != "code" or scene.code != "skip"]
        return tuple(f"{block[0]} {_block(model, block, env)}" for block in heard)
    body = scene.body[env["locale"]] if scene.kept == "locale" else scene.body
    return (text_of(model, body, env).strip(),)


def _block(model: Model, block: Sequence[Any], env: Mapping[str, Any]) -> str:
    return str(block[1]) if block[0] in ("code", "link") else text_of(model, block[1], env)


def text_of(model: Model, pieces: Sequence[Piece], env: Mapping[str, Any]) -> str:
    """Pieces with everything filled in."""
    return "".join(_piece(model, piece, env) for piece in pieces)


def _piece(model: Model, piece: Piece, env: Mapping[str, Any]) -> str:  # noqa: PLR0911
    match piece:
        case ("lit", words):
            return str(words)
        case ("var", name):
            return str(env[name])
        case ("upper", name):
            return str(env[name]).upper()
        case ("locale",):
            return str(env["locale"])
        case ("row", column):
            return str(env["row"][column])
        case ("list", name):
            return " and ".join(env[name])
        case ("default", name, words):
            return str(env.get(name, words))
        case ("break",):
            return "\n"
        case ("if locale", value, words, other):
            return str(words if env["locale"] == value else other)
        case ("if row", column, value, words, other):
            return str(words if env["row"][column] == value else other)
        case ("macro", file, name, words):
            return text_of(model, model.macros[file][name], {"who": words})
        case ("include", file):
            return text_of(model, model.snippets[file], env)
    assert piece[0] == "note"
    return ""


def _pronounced(model: Model, text: str) -> str:
    for word, how in model.pronounce.items():
        text = re.sub(rf"\b{re.escape(word)}\b", how, text)
    return text
