"""The JSON Schema that editors complete and check project files with: made from the models, draft 7."""

from __future__ import annotations

import json
from typing import Any

from didgen.catalog.drivers import ANIMATION_BANKS, TALK_BANKS
from didgen.catalog.local_voices import VOICES
from didgen.catalog.providers import PROVIDERS
from didgen.project.models import NUMBERS_AS_TEXT, ProjectSpec

DRAFT = "http://json-schema.org/draft-07/schema#"
TITLE = "didgen project"

CONFIG_WORDS: dict[str, str] = {
    "stitch": "Paste the moving face back into the whole picture; without it a square around the face.",
    "result_format": "Container of the video.",
    "fluent": "End in the pose of the beginning, so that videos can be joined.",
    "pad_audio": "Seconds of silence at the end.",
    "logo": "A picture laid over the video; left out: a small mark that says AI; false: neither.",
    "driver_expressions": "Expressions over time (talks only).",
    "align_driver": "Crop to the face of a driver video.",
    "align_expand_factor": "How much more than the face the square takes in.",
    "auto_match": "Begin the driver where it fits the picture best.",
    "motion_factor": "Strength of the movement; left out: 1 for talks, 0.75 for animations.",
    "normalization_factor": "How far the picture's own expression is taken back: 0 not at all, 1 wholly.",
    "sharpen": "Sharpen the result.",
    "output_resolution": "Longest side of the video in px.",
    "mute": "Leave out the driver's own sound (animations only).",
    "max_animated_faces": "How many faces move, with stitch (animations); left out: 5.",
    "overlay": "A video laid over the result (animations only): a file beside the project, or an https link.",
    "reduce_noise": "Clean a recording before it is spoken to.",
}
"""What each key of `config` does, in an editor's words."""


def project_schema() -> dict[str, Any]:
    """The schema of a project file. It accepts what `load_project` accepts; names it only suggests."""
    schema = ProjectSpec.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs")
    for model in (schema, *definitions.values()):
        _tidy(model)
    _suggest(schema, definitions)
    return {
        "$schema": DRAFT,
        "title": TITLE,
        **{key: value for key, value in schema.items() if key != "title"},
        "definitions": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as the file that lies in `schemas/` and in the user's repository."""
    return json.dumps(project_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(model: dict[str, Any]) -> None:
    """Take out what only pydantic needs: titles of fields, and null where leaving the key out says the same."""
    for field in model.get("properties", {}).values():
        field.pop("title", None)
        if field.get("default", ...) is None:
            del field["default"]
        _tuples(field)
        for member in field.get("anyOf", ()):
            _tuples(member)


def _tuples(field: dict[str, Any]) -> None:
    """Draft 7 calls the members of a tuple `items`."""
    if "prefixItems" in field:
        field["items"] = field.pop("prefixItems")


def _suggest(schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Names an editor can offer; others stay allowed, since the service has more of them than we know."""
    definitions["VoiceSpec"]["properties"]["provider"]["examples"] = ["didgen", *PROVIDERS]
    definitions["VoiceSpec"]["properties"]["voice_id"]["examples"] = list(VOICES)
    drivers = sorted({*TALK_BANKS, *ANIMATION_BANKS})
    for model in ("Defaults", "SceneSpec"):
        definitions[model]["properties"]["driver"]["examples"] = drivers
        definitions[model]["properties"]["voice"]["examples"] = list(VOICES)
    for key, words in CONFIG_WORDS.items():
        definitions["RenderConfig"]["properties"][key]["description"] = words
    for key in NUMBERS_AS_TEXT:
        definitions["VoiceConfig"]["properties"][key]["anyOf"].insert(1, {"type": "number"})
    schema["properties"]["service"]["examples"] = ["local", "d-id"]
