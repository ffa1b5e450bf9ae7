"""A model as files: YAML in many hands, scripts, tables, pictures and sounds."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import wave
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from tests import fakes
from tests.mutation.model import Model, Piece, Scene

HOME = "projects"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:[./_-][A-Za-z0-9]+)*\Z")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}


def files_of(model: Model, folder: str = "one") -> dict[str, bytes]:
    """Name below the workspace → bytes. folder: of the project, below `projects/`."""
    hand = random.Random(model.style)
    files = {"project.yaml": _yaml(_project(model), hand).encode()}
    if model.shared:
        files["shared.yaml"] = _yaml({"vars": model.shared}, hand).encode()
    if model.rows:
        files[model.table] = _table(model, hand)
    for scene in model.scenes:
        files |= {name: text.encode() for name, text in _scripts(scene).items()}
    for file, macros in model.macros.items():
        files[file] = "\n".join(_macro(name, body, file) for name, body in macros.items()).encode()
    for file, pieces in model.snippets.items():
        files[file] = _jinja(pieces, file).encode()
    files |= {file: _photo() + b"%d" % seed for file, seed in model.pictures.items()}
    files |= {file: _sound(seed) for file, seed in model.sounds.items()}
    files |= {file: text.encode() for file, text in model.junk.items()}
    return {f"{HOME}/{folder}/{file}": data for file, data in files.items()}


def write(root: Path, files: Mapping[str, bytes], before: Mapping[str, bytes], hand: random.Random) -> None:
    """Bring a workspace from what it holds to what it should hold: in place, or by a new file beside it."""
    for name, data in files.items():
        if before.get(name) == data:
            continue
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if hand.random() < 0.5:
            path.write_bytes(data)
        else:
            path.with_name("new~").write_bytes(data)
            os.replace(path.with_name("new~"), path)
    for name in before.keys() - files.keys():
        (root / name).unlink()


def _project(model: Model) -> dict[str, Any]:
    defaults: dict[str, Any] = {"source": model.source}
    if model.config:
        defaults["config"] = model.config
    if model.output is not None:
        defaults["output"] = model.output
    written: dict[str, Any] = {"didgen": 1, "name": model.name, "defaults": defaults}
    written |= {"vars": model.variables} if model.variables else {}
    written |= {"include": "shared.yaml"} if model.shared else {}
    if model.axes:
        more = {"exclude": model.exclude, "include": model.include}
        written["matrix"] = {**model.axes, **{key: value for key, value in more.items() if value}}
    written |= {"data": {"people": model.table}} if model.rows else {}
    written["voices"] = {locale: _voice(*voice) for locale, voice in model.voices.items()}
    written |= {"pronounce": model.pronounce} if model.pronounce else {}
    written |= {"locales": model.by_locale} if model.by_locale else {}
    written |= {"rights": {file: {"who": who} for file, who in model.rights.items()}} if model.rights else {}
    written |= {"film": model.film} if model.film is not None else {}
    return {**written, "scenes": [_scene(scene) for scene in model.scenes]}


def _voice(name: str, rate: str | None) -> Any:
    return {"voice_id": name, "voice_config": {"rate": rate}} if rate else name


def _scene(scene: Scene) -> dict[str, Any]:
    one: dict[str, Any] = {"id": scene.id, **scene.idle}
    if scene.kind == "audio":
        one["script"] = {"audio": scene.audio}
    elif scene.kind == "text":
        flags = {key: v for key, v in (("code", scene.code), ("subtitles", scene.subtitles)) if v is not None}
        text = {"text": _jinja(scene.body, "project.yaml")} if scene.kept == "inline" else {"file": scene.file}
        one["script"] = {**text, **flags} if flags or scene.kept != "inline" else text["text"]
    named = {"source": scene.source, "driver": scene.driver, "config": scene.config or None}
    named["voice"] = {"voice_config": {"rate": scene.rate}} if scene.rate else None
    one |= {key: value for key, value in named.items() if value is not None}
    one |= {"each": {"people": "email"}} if scene.each else {}
    return one | ({"when": _when(*scene.when)} if scene.when else {})


def _when(sort: str, name: str, values: Sequence[str]) -> Any:
    if sort == "is":
        return {name: values[0] if len(values) == 1 else list(values)}
    joined = ", ".join(f"'{value}'" for value in values)
    return f"{name} {'in' if sort == 'expression' else 'not in'} [{joined}]"


def _scripts(scene: Scene) -> dict[str, str]:
    if scene.kind != "text" or scene.kept == "inline":
        return {}
    if scene.kept == "locale":
        return {
            scene.file.replace("{{ locale }}", locale): _jinja(body, scene.file) + "\n"
            for locale, body in scene.body.items()
        }
    if scene.kept == "md":
        return {scene.file: "\n\n".join(_markdown(block, scene.file) for block in scene.body) + "\n"}
    return {scene.file: _jinja(scene.body, scene.file) + "\n"}


def _markdown(block: Sequence[Any], file: str) -> str:
    match block:
        case ("link", text, url):
            return f"See [{text}]({url})."
        case ("code" | "comment" | "rule" as sort, text):
            return {"code": f"```\n{text}\n```", "comment": f"<!-- {text} -->", "rule": "---"}[sort]
    mark = {"heading": "## ", "item": "- "}.get(block[0], "")
    return mark + _jinja(block[1], file)


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


# -- by hand ------------------------------------------------------------------------------------------------------


def _yaml(data: Mapping[str, Any], hand: random.Random) -> str:
    """A mapping as one writer or another would write it: in any order, with comments, in blocks or on one line."""
    lines = [f"# note {hand.randrange(99)}"] if hand.random() < 0.5 else []
    for key, value in _shuffled(data, hand):
        lines += [""] * hand.randrange(2) + ([f"# about {key} {hand.randrange(99)}"] if hand.random() < 0.3 else [])
        if key == "scenes":
            lines.append("scenes:")
            for scene in value:
                lines += _block(scene, hand, 2, "- ")
        elif isinstance(value, dict) and value and hand.random() < 0.6:
            lines += [f"{_scalar(key, hand)}:", *_block(value, hand, 2, "")]
        else:
            lines.append(f"{_scalar(key, hand)}: {_flow(value, hand)}")
    return "\n".join(lines) + "\n"


def _block(data: Mapping[str, Any], hand: random.Random, depth: int, first: str) -> list[str]:
    lines: list[str] = []
    for key, value in _shuffled(data, hand):
        remark = f"   # {hand.randrange(99)}" if hand.random() < 0.2 else ""
        lead = " " * len(first) if lines else first
        lines.append(f"{' ' * depth}{lead}{_scalar(key, hand)}: {_flow(value, hand)}{remark}")
    return lines


def _shuffled(data: Mapping[str, Any], hand: random.Random) -> list[tuple[str, Any]]:
    items = list(data.items())
    hand.shuffle(items)
    return items


def _flow(value: Any, hand: random.Random) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(k, hand)}: {_flow(v, hand)}" for k, v in _shuffled(value, hand)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(one, hand) for one in value) + "]"
    return _scalar(value, hand)


def _scalar(value: Any, hand: random.Random) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if _PLAIN.match(value) and value.lower() not in _WORDS and hand.random() < 0.5:
        return value
    if hand.random() < 0.5 and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=hand.random() < 0.5)


def _table(model: Model, hand: random.Random) -> bytes:
    columns = list(model.rows[0])
    hand.shuffle(columns)
    rows = [{column: row[column] for column in columns} for row in model.rows]
    if model.table.endswith(".json"):
        return json.dumps(rows, indent=hand.choice([None, 1, 4])).encode()
    if model.table.endswith(".yaml"):
        return "".join(f"- {_flow(row, hand)}\n" for row in rows).encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, quoting=hand.choice([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


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
