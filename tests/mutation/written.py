"""A model as files: YAML in many hands, scripts, tables, pictures and sounds."""

from __future__ import annotations

import io
import os
import random
import re
import wave
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from didgen.media.motion import Motion, motion_bytes
from tests import fakes
from tests.mutation.hands import ended, table, yaml_of
from tests.mutation.model import Model, Piece, Scene

HOME = "projects"


_TAKES = re.compile(rb"\{% (?:from|include) ")  # is named from where the text really lies, so such a text is no link


class Link(bytes):
    """What a file holds that is a link to another one, which lies in `projects/kept/`."""


def files_of(model: Model) -> dict[str, bytes]:
    """Name below the workspace → bytes."""
    texts = _texts(model)
    coat = random.Random(model.ends)
    files = {name: ended(text, coat) if model.ends else text.encode() for name, text in texts.items()}
    files |= {file: _photo() + b"%d" % seed for file, seed in model.pictures.items()}
    files |= {file: _sound(seed) for file, seed in model.sounds.items()}
    files |= {file: _motion(seed) for file, seed in model.motions.items()}
    files |= {file: text.encode() for file, text in model.junk.items()}
    linked = {name for name in model.linked & files.keys() if not _TAKES.search(files[name])}
    files |= {name: Link(files[name]) for name in linked}
    below = {f"{HOME}/{model.folder}/{file}": data for file, data in files.items()}
    settings = yaml_of(model.settings, random.Random(model.style)).encode()
    return below | ({"didgen.yaml": settings} if model.settings else {})


def _texts(model: Model) -> dict[str, str]:
    """Every file that is text, below the project's folder."""
    hand = random.Random(model.style)
    texts = {"project.yaml": yaml_of(_project(model), hand)}
    if model.shared:
        texts[model.shared_file] = yaml_of({"vars": model.shared, **_lent(model)}, hand)
    if model.more:
        texts["more.yaml"] = yaml_of({"vars": model.more}, hand)
    if model.rows:
        texts[model.table] = table(model.rows, model.table.rpartition(".")[2], hand)
    for scene in model.scenes:
        texts |= dict(_scripts(scene))
    for file, macros in model.macros.items():
        texts[file] = "\n".join(_macro(name, body, file) for name, body in macros.items())
    return texts | {file: _jinja(pieces, file) for file, pieces in model.snippets.items()}


def write(root: Path, files: Mapping[str, bytes], before: Mapping[str, bytes], hand: random.Random) -> None:
    """Bring a workspace from what it holds to what it should hold: in place, or by a new file beside it."""
    for name in before.keys() - files.keys():
        (root / name).unlink()
    for name, data in files.items():
        old = before.get(name)
        if old == data and isinstance(old, Link) == isinstance(data, Link):
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, Link):
            _write_linked(root, path, data)
        elif isinstance(old, Link):
            anew(path, data)
        elif hand.random() < 0.5:
            path.write_bytes(data)
        else:
            anew(path, data)


def anew(path: Path, data: bytes) -> None:
    """Put a new file in the place of one."""
    path.with_name("new~").write_bytes(data)
    os.replace(path.with_name("new~"), path)


def _write_linked(root: Path, path: Path, data: bytes) -> None:
    target = root / HOME / "kept" / path.relative_to(root).as_posix().replace("/", "_")
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(data)
    if not path.is_symlink():
        path.unlink(missing_ok=True)
        path.symlink_to(os.path.relpath(target, path.parent))


# -- the project ------------------------------------------------------------------------------------------------------


def _project(model: Model) -> dict[str, Any]:
    defaults: dict[str, Any] = {"source": model.source}
    if model.driver is not None:
        defaults["driver"] = model.driver
    if model.output is not None:
        defaults["output"] = model.output
    written: dict[str, Any] = {"didgen": 1, "name": model.name, "defaults": defaults}
    written |= {"vars": model.variables} if model.variables else {}
    if model.shared:
        written["include"] = [model.shared_file, "more.yaml"] if model.more else model.shared_file
    if model.axes:
        more = {"exclude": model.exclude, "include": model.include}
        written["matrix"] = {**model.axes, **{key: value for key, value in more.items() if value}}
    written |= {"data": {model.data: model.table}} if model.rows else {}
    for key, value in _lendable(model, "."):
        if key not in model.lent or not model.shared:
            _lay(written, key, value)
    written |= {"film": model.film} if model.film is not None else {}
    return {**written, "scenes": [_scene(scene, model) for scene in model.scenes]}


def _lent(model: Model) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for key, value in _lendable(model, os.path.dirname(model.shared_file) or "."):
        if key in model.lent:
            _lay(written, key, value)
    return written


def _lay(written: dict[str, Any], key: str, value: Any) -> None:
    if key == "config":
        written.setdefault("defaults", {})["config"] = value
    else:
        written[key] = value


def _lendable(model: Model, within: str) -> Iterator[tuple[str, Any]]:
    """What may stand in the project or in the file it includes. within: the folder of that file, below the project's;
    names of files lead from there."""
    if model.config:
        yield "config", _config(model.config, within)
    yield "voices", {locale: _voice(*voice) for locale, voice in model.voices.items()}
    if model.pronounce:
        yield "pronounce", model.pronounce
    if model.by_locale:
        yield "locales", {locale: _by_locale(shared, within) for locale, shared in model.by_locale.items()}
    if model.rights:
        yield "rights", {_near(file, within): given for file, given in model.rights.items()}


def _by_locale(shared: Mapping[str, Any], within: str) -> dict[str, Any]:
    written = dict(shared)
    if "source" in shared:
        written["source"] = _near(shared["source"], within)
    if "config" in shared:
        written["config"] = _config(shared["config"], within)
    return written


def _config(config: Mapping[str, Any], within: str) -> dict[str, Any]:
    logo = config.get("logo")
    return {**config, "logo": {**logo, "url": _near(logo["url"], within)}} if isinstance(logo, dict) else dict(config)


def _near(file: str, within: str) -> str:
    """A file's name as it is written in a file of the folder `within`; a voice stays as it is."""
    return os.path.relpath(file, within) if "/" in file else file


def _voice(name: str, rate: str | None) -> Any:
    return {"voice_id": name, "voice_config": {"rate": rate}} if rate else name


def _scene(scene: Scene, model: Model) -> dict[str, Any]:
    one: dict[str, Any] = {"id": scene.id, **scene.idle}
    if scene.kind == "audio":
        one["script"] = {"audio": scene.audio, **({"reduce_noise": scene.noise} if scene.noise is not None else {})}
    elif scene.kind == "text":
        flags = {key: v for key, v in (("code", scene.code), ("subtitles", scene.subtitles)) if v is not None}
        text = {"text": _jinja(scene.body, "project.yaml")} if scene.kept == "inline" else {"file": scene.file}
        one["script"] = {**text, **flags} if flags or scene.kept != "inline" else text["text"]
    named: dict[str, Any] = {"source": scene.source, "driver": scene.driver, "config": _config(scene.config, ".")}
    named["config"] = named["config"] or None
    if scene.rate:
        named["voice"] = {"voice_config": {"rate": scene.rate}}
    if scene.voice:
        named["voice"] = _voice(scene.voice, scene.rate)
    if scene.face:
        named["face"] = {"size": scene.face[0], "top_left": list(scene.face[1:])}
    one |= {key: value for key, value in named.items() if value is not None}
    one |= {"each": {model.data: model.key}} if scene.each else {}
    return one | ({"when": _when(*scene.when)} if scene.when else {})


def _when(sort: str, name: str, values: Sequence[str]) -> Any:
    if sort == "is":
        return {name: values[0] if len(values) == 1 else list(values)}
    if sort == "any":
        return " or ".join(f'{name} == "{value}"' for value in values)
    joined = ", ".join(f"'{value}'" for value in values)
    return f"{name} {'in' if sort == 'expression' else 'not in'} [{joined}]"


# -- texts ------------------------------------------------------------------------------------------------------------


def _scripts(scene: Scene) -> Iterator[tuple[str, str]]:
    if scene.kind != "text" or scene.kept == "inline":
        return
    if scene.kept == "locale":
        for locale, body in scene.body.items():
            yield scene.file.replace("{{ locale }}", locale), _jinja(body, scene.file) + "\n"
    elif scene.kept == "md":
        hand = random.Random(scene.marks)
        front = "---\ntitle: notes\n---\n\n" if hand.random() < 0.2 else ""
        yield scene.file, front + "\n\n".join(_markdown(block, scene.file, hand) for block in scene.body) + "\n"
    else:
        yield scene.file, _jinja(scene.body, scene.file) + "\n"


def _markdown(block: Sequence[Any], file: str, hand: random.Random) -> str:
    """One block, marked by some hand."""
    match block:
        case ("link", text, url):
            return f"See [{text}]({url})."
        case ("code", text):
            fence = hand.choice(["```", "~~~", "````"])
            return f"{fence}{hand.choice(['', 'sh'])}\n{text}\n{fence}"
        case ("comment", text):
            return f"<!-- {text} -->"
        case ("rule", _):
            return hand.choice(["---", "***", "_ _ _"])
    words = _jinja(block[1], file)
    if block[0] == "heading":
        mark = "#" * hand.randint(1, 6)
        return f"{mark} {words}{hand.choice(['', f' {mark}'])}"
    lit = str(block[1][0][1]).strip()
    if block[1][0][0] == "lit" and hand.random() < 0.4:
        mark = hand.choice(["**", "*", "~~", "<b>"])
        words = words.replace(lit, f"{mark}{lit}{mark.replace('<', '</')}", 1)
    return f"{hand.choice('-*+')} {words}" if block[0] == "item" else words


def _macro(name: str, body: Sequence[Piece], file: str) -> str:
    return f"{{% macro {name}(who) %}}{_jinja(body, file)}{{% endmacro %}}"


def _jinja(pieces: Sequence[Piece], within: str) -> str:
    return "".join(_tag(piece, within) for piece in pieces)


def _tag(piece: Piece, within: str) -> str:  # noqa: PLR0911
    match piece:
        case ("lit", words):
            return str(words)
        case ("var", name):
            return f"{{{{ {name} }}}}"
        case ("upper", name):
            return f"{{{{ {name} | upper }}}}"
        case ("default", name, words):
            return f"{{{{ {name} | default('{words}') }}}}"
        case ("break",):
            return "\n"
        case ("locale",):
            return "{{ locale }}"
        case ("row", column):
            return f"{{{{ row.{column} }}}}"
        case ("list", name):
            return f"{{% for one in {name} %}}{{{{ one }}}}{{% if not loop.last %}} and {{% endif %}}{{% endfor %}}"
        case ("if locale", value, words, other):
            return f"{{% if locale == '{value}' %}}{words}{{% else %}}{other}{{% endif %}}"
        case ("if row", column, value, words, other):
            return f"{{% if row.{column} == '{value}' %}}{words}{{% else %}}{other}{{% endif %}}"
        case ("macro", file, name, words):
            return f"{{% from '{_from(within, file)}' import {name} %}}{{{{ {name}('{words}') }}}}"
        case ("include", file):
            return f"{{% include '{_from(within, file)}' %}}"
    return f"{{# {piece[1]} #}}"


def _from(within: str, file: str) -> str:
    return os.path.relpath(file, os.path.dirname(within) or ".")


# -- bytes ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _photo() -> bytes:
    return fakes.photo()


@lru_cache(maxsize=256)
def _sound(seed: int) -> bytes:
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setparams((1, 2, 16_000, 0, "NONE", ""))
        sound.writeframes(random.Random(seed).randbytes(16_000))
    return made.getvalue()


@lru_cache(maxsize=256)
def _motion(seed: int) -> bytes:
    """Half a second of nods."""
    turns = random.Random(seed)
    return motion_bytes(Motion(25, 12, {"pitch_deg": tuple(turns.randrange(-900, 900) for _ in range(12))}))
