"""The JSON Schema in the repository is the one of the models, and says what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from didgen.api.wire import RenderConfig
from didgen.project.schema import CONFIG_WORDS, project_schema, schema_text
from didgen.project.yaml_reader import read_yaml

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = project_schema()
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def test_the_file_is_current() -> None:
    """schemas/project.schema.json is what `didgen schema` writes."""
    assert schema_text() == (ROOT / "schemas" / "project.schema.json").read_text("utf-8")


def test_the_projects_of_this_repository_are_valid(validator: Any) -> None:
    """Every project here passes the schema."""
    for path in sorted((ROOT / "projects").glob("*/project.yaml")):
        assert [] == list(validator.iter_errors(read_yaml(path.read_bytes(), path.name).data))


@pytest.mark.parametrize(
    "scene",
    [
        {"script": "Hello"},
        {"script": {"file": "a.md", "subtitles": True}, "voice": "heart"},
        {"script": {"audio": "a.mp3"}, "config": {"logo": False, "pad_audio": 1}},
        {"voice": {"provider": "microsoft", "voice_id": "x", "voice_config": {"rate": 0.9, "style": "Cheerful"}}},
        {"face": {"size": 1, "top_left": [1, 2]}, "driver": "lively/driver-02", "user_data": "x"},
    ],
)
def test_what_is_right_passes(validator: Any, scene: dict[str, Any]) -> None:
    """Short and long forms, as the models take them."""
    data = {"didgen": 1, "scenes": [{"id": "a", **scene}]}
    assert [] == list(validator.iter_errors(data))


@pytest.mark.parametrize(
    "scene",
    [
        {"script": 3},
        {"scrpt": "Hello"},
        {"config": {"stitch": "no"}},
        {"config": {"pad_audio": 61}},
        {"face": {"size": 1, "top_left": [1]}},
        {"id": "a b"},
        {"webhook": "http://x"},
    ],
)
def test_what_is_wrong_is_marked(validator: Any, scene: dict[str, Any]) -> None:
    """The editor marks what loading would refuse."""
    assert list(validator.iter_errors({"didgen": 1, "scenes": [{"id": "a", **scene}]}))


def test_every_key_is_described(validator: Any) -> None:
    """Each key of a project, a scene, a script and a config says in the editor what it does."""
    definitions = validator.schema["definitions"]
    for model in (validator.schema, *(definitions[m] for m in ("SceneSpec", "Defaults", "ScriptSpec", "RenderConfig"))):
        assert [] == [key for key, value in model["properties"].items() if not value.get("description")]
    assert set(RenderConfig.model_fields) == set(CONFIG_WORDS)
