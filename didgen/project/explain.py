"""What pydantic finds wrong, in a writer's words: place in the file, path of the field, the nearest right name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel

from didgen.api.wire import DriverExpressions, ExpressionEntry, FaceSquare, Logo, RenderConfig, VoiceConfig
from didgen.catalog.nearest import nearest
from didgen.catalog.services import service_hint
from didgen.errors import Problem
from didgen.project.models import (
    DAY_PATTERN,
    ID_PATTERN,
    LOCALE_PATTERN,
    VARIABLE_PATTERN,
    VARIABLE_WORDS,
    Defaults,
    ProjectSpec,
    RightsSpec,
    SceneSpec,
    ScriptSpec,
    VoiceSpec,
)
from didgen.project.yaml_reader import Document
from didgen.secret import unsigned

Path = tuple[str | int, ...]

_MODELS: dict[str, type[BaseModel]] = {
    "scenes": SceneSpec,
    "defaults": Defaults,
    "locales": Defaults,
    "voice": VoiceSpec,
    "voices": VoiceSpec,
    "voice_config": VoiceConfig,
    "script": ScriptSpec,
    "config": RenderConfig,
    "driver_expressions": DriverExpressions,
    "expressions": ExpressionEntry,
    "logo": Logo,
    "face": FaceSquare,
    "rights": RightsSpec,
}
"""The model of what lies below a key, or below an entry of it."""

_TYPES = {
    "string_type": "must be text",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "model_type": "must be a mapping of `key: value` lines",
    "model_attributes_type": "must be a mapping of `key: value` lines",
    "dict_type": "must be a mapping of `key: value` lines",
    "tuple_type": "must be a list",
    "missing": "is missing",
}

_PATTERNS = {
    ID_PATTERN: "must begin with a letter or digit and hold only letters, digits, `.`, `_` and `-`, at most 80",
    r"\S": "must not be blank",
    VARIABLE_PATTERN: VARIABLE_WORDS,
    DAY_PATTERN: "must be a day as in 2027-01-31",
    LOCALE_PATTERN: "must be a language tag such as en or de-AT",
}

_TO_WRITE: dict[str | int, str] = {
    "didgen": "write `didgen: 1` at the top",
    "scenes": "a list, each with an `id` and what it says",
    "id": "a name of its own, by which it is known",
}
SHOWN = 40  # characters of a value that a hint repeats

TEXT_TOO = ("script", "voice")
"""Keys whose value may be text, which stands for a mapping."""

_SECRETS = ("key", "api_key", "apikey", "token", "secret", "password")


def explain(errors: Sequence[Any], document: Document) -> list[Problem]:
    """One problem for each place that is wrong, in file order. errors: `ValidationError.errors()`."""
    found: dict[Path, Problem] = {}
    paths = [(path_of(error, document.data), error) for error in errors]
    for path, error in paths:
        nested = any(other[: len(path)] == path and len(other) > len(path) for other, _ in paths)
        if not nested and path not in found:
            found[path] = _problem(path, error, document)
    return sorted(found.values(), key=lambda p: (p.place.line, p.place.column) if p.place else (0, 0))


def path_of(error: Any, data: Any) -> Path:
    """The path of an error in the data as written: without the names of union members and of keys added by us."""
    path: list[str | int] = []
    for number, step in enumerate(error["loc"], 1):
        last = number == len(error["loc"]) and error["type"] in ("missing", "extra_forbidden")
        if isinstance(data, dict) and (step in data or last):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            continue
        path.append(step)
    return tuple(path)


def field_name(path: Path) -> str:
    """`scenes[2].voice` of ("scenes", 2, "voice")."""
    text = ""
    for step in path:
        plain = isinstance(step, int) or not step.isprintable()  # no newline or escape code of a key in a message
        text += f"[{step!r}]" if plain else f".{step}"
    return text.removeprefix(".")


def _problem(path: Path, error: Any, document: Document) -> Problem:
    unknown = error["type"] == "extra_forbidden"
    place = document.key_place(*path) if unknown else document.place(*path)
    message, hint = _unknown_key(path) if unknown else _wrong_value(path, error)
    return Problem(message, place, field_name(path), hint)


def _unknown_key(path: Path) -> tuple[str, str]:
    key = str(path[-1])
    if key.lower() in _SECRETS:
        return "a key never belongs in a project", "put it in the environment: D_ID_API_KEY"
    owner = next((step for step in reversed(path[:-1]) if isinstance(step, str) and step in _MODELS), None)
    model = _MODELS[owner] if owner else ProjectSpec
    return "unknown key", nearest(key, list(model.model_fields))


def _wrong_value(path: Path, error: Any) -> tuple[str, str]:
    kind, value, context = error["type"], error.get("input"), error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"]), service_hint(str(value)) if path == ("service",) else ""
    if kind == "literal_error":
        return _wrong_word(value, context["expected"])
    if kind == "string_pattern_mismatch":
        return f"{unsigned(repr(value))} {_PATTERNS.get(context['pattern'], 'must be an https URL')}", ""
    if kind in ("model_type", "model_attributes_type") and path[-1] in TEXT_TOO:
        return "must be text, or a mapping of `key: value` lines", _type_hint("string_type", value)
    if kind in _TYPES:
        return _TYPES[kind], _shape_hint(kind, value, path) or _type_hint(kind, value)
    return _limit(kind, context) or error["msg"].removeprefix("Input ").removeprefix("Value "), ""


def _wrong_word(value: Any, expected: str) -> tuple[str, str]:
    words = [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]
    known = " or ".join(words)
    close = nearest(value, words) if isinstance(value, str) else ""
    return f"{unsigned(repr(value))} is not {known}", close if close.startswith("did you") else ""


def _shape_hint(kind: str, value: Any, path: Path) -> str:
    """What to write where something is missing, or one word stands for a list or a mapping."""
    if kind == "missing":
        return _TO_WRITE.get(path[-1], "")
    if not isinstance(value, str) or not value.isprintable() or len(value) > SHOWN:
        return ""
    if path[-1:] == ("each",):
        return f"write {{{value}: COLUMN}}, the column that tells its rows apart"
    return f"write [{value}]" if kind == "tuple_type" else ""


def _type_hint(kind: str, value: Any) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return "put it in quotes"
    if kind == "bool_type" and isinstance(value, str) and value.lower() in ("yes", "on", "no", "off", "true", "false"):
        return f"write {'true' if value.lower() in ('yes', 'on', 'true') else 'false'}, without quotes"
    if kind == "tuple_type" and isinstance(value, dict):
        return "begin each entry with `- `"
    if kind in ("int_type", "float_type") and isinstance(value, str):
        return "write a number, without quotes"
    return ""


def _limit(kind: str, context: Any) -> str:
    words = {
        "greater_than_equal": "must be at least {ge}",
        "less_than_equal": "must be at most {le}",
        "greater_than": "must be more than {gt}",
        "less_than": "must be less than {lt}",
        "string_too_short": "must not be empty",
        "string_too_long": "must have at most {max_length} characters",
        "too_short": "needs at least {min_length}",
        "too_long": "may have at most {max_length}",
    }
    return words[kind].format(**context) if kind in words else ""
