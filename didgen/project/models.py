"""A project as its author writes it. Every description here appears in the editor, through the JSON Schema.

Values are checked strictly (`no` is text, not false). What needs other files, voices or templates is checked later,
in `load` and `plan.resolve`, so that all problems of a project are told at once.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from didgen.api.wire import FaceSquare, RenderConfig, VoiceConfig
from didgen.catalog.services import is_service, service_name, unknown_service
from didgen.project.markdown import Code
from didgen.project.output import output_fault
from didgen.project.scalars import is_scalar

ID_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$"

VARIABLE_PATTERN = r"^[A-Za-z_][A-Za-z0-9_]{0,39}$"
VARIABLE_WORDS = "cannot be a variable: letters, digits and `_`, at most 40, no digit first, not `row`"
DAY_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
LOCALE_PATTERN = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"

MAX_INSTANCES = 100_000
"""Instances of scenes in one project; so rows of a data file and combinations of a matrix as well."""

NUMBERS_AS_TEXT = ("style", "rate", "pitch")
"""Keys of `voice_config` that the service takes as text and people write as numbers."""

Name = Annotated[str, Field(pattern=ID_PATTERN)]


def _scalar(value: Any) -> Any:
    if not is_scalar(value):
        raise ValueError("must be text, a number, or true or false")
    return value


PlainValue = Annotated[
    Any, BeforeValidator(_scalar), WithJsonSchema({"type": ["string", "number", "boolean"]}, mode="validation")
]


def _condition(value: Any) -> Any:
    """`when` as an expression, or as the values that variables must have: one, or any of a list."""
    if isinstance(value, str) and value.strip():
        return value
    if not isinstance(value, dict) or not value:
        raise ValueError("must be an expression such as \"row.plan == 'pro'\", or a mapping such as {locale: de}")
    for key, wanted in value.items():
        if not all(is_scalar(one) for one in wanted) if isinstance(wanted, list) else not is_scalar(wanted):
            raise ValueError(f"{key} must be text, a number, true or false, or a list of them")
    return value


_PLAIN_SCHEMA = {"type": ["string", "number", "boolean"]}
Condition = Annotated[
    Any,
    BeforeValidator(_condition),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"anyOf": [_PLAIN_SCHEMA, {"type": "array", "items": _PLAIN_SCHEMA}]},
                },
            ]
        },
        mode="validation",
    ),
]


class Spec(BaseModel):
    """Base of what is written: unknown keys are errors, values are not bent into shape."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


def _output(value: str) -> str:
    if fault := output_fault(value):
        raise ValueError(fault)
    return value


class VoiceSpec(Spec):
    """A voice: a local one by its id, or one of the service in the service's own form."""

    provider: str | None = Field(
        default=None, description="Who speaks: didgen (local), microsoft, elevenlabs, amazon, google, azure-openai."
    )
    voice_id: str | None = Field(default=None, description="The voice's id, e.g. heart or en-US-JennyNeural.")
    voice_config: VoiceConfig | None = Field(default=None, description="Style, rate, pitch and so on.")
    language: str | None = Field(default=None, description="Language, for voices that speak several.")
    model_id: str | None = Field(default=None, description="Model of the provider (elevenlabs).")

    @field_validator("voice_config", mode="before")
    @classmethod
    def _numbers_as_text(cls, value: Any) -> Any:
        """The service wants `rate: "0.9"`; a writer may leave the quotes out."""
        if not isinstance(value, dict):
            return value
        return {k: str(v) if k in NUMBERS_AS_TEXT and type(v) in (int, float) else v for k, v in value.items()}


class ScriptSpec(Spec):
    """What is said: exactly one of text, file and audio."""

    text: str | None = Field(default=None, description="Text to speak; may hold {{ variables }}.")
    file: str | None = Field(default=None, description="A text file to speak; Markdown (.md) is spoken as prose.")
    code: Code | None = Field(default=None, description="Code in Markdown: its text, skipped, or spelt (file only).")
    audio: str | None = Field(default=None, description="A recording: file or https URL.")
    ssml: bool | None = Field(default=None, description="The text is SSML.")
    subtitles: bool | None = Field(default=None, description="Put captions into the video too, as a track.")
    reduce_noise: bool | None = Field(default=None, description="Clean the recording first (audio only).")

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        given = [key for key in ("text", "file", "audio") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(f"needs exactly one of text, file and audio, has {' and '.join(given) or 'none'}")
        if self.audio is not None and self.ssml is not None:
            raise ValueError("ssml belongs to text, not to audio")
        if self.file is None and self.code is not None:
            raise ValueError("code belongs to file, and there to Markdown")
        if self.audio is None and self.reduce_noise is not None:
            raise ValueError("reduce_noise belongs to audio, not to text")
        return self


class Defaults(Spec):
    """What scenes share. Mappings merge with a scene's key by key; lists and plain values are replaced."""

    source: str | None = Field(default=None, description="Picture to animate: a file or an https URL.")
    driver: str | None = Field(
        default=None,
        description="What moves the face: lively, nostalgia/driver-03, bank://…, a video file, a URL.",
    )
    voice: VoiceSpec | None = Field(default=None, description="Who speaks: heart, or {provider, voice_id, …}.")
    config: RenderConfig | None = Field(default=None, description="The service's own rendering options.")
    face: FaceSquare | None = Field(default=None, description="Which face: {size, top_left: [x, y]} in px.")
    webhook: Annotated[str, Field(pattern=r"^https://\S+$")] | None = Field(
        default=None, description="https URL the service calls when the video is ready."
    )
    result_url: Annotated[str, Field(pattern=r"^(https|s3)://\S+$")] | None = Field(
        default=None, description="Where the service writes the video instead of its own store."
    )
    user_data: Annotated[str, Field(min_length=1, max_length=1000, pattern=r"\S")] | None = Field(
        default=None, description="Your own data, given back by the service."
    )
    persist: bool | None = Field(default=None, description="Ask the service to keep the video (its API of 2023).")
    max_seconds: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="How long the video may be, pad_audio included; longer ones are told of."
    )
    output: Annotated[str, AfterValidator(_output)] | None = Field(
        default=None, description='Where the video goes below output/: "{{ project }}/{{ scene }}.{{ locale }}.mp4".'
    )

    @field_validator("voice", mode="before", json_schema_input_type=str | VoiceSpec | None)
    @classmethod
    def _voice_by_name(cls, value: Any) -> Any:
        return {"voice_id": value} if isinstance(value, str) else value


class SceneSpec(Defaults):
    """One shot: with a script a talk, without one an animation."""

    id: Name = Field(description="Name of the scene in this project; also of its file.")
    script: ScriptSpec | None = Field(default=None, description="What is said: text, {file: …} or {audio: …}.")
    each: Annotated[dict[str, str], Field(min_length=1, max_length=1)] | None = Field(
        default=None, description="One instance per row of a data file, known by a column: {people: email}."
    )
    when: Condition | None = Field(
        default=None, description="Only where this holds: {locale: de}, or \"row.plan == 'pro'\"."
    )
    name: Annotated[str, Field(min_length=1, max_length=150)] | None = Field(
        default=None, description="Title of the video at the service; left out: the scene's address."
    )

    @field_validator("script", mode="before", json_schema_input_type=str | ScriptSpec)
    @classmethod
    def _script_as_text(cls, value: Any) -> Any:
        if value is None:
            raise ValueError("is empty; write what is said, or leave the key out for an animation")
        return {"text": value} if isinstance(value, str) else value

    @property
    def kind(self) -> Literal["talk", "animation"]:
        return "animation" if self.script is None else "talk"


def _day(value: str) -> str:
    date.fromisoformat(value)  # the pattern lets 2027-02-30 through
    return value


class RightsSpec(Spec):
    """Who allowed the use of a face or a voice, for what, and until when."""

    who: Annotated[str, Field(pattern=r"\S")] = Field(description="Who gave the rights.")
    scope: Annotated[str, Field(pattern=r"\S")] | None = Field(default=None, description="What for, in words.")
    until: Annotated[str, Field(pattern=DAY_PATTERN), AfterValidator(_day)] | None = Field(
        default=None, description="The last day, 2027-01-31; left out: no end. Scenes that use it are stopped then."
    )


class MatrixSpec(Spec):
    """Every scene once per combination of values, as in GitHub Actions. Any other key is one of the matrix."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[tuple[PlainValue, ...], Field(min_length=1)]] = Field(init=False)

    include: tuple[Annotated[dict[str, Any], Field(min_length=1)], ...] = Field(
        (), description="Adds variables to the combinations that have these values, or else a combination."
    )
    exclude: tuple[Annotated[dict[str, PlainValue], Field(min_length=1)], ...] = Field(
        (), description="Takes out the combinations that have all of these values."
    )


class ProjectSpec(Spec):
    """A didgen project: scenes that become talking-head videos, and the film they make together."""

    didgen: Literal[1] = Field(description="Version of this format.")
    name: Name | None = Field(default=None, description="Name of the project; left out: its folder's.")
    service: str = Field("local", description="The release service: local, d-id, or a base URL that speaks its API.")
    locale: Annotated[str, Field(pattern=LOCALE_PATTERN)] = Field(
        "en", description="Language of the scripts, e.g. en or de-AT."
    )
    include: tuple[str, ...] = Field(
        default=(), description="A YAML file, or several, with vars, voices, pronounce, defaults, locales to share."
    )
    vars: dict[str, Any] = Field(default_factory=dict, description="Variables for scripts: {{ product }}.")
    voices: dict[str, VoiceSpec] = Field(default_factory=dict, description="Voice by locale: {en: heart}.")
    pronounce: dict[Annotated[str, Field(min_length=1)], str] = Field(
        default_factory=dict, description="How written words are spoken: {kubectl: cube control}."
    )
    matrix: MatrixSpec | None = Field(
        default=None, description="Every scene once per combination: {locale: [en, de]}; `locale` sets the language."
    )
    data: dict[Annotated[str, Field(pattern=VARIABLE_PATTERN)], str] = Field(
        default_factory=dict, description="Data files by name, CSV, JSON or YAML: {people: team.csv}; see `each`."
    )
    defaults: Defaults = Field(default_factory=Defaults, description="What scenes share.")
    locales: dict[Annotated[str, Field(pattern=LOCALE_PATTERN)], Defaults] = Field(
        default_factory=dict, description="What scenes of one locale share, over `defaults`: {de: {source: eva.jpg}}."
    )
    rights: dict[Annotated[str, Field(min_length=1)], RightsSpec] = Field(
        default_factory=dict, description="Who gave the rights of a photo, recording or voice: {maria.jpg: {who: …}}."
    )
    scenes: tuple[SceneSpec, ...] = Field(min_length=1, description="The scenes in order.")
    film: tuple[str, ...] | None = Field(default=None, description="Scenes of the film in order; left out: all talks.")

    @field_validator("include", mode="before", json_schema_input_type=str | tuple[str, ...])
    @classmethod
    def _one_file(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value

    @field_validator("voices", mode="before", json_schema_input_type=dict[str, str | VoiceSpec])
    @classmethod
    def _voices_by_name(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: {"voice_id": v} if isinstance(v, str) else v for key, v in value.items()}

    @field_validator("service")
    @classmethod
    def _service_known(cls, value: str) -> str:
        if not is_service(value):
            raise ValueError(unknown_service(value))
        return service_name(value)
